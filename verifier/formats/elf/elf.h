/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the format: an ELF file's tables, read by our own bounded reader. Source: System V gABI chapters 4 and 5, LSB core. */
#ifndef VERIFIER_FORMATS_ELF_ELF_H
#define VERIFIER_FORMATS_ELF_ELF_H

#include "verifier/formats/decoded.h"
#include "verifier/formats/formats.h"
#include "verifier/formats/jumps.h"
#include "verifier/formats/leb.h"

/* Values of the gABI that are used here; <elf.h> is for programs of this machine only. */
enum {
	SB_ET_REL = 1, SB_ET_EXEC = 2, SB_ET_DYN = 3,
	SB_EM_386 = 3, SB_EM_X86_64 = 62, SB_EM_AARCH64 = 183, SB_EM_S390 = 22, SB_EM_ALPHA = 0x9026,
	SB_PT_LOAD = 1, SB_PT_DYNAMIC = 2, SB_PT_INTERP = 3, SB_PT_NOTE = 4,
	SB_PT_GNU_EH_FRAME = 0x6474e550, SB_PT_GNU_STACK = 0x6474e551, SB_PT_GNU_RELRO = 0x6474e552, SB_PT_GNU_PROPERTY = 0x6474e553,
	SB_PF_X = 1, SB_PF_W = 2, SB_PF_R = 4,
	SB_SHT_PROGBITS = 1, SB_SHT_SYMTAB = 2, SB_SHT_STRTAB = 3, SB_SHT_RELA = 4, SB_SHT_HASH = 5, SB_SHT_DYNAMIC = 6, SB_SHT_NOTE = 7, SB_SHT_NOBITS = 8, SB_SHT_REL = 9,
	SB_SHT_DYNSYM = 11, SB_SHT_INIT_ARRAY = 14, SB_SHT_FINI_ARRAY = 15, SB_SHT_PREINIT_ARRAY = 16, SB_SHT_GROUP = 17,
	SB_SHT_GNU_HASH = 0x6ffffff6, SB_SHT_GNU_VERDEF = 0x6ffffffd, SB_SHT_GNU_VERNEED = 0x6ffffffe, SB_SHT_GNU_VERSYM = 0x6fffffff,
	SB_SHF_WRITE = 1, SB_SHF_ALLOC = 2, SB_SHF_EXECINSTR = 4, SB_SHF_STRINGS = 0x20,
	SB_NT_GNU_BUILD_ID = 3, SB_NT_GNU_PROPERTY = 5,
	SB_STT_OBJECT = 1, SB_STT_FUNC = 2, SB_STT_SECTION = 3, SB_STT_TLS = 6, SB_STT_GNU_IFUNC = 10,
	SB_DT_NULL = 0, SB_DT_NEEDED = 1, SB_DT_PLTRELSZ = 2, SB_DT_PLTGOT = 3, SB_DT_HASH = 4, SB_DT_STRTAB = 5, SB_DT_SYMTAB = 6, SB_DT_RELA = 7,
	SB_DT_RELASZ = 8, SB_DT_STRSZ = 10, SB_DT_INIT = 12, SB_DT_FINI = 13, SB_DT_SONAME = 14, SB_DT_RPATH = 15, SB_DT_REL = 17, SB_DT_RELSZ = 18,
	SB_DT_TEXTREL = 22, SB_DT_JMPREL = 23, SB_DT_BIND_NOW = 24, SB_DT_INIT_ARRAY = 25, SB_DT_FINI_ARRAY = 26, SB_DT_INIT_ARRAYSZ = 27,
	SB_DT_FINI_ARRAYSZ = 28, SB_DT_RUNPATH = 29, SB_DT_FLAGS = 30, SB_DT_PREINIT_ARRAY = 32, SB_DT_PREINIT_ARRAYSZ = 33, SB_DT_RELR = 36,
	SB_DT_AUXILIARY = 0x7ffffffd, SB_DT_FILTER = 0x7fffffff,
};
/* Tags above INT_MAX would not fit an enumerator of C17: int. */
#define SB_DT_GNU_HASH UINT64_C(0x6ffffef5)
#define SB_DT_CONFIG UINT64_C(0x6ffffefa)
#define SB_DT_DEPAUDIT UINT64_C(0x6ffffefb)
#define SB_DT_AUDIT UINT64_C(0x6ffffefc)
#define SB_DT_VERSYM UINT64_C(0x6ffffff0)
#define SB_DT_FLAGS_1 UINT64_C(0x6ffffffb)
#define SB_DF_1_PIE UINT64_C(0x08000000)
#define SB_DT_VERDEF UINT64_C(0x6ffffffc)
#define SB_DT_VERNEED UINT64_C(0x6ffffffe)

