/* SPDX-License-Identifier: Apache-2.0 */
#include "base/escape.h"

/* Lengths and lower bounds of RFC 3629 section 4; surrogates and values over U+10FFFF are no characters. */
size_t sb_utf8_decode(struct sb_span text, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	if (text.n == 0)
		return 0;
	uint8_t lead = text.p[0];
	size_t n = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
	if (n == 0 || n > text.n)
		return 0;
	uint32_t value = n == 1 ? lead : lead & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((text.p[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (text.p[i] & 0x3fu);
	}
	if (value < least[n] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return 0;
	*cp = value;
	return n;
}

/* Characters that a person cannot see or that reorder what is seen: Unicode 15 chapter 23, and UAX #9 for the bidirectional ones. */
static bool is_hidden(uint32_t cp)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x34f, 0x34f},     {0x61c, 0x61c},     {0x115f, 0x1160},
		{0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164},
		{0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfffb},   {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
		{0xe0000, 0xe0fff},
	};
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
		if (cp >= hidden[i].first && cp <= hidden[i].last)
			return true;
	return (cp & 0xfffe) == 0xfffe;
}

/* Length of the next piece, and whether it may be shown as it is. */
static size_t next_piece(struct sb_span text, bool *plain)
{
	uint32_t cp = 0;
	size_t n = sb_utf8_decode(text, &cp);
	*plain = n > 0 && cp != '\\' && !is_hidden(cp);
	return n ? n : 1;
}

void sb_escape(struct sb_buf *out, struct sb_span text)
{
	while (text.n) {
		bool plain;
		size_t n = next_piece(text, &plain);
		if (plain)
			sb_buf_add(out, text.p, n);
		else if (text.p[0] == '\\')
			sb_buf_text(out, "\\\\");
		else
			for (size_t i = 0; i < n; i++)
				sb_buf_printf(out, "\\x%02x", text.p[i]);
		text = sb_span_of(text.p + n, text.n - n);
	}
}

char *sb_escape_copy(struct sb_arena *arena, struct sb_span text)
{
	struct sb_buf buf = {0};
	sb_escape(&buf, text);
	char *out = buf.bad ? NULL : sb_arena_copy(arena, sb_buf_span(&buf));
	sb_buf_release(&buf);
	return out;
}

bool sb_escape_is_plain(struct sb_span text)
{
	while (text.n) {
		bool plain;
		size_t n = next_piece(text, &plain);
		if (!plain)
			return false;
		text = sb_span_of(text.p + n, text.n - n);
	}
	return true;
}
