/* SPDX-License-Identifier: Apache-2.0 */
/* Could a build have had this value? What a sandbox could not be given, or a shell or terminal would act on, is nobody's environment. */
#include "verifier/explain/values.h"

#include <string.h>
#include <time.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/** 1990-01-01 and 2100-01-01: nobody built before, and a later date is no date of a delivery. */
static const int64_t earliest = 631152000, latest = 4102444800;

enum { DAY = 86400, LONGEST_NAME = 64 };

/** What a text says of the time. */
struct instant {
	bool has_day, has_clock;
	int64_t day;   /* since 1970 */
	int64_t clock; /* seconds of the day */
};

static bool consists_of(struct sb_span text, const char *set)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '\0' || !strchr(set, text.p[i]))
			return false;
	return true;
}

static bool begins_with(struct sb_span text, const char *set)
{
	return text.n && text.p[0] && strchr(set, text.p[0]);
}

/* The folder itself, or anything in it. */
static bool is_below(struct sb_span path, const char *folder)
{
	size_t n = strlen(folder);
	return sb_span_starts(path, folder, n) && (path.n == n || path.p[n] == '/');
}

static size_t depth_of(struct sb_span path)
{
	size_t parts = 0;

	for (size_t i = 0; i < path.n; i++)
		parts += path.p[i] == '/';
	return parts;
}

/* Where nobody builds: folders that every system has, which programs name for reasons of their own. Filesystem Hierarchy Standard 3.0. */
static bool is_everywhere(struct sb_span path)
{
	static const struct {
		const char *folder;
		size_t depth; /* at most so many parts; 0: all that lies in it */
	} folders[] = {{"/bin", 0}, {"/boot", 0}, {"/etc", 0}, {"/lib", 0}, {"/lib32", 0}, {"/lib64", 0}, {"/libx32", 0}, {"/proc", 0}, {"/sbin", 0}, {"/sys", 0}, {"/usr/bin", 0},
	               {"/usr/include", 0}, {"/usr/lib", 0}, {"/usr/lib32", 0}, {"/usr/lib64", 0}, {"/usr/libexec", 0}, {"/usr/libx32", 0}, {"/usr/sbin", 0}, {"/usr/share", 0},
	               {"/dev", 2}, {"/run", 2}, {"/usr", 2}, {"/var", 2}, {"/home", 1}, {"/media", 1}, {"/mnt", 1}, {"/opt", 1}, {"/root", 1}, {"/srv", 1}, {"/tmp", 1}};

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (is_below(path, folders[i].folder) && (folders[i].depth == 0 || depth_of(path) <= folders[i].depth))
			return true;
	return false;
}

static bool is_path(struct sb_span text)
{
	return begins_with(text, "/") && text.p[text.n - 1] != '/' && consists_of(text, LETTERS DIGITS "._/+~-") && !memmem(text.p, text.n, "..", 2) &&
	       !memmem(text.p, text.n, "//", 2) && !is_everywhere(text);
}

size_t sb_time_write(enum sb_time_form form, int64_t epoch, char *text, size_t room)
{
	time_t when = (time_t)epoch;
	struct tm at;

	if (!gmtime_r(&when, &at))
		return 0;
	switch (form) {
	case SB_TIME_DATE_TOOL:
		return strftime(text, room, "%a %b %e %H:%M:%S UTC %Y", &at);
	case SB_TIME_STAMP:
		return strftime(text, room, "%a %b %e %H:%M:%S %Y", &at);
	case SB_TIME_ISO:
		return strftime(text, room, "%Y-%m-%dT%H:%M:%S", &at);
	case SB_TIME_DATE:
		return strftime(text, room, "%b %e %Y", &at);
	case SB_TIME_MAIL_DAY:
		return strftime(text, room, "%d %b %Y", &at);
	case SB_TIME_ISO_DAY:
		return strftime(text, room, "%Y-%m-%d", &at);
	case SB_TIME_CLOCK:
		return strftime(text, room, "%H:%M:%S", &at);
	case SB_TIME_SECONDS:
		return (size_t)snprintf(text, room, "%lld", (long long)epoch);
	case SB_TIME_DIGITS:
		return strftime(text, room, "%Y%m%d", &at);
	case SB_TIME_FORMS:
		break;
	}
	return 0;
}

