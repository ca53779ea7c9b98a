/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time as documents write them: RFC 3339 in UTC, "2027-01-01T00:00:00Z", or a day, which begins then. */
#ifndef MANIFESTS_MOMENT_H
#define MANIFESTS_MOMENT_H

#include "base/base.h"

#define SB_MOMENT_TEXT 21 /* with the NUL */

/** Seconds since 1970; false for any other form, and for days that do not exist. */
SB_MUST_USE bool sb_moment_read(const char *text, int64_t *out);
/** False, and an empty text, for years that have not four digits. */
bool sb_moment_write(int64_t seconds, char out[SB_MOMENT_TEXT]);

#endif
