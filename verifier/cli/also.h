/* SPDX-License-Identifier: Apache-2.0 */
/* What `attest sign --also` writes beside a statement: rows of a const table. */
#ifndef VERIFIER_CLI_ALSO_H
#define VERIFIER_CLI_ALSO_H

#include "hashing/hashing.h"
#include "manifests/statement.h"
#include "verifier/cli/cli.h"
#include "verifier/model/model.h"

/** A statement that was just signed: all borrowed. */
struct sb_also_in {
	const struct sb_result *result;
	struct sb_span envelope; /* the bytes of the file at @path */
	const char *path;
	const struct sb_secret *secret;
	const struct sb_statement_context *context;
};

struct sb_also {
	const char *name;
	bool party; /* it says who states it: --verifier must be given */
	/** Whether it may be made, asked before anything is signed; NULL: always. */
	int (*allowed)(const struct sb_result *result, struct sb_err *err);
	/** Its bytes into @out, and where they go into *path, in call->arena. */
	int (*make)(struct sb_invocation *call, const struct sb_also_in *in, const char **path, struct sb_buf *out, struct sb_err *err);
};

/** Are all names of --also known, and may all be made of @result? Errors: USAGE "option-value"; those of the rows. */
SB_MUST_USE int sb_also_check(const struct sb_invocation *call, const struct sb_result *result, struct sb_err *err);
/** Make and write every form that was asked for; the paths go to call->out. Errors: those of the rows; TEMPORARY "report-unwritable". */
SB_MUST_USE int sb_also_write(struct sb_invocation *call, const struct sb_also_in *in, struct sb_err *err);

#endif
