/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Derived values that are equal on both sides although what they state is not: one of them is wrong. A checksum that was left stale says
 * that somebody changed the rest after the packer had gone. Compressed files are left out, since their decoders check them.
 */
#include "verifier/explain/explainer.h"

#include <string.h>

/** Wrong values that are listed for a side of a pair. */
enum { MOST = 100 };

/* The parser of tar has checked its sums, and accepts those of signed bytes; where something lies is no value of its own. */
static bool is_asked(const struct sb_field *field)
{
	return field->kind == SB_FIELD_DERIVED && field->derived.algorithm != SB_DERIVE_TAR_SUM && field->derived.algorithm != SB_DERIVE_POSITION &&
	       field->derived.algorithm != SB_DERIVE_XZ_CHECK && field->derived.algorithm != SB_DERIVE_NONE;
}

/* Is the field part of a difference already? */
static bool is_listed(const struct sb_pair *pair, unsigned side, const struct sb_field *field)
{
	for (size_t i = 0; i < pair->diff_count; i++) {
		const struct sb_diff_side *at = &pair->diffs[i].side[side];
		if (at->present && at->offset < field->offset + field->length && field->offset < at->offset + at->length)
			return true;
	}
	return false;
}

static int add(struct sb_explaining *in, const struct sb_pair *pair, unsigned side, const struct sb_region *region, const struct sb_field *field,
               struct sb_vec *claims, struct sb_err *err)
{
	struct sb_diff *diff = sb_arena_alloc(in->arena, sizeof *diff);
	struct sb_claim *claim = sb_vec_push(claims);

	if (!diff || !claim)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	diff->kind = SB_DIFF_FIELD;
	diff->name = sb_arena_copy(in->arena, sb_span_text(field->name));
	diff->side[side] = (struct sb_diff_side){
		.present = true, .offset = field->offset, .length = field->length, .region = region,
		.member = region->member ? sb_view_member(pair->view[side], region->member - 1) : NULL, .field = *field};
	in->no_memory |= !diff->name;
	*claim = (struct sb_claim){.pair = pair, .diff = diff, .cause = SB_CAUSE_CHECKSUM, .cap = SB_LEVEL_DIFFERENT, .severity = SB_SEVERITY_CRITICAL,
	                           .primary = true,
	                           .note = sb_explain_note(in, "%s of the %s side is wrong: it was left stale or forged",
	                                                   sb_explain_shown(in, sb_span_text(field->name)), side == SB_SHIPPED ? "shipped" : "rebuilt")};
	return 0;
}

/* Only what can have changed is computed again: values of members that differ, and values of the file as a whole. */
static bool may_be_stale(struct sb_explaining *in, const struct sb_pair *pair, unsigned side, const struct sb_region *region)
{
	if (region->kind != SB_REGION_HEADER && region->kind != SB_REGION_TABLE && region->kind != SB_REGION_CHECK)
		return false;
	return region->member == 0 || sb_child_of(in, pair, side, sb_view_member(pair->view[side], region->member - 1));
}

static int ask_region(struct sb_explaining *in, const struct sb_pair *pair, unsigned side, const struct sb_region *region, struct sb_vec *claims,
                      struct sb_err *err)
{
	const struct sb_view *view = pair->view[side];
	int rc = 0;

	if (sb_view_describe(pair->view[side], region, NULL))
		return 0; /* compared as bytes */
	for (size_t i = 0; !rc && i < view->fields.count; i++) {
		const struct sb_field *field = sb_vec_at(&view->fields, i);
		bool known;
		if (is_asked(field) && !sb_field_is_right(in, pair, side, field, &known) && known && !is_listed(pair, side, field))
			rc = add(in, pair, side, region, field, claims, err);
	}
	return rc;
}

int sb_explain_stale(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, struct sb_err *err)
{
	int rc = 0;

	if (pair->state != SB_PAIR_OPENED || (!pair->format->archive && !pair->format->container) || !pair->format->describe)
		return 0;
	for (unsigned side = 0; !rc && side < SB_SIDES; side++) {
		const struct sb_view *view = pair->view[side];
		size_t most = claims->count + MOST;
		for (size_t i = 0; !rc && i < view->regions.count && claims->count < most; i++)
			if (may_be_stale(in, pair, side, sb_view_region(view, i)))
				rc = ask_region(in, pair, side, sb_view_region(view, i), claims, err);
	}
	return rc;
}
