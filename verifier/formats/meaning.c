/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/meaning.h"

size_t sb_clause_at(const struct sb_vec *clauses, uint64_t offset)
{
	size_t low = 0, high = clauses->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct sb_clause *clause = sb_vec_at(clauses, middle);
		if (clause->offset == offset)
			return middle;
		if (clause->offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return clauses->count;
}
