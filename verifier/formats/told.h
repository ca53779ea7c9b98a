/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: lists of what the tables of an image tell, by offset. */
#ifndef VERIFIER_FORMATS_TOLD_H
#define VERIFIER_FORMATS_TOLD_H

#include "verifier/formats/image.h"

/** Sort struct sb_reference, and drop those that overlap with one before: tables of hostile images name a place twice. */
void sb_references_order(struct sb_vec *references);
/** The same of struct sb_row. */
void sb_rows_order(struct sb_vec *rows);
/** First one that ends behind @offset, as an index. */
size_t sb_references_from(const struct sb_reference *items, size_t count, uint64_t offset);
size_t sb_rows_from(const struct sb_row *items, size_t count, uint64_t offset);
/** The row that holds @offset; NULL when none does. */
const struct sb_row *sb_row_at(const struct sb_row *items, size_t count, uint64_t offset);
/** A copy of the list in @arena, not NULL for an empty one; NULL without memory. */
const void *sb_list_keep(struct sb_arena *arena, const struct sb_vec *items);

#endif
