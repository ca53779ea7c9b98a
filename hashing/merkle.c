/* SPDX-License-Identifier: Apache-2.0 */
#include "hashing/merkle.h"

#include <sodium.h>
#include <string.h>

void sb_merkle_leaf(struct sb_span data, uint8_t out[SB_MERKLE_BYTES])
{
	static const uint8_t prefix = 0;
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, &prefix, 1);
	crypto_hash_sha256_update(&state, data.p, data.n);
	crypto_hash_sha256_final(&state, out);
}

void sb_merkle_node(const uint8_t left[SB_MERKLE_BYTES], const uint8_t right[SB_MERKLE_BYTES], uint8_t out[SB_MERKLE_BYTES])
{
	uint8_t both[1 + 2 * SB_MERKLE_BYTES];

	both[0] = 1;
	memcpy(both + 1, left, SB_MERKLE_BYTES);
	memcpy(both + 1 + SB_MERKLE_BYTES, right, SB_MERKLE_BYTES);
	crypto_hash_sha256(out, both, sizeof both);
}

static void empty_root(uint8_t out[SB_MERKLE_BYTES])
{
	crypto_hash_sha256(out, (const uint8_t *)"", 0);
}

void sb_merkle_run_add(struct sb_merkle_run *run, const uint8_t leaf[SB_MERKLE_BYTES])
{
	uint8_t hash[SB_MERKLE_BYTES];
	unsigned height = 0;

	memcpy(hash, leaf, sizeof hash);
	for (; run->size >> height & 1; height++)
		sb_merkle_node(run->full[height], hash, hash);
	memcpy(run->full[height], hash, sizeof hash);
	run->size++;
}

void sb_merkle_run_root(const struct sb_merkle_run *run, uint8_t out[SB_MERKLE_BYTES])
{
	bool any = false;

	empty_root(out);
	for (unsigned height = 0; height < SB_MERKLE_HEIGHT; height++) {
		if (!(run->size >> height & 1))
			continue;
		if (any)
			sb_merkle_node(run->full[height], out, out);
		else
			memcpy(out, run->full[height], SB_MERKLE_BYTES);
		any = true;
	}
}

/* ---- making proofs ---- */

static int check_size(uint64_t size, struct sb_err *err)
{
	return size <= INT64_MAX ? 0 : sb_fail(err, SB_USAGE, "tree-size", "a tree has at most %lld leaves", (long long)INT64_MAX);
}

int sb_merkle_run_resume(const struct sb_merkle_source *source, uint64_t size, struct sb_merkle_run *out, struct sb_err *err)
{
	struct sb_merkle_run run = {.size = size};
	int rc = check_size(size, err);

	for (unsigned height = 0; !rc && height < SB_MERKLE_HEIGHT; height++)
		if (size >> height & 1) /* what lies before it are larger subtrees: it is the one before the last of its height, if that were complete */
			rc = source->subtree(source->state, height, (size >> height) - 1, run.full[height], err);
	if (!rc)
		*out = run;
	return rc;
}

int sb_merkle_root(const struct sb_merkle_source *source, uint64_t size, uint8_t out[SB_MERKLE_BYTES], struct sb_err *err)
{
	struct sb_merkle_run run;
	int rc = sb_merkle_run_resume(source, size, &run, err);

	if (!rc)
		sb_merkle_run_root(&run, out);
	return rc;
}

/** Leaves [from, to), @from a multiple of a power of two that is not smaller than their number. */
struct range {
	uint64_t from, to;
};

/* The same as a root, of a tree that begins further right: its complete subtrees lie as far from the beginning as their sizes say. */
static int hash_range(const struct sb_merkle_source *source, struct range range, uint8_t out[SB_MERKLE_BYTES], struct sb_err *err)
{
	struct sb_merkle_run run = {.size = range.to - range.from};
	int rc = 0;

	for (unsigned height = 0; !rc && height < SB_MERKLE_HEIGHT; height++)
		if (run.size >> height & 1)
			rc = source->subtree(source->state, height, (range.from >> height) + (run.size >> height) - 1, run.full[height], err);
	if (!rc)
		sb_merkle_run_root(&run, out);
	return rc;
}

