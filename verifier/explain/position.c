/* SPDX-License-Identifier: Apache-2.0 */
/* Places inside a file that are stated in it: owned when they lead to the same thing on both sides. */
#include "verifier/explain/explainer.h"

#include <string.h>

/* The region that the field leads to. */
static const struct sb_region *target(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	const struct sb_field *field = &diff->side[side].field;
	uint64_t value, at;

	if (field->derived.algorithm != SB_DERIVE_POSITION || !sb_field_number(sb_diff_bytes(pair, diff, side), field->encoding, &value) ||
	    !sb_add(value, field->derived.base, &at) || at != field->derived.over_offset)
		return NULL;
	const struct sb_region *region = sb_view_region_at(pair->view[side], at);
	return region && region->offset == at ? region : NULL;
}

static bool claim_position(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	if (!sb_diff_is_field(diff, SB_FIELD_DERIVED))
		return false;
	const struct sb_region *a = target(pair, diff, SB_SHIPPED), *b = target(pair, diff, SB_REBUILT);
	if (!a || !b || a->kind != b->kind || strcmp(a->name, b->name) != 0 || a->member != b->member)
		return false;
	claim->cap = SB_LEVEL_UNSIGNED_IDENTICAL;
	claim->note = sb_explain_note(in, "it leads to %s on both sides: it follows from lengths that differ", sb_explain_shown(in, sb_span_text(a->name)));
	return true;
}

const struct sb_explainer sb_explain_position = {"position", SB_CAUSE_CONTAINER_METADATA, SB_RULE_DERIVED, 2, claim_position};
