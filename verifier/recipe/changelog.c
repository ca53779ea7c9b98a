/* SPDX-License-Identifier: Apache-2.0 */
/* " -- Name <mail>  Tue, 14 Mar 2023 21:05:30 +0100": Debian Policy 4.4, the date as RFC 5322 has it. */
#include "verifier/recipe/recipe.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int month_of(const char *name)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	for (int i = 0; i < 12; i++)
		if (strncmp(names + 3 * i, name, 3) == 0)
			return i;
	return -1;
}

static bool read_date(const char *text, int64_t *out)
{
	char month[4] = "", sign = 0;
	int day, year, hour, minute, second, zone;

	if (sscanf(text, " %*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d %c%4d", &day, month, &year, &hour, &minute, &second, &sign, &zone) != 8)
		return false;
	struct tm at = {.tm_mday = day, .tm_mon = month_of(month), .tm_year = year - 1900, .tm_hour = hour, .tm_min = minute, .tm_sec = second};
	if (at.tm_mon < 0 || (sign != '+' && sign != '-') || year < 1970 || year > 9999)
		return false;
	int64_t shift = (zone / 100 * 60 + zone % 100) * INT64_C(60);
	*out = (int64_t)timegm(&at) - (sign == '+' ? shift : -shift);
	return *out >= 0;
}

bool sb_recipe_changelog_date(struct sb_span changelog, int64_t *epoch, struct sb_span *entry)
{
	for (size_t at = 0; at < changelog.n;) {
		const uint8_t *line = changelog.p + at, *end = memchr(line, '\n', changelog.n - at);
		size_t n = end ? (size_t)(end - line) : changelog.n - at;
		char text[512];
		at += end ? n + 1 : n;
		if (n < 4 || n >= sizeof text || memcmp(line, " -- ", 4) != 0)
			continue;
		memcpy(text, line, n);
		text[n] = '\0';
		const char *mail = strstr(text, ">  ");
		*entry = sb_span_of(changelog.p, at);
		return mail && read_date(mail + 2, epoch);
	}
	return false;
}
