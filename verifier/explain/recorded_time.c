/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times of images and of files in them that are the recorded epoch of our build. They are owned as a fact of the environment when one other time stands at every
 * such place of the shipped side, and ours at none: over all parts of the artifact that were opened and hold a time of ours, changed or not.
 */
#include "verifier/explain/explainer.h"

#include <string.h>

/** 1990-01-01 and 2100-01-01: nobody built before, and a later date is no date of a delivery. */
static const uint64_t earliest = 631152000, latest = 4102444800;

enum { MOST_REGIONS = 1 << 17 /* of one part that are looked at */ };

/* Times without a zone are those of the clock on the wall. */
static bool is_local(enum sb_encoding encoding)
{
	return encoding == SB_ENC_DOS_TIME || encoding == SB_ENC_DOS_FINE || encoding == SB_ENC_DOS_DAY;
}

static bool read_moment(const struct sb_explaining *in, struct sb_span bytes, enum sb_encoding encoding, struct sb_moment *out)
{
	const char *zone = in->facts->timezone;
	return (!is_local(encoding) || (zone && strcmp(zone, "UTC") == 0)) && sb_field_moment(bytes, encoding, out);
}

static bool is_ours(const struct sb_explaining *in, const struct sb_moment *moment)
{
	return moment->seconds == (uint64_t)in->facts->epoch / moment->unit * moment->unit;
}

static bool is_digit(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

/* Digits where the other side has digits, and the same bytes anywhere else. */
static bool is_spelled_alike(struct sb_span a, struct sb_span b)
{
	for (size_t i = 0; i < a.n; i++)
		if (a.p[i] != b.p[i] && !(is_digit(a.p[i]) && is_digit(b.p[i])))
			return false;
	return true;
}

/* Zone, fractions of a second and blanks around a number are not what the recorded time explains. */
static bool has_equal_rest(enum sb_encoding encoding, struct sb_span a, struct sb_span b)
{
	if (a.n == b.n && (encoding == SB_ENC_OCTAL || encoding == SB_ENC_DECIMAL || encoding == SB_ENC_HEX_TEXT || encoding == SB_ENC_TEXT))
		return is_spelled_alike(a, b);
	size_t from = encoding == SB_ENC_ISO_DATE ? 6 : encoding == SB_ENC_ISO_STAMP ? 14 : 0, end = encoding == SB_ENC_DOS_FINE ? 1 : from ? a.n : 0;
	return a.n == b.n && memcmp(a.p + from, b.p + from, end - from) == 0;
}

/* Formats whose times say when something was made, and nothing else. */
static bool holds_times(const struct sb_pair *pair)
{
	return pair->format && (sb_format_packs(pair->format) || pair->format->tree);
}

/* A field that differs, holds our time on our side and another one on the other. */
static bool is_candidate(const struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_moment *shipped)
{
	enum sb_encoding encoding = diff->side[SB_SHIPPED].field.encoding;
	struct sb_moment rebuilt;

	if (!sb_diff_is_field(diff, SB_FIELD_TIME) || encoding != diff->side[SB_REBUILT].field.encoding || (diff->more && !diff->alike) || !holds_times(pair))
		return false;
	const struct sb_span bytes[SB_SIDES] = {sb_diff_bytes(pair, diff, SB_SHIPPED), sb_diff_bytes(pair, diff, SB_REBUILT)};
	return read_moment(in, bytes[SB_REBUILT], encoding, &rebuilt) && is_ours(in, &rebuilt) && read_moment(in, bytes[SB_SHIPPED], encoding, shipped) &&
	       has_equal_rest(encoding, bytes[SB_SHIPPED], bytes[SB_REBUILT]);
}

static bool agree(const struct sb_moment *precise, const struct sb_moment *coarse)
{
	return precise->seconds / coarse->unit * coarse->unit == coarse->seconds;
}

/* The most precise shipped time of the candidates below @pair; how many candidates there are. */
static size_t find_most_precise(const struct sb_explaining *in, const struct sb_pair *pair, struct sb_moment *best)
{
	struct sb_moment shipped;
	size_t count = 0;

	for (size_t i = 0; i < pair->diff_count; i++) {
		if (!is_candidate(in, pair, &pair->diffs[i], &shipped))
			continue;
		if (!best->unit || shipped.unit < best->unit)
			*best = shipped;
		count++;
	}
	for (size_t i = 0; i < pair->child_count; i++)
		count += find_most_precise(in, pair->children[i], best);
	return count;
}

/* Does a field of the shipped side hold our time, which is not what that side's other times would be there? */
static bool keeps_ours(const struct sb_explaining *in, struct sb_view *view, const struct sb_moment *one)
{
	for (size_t i = 0; i < view->fields.count; i++) {
		const struct sb_field *field = sb_vec_at(&view->fields, i);
		struct sb_moment moment;
		struct sb_span bytes;
		if (field->kind == SB_FIELD_TIME && sb_span_cut(view->file, field->offset, field->length, &bytes) && read_moment(in, bytes, field->encoding, &moment) && is_ours(in, &moment) &&
		    !agree(one, &moment))
			return true;
	}
	return false;
}

static bool no_region_keeps_ours(const struct sb_explaining *in, const struct sb_pair *pair, const struct sb_moment *one)
{
	struct sb_view *view = pair->view[SB_SHIPPED];

	for (size_t i = 0; i < view->regions.count; i++)
		if (i >= MOST_REGIONS || sb_view_describe(view, sb_view_region(view, i), NULL) || keeps_ours(in, view, one))
			return false;
	return true;
}

/* All candidates say the one time, and nothing beside them says ours. */
static bool is_one(const struct sb_explaining *in, const struct sb_pair *pair, const struct sb_moment *one)
{
	struct sb_moment shipped;

	for (size_t i = 0; i < pair->diff_count; i++)
		if (is_candidate(in, pair, &pair->diffs[i], &shipped) && !agree(one, &shipped))
			return false;
	if (pair->state == SB_PAIR_OPENED && holds_times(pair) && !no_region_keeps_ours(in, pair, one))
		return false;
	for (size_t i = 0; i < pair->child_count; i++)
		if (!is_one(in, pair->children[i], one))
			return false;
	return true;
}

/* Once for each artifact. */
static bool resolve(struct sb_explaining *in)
{
	struct sb_moment one = {0};

	if (!in->recorded.looked) {
		in->recorded.looked = true;
		in->recorded.sound = in->facts->epoch > 0 && find_most_precise(in, in->artifact->pair, &one) && one.seconds >= earliest && one.seconds < latest &&
				     is_one(in, in->artifact->pair, &one);
	}
	return in->recorded.sound;
}

static bool claim_recorded_time(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	struct sb_moment shipped;

	if (!in->facts || !is_candidate(in, pair, diff, &shipped) || !resolve(in))
		return false;
	claim->cap = SB_LEVEL_EXPLAINED;
	claim->primary = true;
	claim->freedom = diff->bytes;
	claim->note = sb_explain_note(in, "time of an image or of a file in it: %llu shipped, the recorded %lld rebuilt, one time at every place", (unsigned long long)shipped.seconds,
				      (long long)in->facts->epoch);
	if (diff->more)
		claim->note = sb_explain_note(in, "%s; %llu further places are told with this one", claim->note, (unsigned long long)diff->more);
	return true;
}

const struct sb_explainer sb_explain_recorded_time = {"recorded-time", SB_CAUSE_TIMESTAMP, SB_RULE_ENVIRONMENT, 1, claim_recorded_time};
