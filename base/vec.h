/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include "base/err.h"

#include <stdbool.h>

/**
 * Growing array of plain structs. Zeroed with .size set is ready for use; items may move when it grows.
 */
struct sb_vec {
	void *items;
	size_t count, cap;
	size_t size;    /* bytes of one item */
	size_t ceiling; /* items; 0 means no ceiling but memory */
};

/** Pointer to a new zeroed item at the end; NULL when out of memory or at the ceiling. */
SB_MUST_USE void *sb_vec_push(struct sb_vec *vec);
void *sb_vec_at(const struct sb_vec *vec, size_t index);
void sb_vec_release(struct sb_vec *vec);

#define SB_VEC __attribute__((cleanup(sb_vec_release)))

#endif
