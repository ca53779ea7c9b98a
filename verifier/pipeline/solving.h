/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what the parts of --solve share. */
#ifndef VERIFIER_PIPELINE_SOLVING_H
#define VERIFIER_PIPELINE_SOLVING_H

#include "verifier/pipeline/solver.h"

/** What still differs of a file in its best rebuild: escaped ways in. */
struct sb_solver_left {
	const char *const *ways;
	size_t count;
	uint64_t more;
};

/** A root that may be tried. */
struct sb_solver_root {
	struct sb_digest digest;
	struct sb_sources unpacked; /* once it is tried */
	bool ready;
};

struct sb_solver {
	const struct sb_verify_in *in;
	struct sb_verified *verified;
	struct sb_arena *arena;
	struct sb_solve_file *files; /* one for each delivered file, as the next two */
	struct sb_solver_left *left;
	const struct sb_rebuilt **instead;
	size_t count;
	struct sb_vec trials;   /* struct sb_trial */
	struct sb_vec evidence; /* struct sb_evidence */
	struct sb_solve_choice choice;
	struct sb_solve_found plain; /* of the plain rebuild */
	struct sb_solve_found given; /* under the facts that were given */
	struct sb_solver_root *roots;     /* as in->roots, as the next one */
	struct sb_solve_root *root_names; /* NULL until they are offered */
	bool last_resort;                 /* they were offered to every file */
	uint32_t culprit;                 /* fact that the last rebuild failed by, where that is known; a set of at most one */
	uint64_t seconds;            /* that the plain rebuild took; 0: not made yet */
	enum sb_solve_stop stop;
};

/**
 * One rebuild under @facts, which were chosen for file @focus (SIZE_MAX: for none in particular), as one more trial. A recipe that does not run under them
 * is data. @found: what the files that are open give away then. Errors: NOMEM, INTERRUPTED, TEMPORARY and the like.
 */
SB_MUST_USE int sb_solver_try(struct sb_solver *solver, const struct sb_fact_set *facts, size_t focus, struct sb_solve_found *found,
                              enum sb_trial_end *end, struct sb_err *err);

/** Compare @made, a rebuild of @drop, with the files that are open, and take note of what is equal or closer. */
SB_MUST_USE int sb_solver_look(struct sb_solver *solver, const struct sb_drop *drop, const struct sb_rebuilt *made, struct sb_solve_found *found,
                               struct sb_err *err);
/** Ways to what differs still of file @which in @result, for people. */
SB_MUST_USE int sb_solver_note_left(struct sb_solver *solver, size_t which, const char *name, const struct sb_result *result, struct sb_err *err);

/**
 * Offer the other roots to the files in solver->choice.found that name another tool; with @last_resort, to all that are open.
 * Errors: NOMEM, IO "toolchain-unreadable".
 */
SB_MUST_USE int sb_solver_offer_roots(struct sb_solver *solver, bool last_resort, struct sb_err *err);
/** The sources with the root that @drop, to which facts were applied, asks for. Errors: ABSENT when it is none of ours; as sb_ingest_other_root. */
SB_MUST_USE int sb_solver_take_root(struct sb_solver *solver, const struct sb_drop *drop, struct sb_sources *sources, struct sb_err *err);
void sb_solver_release_roots(struct sb_solver *solver);

/** Remember where a value was seen, unless it was before. */
SB_MUST_USE int sb_solver_note_evidence(struct sb_solver *solver, const struct sb_evidence *seen, struct sb_err *err);

#endif
