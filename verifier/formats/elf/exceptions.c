/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the handler of C++ exceptions reads of a function, its language-specific data area: of it only the table of types holds places of
 * other things. Source: the Itanium C++ ABI, "Exception Handling Tables"; LSB Core, "DWARF Exception Header Encoding".
 */
#include "verifier/formats/elf/elf.h"

enum { OMITTED = 0xff, ULEB128 = 0x01, UDATA4 = 0x03, PCREL_SDATA4 = 0x1b, INDIRECT = 0x80, MOST_CHAINED = 64, MOST_TYPES = 1 << 16 };
/** Call sites that are read of one file: areas of hostile files overlap. */
enum { MOST_SITES = 1 << 24 };

/* The greatest index in the list of types that a function may throw, which begins at @at and ends in 0. */
static uint64_t follow_list(struct sb_rd rd, uint64_t at, uint64_t most)
{
	sb_rd_seek(&rd, at);
	for (unsigned i = 0; i < MOST_CHAINED; i++) {
		uint64_t type = sb_leb(&rd);
		if (rd.bad || type == 0)
			return most;
		most = type > most ? type : most;
	}
	return most;
}

/* The greatest index of a type in the chain of actions that begins at @at; @types: where the table of types ends, and lists of types begin. */
static uint64_t follow_actions(struct sb_rd rd, uint64_t at, uint64_t types, uint64_t most)
{
	for (unsigned i = 0; i < MOST_CHAINED; i++) {
		sb_rd_seek(&rd, at);
		int64_t type = sb_signed_leb(&rd);
		uint64_t from = rd.at;
		int64_t next = sb_signed_leb(&rd);
		if (rd.bad)
			return most;
		if (type < 0)
			most = follow_list(rd, types + (uint64_t)-(type + 1), most);
		most = type > 0 && (uint64_t)type > most ? (uint64_t)type : most;
		if (next == 0)
			return most;
		at = from + (uint64_t)next;
	}
	return most;
}

/* How many types the call sites in [@rd->at, @end) may catch. */
static uint64_t count_types(struct sb_rd *rd, uint64_t end, uint64_t types, uint64_t *sites)
{
	uint64_t most = 0;

	while (!rd->bad && rd->at < end && *sites < MOST_SITES) {
		++*sites;
		sb_leb(rd);
		sb_leb(rd);
		sb_leb(rd);
		uint64_t action = sb_leb(rd);
		if (!rd->bad && action) {
			*sites += MOST_CHAINED / 4;
			most = follow_actions(*rd, end + action - 1, types, most);
		}
	}
	return rd->bad || *sites >= MOST_SITES || most > MOST_TYPES ? 0 : most;
}

bool sb_elf_types_of(struct sb_elf *elf, const struct sb_elf_section *section, uint64_t area, struct sb_elf_types *out)
{
	struct sb_rd rd = sb_rd_of(section->bytes, elf->be);

	sb_rd_seek(&rd, area - section->addr);
	uint64_t start = sb_rd_uint(&rd, 1), types = sb_rd_uint(&rd, 1);
	if (rd.bad || start != OMITTED || types == OMITTED)
		return false;
	uint64_t length = sb_leb(&rd), end = rd.at + length;
	uint64_t sites = sb_rd_uint(&rd, 1), size = sb_leb(&rd);
	bool relative = (types & ~(uint64_t)INDIRECT) == PCREL_SDATA4;
	if (rd.bad || sites != ULEB128 || (!relative && types != UDATA4) || length > section->bytes.n || end > section->bytes.n || size > end - rd.at)
		return false;
	uint64_t first = rd.at + size, count = count_types(&rd, first, end, &elf->index.sites_read);
	if (count == 0 || 4 * count > end - first)
		return false;
	*out = (struct sb_elf_types){section->offset + end - 4 * count, count, !relative};
	return true;
}
