/* SPDX-License-Identifier: Apache-2.0 */
/* Where things of a user lie: XDG Base Directory Specification 0.8. */
#ifndef VERIFIER_CLI_PLACES_H
#define VERIFIER_CLI_PLACES_H

#include "base/base.h"

/** "$XDG_DATA_HOME/samebuild/@name"; NULL without HOME or memory. */
const char *sb_place_data(struct sb_arena *arena, const char *name);
/** "$XDG_CACHE_HOME/samebuild/@name": may be lost. */
const char *sb_place_cache(struct sb_arena *arena, const char *name);
/** "$XDG_STATE_HOME/samebuild/@name". */
const char *sb_place_state(struct sb_arena *arena, const char *name);

#endif
