/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the room: tables of jumps, as compilers write them for x86-64: found by the instructions that lead to them, and as long as their entries lead
 * to code. For people only; a table that is not found is data like any other.
 */
#ifndef VERIFIER_FORMATS_JUMPS_H
#define VERIFIER_FORMATS_JUMPS_H

#include "base/arena.h"
#include "base/span.h"
#include "base/vec.h"

/** A table of jumps in data that is only read: each entry leads to code, counted from @base. */
struct sb_jumps {
	uint64_t address, length; /* at run time, bytes */
	uint64_t base;            /* 0: entries are addresses */
	unsigned width;           /* of an entry: 4 or 8 bytes */
};

/** The image that is looked through. */
struct sb_jump_image {
	void *image;
	/** Data that is only read around @address, which begins at *start; empty when anything else lies there, or too much was asked. */
	struct sb_span (*data)(void *image, uint64_t address, uint64_t *start);
	/** Is there code at @address? */
	bool (*is_code)(void *image, uint64_t address);
	bool fixed; /* it is loaded where it says: tables may hold addresses */
};

/** A search; begin with .in alone. Release @found. */
struct sb_jump_search {
	struct sb_jump_image in;
	struct sb_vec found; /* struct sb_jumps, unmeasured; set size */
	uint64_t looked, entries; /* bytes of code, and entries: both bounded */
};

/** Look through @code, which lies at @address. */
void sb_jumps_look(struct sb_jump_search *search, struct sb_span code, uint64_t address);
/** All tables by address, measured, in @arena; NULL and *count 0 when there are none, or no memory. */
struct sb_jumps *sb_jumps_measured(struct sb_jump_search *search, struct sb_arena *arena, size_t *count);
/** Where the entry with these bytes leads to. */
uint64_t sb_jumps_lead(const struct sb_jumps *table, struct sb_span entry);
/** First table that ends behind @at, as an index. */
size_t sb_jumps_from(const struct sb_jumps *tables, size_t count, uint64_t at);

#endif
