/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the `trace` object of the result record. */
#ifndef MANIFESTS_LINEAGE_H
#define MANIFESTS_LINEAGE_H

#include "manifests/making.h"
#include "manifests/taking.h"
#include "verifier/model/model.h"

struct sb_node *sb_lineage_node(struct sb_making *make, const struct sb_lineage *lineage);
/** Numbers of inputs ascend and are those of inputs; names of outputs are those of artifacts; unknown words are problems. NULL when nothing could be read. */
const struct sb_lineage *sb_lineage_take(struct sb_taking *in, struct sb_place place);

#endif
