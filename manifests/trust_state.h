/* SPDX-License-Identifier: Apache-2.0 */
/* What an installation remembers of a root: where its chain begins, how far it has come, and since when. Schema samebuild-trust/1: docs/trust.md. */
#ifndef MANIFESTS_TRUST_STATE_H
#define MANIFESTS_TRUST_STATE_H

#include "hashing/hashing.h"
#include "manifests/node.h"

struct sb_trust_state {
	uint64_t anchor;   /* version at which somebody pinned the root */
	uint8_t anchor_sha256[SB_SHA256_BYTES]; /* of its file */
	uint64_t highest;  /* version in use: never falls */
	uint8_t highest_sha256[SB_SHA256_BYTES];
	int64_t since;     /* seconds since 1970: when that version came */
	int64_t updated;   /* when it was last looked for a later one: the clock has been there */
};

/** Canonical JSON and a newline. Errors: NOMEM. */
SB_MUST_USE int sb_trust_state_write(const struct sb_trust_state *state, struct sb_buf *out, struct sb_err *err);
/** Strict. Errors: EVIDENCE "trust-damaged"; NOMEM. */
SB_MUST_USE int sb_trust_state_read(struct sb_span text, const char *name, struct sb_trust_state *out, struct sb_err *err);

#endif
