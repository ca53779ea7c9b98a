/* SPDX-License-Identifier: Apache-2.0 */
/* Trees made in one go: a failed allocation is remembered, and asked for once at the end. */
#ifndef MANIFESTS_MAKING_H
#define MANIFESTS_MAKING_H

#include "manifests/node.h"

struct sb_making {
	struct sb_arena *arena;
	bool failed; /* out of memory, or a key given twice */
};

struct sb_node *sb_make_map(struct sb_making *make);
struct sb_node *sb_make_list(struct sb_making *make);
/** Foreign bytes, escaped. */
struct sb_node *sb_make_text(struct sb_making *make, const char *text);
/** Text that is ours or was escaped before; NULL gives null. */
struct sb_node *sb_make_shown(struct sb_making *make, const char *text);

void sb_make_put(struct sb_making *make, struct sb_node *map, const char *key, struct sb_node *value);
void sb_make_push(struct sb_making *make, struct sb_node *list, struct sb_node *value);
void sb_make_put_text(struct sb_making *make, struct sb_node *map, const char *key, const char *text);
void sb_make_put_shown(struct sb_making *make, struct sb_node *map, const char *key, const char *text);
/** So too, as text of a SARIF message (2.1.0, 3.11.5 and 3.11.6): foreign words make no link and no placeholder. */
void sb_make_put_message(struct sb_making *make, struct sb_node *map, const char *key, const char *text);
/** Counts beyond the integers that every JSON reader holds exactly do not occur: sizes are capped far below. */
void sb_make_put_count(struct sb_making *make, struct sb_node *map, const char *key, uint64_t count);
void sb_make_put_bool(struct sb_making *make, struct sb_node *map, const char *key, bool value);
void sb_make_put_hex(struct sb_making *make, struct sb_node *map, const char *key, const uint8_t *bytes, size_t n);

#endif
