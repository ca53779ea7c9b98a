/* SPDX-License-Identifier: Apache-2.0 */
/* The tree digest: docs/formats/tree-digest.md. */
#include "hashing/hashing.h"

#include <string.h>

static int by_path(const void *a, const void *b)
{
	const struct sb_tree_leaf *x = *(const struct sb_tree_leaf *const *)a, *y = *(const struct sb_tree_leaf *const *)b;
	return strcmp(x->path, y->path);
}

static void add_number(struct sb_hash *hash, uint64_t value)
{
	uint8_t bytes[8];
	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	sb_hash_update(hash, sb_span_of(bytes, sizeof bytes));
}

/* The length first: no two sequences of fields have the same bytes. */
static void add_bytes(struct sb_hash *hash, const void *bytes, size_t n)
{
	add_number(hash, n);
	sb_hash_update(hash, sb_span_of(bytes, n));
}

static void add_leaf(struct sb_hash *hash, const struct sb_tree_leaf *leaf)
{
	add_bytes(hash, leaf->path, strlen(leaf->path));
	add_bytes(hash, &leaf->type, 1);
	add_number(hash, leaf->mode);
	add_bytes(hash, leaf->link ? leaf->link : "", leaf->link ? strlen(leaf->link) : 0);
	add_number(hash, leaf->rdev);
	add_bytes(hash, leaf->blake2b, leaf->blake2b ? SB_BLAKE2B_BYTES : 0);
}

int sb_tree_digest(const struct sb_tree_leaf *leaves, size_t count, uint8_t out[SB_BLAKE2B_BYTES], struct sb_err *err)
{
	static const char domain[] = "samebuild-tree/1";
	SB_FREEING const struct sb_tree_leaf **sorted = calloc(count ? count : 1, sizeof *sorted);
	struct sb_digest digest;
	struct sb_hash hash;

	if (!sorted)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < count; i++)
		sorted[i] = &leaves[i];
	qsort(sorted, count, sizeof *sorted, by_path);
	sb_hash_init(&hash, SB_DIGEST_BLAKE2B);
	add_bytes(&hash, domain, sizeof domain - 1);
	add_number(&hash, count);
	for (size_t i = 0; i < count; i++) {
		if (i && strcmp(sorted[i - 1]->path, sorted[i]->path) == 0)
			return sb_fail(err, SB_EVIDENCE, "duplicate-path", "the tree holds %s twice", sorted[i]->path);
		add_leaf(&hash, sorted[i]);
	}
	sb_hash_final(&hash, &digest);
	memcpy(out, digest.blake2b, SB_BLAKE2B_BYTES);
	return 0;
}
