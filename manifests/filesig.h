/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of files as other programs make them: minisign (jedisct1.github.io/minisign), signify (OpenBSD signify.1), OpenSSH (PROTOCOL.sshsig). Such a
 * signature says that somebody signed these bytes, and nothing of how they came about.
 */
#ifndef MANIFESTS_FILESIG_H
#define MANIFESTS_FILESIG_H

#include "hashing/hashing.h"

/** The namespace in which OpenSSH signs files. */
#define SB_SSHSIG_NAMESPACE "file"

enum sb_filesig_kind { SB_FILESIG_NONE = 0, SB_FILESIG_MINISIGN, SB_FILESIG_SIGNIFY, SB_FILESIG_SSH };

/** A signature that was read; nothing in it is trusted. All of it is borrowed or copied, there is nothing to free. */
struct sb_filesig {
	enum sb_filesig_kind kind;
	uint8_t bytes[SB_SIGNATURE_BYTES];
	bool prehashed;            /* minisign: over BLAKE2b-512 of the file, not over the file */
	uint8_t number[8];         /* of minisign and signify: a hint */
	struct sb_span comment;    /* minisign: the trusted comment; trusted once the signature is good */
	uint8_t over_comment[SB_SIGNATURE_BYTES]; /* minisign: over @bytes and @comment */
	uint8_t key[SB_PUBLIC_BYTES];             /* OpenSSH: the key that it names */
	bool sha256;               /* OpenSSH: SHA-256 of the file is signed, not SHA-512 */
};

/** What the first bytes of @text say it is. */
enum sb_filesig_kind sb_filesig_sniff(struct sb_span text);
/** Errors: EVIDENCE "filesig-malformed": also a signature by another kind of key, or in another namespace. NOMEM. */
SB_MUST_USE int sb_filesig_read(struct sb_span text, struct sb_filesig *out, struct sb_err *err);
/**
 * Did @public_key sign @file? What is signed as it is must not begin like something that is signed elsewhere (an envelope, an SSH signature, a cosignature): it
 * is no signature of a file then.
 */
bool sb_filesig_good(const struct sb_filesig *signature, const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_span file);

/** minisign, prehashed ("ED"). @comment: the trusted one, on one line. Errors: those of sb_sign. */
SB_MUST_USE int sb_minisig_write(const struct sb_secret *secret, struct sb_span file, const char *comment, struct sb_buf *out, struct sb_err *err);
/** signify ("Ed"), over the bytes themselves. Errors: those of sb_sign; USAGE "filesig-ambiguous" when @file begins like something that is signed elsewhere. */
SB_MUST_USE int sb_signify_write(const struct sb_secret *secret, struct sb_span file, struct sb_buf *out, struct sb_err *err);
/** OpenSSH, namespace "file", SHA-512: the bytes that `ssh-keygen -Y sign -n file` gives. Errors: those of sb_sign. */
SB_MUST_USE int sb_sshsig_write(const struct sb_secret *secret, struct sb_span file, struct sb_buf *out, struct sb_err *err);

#endif
