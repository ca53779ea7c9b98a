/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hashing/scratch.h"
#include "tests/unit/leaks.h"

static void start(void)
{
	cr_assert_eq(sb_hashing_start(NULL), 0);
}

TestSuite(merkle, .init = start, .fini = no_leaks);

/** Leaves that are kept; subtrees are hashed whenever they are asked for, by their definition. */
struct kept {
	uint8_t leaves[300][SB_MERKLE_BYTES];
	uint64_t count;
};

static int subtree_of(void *state, unsigned height, uint64_t index, uint8_t out[SB_MERKLE_BYTES], struct sb_err *err)
{
	const struct kept *kept = state;
	uint8_t left[SB_MERKLE_BYTES], right[SB_MERKLE_BYTES];

	cr_assert_leq((index + 1) << height, kept->count, "only complete subtrees are asked for");
	if (height == 0) {
		memcpy(out, kept->leaves[index], SB_MERKLE_BYTES);
		return 0;
	}
	cr_assert_eq(subtree_of(state, height - 1, 2 * index, left, err), 0);
	cr_assert_eq(subtree_of(state, height - 1, 2 * index + 1, right, err), 0);
	sb_merkle_node(left, right, out);
	return 0;
}

static void fill(struct kept *kept, uint64_t count)
{
	for (kept->count = 0; kept->count < count; kept->count++) {
		uint8_t text[2] = {(uint8_t)kept->count, (uint8_t)(kept->count >> 8)};
		sb_merkle_leaf(sb_span_of(text, sizeof text), kept->leaves[kept->count]);
	}
}

static void expect_hash(const uint8_t hash[SB_MERKLE_BYTES], const char *hex)
{
	char text[2 * SB_MERKLE_BYTES + 1];
	sb_text_hex(sb_span_of(hash, SB_MERKLE_BYTES), text);
	cr_expect_str_eq(text, hex);
}

