/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fourth stage: WHY bytes differ. A const table of explainers proposes typed claims; one core proves them on the bytes (whole fields,
 * no overlap, both sides alike, zero residual) or drops them. Hints name a probable cause and own nothing.
 */
#ifndef VERIFIER_EXPLAIN_EXPLAIN_H
#define VERIFIER_EXPLAIN_EXPLAIN_H

#include "hashing/hashing.h"
#include "verifier/formats/formats.h"
#include "verifier/model/model.h"

/** @facts of the rebuilt side; SB_FACTS_NONE allows no environment claim. Errors: NOMEM, INTERNAL (two claims on one byte). */
SB_MUST_USE int sb_explain_run(const struct sb_comparison *comparison, const struct sb_facts *facts, struct sb_explanation *out,
                               struct sb_err *err);
/** Release what sb_explain_run made; a zeroed explanation is fine. */
void sb_explanation_release(struct sb_explanation *explanation);

#endif
