/* SPDX-License-Identifier: Apache-2.0 */
/* What moved is found again, whatever was cut, and nothing takes longer than its size allows. */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/unit/compare/sides.h"
#include "verifier/compare/align.h"
#include "verifier/compare/chunks.h"

TestSuite(align, .fini = no_leaks, .timeout = 120);

static uint64_t state = 7;

static unsigned draw(unsigned n)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return (unsigned)(state >> 33) % n;
}

static size_t longest_common(const uint32_t *a, size_t n, const uint32_t *b, size_t m)
{
	size_t row[64] = {0};
	for (size_t i = 0; i < n; i++) {
		size_t corner = 0;
		for (size_t k = 1; k <= m; k++) {
			size_t above = row[k];
			row[k] = a[i] == b[k - 1] ? corner + 1 : above > row[k - 1] ? above : row[k - 1];
			corner = above;
		}
	}
	return row[m];
}

/* How many partners there are; each of them is an equal number, and they ascend. */
static size_t checked(const uint32_t *partner, const struct sb_pieces side[SB_SIDES])
{
	size_t count = 0;
	uint32_t last = 0;
	for (size_t i = 0; i < side[0].count; i++) {
		if (partner[i] == 0)
			continue;
		cr_assert(partner[i] > last && partner[i] <= side[1].count);
		cr_assert_eq(side[0].id[i], side[1].id[partner[i] - 1]);
		last = partner[i];
		count++;
	}
	return count;
}

Test(align, few_symbols_give_the_longest_common_subsequence)
{
	for (unsigned round = 0; round < 3000; round++) {
		uint32_t a[60], b[60], partner[60] = {0};
		struct sb_pieces side[SB_SIDES] = {{.id = a, .count = 4 + draw(56)}, {.id = b, .count = 4 + draw(56)}};
		unsigned symbols = 1 + draw(2);
		/* Each symbol twice on each side: no anchors. */
		for (size_t i = 0; i < 60; i++) {
			a[i] = i < 4 ? (uint32_t)i % 2 : draw(symbols);
			b[i] = i < 4 ? (uint32_t)i / 2 : draw(symbols);
		}
		cr_assert(sb_pieces_match(side, 2, partner));
		cr_assert_eq(checked(partner, side), longest_common(a, side[0].count, b, side[1].count), "round %u", round);
	}
}

Test(align, anchors_never_break_the_order)
{
	for (unsigned round = 0; round < 500; round++) {
		uint32_t a[200], b[200], partner[200] = {0};
		struct sb_pieces side[SB_SIDES] = {{.id = a, .count = 1 + draw(200)}, {.id = b, .count = 1 + draw(200)}};
		for (size_t i = 0; i < 200; i++) {
			a[i] = draw(300);
			b[i] = draw(300);
		}
		cr_assert(sb_pieces_match(side, 300, partner));
		checked(partner, side);
	}
}

static size_t one_byte(struct sb_span rest, const void *ctx)
{
	(void)rest;
	(void)ctx;
	return 1;
}

Test(align, gaps_and_matches_tile_both_sides)
{
	static const char *const texts[][2] = {{"abc", "abc"}, {"abc", "abXc"}, {"abc", ""}, {"", "x"}, {"", ""}, {"aXbYc", "abc"}, {"x", "y"}};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct sb_span a = sb_span_text(texts[i][0]), b = sb_span_text(texts[i][1]);
		struct sb_alignment alignment;
		struct sb_gap gap = {.piece = {0}};
		uint64_t at[SB_SIDES] = {0};
		cr_assert_eq(sb_align(NULL, a, b, one_byte, NULL, &alignment, NULL), 0);
		while (sb_alignment_next_gap(&alignment, &gap)) {
			cr_assert_eq(gap.from[0] - at[0], gap.from[1] - at[1], "texts %zu", i);
			cr_assert(memcmp(a.p + at[0], b.p + at[1], gap.from[0] - at[0]) == 0);
			at[0] = gap.to[0];
			at[1] = gap.to[1];
		}
		cr_assert_eq(a.n - at[0], b.n - at[1], "texts %zu", i);
		sb_alignment_release(&alignment);
	}
}

static void fill(uint8_t *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)(draw(256) | 0x80); /* no text */
	to[0] = 0;
}

/* Bytes of the differences of a raw pair, and that the rest is equal on both sides. */
static uint64_t differing(const struct sb_pair *pair)
{
	uint64_t at[SB_SIDES] = {0}, bytes = 0;
	for (size_t i = 0; i < pair->diff_count; i++) {
		const struct sb_diff *diff = &pair->diffs[i];
		uint64_t equal = diff->side[0].offset - at[0];
		cr_assert_eq(equal, diff->side[1].offset - at[1]);
		cr_assert(memcmp(pair->bytes[0].p + at[0], pair->bytes[1].p + at[1], equal) == 0);
		for (unsigned s = 0; s < SB_SIDES; s++)
			at[s] = diff->side[s].offset + diff->side[s].length;
		bytes += diff->bytes;
	}
	cr_assert_eq(pair->bytes[0].n - at[0], pair->bytes[1].n - at[1]);
	cr_assert_eq(pair->own_bytes, pair->own_equal + bytes);
	return bytes;
}

