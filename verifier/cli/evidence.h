/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence as files. */
#ifndef VERIFIER_CLI_EVIDENCE_H
#define VERIFIER_CLI_EVIDENCE_H

#include "verifier/attest/attest.h"
#include "verifier/cli/cli.h"

/**
 * Every --attestations into in->evidence: a file, or the regular files of a folder in the order of their names, without what lies deeper. Nothing is
 * left out: more than a gate may read is LIMIT. Errors: EVIDENCE "evidence-absent"; USAGE "option-missing"; NOMEM.
 */
SB_MUST_USE int sb_cli_load_evidence(struct sb_invocation *call, struct sb_gate_in *in, struct sb_err *err);

#endif
