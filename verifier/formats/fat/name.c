/* SPDX-License-Identifier: Apache-2.0 */
/* Names of 11 bytes, and long ones in parts before them. */
#include "verifier/formats/fat/fat.h"
#include "verifier/formats/names.h"

#include <string.h>

enum { PART = 13, LAST = 0x40, MOST = 20, CASE = 12, LOWER_NAME = 8, LOWER_EXTENSION = 16, KANJI = 5 };

static uint8_t sum_of(const uint8_t *entry)
{
	uint8_t sum = 0;

	for (unsigned i = 0; i < SB_FAT_NAME; i++)
		sum = (uint8_t)((uint8_t)(sum << 7 | sum >> 1) + entry[i]);
	return sum;
}

static void read_units(const uint8_t *entry, uint16_t out[PART])
{
	static const uint8_t places[PART] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};

	for (unsigned i = 0; i < PART; i++)
		out[i] = (uint16_t)(entry[places[i]] | entry[places[i] + 1] << 8);
}

bool sb_fat_long_add(struct sb_fat_long *name, const uint8_t *entry, uint64_t at)
{
	unsigned number = entry[0] & ~(unsigned)LAST;
	bool first = entry[0] & LAST;

	if (number == 0 || number > MOST || entry[12] || entry[26] || entry[27] || first != (name->count == 0) || (!first && (number != name->expected || entry[13] != name->sum)))
		return false;
	if (first)
		name->expected = number;
	name->sum = entry[13];
	name->at[name->count++] = at;
	name->expected = number - 1;
	read_units(entry, name->units + (size_t)PART * (number - 1));
	return true;
}

bool sb_fat_long_fits(const struct sb_fat_long *name, const uint8_t *entry)
{
	return name->count && name->expected == 0 && name->sum == sum_of(entry);
}

int sb_fat_long_keep(struct sb_view *view, const struct sb_fat_long *name, struct sb_span *out, struct sb_err *err)
{
	size_t room = (size_t)PART * name->count, n = 0;

	while (n < room && name->units[n])
		n++;
	for (size_t i = n + 1; i < room; i++) /* behind the zero */
		if (name->units[i] != 0xffff)
			return sb_damaged(err, "archive-damaged", name->at[0], "something behind the end of a name");
	if (n + PART < room + (n == room)) /* a whole part too many */
		return sb_damaged(err, "archive-damaged", name->at[0], "a name in more parts than it has");
	return sb_units_keep(view, name->units, n, out, err);
}

static size_t put_part(uint8_t *to, const uint8_t *from, size_t n, bool lower)
{
	while (n && from[n - 1] == ' ')
		n--;
	for (size_t i = 0; i < n; i++)
		to[i] = lower && from[i] >= 'A' && from[i] <= 'Z' ? (uint8_t)(from[i] + 32) : from[i];
	return n;
}

int sb_fat_short_keep(struct sb_view *view, const uint8_t *entry, struct sb_span *out, struct sb_err *err)
{
	uint8_t text[SB_FAT_NAME + 1];
	size_t n = put_part(text, entry, 8, entry[CASE] & LOWER_NAME);

	if (n && text[0] == KANJI)
		text[0] = 0xe5;
	size_t more = put_part(text + n + 1, entry + 8, 3, entry[CASE] & LOWER_EXTENSION);
	text[n] = '.';
	return sb_keep(view, sb_span_of(text, more ? n + 1 + more : n), out, err);
}
