/* SPDX-License-Identifier: Apache-2.0 */
/* What a place is called. */
#include "verifier/formats/elf/elf.h"

#include <inttypes.h>
#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* gABI figure 5-10, and the extensions of the GNU linker: binutils include/elf/common.h. */
const char *sb_elf_dynamic_name(uint64_t tag)
{
	static const char *const names[] = {
		"NULL",     "NEEDED",     "PLTRELSZ",   "PLTGOT",       "HASH",         "STRTAB",  "SYMTAB", "RELA",   "RELASZ",        "RELAENT",
		"STRSZ",    "SYMENT",     "INIT",       "FINI",         "SONAME",       "RPATH",   "SYMBOLIC", "REL",  "RELSZ",         "RELENT",
		"PLTREL",   "DEBUG",      "TEXTREL",    "JMPREL",       "BIND_NOW",     "INIT_ARRAY", "FINI_ARRAY", "INIT_ARRAYSZ", "FINI_ARRAYSZ", "RUNPATH",
		"FLAGS",    "ENCODING",   "PREINIT_ARRAY", "PREINIT_ARRAYSZ", "SYMTAB_SHNDX", "RELRSZ", "RELR", "RELRENT",
	};
	static const struct {
		uint64_t tag;
		const char *name;
	} others[] = {
		{0x6ffffdf8, "CHECKSUM"}, {0x6ffffef5, "GNU_HASH"}, {0x6ffffff0, "VERSYM"},  {0x6ffffff9, "RELACOUNT"}, {0x6ffffffa, "RELCOUNT"},
		{0x6ffffffb, "FLAGS_1"},  {0x6ffffffc, "VERDEF"},   {0x6ffffffd, "VERDEFNUM"}, {0x6ffffffe, "VERNEED"}, {0x6fffffff, "VERNEEDNUM"},
		{0x7ffffffd, "AUXILIARY"}, {0x7fffffff, "FILTER"},
	};
	for (size_t i = 0; i < COUNT(others); i++)
		if (others[i].tag == tag)
			return others[i].name;
	return tag < COUNT(names) ? names[tag] : "other";
}

const char *sb_elf_name_address(struct sb_elf *elf, uint64_t at, struct sb_arena *arena)
{
	uint32_t section = sb_elf_section_at(elf, at);

	sb_elf_index_build(elf, arena);
	const struct sb_elf_symbol *symbol = sb_elf_symbol_covering(elf, at);
	char *name = symbol ? sb_escape_copy(arena, sb_span_text(symbol->name)) : section ? sb_escape_copy(arena, sb_span_text(elf->sections[section].name)) : NULL;
	if (!name)
		return sb_arena_printf(arena, "0x%" PRIx64, at);
	uint64_t inside = symbol ? at - symbol->value : at - elf->sections[section].addr;
	return inside ? sb_arena_printf(arena, "0x%" PRIx64 " (%s+0x%" PRIx64 ")", at, name, inside) : sb_arena_printf(arena, "0x%" PRIx64 " (%s)", at, name);
}
