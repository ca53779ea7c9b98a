/* SPDX-License-Identifier: Apache-2.0 */
/* Which format a file has: the one whose probe matched most bits. Bytes decide; a name only helps where bytes are
 * silent. */
#include "verifier/formats/formats.h"

#include <string.h>

/** A row and how many bits of a file it matched. */
struct match {
	const struct sb_format *format;
	unsigned bits;
};

static void prefer(struct match *best, const struct sb_format *format, unsigned bits)
{
	if (bits > best->bits)
		*best = (struct match){format, bits};
}

const struct sb_format *sb_formats_guess(struct sb_span file, const char *hint, const struct sb_format **otherwise)
{
	struct match best = {0}, sure = {0};
	size_t count;
	const struct sb_format *const *table = sb_formats_table(&count);

	for (size_t i = 0; i < count; i++) {
		if (table[i]->last_resort && sure.format)
			continue;
		unsigned bits = table[i]->probe(file, hint ? hint : "");
		prefer(&best, table[i], bits);
		if (!table[i]->confirm)
			prefer(&sure, table[i], bits);
	}
	*otherwise = sure.format;
	return best.format;
}

const struct sb_format *sb_formats_probe(struct sb_span file, const char *hint)
{
	const struct sb_format *otherwise, *format = sb_formats_guess(file, hint, &otherwise);
	return format && format->confirm && !format->confirm(file) ? otherwise : format;
}

const struct sb_format *sb_formats_named(const char *name)
{
	size_t count;
	const struct sb_format *const *table = sb_formats_table(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(table[i]->name, name) == 0)
			return table[i];
	return NULL;
}
