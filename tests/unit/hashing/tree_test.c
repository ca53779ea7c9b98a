/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hashing/scratch.h"
#include "tests/unit/leaks.h"

static void start(void)
{
	cr_assert_eq(sb_hashing_start(NULL), 0);
}

TestSuite(tree, .init = start, .fini = no_leaks);

static uint8_t content[SB_BLAKE2B_BYTES] = {1, 2, 3};

static struct sb_tree_leaf file(const char *path)
{
	return (struct sb_tree_leaf){.path = path, .type = 'f', .mode = 0644, .blake2b = content};
}

static void digest_of(const struct sb_tree_leaf *leaves, size_t count, uint8_t out[SB_BLAKE2B_BYTES])
{
	cr_assert_eq(sb_tree_digest(leaves, count, out, NULL), 0);
}

static void expect_differ(const struct sb_tree_leaf *a, size_t n, const struct sb_tree_leaf *b, size_t m, const char *what)
{
	uint8_t x[SB_BLAKE2B_BYTES], y[SB_BLAKE2B_BYTES];
	digest_of(a, n, x);
	digest_of(b, m, y);
	cr_expect_neq(memcmp(x, y, sizeof x), 0, "%s", what);
}

/* The encoding of docs/formats/tree-digest.md written out by hand: a second reading of the document. */
Test(tree, encoding_is_the_documented_one)
{
	static const uint8_t written[] = "\20\0\0\0\0\0\0\0" "samebuild-tree/1" "\1\0\0\0\0\0\0\0"
		"\3\0\0\0\0\0\0\0" "a/b" "\1\0\0\0\0\0\0\0" "l" "\0\0\0\0\0\0\0\0" "\2\0\0\0\0\0\0\0" ".." "\0\0\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0";
	struct sb_tree_leaf link = {.path = "a/b", .type = 'l', .link = ".."};
	uint8_t out[SB_BLAKE2B_BYTES];
	struct sb_digest due;

	digest_of(&link, 1, out);
	sb_hash_span(sb_span_of(written, sizeof written - 1), SB_DIGEST_BLAKE2B, &due);
	cr_expect_arr_eq(out, due.blake2b, sizeof out);
}

Test(tree, order_does_not_matter)
{
	struct sb_tree_leaf leaves[] = {file("b"), file("a"), file("a/c"), file("a-c"), file("\xff")};
	uint8_t due[SB_BLAKE2B_BYTES], out[SB_BLAKE2B_BYTES];

	digest_of(leaves, 5, due);
	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < 5; j++) {
			struct sb_tree_leaf kept = leaves[i];
			leaves[i] = leaves[j];
			leaves[j] = kept;
			digest_of(leaves, 5, out);
			cr_assert_arr_eq(out, due, sizeof out);
		}
}

Test(tree, every_field_counts)
{
	uint8_t other[SB_BLAKE2B_BYTES] = {1, 2, 4};
	const struct sb_tree_leaf plain = file("a"), empty_link = {.path = "a", .type = 'l'};
	struct sb_tree_leaf changed = plain;

	changed.path = "b";
	expect_differ(&plain, 1, &changed, 1, "path");
	changed = plain;
	changed.mode = 04644;
	expect_differ(&plain, 1, &changed, 1, "mode");
	changed = plain;
	changed.type = 'p';
	expect_differ(&plain, 1, &changed, 1, "type");
	changed = plain;
	changed.blake2b = other;
	expect_differ(&plain, 1, &changed, 1, "content");
	changed = plain;
	changed.blake2b = NULL;
	expect_differ(&plain, 1, &changed, 1, "no content");
	changed = plain;
	changed.rdev = 1;
	expect_differ(&plain, 1, &changed, 1, "device");
	changed = empty_link;
	changed.link = "x";
	expect_differ(&empty_link, 1, &changed, 1, "link");
	expect_differ(&plain, 1, NULL, 0, "empty tree");
}

/* Trees whose fields, written one after the other, are the same bytes. */
Test(tree, no_two_trees_share_an_encoding)
{
	const struct sb_tree_leaf one[] = {{.path = "ab", .type = 'l', .link = "c"}}, two[] = {{.path = "a", .type = 'l', .link = "bc"}};
	const struct sb_tree_leaf split[] = {{.path = "a", .type = 'd'}, {.path = "b", .type = 'd'}}, joined[] = {{.path = "adb", .type = 'd'}};
	const struct sb_tree_leaf newline[] = {{.path = "a\nb", .type = 'd'}}, lines[] = {{.path = "a", .type = 'd'}, {.path = "b", .type = 'd'}};

	expect_differ(one, 1, two, 1, "the border between path and link");
	expect_differ(split, 2, joined, 1, "the border between leaves");
	expect_differ(newline, 1, lines, 2, "a newline in a name");
}

Test(tree, a_path_that_occurs_twice_is_refused)
{
	struct sb_tree_leaf leaves[] = {file("a"), file("b"), file("a")};
	uint8_t out[SB_BLAKE2B_BYTES] = {9};
	struct sb_err err = {0};

	cr_expect_eq(sb_tree_digest(leaves, 3, out, &err), SB_EVIDENCE);
	cr_expect_str_eq(err.id, "duplicate-path");
	cr_expect_eq(out[0], 9);
}
