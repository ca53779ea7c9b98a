/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in the forms that other programs read. */
#include "hashing/forms.h"
#include "hashing/secret.h"

#include <sodium.h>
#include <string.h>

void sb_public_number(const uint8_t public_key[SB_PUBLIC_BYTES], uint8_t out[8])
{
	crypto_generichash_blake2b(out, 8, public_key, SB_PUBLIC_BYTES, NULL, 0);
}

static void write_pem(const uint8_t public_key[SB_PUBLIC_BYTES], const char *name, struct sb_buf *out)
{
	(void)name;
	sb_public_to_pem(public_key, out);
}

static void write_der(const uint8_t public_key[SB_PUBLIC_BYTES], const char *name, struct sb_buf *out)
{
	(void)name;
	sb_buf_add(out, sb_spki_prefix, sizeof sb_spki_prefix);
	sb_buf_add(out, public_key, SB_PUBLIC_BYTES);
}

static void write_ssh(const uint8_t public_key[SB_PUBLIC_BYTES], const char *name, struct sb_buf *out)
{
	(void)name;
	sb_public_to_ssh(public_key, out);
}

static void write_numbered(const char *program, const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_buf *out)
{
	uint8_t key[SB_MINI_PUBLIC] = {'E', 'd'};
	struct sb_rd number = sb_rd_of(sb_span_of(key + 2, SB_KEY_NUMBER), false);

	sb_public_number(public_key, key + 2);
	memcpy(key + 2 + SB_KEY_NUMBER, public_key, SB_PUBLIC_BYTES);
	sb_buf_printf(out, SB_COMMENT "%s public key %016llX\n", program, (unsigned long long)sb_rd_uint(&number, SB_KEY_NUMBER));
	sb_base64(sb_span_of(key, sizeof key), out);
	sb_buf_text(out, "\n");
}

static void write_minisign(const uint8_t public_key[SB_PUBLIC_BYTES], const char *name, struct sb_buf *out)
{
	(void)name;
	write_numbered("minisign", public_key, out);
}

static void write_signify(const uint8_t public_key[SB_PUBLIC_BYTES], const char *name, struct sb_buf *out)
{
	(void)name;
	write_numbered("signify", public_key, out);
}

static void write_hex(const uint8_t public_key[SB_PUBLIC_BYTES], const char *name, struct sb_buf *out)
{
	(void)name;
	sb_buf_hex(out, sb_span_of(public_key, SB_PUBLIC_BYTES));
	sb_buf_text(out, "\n");
}

static void write_vkey(const uint8_t public_key[SB_PUBLIC_BYTES], const char *name, struct sb_buf *out)
{
	uint8_t typed[1 + SB_PUBLIC_BYTES] = {1};
	SB_BUF struct sb_buf hashed = {.ceiling = 4096};
	struct sb_digest digest;

	memcpy(typed + 1, public_key, SB_PUBLIC_BYTES);
	sb_buf_printf(&hashed, "%s\n", name);
	sb_buf_add(&hashed, typed, sizeof typed);
	sb_hash_span(sb_buf_span(&hashed), SB_DIGEST_SHA256, &digest);
	sb_buf_printf(out, "%s+", name);
	sb_buf_hex(out, sb_span_of(digest.sha256, 4));
	sb_buf_text(out, "+");
	sb_base64(sb_span_of(typed, sizeof typed), out);
	sb_buf_text(out, "\n");
	if (hashed.bad)
		out->bad = hashed.bad;
}

/* ---- secret forms, in guarded memory from end to end ---- */

struct writing {
	char *p;
	size_t room, n;
	bool bad;
};

static void add(struct writing *w, const void *bytes, size_t n)
{
	w->bad |= w->room - w->n < n;
	if (w->bad)
		return;
	memcpy(w->p + w->n, bytes, n);
	w->n += n;
}

static void add_text(struct writing *w, const char *text)
{
	add(w, text, strlen(text));
}

