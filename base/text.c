/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <string.h>

enum { LONGEST_WORD = 64 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment: three rows of the table are alive at a time. */
size_t sb_text_distance(const char *a, const char *b)
{
	size_t rows[3][LONGEST_WORD + 1];
	size_t *older = rows[0], *previous = rows[1], *now = rows[2];
	size_t n = strlen(a), m = strlen(b);

	if (n > LONGEST_WORD || m > LONGEST_WORD)
		return SIZE_MAX;
	for (size_t k = 0; k <= m; k++)
		previous[k] = k;
	for (size_t i = 1; i <= n; i++) {
		now[0] = i;
		for (size_t k = 1; k <= m; k++) {
			size_t replaced = previous[k - 1] + (a[i - 1] != b[k - 1]);
			now[k] = least(replaced, least(previous[k], now[k - 1]) + 1);
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				now[k] = least(now[k], older[k - 2] + 1);
		}
		size_t *free_row = older;
		older = previous;
		previous = now;
		now = free_row;
	}
	return previous[m];
}

const char *sb_text_nearest(const char *word, const char *const *words)
{
	const char *nearest = NULL;
	size_t best = 3;

	for (; *words; words++) {
		size_t distance = sb_text_distance(word, *words);
		if (distance < best && distance < strlen(*words)) {
			best = distance;
			nearest = *words;
		}
	}
	return nearest;
}

bool sb_text_uint(struct sb_span text, uint64_t *out)
{
	uint64_t value = 0;

	if (text.n == 0)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		uint64_t digit = text.p[i] - (uint64_t)'0';
		if (!sb_mul(value, 10, &value) || !sb_add(value, digit, &value))
			return false;
	}
	*out = value;
	return true;
}

void sb_text_hex(struct sb_span bytes, char *out)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < bytes.n; i++) {
		*out++ = digits[bytes.p[i] >> 4];
		*out++ = digits[bytes.p[i] & 15];
	}
	*out = '\0';
}

static int nibble(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool sb_text_unhex(struct sb_span text, uint8_t *out, size_t n)
{
	if (n > SIZE_MAX / 2 || text.n != 2 * n)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (nibble(text.p[i]) < 0)
			return false;
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(nibble(text.p[2 * i]) << 4 | nibble(text.p[2 * i + 1]));
	return true;
}

/* The last star takes one byte more each time that what follows it does not fit: never worse than the product of both lengths. */
bool sb_text_fits(const char *glob, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text) {
		if (*glob == '*') {
			star = glob++;
			resume = text;
		} else if (*glob && (*glob == '?' || *glob == *text)) {
			glob++;
			text++;
		} else if (star) {
			glob = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return *glob == '\0';
}
