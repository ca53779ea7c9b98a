/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of a rebuild, schema samebuild-facts/1: DESIGN section 3. */
#ifndef MANIFESTS_FACTS_H
#define MANIFESTS_FACTS_H

#include "manifests/node.h"
#include "verifier/model/model.h"

/** Read JSON; unknown keys are errors. Strings live in @arena. Errors: USAGE "facts-malformed" with the key named. */
SB_MUST_USE int sb_facts_read(struct sb_span text, const char *name, struct sb_arena *arena, struct sb_facts *out, struct sb_err *err);
SB_MUST_USE int sb_facts_write(const struct sb_facts *facts, struct sb_buf *out, struct sb_err *err);

/**
 * The same document as a set of facts to build under; values that are not plausible are refused. Errors: USAGE "facts-malformed".
 * What sb_facts_read leaves out (clock, umask, order, input-time) is in it.
 */
SB_MUST_USE int sb_fact_set_read(struct sb_span text, const char *name, struct sb_arena *arena, struct sb_fact_set *out, struct sb_err *err);
SB_MUST_USE int sb_fact_set_write(const struct sb_fact_set *set, struct sb_buf *out, struct sb_err *err);

#endif
