/* SPDX-License-Identifier: Apache-2.0 */
/* The result record, schema samebuild-result/1: DESIGN section 3. */
#ifndef MANIFESTS_RECORD_H
#define MANIFESTS_RECORD_H

#include "manifests/node.h"
#include "verifier/model/model.h"

/** The record as a tree, and as canonical JSON (no final newline): same result, same bytes. Errors: NOMEM, LIMIT. */
SB_MUST_USE int sb_record_node(const struct sb_result *result, struct sb_arena *arena, struct sb_node **out, struct sb_err *err);
SB_MUST_USE int sb_record_write(const struct sb_result *result, struct sb_buf *out, struct sb_err *err);
/**
 * Read a record back: unknown fields are errors, a missing level stays undetermined, coverage sums are checked, and the run level
 * must not be better than the worst artifact's. Errors: FORMAT "record-malformed", EVIDENCE "record-inconsistent".
 */
SB_MUST_USE int sb_record_read(struct sb_span text, struct sb_arena *arena, struct sb_result *out, struct sb_err *err);

#endif
