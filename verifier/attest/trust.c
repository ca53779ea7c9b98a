/* SPDX-License-Identifier: Apache-2.0 */
/* Chains of roots: each version is signed by those of the version before and by its own. */
#include "verifier/attest/attest.h"

#include <inttypes.h>
#include <string.h>

static int signed_enough(const struct sb_trust_root *root, const struct sb_trust_root *by, struct sb_err *err)
{
	size_t found = sb_trust_root_signers(root, by, SB_TRUST_ROLE_ROOT), needed = by->roles[SB_TRUST_ROLE_ROOT].threshold;

	if (needed > 0 && found >= needed)
		return 0;
	return sb_fail(err, SB_EVIDENCE, "root-unsigned", "version %" PRIu64 " is signed by %zu of the %zu keys that version %" PRIu64 " asks for", root->version,
	               found, needed, by->version);
}

int sb_attest_trust_begin(const struct sb_trust_root *root, struct sb_span file, const uint8_t sha256[SB_SHA256_BYTES], struct sb_err *err)
{
	struct sb_digest digest;

	sb_hash_span(file, SB_DIGEST_SHA256, &digest);
	if (memcmp(digest.sha256, sha256, SB_SHA256_BYTES) != 0)
		return sb_fail(err, SB_EVIDENCE, "root-digest", "the file does not have the SHA-256 that was named");
	return signed_enough(root, root, err);
}

int sb_attest_trust_follow(const struct sb_trust_root *root, const struct sb_trust_root *next, struct sb_err *err)
{
	if (next->version <= root->version)
		return sb_fail(err, SB_EVIDENCE, "root-rollback", "version %" PRIu64 " is not later than version %" PRIu64 ", which is known here", next->version,
		               root->version);
	if (next->version != root->version + 1)
		return sb_fail(err, SB_EVIDENCE, "root-gap", "version %" PRIu64 " does not follow version %" PRIu64 ": every version between them is needed",
		               next->version, root->version);
	int rc = signed_enough(next, root, err);
	return rc ? rc : signed_enough(next, next, err);
}

int sb_attest_trust_current(const struct sb_trust_root *root, int64_t since, uint64_t max_age, int64_t time, struct sb_err *err)
{
	char text[SB_MOMENT_TEXT];

	if (time >= root->expires) {
		(void)sb_moment_write(root->expires, text);
		return sb_fail(err, SB_EVIDENCE, "root-expired", "version %" PRIu64 " of the root expired at %s", root->version, text);
	}
	if (max_age && time > since && (uint64_t)(time - since) > max_age)
		return sb_fail(err, SB_EVIDENCE, "root-stale", "version %" PRIu64 " of the root has been here for %" PRIu64 " days, and the policy asks for a newer one",
		               root->version, (uint64_t)(time - since) / 86400);
	return 0;
}

static bool is_root_key(const struct sb_trust_root *root, const uint8_t public_key[SB_PUBLIC_BYTES])
{
	const struct sb_trust_key *key = root ? sb_trust_root_key(root, public_key) : NULL;
	return key && sb_trust_role_has(root, SB_TRUST_ROLE_ROOT, (size_t)(key - root->keys));
}

int sb_attest_trust_sign(struct sb_trust_root *root, const struct sb_trust_root *previous, const struct sb_secret *secret, struct sb_arena *arena,
                         struct sb_err *err)
{
	uint8_t public_key[SB_PUBLIC_BYTES];
	struct sb_trust_signature made;
	size_t at = 0;

	sb_secret_public(secret, public_key);
	if (!is_root_key(root, public_key) && !is_root_key(previous, public_key))
		return sb_fail(err, SB_USAGE, "root-signer", "this key signs no root: it is of the role root neither here nor in the version before");
	sb_trust_key_id(public_key, made.id);
	int rc = sb_sign(secret, root->signed_bytes, made.bytes, err);
	if (rc)
		return rc;
	struct sb_trust_signature *all = sb_arena_array(arena, root->signature_count + 1, sizeof *all);
	if (!all)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (root->signature_count)
		memcpy(all, root->signatures, root->signature_count * sizeof *all);
	while (at < root->signature_count && strcmp(all[at].id, made.id) != 0)
		at++;
	all[at] = made;
	root->signature_count += at == root->signature_count;
	root->signatures = all;
	return 0;
}
