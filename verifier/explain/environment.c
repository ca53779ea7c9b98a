/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of the build environment in the bytes: owned only when the rebuilt side holds a recorded fact there, one shipped value of the
 * same length stands at every place of it in the whole artifact, changed or not, and no place of ours is left on the shipped side. One
 * swapped copy among many is then no longer one value, and nothing is owned.
 */
#include "verifier/explain/values.h"

#include <string.h>

/** What covers a difference. */
struct cover {
	const struct sb_value *value; /* the one that owns most */
	const struct sb_value *other; /* another one, or NULL */
	size_t owned;                 /* bytes of the first in the difference */
	uint64_t freedom;             /* whole values that begin to differ here */
};

/* The first line of a script. */
static bool names_interpreter(const struct sb_pair *pair, const struct sb_diff *diff)
{
	struct sb_span shipped = pair->bytes[SB_SHIPPED];
	const uint8_t *line = shipped.n > 2 ? memchr(shipped.p, '\n', shipped.n) : NULL;

	return sb_span_starts(shipped, "#!", 2) && (!line || diff->side[SB_SHIPPED].offset < (uint64_t)(line - shipped.p));
}

/* What is acted on is content, whatever it spells: on both sides the format says so of each place itself. */
static bool is_acted_on(const struct sb_pair *pair, const struct sb_diff *diff)
{
	if (names_interpreter(pair, diff))
		return true;
	for (unsigned side = 0; side < SB_SIDES && pair->state == SB_PAIR_OPENED && pair->format->acted_on; side++) {
		const struct sb_place place = {diff->side[side].region, diff->side[side].offset, diff->side[side].length};
		if (!place.region || sb_view_acted_on(pair->view[side], &place))
			return true;
	}
	return false;
}

/* Fields that name the machine of the build; any other typed text is content. */
static bool names_host(const struct sb_pair *pair, const struct sb_diff *diff)
{
	return sb_diff_is_field(diff, SB_FIELD_VALUE) && pair->state == SB_PAIR_OPENED && strcmp(pair->format->name, "rpm") == 0 &&
	       (strcmp(diff->name, "BUILDHOST") == 0 || strcmp(diff->name, "COOKIE") == 0);
}

static bool is_in_scope(const struct sb_pair *pair, const struct sb_diff *diff)
{
	return (diff->kind == SB_DIFF_BYTES || diff->kind == SB_DIFF_TEXT || names_host(pair, diff)) && pair->child_count == 0 && pair->bytes[0].n == pair->bytes[1].n &&
	       diff->side[0].length == diff->side[1].length && diff->side[0].offset == diff->side[1].offset;
}

/* The value whose place holds the differing byte at @at; *start is where that place begins. */
static const struct sb_value *owner_of(const struct sb_values *values, struct sb_span rebuilt, size_t at, size_t *start)
{
	for (size_t i = 0; i < values->count; i++) {
		const struct sb_value *value = &values->items[i];
		size_t n = value->ours.n;
		if (!value->candidate || value->broken)
			continue;
		*start = sb_value_next(values, i, rebuilt, at + 1 > n ? at + 1 - n : 0, at + n);
		if (*start <= at)
			return value;
	}
	return NULL;
}

/* Is every differing byte of the stretch inside the place of some value? */
static bool is_covered(const struct sb_pair *pair, const struct sb_diff *diff, const struct sb_values *values, struct cover *out)
{
	struct sb_span shipped = pair->bytes[SB_SHIPPED], rebuilt = pair->bytes[SB_REBUILT];
	size_t from = (size_t)diff->side[SB_REBUILT].offset, end = from + (size_t)diff->side[SB_REBUILT].length, start;

	for (size_t at = from; at < end; at++) {
		if (shipped.p[at] == rebuilt.p[at])
			continue;
		const struct sb_value *value = owner_of(values, rebuilt, at, &start);
		if (!value)
			return false;
		size_t first = start, stop = start + value->ours.n;
		while (shipped.p[first] == rebuilt.p[first])
			first++;
		if (first >= from)
			out->freedom += value->ours.n;
		size_t owned = (stop < end ? stop : end) - at;
		if (!out->value || owned > out->owned) {
			out->other = out->value && out->value != value ? out->value : out->other;
			out->value = value;
			out->owned = owned;
		} else if (value != out->value) {
			out->other = value;
		}
		at = stop - 1;
	}
	return out->value != NULL;
}

static bool claim_environment(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	const struct sb_values *values = is_in_scope(pair, diff) ? sb_values_resolved(in) : NULL;
	struct cover cover = {0};

	if (!values || !is_covered(pair, diff, values, &cover) || is_acted_on(pair, diff)) /* in the order of what they cost */
		return false;
	claim->cause = cover.value->cause;
	claim->cap = SB_LEVEL_EXPLAINED;
	claim->primary = true;
	claim->freedom = cover.freedom;
	claim->note = sb_explain_note(in, "%s shipped, %s rebuilt: one value at every place", sb_explain_shown(in, cover.value->shipped),
	                              sb_explain_shown(in, cover.value->ours));
	if (cover.other && cover.other->cause != cover.value->cause)
		claim->note = sb_explain_note(in, "%s; also the %s: %s shipped, %s rebuilt", claim->note, sb_cause_name(cover.other->cause),
		                              sb_explain_shown(in, cover.other->shipped), sb_explain_shown(in, cover.other->ours));
	return true;
}

const struct sb_explainer sb_explain_environment = {"environment", SB_CAUSE_UNEXPLAINED, SB_RULE_ENVIRONMENT, 5, claim_environment};
