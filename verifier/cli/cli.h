/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs are rows of a const table; one cmd_<verb>.c each. Only this room and report/ produce text, only this room knows exit codes. */
#ifndef VERIFIER_CLI_CLI_H
#define VERIFIER_CLI_CLI_H

#include "base/base.h"

/** Exit codes of the contract. */
enum sb_exit {
	SB_EXIT_OK = 0, SB_EXIT_BELOW = 1, SB_EXIT_USAGE = 2, SB_EXIT_DROP = 3, SB_EXIT_REBUILD = 4, SB_EXIT_UNDECIDED = 5,
	SB_EXIT_EVIDENCE = 6, SB_EXIT_INTERNAL = 70, SB_EXIT_TEMPORARY = 75, SB_EXIT_INT = 130, SB_EXIT_TERM = 143,
};

/** An option of a verb, as its man page lists it (the style suite checks both ways). */
struct sb_option {
	const char *name;     /* "gate": --gate */
	char letter;          /* one of h V q v o O C j, or 0 */
	const char *argument; /* "POLICY", or NULL for a switch */
	bool repeats;
};

struct sb_arg { const struct sb_option *option; const char *value; };

/** A parsed command line and everything that belongs to one invocation. */
struct sb_invocation {
	const struct sb_verb *verb;
	struct sb_arg *args;        /* options in the order given */
	size_t arg_count;
	const char *const *words;   /* operands */
	size_t word_count;
	bool json, quiet;
	unsigned verbose;
	bool colour_out, colour_err, unicode;
	unsigned jobs;
	struct sb_progress *progress;
	struct sb_arena *arena;
};

struct sb_verb {
	const char *name, *summary, *operands; /* operands: "DROP", for the usage line */
	const struct sb_option *options;       /* NULL-name terminated */
	unsigned least_words, most_words;
	int (*run)(struct sb_invocation *call, struct sb_err *err); /* returns an exit code; a negative sb_rc with @err set is mapped by its id */
};

const struct sb_verb *const *sb_verbs(size_t *count);
/** Value of the last --name, or NULL. */
const char *sb_arg_value(const struct sb_invocation *call, const char *name);
bool sb_arg_given(const struct sb_invocation *call, const char *name);

#endif
