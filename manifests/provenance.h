/* SPDX-License-Identifier: Apache-2.0 */
/* SLSA provenance (https://slsa.dev/provenance/v1) of what was rebuilt: everything that the trace saw is a resolved dependency. */
#ifndef MANIFESTS_PROVENANCE_H
#define MANIFESTS_PROVENANCE_H

#include "manifests/statement.h"

#define SB_PREDICATE_PROVENANCE "https://slsa.dev/provenance/v1"
#define SB_BUILD_TYPE "https://samebuild.dev/rebuild/v1"

/** Whether sb_provenance_write would write of this run: asked before anything is signed. Errors: as there. */
SB_MUST_USE int sb_provenance_allowed(const struct sb_result *result, struct sb_err *err);
/**
 * Canonical JSON of the statement. Subjects are the rebuilt files. Errors: USAGE "provenance-builder" when @context names no party; EVIDENCE
 * "provenance-untraced" without a trace that can be trusted and lists everything, "statement-empty" when nothing was rebuilt; NOMEM.
 */
SB_MUST_USE int sb_provenance_write(const struct sb_result *result, const struct sb_statement_context *context, struct sb_buf *out, struct sb_err *err);

#endif
