/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/moment.h"

#include <string.h>
#include <time.h>

bool sb_moment_write(int64_t seconds, char out[SB_MOMENT_TEXT])
{
	time_t when = (time_t)seconds;
	struct tm parts;

	out[0] = '\0';
	return gmtime_r(&when, &parts) && parts.tm_year >= -900 && parts.tm_year < 8100 &&
	       strftime(out, SB_MOMENT_TEXT, "%Y-%m-%dT%H:%M:%SZ", &parts) == SB_MOMENT_TEXT - 1;
}

/* Read, and written again it must be the same text: one spelling, no 31st of April. */
bool sb_moment_read(const char *text, int64_t *out)
{
	char whole[SB_MOMENT_TEXT] = "2027-01-01T00:00:00Z", again[SB_MOMENT_TEXT];
	struct tm parts = {0};
	size_t n = strlen(text);

	if (n != strlen("2027-01-01") && n != SB_MOMENT_TEXT - 1)
		return false;
	memcpy(whole, text, n);
	const char *end = strptime(whole, "%Y-%m-%dT%H:%M:%SZ", &parts);
	if (!end || *end)
		return false;
	*out = timegm(&parts);
	return sb_moment_write(*out, again) && strcmp(again, whole) == 0;
}
