/* SPDX-License-Identifier: Apache-2.0 */
/* What follows for each file when all builds are made. */
#include "verifier/vary/search.h"

#include <string.h>

static void judge(const struct sb_vary *vary, size_t at, uint32_t axes, struct sb_vary_verdict *out)
{
	const struct sb_vary_unit *unit = &vary->units[at];
	struct sb_vary_facts facts;

	*out = (struct sb_vary_verdict){.state = SB_VARYING_UNSTEADY};
	if (unit->unsteady)
		return;
	sb_vary_look(vary, at, axes, &facts);
	out->guilty = facts.guilty;
	memcpy(out->together, unit->together, sizeof out->together);
	out->together_count = unit->together_count;
	if (unit->stuck || facts.puzzled || facts.unknown)
		out->state = SB_VARYING_UNDECIDED;
	else
		out->state = sb_vary_agrees(vary, at, &facts) ? SB_VARYING_EXPLAINED : SB_VARYING_UNSTEADY;
	out->steady = out->state == SB_VARYING_EXPLAINED && !unit->touched;
}

void sb_vary_breaks(const struct sb_vary *vary, struct sb_vary_verdict *out)
{
	judge(vary, 0, vary->axes, out);
}

void sb_vary_verdict(const struct sb_vary *vary, size_t file, struct sb_vary_verdict *out)
{
	judge(vary, file + 1, sb_vary_searched(vary), out);
}

bool sb_vary_unsteady(const struct sb_vary *vary)
{
	struct sb_vary_verdict verdict;

	for (size_t i = 0; i < vary->unit_count; i++) {
		if (!vary->units[i].touched)
			continue;
		judge(vary, i, i ? sb_vary_searched(vary) : vary->axes, &verdict);
		if (verdict.state == SB_VARYING_UNSTEADY)
			return true;
	}
	return false;
}

size_t sb_vary_evidence(const struct sb_vary *vary, size_t file, uint32_t axes)
{
	struct sb_vary_verdict verdict;
	uint32_t all;

	sb_vary_verdict(vary, file, &verdict);
	all = verdict.guilty;
	for (size_t i = 0; i < verdict.together_count; i++)
		all |= verdict.together[i];
	return sb_vary_find_evidence(vary, file + 1, all, axes);
}
