/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: which functions and objects of two sections are the same ones. */
#ifndef VERIFIER_EXPLAIN_MARKS_H
#define VERIFIER_EXPLAIN_MARKS_H

#include "verifier/explain/image.h"

/** Anchors of one side that are asked for, sorted by name and then by address; free @items. */
struct sb_anchor_list {
	const struct sb_anchor **items;
	size_t count;
};
/** Those of @anchors (struct sb_anchor) in [@from, @from + @length); sections when @length is 0. Errors: NOMEM. */
SB_MUST_USE int sb_anchor_list_choose(const struct sb_vec *anchors, uint64_t from, uint64_t length, struct sb_anchor_list *out, struct sb_err *err);
/** How many have no name; they stand first. */
size_t sb_anchor_list_nameless(const struct sb_anchor_list *chosen);
/** Index behind the last that has the name of the one at @at. */
size_t sb_anchor_list_end_of_name(const struct sb_anchor_list *chosen, size_t at);

/**
 * Add to @marks (struct sb_piece of length 0, counted from the starts of the sections) what lies in both sections @a and @b; *code when
 * that includes functions. Errors: NOMEM.
 */
SB_MUST_USE int sb_marks_find(const struct sb_address_map *map, const struct sb_anchor *a, const struct sb_anchor *b, struct sb_vec *marks, bool *code,
                              struct sb_err *err);

#endif
