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
	const struct sb_progress *progress; /* asked whether to stop; or NULL */
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

/** Read candidates from what differs. All of @out lives in @arena. Same result for the same input. Errors: NOMEM, INTERRUPTED. */
SB_MUST_USE int sb_solve_infer(const struct sb_solve_in *in, struct sb_arena *arena, struct sb_solve_found *out, struct sb_err *err);

/** Toolchain roots beside the manifest's, in the order in which they are to be tried. */
struct sb_solve_root {
	const char *digest; /* as SB_KNOB_TOOLCHAIN has it */
	const char *name;   /* of its archive; raw */
};
/**
 * Add each root to @found as a candidate of every one of @artifacts, but the one that is @ours. A file that names a tool of another version is the
 * evidence; of others nothing is known but that they differ. Lives in @arena. Errors: NOMEM.
 */
SB_MUST_USE int sb_solve_offer_roots(const struct sb_solve_root *roots, size_t root_count, const char *ours, const char *const *artifacts, size_t count,
                                     struct sb_arena *arena, struct sb_solve_found *found, struct sb_err *err);
/** Does this file name a tool of another version? */
const struct sb_needed *sb_solve_needed_by(const struct sb_solve_found *found, const char *artifact);

/** What rebuilds have shown of candidates so far. Zeroed it is ready for use. */
struct sb_solve_choice {
	struct sb_fact_set kept;     /* facts that brought files closer */
	struct sb_solve_found found; /* candidates of the rebuild under them */
	struct sb_vec dropped;       /* of the room: what did not help which file */
};
/**
 * Facts to try next for @artifact: those that were kept, and of each other knob the best candidate of this file; where it says nothing and nothing
 * was kept, the best of the others. False when it has nothing new.
 */
SB_MUST_USE bool sb_solve_choose(const struct sb_solve_choice *choice, const char *artifact, struct sb_fact_set *out);
/** Whose word was taken for a value: that of @artifact, if it says so; NULL: nobody's. */
const struct sb_candidate *sb_solve_behind(const struct sb_solve_choice *choice, enum sb_knob knob, const char *value, const char *artifact);
/** Sets of facts: bit 1 << knob. */
static inline uint32_t sb_knob_bit(enum sb_knob knob)
{
	return UINT32_C(1) << knob;
}
/**
 * Which of the new facts of a rebuild its own candidates speak against: places of @artifact still have another value. One wrong fact is told from right
 * ones so, though all of them together bring nothing closer.
 */
uint32_t sb_solve_contradicted(const struct sb_solve_choice *choice, const struct sb_fact_set *facts, const char *artifact, const struct sb_solve_found *under);
/**
 * @facts, as they were chosen for @artifact, did not help. Where some of the new ones, and not all, are known to be @wrong, these are left out; else the
 * lighter half of them; a single one for good. Errors: NOMEM.
 */
SB_MUST_USE int sb_solve_drop(struct sb_solve_choice *choice, const struct sb_fact_set *facts, uint32_t wrong, const char *artifact, struct sb_err *err);
void sb_solve_choice_release(struct sb_solve_choice *choice);

/** How far rebuilds have come with one delivered file. */
struct sb_solve_file {
	bool plain;              /* the plain rebuild is equal */
	unsigned rebuild;        /* number of the rebuild that is equal; 0: none */
	uint64_t before, after;  /* bytes that differ: plain, best */
	uint64_t kept, now;      /* under the facts that were kept, in the rebuild that is looked at */
};
static inline bool sb_solve_is_open(const struct sb_solve_file *file)
{
	return !file->plain && !file->rebuild;
}
size_t sb_solve_count_open(const struct sb_solve_file *files, size_t count);
/**
 * What the rebuild that is looked at was worth: fewer bytes differ in file @focus, which its facts were chosen for (SIZE_MAX: none in particular), or
 * over all files that @were_open before it. *differ: these bytes.
 */
enum sb_trial_end sb_solve_end_of(const struct sb_solve_file *files, size_t count, const bool *were_open, size_t focus, uint64_t *differ);
/** The facts of the rebuild that is looked at are kept: later ones are measured by it. */
void sb_solve_keep(struct sb_solve_file *files, size_t count);

/** @facts without those that are @ours anyway: they say nothing. */
struct sb_fact_set sb_solve_without(const struct sb_fact_set *facts, const struct sb_fact_set *ours);

/** Values in force in a rebuild of @drop with the facts @facts; texts that are made live in @arena. Errors: NOMEM. */
SB_MUST_USE int sb_solve_ours(const struct sb_drop *drop, const struct sb_facts *facts, struct sb_arena *arena, struct sb_fact_set *out, struct sb_err *err);

/** @drop with @facts in place of its own; everything else is shared with it. The values must be plausible. INPUT_TIME is not the drop's: see below. Of
 * a TOOLCHAIN the drop says that it is no longer the host's and which digest it has. */
void sb_solve_apply(const struct sb_fact_set *facts, const struct sb_drop *drop, struct sb_drop *out);
/** Sources whose files were all last changed at INPUT_TIME of @facts, and otherwise @from. Errors: NOMEM. */
SB_MUST_USE int sb_solve_date_inputs(const struct sb_fact_set *facts, const struct sb_inventory *from, struct sb_arena *arena, struct sb_inventory *out,
                                     struct sb_err *err);

#endif
