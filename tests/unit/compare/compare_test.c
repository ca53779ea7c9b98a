/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/compare/sides.h"

TestSuite(compare, .fini = no_leaks);

/* Every byte has one owner: what the pairs count is what they list. */
static void count(const struct sb_pair *pair, uint64_t *own, uint64_t *equal, uint64_t *listed)
{
	*own += pair->own_bytes;
	*equal += pair->own_equal;
	for (size_t i = 0; i < pair->diff_count; i++)
		*listed += pair->diffs[i].bytes;
	for (size_t i = 0; i < pair->child_count; i++)
		count(pair->children[i], own, equal, listed);
}

static bool adds_up(const struct sb_pair *pair)
{
	uint64_t own = 0, equal = 0, listed = 0;
	count(pair, &own, &equal, &listed);
	return own == equal + listed;
}

Test(compare, equal_bytes_are_decided_before_anything_is_opened)
{
	struct sb_comparison all;
	cr_assert_eq(compare_texts("the same", "the same", &all), 0);
	cr_assert(all.artifacts[0].identical);
	cr_assert_null(all.artifacts[0].pair);
	cr_assert(memcmp(all.artifacts[0].digest[0].sha256, all.artifacts[0].digest[1].sha256, SB_SHA256_BYTES) == 0);
	sb_comparison_release(&all);
}

static void expect_digests(struct sb_span shipped, struct sb_span rebuilt, unsigned jobs)
{
	const struct sb_span bytes[SB_SIDES] = {shipped, rebuilt};
	struct sb_comparison all;

	cr_assert_eq(compare_spans(shipped, rebuilt, jobs, &all), 0);
	for (unsigned side = 0; side < SB_SIDES; side++) {
		const struct sb_digest *made = &all.artifacts[0].digest[side];
		struct sb_digest whole;
		sb_hash_span(bytes[side], SB_DIGEST_BOTH, &whole);
		cr_assert_eq(made->kinds, SB_DIGEST_BOTH);
		cr_assert_eq(made->size, bytes[side].n);
		cr_assert(memcmp(made->sha256, whole.sha256, SB_SHA256_BYTES) == 0 && memcmp(made->blake2b, whole.blake2b, SB_BLAKE2B_BYTES) == 0);
	}
	sb_comparison_release(&all);
}

Test(compare, digests_are_those_of_each_side_wherever_the_sides_part)
{
	enum { LENGTH = 5000 };
	static const size_t places[] = {0, 1, 63, 64, 65, 127, 128, 129, 4095, 4096, 4097, LENGTH - 1};
	uint8_t a[LENGTH], b[LENGTH];

	for (size_t i = 0; i < LENGTH; i++)
		a[i] = b[i] = (uint8_t)(i * i >> 3);
	for (unsigned jobs = 1; jobs <= 3; jobs++) {
		for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
			b[places[i]] ^= 1;
			expect_digests(sb_span_of(a, LENGTH), sb_span_of(b, LENGTH), jobs);
			b[places[i]] ^= 1;
			expect_digests(sb_span_of(a, LENGTH), sb_span_of(b, places[i]), jobs);
			expect_digests(sb_span_of(a, places[i]), sb_span_of(b, LENGTH), jobs);
		}
		expect_digests(sb_span_of(a, LENGTH), sb_span_of(b, LENGTH), jobs);
	}
}

/** Entries of the tars below: more than one window of regions holds, in files that are worth a thread for each side. */
enum { ENTRIES = 400, ENTRY = 512 + 1024 };

/* Each entry is @n bytes of content, so that another @n makes every header another one. */
static struct sb_span make_entries(uint8_t *to, size_t n)
{
	char name[32], content[1024] = {0};
	size_t at = 0;

	memset(content, 'x', n);
	for (unsigned i = 0; i < ENTRIES; i++) {
		snprintf(name, sizeof name, "entry%03u", i);
		at += put_entry(to + at, name, content);
	}
	memset(to + at, 0, 1024);
	return sb_span_of(to, at + 1024);
}

static size_t count_fields(const struct sb_pair *pair)
{
	size_t count = 0;
	for (size_t i = 0; i < pair->diff_count; i++)
		count += pair->diffs[i].kind == SB_DIFF_FIELD;
	return count;
}

