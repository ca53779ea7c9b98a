/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys: checks, and the shapes in which other programs hold them. */
#include "hashing/hashing.h"

#include <sodium.h>
#include <string.h>

/* SubjectPublicKeyInfo of Ed25519: RFC 8410 section 4. */
static const uint8_t spki_prefix[12] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
/* string "ssh-ed25519", length of the key: RFC 8709 section 4. */
static const uint8_t ssh_prefix[19] = {0, 0, 0, 11, 's', 's', 'h', '-', 'e', 'd', '2', '5', '5', '1', '9', 0, 0, 0, 32};

static const char pem_begin[] = "-----BEGIN PUBLIC KEY-----";
static const char pem_end[] = "-----END PUBLIC KEY-----";

int sb_public_check(const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_err *err)
{
	if (crypto_core_ed25519_is_valid_point(public_key) == 1)
		return 0;
	return sb_fail(err, SB_EVIDENCE, "key-unsound", "the public key is no sound Ed25519 point");
}

bool sb_signature_good(const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_span message, const uint8_t signature[SB_SIGNATURE_BYTES])
{
	return sb_public_check(public_key, NULL) == 0 && crypto_sign_ed25519_verify_detached(signature, message.p, message.n, public_key) == 0;
}

void sb_public_fingerprint(const uint8_t public_key[SB_PUBLIC_BYTES], char out[SB_FINGERPRINT_TEXT])
{
	uint8_t blob[sizeof ssh_prefix + SB_PUBLIC_BYTES], digest[SB_SHA256_BYTES];

	memcpy(blob, ssh_prefix, sizeof ssh_prefix);
	memcpy(blob + sizeof ssh_prefix, public_key, SB_PUBLIC_BYTES);
	crypto_hash_sha256(digest, blob, sizeof blob);
	memcpy(out, "SHA256:", 7);
	sodium_bin2base64(out + 7, SB_FINGERPRINT_TEXT - 7, digest, sizeof digest, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

void sb_public_to_pem(const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_buf *out)
{
	uint8_t der[sizeof spki_prefix + SB_PUBLIC_BYTES];

	memcpy(der, spki_prefix, sizeof spki_prefix);
	memcpy(der + sizeof spki_prefix, public_key, SB_PUBLIC_BYTES);
	sb_buf_printf(out, "%s\n", pem_begin);
	sb_base64(sb_span_of(der, sizeof der), out);
	sb_buf_printf(out, "\n%s\n", pem_end);
}

void sb_public_to_ssh(const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_buf *out)
{
	uint8_t blob[sizeof ssh_prefix + SB_PUBLIC_BYTES];

	memcpy(blob, ssh_prefix, sizeof ssh_prefix);
	memcpy(blob + sizeof ssh_prefix, public_key, SB_PUBLIC_BYTES);
	sb_buf_text(out, "ssh-ed25519 ");
	sb_base64(sb_span_of(blob, sizeof blob), out);
	sb_buf_text(out, "\n");
}

static struct sb_span trimmed(struct sb_span text)
{
	while (text.n && (text.p[0] == ' ' || text.p[0] == '\n' || text.p[0] == '\r' || text.p[0] == '\t'))
		text = sb_span_of(text.p + 1, text.n - 1);
	while (text.n && (text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r' || text.p[text.n - 1] == '\t'))
		text.n--;
	return text;
}

/* @prefix and 32 bytes, and nothing else. */
static bool after_prefix(struct sb_span bytes, const uint8_t *prefix, size_t n, uint8_t out[SB_PUBLIC_BYTES])
{
	if (bytes.n != n + SB_PUBLIC_BYTES || !sb_span_starts(bytes, prefix, n))
		return false;
	memcpy(out, bytes.p + n, SB_PUBLIC_BYTES);
	return true;
}

static bool from_base64(struct sb_span text, const uint8_t *prefix, size_t n, uint8_t out[SB_PUBLIC_BYTES])
{
	SB_BUF struct sb_buf bytes = {.ceiling = 4096};
	return sb_unbase64(text, &bytes, NULL) == 0 && after_prefix(sb_buf_span(&bytes), prefix, n, out);
}

static bool from_pem(struct sb_span text, uint8_t out[SB_PUBLIC_BYTES])
{
	size_t begin = sizeof pem_begin - 1, end = sizeof pem_end - 1;

	if (!sb_span_starts(text, pem_begin, begin) || text.n < begin + end || memcmp(text.p + text.n - end, pem_end, end) != 0)
		return false;
	return from_base64(trimmed(sb_span_of(text.p + begin, text.n - begin - end)), spki_prefix, sizeof spki_prefix, out);
}

/* "ssh-ed25519 AAAA… comment" */
static bool from_ssh(struct sb_span text, uint8_t out[SB_PUBLIC_BYTES])
{
	static const char name[] = "ssh-ed25519 ";
	if (!sb_span_starts(text, name, sizeof name - 1))
		return false;
	text = sb_span_of(text.p + sizeof name - 1, text.n - (sizeof name - 1));
	const uint8_t *blank = memchr(text.p, ' ', text.n);
	if (memchr(text.p, '\n', text.n))
		return false;
	return from_base64(sb_span_of(text.p, blank ? (size_t)(blank - text.p) : text.n), ssh_prefix, sizeof ssh_prefix, out);
}

int sb_public_parse(struct sb_span file, uint8_t out[SB_PUBLIC_BYTES], struct sb_err *err)
{
	uint8_t key[SB_PUBLIC_BYTES];
	struct sb_span text = trimmed(file);

	if (!from_pem(text, key) && !from_ssh(text, key) && !after_prefix(file, spki_prefix, sizeof spki_prefix, key) &&
	    !sb_text_unhex(text, key, sizeof key))
		return sb_fail(err, SB_FORMAT, "key-malformed", "not an Ed25519 public key in PEM, DER, OpenSSH or hexadecimal form");
	int rc = sb_public_check(key, err);
	if (!rc)
		memcpy(out, key, sizeof key);
	return rc;
}
