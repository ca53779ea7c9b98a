/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public face of the room: the only place that calls libsodium. Digests (BLAKE2b-512 inside, SHA-256 where a document
 * needs it, both from one read), tree digests, the content-addressed store, Ed25519 keys and signatures.
 */
#ifndef HASHING_HASHING_H
#define HASHING_HASHING_H

#include "base/base.h"
#include "hashing/merkle.h"

/** Start libsodium and prove it sane (point 95 99…99 must be refused: CVE-2025-69277; a known signature must verify). Once, first. */
SB_MUST_USE int sb_hashing_start(struct sb_err *err);

/* ---- digests ---- */

/** Running digest: plain data, may be copied to clone the state where two inputs part. */
struct sb_hash {
	_Alignas(64) unsigned char blake2b[384];
	_Alignas(64) unsigned char sha256[112];
	unsigned kinds;
	uint64_t size;
};

void sb_hash_init(struct sb_hash *hash, unsigned kinds);
void sb_hash_update(struct sb_hash *hash, struct sb_span bytes);
void sb_hash_final(struct sb_hash *hash, struct sb_digest *out);
void sb_hash_span(struct sb_span bytes, unsigned kinds, struct sb_digest *out);
/** Hash from the current offset to the end, one pass over one buffer. Errors: IO. */
SB_MUST_USE int sb_hash_fd(int fd, unsigned kinds, struct sb_digest *out, struct sb_err *err);
/** True only when both hold at least one common kind, all common kinds agree, and sizes agree. */
bool sb_digest_equal(const struct sb_digest *a, const struct sb_digest *b);

/** Digests that foreign documents declare (md5sums, .dsc, wheel RECORD); never used to decide equality. @reading: of the bytes, or NULL. @out has 16, 20, 32, 48, 64 bytes. */
enum sb_declared_digest { SB_DECLARED_MD5, SB_DECLARED_SHA1, SB_DECLARED_SHA256, SB_DECLARED_SHA384, SB_DECLARED_SHA512 };
enum { SB_DECLARED_LARGEST = 64 };
size_t sb_declared_size(enum sb_declared_digest kind);
void sb_declared_hash(struct sb_reading *reading, enum sb_declared_digest kind, struct sb_span bytes, uint8_t *out);
/** The same over @count pieces in a row. */
void sb_declared_hash_row(struct sb_reading *reading, enum sb_declared_digest kind, const struct sb_span *pieces, size_t count, uint8_t *out);

/* ---- trees ---- */

/** One file of a tree, as it enters the tree digest. */
struct sb_tree_leaf {
	const char *path; /* relative, normalised */
	char type;        /* 'f' regular, 'd' directory, 'l' link, 'p' fifo, 's' socket, 'c' 'b' devices */
	uint32_t mode;    /* permission bits 07777; 0 for links */
	const char *link; /* target of a link, else NULL */
	const uint8_t *blake2b; /* content of a regular file, else NULL */
	uint64_t rdev;    /* devices, else 0 */
};

/**
 * BLAKE2b-512 over the sorted leaves: each leaf is its fields, length-prefixed in little endian, so that no two trees share an
 * encoding. Order of @leaves does not matter; equal paths are EVIDENCE "duplicate-path". Format: docs/formats/tree-digest.md.
 */
SB_MUST_USE int sb_tree_digest(const struct sb_tree_leaf *leaves, size_t count, uint8_t out[SB_BLAKE2B_BYTES], struct sb_err *err);

/** One path to hash by sb_hash_files. */
struct sb_hash_job {
	const char *path;        /* relative to the directory descriptor */
	struct sb_digest digest; /* out */
};
/** Hash regular files beneath @dir on @jobs threads, one pass each. Errors: as sb_path_open_file, IO; the lowest index wins. */
SB_MUST_USE int sb_hash_files(int dir, struct sb_hash_job *files, size_t count, unsigned kinds, unsigned jobs, struct sb_err *err);

/* ---- content-addressed store ---- */

/**
 * Objects are plain read-only files named by BLAKE2b-512 in hexadecimal, two-level fan-out, never rewritten. Layout and
 * durability: docs/store.md. A store that others may write is refused.
 */
struct sb_store;

/**
 * Open or create the store at @path (mode 0700). Errors: USAGE "store-unsafe" (writable by others, foreign owner), IO
 * "store-unwritable", TEMPORARY "store-full".
 */
SB_MUST_USE int sb_store_open(const char *path, struct sb_store **out, struct sb_err *err);
void sb_store_close(struct sb_store **store);

/**
 * Read @fd to its end into the store while hashing both digests. The object is durable when this returns; on failure nothing of it is
 * left. Errors: IO "store-unwritable" or "read-failed", TEMPORARY "store-full", LIMIT (more than @most bytes), NOMEM.
 */
