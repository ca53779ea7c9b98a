/* SPDX-License-Identifier: Apache-2.0 */
/* in-toto links (in-toto specification 1.0, section 4.4): products by their SHA-256, signed over OLPC's canonical JSON. */
#ifndef MANIFESTS_LINK_H
#define MANIFESTS_LINK_H

#include "hashing/hashing.h"
#include "manifests/node.h"
#include "verifier/model/model.h"

/** Key id of in-toto: SHA-256 of the canonical key object, in hexadecimal. */
#define SB_LINK_KEYID (2 * SB_SHA256_BYTES + 1)
SB_MUST_USE int sb_link_keyid(const uint8_t public_key[SB_PUBLIC_BYTES], char out[SB_LINK_KEYID], struct sb_err *err);

/**
 * A link of the step "rebuild" whose products are the shipped artifacts of @result. It says that they can be rebuilt, so it is written only when every artifact
 * of a complete run is identical or reproduced. Errors: EVIDENCE "link-level", "link-name" (a name that is not plain text); those of sb_sign; NOMEM.
 */
SB_MUST_USE int sb_link_write(const struct sb_result *result, const struct sb_secret *secret, struct sb_buf *out, struct sb_err *err);
/** Whether sb_link_write would write: asked before anything is signed. Errors: as there. */
SB_MUST_USE int sb_link_allowed(const struct sb_result *result, struct sb_err *err);

/** A link that was read, here or by rebuilderd; nothing in it is trusted. Borrowed from the tree. */
struct sb_link {
	const char *name;
	const struct sb_node *products, *signatures, *signed_part;
};
/** Is it an object with a "signed" part of type "link"? */
bool sb_link_is(const struct sb_node *top);
/** Errors: EVIDENCE "link-malformed". */
SB_MUST_USE int sb_link_read(const struct sb_node *top, struct sb_link *out, struct sb_err *err);
/** Did @public_key sign it? False also when memory runs out. */
bool sb_link_signed_by(const struct sb_link *link, const uint8_t public_key[SB_PUBLIC_BYTES]);
/** Is a file of this SHA-256 among the products? */
bool sb_link_has_product(const struct sb_link *link, const uint8_t sha256[SB_SHA256_BYTES]);

#endif
