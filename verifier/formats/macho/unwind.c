/* SPDX-License-Identifier: Apache-2.0 */
/* How functions are unwound: the table of images, and that of objects, which a linker makes it of. Source: LLVM libunwind, mach-o/compact_unwind_encoding.h. */
#include "verifier/formats/macho/tables.h"

enum { HEAD = 28, INDEX = 12, HANDLER = 8, REGULAR = 2, COMPRESSED = 3, OBJECT_ROW = 32 };

static uint64_t read32(const struct sb_macho_telling *telling, uint64_t at)
{
	return sb_macho_uint(telling->macho, telling->region->offset + at, 4);
}

/* Four bytes that count from the header of the image. */
static bool tell_address(struct sb_macho_telling *telling, uint64_t at, uint64_t bits, uint64_t from)
{
	uint64_t value = read32(telling, at), mask = (UINT64_C(1) << bits) - 1;
	return sb_macho_tell(telling, (struct sb_reference){SB_REFERENCE_ADDRESS, telling->region->offset + at, 4, from + (value & mask), 0, value & ~mask});
}

/* Four bytes that count from the start of the table. */
static bool tell_inside(struct sb_macho_telling *telling, uint64_t at)
{
	return sb_macho_tell(telling, (struct sb_reference){SB_REFERENCE_OFFSET, telling->region->offset + at, 4, telling->region->offset + read32(telling, at), 0, 0});
}

static bool lies_in(const struct sb_macho_telling *telling, uint64_t at, uint64_t count, uint64_t each)
{
	return at <= telling->bytes.n && count <= (telling->bytes.n - at) / each;
}

/* A page of functions: each with how it is unwound, or with the number of a way, counted from the first function of the page. */
static bool read_page(struct sb_macho_telling *telling, uint64_t page, uint64_t first)
{
	uint64_t base = sb_macho_base(telling->macho), place = telling->region->offset + page;

	if (page == 0 || !lies_in(telling, page, 12, 1))
		return true;
	uint64_t kind = read32(telling, page), at = page + sb_macho_uint(telling->macho, place + 4, 2), count = sb_macho_uint(telling->macho, place + 6, 2);
	uint64_t each = kind == REGULAR ? 8 : 4;
	if ((kind != REGULAR && kind != COMPRESSED) || !lies_in(telling, at, count, each))
		return true;
	for (uint64_t i = 0; i < count; i++)
		if (!tell_address(telling, at + i * each, kind == REGULAR ? 32 : 24, kind == REGULAR ? base : base + first))
			return false;
	return true;
}

/* Functions with data for the handler of exceptions, from the first page's list to the last's. */
static bool read_handlers(struct sb_macho_telling *telling, uint64_t index, uint64_t count)
{
	uint64_t from = read32(telling, index + 8), to = read32(telling, index + (count - 1) * INDEX + 8), base = sb_macho_base(telling->macho);

	if (to < from || !lies_in(telling, from, to - from, 1))
		return true;
	for (uint64_t at = from; at + HANDLER <= to; at += HANDLER)
		if (!tell_address(telling, at, 32, base) || !tell_address(telling, at + 4, 32, base))
			return false;
	return true;
}

bool sb_macho_read_unwind(struct sb_macho_telling *telling)
{
	uint64_t base = sb_macho_base(telling->macho);

	if (sb_macho_is_object(telling->macho) || telling->bytes.n < HEAD || read32(telling, 0) != 1)
		return true;
	uint64_t handlers = read32(telling, 12), handler_count = read32(telling, 16), index = read32(telling, 20), count = read32(telling, 24);
	bool more = tell_inside(telling, 4) && tell_inside(telling, 12) && tell_inside(telling, 20);
	for (uint64_t i = 0; more && lies_in(telling, handlers, handler_count, 4) && i < handler_count; i++)
		more = tell_address(telling, handlers + 4 * i, 32, base);
	if (!more || count == 0 || !lies_in(telling, index, count, INDEX))
		return more;
	for (uint64_t i = 0; more && i < count; i++) {
		uint64_t row = index + i * INDEX, page = read32(telling, row + 4);
		more = tell_address(telling, row, 32, base) && (page == 0 || tell_inside(telling, row + 4)) && tell_inside(telling, row + 8) && read_page(telling, page, read32(telling, row));
	}
	return more && read_handlers(telling, index, count);
}

/* Of an object: a function, its length, how it is unwound, what handles its exceptions, and with which data. */
bool sb_macho_read_compact_unwind(struct sb_macho_telling *telling)
{
	const struct sb_macho *macho = telling->macho;

	if (!macho->wide || !sb_macho_read_pointers(telling))
		return false;
	for (uint64_t at = telling->region->offset; at + OBJECT_ROW <= telling->region->offset + telling->bytes.n; at += OBJECT_ROW) {
		uint64_t start = sb_macho_uint(macho, at, 8), length = sb_macho_uint(macho, at + 8, 4);
		if (!sb_macho_tell(telling, (struct sb_reference){SB_REFERENCE_SIZE, at + 8, 4, start + length, start, 0}))
			return false;
	}
	return sb_macho_tell_rows(telling, OBJECT_ROW);
}
