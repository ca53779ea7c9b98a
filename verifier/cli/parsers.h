/* SPDX-License-Identifier: Apache-2.0 */
/* Parsers for a verb whose whole work needs them. */
#ifndef VERIFIER_CLI_PARSERS_H
#define VERIFIER_CLI_PARSERS_H

#include "verifier/cli/cli.h"
#include "verifier/parsing/parsing.h"

typedef int sb_work_with_parsers(struct sb_invocation *call, struct sb_parsers *parsers, struct sb_err *err);
/** Start parsers, before anything foreign is there, do @work and stop them. Errors: those of sb_parsers_start and of @work. */
SB_MUST_USE int sb_cli_with_parsers(struct sb_invocation *call, sb_work_with_parsers *work, struct sb_err *err);

#endif
