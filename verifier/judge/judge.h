/* SPDX-License-Identifier: Apache-2.0 */
/* Fifth stage: SO WHAT. The single place where a level is given. */
#ifndef VERIFIER_JUDGE_JUDGE_H
#define VERIFIER_JUDGE_JUDGE_H

#include "verifier/model/model.h"

/** Build the result from what was proven. Everything in @out lives in @arena. Errors: NOMEM, INTERNAL "coverage-sum". */
SB_MUST_USE int sb_judge_run(const struct sb_comparison *comparison, const struct sb_explanation *explanation, struct sb_arena *arena,
                             struct sb_result *out, struct sb_err *err);

#endif
