/* SPDX-License-Identifier: Apache-2.0 */
/* The trace of a build as a document, schema samebuild-trace/1: docs/hygiene.md. */
#ifndef MANIFESTS_TRACE_DOCUMENT_H
#define MANIFESTS_TRACE_DOCUMENT_H

#include "manifests/node.h"
#include "verifier/model/model.h"

/** Canonical JSON: the same trace gives the same bytes. Errors: NOMEM, LIMIT. */
SB_MUST_USE int sb_trace_write(const struct sb_trace *trace, struct sb_buf *out, struct sb_err *err);
/**
 * Read it back; everything in @out lives in @arena. Numbers lead somewhere, parents come first, trust has no doubts beside it.
 * Errors: FORMAT "trace-document-malformed"; LIMIT; NOMEM. @out is untouched then.
 */
SB_MUST_USE int sb_trace_read(struct sb_span text, struct sb_arena *arena, struct sb_trace *out, struct sb_err *err);

#endif
