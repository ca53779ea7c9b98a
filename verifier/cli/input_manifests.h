/* SPDX-License-Identifier: Apache-2.0 */
/* --input-manifests DIR: what files were made of, as OmniBOR keeps it. */
#ifndef VERIFIER_CLI_INPUT_MANIFESTS_H
#define VERIFIER_CLI_INPUT_MANIFESTS_H

#include "verifier/cli/cli.h"
#include "verifier/model/model.h"

/**
 * Write them when they are asked for; files that have none are told on stderr. Errors: ABSENT "input-manifest-absent" without a trace that can be trusted;
 * TEMPORARY "report-unwritable".
 */
SB_MUST_USE int sb_input_manifests_write(struct sb_invocation *call, const struct sb_result *result, struct sb_err *err);

#endif
