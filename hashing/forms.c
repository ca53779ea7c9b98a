/* SPDX-License-Identifier: Apache-2.0 */
/* Key files of all kinds, told apart by how they begin. One parser for every verb: two that differ would be two truths about one file. */
#include "hashing/forms.h"

#include <sodium.h>
#include <string.h>

const uint8_t sb_spki_prefix[12] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
/* With NULL as parameters, which RFC 8410 forbids and rebuilderd writes. */
static const uint8_t spki_null_prefix[14] = {0x30, 0x2c, 0x30, 0x07, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x05, 0x00, 0x03, 0x21, 0x00};
const uint8_t sb_ssh_prefix[19] = {0, 0, 0, 11, 's', 's', 'h', '-', 'e', 'd', '2', '5', '5', '1', '9', 0, 0, 0, 32};

static const char ssh_name[] = "ssh-ed25519 ";
enum { COMMENT_MOST = 1024, HEX_DIGITS = 2 * SB_PUBLIC_BYTES };

int sb_key_malformed(struct sb_err *err, const char *what)
{
	return sb_fail(err, SB_FORMAT, "key-malformed", "%s", what);
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

struct sb_span sb_trimmed(struct sb_span text)
{
	while (text.n && is_blank(text.p[0]))
		text = sb_span_of(text.p + 1, text.n - 1);
	while (text.n && is_blank(text.p[text.n - 1]))
		text.n--;
	return text;
}

bool sb_pem_starts(struct sb_span text, const char *label)
{
	char line[64];
	int n = snprintf(line, sizeof line, "-----BEGIN %s-----", label);
	return sb_span_starts(text, line, (size_t)n);
}

bool sb_pem_body(struct sb_span text, const char *label, struct sb_span *out)
{
	char line[64];
	size_t begin = strlen(label) + sizeof "-----BEGIN -----" - 1, end = strlen(label) + sizeof "-----END -----" - 1;

	snprintf(line, sizeof line, "-----END %s-----", label);
	if (!sb_pem_starts(text, label) || text.n < begin + end || memcmp(text.p + text.n - end, line, end) != 0)
		return false;
	*out = sb_trimmed(sb_span_of(text.p + begin, text.n - begin - end));
	return true;
}

struct sb_span sb_after_comment(struct sb_span text)
{
	if (!sb_span_starts(text, SB_COMMENT, sizeof SB_COMMENT - 1))
		return text;
	const uint8_t *end = memchr(text.p, '\n', text.n < COMMENT_MOST ? text.n : COMMENT_MOST);
	return end ? sb_trimmed(sb_span_of(end + 1, (size_t)(text.p + text.n - end) - 1)) : sb_span_of(text.p, 0);
}

/* ---- public forms: @text is trimmed, @file is not ---- */

/* @prefix and 32 bytes, and nothing else. */
static bool after_prefix(struct sb_span bytes, const uint8_t *prefix, size_t n, uint8_t out[SB_PUBLIC_BYTES])
{
	if (bytes.n != n + SB_PUBLIC_BYTES || !sb_span_starts(bytes, prefix, n))
		return false;
	memcpy(out, bytes.p + n, SB_PUBLIC_BYTES);
	return true;
}

static bool from_der(struct sb_span bytes, uint8_t out[SB_PUBLIC_BYTES])
{
	return after_prefix(bytes, sb_spki_prefix, sizeof sb_spki_prefix, out) || after_prefix(bytes, spki_null_prefix, sizeof spki_null_prefix, out);
}

static bool from_pem(struct sb_span text, uint8_t out[SB_PUBLIC_BYTES])
{
	SB_BUF struct sb_buf bytes = {.ceiling = 4096};
	struct sb_span body;
	return sb_pem_body(text, SB_PEM_PUBLIC, &body) && sb_unbase64(body, &bytes, NULL) == 0 && from_der(sb_buf_span(&bytes), out);
}

/* "ssh-ed25519 AAAA… comment" */
static bool from_ssh(struct sb_span text, uint8_t out[SB_PUBLIC_BYTES])
{
	SB_BUF struct sb_buf bytes = {.ceiling = 4096};

	if (!sb_span_starts(text, ssh_name, sizeof ssh_name - 1) || memchr(text.p, '\n', text.n))
		return false;
	text = sb_span_of(text.p + sizeof ssh_name - 1, text.n - (sizeof ssh_name - 1));
	const uint8_t *blank = memchr(text.p, ' ', text.n);
	text.n = blank ? (size_t)(blank - text.p) : text.n;
	return sb_unbase64(text, &bytes, NULL) == 0 && after_prefix(sb_buf_span(&bytes), sb_ssh_prefix, sizeof sb_ssh_prefix, out);
}

/* A comment line, or none as on minisign's command line, and base64 of "Ed", number, key. */
static bool from_minisign(struct sb_span text, uint8_t out[SB_PUBLIC_BYTES])
{
	SB_BUF struct sb_buf bytes = {.ceiling = 4096};

	if (sb_unbase64(sb_after_comment(text), &bytes, NULL) || bytes.len != SB_MINI_PUBLIC || memcmp(bytes.data, "Ed", 2) != 0)
		return false;
	memcpy(out, bytes.data + 2 + SB_KEY_NUMBER, SB_PUBLIC_BYTES);
	return true;
}

/* First 4 bytes of SHA-256(NAME "\n" type key): C2SP signed-note. */
static bool is_note_id(struct sb_span name, struct sb_span typed_key, const uint8_t id[4])
{
	struct sb_digest digest;
	struct sb_hash hash;

	sb_hash_init(&hash, SB_DIGEST_SHA256);
	sb_hash_update(&hash, name);
	sb_hash_update(&hash, sb_span_of("\n", 1));
	sb_hash_update(&hash, typed_key);
	sb_hash_final(&hash, &digest);
	return memcmp(digest.sha256, id, 4) == 0;
}

/* NAME+hex(id4)+base64(type, key): type 1 signs notes, 4 cosigns checkpoints; both are Ed25519. */
static bool from_vkey(struct sb_span text, uint8_t out[SB_PUBLIC_BYTES])
{
	SB_BUF struct sb_buf bytes = {.ceiling = 4096};
	const uint8_t *plus = memchr(text.p, '+', text.n);
	size_t name = plus ? (size_t)(plus - text.p) : 0, at = name + 1 + 8 + 1;
	uint8_t id[4];

	if (name == 0 || text.n < at || text.p[at - 1] != '+' || !sb_text_unhex(sb_span_of(plus + 1, 8), id, sizeof id))
		return false;
	for (size_t i = 0; i < name; i++)
		if (text.p[i] <= ' ' || text.p[i] == 0x7f)
			return false;
	if (sb_unbase64(sb_span_of(text.p + at, text.n - at), &bytes, NULL) || bytes.len != 1 + SB_PUBLIC_BYTES || (bytes.data[0] != 1 && bytes.data[0] != 4) ||
	    !is_note_id(sb_span_of(text.p, name), sb_buf_span(&bytes), id))
		return false;
	memcpy(out, bytes.data + 1, SB_PUBLIC_BYTES);
	return true;
}

static bool from_hex(struct sb_span text, uint8_t out[SB_PUBLIC_BYTES])
{
	return sb_text_unhex(text, out, SB_PUBLIC_BYTES);
}

int sb_public_parse(struct sb_span file, uint8_t out[SB_PUBLIC_BYTES], struct sb_err *err)
{
	static bool (*const readers[])(struct sb_span, uint8_t[SB_PUBLIC_BYTES]) = {from_pem, from_ssh, from_minisign, from_vkey, from_hex};
	uint8_t key[SB_PUBLIC_BYTES];
	struct sb_span text = sb_trimmed(file);
	bool read = from_der(file, key);

	for (size_t i = 0; !read && text.n && i < sizeof readers / sizeof *readers; i++)
		read = readers[i](text, key);
	if (!read && sb_key_sniff(file) >= SB_KEY_SECRET)
		return sb_key_malformed(err, "this is a secret key, and a public one is due here");
	if (!read)
		return sb_key_malformed(err, "not an Ed25519 public key in PEM, DER, OpenSSH, minisign, signify, note or hexadecimal form");
	int rc = sb_public_check(key, err);
	if (!rc)
		memcpy(out, key, sizeof key);
	return rc;
}

/* ---- telling ---- */

/* PKCS#8: SEQUENCE, INTEGER 0 or 1, AlgorithmIdentifier of Ed25519. */
static bool is_pkcs8_der(struct sb_span file)
{
	static const uint8_t algorithm[9] = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22};
	return file.n > 14 && file.p[0] == 0x30 && file.p[2] == 0x02 && file.p[3] == 0x01 && file.p[4] <= 1 && memcmp(file.p + 5, algorithm, sizeof algorithm) == 0;
}

