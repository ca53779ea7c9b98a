/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time on the command line. */
#ifndef VERIFIER_CLI_MOMENTS_H
#define VERIFIER_CLI_MOMENTS_H

#include "verifier/cli/cli.h"

/** Seconds since 1970 of --time, or now. Errors: USAGE "option-value". */
SB_MUST_USE int sb_cli_time(struct sb_invocation *call, int64_t *out, struct sb_err *err);
/** Of option @name; @otherwise when it is not given. */
SB_MUST_USE int sb_cli_moment(struct sb_invocation *call, const char *name, int64_t otherwise, int64_t *out, struct sb_err *err);

#endif
