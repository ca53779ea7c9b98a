/* SPDX-License-Identifier: Apache-2.0 */
/* Times in typed fields and of members. */
#include "verifier/solve/inside.h"

#include <string.h>
#include <time.h>

/* PKWARE APPNOTE 4.4.6: local time, to two seconds. */
static bool read_dos(struct sb_span bytes, struct sb_stamp *out)
{
	struct sb_rd rd = sb_rd_of(bytes, false);
	uint64_t value = sb_rd_uint(&rd, 4);
	struct tm tm = {.tm_sec = (int)(value & 31) * 2, .tm_min = (int)(value >> 5 & 63), .tm_hour = (int)(value >> 11 & 31), .tm_mday = (int)(value >> 16 & 31),
	                .tm_mon = (int)(value >> 21 & 15) - 1, .tm_year = (int)(value >> 25 & 127) + 80};

	if (rd.bad || tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1)
		return false;
	out->seconds = timegm(&tm);
	return true;
}

/* Text is read as text; fractions of a second are nobody's. */
static bool read_field(struct sb_span bytes, enum sb_encoding encoding, struct sb_stamp *out)
{
	bool binary = encoding == SB_ENC_LE || encoding == SB_ENC_BE, digits = encoding == SB_ENC_OCTAL || encoding == SB_ENC_DECIMAL || encoding == SB_ENC_HEX_TEXT;
	const uint8_t *point = encoding == SB_ENC_DECIMAL && bytes.n ? memchr(bytes.p, '.', bytes.n) : NULL;
	uint64_t value;

	*out = (struct sb_stamp){.day = true, .clock = true, .zone = encoding != SB_ENC_DOS_TIME};
	if (encoding == SB_ENC_DOS_TIME)
		return read_dos(bytes, out);
	if (binary ? bytes.n < 4 || bytes.n > 8 : !digits)
		return false;
	if (point)
		bytes.n = (size_t)(point - bytes.p);
	if (!sb_field_number(bytes, encoding, &value))
		return false;
	out->seconds = (int64_t)value;
	return value < INT64_MAX;
}

static bool read_diff(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side, struct sb_stamp *out)
{
	const struct sb_diff_side *at = &diff->side[side];
	struct sb_span bytes;

	if (diff->kind == SB_DIFF_MTIME && at->member) {
		*out = (struct sb_stamp){.day = true, .clock = true, .zone = true, .seconds = at->member->mtime};
		return true;
	}
	return diff->kind == SB_DIFF_FIELD && at->present && at->field.kind == SB_FIELD_TIME &&
	       sb_span_cut(pair->bytes[side], at->field.offset, at->field.length, &bytes) && read_field(bytes, at->field.encoding, out);
}

static void read_times(struct sb_inferring *in, const struct sb_pair *pair)
{
	for (size_t i = 0; i < pair->diff_count && in->times.count < SB_VOTES_MOST; i++) {
		const struct sb_diff *diff = &pair->diffs[i];
		struct sb_time_vote vote = {.input = true, .weight = 8, .place = {.pair = pair, .how = "time-field"}};
		if (!read_diff(pair, diff, SB_SHIPPED, &vote.shipped) || !read_diff(pair, diff, SB_REBUILT, &vote.rebuilt))
			continue;
		vote.place.offset = diff->kind == SB_DIFF_FIELD ? (size_t)diff->side[SB_SHIPPED].field.offset : SIZE_MAX;
		sb_solve_vote_time(in, &vote);
	}
}

const struct sb_extractor sb_extract_times = {"time-field", read_times};
