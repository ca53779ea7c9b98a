/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/decoded.h"

#include "verifier/formats/told.h"

#include <string.h>

enum { MOST_DECODED = 16 << 20, FIRST_ROOM = 256 };

/** Where references are kept. */
struct keeping {
	struct sb_decoded *decoded;
	struct sb_arena *arena;
};

static bool keep(void *context, const struct sb_reference *reference)
{
	const struct keeping *keeping = context;
	struct sb_decoded *decoded = keeping->decoded;

	if (decoded->count == decoded->room) {
		size_t more = decoded->room ? decoded->room * 2 : FIRST_ROOM;
		struct sb_reference *items = sb_arena_array(keeping->arena, more, sizeof *items);
		if (!items)
			return false;
		if (decoded->count)
			memcpy(items, decoded->items, decoded->count * sizeof *items);
		decoded->items = items;
		decoded->room = more;
	}
	decoded->items[decoded->count++] = *reference;
	return true;
}

bool sb_decoded_spend(struct sb_decoded *decoded, uint64_t bytes)
{
	if (bytes > MOST_DECODED - decoded->spent)
		return false;
	decoded->spent += bytes;
	return true;
}

bool sb_decoded_read(struct sb_decoded *decoded, const struct sb_code *code, struct sb_arena *arena)
{
	struct keeping keeping = {decoded, arena};

	decoded->start = code->offset;
	decoded->end = code->offset + code->bytes.n;
	decoded->count = 0;
	return code->machine == SB_MACHINE_OTHER || !sb_decoded_spend(decoded, code->bytes.n) || sb_code_references(code, keep, &keeping);
}

bool sb_decoded_holds(const struct sb_decoded *decoded, uint64_t offset)
{
	return offset >= decoded->start && offset < decoded->end;
}

bool sb_decoded_find(const struct sb_decoded *decoded, uint64_t from, uint64_t to, sb_code_found *found, void *context)
{
	for (size_t i = sb_references_from(decoded->items, decoded->count, from); i < decoded->count && decoded->items[i].offset < to; i++)
		if (!found(context, &decoded->items[i]))
			return false;
	return true;
}
