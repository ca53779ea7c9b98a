/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verbs are rows of a const table; one cmd_<verb>.c each. Only this room and report/ produce text, only this room knows
 * exit codes. A verb reads its invocation, appends its result to call->out and returns an exit code; it never writes to
 * stdout itself, so that --json always gives one whole document or none.
 */
#ifndef VERIFIER_CLI_CLI_H
#define VERIFIER_CLI_CLI_H

#include "base/base.h"
#include "manifests/node.h"

/** Exit codes of the contract. */
enum sb_exit {
	SB_EXIT_OK = 0,
	SB_EXIT_BELOW = 1,
	SB_EXIT_USAGE = 2,
	SB_EXIT_DROP = 3,
	SB_EXIT_REBUILD = 4,
	SB_EXIT_UNDECIDED = 5,
	SB_EXIT_EVIDENCE = 6,
	SB_EXIT_INTERNAL = 70,
	SB_EXIT_TEMPORARY = 75,
	SB_EXIT_INT = 130,
	SB_EXIT_TERM = 143,
};

/** An option of a verb. Its man page lists it too: the build fails when the two disagree (docs/generate/help.py). */
struct sb_option {
	const char *name;     /* "facts": --facts */
	char letter;          /* one of h V q v o O C j, or 0 */
	const char *argument; /* "FILE", or NULL for a switch */
	bool repeats;
};

/** An option as it was given; value is NULL for a switch. */
struct sb_arg {
	const struct sb_option *option;
	const char *value;
};

/** A parsed command line and everything that belongs to one invocation. */
struct sb_invocation {
	const struct sb_verb *verb; /* NULL: --help or --version alone */
	const char *group;          /* first word of verbs such as "attest sign" when no verb was completed */
	struct sb_arg *args;        /* the verb's options in the order given */
	size_t arg_count;
	const char *const *words;   /* operands */
	size_t word_count;
	bool help, version;         /* asked for instead of running the verb */
	bool json, quiet;
	unsigned verbose;
	const char *color;          /* auto, always, never; NULL: auto */
	bool colour_out, colour_err, unicode, terminal_out;
	unsigned jobs;              /* 0: one per CPU */
	struct sb_progress *progress;
	struct sb_arena *arena;
	struct sb_buf out;          /* the result: text, or with --json one document */
	struct sb_problems *problems; /* where a reader lists several failures; main shows these instead of err when total > 0 */
};

struct sb_verb {
	const char *name;              /* "verify", "attest sign" */
	const char *summary, *operands; /* operands: "DROP", for the usage line; "" for none */
	const struct sb_option *options; /* NULL-name terminated */
	unsigned least_words, most_words;
	bool stoppable; /* runs stages that look at progress->stop: SIGINT and SIGTERM set it; other verbs die by the signal */
	int (*run)(struct sb_invocation *call, struct sb_err *err); /* an exit code; or a negative sb_rc with @err set, mapped by its id */
};

/** The table, in the order of `samebuild help`. */
const struct sb_verb *const *sb_verbs(size_t *count);
/** The row named "verb" or "verb subverb", or NULL. */
const struct sb_verb *sb_verb_named(const char *name);

/** Value of the last --name, or NULL. */
const char *sb_arg_value(const struct sb_invocation *call, const char *name);
bool sb_arg_given(const struct sb_invocation *call, const char *name);
/** Value of the @nth --name (from 0), or NULL beyond the last. */
const char *sb_arg_nth(const struct sb_invocation *call, const char *name, size_t nth);
/** Whole number of --name between @least and @most, or @otherwise when it is not given. USAGE "option-value". */
SB_MUST_USE int sb_arg_number(const struct sb_invocation *call, const char *name, uint64_t least, uint64_t most, uint64_t otherwise,
                              uint64_t *out, struct sb_err *err);

/** Make @document (may be NULL after a failed allocation: NOMEM) the result: canonical JSON and a newline in call->out. */
SB_MUST_USE int sb_cli_document(struct sb_invocation *call, const struct sb_node *document, struct sb_err *err);
/** Map with "schema" set, for sb_cli_document; NULL when out of memory. */
struct sb_node *sb_cli_new_document(struct sb_invocation *call, const char *schema);
/** A line "samebuild: …" on stderr now; @fmt's foreign parts are escaped by the caller. Silent with -q. */
void sb_cli_say(struct sb_invocation *call, const char *fmt, ...) SB_PRINTF(2, 3);
/** Escaped copy of foreign text in call->arena; "?" when out of memory. */
const char *sb_cli_escape(struct sb_invocation *call, const char *text);

#endif
