/* SPDX-License-Identifier: Apache-2.0 */
/* LLVM bitcode, as far as its outermost blocks: each says its length in words and begins at one. */
#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

enum { MAGIC = 4, WORD = 4, WRAPPER = 20, ENTER_SUBBLOCK = 1 };
enum tag { TAG_WRAPPER = 1, TAG_MAGIC };

static const uint8_t raw_magic[MAGIC] = {'B', 'C', 0xc0, 0xde}, wrapper_magic[MAGIC] = {0xde, 0xc0, 0x17, 0x0b};

static const char *block_name(uint64_t id)
{
	switch (id) {
	case 8:
		return "module";
	case 13:
		return "identification";
	case 23:
		return "string table";
	case 24:
		return "summary";
	case 25:
		return "symbol table";
	default:
		return "block";
	}
}

/** Variable-width number of @width bits a piece, at *bit of @head; the top one says that another piece follows. */
static uint64_t read_vbr(uint64_t head, unsigned *bit, unsigned width)
{
	uint64_t value = 0, piece;
	unsigned shift = 0;

	do {
		piece = head >> *bit & ((UINT64_C(1) << width) - 1);
		value |= (piece & ((UINT64_C(1) << (width - 1)) - 1)) << shift;
		shift += width - 1;
		*bit += width;
	} while (piece >> (width - 1) && *bit + width <= 32);
	return value;
}

/* ENTER_SUBBLOCK: two bits of abbreviation, block id in vbr8, width of abbreviations in vbr4, up to the next word, then the length. */
static int take_block(struct sb_view *view, uint64_t *at, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(view->file, false);

	sb_rd_seek(&rd, *at);
	uint64_t head = sb_rd_uint(&rd, WORD), words = sb_rd_uint(&rd, WORD);
	unsigned bit = 2;
	struct sb_region block = {.offset = *at, .length = 2 * WORD + words * WORD, .kind = SB_REGION_SECTION, .loaded = true,
	                          .name = block_name(read_vbr(head, &bit, 8))};
	if (rd.bad || (head & 3) != ENTER_SUBBLOCK || block.length > view->file.n - *at)
		return sb_damaged(err, "file-damaged", *at, "a block of bitcode that does not begin, or ends behind the file");
	*at += block.length;
	return sb_emit_region(view, &block, err);
}

static bool is_block(struct sb_span file, uint64_t at, uint64_t end)
{
	return at + 2 * WORD <= end && (file.p[at] & 3) == ENTER_SUBBLOCK;
}

/** Where the bitcode lies: what the wrapper says, or the whole file. */
static int take_wrapper(struct sb_view *view, uint64_t *from, uint64_t *end, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(view->file, false);

	*from = 0;
	*end = view->file.n;
	if (!sb_magic(view->file, 0, wrapper_magic, MAGIC))
		return 0;
	sb_rd_seek(&rd, 8);
	uint64_t offset = sb_rd_uint(&rd, 4), size = sb_rd_uint(&rd, 4);
	if (rd.bad || offset < WRAPPER || offset > view->file.n || size > view->file.n - offset)
		return sb_damaged(err, "file-damaged", 8, "a wrapper of bitcode that leads outside of the file");
	const struct sb_region header = {.length = WRAPPER, .kind = SB_REGION_HEADER, .tag = TAG_WRAPPER, .name = "wrapper"};
	const struct sb_region gap = {.offset = WRAPPER, .length = offset - WRAPPER, .kind = SB_REGION_GAP, .name = "gap"};
	int rc = sb_emit_region(view, &header, err);
	*from = offset;
	*end = offset + size;
	return rc ? rc : sb_emit_region(view, &gap, err);
}

static int open_bitcode(struct sb_view *view, const char *hint, struct sb_err *err)
{
	uint64_t at, end;
	int rc = take_wrapper(view, &at, &end, err);

	(void)hint;
	if (rc)
		return rc;
	if (!sb_magic(view->file, at, raw_magic, MAGIC))
		return sb_damaged(err, "file-damaged", at, "bitcode that does not begin with its magic");
	const struct sb_region magic = {.offset = at, .length = MAGIC, .kind = SB_REGION_HEADER, .tag = TAG_MAGIC, .name = "magic"};
	rc = sb_emit_region(view, &magic, err);
	for (at += MAGIC; !rc && is_block(view->file, at, end);)
		rc = take_block(view, &at, err);
	return rc ? rc : sb_emit_rest(view, at, "fill", err);
}

static const struct sb_layout_row wrapper_rows[] = {
	{.at = 0, .length = 4, .kind = SB_FIELD_MAGIC, .name = "magic"},
	{.at = 4, .length = 4, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_LE, .name = "version"},
	{.at = 8, .length = 4, .kind = SB_FIELD_OFFSET, .encoding = SB_ENC_LE, .name = "offset"},
	{.at = 12, .length = 4, .kind = SB_FIELD_SIZE, .encoding = SB_ENC_LE, .name = "size"},
	{.at = 16, .length = 4, .kind = SB_FIELD_VALUE, .encoding = SB_ENC_LE, .name = "CPU type"},
};

static const struct sb_layout_row magic_rows[] = {{.at = 0, .length = MAGIC, .kind = SB_FIELD_MAGIC, .name = "magic"}};

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	if (region->tag == TAG_WRAPPER)
		return sb_emit_layout(view, region, SB_ROWS(wrapper_rows), err);
	return region->tag == TAG_MAGIC ? sb_emit_layout(view, region, SB_ROWS(magic_rows), err) : 0;
}

/* What stands where inside of a block is not read here: names, code and texts are bits of one stream. */
static bool acted_on(struct sb_view *view, const struct sb_place *place)
{
	(void)view;
	(void)place;
	return true;
}

static unsigned probe(struct sb_span file, const char *hint)
{
	unsigned wrapped = sb_magic(file, 0, wrapper_magic, MAGIC);

	(void)hint;
	return wrapped ? wrapped : sb_magic(file, 0, raw_magic, MAGIC);
}

const struct sb_format sb_format_bitcode = {
	.name = "bitcode",
	.spec = "LLVM 14, LLVM Bitcode File Format: bitstream format, bitcode wrapper format",
	.version = 2,
	.probe = probe,
	.open = open_bitcode,
	.describe = describe,
	.acted_on = acted_on,
};
