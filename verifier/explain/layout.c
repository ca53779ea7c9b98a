/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a file system put things. Its walker has followed such structure on each side by itself, so that it says nothing but places, times and
 * numbers of the image; what members are and hold is compared beside it.
 */
#include "verifier/explain/explainer.h"

#include <string.h>

static bool is_layout(const struct sb_diff *diff)
{
	for (unsigned side = 0; side < SB_SIDES; side++)
		if (diff->side[side].present && (!diff->side[side].region || diff->side[side].region->kind != SB_REGION_LAYOUT))
			return false;
	return true;
}

/* Kinds that say nothing of a member. What is derived was recomputed before anybody asks here. */
static bool is_of_the_image(enum sb_field_kind kind)
{
	return kind == SB_FIELD_TIME || kind == SB_FIELD_SIZE || kind == SB_FIELD_OFFSET || kind == SB_FIELD_INODE || kind == SB_FIELD_ENCODING ||
	       kind == SB_FIELD_PADDING || kind == SB_FIELD_IDENTIFIER;
}

/* Did the encoded length of a member change because its content did? Everything behind it lies elsewhere then. */
static bool lengths_differ(const struct sb_pair *pair)
{
	for (size_t i = 0; i < pair->child_count; i++) {
		const struct sb_pair *child = pair->children[i];
		if (child->state != SB_PAIR_EQUAL && sb_member_packed(child->member[SB_SHIPPED]) != sb_member_packed(child->member[SB_REBUILT]))
			return true;
	}
	return false;
}

/* All zero or all erased: how much of it there is follows from what lies beside it. */
static bool is_fill(const struct sb_pair *pair, const struct sb_diff *diff)
{
	for (unsigned side = 0; side < SB_SIDES; side++) {
		const struct sb_region *region = diff->side[side].region;
		struct sb_span bytes;
		if (!region)
			continue;
		if (!sb_span_cut(pair->bytes[side], region->offset, region->length, &bytes) || (bytes.p[0] != 0 && bytes.p[0] != 0xff) ||
		    memcmp(bytes.p, bytes.p + 1, bytes.n - 1) != 0)
			return false;
	}
	return true;
}

static const char *describe(struct sb_explaining *in, enum sb_field_kind kind, const struct sb_diff *diff, struct sb_claim *claim)
{
	const char *name = sb_explain_shown(in, sb_span_text(diff->name ? diff->name : "it"));

	if (kind == SB_FIELD_TIME) {
		claim->cause = SB_CAUSE_TIMESTAMP;
		claim->primary = true;
		return sb_explain_note(in, "%s: time of a file system or of a file in it", name);
	}
	if (kind == SB_FIELD_IDENTIFIER) {
		claim->cause = SB_CAUSE_RANDOM;
		claim->rule = SB_RULE_IDENTIFIER;
		claim->primary = true;
		return sb_explain_note(in, "%s names the image, and nothing in it", name);
	}
	return "the same things in other places of the file system";
}

/* Drawn by chance, or never given (zeros), on both sides; and nothing in the artifact calls the image by it. */
static bool is_name_alone(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff)
{
	for (unsigned side = 0; side < SB_SIDES; side++) {
		struct sb_span id = sb_diff_bytes(pair, diff, side);
		if (!sb_identifier_is_drawn(id) && !sb_span_all_zero(id))
			return false;
	}
	return !sb_identifier_is_called(in, pair, diff);
}

/* What is remembered of a pair from one of its differences to the next. */
static void turn_to(struct sb_explaining *in, const struct sb_pair *pair)
{
	if (in->layout.pair == pair)
		return;
	in->layout.pair = pair;
	in->layout.follows = lengths_differ(pair);
	in->layout.said = false;
}

/* Things lie in another order, all of which the walker has followed: nothing follows from content here, somebody or something chose it. */
static bool claim_places(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	if (!diff->side[SB_SHIPPED].present || !pair->format || (!pair->format->tree && !pair->format->volume))
		return false;
	turn_to(in, pair);
	claim->cap = SB_LEVEL_REPACKAGED;
	claim->freedom = sb_explain_freedom_of_order(diff);
	claim->note = sb_explain_note(in, "the same things in another order in the image");
	claim->primary = !in->layout.said;
	return true;
}

/* Bytes, a region that one side only has, or a field that says nothing of a member: *kind is that of the field, VALUE for the others. */
static bool is_of_layout(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, enum sb_field_kind *kind)
{
	*kind = SB_FIELD_VALUE;
	if (!is_layout(diff))
		return false;
	if (diff->kind != SB_DIFF_FIELD)
		return diff->kind == SB_DIFF_BYTES || diff->kind == SB_DIFF_REGION;
	*kind = diff->side[SB_SHIPPED].field.kind;
	if (*kind != diff->side[SB_REBUILT].field.kind || !is_of_the_image(*kind))
		return false;
	return *kind != SB_FIELD_IDENTIFIER || is_name_alone(in, pair, diff);
}

static bool follows_lengths(const struct sb_pair *pair, const struct sb_diff *diff, enum sb_field_kind kind)
{
	return diff->kind == SB_DIFF_FIELD ? kind == SB_FIELD_SIZE || kind == SB_FIELD_OFFSET : is_fill(pair, diff);
}

static bool claim_layout(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	enum sb_field_kind kind;

	if (diff->kind == SB_DIFF_ORDER)
		return claim_places(in, pair, diff, claim);
	if (!is_of_layout(in, pair, diff, &kind))
		return false;
	turn_to(in, pair);
	if (in->layout.follows && follows_lengths(pair, diff, kind)) {
		claim->cap = SB_LEVEL_EXPLAINED;
		claim->rule = SB_RULE_DERIVED;
		claim->note = diff->kind == SB_DIFF_FIELD ? "it leads to the same thing on both sides: it follows from content that differs"
		                                          : "fill of another length: it follows from content that differs";
		return true;
	}
	claim->cap = SB_LEVEL_REPACKAGED;
	claim->freedom = diff->bytes;
	claim->note = describe(in, kind, diff, claim);
	if (diff->more)
		claim->note = sb_explain_note(in, "%s; %llu further places are told with this one", claim->note, (unsigned long long)diff->more);
	claim->primary |= !in->layout.said && !in->layout.follows;
	in->layout.said = true;
	return true;
}

const struct sb_explainer sb_explain_layout = {"layout", SB_CAUSE_CONTAINER_METADATA, SB_RULE_STRUCTURAL, 3, claim_layout};
