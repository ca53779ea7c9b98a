/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as other programs keep them. Part of the room's public face: include hashing/hashing.h. */
#ifndef HASHING_KEYS_H
#define HASHING_KEYS_H

#include "hashing/hashing.h"

/** What a key file holds. The zero value: nothing that is known. */
enum sb_key_kind { SB_KEY_UNKNOWN = 0, SB_KEY_PUBLIC, SB_KEY_SECRET, SB_KEY_SECRET_ENCRYPTED };

/**
 * What the first bytes of @file say it is; nothing is checked. The forms: SubjectPublicKeyInfo and PKCS#8 in PEM and DER (RFC 8410, RFC 5958), OpenSSH's
 * line (RFC 8709) and private file (PROTOCOL.key), minisign's and signify's files, the verifier key of signed notes (C2SP signed-note), 64 hexadecimal
 * digits, and our own encrypted file.
 */
enum sb_key_kind sb_key_sniff(struct sb_span file);

/**
 * The public key in @file, which must hold one of the public forms and nothing else; the key is checked. Every verb reads keys with this one parser.
 * Errors: FORMAT "key-malformed", also for a secret key; EVIDENCE "key-unsound". @out is untouched then.
 */
SB_MUST_USE int sb_public_parse(struct sb_span file, uint8_t out[SB_PUBLIC_BYTES], struct sb_err *err);

/**
 * The secret key in @file, in any secret form. The public half that the file states must belong to it.
 * @file        borrowed; should lie in guarded memory, since some forms are not encrypted.
 * @passphrase  for encrypted forms; ignored by the others.
 * Errors: FORMAT "key-malformed", "key-encrypted" (by a scheme that is not read here); LIMIT (a key derivation that asks too much, before any work);
 * EVIDENCE "passphrase-wrong", "key-mismatch", "key-unsound" (a seed of zeros); NOMEM.
 */
SB_MUST_USE int sb_secret_parse(struct sb_span file, struct sb_span passphrase, struct sb_secret **out, struct sb_err *err);

/** A form in which a key can be written. */
struct sb_key_form {
	const char *name; /* "pem", "ssh", … */
	enum sb_key_kind kind;
	/** Of a public form. @name: who the key belongs to, for forms that say so. */
	void (*write_public)(const uint8_t public_key[SB_PUBLIC_BYTES], const char *name, struct sb_buf *out);
	/** Of a secret form: call sb_secret_write. */
	int (*write_secret)(const struct sb_secret *secret, struct sb_span passphrase, char *out, size_t room, size_t *n, struct sb_err *err);
};
/** All of them, in the order of the manual. */
const struct sb_key_form *sb_key_forms(size_t *count);
/** NULL when there is none of that name. */
const struct sb_key_form *sb_key_form_named(const char *name);
/** Bytes that are enough for every secret form. */
#define SB_SECRET_FORM_ROOM 1024
/**
 * Write @secret in a secret form.
 * @out  guarded memory of @room bytes; *n is what was written.
 * Errors: USAGE "key-elsewhere", "passphrase-empty" (forms that are encrypted); NOMEM.
 */
SB_MUST_USE int sb_secret_write(const struct sb_key_form *form, const struct sb_secret *secret, struct sb_span passphrase, char *out, size_t room, size_t *n,
                                struct sb_err *err);

/** minisign's and signify's key number of our keys: the first 8 bytes of BLAKE2b-64 of the public key. */
void sb_public_number(const uint8_t public_key[SB_PUBLIC_BYTES], uint8_t out[8]);

/**
 * A key that an ssh-agent holds, by its fingerprint "SHA256:…". The agent is asked again for each signature, and its answer is verified before it is used.
 * @socket_path  path of the agent's socket, as in SSH_AUTH_SOCK.
 * Errors: ABSENT "agent-absent" (no agent, or it does not answer in time), "agent-key-absent"; USAGE "agent-key-kind" (a certificate, or a key on a security token, which signs
 * other bytes); FORMAT "agent-malformed"; NOMEM.
 */
SB_MUST_USE int sb_secret_from_agent(const char *socket_path, const char *fingerprint, struct sb_secret **out, struct sb_err *err);

/**
 * A key on a token, by its PKCS#11 URI (RFC 7512), through the modules that p11-kit knows. Its answers are verified before they are used.
 * Errors: USAGE "token-uri" (also: a PIN in the URI); ABSENT "token-absent" (also when built without p11-kit), "token-key-absent", "token-failed"; EVIDENCE
 * "passphrase-wrong"; NOMEM.
 */
SB_MUST_USE int sb_secret_from_token(const char *uri, struct sb_span pin, struct sb_secret **out, struct sb_err *err);

#endif
