/* SPDX-License-Identifier: Apache-2.0 */
/* Policies as files: plain ones, and signed ones with the root that they rest on. */
#ifndef VERIFIER_CLI_POLICY_FILE_H
#define VERIFIER_CLI_POLICY_FILE_H

#include "verifier/cli/trust_store.h"

struct sb_policy_file {
	struct sb_policy policy;
	bool is_signed;
	struct sb_span lines;      /* the envelopes of a signed one */
	struct sb_trust_held held; /* name NULL: it names no root */
};

/**
 * Read the policy in the file @path, and its root. Problems go to call->problems. No signature is looked at, and not whether the root may be used: sb_policy_file_check.
 * Errors: those of sb_policy_read and sb_trust_load; USAGE "policy-unreadable" when it is not there.
 */
SB_MUST_USE int sb_policy_file_read(struct sb_invocation *call, const char *path, struct sb_policy_file *out, struct sb_err *err);
/**
 * May be decided by it at @time? One that names a root must be signed by it, and the root be in force. @now: the time was not named, so that the clock is asked too.
 * Errors: EVIDENCE "policy-unsigned", "root-expired", "root-stale", "clock-behind".
 */
SB_MUST_USE int sb_policy_file_check(struct sb_invocation *call, const struct sb_policy_file *file, int64_t time, bool now, struct sb_err *err);
/** Both. */
SB_MUST_USE int sb_policy_file_load(struct sb_invocation *call, const char *path, int64_t time, bool now, struct sb_policy_file *out, struct sb_err *err);
/** Name, version, expiry and age of the root for a document; NULL when out of memory. */
struct sb_node *sb_policy_file_root_node(struct sb_invocation *call, const struct sb_policy_file *file, int64_t time);
/** The same as a line of text; nothing without a root. */
void sb_policy_file_add_root(struct sb_invocation *call, const struct sb_policy_file *file, int64_t time);

#endif
