/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite databases: a header in the first page, then pages; those that nothing uses hang in a list of trunks. */
#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

enum { HEADER = 100, MAGIC = 16, SMALLEST_PAGE = 512, LARGEST_PAGE = 65536 };
enum tag { TAG_HEADER = 1 };

static const char magic[] = "SQLite format 3";

/* 1.3.2: a power of two; 1 stands for the largest, which has no room in the field. */
static uint64_t page_size(struct sb_span file)
{
	struct sb_rd rd = sb_rd_of(file, true);

	sb_rd_seek(&rd, MAGIC);
	uint64_t size = sb_rd_uint(&rd, 2);
	size = size == 1 ? LARGEST_PAGE : size;
	return rd.bad || size < SMALLEST_PAGE || (size & (size - 1)) ? 0 : size;
}

/** Bits of pages, one each. */
static bool is_marked(const uint8_t *bits, uint64_t page)
{
	return bits[page / 8] >> page % 8 & 1;
}

static bool mark(uint8_t *bits, uint64_t page, uint64_t pages)
{
	if (page == 0 || page > pages || is_marked(bits, page))
		return false;
	bits[page / 8] |= (uint8_t)(1 << page % 8);
	return true;
}

/* 1.5: a trunk names the next one, how many leaves it has, and them; a list that returns to a page ends there. */
static void mark_free(struct sb_span file, uint64_t size, uint64_t pages, uint8_t *bits)
{
	struct sb_rd rd = sb_rd_of(file, true);

	sb_rd_seek(&rd, 32);
	for (uint64_t trunk = sb_rd_uint(&rd, 4); mark(bits, trunk, pages);) {
		sb_rd_seek(&rd, (trunk - 1) * size);
		trunk = sb_rd_uint(&rd, 4);
		uint64_t leaves = sb_rd_uint(&rd, 4);
		for (uint64_t i = 0; i < leaves && i < size / 4 && !rd.bad; i++)
			(void)mark(bits, sb_rd_uint(&rd, 4), pages);
	}
}

static int take_page(struct sb_view *view, uint64_t page, uint64_t size, bool is_free, struct sb_err *err)
{
	uint64_t from = page == 1 ? HEADER : (page - 1) * size;
	struct sb_region region = {.offset = from, .length = page * size - from, .kind = is_free ? SB_REGION_GAP : SB_REGION_SECTION};

	region.name = sb_arena_printf(view->arena, "%s %llu", is_free ? "free page" : "page", (unsigned long long)page);
	return region.name ? sb_emit_region(view, &region, err) : sb_no_memory(err);
}

static int open_sqlite(struct sb_view *view, const char *hint, struct sb_err *err)
{
	uint64_t size = page_size(view->file), pages = size ? view->file.n / size : 0;
	const struct sb_region header = {.length = HEADER, .kind = SB_REGION_HEADER, .tag = TAG_HEADER, .name = "header"};

	(void)hint;
	if (pages == 0)
		return sb_damaged(err, "file-damaged", MAGIC, "a database whose pages have no size, or that is smaller than one");
	uint8_t *bits = sb_arena_array(view->arena, (size_t)(pages / 8 + 1), 1);
	if (!bits)
		return sb_no_memory(err);
	mark_free(view->file, size, pages, bits);
	int rc = sb_emit_region(view, &header, err);
	for (uint64_t page = 1; !rc && page <= pages; page++)
		rc = take_page(view, page, size, is_marked(bits, page), err);
	return rc ? rc : sb_emit_rest(view, pages * size, "fill", err);
}

/* 1.3 */
static const struct sb_layout_row header_rows[] = {
	{.at = 0, .length = 16, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_TEXT, .name = "magic"},
	{.at = 16, .length = 2, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "page size"},
	{.at = 18, .length = 1, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "write version"},
	{.at = 19, .length = 1, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "read version"},
	{.at = 20, .length = 1, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "reserved space"},
	{.at = 21, .length = 3, .kind = SB_FIELD_VALUE, .name = "payload fractions"},
	{.at = 24, .length = 4, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "file change counter"},
	{.at = 28, .length = 4, .kind = SB_FIELD_SIZE, .encoding = SB_ENC_BE, .name = "database size"},
	{.at = 32, .length = 4, .kind = SB_FIELD_OFFSET, .encoding = SB_ENC_BE, .name = "first free page"},
	{.at = 36, .length = 4, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "free pages"},
	{.at = 40, .length = 4, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "schema cookie"},
	{.at = 44, .length = 4, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "schema format"},
	{.at = 48, .length = 4, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "cache size"},
	{.at = 52, .length = 4, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "largest root page"},
	{.at = 56, .length = 4, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "text encoding"},
	{.at = 60, .length = 4, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "user version"},
	{.at = 64, .length = 4, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "incremental vacuum"},
	{.at = 68, .length = 4, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "application id"},
	{.at = 72, .length = 20, .kind = SB_FIELD_VALUE, .name = "reserved"},
	{.at = 92, .length = 4, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "version valid for"},
	{.at = 96, .length = 4, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_BE, .name = "SQLite version"},
};

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	return region->tag == TAG_HEADER ? sb_emit_layout(view, region, SB_ROWS(header_rows), err) : 0;
}

static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return file.n >= HEADER ? sb_magic(file, 0, magic, MAGIC) : 0;
}

const struct sb_format sb_format_sqlite = {
	.name = "sqlite",
	.spec = "SQLite, Database File Format, sections 1.3 and 1.5",
	.version = 1,
	.probe = probe,
	.open = open_sqlite,
	.describe = describe,
};
