/* SPDX-License-Identifier: Apache-2.0 */
/* What is inferred from two sides, under one environment of ours. */
#ifndef TESTS_UNIT_SOLVE_INFER_H
#define TESTS_UNIT_SOLVE_INFER_H

#include <criterion/criterion.h>

#include "tests/unit/compare/sides.h"
#include "verifier/solve/inside.h"

/** What our own build was run with. */
static const struct sb_fact_set ours = {.value = {
	[SB_KNOB_PATH] = "/build/acme-1.0",
	[SB_KNOB_EPOCH] = "1700000000", /* 2023-11-14 22:13:20, a Tuesday */
	[SB_KNOB_CLOCK] = "shift",
	[SB_KNOB_USER] = "builder",
	[SB_KNOB_HOST] = "farm",
	[SB_KNOB_KERNEL] = "6.1.0-26-amd64",
	[SB_KNOB_LOCALE] = "C.UTF-8",
	[SB_KNOB_TIMEZONE] = "UTC",
	[SB_KNOB_UMASK] = "022",
	[SB_KNOB_JOBS] = "2",
	[SB_KNOB_ORDER] = "sorted",
}};

/** Candidates of two sides; free the arena. */
struct inferred {
	struct sb_arena *arena;
	struct sb_solve_found found;
};

static inline struct inferred infer(struct sb_span shipped, struct sb_span rebuilt)
{
	struct inferred out = {.arena = sb_arena_new(0)};
	struct sb_comparison comparison = {0};
	const struct sb_solve_in in = {.comparison = &comparison, .ours = &ours};

	cr_assert_eq(compare_spans(shipped, rebuilt, 1, &comparison), 0);
	cr_assert_eq(sb_solve_infer(&in, out.arena, &out.found, NULL), 0);
	sb_comparison_release(&comparison);
	return out;
}

static inline struct inferred infer_texts(const char *shipped, const char *rebuilt)
{
	return infer(sb_span_text(shipped), sb_span_text(rebuilt));
}

/* The heaviest candidate; "" when there is none. */
static inline const char *best(const struct inferred *in, enum sb_knob knob)
{
	for (size_t i = 0; i < in->found.count; i++)
		if (in->found.candidates[i].knob == knob)
			return in->found.candidates[i].value;
	return "";
}

#endif