/** Tags of regions that are no section; a section's tag is its index. */
enum { SB_ELF_TAG_HEADER = 0xfffffff0u, SB_ELF_TAG_SEGMENTS, SB_ELF_TAG_SECTIONS, SB_ELF_TAG_SEGMENT, SB_ELF_TAG_SIGNATURE, SB_ELF_TAG_OTHER };

struct sb_elf_segment {
	uint32_t type, flags;
	uint64_t offset, vaddr, filesz, memsz, align;
};

struct sb_elf_section {
	const char *name; /* from .shstrtab, "" when unreadable */
	uint32_t type, link, info;
	uint64_t flags, offset, size, align, entsize;
	uint64_t addr;        /* at run time; sections of an object are thought to lie apart from each other, in their order */
	struct sb_span bytes; /* inside the file; empty for NOBITS and what lies outside */
	uint32_t relocations; /* of an object: the section that says what a linker puts into this one; 0: none */
};

struct sb_elf_symbol {
	const char *name; /* "" when unreadable */
	uint8_t info, other;
	uint32_t section; /* st_shndx as it stands */
	uint64_t value, size; /* in the index: value is a run-time address, in objects too */
};

/** What a linker puts somewhere. */
struct sb_elf_relocation {
	uint64_t offset; /* run-time address, or in an object counted from the start of the section */
	uint64_t addend; /* 0 in tables that have none */
	uint32_t symbol, type;
};

/** The extent that one frame description covers: a function of a stripped program. */
struct sb_elf_frame {
	uint64_t start, length; /* run-time addresses */
	uint64_t field;         /* offset in the file of its pc_begin; the pointer to its CIE stands before it */
	uint64_t cie;           /* offset in the file */
	uint64_t handler;       /* offset in the file of the pointer to the function that handles exceptions, in the CIE; 0: none */
	uint64_t area;          /* offset in the file of the pointer to what that function reads (LSDA); 0: none */
	bool fixed_handler, fixed_area; /* the pointer holds an address, else a distance from where it stands; 4 bytes */
};

/** What looking names up needs, sorted once and only when somebody asks. */
struct sb_elf_index {
	bool built;
	struct sb_elf_symbol *symbols; /* functions and objects with a name and a size, by address */
	size_t symbol_count;
	struct sb_elf_frame *frames;   /* by start */
	size_t frame_count;
	bool jumps_sought;             /* apart: code is looked through for them */
	struct sb_jumps *jumps;    /* by address */
	size_t jumps_count;
	uint64_t sites_read;           /* call sites of exceptions, and what hangs on them */
};

/** Everything lives in the view's arena. */
struct sb_elf {
	struct sb_span file;
	bool is64, be;
	uint16_t type, machine;
	uint64_t entry, phoff, shoff;
	uint16_t ehsize, phentsize, shentsize;
	struct sb_elf_segment *segments;
	size_t segment_count;
	uint64_t low, high; /* run-time addresses [low, high) that PT_LOAD segments span */
	struct sb_elf_section *sections; /* [0] is the null section */
	size_t section_count;
	uint32_t shstrndx; /* section of the names of sections */
	uint64_t signature; /* offset of an appended module signature; file.n: none */
	struct sb_span dynamic;     /* PT_DYNAMIC, as much of it as is looked through */
	bool program;               /* a kernel loads it: it has a fixed address, or says that it is no library */
	bool has_strings;
	uint64_t strings_at;        /* DT_STRTAB, a run-time address */
	struct sb_span strings;     /* what of the file is mapped there and behind */
	struct sb_elf_index index;
	struct sb_decoded decoded;
	uint64_t lines_read; /* bytes of line programs that were run */
};