static void expect_one_result(const struct sb_pair *a, const struct sb_pair *b)
{
	cr_assert_eq(a->state, b->state);
	cr_assert_eq(a->own_bytes, b->own_bytes);
	cr_assert_eq(a->own_equal, b->own_equal);
	cr_assert_eq(a->child_count, b->child_count);
	cr_assert_eq(a->diff_count, b->diff_count);
	for (size_t i = 0; i < a->diff_count; i++) {
		const struct sb_diff *x = &a->diffs[i], *y = &b->diffs[i];
		cr_assert_eq(x->kind, y->kind);
		cr_assert_eq(x->side[SB_SHIPPED].offset, y->side[SB_SHIPPED].offset);
		cr_assert_eq(x->side[SB_REBUILT].offset, y->side[SB_REBUILT].offset);
		cr_assert(!x->name == !y->name && (!x->name || strcmp(x->name, y->name) == 0));
	}
}

Test(compare, both_sides_of_a_large_file_on_two_threads_are_what_they_are_on_one)
{
	uint8_t *bytes[SB_SIDES] = {malloc(ENTRIES * ENTRY + 1024), malloc(ENTRIES * ENTRY + 1024)};
	struct sb_span shipped = make_entries(bytes[SB_SHIPPED], 601), rebuilt = make_entries(bytes[SB_REBUILT], 600);
	struct sb_comparison one;

	cr_assert_eq(compare_spans(shipped, rebuilt, 1, &one), 0);
	cr_assert_eq(one.artifacts[0].pair->state, SB_PAIR_OPENED);
	cr_assert_eq(one.artifacts[0].pair->child_count, ENTRIES);
	cr_assert_eq(count_fields(one.artifacts[0].pair), 2 * ENTRIES); /* the size and the sum of each header */
	cr_assert(adds_up(one.artifacts[0].pair));
	for (unsigned jobs = 2; jobs <= 4; jobs++) {
		struct sb_comparison many;
		cr_assert_eq(compare_spans(shipped, rebuilt, jobs, &many), 0);
		expect_one_result(one.artifacts[0].pair, many.artifacts[0].pair);
		sb_comparison_release(&many);
	}
	sb_comparison_release(&one);
	free(bytes[SB_SHIPPED]);
	free(bytes[SB_REBUILT]);
}

Test(compare, equal_bytes_with_another_mode_are_not_identical)
{
	const struct sb_artifact_in artifact = {
		.name = "file",
		.shipped = {.present = true, .bytes = sb_span_text("x"), .type = 'f', .has_mode = true, .mode = 04755},
		.rebuilt = {.present = true, .bytes = sb_span_text("x"), .type = 'f', .has_mode = true, .mode = 0755},
	};
	const struct sb_compare_in in = {.artifacts = &artifact, .count = 1, .jobs = 1};
	struct sb_comparison all;
	cr_assert_eq(sb_compare_run(&in, &all, NULL), 0);
	cr_assert(!all.artifacts[0].identical);
	cr_assert_eq(all.artifacts[0].pair->diff_count, 1);
	cr_assert_eq(all.artifacts[0].pair->diffs[0].kind, SB_DIFF_MODE);
	cr_assert_str_eq(all.artifacts[0].pair->diffs[0].name, "04755 → 0755");
	sb_comparison_release(&all);
}

Test(compare, a_side_that_is_missing_is_one_difference)
{
	struct sb_comparison all;
	cr_assert_eq(compare_spans(sb_span_text("abc"), (struct sb_span){0}, 1, &all), 0);
	const struct sb_pair *pair = all.artifacts[0].pair;
	cr_assert_eq(pair->diff_count, 1);
	cr_assert_eq(pair->diffs[0].kind, SB_DIFF_ARTIFACT);
	cr_assert(adds_up(pair));
	sb_comparison_release(&all);
}

Test(compare, lines_that_grow_and_shrink_add_up)
{
	static const char *const texts[][2] = {
		{"a long first line\nb\n", "a\nand a long second line\n"},
		{"a\nb\nc\n", "a\nc\n"},
		{"a\nb\nc\n", "a\nc\nc\nc\n"},
		{"a", "b\n"},
		{"same\nx\nsame\ny\n", "same\nxx\nsame\nyyyy\n"},
		{"", "new\n"},
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct sb_comparison all;
		cr_assert_eq(compare_texts(texts[i][0], texts[i][1], &all), 0);
		cr_assert(all.artifacts[0].pair->diff_count > 0, "texts %zu", i);
		cr_assert(adds_up(all.artifacts[0].pair), "texts %zu", i);
		sb_comparison_release(&all);
	}
}

