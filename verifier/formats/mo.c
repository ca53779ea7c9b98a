/* SPDX-License-Identifier: Apache-2.0 */
/* Message catalogues of gettext: two tables of strings in one order, and a hash table that leads to them. */
#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

#include <string.h>

enum { HEADER = 28, ROW = 8, DATE = 21 };
enum tag { TAG_HEADER = 1, TAG_STRINGS };

static const uint8_t magic_le[4] = {0xde, 0x12, 0x04, 0x95}, magic_be[4] = {0x95, 0x04, 0x12, 0xde};

/** Header, read: where the tables lie. */
struct catalogue {
	bool be;
	uint64_t count, originals, translations, buckets, hashes;
};

static bool read_header(struct sb_span file, struct catalogue *out)
{
	*out = (struct catalogue){.be = sb_magic(file, 0, magic_be, 4) != 0};
	struct sb_rd rd = sb_rd_of(file, out->be);
	sb_rd_bytes(&rd, 4);
	uint64_t revision = sb_rd_uint(&rd, 4);
	out->count = sb_rd_uint(&rd, 4);
	out->originals = sb_rd_uint(&rd, 4);
	out->translations = sb_rd_uint(&rd, 4);
	out->buckets = sb_rd_uint(&rd, 4);
	out->hashes = sb_rd_uint(&rd, 4);
	return !rd.bad && revision >> 16 <= 1 && (revision & 0xffff) <= 1;
}

/** The string that row @i of the table at @table leads to. */
static bool string_at(const struct sb_view *view, const struct catalogue *in, uint64_t table, uint64_t i, struct sb_span *out)
{
	struct sb_rd rd = sb_rd_of(view->file, in->be);

	sb_rd_seek(&rd, table + ROW * i);
	uint64_t length = sb_rd_uint(&rd, 4), offset = sb_rd_uint(&rd, 4);
	return !rd.bad && sb_span_cut(view->file, offset, length, out);
}

static int emit_strings(struct sb_view *view, uint64_t from, uint64_t to, struct sb_err *err)
{
	const struct sb_region strings = {.offset = from, .length = to - from, .kind = SB_REGION_CONTENT, .tag = TAG_STRINGS, .name = "strings"};
	return sb_emit_region(view, &strings, err);
}

/** Everything that is no table is strings, whether a row leads there or not. */
static int emit_tables(struct sb_view *view, struct sb_region *tables, size_t count, struct sb_err *err)
{
	uint64_t at = 0;
	int rc = 0;

	for (size_t done = 0; !rc && done < count; done++) {
		size_t next = 0;
		for (size_t i = 1; i < count; i++)
			if (tables[i].name && (!tables[next].name || tables[i].offset < tables[next].offset))
				next = i;
		if (tables[next].offset < at || tables[next].offset > view->file.n || tables[next].length > view->file.n - tables[next].offset)
			return sb_damaged(err, "file-damaged", tables[next].offset, "a table of a message catalogue that lies in another, or behind the end");
		rc = emit_strings(view, at, tables[next].offset, err);
		if (!rc)
			rc = sb_emit_region(view, &tables[next], err);
		at = tables[next].offset + tables[next].length;
		tables[next].name = NULL;
	}
	return rc ? rc : emit_strings(view, at, view->file.n, err);
}

static int open_mo(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct catalogue in;

	(void)hint;
	if (!read_header(view->file, &in))
		return sb_damaged(err, "file-damaged", 0, "the header of a message catalogue that makes no sense");
	struct sb_region tables[] = {
		{.length = HEADER, .kind = SB_REGION_HEADER, .tag = TAG_HEADER, .name = "header"},
		{.offset = in.originals, .length = ROW * in.count, .kind = SB_REGION_TABLE, .name = "original strings"},
		{.offset = in.translations, .length = ROW * in.count, .kind = SB_REGION_TABLE, .name = "translated strings"},
		{.offset = in.hashes, .length = 4 * in.buckets, .kind = SB_REGION_TABLE, .name = "hash table"},
	};
	return emit_tables(view, tables, in.buckets ? 4 : 3, err);
}

/* The translation of the empty message is a header like that of a mail. */
static int describe_date(struct sb_view *view, const struct sb_region *region, const struct catalogue *in, struct sb_err *err)
{
	static const char key[] = "POT-Creation-Date: ";
	struct sb_span original, header;

	if (!string_at(view, in, in->originals, 0, &original) || original.n || !string_at(view, in, in->translations, 0, &header))
		return 0;
	const uint8_t *found = memmem(header.p, header.n, key, sizeof key - 1);
	if (!found || (found != header.p && found[-1] != '\n'))
		return 0;
	struct sb_field date = {.offset = (uint64_t)(found - view->file.p) + sizeof key - 1, .length = DATE, .kind = SB_FIELD_TIME,
	                        .encoding = SB_ENC_PO_TIME, .name = "POT-Creation-Date"};
	uint64_t end = (uint64_t)(header.p - view->file.p) + header.n;
	bool fits = date.offset + DATE < end && view->file.p[date.offset + DATE] == '\n' && date.offset >= region->offset &&
	            date.offset + DATE <= region->offset + region->length;
	return fits ? sb_emit_field(view, &date, err) : 0;
}

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	static const char *const names[] = {"revision", "string count", "original strings", "translated strings", "hash table size", "hash table"};
	struct catalogue in;

	if (!read_header(view->file, &in))
		return 0;
	if (region->tag == TAG_STRINGS && in.count)
		return describe_date(view, region, &in, err);
	if (region->tag != TAG_HEADER)
		return 0;
	struct sb_field field = {.length = 4, .kind = SB_FIELD_MAGIC, .name = "magic"};
	int rc = sb_emit_field(view, &field, err);
	for (size_t i = 0; !rc && i < sizeof names / sizeof *names; i++) {
		field = (struct sb_field){.offset = 4 + 4 * i, .length = 4, .encoding = in.be ? SB_ENC_BE : SB_ENC_LE, .name = names[i],
		                          .kind = i == 2 || i == 3 || i == 5 ? SB_FIELD_OFFSET : SB_FIELD_VALUE};
		rc = sb_emit_field(view, &field, err);
	}
	return rc;
}

/** The message whose original or translation holds the byte. */
static const char *locate(const struct sb_view *view, const struct sb_region *region, uint64_t offset, struct sb_arena *arena)
{
	struct catalogue in;
	struct sb_span text, original;

	if (region->tag != TAG_STRINGS || !read_header(view->file, &in))
		return NULL;
	for (uint64_t i = 0; i < 2 * in.count; i++) {
		if (!string_at(view, &in, i % 2 ? in.translations : in.originals, i / 2, &text))
			return NULL;
		uint64_t at = (uint64_t)(text.p - view->file.p);
		if (offset >= at && offset - at < text.n && string_at(view, &in, in.originals, i / 2, &original))
			return original.n ? sb_arena_copy(arena, sb_span_of(original.p, original.n < 60 ? original.n : 60)) : "header";
	}
	return NULL;
}

static unsigned probe(struct sb_span file, const char *hint)
{
	struct catalogue in;

	(void)hint;
	return (sb_magic(file, 0, magic_le, 4) || sb_magic(file, 0, magic_be, 4)) && read_header(file, &in) ? 8 * sizeof magic_le : 0;
}

const struct sb_format sb_format_mo = {
	.name = "mo",
	.spec = "GNU gettext 0.21 manual, section 10.3, The Format of GNU MO Files",
	.version = 1,
	.probe = probe,
	.open = open_mo,
	.describe = describe,
	.locate = locate,
	.dated = true,
};
