/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence as files of one envelope a line, whatever it came as. */
#ifndef VERIFIER_CLI_ENVELOPES_H
#define VERIFIER_CLI_ENVELOPES_H

#include "verifier/cli/cli.h"

/** A file of evidence, in call->arena. Errors: EVIDENCE "evidence-absent"; NOMEM. */
SB_MUST_USE int sb_cli_load_attestation(struct sb_invocation *call, const char *path, struct sb_span *out, struct sb_err *err);
/**
 * @file as envelopes, one a line: sigstore bundles, alone in a file or one a line, give the envelope that they hold; every other line stays as it is.
 * Nothing is verified. Errors: EVIDENCE "bundle-malformed"; NOMEM.
 */
SB_MUST_USE int sb_cli_as_envelopes(struct sb_invocation *call, struct sb_span file, struct sb_span *out, struct sb_err *err);
/** Likewise for evidence of which nothing is known: a bundle that is malformed stays what it is, a line that says nothing. Errors: LIMIT; NOMEM. */
SB_MUST_USE int sb_cli_open_bundles(struct sb_invocation *call, struct sb_span file, struct sb_span *out, struct sb_err *err);
/** The only line of @file that is not empty. Errors: EVIDENCE "evidence-absent", "evidence-many". */
SB_MUST_USE int sb_cli_only_line(struct sb_span file, struct sb_span *out, struct sb_err *err);

/** `attest sign FILE`: add a signature to a statement whose signatures were verified. */
SB_MUST_USE int sb_cli_cosign(struct sb_invocation *call, const char *path, const char *key, struct sb_err *err);

#endif
