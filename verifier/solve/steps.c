/* SPDX-License-Identifier: Apache-2.0 */
/* Work is bounded by counting it: the same file costs, and gives, the same on every machine. */
#include "verifier/solve/inside.h"

bool sb_solve_stops(struct sb_inferring *in)
{
	in->stopped |= sb_stopping(in->in->progress);
	return in->stopped;
}

bool sb_solve_spend(struct sb_inferring *in, uint64_t steps)
{
	if (sb_solve_stops(in))
		return false;
	bool enough = steps <= in->left;
	in->left = enough ? in->left - steps : 0;
	return enough;
}
