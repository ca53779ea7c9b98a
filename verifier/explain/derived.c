/* SPDX-License-Identifier: Apache-2.0 */
/* Fields that are a function of other bytes: recomputed on each side from that side's own bytes, right on both or not owned. */
#include "verifier/explain/signed.h"

#include <string.h>

static bool is_fill(uint8_t byte)
{
	return byte == ' ' || byte == '\0' || byte == '\n';
}

static bool has_letters(struct sb_span text, uint8_t first)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] >= first && text.p[i] <= first + ('f' - 'a'))
			return true;
	return false;
}

/** A number as a field of text has it: blanks, digits, fill. */
struct spelled {
	struct sb_span blanks, digits, fill;
};

static struct spelled spell(struct sb_span text)
{
	size_t from = 0, to = text.n;

	while (from < to && text.p[from] == ' ')
		from++;
	while (to > from && is_fill(text.p[to - 1]))
		to--;
	return (struct spelled){sb_span_of(text.p, from), sb_span_of(text.p + from, to - from), sb_span_of(text.p + to, text.n - to)};
}

static bool is_shortest(struct sb_span digits)
{
	return digits.n == 1 || (digits.n && digits.p[0] != '0');
}

/* As many digits at the same place, or on both sides as few as the number needs; and the same fill behind them. */
static bool has_same_shape(struct spelled a, struct spelled b)
{
	const struct sb_span longer = a.fill.n > b.fill.n ? a.fill : b.fill, shorter = a.fill.n > b.fill.n ? b.fill : a.fill;

	if ((a.blanks.n != b.blanks.n || a.digits.n != b.digits.n) && (!is_shortest(a.digits) || !is_shortest(b.digits)))
		return false;
	for (size_t i = 0; i < longer.n; i++)
		if (longer.p[i] != (i < shorter.n ? shorter.p[i] : (uint8_t)' '))
			return false;
	return true;
}

/* Text that holds the value: both sides write it alike, and not the same value in two ways. */
static bool is_spelled_alike(struct sb_span a, struct sb_span b, enum sb_encoding encoding)
{
	uint64_t x, y;

	if (encoding == SB_ENC_LE || encoding == SB_ENC_BE || encoding == SB_ENC_RAW)
		return true;
	if (!has_same_shape(spell(a), spell(b)) || ((has_letters(a, 'a') || has_letters(b, 'a')) && (has_letters(a, 'A') || has_letters(b, 'A'))))
		return false;
	return sb_field_number(a, encoding, &x) && sb_field_number(b, encoding, &y) && x != y;
}

static bool are_right(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff)
{
	const struct sb_field *a = &diff->side[SB_SHIPPED].field, *b = &diff->side[SB_REBUILT].field;
	bool known;

	if (a->derived.algorithm != b->derived.algorithm || a->encoding != b->encoding || !pair->format)
		return false;
	return sb_field_is_right(in, pair, SB_SHIPPED, a, &known) && sb_field_is_right(in, pair, SB_REBUILT, b, &known);
}

/* A PE image may state no sum at all. Who signs one states it; otherwise whether it is stated is a choice that nothing on the other side leads to. */
static bool states_as_much(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff)
{
	bool stated[SB_SIDES];

	if (diff->side[SB_SHIPPED].field.derived.algorithm != SB_DERIVE_PE_SUM)
		return true;
	for (unsigned side = 0; side < SB_SIDES; side++)
		stated[side] = !sb_span_all_zero(sb_diff_bytes(pair, diff, side));
	if (stated[SB_SHIPPED] == stated[SB_REBUILT])
		return true;
	const struct sb_detached *found = sb_signed_find(in, pair);
	return found && found->right[SB_SHIPPED] && found->right[SB_REBUILT] && found->found[stated[SB_SHIPPED] ? SB_SHIPPED : SB_REBUILT];
}

static bool claim_derived(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	const struct sb_field *field = &diff->side[SB_SHIPPED].field;

	if (!sb_diff_is_field(diff, SB_FIELD_DERIVED) || !are_right(in, pair, diff))
		return false;
	if (!sb_field_is_digest(field) &&
	    !is_spelled_alike(sb_diff_bytes(pair, diff, SB_SHIPPED), sb_diff_bytes(pair, diff, SB_REBUILT), field->encoding))
		return false;
	if (!states_as_much(in, pair, diff))
		return false;
	claim->cap = SB_LEVEL_UNSIGNED_IDENTICAL;
	claim->note = sb_explain_note(in, "%s is right on both sides: it follows from bytes that differ",
	                              sb_explain_shown(in, sb_span_text(diff->name)));
	return true;
}

const struct sb_explainer sb_explain_derived = {"derived", SB_CAUSE_CHECKSUM, SB_RULE_DERIVED, 6, claim_derived};

/* ar counts a long name of BSD, which stands between the header and the content. */
static uint64_t stated_length(const struct sb_pair *pair, const struct sb_diff_side *at)
{
	bool is_ar = strcmp(pair->format->name, "ar") == 0 || strcmp(pair->format->name, "deb") == 0;
	return is_ar ? at->member->offset + at->member->length - (at->region->offset + at->region->length) : at->member->length;
}

/* A size that a container states of a member is that of what lies there; only a field called "size" may mean what a decoder makes of it. */
static bool states_size(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	const struct sb_diff_side *at = &diff->side[side];
	uint64_t value;

	if (!at->member || !sb_field_number(sb_diff_bytes(pair, diff, side), at->field.encoding, &value))
		return false;
	if (at->member->codec == SB_CODEC_NONE || strcmp(at->field.name, "size") != 0)
		return value == stated_length(pair, at);
	return diff->child && diff->child->decoded && value == diff->child->bytes[side].n;
}

static bool claim_size(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	enum sb_encoding encoding = diff->side[SB_SHIPPED].field.encoding;

	if (!sb_diff_is_field(diff, SB_FIELD_SIZE) || encoding != diff->side[SB_REBUILT].field.encoding || !states_size(pair, diff, SB_SHIPPED) ||
	    !states_size(pair, diff, SB_REBUILT) || !is_spelled_alike(sb_diff_bytes(pair, diff, SB_SHIPPED), sb_diff_bytes(pair, diff, SB_REBUILT), encoding))
		return false;
	claim->cap = SB_LEVEL_UNSIGNED_IDENTICAL;
	claim->note = sb_explain_note(in, "the stated size is the size of the content on both sides");
	return true;
}

const struct sb_explainer sb_explain_size = {"size", SB_CAUSE_CONTAINER_METADATA, SB_RULE_DERIVED, 5, claim_size};