/* Digits only, as many as the seconds of our time have. */
static bool read_seconds(struct sb_span text, int64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		*out = *out * 10 + (text.p[i] - '0');
	}
	return text.n == 9 || text.n == 10;
}

static bool parse(const char *text, enum sb_time_form form, int64_t *out)
{
	static const char *const formats[SB_TIME_FORMS] = {
		[SB_TIME_DATE_TOOL] = "%a %b %e %H:%M:%S UTC %Y", [SB_TIME_STAMP] = "%a %b %e %H:%M:%S %Y", [SB_TIME_ISO] = "%Y-%m-%dT%H:%M:%S",
		[SB_TIME_DATE] = "%b %e %Y", [SB_TIME_MAIL_DAY] = "%d %b %Y", [SB_TIME_ISO_DAY] = "%Y-%m-%d", [SB_TIME_CLOCK] = "%H:%M:%S",
		[SB_TIME_DIGITS] = "%Y%m%d",
	};
	struct tm at = {.tm_year = 70, .tm_mday = 1};
	const char *end = formats[form] ? strptime(text, formats[form], &at) : NULL;

	if (!end || *end)
		return false;
	*out = timegm(&at);
	return true;
}

/* Read and written again it must be the same text: no other spelling, no 31st of April, no Monday that was a Friday. */
static bool read_time(struct sb_span text, enum sb_time_form form, struct instant *out)
{
	char copy[64], again[64];
	int64_t seconds;

	if (text.n >= sizeof copy)
		return false;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	if (form == SB_TIME_SECONDS ? !read_seconds(text, &seconds) : !parse(copy, form, &seconds))
		return false;
	if (seconds < 0 || sb_time_write(form, seconds, again, sizeof again) != text.n || memcmp(again, copy, text.n) != 0)
		return false;
	*out = (struct instant){.has_day = form != SB_TIME_CLOCK, .day = seconds / DAY, .clock = seconds % DAY,
	                        .has_clock = form == SB_TIME_DATE_TOOL || form == SB_TIME_STAMP || form == SB_TIME_ISO || form == SB_TIME_CLOCK ||
	                                     form == SB_TIME_SECONDS};
	return !out->has_day || (seconds >= earliest && seconds < latest);
}

bool sb_value_is_plausible(const struct sb_value *value, struct sb_span text)
{
	struct instant at;

	switch (value->shape) {
	case SB_SHAPE_PATH:
		return is_path(text);
	case SB_SHAPE_NAME:
		return text.n <= LONGEST_NAME && begins_with(text, LETTERS "_") && consists_of(text, LETTERS DIGITS "._-");
	case SB_SHAPE_HOST:
		return text.n <= LONGEST_NAME && begins_with(text, LETTERS DIGITS) && consists_of(text, LETTERS DIGITS ".-");
	case SB_SHAPE_KERNEL:
		return sb_fact_is_plausible(SB_KNOB_KERNEL, text);
	case SB_SHAPE_LOCALE: /* "POSIX" is a word of other texts too; below so are "Japan" and "UTF-8", which is 8 hours east of UTF */
		return sb_fact_is_plausible(SB_KNOB_LOCALE, text) && (memchr(text.p, '_', text.n) || memchr(text.p, '.', text.n));
	case SB_SHAPE_ZONE:
		return sb_fact_is_plausible(SB_KNOB_TIMEZONE, text) && memchr(text.p, '/', text.n);
	case SB_SHAPE_TIME:
		return read_time(text, value->form, &at);
	}
	return false;
}

void sb_values_agree_on_time(struct sb_values *values)
{
	struct instant all = {0}, one;
	bool agree = true;

	for (size_t i = 0; i < values->count; i++) {
		const struct sb_value *value = &values->items[i];
		if (value->shape != SB_SHAPE_TIME || !value->candidate)
			continue;
		if (value->broken || !read_time(value->shipped, value->form, &one)) {
			agree = false;
			continue;
		}
		if ((one.has_day && all.has_day && one.day != all.day) ||
		    (one.has_clock && all.has_clock && one.clock != all.clock))
			agree = false;
		if (one.has_day)
			all.day = one.day;
		if (one.has_clock)
			all.clock = one.clock;
		all.has_day |= one.has_day;
		all.has_clock |= one.has_clock;
	}
	for (size_t i = 0; !agree && i < values->count; i++)
		values->items[i].broken |= values->items[i].shape == SB_SHAPE_TIME;
}
