/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys: checks and names. */
#include "hashing/forms.h"

#include <sodium.h>
#include <string.h>

int sb_public_check(const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_err *err)
{
	if (crypto_core_ed25519_is_valid_point(public_key) == 1)
		return 0;
	return sb_fail(err, SB_EVIDENCE, "key-unsound", "the public key is no sound Ed25519 point");
}

bool sb_signature_holds(const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_span message, const uint8_t signature[SB_SIGNATURE_BYTES])
{
	return crypto_sign_ed25519_verify_detached(signature, message.p, message.n, public_key) == 0;
}

bool sb_signature_good(const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_span message, const uint8_t signature[SB_SIGNATURE_BYTES])
{
	return sb_public_check(public_key, NULL) == 0 && sb_signature_holds(public_key, message, signature);
}

void sb_public_fingerprint(const uint8_t public_key[SB_PUBLIC_BYTES], char out[SB_FINGERPRINT_TEXT])
{
	uint8_t blob[sizeof sb_ssh_prefix + SB_PUBLIC_BYTES], digest[SB_SHA256_BYTES];

	memcpy(blob, sb_ssh_prefix, sizeof sb_ssh_prefix);
	memcpy(blob + sizeof sb_ssh_prefix, public_key, SB_PUBLIC_BYTES);
	crypto_hash_sha256(digest, blob, sizeof blob);
	memcpy(out, "SHA256:", 7);
	sodium_bin2base64(out + 7, SB_FINGERPRINT_TEXT - 7, digest, sizeof digest, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

void sb_public_to_pem(const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_buf *out)
{
	uint8_t der[sizeof sb_spki_prefix + SB_PUBLIC_BYTES];

	memcpy(der, sb_spki_prefix, sizeof sb_spki_prefix);
	memcpy(der + sizeof sb_spki_prefix, public_key, SB_PUBLIC_BYTES);
	sb_buf_text(out, "-----BEGIN " SB_PEM_PUBLIC "-----\n");
	sb_base64(sb_span_of(der, sizeof der), out);
	sb_buf_text(out, "\n-----END " SB_PEM_PUBLIC "-----\n");
}

void sb_public_to_ssh(const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_buf *out)
{
	uint8_t blob[sizeof sb_ssh_prefix + SB_PUBLIC_BYTES];

	memcpy(blob, sb_ssh_prefix, sizeof sb_ssh_prefix);
	memcpy(blob + sizeof sb_ssh_prefix, public_key, SB_PUBLIC_BYTES);
	sb_buf_text(out, "ssh-ed25519 ");
	sb_base64(sb_span_of(blob, sizeof blob), out);
	sb_buf_text(out, "\n");
}