/* "Ed" and the key derivation: "Sc" scrypt of minisign, two zeros for none, "BK" bcrypt of signify. */
static enum sb_key_kind kind_of_commented(struct sb_span text)
{
	text = sb_after_comment(text);
	if (sb_span_starts(text, "RWRTY0Iy", 8) || sb_span_starts(text, "RWRCSw", 6))
		return SB_KEY_SECRET_ENCRYPTED;
	if (sb_span_starts(text, "RWQAAEIy", 8))
		return SB_KEY_SECRET;
	return sb_span_starts(text, "RW", 2) ? SB_KEY_PUBLIC : SB_KEY_UNKNOWN;
}

enum sb_key_kind sb_key_sniff(struct sb_span file)
{
	static const char own[] = "samebuild-secret-key/1\n";
	struct sb_span text = sb_trimmed(file);

	if (sb_span_starts(file, own, sizeof own - 1) || sb_pem_starts(text, "ENCRYPTED PRIVATE KEY"))
		return SB_KEY_SECRET_ENCRYPTED;
	if (sb_pem_starts(text, SB_PEM_PKCS8) || sb_pem_starts(text, SB_PEM_OPENSSH) || is_pkcs8_der(file))
		return SB_KEY_SECRET;
	if (sb_pem_starts(text, SB_PEM_PUBLIC) || sb_span_starts(file, sb_spki_prefix, 1) || sb_span_starts(text, ssh_name, sizeof ssh_name - 1))
		return SB_KEY_PUBLIC;
	if (sb_span_starts(text, SB_COMMENT, sizeof SB_COMMENT - 1) || sb_span_starts(text, "RW", 2))
		return kind_of_commented(text);
	bool vkey = text.n && memchr(text.p, '+', text.n) != NULL;
	return vkey || text.n == HEX_DIGITS ? SB_KEY_PUBLIC : SB_KEY_UNKNOWN;
}
