/* SPDX-License-Identifier: Apache-2.0 */
/* Policies and evidence as files. */
#ifndef VERIFIER_CLI_EVIDENCE_H
#define VERIFIER_CLI_EVIDENCE_H

#include "verifier/attest/attest.h"
#include "verifier/cli/cli.h"

/** A policy file; problems go to call->problems. Errors: those of sb_policy_read; USAGE "policy-unreadable" when it is not there. */
SB_MUST_USE int sb_cli_load_policy(struct sb_invocation *call, const char *path, struct sb_policy *out, struct sb_err *err);
/**
 * Every --attestations into in->evidence: a file, or the regular files of a folder in the order of their names, without what lies deeper. Nothing is
 * left out: more than a gate may read is LIMIT. Errors: EVIDENCE "evidence-absent"; USAGE "option-missing"; NOMEM.
 */
SB_MUST_USE int sb_cli_load_evidence(struct sb_invocation *call, struct sb_gate_in *in, struct sb_err *err);

#endif
