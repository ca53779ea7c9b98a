/* SPDX-License-Identifier: Apache-2.0 */
/* The encrypted key file: docs/formats/secret-key.md. Argon2id: RFC 9106. XChaCha20-Poly1305: draft-irtf-cfrg-xchacha. */
#include "hashing/secret.h"

#include <sodium.h>
#include <string.h>

static const char first_line[] = "samebuild-secret-key/1\n";

/* Offsets in the block of 144 bytes. The first 64 are the additional data of the encryption. */
enum {
	AT_MAGIC = 0, AT_KDF = 8, AT_AEAD = 9, AT_ZERO = 10, AT_OPS = 12, AT_MEMORY = 16, AT_SALT = 24, AT_NONCE = 40, HEADER = 64,
	SECRET = SB_SEED_BYTES + SB_PUBLIC_BYTES, TAG = 16, BLOCK = HEADER + SECRET + TAG,
};
static const uint8_t magic[12] = {'S', 'B', 'K', 'E', 'Y', 0, 0, 1, 1, 1, 0, 0};

static void put(uint8_t *p, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const uint8_t *p, unsigned width)
{
	struct sb_rd rd = sb_rd_of(sb_span_of(p, width), false);
	return sb_rd_uint(&rd, width);
}

/* Key for the AEAD in locked memory; the caller frees it with sodium_free. */
static int derive(const uint8_t *header, struct sb_span passphrase, uint8_t **out, struct sb_err *err)
{
	uint8_t *key = sodium_malloc(crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

	if (!key)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "no locked memory for a key");
	if (crypto_pwhash(key, crypto_aead_xchacha20poly1305_ietf_KEYBYTES, (const char *)passphrase.p, passphrase.n, header + AT_SALT,
	                  get(header + AT_OPS, 4), get(header + AT_MEMORY, 8), crypto_pwhash_ALG_ARGON2ID13) != 0) {
		sodium_free(key);
		return sb_fail(err, SB_NOMEM, "out-of-memory", "not enough memory to derive a key from the passphrase");
	}
	*out = key;
	return 0;
}

static void fill_header(uint8_t *block)
{
	memcpy(block, magic, sizeof magic);
	put(block + AT_OPS, crypto_pwhash_OPSLIMIT_MODERATE, 4);
	put(block + AT_MEMORY, crypto_pwhash_MEMLIMIT_MODERATE, 8);
	randombytes_buf(block + AT_SALT, HEADER - AT_SALT);
}

static int check_passphrase(struct sb_span passphrase, struct sb_err *err)
{
	return passphrase.n ? 0 : sb_fail(err, SB_USAGE, "passphrase-empty", "the passphrase is empty");
}

int sb_secret_seal(const struct sb_secret *secret, struct sb_span passphrase, struct sb_buf *out, struct sb_err *err)
{
	uint8_t block[BLOCK] = {0}, *key = NULL, *plain = NULL;
	int rc = sb_secret_here(secret, err);

	if (rc || (rc = check_passphrase(passphrase, err)))
		return rc;
	fill_header(block);
	if ((rc = derive(block, passphrase, &key, err)))
		return rc;
	if ((plain = sodium_malloc(SECRET))) {
		memcpy(plain, secret->key, SB_SEED_BYTES);
		memcpy(plain + SB_SEED_BYTES, secret->public_key, SB_PUBLIC_BYTES);
		crypto_aead_xchacha20poly1305_ietf_encrypt(block + HEADER, NULL, plain, SECRET, block, HEADER, NULL, block + AT_NONCE, key);
		sodium_free(plain);
	} else {
		rc = sb_fail(err, SB_NOMEM, "out-of-memory", "no locked memory for a key");
	}
	sodium_free(key);
	if (rc)
		return rc;
	sb_buf_text(out, first_line);
	sb_base64(sb_span_of(block, sizeof block), out);
	sb_buf_text(out, "\n");
	return sb_buf_ok(out, err);
}

static int malformed(struct sb_err *err, const char *what)
{
	return sb_fail(err, SB_FORMAT, "key-malformed", "%s", what);
}

static int read_block(struct sb_span file, uint8_t block[BLOCK], struct sb_err *err)
{
	SB_BUF struct sb_buf bytes = {.ceiling = 4096};
	size_t head = sizeof first_line - 1;

	if (!sb_span_starts(file, first_line, head))
		return malformed(err, "not a samebuild secret key file");
	struct sb_span text = sb_span_of(file.p + head, file.n - head);
	if (text.n && text.p[text.n - 1] == '\n')
		text.n--;
	if (sb_unbase64(text, &bytes, NULL) || bytes.len != BLOCK)
		return malformed(err, "the key file is damaged");
	memcpy(block, bytes.data, BLOCK);
	return 0;
}

/* Before any work: a key file must not be able to ask for all memory of the machine. */
static int check_header(const uint8_t *block, struct sb_err *err)
{
	uint64_t ops = get(block + AT_OPS, 4), memory = get(block + AT_MEMORY, 8);

	if (memcmp(block, magic, sizeof magic) != 0)
		return malformed(err, "the key file is of an unknown version");
	if (ops > SB_LIMIT_OF(ARGON2_OPS))
		return sb_fail_limit(err, SB_LIMIT_ROW_ARGON2_OPS, ops);
	if (memory > SB_LIMIT_OF(ARGON2_MEMORY))
		return sb_fail_limit(err, SB_LIMIT_ROW_ARGON2_MEMORY, memory);
	if (ops < crypto_pwhash_OPSLIMIT_MIN || memory < crypto_pwhash_MEMLIMIT_MIN)
		return malformed(err, "the key file asks for too weak a key derivation");
	return 0;
}

static int open_plain(const uint8_t *plain, struct sb_secret **out, struct sb_err *err)
{
	struct sb_secret *secret = NULL;
	int rc = sb_secret_from_seed(plain, &secret, err);

	if (!rc && sodium_memcmp(secret->public_key, plain + SB_SEED_BYTES, SB_PUBLIC_BYTES) != 0) {
		sb_secret_free(&secret);
		return sb_fail(err, SB_EVIDENCE, "key-mismatch", "the public half does not belong to the secret");
	}
	if (!rc)
		*out = secret;
	return rc;
}

int sb_secret_unseal(struct sb_span file, struct sb_span passphrase, struct sb_secret **out, struct sb_err *err)
{
	uint8_t block[BLOCK], *key = NULL;
	int rc = check_passphrase(passphrase, err);

	if (rc || (rc = read_block(file, block, err)) || (rc = check_header(block, err)) || (rc = derive(block, passphrase, &key, err)))
		return rc;
	uint8_t *plain = sodium_malloc(SECRET);
	if (!plain)
		rc = sb_fail(err, SB_NOMEM, "out-of-memory", "no locked memory for a key");
	else if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, block + HEADER, SECRET + TAG, block, HEADER, block + AT_NONCE, key) != 0)
		rc = sb_fail(err, SB_EVIDENCE, "passphrase-wrong", "the passphrase is wrong or the key file was changed");
	else
		rc = open_plain(plain, out, err);
	sodium_free(plain);
	sodium_free(key);
	return rc;
}
