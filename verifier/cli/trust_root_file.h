/* SPDX-License-Identifier: Apache-2.0 */
/* Roots as files, before anybody trusts them. */
#ifndef VERIFIER_CLI_TRUST_ROOT_FILE_H
#define VERIFIER_CLI_TRUST_ROOT_FILE_H

#include "manifests/manifests.h"
#include "verifier/cli/cli.h"

struct sb_root_file {
	struct sb_trust_root root;
	uint8_t sha256[SB_SHA256_BYTES]; /* of the file */
};
/** Bytes of the file. Errors: EVIDENCE "root-unreadable"; NOMEM. */
SB_MUST_USE int sb_root_file_slurp(struct sb_invocation *call, const char *path, struct sb_span *out, struct sb_err *err);
/** Read, and nothing verified. Errors: those of sb_trust_root_read. */
SB_MUST_USE int sb_root_file_load(struct sb_invocation *call, const char *path, struct sb_root_file *out, struct sb_err *err);

#endif
