/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the shipped files tell of the environment that they were built in. Pure: nothing is built, run or decided here. A candidate is a guess about
 * one value; only a rebuild under it whose bytes are equal proves anything (verifier/pipeline). Method and limits: docs/solve.md.
 */
#ifndef VERIFIER_SOLVE_SOLVE_H
#define VERIFIER_SOLVE_SOLVE_H

#include "manifests/manifests.h"
#include "verifier/formats/formats.h"
#include "verifier/model/model.h"

struct sb_solve_in {
	const struct sb_comparison *comparison; /* with one rebuild; its views may be asked */
	const struct sb_fact_set *ours;  /* what that rebuild was made under, as sb_solve_ours gives it */
};

/** A value that the vendor's environment may have had. Plausible, and another one than ours. */
struct sb_candidate {
	enum sb_knob knob;
	const char *value;
	const char *artifact; /* raw; of another file the same value is another candidate */
	uint64_t weight;      /* how much of that file speaks for it, over all places */
	const char *where;    /* of the first of them; escaped: way in, region, offset */
	const char *how;      /* name of the extractor; static */
};

struct sb_solve_found {
	const struct sb_candidate *candidates; /* by knob; of one knob the heaviest first */
	size_t count;
	const struct sb_needed *needed;
	size_t needed_count;
};

/** Read candidates from what differs. All of @out lives in @arena. Same result for the same input. Errors: NOMEM. */
SB_MUST_USE int sb_solve_infer(const struct sb_solve_in *in, struct sb_arena *arena, struct sb_solve_found *out, struct sb_err *err);

/** Values in force in a rebuild of @drop with the facts @facts; texts that are made live in @arena. Errors: NOMEM. */
SB_MUST_USE int sb_solve_ours(const struct sb_drop *drop, const struct sb_facts *facts, struct sb_arena *arena, struct sb_fact_set *out, struct sb_err *err);

/** @drop with @facts in place of its own; everything else is shared with it. The values must be plausible. INPUT_TIME is not the drop's: see below. */
void sb_solve_apply(const struct sb_fact_set *facts, const struct sb_drop *drop, struct sb_drop *out);
/** Sources whose files were all last changed at INPUT_TIME of @facts, and otherwise @from. Errors: NOMEM. */
SB_MUST_USE int sb_solve_date_inputs(const struct sb_fact_set *facts, const struct sb_inventory *from, struct sb_arena *arena, struct sb_inventory *out,
                                     struct sb_err *err);

#endif