/** Does an address lie in what is loaded? Of a program that is loaded at a fixed address such a number is most likely an address. */
static inline bool sb_elf_is_loaded(const struct sb_elf *elf, uint64_t address)
{
	return address >= elf->low && address < elf->high;
}

/** Word of the class: 4 or 8 bytes. */
static inline unsigned sb_elf_word(const struct sb_elf *elf)
{
	return elf->is64 ? 8 : 4;
}

/**
 * Read header, program header table and section header table. Handles both classes and byte orders, e_phnum == PN_XNUM,
 * e_shnum == 0 and SHN_XINDEX (gABI "ELF Header"). Errors: FORMAT "elf-malformed", LIMIT, NOMEM.
 */
SB_MUST_USE int sb_elf_read(struct sb_span file, struct sb_arena *arena, struct sb_elf *out, struct sb_err *err);

/** Find PT_DYNAMIC, the strings that it leads to, and whether it is of a program, for all questions that follow. */
void sb_elf_find_dynamic(struct sb_elf *elf);

/** Emit regions that tile the file: tables, sections, gaps, overlay. Overlaps and what lies outside become notices. */
SB_MUST_USE int sb_elf_partition(struct sb_view *view, const struct sb_elf *elf, struct sb_err *err);

/** Emit typed fields of a region: tables, notes, dynamic entries, debug links. */
SB_MUST_USE int sb_elf_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err);

/** Name of the function, symbol or relocation at a file offset. */
const char *sb_elf_locate(const struct sb_view *view, const struct sb_region *region, uint64_t offset, struct sb_arena *arena);

/** Offset of a valid signature appended by the kernel's build (scripts/sign-file.c), or file.n. */
uint64_t sb_elf_signature(struct sb_span file);
/** Do all tables and sections end before elf->signature? Its bytes are the signer's to choose, so nobody else may read them. */
bool sb_elf_signature_is_apart(const struct sb_elf *elf);

