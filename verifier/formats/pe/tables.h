/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the folder: what leads where, told once for the whole image. A table that is not as a linker writes it tells nothing: it is then compared by its
 * bytes alone. How much is told is bounded.
 */
#ifndef VERIFIER_FORMATS_PE_TABLES_H
#define VERIFIER_FORMATS_PE_TABLES_H

#include "verifier/formats/pe/pe.h"
#include "verifier/formats/told.h"

/** What has been told so far. */
struct sb_pe_telling {
	const struct sb_view *view;
	struct sb_pe *pe;
	struct sb_vec references; /* struct sb_reference, in any order */
	struct sb_vec rows;       /* struct sb_row, in any order */
	bool no_memory;
};

/** One reader of one table; false: it is not as a linker writes it, or enough was told, or there is no memory. What it told until then is taken back. */
typedef bool sb_pe_read_table(struct sb_pe_telling *telling);
sb_pe_read_table sb_pe_read_headers, sb_pe_read_sections;                                           /* headers.c */
sb_pe_read_table sb_pe_read_symbols;                                                                /* symbols.c */
sb_pe_read_table sb_pe_read_imports, sb_pe_read_exports, sb_pe_read_debug, sb_pe_read_resources;    /* directories.c */
sb_pe_read_table sb_pe_read_exceptions;                                                             /* exceptions.c */
sb_pe_read_table sb_pe_read_jumps;                                                                  /* jumps.c */
sb_pe_read_table sb_pe_read_relocations;                                                            /* relocations.c */
sb_pe_read_table sb_pe_read_pseudo_relocations;                                                     /* pseudo.c */

/** For readers; false when no more may be told, or the field does not lie in the file. */
SB_MUST_USE bool sb_pe_tell(struct sb_pe_telling *telling, struct sb_reference reference);
/** The @length bytes at @offset are @address, which counts from the base of the image. */
SB_MUST_USE bool sb_pe_tell_address(struct sb_pe_telling *telling, uint64_t offset, uint64_t length, uint64_t address);
/** A row of an encoded table: @says is static text. */
SB_MUST_USE bool sb_pe_tell_row(struct sb_pe_telling *telling, uint64_t offset, uint64_t length, const char *says);
/** Zeros from @offset to the end of the table of @directory, a region of its own; false when they are none. */
SB_MUST_USE bool sb_pe_tell_fill(struct sb_pe_telling *telling, uint64_t offset, const struct sb_pe_section *section);

#endif
