/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hashing/scratch.h"
#include "tests/unit/leaks.h"

static void start(void)
{
	cr_assert_eq(sb_hashing_start(NULL), 0);
}

TestSuite(public, .init = start, .fini = no_leaks);

/* The key of the seed 00 01 … 1f; PEM and OpenSSH forms as openssl and ssh-keygen write it. */
#define HEX "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
#define SSH "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
#define PEM "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\n-----END PUBLIC KEY-----\n"

static void expect_parsed(struct sb_span text, const char *what)
{
	uint8_t due[SB_PUBLIC_BYTES], key[SB_PUBLIC_BYTES];
	struct sb_err err = {0};

	cr_assert(sb_text_unhex(sb_span_text(HEX), due, sizeof due));
	cr_expect_eq(sb_public_parse(text, key, &err), 0, "%s: %s", what, err.msg);
	cr_expect_arr_eq(key, due, sizeof key, "%s", what);
}

Test(public, every_form_is_read)
{
	static const uint8_t prefix[12] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
	uint8_t der[44];

	memcpy(der, prefix, sizeof prefix);
	cr_assert(sb_text_unhex(sb_span_text(HEX), der + 12, 32));
	expect_parsed(sb_span_of(der, sizeof der), "DER");
	expect_parsed(sb_span_text(PEM), "PEM");
	expect_parsed(sb_span_text("-----BEGIN PUBLIC KEY-----\r\nMCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\r\n-----END PUBLIC "
	                           "KEY-----\r\n"), "PEM with CR LF");
	expect_parsed(sb_span_text(SSH), "OpenSSH");
	expect_parsed(sb_span_text(SSH " somebody@somewhere\n"), "OpenSSH with a comment");
	expect_parsed(sb_span_text(HEX "\n"), "hexadecimal");
	expect_parsed(sb_span_text("03A107BFF3CE10BE1D70DD18E74BC09967E4D6309BA50D5F1DDC8664125531B8"), "capitals");
}

Test(public, forms_are_written)
{
	SB_BUF struct sb_buf pem = {0}, ssh = {0};
	uint8_t key[SB_PUBLIC_BYTES];
	char fingerprint[SB_FINGERPRINT_TEXT];

	cr_assert(sb_text_unhex(sb_span_text(HEX), key, sizeof key));
	sb_public_to_pem(key, &pem);
	cr_expect_str_eq(pem.data, PEM);
	sb_public_to_ssh(key, &ssh);
	cr_expect_str_eq(ssh.data, SSH "\n");
	sb_public_fingerprint(key, fingerprint);
	cr_expect_str_eq(fingerprint, "SHA256:lbmsoA0yIEcEiVDRnMWuzm+nV+3ZEEpVIURqFoeSspg");
}

Test(public, anything_else_is_refused)
{
	static const char *const refused[] = {
		"", " ", "\n", "-----BEGIN PUBLIC KEY-----", "-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----",
		"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg\n-----END PUBLIC KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\nMCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=\n-----END PRIVATE KEY-----\n",
		PEM PEM, "ssh-ed25519", "ssh-ed25519 ", "ssh-ed25519 \n" HEX, SSH "\n" SSH, "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
		"sk-ssh-ed25519@openssh.com AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4AAAA", HEX "00", "03a107", "samebuild-secret-key/1\nAAAA\n",
	};

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		uint8_t key[SB_PUBLIC_BYTES] = {7};
		struct sb_err err = {0};
		cr_expect_eq(sb_public_parse(sb_span_text(refused[i]), key, &err), SB_FORMAT, "%s", refused[i]);
		cr_expect_str_eq(err.id, "key-malformed");
		cr_expect_eq(key[0], 7);
	}
}

/* Zero, the eight points of low order and their other encodings, a point of mixed order (CVE-2025-69277), and y ≥ p. */
Test(public, unsound_keys_are_refused)
{
	static const char *const refused[] = {
		"0000000000000000000000000000000000000000000000000000000000000000", "0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "0000000000000000000000000000000000000000000000000000000000000080",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"0100000000000000000000000000000000000000000000000000000000000080", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"9599999999999999999999999999999999999999999999999999999999999999", "0200000000000000000000000000000000000000000000000000000000000000",
	};

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		uint8_t key[SB_PUBLIC_BYTES], parsed[SB_PUBLIC_BYTES];
		struct sb_err err = {0};
		cr_assert(sb_text_unhex(sb_span_text(refused[i]), key, sizeof key));
		cr_expect_eq(sb_public_check(key, &err), SB_EVIDENCE, "%s", refused[i]);
		cr_expect_eq(sb_public_parse(sb_span_text(refused[i]), parsed, &err), SB_EVIDENCE, "%s", refused[i]);
		cr_expect_str_eq(err.id, "key-unsound");
	}
}

/* R = identity, S = 0 under the identity as key: a naive equation accepts it for every message. */
Test(public, no_signature_is_good_under_an_unsound_key)
{
	uint8_t key[SB_PUBLIC_BYTES] = {1}, signature[SB_SIGNATURE_BYTES] = {1};
	cr_expect_not(sb_signature_good(key, sb_span_text("anything"), signature));
}

/*
 * The key is a good one plus a point of order 8, and the message was chosen so that the second part vanishes: libsodium's verification
 * accepts the signature, other programs do not. Which of them is right must not decide a verdict.
 */
Test(public, no_signature_is_good_under_a_key_of_mixed_order)
{
	uint8_t key[SB_PUBLIC_BYTES], signature[SB_SIGNATURE_BYTES];

	cr_assert(sb_text_unhex(sb_span_text("b154bd62188ae283dd187fefe8c31f5e276edf083b4cff11c9d5cff856c74440"), key, sizeof key));
	cr_assert(sb_text_unhex(sb_span_text("87cc8db1b14c7718255df0cf314691033686dee82b5d754271d2da6857512f15"
	                                     "37821409efec7b0a20893eb8dd08a3573b0b654f121534ad06969babd8732701"), signature, sizeof signature));
	cr_expect_not(sb_signature_good(key, sb_span_text("message 0"), signature));
}
