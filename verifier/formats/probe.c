/* SPDX-License-Identifier: Apache-2.0 */
/* Which format a file has: the one whose probe matched most bits. Bytes decide; a name only helps where bytes are
 * silent. */
#include "verifier/formats/formats.h"

#include <string.h>

const struct sb_format *sb_formats_probe(struct sb_span file, const char *hint)
{
	const struct sb_format *best = NULL;
	unsigned most = 0;
	size_t count;
	const struct sb_format *const *table = sb_formats_table(&count);

	for (size_t i = 0; i < count; i++) {
		unsigned bits = table[i]->probe(file, hint ? hint : "");
		if (bits > most) {
			most = bits;
			best = table[i];
		}
	}
	return best;
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
