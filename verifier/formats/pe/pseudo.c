/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runtime pseudo relocations: what MinGW's startup code adds to data that uses an imported variable. Between two symbols of the linker: 0, 0, 1, then for each place a
 * slot of an import, the place and its width in bits. Source: mingw-w64, mingw-w64-crt/crt/pseudo-reloc.c, runtime_pseudo_reloc_item_v2.
 */
#include "verifier/formats/pe/tables.h"

#include <string.h>

enum { HEAD = 12, ITEM = 12, VERSION = 1 };

/* Where it lies in the file; 0: there is no such symbol. */
static uint64_t place_of(const struct sb_pe *pe, const char *name)
{
	for (size_t i = 0; i < pe->index.named; i++)
		if (strcmp(pe->index.items[i].name, name) == 0)
			return pe->index.items[i].offset;
	return 0;
}

bool sb_pe_read_pseudo_relocations(struct sb_pe_telling *telling)
{
	struct sb_pe *pe = telling->pe;

	sb_pe_index_build(pe, telling->view->arena);
	uint64_t start = place_of(pe, "__RUNTIME_PSEUDO_RELOC_LIST__"), end = place_of(pe, "__RUNTIME_PSEUDO_RELOC_LIST_END__");

	if (start == 0 || end < start + HEAD)
		return true;
	if (sb_pe_uint(pe, start, 8) != 0 || sb_pe_uint(pe, start + 8, 4) != VERSION || (end - start - HEAD) % ITEM)
		return false;
	for (uint64_t at = start + HEAD; at < end; at += ITEM)
		if (!sb_pe_tell_address(telling, at, 4, sb_pe_uint(pe, at, 4)) || !sb_pe_tell_address(telling, at + 4, 4, sb_pe_uint(pe, at + 4, 4)))
			return false;
	return true;
}
