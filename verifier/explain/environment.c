/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of the build environment in the bytes: owned only when the rebuilt side holds a recorded fact there, one shipped value of the
 * same length stands at every place of it in the whole artifact, changed or not, and no place of ours is left on the shipped side. One
 * swapped copy among many is then no longer one value, and nothing is owned.
 */
#include "verifier/explain/explainer.h"

#include <string.h>
#include <time.h>

/** Shorter words stand in texts for reasons of their own: "root", "UTC". */
enum { SHORTEST = 5, LONGEST = 4095 };

/** A fact as it may stand in bytes. */
struct value {
	enum sb_cause cause;
	struct sb_span ours;
	bool word;  /* must not be part of a longer word */
	bool date;  /* a date or time of the C preprocessor: the shipped one must be one too */
};

/** What all places of a value say so far. */
struct places {
	const struct value *value;
	struct sb_span shipped; /* the one shipped value; empty before the first place */
	bool broken;
};

static bool is_word(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool stands_alone(struct sb_span bytes, size_t at, size_t n)
{
	return !(at > 0 && is_word(bytes.p[at - 1])) && !(at + n < bytes.n && is_word(bytes.p[at + n]));
}

/* Next place of @value at or after @from; SIZE_MAX when there is none. */
static size_t next_place(struct sb_span bytes, const struct value *value, size_t from)
{
	while (from < bytes.n && bytes.n - from >= value->ours.n) {
		const uint8_t *found = memmem(bytes.p + from, bytes.n - from, value->ours.p, value->ours.n);
		if (!found)
			return SIZE_MAX;
		size_t at = (size_t)(found - bytes.p);
		if (!value->word || stands_alone(bytes, at, value->ours.n))
			return at;
		from = at + 1;
	}
	return SIZE_MAX;
}

/* "Mmm dd yyyy" or "hh:mm:ss": digits, letters and separators at the same places as in ours. */
static bool has_shape_of(struct sb_span shipped, struct sb_span ours)
{
	for (size_t i = 0; i < ours.n; i++) {
		bool digit = (ours.p[i] >= '0' && ours.p[i] <= '9') || (ours.p[i] == ' ' && i == 4);
		bool theirs = (shipped.p[i] >= '0' && shipped.p[i] <= '9') || (shipped.p[i] == ' ' && i == 4);
		bool letter = (ours.p[i] >= 'A' && ours.p[i] <= 'Z') || (ours.p[i] >= 'a' && ours.p[i] <= 'z');
		bool their_letter = (shipped.p[i] >= 'A' && shipped.p[i] <= 'Z') || (shipped.p[i] >= 'a' && shipped.p[i] <= 'z');
		if (digit != theirs || letter != their_letter || (!digit && !letter && ours.p[i] != shipped.p[i]))
			return false;
	}
	return true;
}

static unsigned number_at(struct sb_span text, size_t at)
{
	unsigned tens = text.p[at] == ' ' ? 0 : (unsigned)(text.p[at] - '0');
	return tens * 10 + (unsigned)(text.p[at + 1] - '0');
}

static bool is_time(struct sb_span text)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	if (text.n == 8)
		return number_at(text, 0) < 24 && number_at(text, 3) < 60 && number_at(text, 6) <= 60;
	for (size_t i = 0; text.n == 11 && i < sizeof months - 1; i += 3)
		if (memcmp(text.p, months + i, 3) == 0)
			return number_at(text, 4) >= 1 && number_at(text, 4) <= 31 && (number_at(text, 7) == 19 || number_at(text, 7) == 20);
	return false;
}

/* Values that can be set in a sandbox, and nothing that a shell or terminal would act on. */
static bool is_plausible(struct sb_span shipped, const struct value *value)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+~-";

	if (value->date)
		return has_shape_of(shipped, value->ours) && is_time(shipped);
	if (value->cause == SB_CAUSE_BUILD_PATH && shipped.p[0] != '/')
		return false;
	for (size_t i = 0; i < shipped.n; i++)
		if (!memchr(allowed, shipped.p[i], sizeof allowed - 1))
			return false;
	return !memmem(shipped.p, shipped.n, "..", 2);
}

/* Members that are equal have no pair: as long as they lie there as they are, the pair's own bytes show them; encoded they do not. */
static bool hides_equal_members(const struct sb_pair *pair)
{
	size_t encoded = 0, seen = 0;

	for (size_t i = 0; pair->state == SB_PAIR_OPENED && i < pair->view[SB_SHIPPED]->members.count; i++)
		encoded += sb_view_member(pair->view[SB_SHIPPED], i)->codec != SB_CODEC_NONE;
	for (size_t i = 0; i < pair->child_count; i++)
		seen += pair->children[i]->member[SB_SHIPPED] && pair->children[i]->member[SB_SHIPPED]->codec != SB_CODEC_NONE;
	return seen < encoded;
}

