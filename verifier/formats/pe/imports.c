/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots and rows of the tables of imports and exports, as things with names. A row of the directories that leads to the wrong place gives nothing there a name,
 * so that it cannot make one thing stand for another.
 */
#include "verifier/formats/pe/pe.h"

#include <string.h>

enum { DESCRIPTOR = 20, EXPORTS = 40, LONGEST_NAME = 4096 };

struct sb_span sb_pe_text_at(const struct sb_pe *pe, uint64_t address)
{
	struct sb_span text;
	uint64_t at;

	if (address == 0 || !sb_pe_offset(pe, address, 1, &at))
		return (struct sb_span){0};
	uint64_t left = pe->file.n - at, most = left < LONGEST_NAME ? left : LONGEST_NAME;
	const uint8_t *end = sb_span_cut(pe->file, at, most, &text) ? memchr(text.p, 0, text.n) : NULL;
	return end ? sb_span_of(text.p, (size_t)(end - text.p)) : (struct sb_span){0};
}

/* Behind a hint of two bytes; the highest bit tells an ordinal. */
static struct sb_span thunk_name(const struct sb_pe *pe, uint64_t slot)
{
	unsigned width = pe->wide ? 8 : 4;
	uint64_t value = sb_pe_at(pe, slot, width);

	return value == 0 || value >> (8 * width - 1) ? (struct sb_span){0} : sb_pe_text_at(pe, value + 2);
}

struct sb_span sb_pe_slot_name(const struct sb_pe *pe, uint64_t slot)
{
	const struct sb_pe_range *slots = &pe->directory[SB_PE_IAT];
	unsigned width = pe->wide ? 8 : 4;

	return slot >= slots->at && slot - slots->at < slots->size && (slot - slots->at) % width == 0 ? thunk_name(pe, slot) : (struct sb_span){0};
}

static bool add(const struct sb_pe *pe, struct sb_arena *arena, struct sb_vec *found, const char *what, struct sb_span name, uint64_t address, uint64_t length)
{
	struct sb_anchor anchor = {.kind = SB_ANCHOR_OBJECT, .address = pe->image_base + address, .length = length};

	if (name.n == 0 || !sb_pe_offset(pe, address, length, &anchor.offset))
		return true;
	anchor.name = sb_arena_printf(arena, "%s%.*s", what, (int)name.n, (const char *)name.p);
	struct sb_anchor *slot = anchor.name ? sb_vec_push(found) : NULL;
	if (slot)
		*slot = anchor;
	return slot;
}

static bool add_thunks(const struct sb_pe *pe, struct sb_arena *arena, struct sb_vec *found, const char *what, uint64_t address, uint64_t *left)
{
	unsigned width = pe->wide ? 8 : 4;

	for (; address && *left && sb_pe_at(pe, address, width) != 0; address += width, --*left)
		if (!add(pe, arena, found, what, thunk_name(pe, address), address, width))
			return false;
	return true;
}

bool sb_pe_anchor_imports(const struct sb_pe *pe, struct sb_arena *arena, struct sb_vec *found)
{
	const struct sb_pe_range *imports = &pe->directory[SB_PE_IMPORT], *exports = &pe->directory[SB_PE_EXPORT];
	uint64_t left = pe->file.n / 4; /* slots: hostile images list the same ones again and again */

	for (uint64_t i = 0; i < imports->size / DESCRIPTOR && left; i++) {
		uint64_t row = imports->at + i * DESCRIPTOR;
		struct sb_span library = sb_pe_text_at(pe, sb_pe_at(pe, row + 12, 4));
		if (library.n == 0)
			break;
		bool more = add(pe, arena, found, "import of ", library, row, DESCRIPTOR) && add_thunks(pe, arena, found, "lookup of ", sb_pe_at(pe, row, 4), &left) &&
			    add_thunks(pe, arena, found, "__imp_", sb_pe_at(pe, row + 16, 4), &left);
		if (!more)
			return false;
	}
	return exports->size < EXPORTS || add(pe, arena, found, "exports of ", sb_pe_text_at(pe, sb_pe_at(pe, exports->at + 12, 4)), exports->at, EXPORTS);
}
