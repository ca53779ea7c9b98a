/* SPDX-License-Identifier: Apache-2.0 */
/* `configure` asks for the year, and it ends up as a number in code: ours, with another year in its place. */
#include "verifier/solve/inside.h"

enum { EARLIEST = 1990, LATEST = 2099, YEAR_BYTES = 2, PLACES_MOST = 4096 };

static unsigned year_at(struct sb_span bytes, uint64_t at)
{
	struct sb_span word;
	return sb_span_cut(bytes, at, YEAR_BYTES, &word) ? (unsigned)(word.p[0] | word.p[1] << 8) : 0;
}

static unsigned year_of(int64_t epoch, struct sb_stamp *out)
{
	/* the mean length of a year is near enough to begin with: the first of January decides */
	unsigned year = (unsigned)(1970 + epoch / 31556952);
	char text[8];

	for (unsigned guess = year - 1; guess <= year + 1; guess++) {
		struct sb_stamp stamp;
		snprintf(text, sizeof text, "%04u", guess % 10000);
		if (sb_stamp_read(sb_stamp_forms() - 1, sb_span_text(text), &stamp) && stamp.seconds <= epoch) {
			*out = stamp;
			year = guess;
		}
	}
	return year;
}

static bool read_year(unsigned year, struct sb_stamp *out)
{
	char text[8];
	snprintf(text, sizeof text, "%04u", year);
	return sb_stamp_read(sb_stamp_forms() - 1, sb_span_text(text), out);
}

static void read_diff(struct sb_inferring *in, const struct sb_pair *pair, const struct sb_diff *diff, unsigned year, const struct sb_stamp *ours)
{
	const struct sb_diff_side *a = &diff->side[SB_SHIPPED], *b = &diff->side[SB_REBUILT];

	if (a->length != b->length || a->length > YEAR_BYTES)
		return;
	for (unsigned back = 0; back < YEAR_BYTES; back++) {
		if (back > a->offset || back > b->offset || year_at(pair->bytes[SB_REBUILT], b->offset - back) != year)
			continue;
		unsigned theirs = year_at(pair->bytes[SB_SHIPPED], a->offset - back);
		struct sb_time_vote vote = {.rebuilt = *ours, .weight = 1, .place = {pair, (size_t)(a->offset - back), "year-in-code"}};
		if (theirs < EARLIEST || theirs > LATEST || theirs == year || !read_year(theirs, &vote.shipped))
			continue;
		sb_solve_vote_time(in, &vote);
	}
}

static void read_years(struct sb_inferring *in, const struct sb_pair *pair)
{
	struct sb_stamp ours = {0};

	if (in->epoch == INT64_MIN || pair->state != SB_PAIR_OPENED || !pair->format->image)
		return;
	unsigned year = year_of(in->epoch, &ours);
	for (size_t i = 0; i < pair->diff_count && i < PLACES_MOST; i++)
		if (pair->diffs[i].kind == SB_DIFF_BYTES)
			read_diff(in, pair, &pair->diffs[i], year, &ours);
}

const struct sb_extractor sb_extract_years = {"year-in-code", read_years};
