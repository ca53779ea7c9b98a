/* SPDX-License-Identifier: Apache-2.0 */
/* DSSE 1.0.2 envelopes with Ed25519: secure-systems-lab/dsse protocol.md and envelope.md. */
#ifndef MANIFESTS_DSSE_H
#define MANIFESTS_DSSE_H

#include "hashing/hashing.h"
#include "manifests/node.h"

#define SB_DSSE_INTOTO "application/vnd.in-toto+json"
#define SB_DSSE_POLICY "application/vnd.samebuild.policy+json"

/** Pre-authentication encoding "DSSEv1 LEN TYPE LEN BODY": what is signed. */
void sb_dsse_pae(const char *type, struct sb_span body, struct sb_buf *out);

/** One envelope on one line with a final newline, keys sorted, one signature by @secret. */
SB_MUST_USE int sb_dsse_sign(const char *type, struct sb_span body, const struct sb_secret *secret, struct sb_buf *out, struct sb_err *err);

/**
 * The envelope in @line with one more signature, by @secret, on one line with a final newline. What it held before is not verified here: the caller has done that.
 * Errors: EVIDENCE "envelope-malformed"; USAGE "signature-repeated" when the key has signed it; LIMIT; those of sb_sign.
 */
SB_MUST_USE int sb_dsse_add(struct sb_span line, const struct sb_secret *secret, struct sb_buf *out, struct sb_err *err);

/** A parsed envelope; nothing in it is trusted. */
struct sb_dsse {
	const char *type;
	struct sb_span payload; /* decoded, in the arena */
	struct {
		const char *keyid; /* hint, may be NULL */
		uint8_t bytes[SB_SIGNATURE_BYTES];
	} *signatures;
	size_t count;
};
/** Errors: EVIDENCE "envelope-malformed" (size, JSON rules, base64, 0 or too many signatures, none of 64 bytes); LIMIT; NOMEM. */
SB_MUST_USE int sb_dsse_read(struct sb_span line, struct sb_arena *arena, struct sb_dsse *out, struct sb_err *err);
/** True when at least one signature of the envelope is good under @public_key; a bad one never ends the search. */
bool sb_dsse_signed_by(const struct sb_dsse *envelope, const uint8_t public_key[SB_PUBLIC_BYTES]);

/** The same over the encoding @pae of the envelope, for who asks for many keys. */
bool sb_dsse_signed_over(const struct sb_dsse *envelope, struct sb_span pae, const uint8_t public_key[SB_PUBLIC_BYTES]);

#endif
