/* SPDX-License-Identifier: Apache-2.0 */
/* Dates that stand in a file as parts of a calendar: read strictly, so that nothing but a date can be written there. */
#include "verifier/formats/formats.h"

#include <time.h>

/** Parts of a date in the order of their digits; @offset is what to take off for UTC, in minutes. */
struct date {
	int year, month, day, hour, minute, second, offset;
};

/** A cursor over text that must follow a pattern exactly. */
struct text {
	struct sb_span left;
	bool bad;
};

static int digits(struct text *text, size_t n)
{
	int value = 0;

	text->bad |= text->left.n < n;
	for (size_t i = 0; !text->bad && i < n; i++) {
		text->bad = text->left.p[i] < '0' || text->left.p[i] > '9';
		value = value * 10 + (text->left.p[i] - '0');
	}
	if (!text->bad)
		text->left = sb_span_of(text->left.p + n, text->left.n - n);
	return value;
}

static bool next_is(struct text *text, char c)
{
	bool found = !text->bad && text->left.n && text->left.p[0] == (uint8_t)c;

	if (found)
		text->left = sb_span_of(text->left.p + 1, text->left.n - 1);
	return found;
}

static void demand(struct text *text, char c)
{
	text->bad |= !next_is(text, c);
}

/** "+02" and "00" behind @between, which may be nothing. */
static int zone(struct text *text, char between)
{
	bool east = next_is(text, '+');

	if (!east)
		demand(text, '-');
	int hours = digits(text, 2);
	if (between)
		demand(text, between);
	int minutes = digits(text, 2);
	text->bad |= hours > 14 || minutes > 59;
	return (east ? 1 : -1) * (hours * 60 + minutes);
}

static struct date read_png(struct sb_span bytes, bool *bad)
{
	struct sb_rd rd = sb_rd_of(bytes, true);
	struct date date = {.year = (int)sb_rd_uint(&rd, 2)};

	date.month = (int)sb_rd_uint(&rd, 1);
	date.day = (int)sb_rd_uint(&rd, 1);
	date.hour = (int)sb_rd_uint(&rd, 1);
	date.minute = (int)sb_rd_uint(&rd, 1);
	date.second = (int)sb_rd_uint(&rd, 1);
	*bad = rd.bad || rd.at != bytes.n;
	return date;
}

static struct date read_po(struct text *text)
{
	struct date date = {.year = digits(text, 4)};

	demand(text, '-');
	date.month = digits(text, 2);
	demand(text, '-');
	date.day = digits(text, 2);
	demand(text, ' ');
	date.hour = digits(text, 2);
	demand(text, ':');
	date.minute = digits(text, 2);
	date.offset = zone(text, '\0');
	return date;
}

/* "20240531120000". */
static struct date read_digits(struct text *text)
{
	struct date date = {.year = digits(text, 4)};

	date.month = digits(text, 2);
	date.day = digits(text, 2);
	date.hour = digits(text, 2);
	date.minute = digits(text, 2);
	date.second = digits(text, 2);
	return date;
}

static struct date read_pdf(struct text *text)
{
	struct date date = read_digits(text);

	if (text->left.n && !next_is(text, 'Z')) {
		date.offset = zone(text, '\'');
		(void)next_is(text, '\''); /* of ISO 32000-1, and no longer of 32000-2 */
	}
	return date;
}

/* ECMA-119, 9.1.5. */
static struct date read_iso_date(struct sb_span bytes, bool *bad)
{
	*bad = bytes.n != 7;
	if (*bad)
		return (struct date){0};
	const uint8_t *p = bytes.p;
	return (struct date){1900 + p[0], p[1], p[2], p[3], p[4], p[5], 15 * (int8_t)p[6]};
}

/* ECMA-119, 8.4.26.1: digits up to hundredths of a second, then a byte. */
static struct date read_iso_stamp(struct text *text)
{
	struct date date = read_digits(text);

	(void)digits(text, 2);
	text->bad |= text->left.n != 1;
	date.offset = text->bad ? 0 : 15 * (int8_t)text->left.p[0];
	text->left.n = 0;
	return date;
}

/* Microsoft, "FAT: General Overview", date and time formats: @when has the day in its upper half. */
static struct date read_dos(uint64_t when)
{
	return (struct date){.year = 1980 + (int)(when >> 25 & 127), .month = (int)(when >> 21 & 15), .day = (int)(when >> 16 & 31),
			     .hour = (int)(when >> 11 & 31), .minute = (int)(when >> 5 & 63), .second = 2 * (int)(when & 31)};
}

/* No 31st of April: what the calendar makes of the parts must be these parts. */
static bool exists(const struct date *date, uint64_t *out)
{
	struct tm parts = {.tm_year = date->year - 1900, .tm_mon = date->month - 1, .tm_mday = date->day, .tm_hour = date->hour, .tm_min = date->minute,
	                   .tm_sec = date->second};
	int64_t seconds = timegm(&parts);

	*out = (uint64_t)(seconds - (int64_t)date->offset * 60);
	return date->year >= 1990 && date->year < 2100 && parts.tm_mon == date->month - 1 && parts.tm_mday == date->day && parts.tm_hour == date->hour &&
	       parts.tm_min == date->minute && parts.tm_sec == date->second;
}

bool sb_calendar_seconds(struct sb_span bytes, enum sb_encoding encoding, uint64_t *out)
{
	struct text text = {.left = bytes};
	struct date date;

	if (encoding == SB_ENC_PNG_TIME) {
		date = read_png(bytes, &text.bad);
		text.left.n = 0;
	} else {
		date = encoding == SB_ENC_PO_TIME ? read_po(&text) : read_pdf(&text);
	}
	return !text.bad && text.left.n == 0 && exists(&date, out);
}

static bool read_dos_moment(struct sb_span bytes, enum sb_encoding encoding, struct sb_moment *out)
{
	struct sb_rd rd = sb_rd_of(bytes, false);
	uint64_t width = encoding == SB_ENC_DOS_DAY ? 2 : 4;

	if (encoding == SB_ENC_DOS_FINE && sb_rd_uint(&rd, 1) > 199)
		return false;
	uint64_t when = sb_rd_uint(&rd, (unsigned)width);
	const struct date date = read_dos(width == 2 ? when << 16 : when);
	out->unit = width == 2 ? 86400 : 2;
	return !rd.bad && rd.at == bytes.n && exists(&date, &out->seconds);
}

bool sb_field_moment(struct sb_span bytes, enum sb_encoding encoding, struct sb_moment *out)
{
	struct text text = {.left = bytes};
	struct date date;

	out->unit = 1;
	if (encoding == SB_ENC_DOS_TIME || encoding == SB_ENC_DOS_FINE || encoding == SB_ENC_DOS_DAY)
		return read_dos_moment(bytes, encoding, out);
	if (encoding != SB_ENC_ISO_DATE && encoding != SB_ENC_ISO_STAMP)
		return sb_field_number(bytes, encoding, &out->seconds);
	date = encoding == SB_ENC_ISO_DATE ? read_iso_date(bytes, &text.bad) : read_iso_stamp(&text);
	return !text.bad && exists(&date, &out->seconds);
}
