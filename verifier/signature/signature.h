/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public face of the room: what a signature container consists of, and which digest of the signed bytes it holds. Containers are read
 * to their last byte and never verified: a container that is exactly what its standard allows can hide nothing but what its fields may
 * hold, and those bytes are the signer's to choose. Whatever is not known is refused, with a sentence on what it was.
 * Everything returned borrows the bytes that were read.
 */
#ifndef VERIFIER_SIGNATURE_SIGNATURE_H
#define VERIFIER_SIGNATURE_SIGNATURE_H

#include "hashing/hashing.h"

/* ---- DER: ITU-T X.690 ---- */

/** One element. Tags of one byte only, lengths in their shortest form and of at most four bytes. */
struct sb_der {
	unsigned tag;                  /* identifier octet: class, constructed, number */
	struct sb_span content, whole; /* without and with tag and length */
};

enum { SB_DER_INTEGER = 0x02, SB_DER_BITS = 0x03, SB_DER_OCTETS = 0x04, SB_DER_NULL = 0x05, SB_DER_OID = 0x06, SB_DER_SEQUENCE = 0x30, SB_DER_SET = 0x31 };
/** [n] constructed and [n] primitive. */
enum { SB_DER_CONTEXT = 0xa0, SB_DER_CONTEXT_PRIMITIVE = 0x80 };

/** The element at the start of @from, which moves behind it; false, and nothing changed, when there is none. */
SB_MUST_USE bool sb_der_take(struct sb_span *from, struct sb_der *out);
/** The same, if its tag is @tag. */
SB_MUST_USE bool sb_der_take_as(struct sb_span *from, unsigned tag, struct sb_der *out);
/** Is @bytes one element, and is everything that is constructed in it whole? At most 32 levels. */
SB_MUST_USE bool sb_der_is_whole(struct sb_span bytes);
/** Object identifiers are compared as their content octets. */
static inline bool sb_der_is(struct sb_span oid, const void *octets, size_t n)
{
	return oid.n == n && sb_span_starts(oid, octets, n);
}
/** AlgorithmIdentifier of a digest, its parameters absent or NULL (RFC 5754): false for any other. */
SB_MUST_USE bool sb_der_digest(struct sb_span algorithm, enum sb_declared_digest *out);

/* ---- CMS: RFC 5652, PKCS #7 1.5 ---- */

enum { SB_CMS_SIGNERS = 4, SB_CMS_CERTIFICATES = 16 };

struct sb_cms_signer {
	enum sb_declared_digest digest;
	struct sb_span message_digest; /* as the signed attributes state it; empty: no attributes, the signature covers the content itself */
	struct sb_span signature;
};

struct sb_cms {
	struct sb_span type;    /* of the content: octets of an object identifier */
	struct sb_span content; /* value octets that the message digest covers; p NULL: detached */
	struct sb_cms_signer signer[SB_CMS_SIGNERS];
	size_t signers, certificates;
	bool timestamped;
};

/**
 * Read a SignedData that fills @message. Every certificate is a signer's or that of an issuer of another; attributes are of known types;
 * unsigned ones are timestamps, whose imprint is recomputed; there are no revocation lists. Of content that is there the digest is
 * recomputed. @why gets static text when false is returned.
 */
SB_MUST_USE bool sb_cms_read(struct sb_span message, struct sb_cms *out, const char **why);
/** Do all signers that state a digest state that of @parts, one behind the other? @reading: of the parts, or NULL. */
SB_MUST_USE bool sb_cms_states(struct sb_reading *reading, const struct sb_cms *cms, const struct sb_span *parts, size_t count);

/* ---- OpenPGP: RFC 4880, RFC 9580 ---- */

/** One signature packet, version 3 or 4. */
struct sb_pgp_signature {
	unsigned version, type;
	enum sb_declared_digest digest;
	struct sb_span hashed; /* what is hashed behind the signed bytes (5.2.4), without the trailer of version 4 */
	uint8_t left[2];       /* of the digest */
};

enum { SB_PGP_BINARY = 0, SB_PGP_TEXT = 1, SB_PGP_PARTS = 8 };

/** Read the one signature packet that fills @bytes; subpackets that are not hashed may only name the key. */
SB_MUST_USE bool sb_pgp_read(struct sb_span bytes, struct sb_pgp_signature *out, const char **why);
/** Are the 16 bits of the digest that the packet holds those of @parts? At most SB_PGP_PARTS. @reading: of the parts, or NULL. */
SB_MUST_USE bool sb_pgp_states(struct sb_reading *reading, const struct sb_pgp_signature *signature, const struct sb_span *parts, size_t count);
/** Decode the armored signature that fills @text, headers none, checksum right. @out: the packet. */
SB_MUST_USE bool sb_pgp_unarmor(struct sb_span text, struct sb_buf *out, const char **why);

/** A text in the cleartext signature framework (7). */
struct sb_pgp_cleartext {
	struct sb_buf text;      /* as it was before it was signed, its last line end included */
	struct sb_buf canonical; /* as it is hashed */
	struct sb_buf packet;
};
/** Does @file begin like one? */
bool sb_pgp_is_cleartext(struct sb_span file);
/** Read the signed text that fills @file and recompute what its signature holds. Release @out in any case. */
SB_MUST_USE bool sb_pgp_read_cleartext(struct sb_span file, struct sb_pgp_cleartext *out, const char **why);
void sb_pgp_cleartext_release(struct sb_pgp_cleartext *text);

#endif