/* Where a pair's own bytes are compared at equal length, each of our places must hold the one shipped value. */
static void look_at_pair(const struct sb_pair *pair, struct places *places)
{
	const struct value *value = places->value;
	struct sb_span shipped = pair->bytes[SB_SHIPPED], rebuilt = pair->bytes[SB_REBUILT];

	if (next_place(shipped, value, 0) != SIZE_MAX)
		places->broken = true; /* a place of ours is left */
	if (pair->child_count == 0) {
		for (size_t at = 0; (at = next_place(rebuilt, value, at)) != SIZE_MAX; at++) {
			struct sb_span theirs;
			if (shipped.n != rebuilt.n || !sb_span_cut(shipped, at, value->ours.n, &theirs) || !is_plausible(theirs, value) ||
			    (value->word && !stands_alone(shipped, at, theirs.n)) || (places->shipped.n && !sb_span_equal(places->shipped, theirs))) {
				places->broken = true;
				break;
			}
			places->shipped = theirs;
		}
	}
	for (size_t i = 0; i < pair->child_count && !places->broken; i++)
		look_at_pair(pair->children[i], places);
	places->broken |= hides_equal_members(pair);
}

/* Are all differing bytes of the stretch inside places of the value? */
static bool covers(const struct sb_pair *pair, const struct sb_diff *diff, const struct value *value)
{
	uint64_t from = diff->side[SB_REBUILT].offset, end = from + diff->side[SB_REBUILT].length;
	struct sb_span rebuilt = pair->bytes[SB_REBUILT], shipped = pair->bytes[SB_SHIPPED];
	size_t start = from > value->ours.n ? (size_t)(from - value->ours.n) : 0, owned = 0;

	for (size_t at = start; (at = next_place(rebuilt, value, at)) != SIZE_MAX && at < end; at += value->ours.n) {
		for (size_t i = owned > from ? owned : (size_t)from; i < at && i < end; i++)
			if (shipped.p[i] != rebuilt.p[i])
				return false;
		owned = at + value->ours.n;
	}
	for (size_t i = owned > from ? owned : (size_t)from; i < end; i++)
		if (shipped.p[i] != rebuilt.p[i])
			return false;
	return owned > from;
}

static size_t list_values(const struct sb_facts *facts, char date[2][16], struct value out[8])
{
	const struct {
		enum sb_cause cause;
		const char *text;
	} texts[] = {{SB_CAUSE_BUILD_PATH, facts->path}, {SB_CAUSE_USER, facts->user},     {SB_CAUSE_HOST, facts->host},
	             {SB_CAUSE_KERNEL, facts->kernel},   {SB_CAUSE_LOCALE, facts->locale}, {SB_CAUSE_TIMEZONE, facts->timezone}};
	size_t n = 0;
	struct tm at;
	time_t epoch = (time_t)facts->epoch;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		size_t length = texts[i].text ? strlen(texts[i].text) : 0;
		if (length >= SHORTEST && length <= LONGEST)
			out[n++] = (struct value){.cause = texts[i].cause, .ours = sb_span_text(texts[i].text), .word = true};
	}
	if (facts->epoch == INT64_MIN || !gmtime_r(&epoch, &at))
		return n;
	/* C17 6.10.8.1: a day below ten is padded with a blank. */
	if (strftime(date[0], 16, "%b %e %Y", &at) && strftime(date[1], 16, "%H:%M:%S", &at))
		for (size_t i = 0; i < 2; i++)
			out[n++] = (struct value){.cause = SB_CAUSE_TIMESTAMP, .ours = sb_span_text(date[i]), .word = true, .date = true};
	return n;
}

static bool claim_environment(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	char date[2][16];
	struct value values[8];
	size_t count = in->facts ? list_values(in->facts, date, values) : 0;

	if ((diff->kind != SB_DIFF_BYTES && diff->kind != SB_DIFF_TEXT) || pair->child_count || pair->bytes[0].n != pair->bytes[1].n ||
	    diff->side[0].length != diff->side[1].length || diff->side[0].offset != diff->side[1].offset)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct places places = {.value = &values[i]};
		if (!covers(pair, diff, &values[i]))
			continue;
		look_at_pair(in->artifact->pair, &places);
		if (places.broken || places.shipped.n == 0 || sb_span_equal(places.shipped, values[i].ours))
			return false;
		claim->cause = values[i].cause;
		claim->cap = SB_LEVEL_EXPLAINED;
		claim->primary = true;
		claim->freedom = diff->bytes;
		claim->note = sb_explain_note(in, "%s shipped, %s rebuilt: one value at every place", sb_explain_shown(in, places.shipped),
		                              sb_explain_shown(in, values[i].ours));
		return true;
	}
	return false;
}

const struct sb_explainer sb_explain_environment = {"environment", SB_CAUSE_UNEXPLAINED, SB_RULE_ENVIRONMENT, 1, claim_environment};
