/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which fact of the environment gets into which file: a const table of axes, and the search that finds the guilty ones in few builds. Pure: it
 * says what to build next and is told what came of it.
 */
#ifndef VERIFIER_VARY_VARY_H
#define VERIFIER_VARY_VARY_H

#include "manifests/manifests.h"

/* ---- axes ---- */

/** One fact of the environment. Sets of them are masks by the index in the table. */
struct sb_vary_axis {
	const char *name;
	enum sb_cause cause;  /* of a file that depends on it; its page says how to mend it */
	const char *mend;     /* one clause */
	const char *control;  /* control of the environment's record that shows its value, or NULL */
	const char *force;    /* control that says when this machine cannot set it; NULL: @control */
	bool pin;             /* no axis: held still when the same environment does not give the same bytes; varied means let go */
	bool random;          /* when varied it is another one in every build */
	enum sb_axis_state (*look)(const struct sb_drop *drop); /* UNDECIDED: it can be varied, or pinned; else why not */
	void (*vary)(struct sb_drop *drop);                     /* to one other value, always the same */
	const char *(*path)(const struct sb_drop *drop, struct sb_arena *arena); /* of the axis that moves the build; else NULL */
};

enum { SB_VARY_AXES_MOST = 32 };

const struct sb_vary_axis *sb_vary_axes(size_t *count);

/** Axes that can be varied in the environment of @drop while @pins hold. */
uint32_t sb_vary_possible(const struct sb_drop *drop, uint32_t pins);
/** All that can be held still in it. */
uint32_t sb_vary_pins(const struct sb_drop *drop);
/** Pins whose release follows from guilty axes: who shows the time shows that it runs. */
uint32_t sb_vary_implied(uint32_t guilty);
/** The pin that stops the clock. */
uint32_t sb_vary_clock_pin(void);
/** Axes whose values differ in every build. */
uint32_t sb_vary_random(void);
/** What is to be said of @axis before anything is built: UNDECIDED when it can be varied. */
enum sb_axis_state sb_vary_prospect(const struct sb_drop *drop, uint32_t pins, size_t axis);

/** A shallow copy of @drop in another environment: @pins held, then @axes varied. What is new lives in @arena. Errors: NOMEM. */
SB_MUST_USE int sb_vary_drop(const struct sb_drop *drop, uint32_t pins, uint32_t axes, struct sb_arena *arena, struct sb_drop *out, struct sb_err *err);

/* ---- the search ---- */

enum { SB_VARY_ID_BYTES = 16, SB_VARY_TOGETHER_MOST = 4 };

struct sb_vary;

/**
 * Begin a search among @axes for @files files. @random of them have another value each time.
 * Errors: NOMEM.
 */
SB_MUST_USE int sb_vary_new(uint32_t axes, uint32_t random, size_t files, struct sb_vary **out, struct sb_err *err);
/** Accepts NULL, nulls the pointer. */
void sb_vary_free(struct sb_vary **vary);

/**
 * Tell what came of a build with @mask varied. Builds with mask 0 come first, two at least.
 * @ids  one for each file: equal ids mean equal files; NULL: the build failed.
 * Errors: NOMEM.
 */
SB_MUST_USE int sb_vary_tell(struct sb_vary *vary, uint32_t mask, const uint8_t (*ids)[SB_VARY_ID_BYTES], struct sb_err *err);

/** Which set of axes to vary next; false when nothing is left to ask. */
bool sb_vary_ask(struct sb_vary *vary, uint32_t *mask);

/** What was found out of one file. */
struct sb_vary_verdict {
	enum sb_varying_state state;
	bool steady;                    /* decided, and nothing changes it */
	uint32_t guilty;                /* each of them alone changes it */
	uint32_t together[SB_VARY_TOGETHER_MOST]; /* sets that do only as a whole */
	size_t together_count;
};
void sb_vary_verdict(const struct sb_vary *vary, size_t file, struct sb_vary_verdict *out);
/** The same of the build as a whole: what makes it fail. Files are searched among the other axes. */
void sb_vary_breaks(const struct sb_vary *vary, struct sb_vary_verdict *out);
/** True when a file came out unequal by chance: the search is worth more when chance is held still. */
bool sb_vary_unsteady(const struct sb_vary *vary);
/** The build, in the order in which they were told, in which of all axes that change @file exactly @axes were varied; SIZE_MAX: none. */
size_t sb_vary_evidence(const struct sb_vary *vary, size_t file, uint32_t axes);

#endif
