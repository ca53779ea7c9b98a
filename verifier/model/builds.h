/* SPDX-License-Identifier: Apache-2.0 */
/* What further builds of one run showed: whether the same environment gives the same bytes, and which other environment does not. */
#ifndef VERIFIER_MODEL_BUILDS_H
#define VERIFIER_MODEL_BUILDS_H

#include "verifier/model/vocabulary.h"

/** What further builds say of one fact of the environment. Zero: not known. */
enum sb_axis_state {
	SB_AXIS_UNDECIDED = 0,
	SB_AXIS_INNOCENT,     /* no file depends on it */
	SB_AXIS_GUILTY,       /* a file does */
	SB_AXIS_BREAKS,       /* the build fails when it is varied */
	SB_AXIS_FREE,         /* it is another one in every build anyway: builds in one environment have tried it */
	SB_AXIS_FIXED,        /* the recipe sets it itself */
	SB_AXIS_UNCONTROLLED, /* this machine cannot set it */
};
#define SB_AXIS_STATES 7

/** What further builds say of one file. Zero: not known. */
enum sb_varying_state {
	SB_VARYING_UNDECIDED = 0,
	SB_VARYING_EXPLAINED, /* each reason was found */
	SB_VARYING_UNSTEADY,  /* chance plays a part that could not be held still */
};
#define SB_VARYING_STATES 3

const char *sb_axis_state_name(enum sb_axis_state state);
const char *sb_varying_state_name(enum sb_varying_state state);
SB_MUST_USE bool sb_axis_state_parse(const char *name, enum sb_axis_state *out);
SB_MUST_USE bool sb_varying_state_parse(const char *name, enum sb_varying_state *out);

/** One side of a difference. */
struct sb_extent {
	bool present;
	uint64_t offset; /* bytes, in the innermost thing named by where that has content of its own */
	uint64_t length;
	const char *preview; /* escaped text of at most SB_LIMIT_PREVIEW_BYTES bytes; may be NULL */
};

/** One fact of the environment that was set to another value on purpose. */
struct sb_axis {
	const char *name;              /* "time", "path" */
	enum sb_axis_state state;
	const char *control, *varied;  /* its two values, escaped; "" where it has none */
};

/** One reason why a file differs: an axis, or several that do so only together. */
struct sb_leak {
	const char *const *axes;
	size_t axis_count;
	enum sb_cause cause;
	const char *mend;              /* one clause */
	const char *const *where;      /* way in to the first place that differs, outermost first, raw */
	size_t where_count;            /* 0: it was not looked into */
	struct sb_extent control, varied; /* what stands there */
	uint64_t places;               /* how many differ */
};

/** A file that is not the same in all environments. */
struct sb_varying {
	const char *name; /* raw; "" for the build as a whole */
	enum sb_varying_state state;
	const struct sb_leak *leaks;
	size_t leak_count;
};

/** What builds in other environments showed. */
struct sb_variation {
	uint64_t builds;               /* beside those in the environment of the manifest */
	bool complete;                 /* every axis was decided for every file */
	const char *const *pinned;     /* what had to be held still first, since the same environment gave other bytes */
	size_t pinned_count;
	const struct sb_axis *axes;
	size_t axis_count;
	const struct sb_varying *files; /* sorted by name */
	size_t file_count;
	uint64_t steady;               /* files that no axis changes */
};

/** Builds of one run beyond the first. None of them has a say in a level. */
struct sb_builds {
	bool present;
	uint64_t count;                /* in the environment of the manifest, the first included; at least 2 */
	const char *const *varied;     /* names of files that were not equal in all of these; raw, sorted */
	size_t varied_count;
	const struct sb_variation *variation; /* or NULL */
};

#endif
