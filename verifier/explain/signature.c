/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A signature that was appended to a kernel module: detached as a typed container, listed, never verified. The module below it is
 * compared as if nothing followed; all bytes of the container are the vendor's to choose.
 */
#include "verifier/explain/explainer.h"

#include <string.h>

static bool is_container(const struct sb_diff_side *side)
{
	return !side->present || (side->region && side->region->kind == SB_REGION_SIGNATURE && strcmp(side->region->name, "module signature") == 0);
}

static bool has_container(const struct sb_view *view)
{
	for (size_t i = 0; i < view->regions.count; i++)
		if (sb_view_region(view, i)->kind == SB_REGION_SIGNATURE)
			return true;
	return false;
}

static bool claim_signature(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_diff *diff, struct sb_claim *claim)
{
	const struct sb_diff_side *a = &diff->side[SB_SHIPPED], *b = &diff->side[SB_REBUILT];

	if (pair->state != SB_PAIR_OPENED || strcmp(pair->format->name, "elf") != 0 || (!a->present && !b->present) || !is_container(a) || !is_container(b))
		return false;
	bool shipped = has_container(pair->view[SB_SHIPPED]), rebuilt = has_container(pair->view[SB_REBUILT]);
	claim->cap = SB_LEVEL_UNSIGNED_IDENTICAL;
	claim->primary = true;
	claim->freedom = diff->bytes;
	claim->note = sb_explain_note(in, "the signature of the module is detached, not verified: %s",
	                              shipped && rebuilt ? "both sides are signed" : shipped ? "the shipped side is signed, the rebuilt one is not"
	                                                                                     : "the rebuilt side is signed, the shipped one is not");
	return true;
}

const struct sb_explainer sb_explain_signature = {"signature", SB_CAUSE_SIGNATURE, SB_RULE_STRUCTURAL, 1, claim_signature};
