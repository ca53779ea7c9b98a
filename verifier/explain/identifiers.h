/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: names of disks, partitions and file systems as others write them. */
#ifndef VERIFIER_EXPLAIN_IDENTIFIERS_H
#define VERIFIER_EXPLAIN_IDENTIFIERS_H

#include "verifier/explain/explainer.h"

/** One value that is looked for. */
struct sb_name_form {
	struct sb_span value; /* 4 or 16 bytes, as they stand in the field */
	size_t id;            /* of whoever asks */
};

/** Values in all their forms, ready to be looked for in one pass. Zeroed, there are none. */
struct sb_name_forms {
	struct sb_vec binary; /* struct: 16 bytes */
	struct sb_vec digits; /* struct: the first eight digits of a text */
	uint8_t *shift;       /* by the last two bytes of a place: how far the next place may begin behind it */
};

/** Whoever is told of the places: value @id stands at @at. */
struct sb_name_found {
	void *ctx;
	void (*found)(void *ctx, size_t id, const uint8_t *at);
};

/** False when out of memory; release it then too. */
SB_MUST_USE bool sb_name_forms_make(struct sb_name_forms *forms, const struct sb_name_form *values, size_t count);
void sb_name_forms_release(struct sb_name_forms *forms);

/**
 * Tell @to of every place of a value in @bytes: its 16 bytes, as they are or in the byte order of the other writers of GUIDs; 4 bytes with twelve zeros
 * behind them, as device paths of EFI and stores of boot loaders have them; and its first eight hexadecimal digits as a text of 8 or 16 bit, in either
 * case, whatever stands around them. A place may be told twice.
 */
void sb_name_forms_search(const struct sb_name_forms *forms, struct sb_reading *reading, struct sb_span bytes, const struct sb_name_found *to);

#endif