/** Size of one symbol of this class. */
size_t sb_elf_symbol_size(const struct sb_elf *elf);
/** Symbol @i of @table; false when it is not there. */
SB_MUST_USE bool sb_elf_symbol_read(const struct sb_elf *elf, const struct sb_elf_section *table, size_t i, struct sb_elf_symbol *out);
/** Build elf->index in @arena; without memory it stays empty and names are unknown. */
void sb_elf_index_build(struct sb_elf *elf, struct sb_arena *arena);
/** Smallest function or object that covers @at, or NULL. Needs the index. */
const struct sb_elf_symbol *sb_elf_symbol_covering(const struct sb_elf *elf, uint64_t at);
/** Frame that covers @at, or NULL. Needs the index. */
const struct sb_elf_frame *sb_elf_frame_covering(const struct sb_elf *elf, uint64_t at);
/** Where the next function, object or frame after @at begins; UINT64_MAX when none does. Needs the index. */
uint64_t sb_elf_next_start(const struct sb_elf *elf, uint64_t at);
/** The tables of jumps that code leads to, into elf->index, in @arena; without memory there are none. Sought once. */
void sb_elf_jumps_index(struct sb_elf *elf, struct sb_arena *arena);
/** The same of an object; its entries are zero. */
void sb_elf_object_jumps(struct sb_elf *elf, struct sb_arena *arena);
/** Where the 4 bytes at @offset of the file lead to, which lie at run-time address @at: an address if @fixed, else a distance. */
uint64_t sb_elf_pointer(const struct sb_elf *elf, uint64_t offset, uint64_t at, bool fixed);
/** First table that ends behind run-time address @at, as an index into elf->index.jumps. */
size_t sb_elf_jumps_from(const struct sb_elf *elf, uint64_t at);
/** Where entry @i of a table leads to. */
uint64_t sb_elf_jumps_target(const struct sb_elf *elf, const struct sb_jumps *table, uint64_t i);
/** Where the last function, object or frame that begins at or before @at ends; 0 when there is none. Needs the index. */
uint64_t sb_elf_last_end(const struct sb_elf *elf, uint64_t at);
/** Give the sections of an object their addresses, and find their relocations. */
void sb_elf_object_place(struct sb_elf *elf);
/** The section of an object that has run-time address @at; NULL when the file is none. */
const struct sb_elf_section *sb_elf_object_section(const struct sb_elf *elf, uint64_t at);
/** @at as a person counts it: from the start of its section in an object. */
uint64_t sb_elf_object_inside(const struct sb_elf *elf, uint64_t at);
/** What lies @inside a section of an object: a text, a run-time address, or of what is not loaded an offset in the file. Kind, target and base of @out. */
void sb_elf_object_leads(const struct sb_elf_section *section, uint64_t inside, struct sb_reference *out);
/** Compilers number the texts and constants that they make: such a name (".LC7", ".L.str.7") says nothing but where it lies. */
bool sb_elf_object_is_numbered(const struct sb_elf *elf, const struct sb_elf_symbol *symbol);
/** Are all names that bytes [@from, @to) of a table of them belong to such ones? */
bool sb_elf_object_names_numbers(const struct sb_elf_section *names, uint64_t from, uint64_t to);
/** Row @i of a table of relocations; false when it is not there. */
SB_MUST_USE bool sb_elf_relocation_read(const struct sb_elf *elf, const struct sb_elf_section *table, uint64_t i, struct sb_elf_relocation *out);
/** Bytes of a row of @table. */
uint64_t sb_elf_relocation_size(const struct sb_elf *elf, const struct sb_elf_section *table);
/** First row of @table, which an object has in rising order, at or behind @offset of the section that it is for. */
uint64_t sb_elf_relocation_from(const struct sb_elf *elf, const struct sb_elf_section *table, uint64_t offset);
/** Bytes that a relocation fills. */
unsigned sb_elf_relocation_width(const struct sb_elf *elf, uint32_t type);
/** Bytes from what a relocation fills to where distances count from: instructions count from their end, which is mostly right behind. */
unsigned sb_elf_relocation_behind(const struct sb_elf *elf, const struct sb_elf_section *table, uint32_t type);
/** What the symbol of a relocation of an object is, by its place or else by its name: kind, target and base of @out. False when that cannot be said. */
SB_MUST_USE bool sb_elf_relocation_symbol(const struct sb_elf *elf, const struct sb_elf_section *table, const struct sb_elf_relocation *at, struct sb_reference *out);
/** What the relocation leads to, where distances count from @behind it. */
SB_MUST_USE bool sb_elf_relocation_leads(const struct sb_elf *elf, const struct sb_elf_section *table, const struct sb_elf_relocation *at, uint64_t behind,
                                         struct sb_reference *out);

/** All frames of .eh_frame, in file order, into @out (struct sb_elf_frame). */
void sb_elf_frames_read(const struct sb_elf *elf, struct sb_vec *out);

/** The pointers to types in a language-specific data area, 4 bytes each. */
struct sb_elf_types {
	uint64_t offset, count; /* offset in the file of the first */
	bool fixed;             /* they hold addresses, else each a distance from where it stands */
};
/** Those of the area at run-time address @area, which lies in @section; false when there are none, they are written in another way, or enough was read. */
SB_MUST_USE bool sb_elf_types_of(struct sb_elf *elf, const struct sb_elf_section *section, uint64_t area, struct sb_elf_types *out);

/** Are the hash tables of the dynamic symbols, .gnu.hash and .hash, those that their names give? UNKNOWN: there is none that is read. */
enum sb_elf_hash { SB_ELF_HASH_UNKNOWN = 0, SB_ELF_HASH_WRONG, SB_ELF_HASH_RIGHT };
enum sb_elf_hash sb_elf_hash_state(const struct sb_elf *elf, struct sb_arena *arena);

/** Source file (raw) and line of the instruction at @at, by .debug_line; false when unknown. */
SB_MUST_USE bool sb_elf_line_of(struct sb_elf *elf, uint64_t at, const char **file, uint64_t *line);

