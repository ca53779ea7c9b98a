/* SPDX-License-Identifier: Apache-2.0 */
/* sigstore bundles v0.3 with a plain public key and a DSSE envelope: sigstore/protobuf-specs, sigstore_bundle.proto. */
#ifndef MANIFESTS_BUNDLE_H
#define MANIFESTS_BUNDLE_H

#include "manifests/dsse.h"

/** Values that a bundle may hold, with what is not read here, such as entries of a log. */
#define SB_BUNDLE_VALUES 65536
/** Is it an object with a media type of sigstore? */
bool sb_bundle_is(const struct sb_node *top);
/**
 * The envelope in a bundle as one line of canonical JSON, appended to @out. Nothing is verified, and the hint of the key is no more than that.
 * Errors: EVIDENCE "bundle-malformed": also one with a certificate, a signature of a message, or not exactly one signature. NOMEM.
 */
SB_MUST_USE int sb_bundle_envelope(const struct sb_node *top, struct sb_buf *out, struct sb_err *err);
/** One line of a bundle around the envelope in @line. Errors: EVIDENCE "envelope-malformed"; "bundle-signatures" when the envelope has not exactly one; NOMEM. */
SB_MUST_USE int sb_bundle_write(struct sb_span line, struct sb_buf *out, struct sb_err *err);

#endif
