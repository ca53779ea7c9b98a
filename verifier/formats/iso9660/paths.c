/* SPDX-License-Identifier: Apache-2.0 */
/* Path tables: ECMA-119 9.4. They list the folders again; a table that lists exactly those that were walked says nothing of its own. */
#include "verifier/formats/iso9660/iso9660.h"

#include "base/cleanup.h"

#include <stdlib.h>

enum { HEAD = 8, MOST = 65535 };

struct table {
	const struct sb_iso *iso;
	struct sb_span bytes;
	bool be;
	size_t at;
	const struct sb_iso_folder **listed; /* by number, from 1 */
	size_t count;
};

static uint64_t number(const struct table *table, size_t at, unsigned width)
{
	return table->be ? sb_iso_be(table->bytes, at, width) : sb_iso_le(table->bytes, at, width);
}

static int by_offset(const void *a, const void *b)
{
	const struct sb_iso_folder *x = a, *y = b;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

static const struct sb_iso_folder *find(const struct sb_iso *iso, uint64_t offset)
{
	const struct sb_iso_folder asked = {.offset = offset};
	return iso->folders.count ? bsearch(&asked, iso->folders.items, iso->folders.count, sizeof asked, by_offset) : NULL;
}

/* The next row is that of a folder which no row before it was, and its parent stands before it. */
static bool take_row(struct table *table)
{
	size_t left = table->bytes.n - table->at, name = left >= HEAD ? table->bytes.p[table->at] : 0, length = HEAD + name + name % 2;
	const struct sb_iso_folder *folder = name && length <= left ? find(table->iso, number(table, table->at + 2, 4) * SB_ISO_SECTOR) : NULL;
	uint64_t parent = number(table, table->at + 6, 2);
	bool root = table->count == 0;

	if (!folder || table->bytes.p[table->at + 1] || table->count == MOST || (root ? parent != 1 : parent == 0 || parent > table->count))
		return false;
	table->listed[++table->count] = folder;
	bool padded = name % 2 == 0 || table->bytes.p[table->at + HEAD + name] == 0;
	bool named = sb_span_equal(folder->identifier, sb_span_of(table->bytes.p + table->at + HEAD, name));
	table->at += length;
	return padded && named && table->listed[parent]->offset == folder->up;
}

static int by_address(const void *a, const void *b)
{
	const struct sb_iso_folder *const *x = a, *const *y = b;
	return (*x > *y) - (*x < *y);
}

static bool lists_all(struct table *table)
{
	while (table->at < table->bytes.n)
		if (table->count == table->iso->folders.count || !take_row(table))
			return false;
	if (table->count != table->iso->folders.count)
		return false;
	qsort(table->listed + 1, table->count, sizeof *table->listed, by_address);
	for (size_t i = 2; i <= table->count; i++)
		if (table->listed[i] == table->listed[i - 1])
			return false;
	return true;
}

int sb_iso_own_paths(struct sb_iso *iso, const struct sb_iso_volume *volume, struct sb_err *err)
{
	static const char *const names[] = {"path table L", "copy of path table L", "path table M", "copy of path table M"};
	SB_FREEING const struct sb_iso_folder **listed = calloc(iso->folders.count + 1, sizeof *listed);
	int rc = listed ? 0 : sb_no_memory(err);

	for (unsigned i = 0; !rc && i < sizeof names / sizeof *names; i++) {
		struct table table = {.iso = iso, .be = i > 1, .listed = listed};
		if (volume->paths[i] == 0)
			continue;
		if (!sb_span_cut(iso->view->file, volume->paths[i], volume->paths_size, &table.bytes))
			return sb_damaged(err, "archive-truncated", volume->at, "a path table that does not lie in the image");
		bool right = lists_all(&table);
		rc = sb_iso_own_range(iso, volume->paths[i], volume->paths_size, right ? SB_REGION_LAYOUT : SB_REGION_TABLE, names[i], i > 1 ? SB_ISO_TAG_PATHS_M : SB_ISO_TAG_PATHS_L, 0, err);
	}
	return rc;
}