Test(compare, lines_say_where)
{
	struct sb_comparison all;
	cr_assert_eq(compare_texts("one\ntwo\nthree\nfour\n", "one\n2\nthree\n4\n", &all), 0);
	const struct sb_pair *pair = all.artifacts[0].pair;
	cr_assert_eq(pair->diff_count, 2);
	cr_assert_eq(pair->diffs[0].line, 2);
	cr_assert_eq(pair->diffs[0].side[SB_SHIPPED].offset, 4);
	cr_assert_eq(pair->diffs[0].side[SB_SHIPPED].length, 4);
	cr_assert_eq(pair->diffs[0].side[SB_REBUILT].length, 2);
	cr_assert_eq(pair->diffs[1].line, 4);
	sb_comparison_release(&all);
}

Test(compare, runs_of_bytes_are_exact)
{
	uint8_t a[256], b[256];
	for (unsigned i = 0; i < 256; i++)
		a[i] = b[i] = (uint8_t)(255 - i);
	b[10] ^= 1;
	b[12] ^= 1; /* near: one run */
	b[200] ^= 0x80;
	struct sb_comparison all;
	cr_assert_eq(compare_spans(sb_span_of(a, 256), sb_span_of(b, 256), 1, &all), 0);
	const struct sb_pair *pair = all.artifacts[0].pair;
	cr_assert_eq(pair->state, SB_PAIR_RAW);
	cr_assert_eq(pair->diff_count, 2);
	cr_assert_eq(pair->diffs[0].side[0].offset, 10);
	cr_assert_eq(pair->diffs[0].side[0].length, 3);
	cr_assert_eq(pair->diffs[0].bytes, 2);
	cr_assert_eq(pair->diffs[1].side[1].offset, 200);
	cr_assert_eq(pair->own_equal, 253);
	cr_assert(adds_up(pair));
	sb_comparison_release(&all);
}

Test(compare, more_runs_than_are_listed_end_in_a_long_one)
{
	static uint8_t a[40000], b[40000];
	memset(a, 0xfe, sizeof a);
	memset(b, 0xfe, sizeof b);
	for (size_t i = 0; i < sizeof a; i += 40)
		b[i] = 0xff;
	struct sb_comparison all;
	cr_assert_eq(compare_spans(sb_span_of(a, sizeof a), sb_span_of(b, sizeof b), 1, &all), 0);
	const struct sb_pair *pair = all.artifacts[0].pair;
	cr_assert(pair->diff_count <= 200);
	cr_assert(adds_up(pair));
	cr_assert_eq(pair->own_bytes - pair->own_equal, 1000);
	sb_comparison_release(&all);
}

Test(compare, members_are_paired_by_name_and_entered)
{
	static uint8_t a[8192], b[8192];
	const char *const shipped[][2] = {{"one", "1"}, {"two", "other content"}, {"only", "x"}};
	const char *const rebuilt[][2] = {{"one", "1"}, {"two", "content"}};
	struct sb_comparison all;
	cr_assert_eq(compare_spans(make_tar(a, shipped, 3), make_tar(b, rebuilt, 2), 1, &all), 0);
	const struct sb_pair *pair = all.artifacts[0].pair;
	cr_assert_eq(pair->state, SB_PAIR_OPENED);
	cr_assert_eq(pair->child_count, 1);
	cr_assert_str_eq(pair->children[0]->name, "two");
	size_t lone = 0;
	for (size_t i = 0; i < pair->diff_count; i++)
		lone += pair->diffs[i].kind == SB_DIFF_MEMBER;
	cr_assert_eq(lone, 1);
	cr_assert(adds_up(pair));
	cr_assert_eq(pair->leaves, 3);
	sb_comparison_release(&all);
}

static const struct sb_diff *order_of(const struct sb_pair *pair)
{
	for (size_t i = 0; i < pair->diff_count; i++)
		if (pair->diffs[i].kind == SB_DIFF_ORDER)
			return &pair->diffs[i];
	return NULL;
}

/* 0: no difference of order; 1: one that means nothing; 2: one with a meaning. */
static int order_when_reversed(const char *const (*entries)[2], size_t n)
{
	static uint8_t a[16384], b[16384];
	const char *reversed[8][2];
	for (size_t i = 0; i < n; i++)
		memcpy(reversed[n - 1 - i], entries[i], sizeof reversed[0]);
	const struct sb_span bytes[] = {make_tar(a, (const char *const(*)[2])reversed, n), make_tar(b, entries, n)};
	struct sb_comparison all;
	cr_assert_eq(compare_spans(bytes[0], bytes[1], 1, &all), 0);
	const struct sb_diff *diff = order_of(all.artifacts[0].pair);
	int found = !diff ? 0 : diff->side[SB_SHIPPED].present ? 1 : 2;
	cr_assert(adds_up(all.artifacts[0].pair));
	sb_comparison_release(&all);
	return found;
}

