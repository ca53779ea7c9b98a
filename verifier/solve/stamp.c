/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/solve/stamp.h"

#include <string.h>
#include <time.h>

enum { DAY = 86400 };

/* As for strptime(3), with what is different: %e a day with a blank in place of its zero, %Z letters of a zone, %z its numbers or Z, %s ten digits. */
static const char *const forms[] = {
	"%a %b %e %H:%M:%S %Z %Y",    /* date(1), POSIX locale */
	"%a %b %e %I:%M:%S %p %Z %Y", /* date(1), English */
	"%a %e %b %Y %H:%M:%S %Z",
	"%a, %d %b %Y %H:%M:%S %z",   /* RFC 5322: changelogs, date -R */
	"%d %b %Y %H:%M:%S %z",
	"%a %b %e %H:%M:%S %Y",       /* ISO C asctime, __TIMESTAMP__ */
	"%d/%b/%Y:%H:%M:%S %z",
	"%Y-%m-%dT%H:%M:%S%z",        /* RFC 3339 */
	"%Y-%m-%d %H:%M:%S%z",
	"%Y-%m-%d %H:%M:%S %z",
	"%Y-%m-%dT%H:%M:%S",
	"%Y-%m-%d %H:%M:%S",
	"%Y/%m/%d %H:%M:%S",
	"%Y-%m-%d %H:%M%z",           /* gettext */
	"%Y-%m-%d %H:%M",
	"%b %e %Y %H:%M:%S",          /* ISO C __DATE__ and __TIME__ */
	"%b %e %Y, %H:%M:%S",
	"%b %e %Y at %H:%M:%S",
	"%d %b %Y",
	"%b %e %Y",                   /* ISO C __DATE__ */
	"%Y-%m-%d",
	"%Y/%m/%d",
	"%H:%M:%S",                   /* ISO C __TIME__ */
	"%Y%m%d%H%M%S",
	"%Y%m%d%H%M",
	"%Y%m%d-%H%M%S",
	"%Y%m%d-%H%M",
	"%s",
	"%Y%m%d",
	"%Y",
};

/** Zones as date(1) names them; the offset is what counts, whatever else they are called. */
static const struct {
	const char *name;
	int minutes;
} zones[] = {
	{"UTC", 0},    {"GMT", 0},     {"WET", 0},     {"WEST", 60},  {"BST", 60},   {"CET", 60},    {"CEST", 120}, {"EET", 120},  {"EEST", 180}, {"MSK", 180},
	{"PKT", 300},   {"WIB", 420},   {"HKT", 480},  {"AWST", 480}, {"JST", 540},   {"KST", 540},  {"ACST", 570}, {"AEST", 600}, {"AEDT", 660},
	{"NZST", 720}, {"NZDT", 780},  {"SAST", 120},  {"EAT", 180},  {"WAT", 60},   {"CAT", 120},   {"EST", -300}, {"EDT", -240}, {"CST", -360}, {"CDT", -300},
	{"MST", -420}, {"MDT", -360},  {"PST", -480},  {"PDT", -420}, {"AKST", -540}, {"AKDT", -480}, {"HST", -600}, {"AST", -240}, {"ADT", -180},
};

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

/** Reading goes on until something does not fit. */
struct scan {
	struct sb_span text;
	size_t at;
	bool bad;
	struct tm tm;
	bool afternoon, half_days, second;
	struct sb_stamp out;
};

static unsigned digits(struct scan *scan, unsigned n)
{
	unsigned value = 0;

	for (unsigned i = 0; !scan->bad && i < n; i++) {
		uint8_t c = scan->at < scan->text.n ? scan->text.p[scan->at] : 0;
		scan->bad = c < '0' || c > '9';
		value = value * 10 + (c - '0');
		scan->at++;
	}
	return value;
}

static int word(struct scan *scan, const char *const *words, size_t count)
{
	for (size_t i = 0; scan->text.n - scan->at >= 3 && i < count; i++)
		if (memcmp(scan->text.p + scan->at, words[i], 3) == 0) {
			scan->at += 3;
			return (int)i;
		}
	scan->bad = true;
	return 0;
}

static bool next_is(struct scan *scan, char c)
{
	bool found = scan->at < scan->text.n && scan->text.p[scan->at] == (uint8_t)c;

	scan->at += found;
	return found;
}

bool sb_zone_minutes(struct sb_span name, int *minutes)
{
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
		if (sb_span_equal(name, sb_span_text(zones[i].name))) {
			*minutes = zones[i].minutes;
			return true;
		}
	return false;
}

static void read_zone_name(struct scan *scan)
{
	size_t n = 0;

	while (scan->at + n < scan->text.n && n < 5 && scan->text.p[scan->at + n] >= 'A' && scan->text.p[scan->at + n] <= 'Z')
		n++;
	scan->out.zone_name = sb_span_of(scan->text.p + scan->at, n);
	scan->bad |= !sb_zone_minutes(scan->out.zone_name, &scan->out.zone_minutes);
	scan->out.zone = true;
	scan->at += n;
}

