/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: manifests of jars, read strictly. */
#ifndef VERIFIER_EXPLAIN_JAR_H
#define VERIFIER_EXPLAIN_JAR_H

#include "verifier/explain/listed.h"

/** A section of a manifest: its bytes end behind the blank line that ends it. The main section has the empty name. */
struct sb_jar_section {
	struct sb_span name, bytes;
};

bool sb_jar_is_zip(const struct sb_pair *pair);
/** All attributes of @text onto the items of @side; its sections onto @sections (struct sb_jar_section), which may be NULL. */
SB_MUST_USE bool sb_jar_read(struct sb_listed_side *side, struct sb_span text, struct sb_vec *sections);
/** "SHA-256-Digest-Manifest" → SHA-256 and "-Digest-Manifest". */
SB_MUST_USE bool sb_jar_digest_kind(struct sb_span key, enum sb_declared_digest *kind, struct sb_span *rest);
/** Is @value the digest of @over in base64? */
bool sb_jar_says(const struct sb_explaining *in, struct sb_span value, enum sb_declared_digest kind, struct sb_span over);

#endif
