/* SPDX-License-Identifier: Apache-2.0 */
/* Trust roots and what is remembered of them, written and read again. */
#include "manifests/manifests.h"
#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(trust, .fini = no_leaks);

static const uint8_t seed[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

static void public_of(uint8_t first, uint8_t out[SB_PUBLIC_BYTES], struct sb_secret **secret)
{
	uint8_t own[32];

	cr_assert_eq(sb_hashing_start(NULL), 0);
	memcpy(own, seed, sizeof own);
	own[0] = first;
	cr_assert_eq(sb_secret_from_seed(own, secret, NULL), 0);
	sb_secret_public(*secret, out);
}

/* A key id that other clients compute: python-securesystemslib gives the same for this key. */
Test(trust, key_id)
{
	struct sb_secret *secret = NULL;
	uint8_t key[SB_PUBLIC_BYTES];
	char id[SB_TRUST_ID_TEXT];

	public_of(0, key, &secret);
	sb_trust_key_id(key, id);
	cr_assert_eq(strncmp(id, "63d00ee3", 8), 0, "%s", id);
	cr_assert_str_eq(id + 56, "8e9235b9");
	sb_secret_free(&secret);
}

/** Key 0 signs roots, key 1 policies, key 2 is a lab's. */
struct sample {
	struct sb_trust_root root;
	struct sb_trust_key keys[3];
	size_t of_root[1], of_policies[1];
	struct sb_secret *secrets[3];
};

static void make_sample(struct sample *s)
{
	*s = (struct sample){.of_root = {0}, .of_policies = {1}};
	for (unsigned i = 0; i < 3; i++) {
		s->keys[i] = (struct sb_trust_key){.not_before = INT64_MIN, .not_after = INT64_MAX};
		public_of((uint8_t)i, s->keys[i].key, &s->secrets[i]);
		sb_trust_key_id(s->keys[i].key, s->keys[i].id);
	}
	s->keys[1].party = "acme";
	s->keys[1].duties = 1u << SB_DUTY_POLICY;
	s->keys[2].party = "lab-a";
	s->keys[2].duties = 1u << SB_DUTY_REBUILDER;
	s->keys[2].not_after = 1900000000;
	s->keys[2].revoked = SB_REVOKED_LOST;
	s->keys[2].revoked_at = 1800000000;
	s->root = (struct sb_trust_root){.version = 7, .expires = 1850000000, .keys = s->keys, .key_count = 3};
	s->root.roles[SB_TRUST_ROLE_ROOT] = (struct sb_trust_quorum){s->of_root, 1, 1};
	for (unsigned role = SB_TRUST_ROLE_SNAPSHOT; role < SB_TRUST_ROLES; role++)
		s->root.roles[role] = (struct sb_trust_quorum){s->of_policies, 1, 1};
}

static void free_sample(struct sample *s)
{
	for (unsigned i = 0; i < 3; i++)
		sb_secret_free(&s->secrets[i]);
}

Test(trust, root_comes_back)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	SB_BUF struct sb_buf text = {0};
	struct sb_trust_root back;
	struct sample s;
	struct sb_err err = {0};

	make_sample(&s);
	cr_assert_eq(sb_trust_root_write(&s.root, &text, NULL), 0);
	cr_assert_eq(sb_trust_root_read(sb_buf_span(&text), "r", arena, &back, &err), 0, "%s", err.msg);
	cr_assert(back.version == 7 && back.expires == 1850000000 && back.key_count == 3);
	const struct sb_trust_key *lab = sb_trust_root_key(&back, s.keys[2].key);
	cr_assert(lab && strcmp(lab->party, "lab-a") == 0 && lab->revoked == SB_REVOKED_LOST && lab->revoked_at == 1800000000 && lab->not_after == 1900000000);
	cr_assert_eq(sb_trust_root_signers(&back, &back, SB_TRUST_ROLE_ROOT), 0);
	free_sample(&s);
}

Test(trust, signature_is_over_the_signed_part)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	SB_BUF struct sb_buf text = {0};
	SB_BUF struct sb_buf again = {0};
	struct sb_trust_signature signature;
	struct sb_trust_root back, last;
	struct sample s;

	make_sample(&s);
	cr_assert_eq(sb_trust_root_write(&s.root, &text, NULL), 0);
	cr_assert_eq(sb_trust_root_read(sb_buf_span(&text), "r", arena, &back, NULL), 0);
	memcpy(signature.id, s.keys[2].id, sizeof signature.id); /* a wrong hint */
	cr_assert_eq(sb_sign(s.secrets[0], back.signed_bytes, signature.bytes, NULL), 0);
	back.signatures = &signature;
	back.signature_count = 1;
	cr_assert_eq(sb_trust_root_write(&back, &again, NULL), 0);
	cr_assert_eq(sb_trust_root_read(sb_buf_span(&again), "r", arena, &last, NULL), 0);
	cr_assert(sb_span_equal(last.signed_bytes, back.signed_bytes));
	cr_assert_eq(sb_trust_root_signers(&last, &last, SB_TRUST_ROLE_ROOT), 1);
	cr_assert_eq(sb_trust_root_signers(&last, &last, SB_TRUST_ROLE_TARGETS), 0);
	free_sample(&s);
}

Test(trust, a_zeroed_root_is_signed_by_nobody)
{
	const struct sb_trust_root nothing = {0};

	cr_assert_eq(sb_trust_root_signers(&nothing, &nothing, SB_TRUST_ROLE_ROOT), 0);
}

Test(trust, state_comes_back)
{
	const struct sb_trust_state state = {.anchor = 1, .highest = 3, .since = 1700000000, .updated = 1700000001};
	SB_BUF struct sb_buf text = {0};
	struct sb_trust_state back;

	cr_assert_eq(sb_trust_state_write(&state, &text, NULL), 0);
	cr_assert_eq(sb_trust_state_read(sb_buf_span(&text), "s", &back, NULL), 0);
	cr_assert(back.anchor == 1 && back.highest == 3 && back.since == 1700000000 && back.updated == 1700000001);
	for (size_t n = 0; n + 1 < text.len; n++) /* without the last newline it is whole */
		if (n + 2 < text.len)
			cr_assert_eq(sb_trust_state_read(sb_span_of(text.data, n), "s", &back, NULL), SB_EVIDENCE);
}

Test(trust, a_vsa_that_says_nothing_did_not_pass)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	const struct sb_vsa nothing = {.name = "", .verifier_id = "", .resource_uri = "", .policy_uri = ""};
	SB_BUF struct sb_buf text = {0};
	struct sb_vsa_read back;

	cr_assert_eq(sb_vsa_write(&nothing, &text, NULL), 0);
	cr_assert_eq(sb_vsa_read(sb_buf_span(&text), arena, &back, NULL), 0);
	cr_assert(!back.passed && back.level == SB_LEVEL_UNDETERMINED && !back.waived);
}
