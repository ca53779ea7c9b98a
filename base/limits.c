/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"

#include "base/err.h"

#include <inttypes.h>

#define ROW(id, word, number, of, reason) {.name = (word), .value = (number), .unit = (of), .why = (reason)},
static const struct sb_limit rows[] = {SB_LIMITS(ROW)};
#undef ROW

const struct sb_limit *sb_limit(enum sb_limit_row row)
{
	return &rows[row];
}

int sb_fail_limit(struct sb_err *err, enum sb_limit_row row, uint64_t asked)
{
	const struct sb_limit *limit = sb_limit(row);
	int rc = sb_fail(err, SB_LIMIT, "limit-exceeded", "limit %s (%s) is %" PRIu64 " %s, asked for %" PRIu64, limit->name,
	                 limit->why, limit->value, limit->unit, asked);
	if (err)
		err->limit = 1 + (unsigned)row;
	return rc;
}
