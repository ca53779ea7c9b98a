/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the part of the result record that tells of further builds (docs/vary.md). */
#ifndef MANIFESTS_BUILDS_H
#define MANIFESTS_BUILDS_H

#include "manifests/making.h"
#include "manifests/taking.h"
#include "verifier/model/model.h"

struct sb_node *sb_make_extent(struct sb_making *make, const struct sb_extent *extent);
struct sb_node *sb_make_builds(struct sb_making *make, const struct sb_builds *builds);

void sb_take_extent(struct sb_taking *in, struct sb_place place, struct sb_extent *out);
/** What @top has under "builds"; nothing when it has none. */
void sb_take_builds(struct sb_taking *in, struct sb_place top, struct sb_builds *out);

#endif
