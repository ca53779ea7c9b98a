/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: rebuilds under facts that the shipped files gave away. */
#ifndef VERIFIER_PIPELINE_SOLVER_H
#define VERIFIER_PIPELINE_SOLVER_H

#include "verifier/pipeline/line.h"

/** One artifact for each delivered file, in their order, then what is extra, into @artifacts (struct sb_artifact_in). Names live in @arena. */
SB_MUST_USE int sb_line_pair(const struct sb_verify_in *in, const struct sb_sources *sources, const struct sb_line_sides *sides, struct sb_arena *arena,
                             struct sb_vec *artifacts, struct sb_err *err);

/** Asked of a comparison while its bytes are there; NULL: nothing. Everything in @found lives in @arena. */
struct sb_line_question {
	const struct sb_fact_set *ours;
	struct sb_arena *arena;
	struct sb_solve_found found;
};
/** compare → explain → (ask) → judge. @sources: what the rebuilt side was made of, whose own words are no facts; NULL: not known. */
SB_MUST_USE int sb_line_compare(const struct sb_compare_in *in, const struct sb_facts *facts, const struct sb_sources *sources, struct sb_line_question *question,
                                struct sb_arena *arena, struct sb_result *out, struct sb_err *err);

/**
 * Try the facts that were given, if any: verified->tries[0]. Files whose bytes are equal are remembered. *all: every one is.
 * Errors: NOMEM, INTERRUPTED, TEMPORARY and the like; a recipe that does not run under them is data.
 */
SB_MUST_USE int sb_solve_begin(const struct sb_verify_in *in, struct sb_verified *verified, struct sb_solver **out, bool *all, struct sb_err *err);
/**
 * Infer, rebuild and compare until all is equal, nothing new is found, or in->solve rebuilds were made. @found: of the plain rebuild, which took so many
 * @seconds.
 */
SB_MUST_USE int sb_solve_rounds(struct sb_solver *solver, const struct sb_result *plain, const struct sb_solve_found *found, uint64_t seconds,
                                struct sb_err *err);
/** For sb_line_sides: whose bytes are equal; NULL entries where none are. */
const struct sb_rebuilt *const *sb_solve_instead(const struct sb_solver *solver);
/** True when some rebuild made a file equal that the plain one does not. */
bool sb_solve_gained(const struct sb_solver *solver);
/** What was tried, into @result, which must have been judged with those sides: levels, findings, freedom. */
SB_MUST_USE int sb_solve_conclude(struct sb_solver *solver, struct sb_result *result, struct sb_err *err);
/** @made, one of verified->tries, once more under the same facts. Errors: as sb_rebuild_run. Release @out in any case. */
SB_MUST_USE int sb_solve_again(struct sb_solver *solver, const struct sb_rebuilt *made, struct sb_rebuilt *out, struct sb_err *err);
/** Accepts NULL, nulls the pointer. The rebuilds stay with the verified run. */
void sb_solve_end(struct sb_solver **solver);

#endif
