/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>
#include <stdint.h>

#define SB_MUST_USE __attribute__((warn_unused_result))
#define SB_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/**
 * What kind of failure a function met. Codes are mechanical: what SB_FORMAT means
 * for the user depends on the input it came from, so the stage that knows the input
 * chooses the error's id, and only the command line turns ids into exit codes.
 */
enum sb_rc {
	SB_OK = 0,
	SB_NOMEM = -1,       /* an allocation failed or an arena's ceiling was reached */
	SB_IO = -2,          /* a system call failed; the message carries its errno text */
	SB_FORMAT = -3,      /* bytes do not follow the format they claim */
	SB_LIMIT = -4,       /* a row of base/limits.h was exceeded; the message names it */
	SB_USAGE = -5,       /* the caller's words or a manifest are wrong; nothing ran */
	SB_EVIDENCE = -6,    /* a digest, signature or proof does not hold */
	SB_INTERNAL = -7,    /* an invariant of ours broke */
	SB_TEMPORARY = -8,   /* full disk, held lock: the same call may succeed later */
	SB_INTERRUPTED = -9, /* a signal asked to stop */
	SB_ABSENT = -10,     /* a tool, kernel feature or file is not there */
	SB_FAILED = -11,     /* a child that had to succeed did not (a build step, apt) */
};

/**
 * One failure: what went wrong, with what, where. Holds no heap memory, so it can be
 * copied by assignment. Foreign text is kept raw here and escaped when it is shown.
 */
struct sb_err {
	enum sb_rc code;
	const char *id;        /* static string: a row of docs/errors.md, or NULL */
	uint64_t offset;       /* byte offset in the innermost thing named by where; UINT64_MAX: none */
	unsigned limit;        /* of SB_LIMIT by sb_fail_limit: 1 + row of base/limits.h; else 0 */
	unsigned line, column; /* 1-based place in a text document; 0: none */
	char where[512];       /* way in, outermost first, parts joined by " > " */
	char msg[512];
};

/**
 * Fill @err (may be NULL) and return @code, so that `return sb_fail(…)` is a whole failure path.
 * @id  static string, a row of docs/errors.md.
 * Text that does not fit is cut and ends in "...".
 */
int sb_fail(struct sb_err *err, enum sb_rc code, const char *id, const char *fmt, ...) SB_PRINTF(4, 5);

/** Like sb_fail with SB_IO, or SB_TEMPORARY for ENOSPC, EDQUOT and EMFILE; appends ": strerror(errno)". */
int sb_fail_errno(struct sb_err *err, const char *id, const char *fmt, ...) SB_PRINTF(3, 4);

/** Put @name in front of err->where ("a.deb > data.tar.xz"); returns err->code, or SB_INTERNAL when @err is NULL. */
int sb_within(struct sb_err *err, const char *name);

/** Set the byte offset of the failure; returns err->code, or SB_INTERNAL when @err is NULL. */
int sb_at_offset(struct sb_err *err, uint64_t offset);

/** Replace the id of a lower room's failure by the one that fits this input; keeps message and code. Returns err->code. */
int sb_reidentify(struct sb_err *err, const char *id);

#define SB_PROBLEMS_MAX 20

/** Several failures of one document, for people who mend a manifest: the first SB_PROBLEMS_MAX are kept, all are counted. */
struct sb_problems {
	struct sb_err items[SB_PROBLEMS_MAX];
	unsigned total; /* may exceed SB_PROBLEMS_MAX */
};

/** Append a copy of @err. */
void sb_problems_add(struct sb_problems *problems, const struct sb_err *err);

#endif
