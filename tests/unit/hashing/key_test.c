/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hashing/scratch.h"
#include "tests/unit/leaks.h"

#include <sys/resource.h>

static void start(void)
{
	cr_assert_eq(sb_hashing_start(NULL), 0);
}

TestSuite(key, .init = start, .fini = no_leaks);

static struct sb_secret *secret_of(const char *seed_hex)
{
	uint8_t seed[32];
	struct sb_secret *secret = NULL;

	cr_assert(sb_text_unhex(sb_span_text(seed_hex), seed, sizeof seed));
	cr_assert_eq(sb_secret_from_seed(seed, &secret, NULL), 0);
	return secret;
}

/* RFC 8032 section 7.1, tests 1 to 3. */
Test(key, signatures_of_rfc_8032)
{
	static const struct {
		const char *seed, *public_key, *message, *signature;
	} rows[] = {
		{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		 "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
		{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
		 "\x72",
		 "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
		{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
		 "\xaf\x82",
		 "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sb_secret *secret = secret_of(rows[i].seed);
		uint8_t public_key[SB_PUBLIC_BYTES], signature[SB_SIGNATURE_BYTES];
		sb_secret_public(secret, public_key);
		expect_hex(sb_span_of(public_key, sizeof public_key), rows[i].public_key);
		cr_assert_eq(sb_sign(secret, sb_span_text(rows[i].message), signature, NULL), 0);
		expect_hex(sb_span_of(signature, sizeof signature), rows[i].signature);
		cr_expect(sb_signature_good(public_key, sb_span_text(rows[i].message), signature));
		sb_secret_free(&secret);
		cr_expect_null(secret);
	}
}

/* The envelope {} of type application/vnd.in-toto+json under the seed 00 01 … 1f. openssl agrees. */
Test(key, envelope_vector)
{
	static const char pae[] = "DSSEv1 28 application/vnd.in-toto+json 2 {}";
	struct sb_secret *secret = secret_of("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	uint8_t public_key[SB_PUBLIC_BYTES], signature[SB_SIGNATURE_BYTES];
	SB_BUF struct sb_buf text = {0};
	struct sb_digest digest;

	sb_hash_span(sb_span_text(pae), SB_DIGEST_SHA256, &digest);
	expect_hex(sb_span_of(digest.sha256, SB_SHA256_BYTES), "4842cb1ba6fed6e460d8a0d56f6b64ccf1f1e11f7714a7f282080d5780251b63");
	sb_secret_public(secret, public_key);
	expect_hex(sb_span_of(public_key, sizeof public_key), "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8");
	cr_assert_eq(sb_sign(secret, sb_span_text(pae), signature, NULL), 0);
	sb_base64(sb_span_of(signature, sizeof signature), &text);
	cr_expect_str_eq(text.data, "dWG98CPWh3lAzt/mxzJ7Nc6Avgf2tjap4msM5gNmMV9Lpu+TWkZMk3lP/u6Su450zcqkLQw21MTZfwU07XgjCw==");
	sb_secret_free(&secret);
}

Test(key, every_bit_of_a_signature_counts)
{
	struct sb_secret *secret = NULL;
	uint8_t public_key[SB_PUBLIC_BYTES], signature[SB_SIGNATURE_BYTES];

	cr_assert_eq(sb_secret_generate(&secret, NULL), 0);
	sb_secret_public(secret, public_key);
	cr_assert_eq(sb_sign(secret, sb_span_text("letter"), signature, NULL), 0);
	cr_expect(sb_signature_good(public_key, sb_span_text("letter"), signature));
	cr_expect_not(sb_signature_good(public_key, sb_span_text("lettes"), signature));
	cr_expect_not(sb_signature_good(public_key, sb_span_text("lett"), signature));
	for (unsigned bit = 0; bit < 8 * SB_SIGNATURE_BYTES; bit++) {
		signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
		cr_assert_not(sb_signature_good(public_key, sb_span_text("letter"), signature), "bit %u", bit);
		signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (unsigned bit = 0; bit < 8 * SB_PUBLIC_BYTES; bit++) {
		public_key[bit / 8] ^= (uint8_t)(1u << bit % 8);
		cr_assert_not(sb_signature_good(public_key, sb_span_text("letter"), signature), "key bit %u", bit);
		public_key[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	sb_secret_free(&secret);
}

/* S + L is another encoding of the same scalar: signatures must not be malleable (RFC 8032 section 5.1.7). */
Test(key, a_signature_has_one_form)
{
	static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
	                                  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10};
	struct sb_secret *secret = secret_of("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	uint8_t public_key[SB_PUBLIC_BYTES], signature[SB_SIGNATURE_BYTES];
	unsigned carry = 0;

	sb_secret_public(secret, public_key);
	cr_assert_eq(sb_sign(secret, sb_span_text("m"), signature, NULL), 0);
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)signature[32 + i] + order[i];
		signature[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	cr_expect_eq(carry, 0);
	cr_expect_not(sb_signature_good(public_key, sb_span_text("m"), signature));
	sb_secret_free(&secret);
}

Test(key, two_keys_are_two_keys)
{
	struct sb_secret *a = NULL, *b = NULL;
	uint8_t pa[SB_PUBLIC_BYTES], pb[SB_PUBLIC_BYTES];

	cr_assert_eq(sb_secret_generate(&a, NULL), 0);
	cr_assert_eq(sb_secret_generate(&b, NULL), 0);
	sb_secret_public(a, pa);
	sb_secret_public(b, pb);
	cr_expect_neq(memcmp(pa, pb, sizeof pa), 0);
	cr_expect_eq(sb_public_check(pa, NULL), 0);
	sb_secret_free(&a);
	sb_secret_free(&b);
	sb_secret_free(&b);
}

Test(key, guarded_memory_and_comparison)
{
	char *p = sb_guarded_alloc(5);

	cr_assert_not_null(p);
	memcpy(p, "pass", 5);
	cr_expect(sb_same_bytes(p, "pass", 5));
	cr_expect_not(sb_same_bytes(p, "pasT", 5));
	sb_guarded_free(p);
	sb_guarded_free(NULL);
}

#ifndef SB_SANITIZED /* which makes mlock do nothing and has guard pages of its own */
Test(key, memory_that_cannot_be_locked_is_told)
{
	const struct rlimit none = {0, 0};

	if (geteuid() == 0 && (setgid(54321) || setuid(54321)))
		cr_skip_test("cannot become an ordinary user");
	cr_assert_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	cr_expect_not(sb_secrets_locked());
	struct sb_secret *secret = NULL;
	cr_expect_eq(sb_secret_generate(&secret, NULL), 0);
	sb_secret_free(&secret);
}

/* One byte after the end lies on a guard page. */
Test(key, guarded_memory_has_a_wall, .signal = SIGSEGV)
{
	volatile char *p = sb_guarded_alloc(16);
	cr_assert_not_null((const void *)(uintptr_t)p);
	p[16] = 1;
}
#endif