static void read_zone_number(struct scan *scan)
{
	scan->out.zone = true;
	if (next_is(scan, 'Z'))
		return;
	bool east = next_is(scan, '+');
	scan->bad |= !east && !next_is(scan, '-');
	int hours = (int)digits(scan, 2);
	(void)next_is(scan, ':');
	int minutes = (int)digits(scan, 2);
	scan->bad |= hours > 14 || minutes > 59;
	scan->out.zone_minutes = (east ? 1 : -1) * (hours * 60 + minutes);
}

static void read_seconds(struct scan *scan)
{
	size_t start = scan->at;

	scan->out.seconds = 0;
	while (scan->at < scan->text.n && scan->at - start < 11 && scan->text.p[scan->at] >= '0' && scan->text.p[scan->at] <= '9')
		scan->out.seconds = scan->out.seconds * 10 + (scan->text.p[scan->at++] - '0');
	scan->bad |= scan->at - start < 9 || scan->at - start > 10;
	scan->out.day = scan->out.clock = scan->out.zone = true;
}

static void read_half(struct scan *scan)
{
	scan->half_days = true;
	scan->afternoon = next_is(scan, 'P');
	scan->bad |= (!scan->afternoon && !next_is(scan, 'A')) || !next_is(scan, 'M');
}

static void read_part(struct scan *scan, char what)
{
	switch (what) {
	case 'a':
		scan->tm.tm_wday = word(scan, days, 7);
		break;
	case 'b':
		scan->tm.tm_mon = word(scan, months, 12);
		break;
	case 'e':
		scan->tm.tm_mday = (int)digits(scan, next_is(scan, ' ') ? 1 : 2);
		scan->out.day = true;
		break;
	case 'd':
		scan->tm.tm_mday = (int)digits(scan, 2);
		scan->out.day = true;
		break;
	case 'm':
		scan->tm.tm_mon = (int)digits(scan, 2) - 1;
		break;
	case 'Y':
		scan->tm.tm_year = (int)digits(scan, 4) - 1900;
		scan->out.year = true;
		break;
	case 'I':
	case 'H':
		scan->tm.tm_hour = (int)digits(scan, 2);
		scan->out.clock = true;
		break;
	case 'M':
		scan->tm.tm_min = (int)digits(scan, 2);
		break;
	case 'S':
		scan->tm.tm_sec = (int)digits(scan, 2);
		scan->second = true;
		break;
	case 'p':
		read_half(scan);
		break;
	case 'Z':
		read_zone_name(scan);
		break;
	case 'z':
		read_zone_number(scan);
		break;
	default:
		read_seconds(scan);
		break;
	}
}

/* No 25 o'clock. */
static bool settle_clock(struct scan *scan)
{
	struct tm *tm = &scan->tm;

	if (scan->half_days && (tm->tm_hour < 1 || tm->tm_hour > 12))
		return false;
	if (scan->half_days)
		tm->tm_hour = tm->tm_hour % 12 + (scan->afternoon ? 12 : 0);
	return tm->tm_hour <= 23 && tm->tm_min <= 59 && tm->tm_sec <= 60;
}

/* No 31st of April, no Monday that was a Friday: what timegm made of it is what was written. */
static bool is_calendar_day(const struct scan *scan, const struct tm *made, bool weekday)
{
	if (weekday && made->tm_wday != scan->tm.tm_wday)
		return false;
	return scan->out.day ? made->tm_mon == scan->tm.tm_mon && made->tm_mday == scan->tm.tm_mday : made->tm_mon == 0;
}

static bool settle(struct scan *scan, bool weekday)
{
	struct sb_stamp *out = &scan->out;

	if (!settle_clock(scan))
		return false;
	struct tm tm = scan->tm;
	if (!out->day && !out->year)
		tm.tm_year = 70;
	if (!out->day)
		tm.tm_mday = 1;
	out->seconds = timegm(&tm);
	if (!is_calendar_day(scan, &tm, weekday))
		return false;
	out->seconds -= (int64_t)out->zone_minutes * 60;
	out->year = out->year && !out->day;
	out->minutes = out->clock && !scan->second;
	return (!out->day && !out->year) || (tm.tm_year >= 90 && tm.tm_year < 200);
}

unsigned sb_stamp_forms(void)
{
	return sizeof forms / sizeof *forms;
}

bool sb_stamp_read(unsigned form, struct sb_span text, struct sb_stamp *out)
{
	struct scan scan = {.text = text};
	const char *at = forms[form];

	for (; *at && !scan.bad; at++) {
		if (*at != '%')
			scan.bad = !next_is(&scan, *at);
		else
			read_part(&scan, *++at);
		scan.bad |= scan.at > text.n;
	}
	if (scan.bad || (forms[form][1] != 's' && !settle(&scan, forms[form][1] == 'a')))
		return false;
	if (scan.out.day && (scan.out.seconds < 631152000 || scan.out.seconds >= 4102444800))
		return false;
	*out = scan.out;
	out->n = scan.at;
	return true;
}
