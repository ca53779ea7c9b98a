/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the folder: what tables say, row by row, each read once. A table that is not as a linker writes it says nothing: it is then compared by its bytes
 * alone. What is read of a table is bounded by its bytes, and where a few bytes say much by how much all tables of an image may say.
 */
#ifndef VERIFIER_FORMATS_MACHO_TABLES_H
#define VERIFIER_FORMATS_MACHO_TABLES_H

#include "verifier/formats/macho/macho.h"
#include "verifier/formats/told.h"

/** What a region says; in the arena. */
struct sb_macho_table {
	const struct sb_row *rows;             /* by offset */
	size_t row_count;
	const struct sb_reference *references; /* by offset */
	size_t reference_count;
};

/** A table that is read, and where what it says goes. */
struct sb_macho_telling {
	const struct sb_view *view;
	struct sb_macho *macho;
	const struct sb_region *region;
	struct sb_span bytes;      /* of the region */
	struct sb_vec rows;        /* struct sb_row */
	struct sb_vec references;  /* struct sb_reference */
	bool no_memory;
};

/** One reader of a kind of table. False: it is not as a linker writes it, or there is no memory. */
typedef bool sb_macho_read_table(struct sb_macho_telling *telling);

/** What @region says; NULL without memory. Of a region that is no table that is nothing. */
const struct sb_macho_table *sb_macho_table_of(const struct sb_view *view, const struct sb_region *region);
/** What row @offset of an encoded table is for a person; NULL when nothing can be said. */
const char *sb_macho_row_name(const struct sb_view *view, const struct sb_region *region, uint64_t offset, struct sb_arena *arena);

/** For readers; false without memory, or when too much was told. @at counts from the start of the region. */
SB_MUST_USE bool sb_macho_tell_row(struct sb_macho_telling *telling, uint64_t at, uint64_t length, struct sb_span says);
SB_MUST_USE bool sb_macho_tell(struct sb_macho_telling *telling, struct sb_reference reference);
/** What is made printf-like, with foreign bytes behind it after a NUL, in the arena of the view; no p without memory. */
struct sb_span sb_macho_says(struct sb_macho_telling *telling, struct sb_span foreign, const char *fmt, ...) SB_PRINTF(3, 4);
/** ULEB128 as linkers write it, in as few bytes as it needs; else @rd is bad. */
uint64_t sb_macho_leb(struct sb_rd *rd);
/** One row of what is left of the table, when that is zero; false when it is not. */
SB_MUST_USE bool sb_macho_tell_fill(struct sb_macho_telling *telling, uint64_t at);
/** Rows of @each bytes. */
SB_MUST_USE bool sb_macho_tell_rows(struct sb_macho_telling *telling, uint64_t each);

sb_macho_read_table sb_macho_read_symbols, sb_macho_read_indirect, sb_macho_read_relocations;      /* symbols.c */
sb_macho_read_table sb_macho_read_starts, sb_macho_read_data_in_code, sb_macho_read_hints;         /* starts.c */
sb_macho_read_table sb_macho_read_exports;                                                         /* trie.c */
sb_macho_read_table sb_macho_read_rebase, sb_macho_read_bind;                                      /* opcodes.c */
sb_macho_read_table sb_macho_read_fixups;                                                          /* fixups.c */
sb_macho_read_table sb_macho_read_unwind, sb_macho_read_compact_unwind, sb_macho_read_frames;      /* unwind.c, frames.c */
sb_macho_read_table sb_macho_read_pointers;                                                        /* pointers.c */

/** Chained fixups: one reference for each pointer of the image, into @out. */
SB_MUST_USE bool sb_macho_chained_pointers(const struct sb_view *view, struct sb_vec *out);
/** What symbol @index of the table is beside its name and its value. */
uint64_t sb_macho_symbol_kind(const struct sb_macho *macho, uint64_t index);
/** A reference to the name of symbol @index; false when there is none. */
SB_MUST_USE bool sb_macho_symbol_reference(const struct sb_macho *macho, uint64_t index, struct sb_reference *out);

#endif
