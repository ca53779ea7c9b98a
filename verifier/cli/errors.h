/* SPDX-License-Identifier: Apache-2.0 */
/* How a failure reads. */
#ifndef VERIFIER_CLI_ERRORS_H
#define VERIFIER_CLI_ERRORS_H

#include "verifier/cli/cli.h"

/**
 * Show a failure: on stderr as "samebuild: error[ID]: …" with the place, the hint and where to read more; with --json as one document of
 * schema samebuild-error/1 in call->out. Several problems of one document are shown together. Foreign text is escaped here.
 * Returns the exit code.
 */
int sb_errors_show(struct sb_invocation *call, const struct sb_err *err);

#endif
