/* SPDX-License-Identifier: Apache-2.0 */
/* Roots that this installation has pinned: $XDG_DATA_HOME/samebuild/trust/NAME, docs/trust.md. */
#ifndef VERIFIER_CLI_TRUST_STORE_H
#define VERIFIER_CLI_TRUST_STORE_H

#include "verifier/attest/attest.h"
#include "verifier/cli/cli.h"

/** A root that was pinned here, at the highest version that was ever seen. Strings live in call->arena. */
struct sb_trust_held {
	const char *name;
	struct sb_trust_state state;
	struct sb_trust_root root;
};

/**
 * Read the root @name and verify its chain again from the version that was pinned. Whether it has expired is not asked.
 * Errors: USAGE "trust-name"; EVIDENCE "trust-unknown", "trust-unsafe" (others may write there), "trust-damaged", those of the chain; NOMEM.
 */
SB_MUST_USE int sb_trust_load(struct sb_invocation *call, const char *name, struct sb_trust_held *out, struct sb_err *err);
/** Pin @file, whose digest somebody has named, as the first version of a new root @name. Errors: as above; USAGE "trust-known"; TEMPORARY "trust-unwritable". */
SB_MUST_USE int sb_trust_pin(struct sb_invocation *call, const char *name, struct sb_span file, const uint8_t sha256[SB_SHA256_BYTES], int64_t now,
                             struct sb_trust_held *out, struct sb_err *err);
/**
 * Take later versions, in any order; what is known already may be among them. They are durable when this returns 0, and when the last one has expired.
 * Errors: as above; EVIDENCE "root-conflict" (another document of a known version), "root-expired", "clock-behind".
 */
SB_MUST_USE int sb_trust_advance(struct sb_invocation *call, const char *name, const struct sb_span *files, size_t count, int64_t now,
                                 struct sb_trust_held *out, struct sb_err *err);
/** EVIDENCE "clock-behind" when @now lies before the last update: the clock was set back, and what has expired would look fresh. */
SB_MUST_USE int sb_trust_check_clock(const struct sb_trust_held *held, int64_t now, struct sb_err *err);

#endif