/** Name of what lies at run-time address @at, "check+0x10" or "0x1139 check", escaped, in @arena; NULL without memory. */
const char *sb_elf_name_address(struct sb_elf *elf, uint64_t at, struct sb_arena *arena);
/** Index of the section that holds run-time address @at, 0 when none does. */
uint32_t sb_elf_section_at(const struct sb_elf *elf, uint64_t at);
/** Bytes of the file mapped at run-time address @at, up to @most; empty when not mapped from the file. */
struct sb_span sb_elf_mapped(const struct sb_elf *elf, uint64_t at, uint64_t most);
/** Value of the first dynamic entry @tag, as a loader finds it through PT_DYNAMIC; false when there is none. */
SB_MUST_USE bool sb_elf_dynamic(const struct sb_elf *elf, uint64_t tag, uint64_t *value);
/** Value of the entry @tag that @n others of its tag stand before. */
SB_MUST_USE bool sb_elf_dynamic_nth(const struct sb_elf *elf, uint64_t tag, size_t n, uint64_t *value);
/** The NUL-terminated text of DT_STRTAB at @index, or NULL. */
const char *sb_elf_dynamic_string(const struct sb_elf *elf, uint64_t index);
/** Name of a dynamic tag without DT_, "other" when unknown. */
const char *sb_elf_dynamic_name(uint64_t tag);
/** Does [from, to) of the file lie on a page that a PT_LOAD segment maps, @executable ones only? */
bool sb_elf_in_mapped_page(const struct sb_elf *elf, uint64_t from, uint64_t to, bool executable);
/** Does a loader leave any of [@from, @to) of the file in memory? It maps whole pages, and fills some of the last one with zeros. */
bool sb_elf_stays_in_memory(const struct sb_elf *elf, uint64_t from, uint64_t to);
/** Does [from, to) meet the file range of a PT_LOAD segment? */
bool sb_elf_in_segment(const struct sb_elf *elf, uint64_t from, uint64_t to, uint32_t flags);

/* The questions of verifier/formats/image.h. */
enum sb_severity sb_elf_severity(struct sb_view *view, const struct sb_place *place);
/** Does a loader follow what stands there: the interpreter, dynamic entries, and tables that say what runs or where code leads? */
bool sb_elf_is_followed(const struct sb_elf *elf, const struct sb_place *place);
/** As acted_on of verifier/formats/format.h. */
bool sb_elf_acted_on(struct sb_view *view, const struct sb_place *place);
const char *sb_elf_show(struct sb_view *view, const struct sb_place *place, struct sb_arena *arena);
SB_MUST_USE int sb_elf_anchors(struct sb_view *view, struct sb_vec *out, struct sb_err *err);
SB_MUST_USE int sb_elf_references(struct sb_view *view, const struct sb_place *place, struct sb_vec *out, struct sb_err *err);
SB_MUST_USE int sb_elf_rows(struct sb_view *view, const struct sb_region *region, struct sb_vec *out, struct sb_err *err);
SB_MUST_USE int sb_elf_facts(struct sb_view *view, struct sb_vec *out, struct sb_err *err);

/** The instructions at @place, escaped; NULL when the machine is not known here. */
const char *sb_elf_code_show(struct sb_view *view, const struct sb_place *place, struct sb_arena *arena);
/** References of the instructions that touch @place. */
SB_MUST_USE int sb_elf_code_references(struct sb_view *view, const struct sb_place *place, struct sb_vec *out, struct sb_err *err);

/** Takes one reference that was found. */
typedef void sb_elf_found(void *context, struct sb_reference found);
/** The addresses about @place in a section that only a debugger reads, as far as its shape tells where they stand; some may lie beside it. */
void sb_elf_debug_references(const struct sb_elf *elf, const struct sb_elf_section *section, const struct sb_place *place, sb_elf_found *found,
                             void *context);

/** Section called @name, or NULL. */
const struct sb_elf_section *sb_elf_section_named(const struct sb_elf *elf, const char *name);

extern const struct sb_format sb_format_elf;

#endif
