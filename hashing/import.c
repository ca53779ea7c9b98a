/* SPDX-License-Identifier: Apache-2.0 */
/* Secret keys that other programs wrote. What is decoded stays in guarded memory, and the public half that a file states is never believed. */
#include "hashing/forms.h"
#include "hashing/secret.h"

#include <sodium.h>
#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "no locked memory for a key");
}

/* Lines of standard base64, strict but for the line ends. */
static int decode(struct sb_span text, struct sb_guarded *out, struct sb_err *err)
{
	size_t n = 0;

	if (!(out->p = sodium_malloc(text.n ? text.n : 1)))
		return no_memory(err);
	if (sodium_base642bin(out->p, text.n, (const char *)text.p, text.n, "\r\n", &n, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
		return sb_key_malformed(err, "the key file is damaged");
	out->n = n;
	return 0;
}

/* @stated: the public half as the file has it, or NULL. */
static int from_seed(struct sb_span seed, struct sb_span stated, struct sb_secret **out, struct sb_err *err)
{
	struct sb_secret *secret = NULL;

	if (sodium_is_zero(seed.p, seed.n))
		return sb_fail(err, SB_EVIDENCE, "key-unsound", "the secret key is zero");
	int rc = sb_secret_from_seed(seed.p, &secret, err);
	if (!rc && stated.n && (stated.n != SB_PUBLIC_BYTES || sodium_memcmp(secret->public_key, stated.p, SB_PUBLIC_BYTES) != 0)) {
		sb_secret_free(&secret);
		return sb_fail(err, SB_EVIDENCE, "key-mismatch", "the public half does not belong to the secret");
	}
	if (!rc)
		*out = secret;
	return rc;
}

/* ---- PKCS#8: RFC 5958 section 2, RFC 8410 section 7 ---- */

/* A DER element of tag @tag with a short length, or an empty span and a bad reader. */
static struct sb_span element(struct sb_rd *rd, uint8_t tag)
{
	rd->bad |= sb_rd_uint(rd, 1) != tag;
	size_t n = (size_t)sb_rd_uint(rd, 1);
	rd->bad |= n > 0x7f;
	return sb_rd_bytes(rd, n);
}

static bool is_used_up(const struct sb_rd *rd)
{
	return !rd->bad && rd->at == rd->in.n;
}

/* The public half, which only version 1 may state; empty when it is not there. */
static struct sb_span stated_public(struct sb_rd *rd, uint8_t version)
{
	if (!rd->bad && rd->at < rd->in.n && rd->in.p[rd->at] == 0xa0)
		element(rd, 0xa0); /* attributes: not ours */
	if (rd->bad || rd->at == rd->in.n)
		return (struct sb_span){0};
	struct sb_span bits = element(rd, 0x81);
	rd->bad |= version != 1 || bits.n != 1 + SB_PUBLIC_BYTES || bits.p[0] != 0;
	return rd->bad ? (struct sb_span){0} : sb_span_of(bits.p + 1, SB_PUBLIC_BYTES);
}

static int from_pkcs8(struct sb_span bytes, struct sb_secret **out, struct sb_err *err)
{
	static const uint8_t oid[5] = {0x06, 0x03, 0x2b, 0x65, 0x70};
	struct sb_rd outer = sb_rd_of(bytes, true);
	struct sb_rd rd = sb_rd_of(element(&outer, 0x30), true);
	struct sb_span version = element(&rd, 0x02), algorithm = element(&rd, 0x30), wrapped = element(&rd, 0x04);
	struct sb_rd inside = sb_rd_of(wrapped, true);
	struct sb_span seed = element(&inside, 0x04);
	bool known = version.n == 1 && version.p[0] <= 1 && algorithm.n == sizeof oid && memcmp(algorithm.p, oid, sizeof oid) == 0;
	struct sb_span stated = stated_public(&rd, known ? version.p[0] : 0);
	bool good = known && is_used_up(&outer) && is_used_up(&rd) && is_used_up(&inside) && seed.n == SB_SEED_BYTES;

	return good ? from_seed(seed, stated, out, err) : sb_key_malformed(err, "not a PKCS#8 key of Ed25519");
}

/* ---- OpenSSH: PROTOCOL.key ---- */

static struct sb_span string(struct sb_rd *rd)
{
	return sb_rd_bytes(rd, (size_t)sb_rd_uint(rd, 4));
}

static bool is_text(struct sb_span span, const char *text)
{
	return sb_span_equal(span, sb_span_text(text));
}

/* 1, 2, 3 … up to a whole block of 8. */
static bool is_padding(struct sb_span rest)
{
	bool good = rest.n < 8;
	for (size_t i = 0; i < rest.n; i++)
		good &= rest.p[i] == i + 1;
	return good;
}

static int from_openssh_private(struct sb_span bytes, struct sb_span public_key, struct sb_secret **out, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(bytes, true);
	uint64_t check = sb_rd_uint(&rd, 4), again = sb_rd_uint(&rd, 4);
	struct sb_span name = string(&rd), stated = string(&rd), key = string(&rd);

	string(&rd); /* comment */
	if (rd.bad || check != again || bytes.n % 8 || !is_padding(sb_span_of(bytes.p + rd.at, bytes.n - rd.at)) || !is_text(name, "ssh-ed25519") ||
	    key.n != 64)
		return sb_key_malformed(err, "not an OpenSSH key of Ed25519");
	if (!sb_span_equal(stated, public_key) || !sb_span_equal(sb_span_of(key.p + 32, 32), public_key))
		return sb_fail(err, SB_EVIDENCE, "key-mismatch", "the public halves in the file differ");
	return from_seed(sb_span_of(key.p, SB_SEED_BYTES), public_key, out, err);
}

static int from_openssh(struct sb_span bytes, struct sb_secret **out, struct sb_err *err)
{
	static const char magic[] = "openssh-key-v1";
	struct sb_rd rd = sb_rd_of(bytes, true);
	bool ours = is_text(sb_rd_cstring(&rd), magic);
	struct sb_span cipher = string(&rd), derivation = string(&rd), options = string(&rd);
	uint64_t count = sb_rd_uint(&rd, 4);
	struct sb_span blob = string(&rd), private_part = string(&rd);

	if (rd.bad || !ours || rd.at != bytes.n || count != 1)
		return sb_key_malformed(err, "not an OpenSSH key");
	if (!is_text(cipher, "none"))
		return sb_fail(err, SB_FORMAT, "key-encrypted", "the OpenSSH key is encrypted in a way that is not read here");
	if (!is_text(derivation, "none") || options.n || blob.n != sizeof sb_ssh_prefix + SB_PUBLIC_BYTES || !sb_span_starts(blob, sb_ssh_prefix, sizeof sb_ssh_prefix))
		return sb_key_malformed(err, "not an OpenSSH key of Ed25519");
	return from_openssh_private(private_part, sb_span_of(blob.p + sizeof sb_ssh_prefix, SB_PUBLIC_BYTES), out, err);
}

/* ---- minisign: "Ed", derivation, "B2", salt 32, ops 8, memory 8, then (number 8, seed and public 64, checksum 32) XOR scrypt ---- */
enum { AT_SALT = 6, AT_OPS = 38, AT_MEMORY = 46, AT_HIDDEN = 54, HIDDEN = SB_KEY_NUMBER + 64 + 32, MINI_SECRET = AT_HIDDEN + HIDDEN };

static int check_scrypt(uint64_t ops, uint64_t memory, struct sb_err *err)
{
	if (ops > SB_LIMIT_OF(SCRYPT_OPS))
		return sb_fail_limit(err, SB_LIMIT_ROW_SCRYPT_OPS, ops);
	if (memory > SB_LIMIT_OF(SCRYPT_MEMORY))
		return sb_fail_limit(err, SB_LIMIT_ROW_SCRYPT_MEMORY, memory);
	if (ops < crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_MIN || memory < crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_MIN)
		return sb_key_malformed(err, "the key file asks for too weak a key derivation");
	return 0;
}

static int unhide(uint8_t *file, struct sb_span passphrase, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(sb_span_of(file + AT_OPS, 16), false);
	uint64_t ops = sb_rd_uint(&rd, 8), memory = sb_rd_uint(&rd, 8);
	SB_GUARDED struct sb_guarded stream = {sodium_malloc(HIDDEN), HIDDEN};
	int rc = stream.p ? check_scrypt(ops, memory, err) : no_memory(err);

	if (rc)
		return rc;
	if (passphrase.n == 0)
		return sb_fail(err, SB_USAGE, "passphrase-empty", "the passphrase is empty");
	if (crypto_pwhash_scryptsalsa208sha256(stream.p, HIDDEN, (const char *)passphrase.p, passphrase.n, file + AT_SALT, ops, (size_t)memory) != 0)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "not enough memory to derive a key from the passphrase");
	for (size_t i = 0; i < HIDDEN; i++)
		file[AT_HIDDEN + i] ^= stream.p[i];
	return 0;
}

/* BLAKE2b-256 of "Ed", number, key. */
static bool checksum_good(const uint8_t *file)
{
	uint8_t sum[32];
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, sizeof sum);
	crypto_generichash_update(&state, file, 2);
	crypto_generichash_update(&state, file + AT_HIDDEN, SB_KEY_NUMBER + 64);
	crypto_generichash_final(&state, sum, sizeof sum);
	return sodium_memcmp(sum, file + AT_HIDDEN + SB_KEY_NUMBER + 64, sizeof sum) == 0;
}