SB_MUST_USE int sb_store_put_fd(struct sb_store *store, int fd, uint64_t most, struct sb_digest *out, struct sb_err *err);
SB_MUST_USE int sb_store_put(struct sb_store *store, struct sb_span bytes, struct sb_digest *out, struct sb_err *err);
/** Likewise for bytes of a private blob whose BLAKE2b the caller has just computed: saves hashing them again. INTERNAL when @digest has none. */
SB_MUST_USE int sb_store_put_hashed(struct sb_store *store, struct sb_span bytes, const struct sb_digest *digest, struct sb_err *err);
/** Open an object and re-hash it: EVIDENCE "store-damaged" (object moved to damaged/) on mismatch, ABSENT "store-missing". */
SB_MUST_USE int sb_store_get(struct sb_store *store, const uint8_t blake2b[SB_BLAKE2B_BYTES], struct sb_blob *out, struct sb_err *err);
SB_MUST_USE int sb_store_has(struct sb_store *store, const uint8_t blake2b[SB_BLAKE2B_BYTES], bool *has, struct sb_err *err);

/** What `store check` found; nothing is changed. */
struct sb_store_report {
	uint64_t objects, bytes, damaged, strays; /* strays: temporaries and foreign names */
	uint64_t writable;                        /* objects and folders that others may write */
	struct sb_buf names;                      /* one line "damaged|stray|writable NAME" each, sorted by name; the caller releases it */
};
SB_MUST_USE int sb_store_check(struct sb_store *store, unsigned jobs, struct sb_store_report *out, struct sb_err *err);

/* ---- keys and signatures ---- */

#define SB_PUBLIC_BYTES 32
#define SB_SIGNATURE_BYTES 64
#define SB_FINGERPRINT_TEXT 51 /* "SHA256:" + 43 characters + NUL */

/** A secret key in locked memory. */
struct sb_secret;

SB_MUST_USE int sb_secret_generate(struct sb_secret **out, struct sb_err *err);
/** From a 32-byte seed; the caller wipes its copy. For tests and imports. */
SB_MUST_USE int sb_secret_from_seed(const uint8_t seed[32], struct sb_secret **out, struct sb_err *err);
void sb_secret_free(struct sb_secret **secret); /* wipes */
void sb_secret_public(const struct sb_secret *secret, uint8_t out[SB_PUBLIC_BYTES]);

/** Encrypted key file "samebuild-secret-key/1" (Argon2id13, XChaCha20-Poly1305; layout: docs/formats/secret-key.md). An empty passphrase is USAGE "passphrase-empty". */
SB_MUST_USE int sb_secret_seal(const struct sb_secret *secret, struct sb_span passphrase, struct sb_buf *out, struct sb_err *err);
/** Errors: FORMAT "key-malformed", LIMIT (Argon2 asks too much, before any work), EVIDENCE "passphrase-wrong", "key-mismatch" (public half foreign). */
SB_MUST_USE int sb_secret_unseal(struct sb_span file, struct sb_span passphrase, struct sb_secret **out, struct sb_err *err);

/** Ed25519 (RFC 8032, pure) over @message. */
SB_MUST_USE int sb_sign(const struct sb_secret *secret, struct sb_span message, uint8_t out[SB_SIGNATURE_BYTES], struct sb_err *err);
/** True only for a good signature under a sound key. */
bool sb_signature_good(const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_span message, const uint8_t signature[SB_SIGNATURE_BYTES]);
/** The same, faster, under a key that sb_public_check has found sound before. */
bool sb_signature_holds(const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_span message, const uint8_t signature[SB_SIGNATURE_BYTES]);
/** EVIDENCE "key-unsound" for low-order, mixed-order, non-canonical and zero keys. */
SB_MUST_USE int sb_public_check(const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_err *err);
/** OpenSSH fingerprint, the keyid of our envelopes. */
void sb_public_fingerprint(const uint8_t public_key[SB_PUBLIC_BYTES], char out[SB_FINGERPRINT_TEXT]);
/** SubjectPublicKeyInfo in PEM (RFC 8410). */
void sb_public_to_pem(const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_buf *out);
/** One line "ssh-ed25519 AAAA…" (RFC 8709). */
void sb_public_to_ssh(const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_buf *out);

/** Memory that is locked, guarded and wiped when freed: passphrases. NULL when out of memory. */
SB_MUST_USE void *sb_guarded_alloc(size_t n);
void sb_guarded_free(void *p);
/** Can secrets be kept out of swap here? False when the limit of locked memory is used up: worth a warning, guarded memory works all the same. */
SB_MUST_USE bool sb_secrets_locked(void);
/** Constant time. */
bool sb_same_bytes(const void *a, const void *b, size_t n);

/** Standard base64 with padding (RFC 4648 section 4). */
void sb_base64(struct sb_span bytes, struct sb_buf *out);
/** Standard or URL-safe alphabet, padding required, no white space, zero tail bits. FORMAT "base64-malformed". Appends to @out. */
SB_MUST_USE int sb_unbase64(struct sb_span text, struct sb_buf *out, struct sb_err *err);

#include "hashing/keys.h"

#endif
