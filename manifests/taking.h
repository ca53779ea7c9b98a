/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: records read back. What is missing or wrong is a problem of the schema and gives a harmless value, so that one pass finds all. */
#ifndef MANIFESTS_TAKING_H
#define MANIFESTS_TAKING_H

#include "manifests/schema.h"

struct sb_taking {
	struct sb_schema schema;
	struct sb_arena *arena;
	bool failed; /* out of memory */
};

/** Zeroed array in the arena; NULL sets @in->failed. */
void *sb_take_array(struct sb_taking *in, size_t count, size_t size);
/** Text of @key as it stands there, "" when there is none. */
const char *sb_take_text(struct sb_taking *in, struct sb_place map, const char *key);
/** Text that was escaped before it went out; whatever else it holds now was put there to reach a reader's terminal. */
const char *sb_take_shown(struct sb_taking *in, struct sb_place map, const char *key);
const char *sb_take_shown_at(struct sb_taking *in, struct sb_place place);
/** A name that went out escaped comes back as the bytes it was. */
const char *sb_take_raw(struct sb_taking *in, struct sb_place map, const char *key);
const char *sb_take_raw_at(struct sb_taking *in, struct sb_place place);
uint64_t sb_take_count(struct sb_taking *in, struct sb_place map, const char *key);
bool sb_take_bool(struct sb_taking *in, struct sb_place map, const char *key, bool absent);
/** Exactly 2 * @n hexadecimal digits. */
void sb_take_hex(struct sb_taking *in, struct sb_place map, const char *key, uint8_t *out, size_t n);
bool sb_take_is_null(struct sb_place place);
/** Room for the items of list @key; *items is 0 when there is no list. */
void *sb_take_list(struct sb_taking *in, struct sb_place map, const char *key, size_t size, struct sb_place *place, size_t *items);
/** The texts of list @key, as raw names. */
const char *const *sb_take_names(struct sb_taking *in, struct sb_place map, const char *key, size_t *count);

#endif
