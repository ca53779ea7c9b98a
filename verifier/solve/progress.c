/* SPDX-License-Identifier: Apache-2.0 */
/* What a rebuild under facts was worth. */
#include "verifier/solve/solve.h"

size_t sb_solve_count_open(const struct sb_solve_file *files, size_t count)
{
	size_t open = 0;

	for (size_t i = 0; i < count; i++)
		open += sb_solve_is_open(&files[i]);
	return open;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	uint64_t out;
	return sb_add(a, b, &out) ? out : UINT64_MAX;
}

enum sb_trial_end sb_solve_end_of(const struct sb_solve_file *files, size_t count, const bool *were_open, size_t focus, uint64_t *differ)
{
	uint64_t kept = 0;
	bool gained = false;

	*differ = 0;
	for (size_t i = 0; i < count; i++) {
		if (!were_open[i])
			continue;
		gained |= files[i].rebuild != 0;
		kept = sum(kept, files[i].kept);
		*differ = sum(*differ, files[i].now);
	}
	if (sb_solve_count_open(files, count) == 0)
		return SB_TRIAL_EQUAL;
	if (focus != SIZE_MAX && files[focus].now < files[focus].kept)
		return SB_TRIAL_CLOSER;
	return gained || *differ < kept ? SB_TRIAL_CLOSER : SB_TRIAL_NO_CLOSER;
}

void sb_solve_keep(struct sb_solve_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++)
		files[i].kept = files[i].now;
}
