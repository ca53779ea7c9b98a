/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Derived values that are equal on both sides although what they state is not: one of them is wrong. A checksum that was left stale says
 * that somebody changed the rest after the packer had gone. Compressed files are left out, since their decoders check them.
 */
#include "verifier/explain/explainer.h"
#include "verifier/parsing/parsing.h"

#include <string.h>

/** Wrong values that are listed for a side of a pair; regions that are described in one go. */
enum { MOST = 100, WINDOW = 128 };

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

/* The same value in a region of that name of the other side, so that a person does not read that nothing stands there. */
static struct sb_diff_side counterpart(const struct sb_pair *pair, unsigned side, const struct sb_region *region, const struct sb_field *field)
{
	const struct sb_view *other = pair->view[!side];
	struct sb_span here, there;

	if (!sb_span_cut(pair->bytes[side], field->offset, field->length, &here))
		return (struct sb_diff_side){0};
	for (size_t i = 0; i < other->regions.count; i++) {
		const struct sb_region *at = sb_view_region(other, i);
		uint64_t offset = at->offset + (field->offset - region->offset);
		if (sb_region_order(region, at) == 0 && at->length == region->length && sb_span_cut(pair->bytes[!side], offset, field->length, &there) &&
		    sb_span_equal(here, there))
			return (struct sb_diff_side){.present = true, .offset = offset, .length = field->length, .region = at};
	}
	return (struct sb_diff_side){0};
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
	diff->side[!side] = counterpart(pair, side, region, field);
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
	if (region->kind != SB_REGION_HEADER && region->kind != SB_REGION_TABLE && region->kind != SB_REGION_CHECK && region->kind != SB_REGION_LAYOUT)
		return false;
	return region->member == 0 || sb_child_of(in, pair, side, sb_view_member(pair->view[side], region->member - 1));
}

static int ask_fields(struct sb_explaining *in, const struct sb_pair *pair, unsigned side, const struct sb_description *described, struct sb_vec *claims,
                      struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < described->count; i++) {
		const struct sb_field *field = &described->fields[i];
		bool known;
		if (is_asked(field) && !is_listed(pair, side, field) && !sb_field_is_right(in, pair, side, field, &known) && known)
			rc = add(in, pair, side, described->region, field, claims, err);
	}
	return rc;
}

/* Regions are described many at a time, since another process answers. */
static int ask_window(struct sb_explaining *in, const struct sb_pair *pair, unsigned side, struct sb_description *described, size_t count,
                      struct sb_vec *claims, struct sb_err *err)
{
	SB_ARENA struct sb_arena *scratch = sb_arena_new(0);
	int rc = 0;

	if (!scratch)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (sb_parsing_describe(pair->view[side], described, count, scratch, NULL))
		return 0; /* compared as bytes */
	for (size_t i = 0; !rc && i < count; i++)
		rc = ask_fields(in, pair, side, &described[i], claims, err);
	return rc;
}

static int ask_side(struct sb_explaining *in, const struct sb_pair *pair, unsigned side, struct sb_vec *claims, struct sb_err *err)
{
	const struct sb_view *view = pair->view[side];
	struct sb_description described[WINDOW];
	size_t most = claims->count + MOST;
	int rc = 0;

	for (size_t at = 0; !rc && at < view->regions.count && claims->count < most;) {
		size_t n = 0;
		for (; at < view->regions.count && n < WINDOW; at++)
			if (may_be_stale(in, pair, side, sb_view_region(view, at)))
				described[n++] = (struct sb_description){.region = sb_view_region(view, at)};
		rc = n ? ask_window(in, pair, side, described, n, claims, err) : 0;
	}
	return rc;
}

int sb_explain_stale(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, struct sb_err *err)
{
	int rc = 0;

	bool packs = pair->state == SB_PAIR_OPENED && (pair->format->archive || pair->format->container || pair->format->tree);

	if (pair->state != SB_PAIR_OPENED || !pair->format->describe || (pair->format->compression && !packs))
		return 0;
	for (unsigned side = 0; !rc && side < SB_SIDES; side++)
		rc = ask_side(in, pair, side, claims, err);
	return rc;
}