/* u32 length and the bytes: RFC 4251 section 5. */
static void add_string(struct writing *w, const void *bytes, size_t n)
{
	const uint8_t length[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
	add(w, length, sizeof length);
	add(w, bytes, n);
}

/* Lines of @columns characters, a multiple of 4. */
static void add_base64(struct writing *w, const uint8_t *bytes, size_t n, size_t columns)
{
	char line[128 + 1];

	for (size_t at = 0, piece = columns / 4 * 3; at < n; at += piece) {
		sodium_bin2base64(line, sizeof line, bytes + at, n - at < piece ? n - at : piece, sodium_base64_VARIANT_ORIGINAL);
		add_text(w, line);
		add_text(w, "\n");
	}
	sodium_memzero(line, sizeof line);
}

static int written(const struct writing *w, size_t *n, struct sb_err *err)
{
	if (w->bad)
		return sb_fail(err, SB_INTERNAL, "internal", "no room for a key");
	*n = w->n;
	return 0;
}

static int write_pkcs8(const struct sb_secret *secret, struct sb_span passphrase, char *out, size_t room, size_t *n, struct sb_err *err)
{
	static const uint8_t prefix[16] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
	SB_GUARDED struct sb_guarded der = {sodium_malloc(sizeof prefix + SB_SEED_BYTES), sizeof prefix + SB_SEED_BYTES};
	struct writing w = {.p = out, .room = room};

	(void)passphrase;
	if (!der.p)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "no locked memory for a key");
	memcpy(der.p, prefix, sizeof prefix);
	memcpy(der.p + sizeof prefix, secret->key, SB_SEED_BYTES);
	add_text(&w, "-----BEGIN " SB_PEM_PKCS8 "-----\n");
	add_base64(&w, der.p, der.n, 64);
	add_text(&w, "-----END " SB_PEM_PKCS8 "-----\n");
	return written(&w, n, err);
}

static void add_private_part(struct writing *w, const struct sb_secret *secret)
{
	static const uint8_t padding[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	uint8_t check[4];

	randombytes_buf(check, sizeof check);
	add(w, check, sizeof check);
	add(w, check, sizeof check);
	add_string(w, "ssh-ed25519", 11);
	add_string(w, secret->public_key, SB_PUBLIC_BYTES);
	add_string(w, secret->key, sizeof secret->key);
	add_string(w, "samebuild", 9);
	add(w, padding, (8 - w->n % 8) % 8);
}

static int write_openssh(const struct sb_secret *secret, struct sb_span passphrase, char *out, size_t room, size_t *n, struct sb_err *err)
{
	SB_GUARDED struct sb_guarded bytes = {sodium_malloc(512), 512};
	SB_GUARDED struct sb_guarded part = {sodium_malloc(256), 256};
	struct writing w = {.p = out, .room = room}, all = {.p = (char *)bytes.p, .room = bytes.n}, private_part = {.p = (char *)part.p, .room = part.n};
	uint8_t blob[sizeof sb_ssh_prefix + SB_PUBLIC_BYTES];

	(void)passphrase;
	if (!bytes.p || !part.p)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "no locked memory for a key");
	memcpy(blob, sb_ssh_prefix, sizeof sb_ssh_prefix);
	memcpy(blob + sizeof sb_ssh_prefix, secret->public_key, SB_PUBLIC_BYTES);
	add_private_part(&private_part, secret);
	add(&all, "openssh-key-v1", 15);
	add_string(&all, "none", 4);
	add_string(&all, "none", 4);
	add_string(&all, "", 0);
	add(&all, "\0\0\0\1", 4);
	add_string(&all, blob, sizeof blob);
	add_string(&all, private_part.p, private_part.n);
	add_text(&w, "-----BEGIN " SB_PEM_OPENSSH "-----\n");
	add_base64(&w, bytes.p, all.n, 68);
	add_text(&w, "-----END " SB_PEM_OPENSSH "-----\n");
	w.bad |= all.bad || private_part.bad;
	return written(&w, n, err);
}

