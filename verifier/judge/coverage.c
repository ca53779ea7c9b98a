/* SPDX-License-Identifier: Apache-2.0 */
/* Every byte once, at its innermost owner: docs/levels.md, "Coverage". */
#include "verifier/judge/judging.h"

static bool is_opaque(const struct sb_pair *pair)
{
	return pair->state == SB_PAIR_UNDECIDED || pair->state == SB_PAIR_REJECTED || pair->state == SB_PAIR_OPAQUE;
}

static void add_pair(const struct sb_pair *pair, struct sb_coverage *out)
{
	out->bytes += pair->own_bytes;
	out->equal += pair->own_equal;
	if (is_opaque(pair))
		out->opaque += pair->own_bytes - pair->own_equal;
	for (size_t i = 0; i < pair->child_count; i++)
		add_pair(pair->children[i], out);
}

void sb_judge_coverage(const struct sb_compared *artifact, const struct sb_explained *explained, struct sb_coverage *out)
{
	*out = (struct sb_coverage){0};
	if (!artifact->pair) {
		out->bytes = out->equal = artifact->digest[SB_SHIPPED].size;
		return;
	}
	add_pair(artifact->pair, out);
	for (size_t i = 0; i < explained->count; i++) {
		const struct sb_claim *claim = &explained->claims[i];
		if (claim->diff && sb_claim_owns(claim))
			out->claimed += claim->diff->bytes;
		else if (claim->diff)
			out->residual += claim->diff->bytes;
	}
}
