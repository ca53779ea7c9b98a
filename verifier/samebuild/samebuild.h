/* SPDX-License-Identifier: Apache-2.0 */
/**
 * libsamebuild: is the file that was shipped the file that was rebuilt?
 *
 *	struct samebuild *session = NULL;
 *	struct samebuild_comparison *comparison = NULL;
 *	struct samebuild_error error;
 *
 *	if (samebuild_new(NULL, &session, &error) == 0 &&
 *	    samebuild_open(session, "shipped.deb", "rebuilt.deb", NULL, &comparison, &error) == 0 &&
 *	    samebuild_run(comparison, &error) == 0)
 *		puts(samebuild_level_name(samebuild_level(comparison)));
 *	samebuild_close(&comparison);
 *	samebuild_free(&session);
 *
 * The library keeps no globals, prints nothing, ends no process and opens no socket to anywhere. Foreign bytes are parsed in processes of its own:
 *
 * - samebuild_new() forks. Call it before the program has further threads, secrets or foreign bytes; it refuses when there are other threads. The
 *   thread that called it must live as long as the session. With `in_process` nothing is forked, and nothing stands between a hostile file
 *   and the program.
 * - Children are waited for by their ids. A program must not wait for children that are not its own (wait(), waitpid(-1)), nor ignore SIGCHLD.
 * - No signal handler is installed and no signal is sent to the program; SIGPIPE does not arise. To stop early, set the variable that `stop`
 *   points to: from a signal handler, if you like.
 * - One session may be used from one thread at a time; a comparison has threads of its own (`jobs`) while it runs. Different sessions are independent.
 *
 * Functions that can fail return 0 or a negative enum samebuild_code, and say why in @error, which may be NULL; what they give out is then
 * untouched. Nothing of what is found in the files is an error: it is in the level and in the record.
 *
 * Symbols have the version SAMEBUILD_1. What is added later gets a version of its own; structures grow at their ends, and a `size` that the
 * library does not know is refused.
 */
#ifndef SAMEBUILD_H
#define SAMEBUILD_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SAMEBUILD_EXPORT __attribute__((visibility("default")))
#define SAMEBUILD_CHECKED SAMEBUILD_EXPORT __attribute__((warn_unused_result))

/** How much was proven, worst first: the smaller of two levels is the worse. docs/levels.md has what each of them takes. */
enum samebuild_level {
	SAMEBUILD_UNDETERMINED = 0, /* not decided; also of whatever has not run */
	SAMEBUILD_DIFFERENT,
	SAMEBUILD_IMAGE_IDENTICAL,
	SAMEBUILD_REPACKAGED,
	SAMEBUILD_EXPLAINED,        /* from here on: good enough where no policy says otherwise */
	SAMEBUILD_UNSIGNED_IDENTICAL,
	SAMEBUILD_REPRODUCED,
	SAMEBUILD_IDENTICAL
};

enum samebuild_code {
	SAMEBUILD_NO_MEMORY = -1,
	SAMEBUILD_IO = -2,          /* a system call failed */
	SAMEBUILD_FORMAT = -3,      /* a document of the caller does not follow its schema */
	SAMEBUILD_LIMIT = -4,
	SAMEBUILD_USAGE = -5,       /* the call itself is wrong */
	SAMEBUILD_EVIDENCE = -6,    /* a document contradicts itself */
	SAMEBUILD_INTERNAL = -7,
	SAMEBUILD_TEMPORARY = -8,   /* a full disk, too many open files: the same call may succeed later */
	SAMEBUILD_INTERRUPTED = -9, /* *stop was set */
	SAMEBUILD_ABSENT = -10      /* something of the system is missing */
};

/** What went wrong. Texts may hold foreign bytes as they are: escape them before a person sees them. */
struct samebuild_error {
	enum samebuild_code code;
	const char *id;        /* stable word, the page of `samebuild explain ID`; static, never NULL */
	uint64_t offset;       /* in the innermost thing that `where` names; UINT64_MAX: none */
	unsigned line, column; /* in a document of the caller, from 1; 0: none */
	char where[512];
	char message[512];
};

