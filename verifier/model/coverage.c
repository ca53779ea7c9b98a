/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/model/result.h"

bool sb_coverage_adds_up(const struct sb_coverage *coverage)
{
	uint64_t sum;
	return sb_add(coverage->equal, coverage->claimed, &sum) && sb_add(sum, coverage->residual, &sum) &&
	       sb_add(sum, coverage->opaque, &sum) && sum == coverage->bytes;
}