/* Largest power of two below @n, which is at least 2. */
static uint64_t split_of(uint64_t n)
{
	return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

struct path {
	struct range ranges[SB_MERKLE_HEIGHT];
	size_t count;
};

static int hash_path(const struct sb_merkle_source *source, const struct path *path, struct sb_merkle_proof *out, struct sb_err *err)
{
	struct sb_merkle_proof proof = {0};

	for (size_t i = path->count; i-- > 0;) {
		int rc = hash_range(source, path->ranges[i], proof.hashes[proof.count], err);
		if (rc)
			return rc;
		proof.count++;
	}
	*out = proof;
	return 0;
}

int sb_merkle_prove_inclusion(const struct sb_merkle_source *source, uint64_t index, uint64_t size, struct sb_merkle_proof *out, struct sb_err *err)
{
	struct range all = {0, size};
	struct path path = {0};
	int rc = check_size(size, err);

	if (!rc && index >= size)
		rc = sb_fail(err, SB_USAGE, "tree-size", "there is no entry %llu among %llu", (unsigned long long)index, (unsigned long long)size);
	while (!rc && all.to - all.from > 1) {
		uint64_t middle = all.from + split_of(all.to - all.from);
		if (index < middle) {
			path.ranges[path.count++] = (struct range){middle, all.to};
			all.to = middle;
		} else {
			path.ranges[path.count++] = (struct range){all.from, middle};
			all.from = middle;
		}
	}
	return rc ? rc : hash_path(source, &path, out, err);
}

int sb_merkle_prove_consistency(const struct sb_merkle_source *source, uint64_t old, uint64_t size, struct sb_merkle_proof *out, struct sb_err *err)
{
	struct range all = {0, size};
	struct path path = {0};
	int rc = check_size(size, err);

	if (!rc && old > size)
		rc = sb_fail(err, SB_USAGE, "tree-size", "%llu entries do not begin with %llu", (unsigned long long)size, (unsigned long long)old);
	if (rc || old == 0 || old == size) {
		if (!rc)
			*out = (struct sb_merkle_proof){0};
		return rc;
	}
	while (all.to != old) {
		uint64_t middle = all.from + split_of(all.to - all.from);
		if (old <= middle) {
			path.ranges[path.count++] = (struct range){middle, all.to};
			all.to = middle;
		} else {
			path.ranges[path.count++] = (struct range){all.from, middle};
			all.from = middle;
		}
	}
	if (all.from) /* the old tree itself is known to who asks */
		path.ranges[path.count++] = all;
	return hash_path(source, &path, out, err);
}

/* ---- checking proofs ---- */

/** The way up: where one stands, and the last place, both at the height that was reached. */
struct climb {
	uint64_t at, last;
};

static bool is_right(const struct climb *climb)
{
	return (climb->at & 1) || climb->at == climb->last;
}

/* After a hash at the left side: an odd place goes up by one, the end of an uneven row until it has a neighbour. */
static void skip_missing(struct climb *climb)
{
	while (climb->at && !(climb->at & 1)) {
		climb->at >>= 1;
		climb->last >>= 1;
	}
}

static void go_up(struct climb *climb)
{
	climb->at >>= 1;
	climb->last >>= 1;
}

bool sb_merkle_includes(const uint8_t leaf[SB_MERKLE_BYTES], uint64_t index, uint64_t size, const struct sb_merkle_proof *proof,
                        const uint8_t root[SB_MERKLE_BYTES])
{
	struct climb climb = {index, size - 1};
	uint8_t hash[SB_MERKLE_BYTES];

	if (index >= size || size > INT64_MAX)
		return false;
	memcpy(hash, leaf, sizeof hash);
	for (size_t i = 0; i < proof->count; i++) {
		if (climb.last == 0)
			return false;
		if (is_right(&climb)) {
			sb_merkle_node(proof->hashes[i], hash, hash);
			skip_missing(&climb);
		} else {
			sb_merkle_node(hash, proof->hashes[i], hash);
		}
		go_up(&climb);
	}
	return climb.last == 0 && memcmp(hash, root, sizeof hash) == 0;
}

/* Both trees at once: the old one ends in the new one's left parts. */
static bool climb_both(uint64_t old, uint64_t size, const uint8_t first[SB_MERKLE_BYTES], const struct sb_merkle_proof *proof, size_t from,
                       uint8_t old_hash[SB_MERKLE_BYTES], uint8_t hash[SB_MERKLE_BYTES])
{
	struct climb climb = {old - 1, size - 1};

	while (climb.at & 1)
		go_up(&climb);
	memcpy(old_hash, first, SB_MERKLE_BYTES);
	memcpy(hash, first, SB_MERKLE_BYTES);
	for (size_t i = from; i < proof->count; i++) {
		if (climb.last == 0)
			return false;
		if (is_right(&climb)) {
			sb_merkle_node(proof->hashes[i], old_hash, old_hash);
			sb_merkle_node(proof->hashes[i], hash, hash);
			skip_missing(&climb);
		} else {
			sb_merkle_node(hash, proof->hashes[i], hash);
		}
		go_up(&climb);
	}
	return climb.last == 0;
}

static bool is_empty_root(const uint8_t root[SB_MERKLE_BYTES])
{
	uint8_t empty[SB_MERKLE_BYTES];

	empty_root(empty);
	return memcmp(root, empty, sizeof empty) == 0;
}

bool sb_merkle_extends(uint64_t old, const uint8_t old_root[SB_MERKLE_BYTES], uint64_t size, const uint8_t root[SB_MERKLE_BYTES],
                       const struct sb_merkle_proof *proof)
{
	uint8_t old_hash[SB_MERKLE_BYTES], hash[SB_MERKLE_BYTES];
	bool complete = (old & (old - 1)) == 0;

	if (old > size || size > INT64_MAX || (old == 0 && !is_empty_root(old_root)) || (size == 0 && !is_empty_root(root)))
		return false;
	if (old == size)
		return proof->count == 0 && memcmp(old_root, root, SB_MERKLE_BYTES) == 0;
	if (old == 0 || proof->count == 0)
		return old == 0 && proof->count == 0;
	return climb_both(old, size, complete ? old_root : proof->hashes[0], proof, complete ? 0 : 1, old_hash, hash) &&
	       memcmp(old_hash, old_root, SB_MERKLE_BYTES) == 0 && memcmp(hash, root, SB_MERKLE_BYTES) == 0;
}
