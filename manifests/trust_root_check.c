/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/trust_root_check.h"

#include <string.h>

bool sb_trust_role_has(const struct sb_trust_root *root, enum sb_trust_role role, size_t index)
{
	for (size_t i = 0; i < root->roles[role].count; i++)
		if (root->roles[role].keys[i] == index)
			return true;
	return false;
}

const struct sb_trust_key *sb_trust_root_key(const struct sb_trust_root *root, const uint8_t public_key[SB_PUBLIC_BYTES])
{
	for (size_t i = 0; i < root->key_count; i++)
		if (memcmp(root->keys[i].key, public_key, SB_PUBLIC_BYTES) == 0)
			return &root->keys[i];
	return NULL;
}

static unsigned bits(unsigned set)
{
	return (unsigned)__builtin_popcount(set);
}

/* A signature must never be good for two things: root, log, witness and statements have keys of their own. */
static void check_key(struct sb_schema *s, struct sb_place place, const struct sb_trust_root *root, size_t index)
{
	const struct sb_trust_key *key = &root->keys[index];
	bool policy = (key->duties & 1u << SB_DUTY_POLICY) != 0;
	int places = sb_trust_role_has(root, SB_TRUST_ROLE_ROOT, index) + ((key->duties & SB_DUTIES_OF_STATEMENTS) != 0) +
	                  ((key->duties & 1u << SB_DUTY_LOG) != 0) + ((key->duties & 1u << SB_DUTY_WITNESS) != 0);

	if (places > 1)
		sb_schema_problem(s, place, "root-malformed", "key %.16s stands in two of root, log, witness and statements", key->id);
	if (bits(key->duties & SB_DUTIES_OF_STATEMENTS) > 1)
		sb_schema_problem(s, place, "root-malformed", "key %.16s makes two kinds of statements", key->id);
	if (policy != sb_trust_role_has(root, SB_TRUST_ROLE_TARGETS, index))
		sb_schema_problem(s, place, "root-malformed", "key %.16s is of the role policy and not of targets, or the other way round", key->id);
	for (size_t i = 0; i < index; i++) {
		const struct sb_trust_key *before = &root->keys[i];
		unsigned mine = key->duties & SB_DUTIES_OF_STATEMENTS, theirs = before->duties & SB_DUTIES_OF_STATEMENTS;
		if (memcmp(before->key, key->key, SB_PUBLIC_BYTES) == 0)
			sb_schema_problem(s, place, "root-malformed", "key %.16s stands here twice", key->id);
		if (key->party && before->party && strcmp(key->party, before->party) == 0 && mine && theirs && mine != theirs)
			sb_schema_problem(s, place, "root-malformed", "%s makes one kind of statements with one key and another with another", key->party);
	}
}

void sb_trust_root_check(struct sb_schema *s, struct sb_place place, const struct sb_trust_root *root)
{
	for (size_t i = 0; i < root->key_count; i++)
		check_key(s, place, root, i);
}

static bool has_signed(const struct sb_trust_root *root, const uint8_t public_key[SB_PUBLIC_BYTES])
{
	for (size_t i = 0; i < root->signature_count; i++)
		if (sb_signature_good(public_key, root->signed_bytes, root->signatures[i].bytes))
			return true;
	return false;
}

size_t sb_trust_root_signers(const struct sb_trust_root *root, const struct sb_trust_root *by, enum sb_trust_role role)
{
	size_t found = 0;

	if (root->signed_bytes.n == 0)
		return 0;
	for (size_t i = 0; i < by->roles[role].count; i++) /* reading made sure that these are different keys */
		found += has_signed(root, by->keys[by->roles[role].keys[i]].key);
	return found;
}
