/* SPDX-License-Identifier: Apache-2.0 */
/* gate -o FORMAT=PATH: decisions in the forms that pipelines read. */
#ifndef VERIFIER_CLI_GATE_REPORTS_H
#define VERIFIER_CLI_GATE_REPORTS_H

#include "verifier/attest/attest.h"
#include "verifier/cli/cli.h"

/** Check every -o before anything is decided: sarif, junit or codequality. Errors: USAGE "report-format". */
SB_MUST_USE int sb_gate_reports_check(struct sb_invocation *call, struct sb_err *err);
/** Write every -o; `-` is stdout, in place of the text. What is not allowed is a failure in each form. Errors: TEMPORARY "report-unwritable"; NOMEM. */
SB_MUST_USE int sb_gate_reports_write(struct sb_invocation *call, const struct sb_gated *gated, const struct sb_gate_in *in, struct sb_err *err);

#endif