Test(compare, order_is_free_only_for_names_that_never_meet)
{
	cr_assert_eq(order_when_reversed((const char *const[][2]){{"a", "1"}, {"b", "2"}, {"c/d", "3"}}, 3), 1);
	cr_assert_eq(order_when_reversed((const char *const[][2]){{"a", "1"}, {"./a", "2"}}, 2), 2);
	cr_assert_eq(order_when_reversed((const char *const[][2]){{"x/a", "1"}, {"x//a", "2"}}, 2), 2);
	cr_assert_eq(order_when_reversed((const char *const[][2]){{"a", "1"}, {"b/../a", "2"}}, 2), 2);
	cr_assert_eq(order_when_reversed((const char *const[][2]){{"a", "1"}, {"a/b", "2"}}, 2), 2);
	cr_assert_eq(order_when_reversed((const char *const[][2]){{"a", "1"}, {"ab", "2"}, {"a-b", "3"}}, 3), 1);
}

Test(compare, one_side_that_breaks_the_format_is_rejected_and_both_are_opaque)
{
	static uint8_t a[4096], b[4096], c[4096];
	const char *const entries[][2] = {{"one", "1"}, {"two", "2"}};
	struct sb_span good = make_tar(a, entries, 2), bad = make_tar(b, entries, 2), worse = make_tar(c, entries, 2);
	b[1024] ^= 1; /* the second header: its checksum is wrong now */
	c[1025] ^= 1;
	struct sb_comparison all;
	cr_assert_eq(compare_spans(bad, good, 1, &all), 0);
	cr_assert_eq(all.artifacts[0].pair->state, SB_PAIR_REJECTED);
	cr_assert_not_null(all.artifacts[0].pair->why);
	sb_comparison_release(&all);
	cr_assert_eq(compare_spans(bad, worse, 1, &all), 0);
	cr_assert_eq(all.artifacts[0].pair->state, SB_PAIR_OPAQUE);
	cr_assert_eq(all.artifacts[0].pair->own_equal, 0);
	sb_comparison_release(&all);
}

Test(compare, another_format_on_each_side_is_compared_as_bytes)
{
	static uint8_t a[4096];
	const char *const entries[][2] = {{"one", "1"}};
	struct sb_comparison all;
	cr_assert_eq(compare_spans(make_tar(a, entries, 1), sb_span_text("a text"), 1, &all), 0);
	cr_assert_eq(all.artifacts[0].pair->state, SB_PAIR_RAW);
	cr_assert(strstr(all.artifacts[0].pair->why, "tar") != NULL);
	cr_assert(adds_up(all.artifacts[0].pair));
	sb_comparison_release(&all);
}

/* A tar in a tar in a tar …: 20 levels, one byte differs in the innermost. */
static struct sb_span nest(uint8_t *to, uint8_t *scratch, const char *core, size_t levels, size_t room)
{
	struct sb_span inner = sb_span_text(core);
	for (size_t i = 0; i < levels; i++) {
		memcpy(scratch, inner.p, inner.n);
		size_t whole = 512 + (inner.n + 511) / 512 * 512;
		cr_assert(whole + 1024 < room);
		put_entry(to, "in", "");
		char digits[16];
		unsigned sum = 0;
		snprintf(digits, sizeof digits, "%011zo", inner.n);
		memcpy(to + 124, digits, 12);
		memset(to + 148, ' ', 8);
		for (size_t k = 0; k < 512; k++)
			sum += to[k];
		snprintf(digits, sizeof digits, "%06o", sum);
		memcpy(to + 148, digits, 7);
		memset(to + 512, 0, whole - 512 + 1024);
		memcpy(to + 512, scratch, inner.n);
		inner = sb_span_of(to, whole + 1024);
	}
	return inner;
}

Test(compare, nesting_ends_undecided)
{
	static uint8_t a[65536], b[65536], scratch[65536];
	struct sb_comparison all;
	cr_assert_eq(compare_spans(nest(a, scratch, "x", 20, sizeof a), nest(b, scratch, "y", 20, sizeof b), 2, &all), 0);
	const struct sb_pair *pair = all.artifacts[0].pair;
	size_t depth = 0;
	for (; pair->child_count; depth++)
		pair = pair->children[0];
	cr_assert_eq(pair->state, SB_PAIR_UNDECIDED);
	cr_assert_str_eq(pair->limit.name, "nest-depth");
	cr_assert_eq(depth, SB_LIMIT_OF(NEST_DEPTH) + 1);
	cr_assert(pair->own_equal == 0);
	sb_comparison_release(&all);
}