Test(merkle, hashes_are_those_of_the_published_vectors)
{
	struct sb_merkle_run run = {0};
	uint8_t hash[SB_MERKLE_BYTES], both[2][SB_MERKLE_BYTES];

	sb_merkle_run_root(&run, hash);
	expect_hash(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sb_merkle_leaf(sb_span_text(""), hash);
	expect_hash(hash, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
	sb_merkle_leaf(sb_span_text("L123456"), hash);
	expect_hash(hash, "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
	cr_assert(sb_text_unhex(sb_span_text("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"), both[0], SB_MERKLE_BYTES));
	sb_merkle_leaf(sb_span_of("\0", 1), both[1]);
	sb_merkle_node(both[0], both[1], hash);
	expect_hash(hash, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
}

/* The eight leaves of the reference implementations, and the root of each of their trees. */
Test(merkle, roots_of_the_reference_tree)
{
	static const char *const leaves[8] = {"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
	static const char *const roots[8] = {
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
	struct sb_merkle_run run = {0};

	for (size_t i = 0; i < 8; i++) {
		uint8_t data[16], hash[SB_MERKLE_BYTES];
		size_t n = strlen(leaves[i]) / 2;
		cr_assert(sb_text_unhex(sb_span_text(leaves[i]), data, n));
		sb_merkle_leaf(sb_span_of(data, n), hash);
		sb_merkle_run_add(&run, hash);
		sb_merkle_run_root(&run, hash);
		expect_hash(hash, roots[i]);
	}
}

static void inclusion_is_sound(const struct sb_merkle_source *source, const struct kept *kept, uint64_t index, uint64_t size, const uint8_t *root)
{
	struct sb_merkle_proof proof;

	cr_assert_eq(sb_merkle_prove_inclusion(source, index, size, &proof, NULL), 0);
	cr_expect(sb_merkle_includes(kept->leaves[index], index, size, &proof, root));
	cr_expect_not(sb_merkle_includes(kept->leaves[index ^ 1], index, size, &proof, root));
	cr_expect_not(sb_merkle_includes(kept->leaves[index], index + 1, size, &proof, root));
	cr_expect_not(sb_merkle_includes(kept->leaves[index], index, index, &proof, root), "a place outside of the tree");
	if (proof.count) {
		proof.hashes[proof.count - 1][7] ^= 1;
		cr_expect_not(sb_merkle_includes(kept->leaves[index], index, size, &proof, root));
		proof.hashes[proof.count - 1][7] ^= 1;
		proof.count--;
		cr_expect_not(sb_merkle_includes(kept->leaves[index], index, size, &proof, root));
		proof.count++;
	}
	memcpy(proof.hashes[proof.count], root, SB_MERKLE_BYTES);
	proof.count++;
	cr_expect_not(sb_merkle_includes(kept->leaves[index], index, size, &proof, root));
}

static void consistency_is_sound(const struct sb_merkle_source *source, uint64_t old, uint64_t size, const uint8_t *root)
{
	struct sb_merkle_proof proof;
	uint8_t old_root[SB_MERKLE_BYTES], other[SB_MERKLE_BYTES];

	cr_assert_eq(sb_merkle_root(source, old, old_root, NULL), 0);
	cr_assert_eq(sb_merkle_prove_consistency(source, old, size, &proof, NULL), 0);
	cr_expect(sb_merkle_extends(old, old_root, size, root, &proof), "%u to %u", (unsigned)old, (unsigned)size);
	memcpy(other, old_root, sizeof other);
	other[3] ^= 0x40;
	cr_expect_not(sb_merkle_extends(old, other, size, root, &proof));
	memcpy(other, root, sizeof other);
	other[3] ^= 0x40;
	cr_expect(old == 0 || !sb_merkle_extends(old, old_root, size, other, &proof));
	for (size_t i = 0; i < proof.count; i++) {
		proof.hashes[i][31] ^= 1;
		cr_expect_not(sb_merkle_extends(old, old_root, size, root, &proof));
		proof.hashes[i][31] ^= 1;
	}
	memcpy(proof.hashes[proof.count], root, SB_MERKLE_BYTES);
	proof.count++;
	cr_expect_not(sb_merkle_extends(old, old_root, size, root, &proof));
}

Test(merkle, each_proof_holds_and_no_changed_one_does)
{
	static struct kept kept;
	struct sb_merkle_source source = {subtree_of, &kept};

	fill(&kept, 66);
	for (uint64_t size = 1; size < kept.count; size++) {
		struct sb_merkle_run run;
		uint8_t root[SB_MERKLE_BYTES], resumed[SB_MERKLE_BYTES];
		cr_assert_eq(sb_merkle_root(&source, size, root, NULL), 0);
		cr_assert_eq(sb_merkle_run_resume(&source, size - 1, &run, NULL), 0);
		sb_merkle_run_add(&run, kept.leaves[size - 1]);
		sb_merkle_run_root(&run, resumed);
		cr_expect_arr_eq(root, resumed, sizeof root);
		for (uint64_t i = 0; i < size; i++)
			inclusion_is_sound(&source, &kept, i, size, root);
		for (uint64_t old = 0; old <= size; old++)
			consistency_is_sound(&source, old, size, root);
	}
}

Test(merkle, what_cannot_be_proven_is_refused)
{
	static struct kept kept;
	struct sb_merkle_source source = {subtree_of, &kept};
	struct sb_merkle_proof proof = {.count = 7};
	struct sb_err err = {0};

	fill(&kept, 5);
	cr_expect_eq(sb_merkle_prove_inclusion(&source, 5, 5, &proof, &err), SB_USAGE);
	cr_expect_str_eq(err.id, "tree-size");
	cr_expect_eq(sb_merkle_prove_inclusion(&source, 0, UINT64_MAX, &proof, NULL), SB_USAGE);
	cr_expect_eq(sb_merkle_prove_consistency(&source, 6, 5, &proof, NULL), SB_USAGE);
	cr_expect_eq(proof.count, 7, "outputs are untouched");
}

/* C2SP tlog-witness wants this accepted; the vectors of transparency-dev would refuse it. */
Test(merkle, the_empty_tree_is_the_beginning_of_all)
{
	static struct kept kept;
	struct sb_merkle_source source = {subtree_of, &kept};
	struct sb_merkle_proof none = {0};
	struct sb_merkle_run empty = {0};
	uint8_t nothing[SB_MERKLE_BYTES], root[SB_MERKLE_BYTES];

	fill(&kept, 5);
	sb_merkle_run_root(&empty, nothing);
	cr_assert_eq(sb_merkle_root(&source, 5, root, NULL), 0);
	cr_expect(sb_merkle_extends(0, nothing, 5, root, &none));
	cr_expect(sb_merkle_extends(0, nothing, 0, nothing, &none));
	cr_expect_not(sb_merkle_extends(0, root, 5, root, &none), "an empty tree has one root");
	cr_expect_not(sb_merkle_extends(0, root, 0, root, &none), "an empty tree has one root");
	cr_expect_not(sb_merkle_extends(3, nothing, 5, root, &none), "a proof is due");
}

/* One row of merkle_vectors.txt: the words are cut off as they are read. */
static const char *word(char **rest)
{
	return strsep(rest, " ");
}

static void hash_of(const char *text, uint8_t out[SB_MERKLE_BYTES])
{
	cr_assert(text && sb_text_unhex(sb_span_text(text), out, SB_MERKLE_BYTES));
}

static void check_row(char *row)
{
	struct sb_merkle_proof proof = {0};
	uint8_t first[SB_MERKLE_BYTES], second[SB_MERKLE_BYTES];
	uint64_t a, b;

	bool accept = strcmp(word(&row), "accept") == 0, consistency = strcmp(word(&row), "consistency") == 0;
	cr_assert(sb_text_uint(sb_span_text(word(&row)), &a));
	hash_of(word(&row), first);
	cr_assert(sb_text_uint(sb_span_text(word(&row)), &b));
	hash_of(word(&row), second);
	while (row && proof.count < SB_MERKLE_HEIGHT)
		hash_of(word(&row), proof.hashes[proof.count++]);
	cr_expect_eq(consistency ? sb_merkle_extends(a, first, b, second, &proof) : sb_merkle_includes(first, a, b, &proof, second), accept,
	             "%s %llu %llu, %zu hashes", consistency ? "consistency" : "inclusion", (unsigned long long)a, (unsigned long long)b, proof.count);
}

Test(merkle, the_vectors_of_the_reference_implementation)
{
	char path[4096];
	SB_FREEING char *text = NULL;
	size_t n, rows = 0;

	snprintf(path, sizeof path, "%s/tests/unit/hashing/merkle_vectors.txt", getenv("SB_SOURCE_ROOT"));
	cr_assert_eq(sb_io_slurp(AT_FDCWD, path, 1 << 20, &text, &n, NULL), 0);
	for (char *rest = text, *row; (row = strsep(&rest, "\n"));)
		if (*row && *row != '#') {
			check_row(row);
			rows++;
		}
	cr_expect_eq(rows, 142);
}
