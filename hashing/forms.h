/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what the readers and writers of key forms share. */
#ifndef HASHING_FORMS_H
#define HASHING_FORMS_H

#include "hashing/hashing.h"

/** SubjectPublicKeyInfo of Ed25519 up to the key: RFC 8410 section 4. */
extern const uint8_t sb_spki_prefix[12];
/** string "ssh-ed25519" and the length of the key: RFC 8709 section 4. */
extern const uint8_t sb_ssh_prefix[19];

#define SB_PEM_PUBLIC "PUBLIC KEY"
#define SB_PEM_PKCS8 "PRIVATE KEY"
#define SB_PEM_OPENSSH "OPENSSH PRIVATE KEY"
#define SB_COMMENT "untrusted comment: "

/** Length of a key of minisign and signify: "Ed", number, key. */
enum { SB_KEY_NUMBER = 8, SB_MINI_PUBLIC = 2 + SB_KEY_NUMBER + SB_PUBLIC_BYTES };

/** Without white space at either end. */
struct sb_span sb_trimmed(struct sb_span text);
/** The base64 between the lines of a PEM block @label that is all of @text. False when it is none. */
SB_MUST_USE bool sb_pem_body(struct sb_span text, const char *label, struct sb_span *out);
bool sb_pem_starts(struct sb_span text, const char *label);
/** @text after an "untrusted comment: " line, trimmed; @text itself when it has none; nothing when the comment is too long. */
struct sb_span sb_after_comment(struct sb_span text);
/** FORMAT "key-malformed". */
int sb_key_malformed(struct sb_err *err, const char *what);

#endif
