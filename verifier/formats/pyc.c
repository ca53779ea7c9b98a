/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled Python: a header that ties the code to its source, by time and size or by a hash of it, and the code as marshal writes it. */
#include "verifier/formats/emit.h"
#include "verifier/formats/marshal.h"
#include "verifier/formats/rows.h"

enum { HEADER = 16, BY_HASH = 1, CHECKED = 2 };
enum tag { TAG_BY_TIME = 1, TAG_BY_HASH };

/* PEP 552: since CPython 3.7 the magic number is 3390 and more, behind it "\r\n". */
enum { FIRST_VERSION = 3390, LAST_VERSION = 3999 };

static bool read_header(struct sb_span file, uint64_t *flags)
{
	struct sb_rd rd = sb_rd_of(file, false);
	uint64_t version = sb_rd_uint(&rd, 2), line_end = sb_rd_uint(&rd, 2);

	*flags = sb_rd_uint(&rd, 4);
	sb_rd_bytes(&rd, 8);
	uint64_t code = sb_rd_uint(&rd, 1); /* marshal's 'c', with or without the mark of something that is referred to */
	return !rd.bad && version >= FIRST_VERSION && version <= LAST_VERSION && line_end == 0x0a0d && !(*flags & ~(uint64_t)(BY_HASH | CHECKED)) &&
	       (code & 0x7f) == 'c';
}

static int open_pyc(struct sb_view *view, const char *hint, struct sb_err *err)
{
	uint64_t flags;

	(void)hint;
	if (!read_header(view->file, &flags))
		return sb_damaged(err, "file-damaged", 0, "the header of compiled Python that makes no sense");
	const struct sb_region header = {.length = HEADER, .kind = SB_REGION_HEADER, .tag = flags & BY_HASH ? TAG_BY_HASH : TAG_BY_TIME,
	                                 .loaded = true, .name = "header"};
	const struct sb_region code = {.offset = HEADER, .length = view->file.n - HEADER, .kind = SB_REGION_SECTION, .loaded = true, .name = "code"};
	int rc = sb_emit_region(view, &header, err);
	return rc ? rc : sb_emit_region(view, &code, err);
}

static const struct sb_layout_row by_time[] = {
	{.at = 0, .length = 4, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_LE, .name = "magic"},
	{.at = 4, .length = 4, .kind = SB_FIELD_FLAGS, .encoding = SB_ENC_LE, .name = "flags"},
	{.at = 8, .length = 4, .kind = SB_FIELD_TIME, .encoding = SB_ENC_LE, .name = "source time"},
	{.at = 12, .length = 4, .kind = SB_FIELD_SIZE, .encoding = SB_ENC_LE, .name = "source size"},
};

static const struct sb_layout_row by_hash[] = {
	{.at = 0, .length = 4, .kind = SB_FIELD_MAGIC, .encoding = SB_ENC_LE, .name = "magic"},
	{.at = 4, .length = 4, .kind = SB_FIELD_FLAGS, .encoding = SB_ENC_LE, .name = "flags"},
	{.at = 8, .length = 8, .kind = SB_FIELD_VALUE, .name = "source hash"},
};

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	if (region->tag == TAG_BY_TIME)
		return sb_emit_layout(view, region, SB_ROWS(by_time), err);
	return region->tag == TAG_BY_HASH ? sb_emit_layout(view, region, SB_ROWS(by_hash), err) : 0;
}

/* An import or an attribute is found by its name, and a header by what it says of the source. */
static bool acted_on(struct sb_view *view, const struct sb_place *place)
{
	struct sb_rd rd = sb_rd_of(view->file, false);
	unsigned magic = (unsigned)sb_rd_uint(&rd, 2);
	struct sb_span code;

	if (place->offset < HEADER || !sb_span_cut(view->file, HEADER, view->file.n - HEADER, &code))
		return true;
	return sb_marshal_may_name(code, magic, place->offset - HEADER, place->offset + place->length - HEADER);
}

static unsigned probe(struct sb_span file, const char *hint)
{
	uint64_t flags;

	(void)hint;
	return read_header(file, &flags) ? 8 * 6 : 0;
}

const struct sb_format sb_format_pyc = {
	.name = "pyc",
	.spec = "PEP 552, Deterministic pycs; CPython 3.11, Lib/importlib/_bootstrap_external.py",
	.version = 2,
	.probe = probe,
	.open = open_pyc,
	.describe = describe,
	.acted_on = acted_on,
};
