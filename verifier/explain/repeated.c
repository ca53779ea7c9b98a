/* SPDX-License-Identifier: Apache-2.0 */
/* One cause at many places of one file, such as another level of compression in every member of an archive: the first place stands for all. */
#include "verifier/explain/explainer.h"

/* Only what is proven and says nothing of the place itself; a build-id or a signature is read one by one. */
static bool is_repeatable(const struct sb_claim *claim)
{
	return claim->diff && claim->primary && claim->severity == SB_SEVERITY_INFO &&
	       (claim->rule == SB_RULE_STRUCTURAL || claim->rule == SB_RULE_ENVIRONMENT) && claim->cause != SB_CAUSE_SIGNATURE;
}

/** Places that hold one cause, by the rule that proved it. */
struct repeated {
	struct sb_claim *head;
	size_t more;
};

static void say_how_many(struct sb_explaining *in, const struct repeated *found)
{
	if (found->more)
		found->head->note = sb_explain_note(in, "%s; %zu more place%s of this file by the same cause", found->head->note, found->more,
		                                    found->more == 1 ? "" : "s");
}

void sb_explain_repeated(struct sb_explaining *in, struct sb_vec *claims, size_t first)
{
	struct repeated found[SB_CAUSES][2] = {{{0}}};

	for (size_t i = first; i < claims->count; i++) {
		struct sb_claim *claim = sb_vec_at(claims, i);
		struct repeated *of = &found[claim->cause][claim->rule == SB_RULE_ENVIRONMENT];
		if (!is_repeatable(claim))
			continue;
		if (!of->head) {
			of->head = claim;
			continue;
		}
		of->more++;
		claim->primary = false;
	}
	for (unsigned cause = 0; cause < SB_CAUSES; cause++)
		for (unsigned rule = 0; rule < 2; rule++)
			say_how_many(in, &found[cause][rule]);
}