/** A session: the processes that parse. */
struct samebuild;
/** Two inputs, and what came of them. */
struct samebuild_comparison;

/** Zeroed but for `size`: as the program has it. */
struct samebuild_options {
	size_t size;                        /* sizeof(struct samebuild_options) */
	int in_process;                     /* parse in this process, without walls; the record says so */
	unsigned parser_silence;            /* ms without a word after which a parser counts as hung; 0: what the program has */
	uint64_t parser_memory;             /* bytes of heap of one parser; 0: what the program has */
	const volatile sig_atomic_t *stop;  /* non-zero: end soon, with SAMEBUILD_INTERRUPTED; may be NULL; must live as long as the session */
	void (*progress)(void *context, const char *stage, const char *what, uint64_t done, uint64_t total); /* from any thread, often; or NULL */
	void *context;                      /* of progress */
};

struct samebuild_compare_options {
	size_t size;                        /* sizeof(struct samebuild_compare_options) */
	unsigned jobs;                      /* threads while it runs; 0: one a processor. The record is the same for all values */
	int metadata;                       /* of folders compare owners, times and extended attributes, too */
	const char *facts;                  /* JSON, schema samebuild-facts/1, of the rebuilt side; NULL: none, and no claim rests on the environment */
	const char *facts_name;             /* for errors in it; may be NULL */
};

/** "0.1.0". */
SAMEBUILD_EXPORT const char *samebuild_version(void);
/** "identical", "image-identical" …; "undetermined" for a value that is none. */
SAMEBUILD_EXPORT const char *samebuild_level_name(enum samebuild_level level);

/** Start a session. @options may be NULL. Errors: USAGE "caller-has-threads", "library-options"; IO "parser-start"; NO_MEMORY. */
SAMEBUILD_CHECKED int samebuild_new(const struct samebuild_options *options, struct samebuild **out, struct samebuild_error *error);
/** End it, and its processes, after its comparisons were closed. Accepts NULL inside, nulls the pointer. */
SAMEBUILD_EXPORT void samebuild_free(struct samebuild **session);

/**
 * Take in two files, or two folders; one of two files may be "-", stdin. Both are copied, so that nobody can change them afterwards.
 * @options  may be NULL; borrowed for this call.
 * Errors: IO "file-unreadable"; USAGE "not-comparable" (a file against a folder), "library-options"; FORMAT "facts-malformed"; NO_MEMORY,
 * TEMPORARY, INTERRUPTED.
 */
SAMEBUILD_CHECKED int samebuild_open(struct samebuild *session, const char *shipped, const char *rebuilt, const struct samebuild_compare_options *options,
                                     struct samebuild_comparison **out, struct samebuild_error *error);
/** Compare, explain, judge; once. Errors: USAGE "library-order" (it ran before); NO_MEMORY, IO, TEMPORARY, INTERRUPTED, INTERNAL. */
SAMEBUILD_CHECKED int samebuild_run(struct samebuild_comparison *comparison, struct samebuild_error *error);
/** What was proven; SAMEBUILD_UNDETERMINED before samebuild_run() succeeded. */
SAMEBUILD_EXPORT enum samebuild_level samebuild_level(const struct samebuild_comparison *comparison);
/**
 * The result in a form of `-o FORMAT`; "json" is the record, schema samebuild-result/1. *text is UTF-8, NUL-terminated, borrowed until
 * the next call with this comparison; *length (may be NULL) counts its bytes. Hints how to mend a cause are the program's and left out. Errors: USAGE "report-format", "library-order"; LIMIT, NO_MEMORY.
 */
SAMEBUILD_CHECKED int samebuild_report(struct samebuild_comparison *comparison, const char *format, const char **text, size_t *length,
                                       struct samebuild_error *error);
/** Accepts NULL inside, nulls the pointer. */
SAMEBUILD_EXPORT void samebuild_close(struct samebuild_comparison **comparison);

#ifdef __cplusplus
}
#endif

#endif
