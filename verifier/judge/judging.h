/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room. */
#ifndef VERIFIER_JUDGE_JUDGING_H
#define VERIFIER_JUDGE_JUDGING_H

#include "verifier/formats/formats.h"
#include "verifier/judge/judge.h"

/** Bytes of an artifact by what is known of them: the sum over the tree of its pairs. */
void sb_judge_coverage(const struct sb_compared *artifact, const struct sb_explained *explained, struct sb_coverage *out);

/**
 * May this difference that nobody owns stand in a file whose loaded image is identical? Only in what is never mapped: docs/levels.md,
 * "image-identical".
 */
bool sb_judge_outside_image(const struct sb_pair *pair, const struct sb_diff *diff);

/** All findings of the run, worst first, with ids; those over SB_LIMIT_FINDINGS are counted. */
SB_MUST_USE int sb_judge_findings(const struct sb_comparison *comparison, const struct sb_explanation *explanation, struct sb_arena *arena,
                                  struct sb_result *out, struct sb_err *err);

/** The freedom budget: bytes by cause and whether they are loaded. */
SB_MUST_USE int sb_judge_freedom(const struct sb_explanation *explanation, struct sb_arena *arena, struct sb_result *out, struct sb_err *err);

/** The same from bytes by cause and by whether they are loaded. */
SB_MUST_USE int sb_judge_list_freedom(const uint64_t bytes[SB_CAUSES][2], struct sb_arena *arena, struct sb_result *out, struct sb_err *err);

/** How much of the lists of members may still be looked through to tell places apart. */
struct sb_placing {
	uint64_t budget;
};
/**
 * Fill located and inside of @out when nobody owns the claim's difference, it is of bytes on both sides, and its way leads to nothing else: a waiver names
 * such a way and must not be good for another place. Errors: NOMEM.
 */
SB_MUST_USE int sb_judge_place(struct sb_placing *placing, const struct sb_claim *claim, struct sb_arena *arena, struct sb_finding *out, struct sb_err *err);

/** The level of the run from those of its artifacts: the worst of them. */
enum sb_level sb_judge_level_of_run(const struct sb_result *result);

/** Limits that were hit, in tree order. */
SB_MUST_USE int sb_judge_limits(const struct sb_comparison *comparison, struct sb_arena *arena, struct sb_result *out, struct sb_err *err);

/** Which of two findings a person reads first, as those of one comparison are ranked (findings.c); 0: the one that came first. */
int sb_judge_finding_order(const struct sb_finding *x, const struct sb_finding *y);

/** @further findings among those of @result, all ranked and numbered anew; those over SB_LIMIT_FINDINGS are counted. Errors: NOMEM. */
SB_MUST_USE int sb_judge_add_findings(const struct sb_finding *further, size_t count, struct sb_arena *arena, struct sb_result *result,
                                      struct sb_err *err);

#endif
