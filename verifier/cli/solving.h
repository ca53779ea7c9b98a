/* SPDX-License-Identifier: Apache-2.0 */
/* Facts and roots on the command line of `verify` and `init`. */
#ifndef VERIFIER_CLI_SOLVING_H
#define VERIFIER_CLI_SOLVING_H

#include "manifests/manifests.h"
#include "verifier/cli/cli.h"
#include "verifier/pipeline/pipeline.h"

/** The facts in --facts; *given says whether there is such an option. Values are plausible. Errors: USAGE "facts-malformed". */
SB_MUST_USE int sb_cli_load_fact_set(struct sb_invocation *call, struct sb_fact_set *out, bool *given, struct sb_err *err);
/** Keep the facts to begin with next time as facts.json beside run @id; nothing when there are none. Errors: TEMPORARY "run-unwritable". */
SB_MUST_USE int sb_cli_keep_facts(struct sb_invocation *call, const char *id, const struct sb_solving *solving, struct sb_err *err);
/** Roots beside the manifest's. */
struct sb_cli_roots {
	struct sb_other_root *items; /* in the arena of the call */
	size_t count;
};
/** Open every --toolchain of `verify`; without --solve and --facts they are a mistake. Errors: USAGE "toolchain-unreadable", "option-value". Close @out in any case. */
SB_MUST_USE int sb_cli_open_roots(struct sb_invocation *call, struct sb_cli_roots *out, struct sb_err *err);
void sb_cli_close_roots(struct sb_cli_roots *roots);

#endif
