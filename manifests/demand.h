/* SPDX-License-Identifier: Apache-2.0 */
/* What an environment must have for a build to count, schema samebuild-environment-policy/1: docs/environment.md. */
#ifndef MANIFESTS_DEMAND_H
#define MANIFESTS_DEMAND_H

#include "manifests/node.h"

enum sb_demand_part { SB_DEMAND_WALLS = 0, SB_DEMAND_LIMITS, SB_DEMAND_CONTROLS, SB_DEMAND_PARTS };

/** Names as the environment has them ("landlock"); whether they are known is for the reader's caller to check. */
struct sb_demand {
	const char *const *names[SB_DEMAND_PARTS];
	size_t counts[SB_DEMAND_PARTS];
};

/** "walls", "limits", "controls": the key of each part. */
const char *sb_demand_key(enum sb_demand_part part);

/** Read YAML, or JSON when @name ends in .json. Strings live in @arena. Errors: USAGE "demand-malformed"; NOMEM. A policy that demands nothing is one. */
SB_MUST_USE int sb_demand_read(struct sb_span text, const char *name, struct sb_arena *arena, struct sb_demand *out, struct sb_err *err);

#endif
