/* SPDX-License-Identifier: Apache-2.0 */
/* Input manifests of OmniBOR (specification 0.2, section 6.3): which bytes went into an artifact, each by its gitoid. */
#ifndef MANIFESTS_OMNIBOR_H
#define MANIFESTS_OMNIBOR_H

#include "hashing/hashing.h"
#include "verifier/model/model.h"

/** gitoid:blob:sha256 of @bytes. */
void sb_gitoid(struct sb_span bytes, uint8_t out[SB_SHA256_BYTES]);
/**
 * The manifest of @output: its inputs of the kind `data`, each once, in the order of their ids. What was only on the way to it is no input: it is gone
 * when a build ends. False when an input has no id, or not all of them are listed: there is no manifest then. Errors of @out as of any buffer.
 */
SB_MUST_USE bool sb_omnibor_write(const struct sb_lineage *lineage, const struct sb_lineage_output *output, struct sb_buf *out);

#endif
