/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/names.h"

#include <string.h>

static bool is_pair(const uint16_t *units, size_t left)
{
	return left > 1 && (units[0] & 0xfc00) == 0xd800 && (units[1] & 0xfc00) == 0xdc00;
}

static size_t put_rune(uint8_t *to, uint32_t rune)
{
	if (rune < 0x80) {
		to[0] = (uint8_t)rune;
		return 1;
	}
	size_t more = rune < 0x800 ? 1 : rune < 0x10000 ? 2 : 3;
	static const uint8_t heads[] = {0, 0xc0, 0xe0, 0xf0};
	to[0] = (uint8_t)(heads[more] | rune >> 6 * more);
	for (size_t i = 1; i <= more; i++)
		to[i] = (uint8_t)(0x80 | (rune >> 6 * (more - i) & 0x3f));
	return more + 1;
}

int sb_units_keep(struct sb_view *view, const uint16_t *units, size_t count, struct sb_span *out, struct sb_err *err)
{
	uint8_t *text = sb_arena_alloc(view->arena, 3 * count + 1);
	size_t n = 0;

	if (!text)
		return sb_no_memory(err);
	for (size_t i = 0; i < count; i++) {
		bool pair = is_pair(units + i, count - i);
		n += put_rune(text + n, pair ? 0x10000 + ((uint32_t)(units[i] & 0x3ff) << 10 | (units[i + 1] & 0x3ff)) : units[i]);
		i += pair;
	}
	text[n] = 0;
	*out = sb_span_of(text, n);
	return 0;
}

bool sb_name_is_unusable(struct sb_span name)
{
	bool dots = (name.n == 1 || name.n == 2) && name.p[0] == '.' && name.p[name.n - 1] == '.';
	return name.n == 0 || dots || memchr(name.p, '/', name.n) || memchr(name.p, 0, name.n);
}
