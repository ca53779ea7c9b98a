/* SPDX-License-Identifier: Apache-2.0 */
/* The only place where failures and levels become exit codes. */
#ifndef VERIFIER_CLI_EXITS_H
#define VERIFIER_CLI_EXITS_H

#include "verifier/cli/cli.h"
#include "verifier/model/model.h"

struct sb_exit_row {
	int code;
	const char *meaning;
};

/** The codes of the contract, ascending. */
const struct sb_exit_row *sb_exit_rows(size_t *count);

/** Exit code of a failure, by the table of docs/errors/. A failure without a row is an internal one; never 0. */
int sb_exit_of(const struct sb_err *err);
/** Exit code of a run at @level when no gate was asked for. */
int sb_exit_of_level(enum sb_level level);
/** The worse of two exit codes; one that is not of the contract is the worst. */
int sb_exit_worse(int a, int b);

#endif