/** Two sides on the heap and their comparison. */
struct blobs {
	uint8_t *bytes[SB_SIDES];
	struct sb_comparison all;
	const struct sb_pair *pair;
};

static void compare_blobs(struct blobs *blobs, size_t a, size_t b)
{
	cr_assert_eq(compare_spans(sb_span_of(blobs->bytes[0], a), sb_span_of(blobs->bytes[1], b), 1, &blobs->all), 0);
	blobs->pair = blobs->all.artifacts[0].pair;
	cr_assert_eq(blobs->pair->state, SB_PAIR_RAW);
}

static void release(struct blobs *blobs)
{
	sb_comparison_release(&blobs->all);
	free(blobs->bytes[0]);
	free(blobs->bytes[1]);
}

Test(align, an_insertion_is_one_small_difference)
{
	enum { N = 1 << 20 };
	static const char put[] = "17 bytes come in.";
	struct blobs blobs = {.bytes = {malloc(N), malloc(N + 17)}};
	fill(blobs.bytes[1], N);
	memcpy(blobs.bytes[0], blobs.bytes[1], N);
	memmove(blobs.bytes[1] + 500017, blobs.bytes[1] + 500000, N - 500000);
	memcpy(blobs.bytes[1] + 500000, put, 17);
	blobs.bytes[0][100] ^= 1;
	blobs.bytes[0][900000] ^= 1;
	compare_blobs(&blobs, N, N + 17);
	cr_assert_eq(blobs.pair->diff_count, 3);
	cr_assert_eq(differing(blobs.pair), 19);
	cr_assert_eq(blobs.pair->diffs[1].side[0].offset, 500000);
	cr_assert_eq(blobs.pair->diffs[1].side[1].length, 17);
	cr_assert(!blobs.pair->diffs[1].side[0].present);
	cr_assert_eq(blobs.pair->diffs[2].side[0].offset, 900000);
	cr_assert_eq(blobs.pair->diffs[2].side[1].offset, 900017);
	release(&blobs);
}

Test(align, what_moved_at_equal_length_is_found)
{
	enum { N = 300000 };
	struct blobs blobs = {.bytes = {malloc(N), malloc(N)}};
	fill(blobs.bytes[0], N);
	memcpy(blobs.bytes[1], blobs.bytes[0], N);
	memmove(blobs.bytes[1] + 1005, blobs.bytes[1] + 1000, N - 1005); /* five come in, the last five fall off */
	compare_blobs(&blobs, N, N);
	cr_assert(blobs.pair->diff_count <= 3, "%zu", blobs.pair->diff_count);
	cr_assert(differing(blobs.pair) <= 12);
	release(&blobs);
}

Test(align, nothing_in_common_is_one_difference)
{
	enum { N = 400000 };
	struct blobs blobs = {.bytes = {malloc(N), malloc(N + 1)}};
	fill(blobs.bytes[0], N);
	fill(blobs.bytes[1], N + 1);
	compare_blobs(&blobs, N, N + 1);
	cr_assert(differing(blobs.pair) > N / 2);
	cr_assert(blobs.pair->diff_count <= 200);
	release(&blobs);
}

/* Hostile: pieces that are all equal, or of two kinds in an order that has no unique one. */
Test(align, repeated_pieces_take_no_longer)
{
	enum { N = 4 << 20 };
	for (unsigned kind = 0; kind < 4; kind++) {
		struct blobs blobs = {.bytes = {malloc(N), malloc(N + 4096)}};
		for (unsigned s = 0; s < SB_SIDES; s++)
			for (size_t i = 0; i < N + 4096 * s; i++)
				blobs.bytes[s][i] = (uint8_t)(kind == 0   ? 0
				                              : kind == 1 ? (i / 4096 + s) % 2
				                              : kind == 2 ? (i % 64 == 63 ? 0x80 | draw(2) : 0)
				                                          : 0x80 | draw(2));
		compare_blobs(&blobs, N, N + 4096);
		differing(blobs.pair);
		cr_assert(blobs.pair->diff_count <= 400);
		release(&blobs);
	}
}

Test(align, chunks_do_not_depend_on_where_they_stand)
{
	enum { N = 200000 };
	uint8_t *bytes = malloc(N);
	struct sb_chunker chunker;
	fill(bytes, N);
	for (unsigned fine = 0; fine < 2; fine++) {
		size_t cuts[2] = {0}, at[2] = {0, 13};
		if (fine)
			sb_chunks_fine(&chunker);
		else
			sb_chunks_coarse(&chunker, N);
		for (; at[0] < N; cuts[0]++)
			at[0] += sb_chunks_cut(sb_span_of(bytes + at[0], N - at[0]), &chunker);
		cr_assert(cuts[0] > (fine ? N / 64 : N / 2048) && cuts[0] < (fine ? N / 16 : N / 512), "%zu", cuts[0]);
		/* Begun elsewhere, the cuts meet soon. */
		for (at[0] = 0; at[0] != at[1] && at[0] < N / 4;) {
			unsigned behind = at[0] > at[1];
			at[behind] += sb_chunks_cut(sb_span_of(bytes + at[behind], N - at[behind]), &chunker);
		}
		cr_assert(at[0] < N / 4);
	}
	free(bytes);
}
