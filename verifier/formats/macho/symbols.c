/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols, indirect symbols, and relocations of objects. Sources: nlist.h, stab.h, reloc.h, x86_64/reloc.h, arm64/reloc.h. */
#include "verifier/formats/macho/tables.h"

#include <string.h>

enum { STAB = 0xe0, TYPE = 0x0e, IN_SECTION = 0x0e, FUNCTION = 0x24, STATIC = 0x26, BEGIN = 0x2e, LOCAL = (int)0x80000000, ABSOLUTE = 0x40000000 };
enum { RELOCATION = 8, ARM64_ADDEND = 10 };
#define CPU_X86_64 UINT64_C(0x01000007)
#define CPU_ARM64 UINT64_C(0x0100000c)

static unsigned each_of(const struct sb_macho *macho)
{
	return macho->wide ? 16 : 12;
}

uint64_t sb_macho_symbol_kind(const struct sb_macho *macho, uint64_t index)
{
	uint64_t at = macho->symbols + index * each_of(macho);
	return sb_macho_uint(macho, at + 4, 1) << 24 | sb_macho_uint(macho, at + 5, 1) << 16 | sb_macho_uint(macho, at + 6, 2);
}

bool sb_macho_symbol_reference(const struct sb_macho *macho, uint64_t index, struct sb_reference *out)
{
	if (index >= macho->symbol_count)
		return false;
	struct sb_span name = sb_macho_symbol_name(macho, macho->symbols + index * each_of(macho));
	if (name.n == 0)
		return false;
	*out = (struct sb_reference){.kind = SB_REFERENCE_TEXT, .target = (uint64_t)(name.p - macho->file.p), .rest = sb_macho_symbol_kind(macho, index)};
	return true;
}

/* Does a symbol hold an address? Those of debuggers hold times and lengths as well. */
static bool holds_address(uint64_t type, uint64_t section)
{
	return type & STAB ? (type == FUNCTION || type == STATIC || type == BEGIN) && section : (type & TYPE) == IN_SECTION;
}

static bool read_symbol(struct sb_macho_telling *telling, uint64_t at)
{
	const struct sb_macho *macho = telling->macho;
	uint64_t type = sb_macho_uint(macho, at + 4, 1), section = sb_macho_uint(macho, at + 5, 1), word = macho->wide ? 8 : 4, value = sb_macho_uint(macho, at + 8, (unsigned)word);
	bool more = sb_macho_tell(telling, (struct sb_reference){SB_REFERENCE_TEXT, at, 4, macho->strings + sb_macho_uint(macho, at, 4), 0, 0});

	if (more && section && section <= macho->kept_count)
		more = sb_macho_tell(telling, (struct sb_reference){SB_REFERENCE_OFFSET, at + 5, 1, macho->kept[section - 1].command, 0, 0});
	if (more && holds_address(type, section))
		more = sb_macho_tell(telling, (struct sb_reference){SB_REFERENCE_ADDRESS, at + 8, word, value, 0, 0});
	return more;
}

bool sb_macho_read_symbols(struct sb_macho_telling *telling)
{
	uint64_t each = each_of(telling->macho);

	for (uint64_t at = 0; at + each <= telling->bytes.n; at += each)
		if (!read_symbol(telling, telling->region->offset + at))
			return false;
	return sb_macho_tell_rows(telling, each);
}

/* loader.h, "indirect symbol table": an index into the symbols. */
bool sb_macho_read_indirect(struct sb_macho_telling *telling)
{
	for (uint64_t at = 0; at + 4 <= telling->bytes.n; at += 4) {
		uint64_t place = telling->region->offset + at, index = sb_macho_uint(telling->macho, place, 4);
		struct sb_reference reference;
		if (index & ((uint32_t)LOCAL | ABSOLUTE) || !sb_macho_symbol_reference(telling->macho, index, &reference))
			continue;
		reference.offset = place;
		reference.length = 4;
		if (!sb_macho_tell(telling, reference))
			return false;
	}
	return sb_macho_tell_rows(telling, 4);
}

/* What a relocation is of, in three bytes: a symbol, or a section. */
static bool find_aim(const struct sb_macho *macho, uint64_t at, struct sb_reference *out)
{
	uint64_t word = sb_macho_uint(macho, at + 4, 4), number = word & 0xffffff, type = word >> 28;
	bool external = word >> 27 & 1, addend = sb_macho_uint(macho, 4, 4) == CPU_ARM64 && type == ARM64_ADDEND;
	bool found = external && sb_macho_symbol_reference(macho, number, out);

	if (!external && !addend && number && number <= macho->kept_count) {
		*out = (struct sb_reference){.kind = SB_REFERENCE_OFFSET, .target = macho->kept[number - 1].command};
		found = true;
	}
	out->offset = at + 4;
	out->length = 3;
	return found;
}

bool sb_macho_read_relocations(struct sb_macho_telling *telling)
{
	const struct sb_macho *macho = telling->macho;
	uint64_t cpu = sb_macho_uint(macho, 4, 4), index = telling->region->tag - (uint64_t)SB_MACHO_TAG_RELOCATIONS;

	if (macho->be || index >= macho->kept_count || (cpu != CPU_X86_64 && cpu != CPU_ARM64))
		return false;
	for (uint64_t at = telling->region->offset; at + RELOCATION <= telling->region->offset + telling->bytes.n; at += RELOCATION) {
		struct sb_reference aim = {0};
		bool more = sb_macho_tell(telling, (struct sb_reference){SB_REFERENCE_ADDRESS, at, 4, macho->kept[index].address + sb_macho_uint(macho, at, 4), 0, 0});
		if (!more || (find_aim(macho, at, &aim) && !sb_macho_tell(telling, aim)))
			return false;
	}
	return sb_macho_tell_rows(telling, RELOCATION);
}
