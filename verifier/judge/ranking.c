/* SPDX-License-Identifier: Apache-2.0 */
/* Findings of several comparisons in one list. */
#include "verifier/judge/judging.h"

#include <stdlib.h>

int sb_judge_finding_order(const struct sb_finding *x, const struct sb_finding *y)
{
	int p = x->rule > SB_RULE_HINT, q = y->rule > SB_RULE_HINT;

	if (x->severity != y->severity)
		return x->severity < y->severity ? -1 : 1;
	if (p != q)
		return p - q;
	return x->primary == y->primary ? 0 : x->primary ? -1 : 1;
}

struct ranked {
	const struct sb_finding *finding;
	size_t position;
};

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int order = sb_judge_finding_order(x->finding, y->finding);

	return order ? order : (x->position > y->position) - (x->position < y->position);
}

int sb_judge_add_findings(const struct sb_finding *further, size_t count, struct sb_arena *arena, struct sb_result *result, struct sb_err *err)
{
	size_t all = result->finding_count + count, kept = all < SB_LIMIT_OF(FINDINGS) ? all : (size_t)SB_LIMIT_OF(FINDINGS);
	SB_FREEING struct ranked *ranked = calloc(all ? all : 1, sizeof *ranked);
	struct sb_finding *findings = sb_arena_array(arena, kept, sizeof *findings);

	if (!ranked || !findings)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < all; i++)
		ranked[i] = (struct ranked){i < result->finding_count ? &result->findings[i] : &further[i - result->finding_count], i};
	qsort(ranked, all, sizeof *ranked, by_rank);
	for (size_t i = 0; i < kept; i++) {
		findings[i] = *ranked[i].finding;
		if (!(findings[i].id = sb_arena_printf(arena, "f%zu", i + 1)))
			return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	result->findings = findings;
	result->finding_count = kept;
	result->findings_left_out += all - kept;
	return 0;
}
