/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes and texts without a format: differences and what lies between them must tile both sides, whatever the sides are. */
#include "verifier/compare/compare.h"

#include <stdlib.h>
#include <string.h>

static void must(int condition)
{
	if (!condition)
		abort();
}

static void check(const struct sb_pair *pair)
{
	uint64_t at[SB_SIDES] = {0}, bytes = 0;

	for (size_t i = 0; i < pair->diff_count; i++) {
		const struct sb_diff *diff = &pair->diffs[i];
		must(diff->side[0].offset >= at[0] && diff->side[0].offset - at[0] == diff->side[1].offset - at[1]);
		uint64_t equal = diff->side[0].offset - at[0];
		must(memcmp(pair->bytes[0].p + at[0], pair->bytes[1].p + at[1], (size_t)equal) == 0);
		for (unsigned s = 0; s < SB_SIDES; s++)
			at[s] = diff->side[s].offset + diff->side[s].length;
		must(at[0] <= pair->bytes[0].n && at[1] <= pair->bytes[1].n);
		bytes += diff->bytes;
	}
	must(pair->bytes[0].n - at[0] == pair->bytes[1].n - at[1]);
	must(memcmp(pair->bytes[0].p + at[0], pair->bytes[1].p + at[1], pair->bytes[0].n - (size_t)at[0]) == 0);
	must(pair->own_bytes == pair->own_equal + bytes);
}

/* The first two bytes say where the second side begins and how often each side is repeated. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n < 3)
		return 0;
	size_t split = 2 + (n - 2) * data[0] / 256, times = 1 + data[1] % 8;
	uint8_t *side[SB_SIDES] = {malloc(times * n), malloc(times * n)};
	size_t length[SB_SIDES] = {0};
	struct sb_comparison all = {0};

	must(side[0] && side[1]);
	for (size_t i = 0; i < times; i++) {
		memcpy(side[0] + length[0], data + 2, split - 2);
		memcpy(side[1] + length[1], data + split, n - split);
		length[0] += split - 2;
		length[1] += n - split;
	}
	const struct sb_artifact_in artifact = {.name = "x",
	                                        .shipped = {.present = true, .bytes = sb_span_of(side[0], length[0]), .type = 'f'},
	                                        .rebuilt = {.present = true, .bytes = sb_span_of(side[1], length[1]), .type = 'f'}};
	const struct sb_compare_in in = {.artifacts = &artifact, .count = 1, .jobs = 1};
	must(sb_compare_run(&in, &all, NULL) == 0);
	const struct sb_pair *pair = all.artifacts[0].pair;
	if (pair && pair->state == SB_PAIR_RAW)
		check(pair);
	sb_comparison_release(&all);
	free(side[0]);
	free(side[1]);
	return 0;
}
