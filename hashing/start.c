/* SPDX-License-Identifier: Apache-2.0 */
#include "hashing/hashing.h"

#include <sodium.h>
#include <string.h>

/* A point outside the main subgroup, which unfixed builds of the library take for valid: CVE-2025-69277. */
static bool refuses_unsound_point(void)
{
	uint8_t point[SB_PUBLIC_BYTES];
	memset(point, 0x99, sizeof point);
	point[0] = 0x95;
	return crypto_core_ed25519_is_valid_point(point) == 0;
}

/* RFC 8032 section 7.1, test 2. */
static bool signs_as_known(void)
{
	static const uint8_t seed[32] = {0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11, 0x4e, 0x0f,
	                                 0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb};
	static const uint8_t start[8] = {0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8};
	uint8_t public_key[32], secret_key[64], signature[64];
	const uint8_t message[1] = {0x72};

	crypto_sign_ed25519_seed_keypair(public_key, secret_key, seed);
	crypto_sign_ed25519_detached(signature, NULL, message, sizeof message, secret_key);
	return memcmp(signature, start, sizeof start) == 0 &&
	       crypto_sign_ed25519_verify_detached(signature, message, sizeof message, public_key) == 0;
}

/** SHA-256 by nettle and by libsodium, in pieces and in one. */
static bool digests_agree(void)
{
	uint8_t bytes[1000], expected[crypto_hash_sha256_BYTES];
	struct sb_digest digest;
	struct sb_hash hash;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	for (size_t n = 0; n <= sizeof bytes; n += 37) {
		crypto_hash_sha256(expected, bytes, n);
		sb_hash_init(&hash, SB_DIGEST_SHA256);
		sb_hash_update(&hash, sb_span_of(bytes, n / 3));
		sb_hash_update(&hash, sb_span_of(bytes + n / 3, n - n / 3));
		sb_hash_final(&hash, &digest);
		if (memcmp(digest.sha256, expected, sizeof expected) != 0)
			return false;
	}
	return true;
}

int sb_hashing_start(struct sb_err *err)
{
	if (sodium_init() < 0)
		return sb_fail(err, SB_INTERNAL, "crypto-unsound", "libsodium does not start");
	if (!refuses_unsound_point())
		return sb_fail(err, SB_INTERNAL, "crypto-unsound", "libsodium takes an unsound point for a key (CVE-2025-69277)");
	if (!digests_agree())
		return sb_fail(err, SB_INTERNAL, "crypto-unsound", "the SHA-256 of nettle and that of libsodium differ");
	return signs_as_known() ? 0 : sb_fail(err, SB_INTERNAL, "crypto-unsound", "libsodium does not reproduce a known signature");
}
