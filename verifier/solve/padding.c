/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs are linked with a run path below the build path, and installed without it: CMake overwrites it with zeros. What is left in .dynstr is its
 * length. Any path of that length gives the same bytes, so one is made: ours, with its last component cut or drawn out.
 */
#include "verifier/solve/inside.h"

#include <string.h>

enum { LONGEST_RUN_PATHS = 4, MOST_PATH = 4000, PART = 200 };

static size_t zeros_at_most(const struct sb_pair *pair, unsigned side, const struct sb_region *region)
{
	size_t run = 0, most = 0;
	struct sb_span bytes;

	if (!sb_span_cut(pair->bytes[side], region->offset, region->length, &bytes))
		return 0;
	for (size_t i = 0; i < bytes.n; i++) {
		run = bytes.p[i] == 0 ? run + 1 : 0;
		most = run > most ? run : most;
	}
	return most;
}

/* False when there is no room for it. */
static bool make_path(struct sb_span ours, size_t length, char *out)
{
	size_t n = ours.n < length ? ours.n : length;

	if (length < 2 || length > MOST_PATH)
		return false;
	memcpy(out, ours.p, n);
	for (size_t i = n; i < length; i++)
		out[i] = (i - n) % PART == PART - 1 && i + 1 < length ? '/' : 'x';
	if (out[length - 1] == '/' || out[length - 1] == '.')
		out[length - 1] = 'x';
	out[length] = '\0';
	return true;
}

static void read_padding(struct sb_inferring *in, const struct sb_pair *pair)
{
	struct sb_span ours = sb_solve_ours_of(in, SB_KNOB_PATH);
	const struct sb_region *region[SB_SIDES];
	size_t zeros[SB_SIDES];
	char path[MOST_PATH + 1];

	if (pair->state != SB_PAIR_OPENED || !ours.n || strcmp(pair->format->name, "elf") != 0)
		return;
	for (unsigned side = 0; side < SB_SIDES; side++) {
		region[side] = sb_view_region_named(pair->view[side], ".dynstr");
		if (!region[side])
			return;
		zeros[side] = zeros_at_most(pair, side, region[side]);
	}
	int64_t more = (int64_t)zeros[SB_SHIPPED] - (int64_t)zeros[SB_REBUILT];
	if (more == 0 || zeros[SB_REBUILT] < ours.n || zeros[SB_SHIPPED] < 4)
		return;
	const struct sb_spot place = {pair, (size_t)region[SB_SHIPPED]->offset, "run-path-padding"};
	for (int64_t times = 1; times <= LONGEST_RUN_PATHS; times++) {
		int64_t length = (int64_t)ours.n + more / times;
		/* as often as ours fits into what ours left: that is how many there are */
		uint64_t weight = (uint64_t)times == zeros[SB_REBUILT] / ours.n ? 3 : 2;
		if (more % times == 0 && length > 1 && make_path(ours, (size_t)length, path))
			sb_solve_propose(in, SB_KNOB_PATH, sb_span_text(path), weight, &place);
	}
}

const struct sb_extractor sb_extract_padding = {"run-path-padding", read_padding};
