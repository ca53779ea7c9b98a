/* SPDX-License-Identifier: Apache-2.0 */
/* What a person would not see in two stretches of text that differ. */
#include "verifier/compare/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Unicode 15, property Bidi_Control: they turn the order in which text is shown (CVE-2021-42574, "Trojan Source"). */
static bool turns_text(uint32_t cp)
{
	return cp == 0x061c || cp == 0x200e || cp == 0x200f || (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
}

/* Default_Ignorable_Code_Point in part: nothing is shown for them. A mark at the start of a file is none of them. */
static bool is_invisible(uint32_t cp)
{
	return cp == 0x00ad || cp == 0x034f || cp == 0x115f || cp == 0x1160 || cp == 0x17b4 || cp == 0x17b5 || (cp >= 0x180b && cp <= 0x180f) ||
	       (cp >= 0x200b && cp <= 0x200d) || (cp >= 0x2060 && cp <= 0x2065) || cp == 0x3164 || (cp >= 0xfe00 && cp <= 0xfe0f) || cp == 0xfeff ||
	       cp == 0xffa0 || (cp >= 0xe0000 && cp <= 0xe0fff);
}

static bool is_hidden(uint32_t cp)
{
	return turns_text(cp) || is_invisible(cp);
}

/** One side, character by character. */
struct cursor {
	struct sb_span rest;
	enum sb_text_encoding encoding;
	const uint8_t *solid; /* blanks before it do not end their line: nobody looks twice */
};

static bool take(struct cursor *at, uint32_t *cp)
{
	size_t n = sb_text_next(at->rest, at->encoding, cp);

	at->rest = sb_span_of(at->rest.p + n, at->rest.n - n);
	return n != 0;
}

/** What a comparison of two texts may overlook. */
struct overlooking {
	bool line_ends, blanks, hidden;
};

/* Is there nothing but blanks up to the end of the line? */
static bool is_trailing(struct cursor *from)
{
	struct cursor at = *from;
	uint32_t cp;

	if (from->solid && at.rest.p < from->solid)
		return false;
	while (take(&at, &cp)) {
		if (cp == ' ' || cp == '\t')
			continue;
		if (cp == '\n' || cp == '\r')
			return true;
		from->solid = at.rest.p;
		return false;
	}
	return true;
}

/* The next character that counts; a line end of any kind is one LF. */
static bool take_counted(struct cursor *at, const struct overlooking *over, uint32_t *cp)
{
	while (take(at, cp)) {
		struct cursor next = *at;
		uint32_t following;
		if (over->hidden && is_hidden(*cp))
			continue;
		if (over->blanks && (*cp == ' ' || *cp == '\t') && is_trailing(at))
			continue;
		if (over->line_ends && *cp == '\r') {
			if (take(&next, &following) && following == '\n')
				*at = next;
			*cp = '\n';
		}
		return true;
	}
	return false;
}

static bool are_equal(const struct sb_span bytes[SB_SIDES], const enum sb_text_encoding encoding[SB_SIDES], struct overlooking over)
{
	struct cursor a = {.rest = bytes[SB_SHIPPED], .encoding = encoding[SB_SHIPPED]}, b = {.rest = bytes[SB_REBUILT], .encoding = encoding[SB_REBUILT]};

	for (;;) {
		uint32_t x = 0, y = 0;
		bool more = take_counted(&a, &over, &x), other = take_counted(&b, &over, &y);
		if (more != other || x != y)
			return false;
		if (!more)
			return true;
	}
}

/* How lines of a stretch end: by the first of each kind. */
static const char *line_ends(struct sb_span bytes, enum sb_text_encoding encoding)
{
	struct cursor at = {.rest = bytes, .encoding = encoding};
	bool lf = false, crlf = false, cr = false;

	for (uint32_t cp, last = 0; take(&at, &cp); last = cp) {
		crlf |= cp == '\n' && last == '\r';
		lf |= cp == '\n' && last != '\r';
		cr |= last == '\r' && cp != '\n';
	}
	return lf + crlf + cr > 1 ? "mixed" : crlf ? "CRLF" : cr ? "CR" : lf ? "LF" : "none";
}

/* Characters of which one side has more: the first of them. */
static uint32_t hidden_of_one_side(const struct sb_span bytes[SB_SIDES], const enum sb_text_encoding encoding[SB_SIDES], unsigned *which)
{
	size_t count[SB_SIDES] = {0};
	uint32_t first[SB_SIDES] = {0};

	for (unsigned side = 0; side < SB_SIDES; side++) {
		struct cursor at = {.rest = bytes[side], .encoding = encoding[side]};
		for (uint32_t cp; take(&at, &cp);) {
			if (!is_hidden(cp))
				continue;
			count[side]++;
			if (first[side] == 0 || (turns_text(cp) && !turns_text(first[side])))
				first[side] = cp;
		}
	}
	*which = count[SB_REBUILT] > count[SB_SHIPPED];
	return count[0] == count[1] && first[0] == first[1] ? 0 : first[*which];
}

/** Remarks while they are put together. */
struct remarks {
	char text[256];
	size_t n;
};

static void SB_PRINTF(2, 3) say(struct remarks *to, const char *fmt, ...)
{
	va_list args;
	int n;

	if (to->n && to->n + 2 < sizeof to->text) {
		memcpy(to->text + to->n, "; ", 3);
		to->n += 2;
	}
	va_start(args, fmt);
	n = vsnprintf(to->text + to->n, sizeof to->text - to->n, fmt, args);
	va_end(args);
	to->n = n < 0 || (size_t)n >= sizeof to->text - to->n ? sizeof to->text - 1 : to->n + (size_t)n;
}

static void say_spacing(struct remarks *to, const struct sb_span bytes[SB_SIDES], const enum sb_text_encoding encoding[SB_SIDES])
{
	const char *a = line_ends(bytes[SB_SHIPPED], encoding[SB_SHIPPED]), *b = line_ends(bytes[SB_REBUILT], encoding[SB_REBUILT]);
	bool same = are_equal(bytes, encoding, (struct overlooking){.line_ends = true});

	if (same && strcmp(a, b) != 0)
		say(to, "only line ends differ: %s shipped, %s rebuilt", a, b);
	else if (!same && are_equal(bytes, encoding, (struct overlooking){.line_ends = true, .blanks = true}))
		say(to, "only blanks at the ends of lines differ");
	else if (!same && strcmp(a, b) != 0 && strcmp(a, "none") != 0 && strcmp(b, "none") != 0)
		say(to, "line ends differ too: %s shipped, %s rebuilt", a, b);
}

int sb_text_remark(struct sb_arena *arena, const struct sb_span bytes[SB_SIDES], const enum sb_text_encoding encoding[SB_SIDES],
                   const char **remark, bool *deceptive, struct sb_err *err)
{
	struct remarks remarks = {.n = 0};
	unsigned which = 0;

	*remark = NULL;
	if (encoding[SB_SHIPPED] != encoding[SB_REBUILT])
		say(&remarks, "%s shipped, %s rebuilt", sb_text_encoding_name(encoding[SB_SHIPPED]), sb_text_encoding_name(encoding[SB_REBUILT]));
	uint32_t hidden = hidden_of_one_side(bytes, encoding, &which);
	*deceptive = hidden != 0;
	if (hidden)
		say(&remarks, "U+%04X, which %s, on the %s side%s", (unsigned)hidden, turns_text(hidden) ? "turns the order of what is shown" : "is not shown",
		    which == SB_SHIPPED ? "shipped" : "rebuilt",
		    are_equal(bytes, encoding, (struct overlooking){.hidden = true}) ? ": nothing else differs" : "");
	say_spacing(&remarks, bytes, encoding);
	if (remarks.n == 0)
		return 0;
	*remark = sb_arena_copy(arena, sb_span_text(remarks.text));
	return *remark ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}