static int from_minisign(struct sb_span text, struct sb_span passphrase, struct sb_secret **out, struct sb_err *err)
{
	SB_GUARDED struct sb_guarded bytes = {0};
	int rc = decode(sb_after_comment(text), &bytes, err);

	if (rc)
		return rc;
	if (bytes.n > 4 && memcmp(bytes.p, "EdBK", 4) == 0)
		return sb_fail(err, SB_FORMAT, "key-encrypted", "signify's secret keys are encrypted in a way that is not read here");
	if (bytes.n != MINI_SECRET || memcmp(bytes.p, "Ed", 2) != 0 || memcmp(bytes.p + 4, "B2", 2) != 0)
		return sb_key_malformed(err, "not a secret key of minisign");
	bool hidden = memcmp(bytes.p + 2, "Sc", 2) == 0;
	if (!hidden && (bytes.p[2] || bytes.p[3]))
		return sb_key_malformed(err, "a secret key of minisign with an unknown key derivation");
	if (hidden && (rc = unhide(bytes.p, passphrase, err)))
		return rc;
	/* minisign leaves the checksum of keys without a passphrase at zero; the public half is checked all the same. */
	bool without = !hidden && sodium_is_zero(bytes.p + AT_HIDDEN + SB_KEY_NUMBER + 64, 32);
	if (!without && !checksum_good(bytes.p))
		return hidden ? sb_fail(err, SB_EVIDENCE, "passphrase-wrong", "the passphrase is wrong or the key file was changed")
		              : sb_key_malformed(err, "the checksum of the key file is wrong");
	const uint8_t *key = bytes.p + AT_HIDDEN + SB_KEY_NUMBER;
	return from_seed(sb_span_of(key, SB_SEED_BYTES), sb_span_of(key + SB_SEED_BYTES, SB_PUBLIC_BYTES), out, err);
}

