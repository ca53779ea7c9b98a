/* SPDX-License-Identifier: Apache-2.0 */
/* gate --sign: what was decided, handed on. */
#ifndef VERIFIER_CLI_GATE_SIGN_H
#define VERIFIER_CLI_GATE_SIGN_H

#include "verifier/attest/attest.h"
#include "verifier/cli/cli.h"

/** Are the options of signing there, and can the key be used? Before anything is decided. Nothing without --sign. Errors: USAGE. */
SB_MUST_USE int sb_gate_sign_check(struct sb_invocation *call, struct sb_err *err);
/** Sign and write the summaries. Errors: those of keys; TEMPORARY "report-unwritable". */
SB_MUST_USE int sb_gate_sign(struct sb_invocation *call, const struct sb_gated *gated, const struct sb_gate_in *in, struct sb_err *err);

#endif
