/* SPDX-License-Identifier: Apache-2.0 */
/* Parts that stand in another order beside others that came, went or grew: those are what to look at first. */
#include "verifier/explain/explainer.h"

static bool is_open(const struct sb_claim *claim)
{
	return claim->diff && !sb_claim_owns(claim);
}

void sb_explain_moved(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, size_t first)
{
	struct sb_claim *moved = NULL;
	bool more = false;

	if (pair->state != SB_PAIR_OPENED || pair->format->archive || pair->format->container)
		return;
	for (size_t i = first; i < claims->count; i++) {
		struct sb_claim *claim = sb_vec_at(claims, i);
		if (!is_open(claim))
			continue;
		if (claim->diff->kind == SB_DIFF_ORDER)
			moved = claim;
		else
			more |= claim->primary;
	}
	if (!moved || !more)
		return;
	moved->primary = false;
	moved->note = sb_explain_note(in, "equal parts stand in another order: it may follow from what else differs");
}
