/* SPDX-License-Identifier: Apache-2.0 */
/* Which values a fact may have: whoever made the shipped file chose them, so they are hostile until they have passed here. */
#include "verifier/model/solving.h"

#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LETTERS LOWER UPPER
#define DIGITS "0123456789"

enum { LONGEST_PATH = 4095, LONGEST_PART = 255, LONGEST_NAME = 64, LONGEST_USER = 32, MOST_JOBS = 1024, DIGEST_DIGITS = 64 };

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
	size_t part = 0;

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
		if (part > LONGEST_PART || sb_span_equal(name, sb_span_text(".")) || sb_span_equal(name, sb_span_text("..")))
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

/* "C", "C.UTF-8", "POSIX", "de", "de_DE", "de_DE.UTF-8", "de_DE@euro": language and country as they are written, then what follows. */
static bool is_locale(struct sb_span text)
{
	size_t at = 0;

	if (text.n == 0 || text.n > LONGEST_NAME || has_pair(text, '.'))
		return false;
	if (sb_span_starts(text, "POSIX", 5)) {
		at = 5;
	} else if (text.p[0] == 'C') {
		at = 1;
	} else {
		while (at < text.n && at < 3 && is_one_of(text.p[at], LOWER))
			at++;
		if (at < 2)
			return false;
		if (text.n - at >= 3 && text.p[at] == '_') {
			if (!consists_of(sb_span_of(text.p + at + 1, 2), UPPER))
				return false;
			at += 3;
		}
	}
	return at == text.n || (is_one_of(text.p[at], ".@") && text.n - at > 1 && consists_of(sb_span_of(text.p + at + 1, text.n - at - 1), LETTERS DIGITS "-._@"));
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
		return is_word(value, LONGEST_NAME, DIGITS, LETTERS DIGITS "._+~-") && memchr(value.p, '.', value.n) != NULL;
	case SB_KNOB_LOCALE:
		return is_locale(value);
	case SB_KNOB_TIMEZONE:
		return is_word(value, LONGEST_NAME, LETTERS, LETTERS DIGITS "_/+-") && !has_pair(value, '/');
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
