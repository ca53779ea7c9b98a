/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: a drop manifest while it is read. Problems gather in the schema; what could not be read is left at its default. */
#ifndef MANIFESTS_DROP_READING_H
#define MANIFESTS_DROP_READING_H

#include "manifests/drop.h"
#include "manifests/schema.h"

/** One reading: what is looked at, and what comes of it. */
struct sb_drop_reading {
	struct sb_schema schema;
	struct sb_place top;
	struct sb_drop drop;
};

/** Is @made NULL? Then that memory ran out is added to the problems. */
bool sb_drop_out_of_memory(struct sb_drop_reading *in, const void *made);
/** A text that a person sees in reports: short, one line. NULL when absent or not such a text. */
const char *sb_drop_label(struct sb_drop_reading *in, struct sb_place place);
/** Room in the arena for the items of list @key under @map, each of @size bytes; at least one. NULL, with *count 0, when there is none. */
void *sb_drop_items(struct sb_drop_reading *in, struct sb_place map, const char *key, size_t size, size_t *count, struct sb_place *list);

/** The mapping `build`: steps, environment, controls, allowances. */
void sb_drop_read_build(struct sb_drop_reading *in);

#endif
