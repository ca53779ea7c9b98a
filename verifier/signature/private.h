/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room. */
#ifndef VERIFIER_SIGNATURE_PRIVATE_H
#define VERIFIER_SIGNATURE_PRIVATE_H

#include "verifier/signature/signature.h"

/** `return sb_refuse(why, "…")`: false with the reason in *why. */
static inline bool sb_refuse(const char **why, const char *text)
{
	*why = text;
	return false;
}

/** Whose certificate it is that made a signature: the name and number of RFC 5652 10.2.4, or a subject key identifier. */
struct sb_signer_id {
	struct sb_span issuer, serial; /* DER elements */
	struct sb_span key;            /* octets; empty: the other two are there */
};

/** One SignerInfo. */
struct sb_signer_info {
	struct sb_signer_id id;
	struct sb_cms_signer signer;
	struct sb_span type;     /* of the content, as the signed attributes state it; empty: none */
	struct sb_span unsigned_attributes;
};

/** @sequence: content of a SignerInfo. */
SB_MUST_USE bool sb_cms_signer_read(struct sb_span sequence, struct sb_signer_info *out, const char **why);

/**
 * Is each certificate of the set that of one of @ids, or of the issuer of one that is, and none there twice? @count: how many there are.
 */
SB_MUST_USE bool sb_cms_certificates_lead(struct sb_span set, const struct sb_signer_id *ids, size_t id_count, size_t *count, const char **why);

/**
 * Unsigned attributes of a signer: timestamps (RFC 3161 and the countersignature of PKCS #9) of @signature and nothing else.
 * @depth: of messages in messages, at most one. @counter: whose certificate made a countersignature, which the outer message carries; key and issuer empty: none.
 */
SB_MUST_USE bool sb_cms_timestamps(struct sb_span attributes, struct sb_span signature, unsigned depth, struct sb_signer_id *counter, const char **why);

/** As sb_cms_read, inside of @depth other messages. */
SB_MUST_USE bool sb_cms_read_at(struct sb_span message, unsigned depth, struct sb_cms *out, const char **why);

#endif
