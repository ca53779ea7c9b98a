/* SPDX-License-Identifier: Apache-2.0 */
/* Permissions that files came out with tell the umask that they were made under. */
#include "verifier/solve/inside.h"

#include <string.h>

/* What administrators set, the usual one first; then everything else. */
static const unsigned usual[] = {022, 002, 027, 077, 007, 026, 006, 037, 017, 023, 033};

static bool read_mode(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side, uint32_t *out)
{
	const struct sb_diff_side *at = &diff->side[side];
	struct sb_span bytes;
	uint64_t mode = 0;

	if (diff->kind == SB_DIFF_MODE && at->member && at->member->has_mode) {
		*out = at->member->mode;
		return true;
	}
	if (diff->kind != SB_DIFF_FIELD || !at->present || at->field.kind != SB_FIELD_MODE)
		return false;
	bool read = sb_span_cut(pair->bytes[side], at->field.offset, at->field.length, &bytes) && sb_field_number(bytes, at->field.encoding, &mode);
	*out = (uint32_t)mode;
	return read;
}

static void read_modes(struct sb_inferring *in, const struct sb_pair *pair)
{
	for (size_t i = 0; i < pair->diff_count && in->modes.count < SB_VOTES_MOST; i++) {
		struct sb_mode_vote vote = {.place = {.pair = pair, .how = "permissions"}};
		if (!read_mode(pair, &pair->diffs[i], SB_SHIPPED, &vote.shipped) || !read_mode(pair, &pair->diffs[i], SB_REBUILT, &vote.rebuilt))
			continue;
		vote.place.offset = pair->diffs[i].kind == SB_DIFF_FIELD ? (size_t)pair->diffs[i].side[SB_SHIPPED].field.offset : SIZE_MAX;
		struct sb_mode_vote *slot = sb_vec_push(&in->modes);
		if (slot)
			*slot = vote;
		else
			in->failed = true;
	}
}

const struct sb_extractor sb_extract_modes = {"permissions", read_modes};

/* A file is asked for with 0666, a program or a folder with 0777. */
static bool explains(unsigned mask, const struct sb_mode_vote *vote)
{
	uint32_t asked = ((vote->shipped | vote->rebuilt) & 0111) ? 0777 : 0666;
	return (vote->shipped & 0777) == (asked & ~mask);
}

static uint64_t explained_by(const struct sb_inferring *in, unsigned mask)
{
	uint64_t count = 0;

	for (size_t i = 0; i < in->modes.count; i++)
		count += explains(mask, sb_vec_at(&in->modes, i));
	return count;
}

void sb_solve_conclude_modes(struct sb_inferring *in)
{
	uint64_t most = 0;
	unsigned chosen = 0;
	char text[8];

	if (in->modes.count == 0)
		return;
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
		uint64_t count = explained_by(in, usual[i]);
		chosen = count > most ? usual[i] : chosen;
		most = count > most ? count : most;
	}
	for (unsigned mask = 0; mask <= 077; mask++) {
		uint64_t count = explained_by(in, mask);
		chosen = count > most ? mask : chosen;
		most = count > most ? count : most;
	}
	const struct sb_mode_vote *first = sb_vec_at(&in->modes, 0);
	snprintf(text, sizeof text, "%03o", chosen);
	if (most)
		sb_solve_propose(in, SB_KNOB_UMASK, sb_span_text(text), 4 * most, &first->place);
}