static void put_uint64(uint8_t *p, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

/* minisign's file, as it writes it: the same derivation, the same costs. */
static int write_minisign_secret(const struct sb_secret *secret, struct sb_span passphrase, char *out, size_t room, size_t *n, struct sb_err *err)
{
	enum { AT_SALT = 6, AT_OPS = 38, AT_MEMORY = 46, AT_NUMBER = 54, AT_KEY = 62, AT_SUM = 126, SIZE = 158 };
	SB_GUARDED struct sb_guarded file = {sodium_malloc(SIZE), SIZE};
	SB_GUARDED struct sb_guarded stream = {sodium_malloc(SIZE - AT_NUMBER), SIZE - AT_NUMBER};
	struct writing w = {.p = out, .room = room};
	crypto_generichash_state state;

	if (!file.p || !stream.p)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "no locked memory for a key");
	if (passphrase.n == 0)
		return sb_fail(err, SB_USAGE, "passphrase-empty", "the passphrase is empty");
	memcpy(file.p, "EdScB2", 6);
	randombytes_buf(file.p + AT_SALT, 32);
	put_uint64(file.p + AT_OPS, crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE);
	put_uint64(file.p + AT_MEMORY, crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE);
	sb_public_number(secret->public_key, file.p + AT_NUMBER);
	memcpy(file.p + AT_KEY, secret->key, sizeof secret->key);
	crypto_generichash_init(&state, NULL, 0, 32);
	crypto_generichash_update(&state, file.p, 2);
	crypto_generichash_update(&state, file.p + AT_NUMBER, 8 + 64);
	crypto_generichash_final(&state, file.p + AT_SUM, 32);
	if (crypto_pwhash_scryptsalsa208sha256(stream.p, stream.n, (const char *)passphrase.p, passphrase.n, file.p + AT_SALT,
	                                       crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE, crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE) != 0)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "not enough memory to derive a key from the passphrase");
	for (size_t i = 0; i < stream.n; i++)
		file.p[AT_NUMBER + i] ^= stream.p[i];
	add_text(&w, SB_COMMENT "minisign encrypted secret key\n");
	char line[256];
	sodium_bin2base64(line, sizeof line, file.p, file.n, sodium_base64_VARIANT_ORIGINAL);
	add_text(&w, line);
	add_text(&w, "\n");
	return written(&w, n, err);
}

static const struct sb_key_form forms[] = {
	{"pem", SB_KEY_PUBLIC, write_pem, NULL},
	{"der", SB_KEY_PUBLIC, write_der, NULL},
	{"ssh", SB_KEY_PUBLIC, write_ssh, NULL},
	{"minisign", SB_KEY_PUBLIC, write_minisign, NULL},
	{"signify", SB_KEY_PUBLIC, write_signify, NULL},
	{"vkey", SB_KEY_PUBLIC, write_vkey, NULL},
	{"hex", SB_KEY_PUBLIC, write_hex, NULL},
	{"pkcs8", SB_KEY_SECRET, NULL, write_pkcs8},
	{"openssh", SB_KEY_SECRET, NULL, write_openssh},
	{"minisign-secret", SB_KEY_SECRET_ENCRYPTED, NULL, write_minisign_secret},
};

const struct sb_key_form *sb_key_forms(size_t *count)
{
	*count = sizeof forms / sizeof *forms;
	return forms;
}

const struct sb_key_form *sb_key_form_named(const char *name)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strcmp(forms[i].name, name) == 0)
			return &forms[i];
	return NULL;
}

int sb_secret_write(const struct sb_key_form *form, const struct sb_secret *secret, struct sb_span passphrase, char *out, size_t room, size_t *n,
                    struct sb_err *err)
{
	int rc = sb_secret_here(secret, err);
	return rc ? rc : form->write_secret(secret, passphrase, out, room, n, err);
}
