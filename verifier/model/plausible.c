/* SPDX-License-Identifier: Apache-2.0 */
/* Which values a fact may have: whoever made the shipped file chose them, so they are hostile until they have passed here. */
#include "verifier/model/solving.h"

#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LETTERS LOWER UPPER
#define DIGITS "0123456789"

/* A path has room for what a build puts below it; nobody builds deeper. */
enum { LONGEST_PATH = 1024, MOST_PARTS = 128, LONGEST_PART = 255, LONGEST_NAME = 64, LONGEST_USER = 32, MOST_JOBS = 1024, DIGEST_DIGITS = 64 };

/** 1990-01-01 and 2100-01-01: nobody built before, and a later date is no date of a delivery. */
static const uint64_t earliest = 631152000, latest = 4102444800;

static bool is_one_of(uint8_t c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool consists_of(struct sb_span text, const char *set)
{
	for (size_t i = 0; i < text.n; i++)
		if (!is_one_of(text.p[i], set))
			return false;
	return true;
}

static bool has_pair(struct sb_span text, char c)
{
	for (size_t i = 0; i + 1 < text.n; i++)
		if (text.p[i] == (uint8_t)c && text.p[i + 1] == (uint8_t)c)
			return true;
	return false;
}

/* A word of at most @most bytes that begins with one of @first. */
static bool is_word(struct sb_span text, size_t most, const char *first, const char *rest)
{
	return text.n >= 1 && text.n <= most && is_one_of(text.p[0], first) && consists_of(text, rest) && !has_pair(text, '.');
}

static bool is_path(struct sb_span text)
{
	size_t part = 0, parts = 0;

	if (text.n < 2 || text.n > LONGEST_PATH || text.p[0] != '/' || text.p[text.n - 1] == '/')
		return false;
	if (!consists_of(text, LETTERS DIGITS "._/+~-") || has_pair(text, '/'))
		return false;
	for (size_t i = 1; i <= text.n; i++) {
		if (i < text.n && text.p[i] != '/') {
			part++;
			continue;
		}
		struct sb_span name = sb_span_of(text.p + i - part, part);
		if (++parts > MOST_PARTS || part > LONGEST_PART || sb_span_equal(name, sb_span_text(".")) || sb_span_equal(name, sb_span_text("..")))
			return false;
		part = 0;
	}
	return true;
}

static bool is_number(struct sb_span text, uint64_t least, uint64_t most)
{
	uint64_t value;
	return text.n >= 1 && text.p[0] != '0' && sb_text_uint(text, &value) && value >= least && value <= most;
}

static size_t skip(struct sb_span text, size_t at, size_t most, const char *set)
{
	size_t from = at;

	while (at < text.n && at - from < most && is_one_of(text.p[at], set))
		at++;
	return at;
}

/* Language and country as they are written: "de_DE", "de", "C", "POSIX". */
static size_t skip_language(struct sb_span text, bool *country)
{
	*country = false;
	if (sb_span_starts(text, "POSIX", 5))
		return 5;
	if (text.n && text.p[0] == 'C')
		return 1;
	size_t at = skip(text, 0, 3, LOWER);
	if (at < 2)
		return 0;
	*country = text.n - at >= 3 && text.p[at] == '_' && skip(text, at + 1, 2, UPPER) == at + 3;
	return *country ? at + 3 : at;
}

/* "C", "C.UTF-8", "de_DE", "de_DE.ISO-8859-1", "ca_ES.UTF-8@valencia": without a country only Unicode stands behind the dot, or any name of a file would do. */
static bool is_locale(struct sb_span text)
{
	bool country;
	size_t at = skip_language(text, &country), end;

	if (at == 0 || text.n > LONGEST_NAME)
		return false;
	if (at < text.n && text.p[at] == '.') {
		end = skip(text, at + 1, LONGEST_NAME, LETTERS DIGITS "-");
		struct sb_span codes = sb_span_of(text.p + at + 1, end - at - 1);
		if (country ? codes.n < 2 : !sb_span_equal(codes, sb_span_text("UTF-8")) && !sb_span_equal(codes, sb_span_text("utf8")))
			return false;
		at = end;
	}
	if (at < text.n && text.p[at] == '@') {
		end = skip(text, at + 1, LONGEST_NAME, LETTERS DIGITS);
		at = end > at + 1 ? end : at;
	}
	return at == text.n;
}

/* "-13", "+5:30", "9": hours, minutes, seconds, as in TZ (POSIX.1-2017, 8.3). */
static size_t skip_offset(struct sb_span text, size_t at)
{
	size_t from = skip(text, at, 1, "+-"), end = skip(text, from, 2, DIGITS);

	for (unsigned i = 0; end > from && i < 2 && end < text.n && text.p[end] == ':' && skip(text, end + 1, 2, DIGITS) == end + 3; i++)
		end += 3;
	return end > from ? end : at;
}

/* "CET-1", "EST5EDT", "CET-1CEST-2": a name, how far it is from UTC, and the same of its summer. */
static bool is_offset_zone(struct sb_span text)
{
	size_t at = skip(text, 0, LONGEST_NAME, LETTERS), end = skip_offset(text, at);

	if (at < 3 || end == at)
		return false;
	at = skip(text, end, LONGEST_NAME, LETTERS);
	return end == text.n || (at - end >= 3 && skip_offset(text, at) == text.n);
}

/* Zones of the tz database that are called after no region. */
static bool is_named_zone(struct sb_span text)
{
	static const char *const names[] = {"CET", "Cuba", "EET", "EST", "Egypt", "Eire", "Factory", "GB", "GB-Eire", "GMT", "Greenwich", "HST", "Hongkong", "Iceland", "Iran",
	                                    "Israel", "Jamaica", "Japan", "Kwajalein", "Libya", "MET", "MST", "NZ", "NZ-CHAT", "Navajo", "PRC", "Poland", "Portugal", "ROC", "ROK",
	                                    "Singapore", "Turkey", "UCT", "UTC", "Universal", "W-SU", "WET", "Zulu"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (sb_span_equal(text, sb_span_text(names[i])))
			return true;
	return false;
}

/* "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5". */
static bool is_regional_zone(struct sb_span text)
{
	static const char *const regions[] = {"Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Brazil/", "Canada/", "Chile/", "Etc/", "Europe/",
	                                      "Indian/", "Mexico/", "Pacific/", "US/"};
	size_t at = 0;

	for (size_t i = 0; i < sizeof regions / sizeof *regions && at == 0; i++)
		if (sb_span_starts(text, regions[i], strlen(regions[i])))
			at = strlen(regions[i]);
	for (unsigned parts = 0; at && parts < 2; parts++) {
		size_t end = skip(text, at, LONGEST_NAME, LETTERS DIGITS "_+-");
		if (end == at || !is_one_of(text.p[at], UPPER))
			return false;
		if (end == text.n)
			return true;
		if (text.p[end] != '/')
			return false;
		at = end + 1;
	}
	return false;
}

static bool is_zone(struct sb_span text)
{
	return text.n <= LONGEST_NAME && (is_named_zone(text) || is_offset_zone(text) || is_regional_zone(text));
}

/* "6.1.0-13-amd64": two numbers at least. */
static bool is_kernel(struct sb_span text)
{
	size_t at = skip(text, 0, LONGEST_NAME, DIGITS);
	return is_word(text, LONGEST_NAME, DIGITS, LETTERS DIGITS "._+~-") && at + 1 < text.n && text.p[at] == '.' && is_one_of(text.p[at + 1], DIGITS);
}

static bool is_either(struct sb_span text, const char *a, const char *b)
{
	return sb_span_equal(text, sb_span_text(a)) || sb_span_equal(text, sb_span_text(b));
}

/* Group and others only: a build that may not read its own files is none. */
static bool is_umask(struct sb_span text)
{
	return text.n == 3 && text.p[0] == '0' && consists_of(text, "01234567");
}

bool sb_fact_is_plausible(enum sb_knob knob, struct sb_span value)
{
	switch (knob) {
	case SB_KNOB_NONE:
		return false;
	case SB_KNOB_PATH:
		return is_path(value);
	case SB_KNOB_EPOCH:
	case SB_KNOB_INPUT_TIME:
		return is_number(value, earliest, latest - 1);
	case SB_KNOB_CLOCK:
		return is_either(value, "shift", "frozen");
	case SB_KNOB_USER:
		return is_word(value, LONGEST_USER, LETTERS "_", LETTERS DIGITS "._-");
	case SB_KNOB_HOST:
		return is_word(value, LONGEST_NAME, LETTERS DIGITS, LETTERS DIGITS "._-");
	case SB_KNOB_KERNEL:
		return is_kernel(value);
	case SB_KNOB_LOCALE:
		return is_locale(value);
	case SB_KNOB_TIMEZONE:
		return is_zone(value);
	case SB_KNOB_UMASK:
		return is_umask(value);
	case SB_KNOB_JOBS:
		return is_number(value, 1, MOST_JOBS);
	case SB_KNOB_ORDER:
		return is_either(value, "sorted", "reversed");
	case SB_KNOB_TOOLCHAIN:
		return value.n == DIGEST_DIGITS && consists_of(value, DIGITS "abcdef");
	}
	return false;
}
