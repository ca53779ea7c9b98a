/* SPDX-License-Identifier: Apache-2.0 */
/* Facts on the command line of `verify` and `init`, and what --solve found, for a person. */
#ifndef VERIFIER_CLI_SOLVING_H
#define VERIFIER_CLI_SOLVING_H

#include "manifests/manifests.h"
#include "verifier/cli/cli.h"

/** The facts in --facts; *given says whether there is such an option. Values are plausible. Errors: USAGE "facts-malformed". */
SB_MUST_USE int sb_cli_load_fact_set(struct sb_invocation *call, struct sb_fact_set *out, bool *given, struct sb_err *err);
/** Keep the facts to begin with next time as facts.json beside run @id; nothing when there are none. Errors: TEMPORARY "run-unwritable". */
SB_MUST_USE int sb_cli_keep_facts(struct sb_invocation *call, const char *id, const struct sb_solving *solving, struct sb_err *err);
/** Lines of the summary. */
void sb_cli_tell_solving(struct sb_invocation *call, const struct sb_solving *solving);

#endif
