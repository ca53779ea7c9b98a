/* SPDX-License-Identifier: Apache-2.0 */
/* Policies that those have signed whom a root names for it. */
#include "verifier/attest/gate.h"

#include <inttypes.h>
#include <string.h>

bool sb_attest_may_sign_policies(const struct sb_trust_root *root, size_t index, int64_t time)
{
	const struct sb_trust_key *key = &root->keys[index];

	/* Nobody witnesses policies: of a key that was lost nobody knows what it signed before. */
	return sb_trust_role_has(root, SB_TRUST_ROLE_TARGETS, index) && (key->duties & 1u << SB_DUTY_POLICY) && key->revoked == SB_REVOKED_NOT && time >= key->not_before &&
	       time < key->not_after;
}

/* Marks who signed this line; all lines hold one and the same policy. */
static int count_line(struct sb_span line, const struct sb_trust_root *root, int64_t time, struct sb_arena *arena, struct sb_span *policy, bool *signers,
                      struct sb_err *err)
{
	SB_BUF struct sb_buf encoded = {0};
	struct sb_dsse envelope;

	int rc = sb_dsse_read(line, arena, &envelope, err);
	if (rc)
		return rc;
	if (strcmp(envelope.type, SB_DSSE_POLICY) != 0)
		return sb_fail(err, SB_EVIDENCE, "policy-unsigned", "the envelope does not hold a policy");
	if (policy->p && !sb_span_equal(*policy, envelope.payload))
		return sb_fail(err, SB_EVIDENCE, "policy-unsigned", "the envelopes hold different policies");
	*policy = envelope.payload;
	sb_dsse_pae(envelope.type, envelope.payload, &encoded);
	for (size_t i = 0; !encoded.bad && root && i < root->key_count; i++)
		if (!signers[i] && sb_attest_may_sign_policies(root, i, time))
			signers[i] = sb_dsse_signed_over(&envelope, sb_buf_span(&encoded), root->keys[i].key);
	return sb_buf_ok(&encoded, err);
}

int sb_attest_policy_open(struct sb_span lines, struct sb_arena *arena, struct sb_span *out, struct sb_err *err)
{
	struct sb_span line = {0};

	while (lines.n && line.n == 0)
		line = sb_span_take_line(&lines);
	*out = (struct sb_span){0};
	return count_line(line, NULL, 0, arena, out, NULL, err);
}

int sb_attest_policy_check(struct sb_span lines, const struct sb_trust_root *root, int64_t time, struct sb_arena *arena, struct sb_err *err)
{
	size_t needed = root->roles[SB_TRUST_ROLE_TARGETS].threshold, found = 0;
	bool *signers = sb_arena_array(arena, root->key_count, sizeof *signers);
	struct sb_span policy = {0};

	if (!signers)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	while (lines.n) {
		struct sb_span line = sb_span_take_line(&lines);
		int rc = line.n ? count_line(line, root, time, arena, &policy, signers, err) : 0;
		if (rc)
			return rc;
	}
	for (size_t i = 0; i < root->key_count; i++)
		found += signers[i];
	if (needed > 0 && found >= needed)
		return 0;
	return sb_fail(err, SB_EVIDENCE, "policy-unsigned", "the policy is signed by %zu of the %zu keys that version %" PRIu64 " of the root asks for", found, needed,
	               root->version);
}

int sb_attest_policy_sign(const struct sb_policy *policy, const struct sb_trust_root *root, int64_t time, const struct sb_secret *secret, struct sb_buf *out,
                          struct sb_err *err)
{
	uint8_t public_key[SB_PUBLIC_BYTES];

	sb_secret_public(secret, public_key);
	const struct sb_trust_key *key = sb_trust_root_key(root, public_key);
	if (!key || !sb_attest_may_sign_policies(root, (size_t)(key - root->keys), time))
		return sb_fail(err, SB_USAGE, "policy-signer", "the root gives this key no policies to sign, or does so no more");
	return sb_dsse_sign(SB_DSSE_POLICY, policy->canonical, secret, out, err);
}