static int from_pem(struct sb_span text, const char *label, int (*read)(struct sb_span, struct sb_secret **, struct sb_err *), struct sb_secret **out,
                    struct sb_err *err)
{
	SB_GUARDED struct sb_guarded bytes = {0};
	struct sb_span body;

	if (!sb_pem_body(text, label, &body))
		return sb_key_malformed(err, "the key file is cut or holds more than one key");
	int rc = decode(body, &bytes, err);
	return rc ? rc : read(sb_span_of(bytes.p, bytes.n), out, err);
}

int sb_secret_parse(struct sb_span file, struct sb_span passphrase, struct sb_secret **out, struct sb_err *err)
{
	static const char own[] = "samebuild-secret-key/1\n";
	struct sb_span text = sb_trimmed(file);

	if (sb_span_starts(file, own, sizeof own - 1))
		return sb_secret_unseal(file, passphrase, out, err);
	if (sb_key_sniff(file) < SB_KEY_SECRET)
		return sb_key_malformed(err, sb_key_sniff(file) == SB_KEY_PUBLIC ? "this is a public key, and a secret one is due here"
		                                                                 : "not a secret key in a form that is known");
	if (sb_pem_starts(text, "ENCRYPTED PRIVATE KEY"))
		return sb_fail(err, SB_FORMAT, "key-encrypted", "the PKCS#8 key is encrypted in a way that is not read here");
	if (sb_pem_starts(text, SB_PEM_PKCS8))
		return from_pem(text, SB_PEM_PKCS8, from_pkcs8, out, err);
	if (sb_pem_starts(text, SB_PEM_OPENSSH))
		return from_pem(text, SB_PEM_OPENSSH, from_openssh, out, err);
	if (file.p[0] == 0x30)
		return from_pkcs8(file, out, err);
	return from_minisign(text, passphrase, out, err);
}
