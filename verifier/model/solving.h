/* SPDX-License-Identifier: Apache-2.0 */
/* What --solve tried: facts of the vendor's environment, where each was seen, and what came of rebuilding under them. */
#ifndef VERIFIER_MODEL_SOLVING_H
#define VERIFIER_MODEL_SOLVING_H

#include "verifier/model/vocabulary.h"

/** What of the environment a fact is about: something that it can be given. Zero: nothing. */
enum sb_knob {
	SB_KNOB_NONE = 0,
	SB_KNOB_PATH,       /* build path */
	SB_KNOB_EPOCH,      /* seconds, decimal */
	SB_KNOB_CLOCK,      /* "shift", "frozen" */
	SB_KNOB_USER,
	SB_KNOB_HOST,
	SB_KNOB_KERNEL,     /* release */
	SB_KNOB_LOCALE,
	SB_KNOB_TIMEZONE,
	SB_KNOB_UMASK,      /* octal digits */
	SB_KNOB_JOBS,       /* decimal */
	SB_KNOB_ORDER,      /* "sorted", "reversed" */
	SB_KNOB_INPUT_TIME, /* seconds: when all files of the sources were last changed */
	SB_KNOB_TOOLCHAIN,  /* SHA-256 of the archive of a root, 64 hexadecimal digits */
};
#define SB_KNOBS 14

/** Values as text, by fact; NULL: as the manifest says. Zeroed, it is the manifest's environment. */
struct sb_fact_set {
	const char *value[SB_KNOBS];
};

const char *sb_knob_name(enum sb_knob knob);
SB_MUST_USE bool sb_knob_parse(const char *name, enum sb_knob *out);
/** The cause that differences have which this fact makes. */
enum sb_cause sb_knob_cause(enum sb_knob knob);
/**
 * Could a build have had this value, and can the environment be given it? Charset, length, no "..", a time from 1990 to 2099. What a shell, a
 * terminal or a path would act on is nobody's environment: docs/solve.md.
 */
bool sb_fact_is_plausible(enum sb_knob knob, struct sb_span value);
/** How many facts are set. */
size_t sb_fact_set_count(const struct sb_fact_set *set);
bool sb_fact_set_equal(const struct sb_fact_set *a, const struct sb_fact_set *b);

/** Where a value was read from. */
struct sb_evidence {
	enum sb_knob knob;
	const char *value;    /* plausible: none of it needs to be escaped */
	const char *artifact; /* raw */
	const char *where;    /* one line, escaped: way in, region, offset */
	const char *how;      /* name of the extractor, or "given" */
	unsigned rebuild;     /* number of the first rebuild under it */
};

/** What no control of the environment can give: a tool of another version, other flags. */
struct sb_needed {
	const char *what;    /* package or tool: "gcc-12", "debhelper", "flags"; escaped, as the rest */
	const char *version; /* that the shipped file names */
	const char *ours;    /* that the rebuilt one names, or "" */
	const char *artifact; /* raw */
	const char *where;
};

/** How a rebuild under facts ended. Zero: not known. */
enum sb_trial_end {
	SB_TRIAL_UNKNOWN = 0,
	SB_TRIAL_EQUAL,     /* every file that was still unequal is equal now */
	SB_TRIAL_CLOSER,    /* some are, or bytes that differ became fewer: the facts were kept */
	SB_TRIAL_NO_CLOSER, /* the facts were dropped */
	SB_TRIAL_FAILED,    /* the recipe does not run under them, or the environment refuses them */
};
#define SB_TRIAL_ENDS 5
const char *sb_trial_end_name(enum sb_trial_end end);
SB_MUST_USE bool sb_trial_end_parse(const char *name, enum sb_trial_end *out);

/** One rebuild under facts; numbered from 1 in the order in which they were made. */
struct sb_trial {
	enum sb_trial_end end;
	struct sb_fact_set facts; /* complete: what is not here is the manifest's */
	uint64_t differ;          /* bytes that differ over the files that were still unequal */
	const char *why;          /* of FAILED: what happened, or why no build was begun; escaped. Else "" */
};

/** A file that the plain rebuild does not make equal. */
struct sb_solved_file {
	const char *name;       /* raw */
	unsigned rebuild;       /* whose bytes are equal; 0: none */
	uint64_t before, after; /* bytes that differ, in the plain rebuild and in the best one; before 0 with rebuild: nothing plain was made */
	const char *const *left; /* escaped ways to what still differs in the best one, at most SB_SOLVED_LEFT */
	size_t left_count;
	uint64_t left_more;     /* and so many more */
};
enum { SB_SOLVED_LEFT = 8 };

/** Why no further rebuild was made. Zero: not known. */
enum sb_solve_stop { SB_SOLVE_UNKNOWN = 0, SB_SOLVE_EQUAL, SB_SOLVE_NO_NEW_FACT, SB_SOLVE_ROUNDS };
#define SB_SOLVE_STOPS 4
const char *sb_solve_stop_name(enum sb_solve_stop stop);
SB_MUST_USE bool sb_solve_stop_parse(const char *name, enum sb_solve_stop *out);

struct sb_solving {
	bool present;
	unsigned most;             /* rounds allowed */
	enum sb_solve_stop stop;
	const struct sb_trial *trials;
	size_t trial_count;
	const struct sb_evidence *evidence; /* of every fact of every trial */
	size_t evidence_count;
	const struct sb_needed *needed;
	size_t needed_count;
	const struct sb_solved_file *files;
	size_t file_count;
};

/** The facts to begin with next time: those that made most files equal, else the last ones that brought them closer; NULL: none did. */
const struct sb_fact_set *sb_solving_best(const struct sb_solving *solving);
/** The rebuild that made @name equal, or NULL. */
const struct sb_trial *sb_solving_trial_of(const struct sb_solving *solving, const char *name);

#endif
