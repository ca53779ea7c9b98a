/* SPDX-License-Identifier: Apache-2.0 */
/* Fifth stage: SO WHAT. The single place where a level is given. */
#ifndef VERIFIER_JUDGE_JUDGE_H
#define VERIFIER_JUDGE_JUDGE_H

#include "verifier/model/model.h"

/** Build the result from what was proven. Everything in @out lives in @arena. Errors: NOMEM, INTERNAL "coverage-sum". */
SB_MUST_USE int sb_judge_run(const struct sb_comparison *comparison, const struct sb_explanation *explanation, struct sb_arena *arena,
                             struct sb_result *out, struct sb_err *err);

/**
 * One verdict on three things from the comparisons of each two of them: the level is the worst of the three, artifacts and findings of the
 * other pairs are named after theirs, findings are ranked together. Everything in @out lives in @arena but what @pairs[0] holds.
 * Errors: NOMEM.
 */
SB_MUST_USE int sb_judge_installed(const struct sb_result pairs[SB_PAIRINGS], struct sb_arena *arena, struct sb_result *out, struct sb_err *err);

/**
 * What changed in @result since @earlier, whose record has the digest @record; into result->previous. Levels stay. Strings of @earlier are
 * borrowed. Errors: NOMEM.
 */
SB_MUST_USE int sb_judge_previous(const struct sb_result *earlier, const uint8_t record[SB_SHA256_BYTES], struct sb_arena *arena,
                                  struct sb_result *result, struct sb_err *err);

/** A further build of the same environment against the first one. */
struct sb_judge_repeat {
	const struct sb_result *between; /* its files against those of the first, which is the `shipped` side; artifacts sorted by name */
	uint64_t number;                 /* of the build; the first is 1 */
	bool parallel;                   /* steps could run several jobs at once */
};

/**
 * Every place where builds of one environment differ becomes a finding of @result, ranked among the others. Levels stay. What @repeats hold is
 * borrowed; everything else lives in @arena. Errors: NOMEM.
 */
SB_MUST_USE int sb_judge_repeats(const struct sb_judge_repeat *repeats, size_t count, struct sb_arena *arena, struct sb_result *result,
                                 struct sb_err *err);

/**
 * A finding of cause `prebuilt` for each delivered file that something ready-made of the drop got into, among those of @result, all ranked and numbered
 * anew. Levels stay. Strings of @lineage are borrowed. Errors: NOMEM.
 */
SB_MUST_USE int sb_judge_prebuilt(const struct sb_lineage *lineage, struct sb_arena *arena, struct sb_result *result, struct sb_err *err);

/**
 * Files that @solving says a rebuild under facts made equal: @result must have been judged with the bytes of that rebuild, and called them identical.
 * They become `reproduced`, with a finding for each fact and its length as freedom; into result->solving too. Everything in @out lives in @arena.
 * Errors: INTERNAL "solve-unfounded" when bytes, facts or evidence are missing; NOMEM; @result is untouched then.
 */
SB_MUST_USE int sb_judge_reproduced(const struct sb_solving *solving, struct sb_arena *arena, struct sb_result *result, struct sb_err *err);

#endif
