/* SPDX-License-Identifier: Apache-2.0 */
/* Encodings and lines of texts. */
#include "verifier/compare/text.h"

#include <string.h>

enum { PIECE = 4096, REPLACEMENT = 0xfffd };

/* Control characters that stand in texts: tab, line ends, form feed, and the escape of coloured logs. */
static bool is_control(uint32_t cp)
{
	return (cp < 0x20 && cp != '\n' && cp != '\t' && cp != '\r' && cp != '\f' && cp != 0x1b) || cp == 0x7f;
}

static bool is_utf8(struct sb_span bytes)
{
	while (bytes.n) {
		uint32_t cp;
		size_t n = sb_utf8_decode(bytes, &cp);
		if (n == 0 || (is_control(cp) && cp != 0x7f))
			return false;
		bytes = sb_span_of(bytes.p + n, bytes.n - n);
	}
	return true;
}

/* Whole units, and no control character behind the mark. */
static bool is_utf16(struct sb_span bytes, enum sb_text_encoding encoding)
{
	uint32_t cp;

	if (bytes.n % 2)
		return false;
	for (size_t n; (n = sb_text_next(bytes, encoding, &cp)) != 0; bytes = sb_span_of(bytes.p + n, bytes.n - n))
		if (is_control(cp) || cp == REPLACEMENT)
			return false;
	return true;
}

static bool is_latin1(struct sb_span bytes)
{
	size_t ascii = 0;

	for (size_t i = 0; i < bytes.n; i++) {
		if (is_control(bytes.p[i]) || (bytes.p[i] >= 0x80 && bytes.p[i] < 0xa0))
			return false;
		ascii += bytes.p[i] < 0x80;
	}
	return ascii >= bytes.n / 4 * 3;
}

enum sb_text_encoding sb_text_encoding(struct sb_span bytes)
{
	if (sb_span_starts(bytes, "\xff\xfe", 2))
		return is_utf16(bytes, SB_TEXT_UTF16_LE) ? SB_TEXT_UTF16_LE : SB_TEXT_NONE;
	if (sb_span_starts(bytes, "\xfe\xff", 2))
		return is_utf16(bytes, SB_TEXT_UTF16_BE) ? SB_TEXT_UTF16_BE : SB_TEXT_NONE;
	if (is_utf8(bytes))
		return SB_TEXT_UTF8;
	return is_latin1(bytes) ? SB_TEXT_LATIN1 : SB_TEXT_NONE;
}

const char *sb_text_encoding_name(enum sb_text_encoding encoding)
{
	switch (encoding) {
	case SB_TEXT_NONE:
		return "no text";
	case SB_TEXT_UTF8:
		return "UTF-8";
	case SB_TEXT_UTF16_LE:
	case SB_TEXT_UTF16_BE:
		return "UTF-16";
	case SB_TEXT_LATIN1:
		return "Latin-1";
	}
	return "no text";
}

static bool is_wide(enum sb_text_encoding encoding)
{
	return encoding == SB_TEXT_UTF16_LE || encoding == SB_TEXT_UTF16_BE;
}

/* RFC 2781: a high surrogate and a low one are one character. */
static size_t next_utf16(struct sb_span rest, bool be, uint32_t *cp)
{
	struct sb_rd rd = sb_rd_of(rest, be);
	uint32_t high = (uint32_t)sb_rd_uint(&rd, 2);

	if (rd.bad) {
		*cp = REPLACEMENT;
		return rest.n;
	}
	*cp = high;
	if (high < 0xd800 || high > 0xdfff)
		return 2;
	uint32_t low = (uint32_t)sb_rd_uint(&rd, 2);
	*cp = REPLACEMENT;
	if (rd.bad || high > 0xdbff || low < 0xdc00 || low > 0xdfff)
		return 2;
	*cp = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	return 4;
}

size_t sb_text_next(struct sb_span rest, enum sb_text_encoding encoding, uint32_t *cp)
{
	if (rest.n == 0)
		return 0;
	if (is_wide(encoding))
		return next_utf16(rest, encoding == SB_TEXT_UTF16_BE, cp);
	size_t n = encoding == SB_TEXT_UTF8 ? sb_utf8_decode(rest, cp) : 0;
	if (n == 0)
		*cp = encoding == SB_TEXT_LATIN1 ? rest.p[0] : REPLACEMENT;
	return n ? n : 1;
}

/* Behind the first line end of @bytes; 0 when there is none. A CR ends a line unless an LF follows. */
static size_t line_end(struct sb_span bytes)
{
	for (size_t i = 0; i < bytes.n; i++) {
		if (bytes.p[i] == '\n')
			return i + 1;
		if (bytes.p[i] == '\r')
			return i + 1 < bytes.n && bytes.p[i + 1] == '\n' ? i + 2 : i + 1;
	}
	return 0;
}

static size_t wide_line_end(struct sb_span bytes, enum sb_text_encoding encoding)
{
	bool be = encoding == SB_TEXT_UTF16_BE;

	for (size_t i = 0; i + 1 < bytes.n; i += 2)
		if (bytes.p[i + be] == '\n' && bytes.p[i + !be] == 0)
			return i + 2;
	return 0;
}

/* A piece of a long line never ends inside a unit or between CR and LF. */
size_t sb_text_cut(struct sb_span rest, const void *encoding)
{
	const enum sb_text_encoding *in = encoding;
	struct sb_span near = sb_span_of(rest.p, rest.n < PIECE ? rest.n : PIECE);
	size_t end = is_wide(*in) ? wide_line_end(near, *in) : line_end(near);

	if (end == PIECE && rest.n > PIECE && rest.p[PIECE - 1] == '\r' && rest.p[PIECE] == '\n' && !is_wide(*in))
		return PIECE + 1;
	return end ? end : near.n;
}

unsigned sb_text_lines(struct sb_span bytes, enum sb_text_encoding encoding)
{
	unsigned lines = 0;

	while (bytes.n) {
		size_t end = is_wide(encoding) ? wide_line_end(bytes, encoding) : line_end(bytes);
		if (end == 0)
			break;
		lines++;
		bytes = sb_span_of(bytes.p + end, bytes.n - end);
	}
	return lines;
}
