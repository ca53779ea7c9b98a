/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a file says, however it is written down: a format whose parts lead to each other by number can be written in many ways that mean the
 * same. One file is looked at by itself; nothing here decides a level or owns a byte. Two sides say the same where senses are equal: they are
 * cut from BLAKE2b, so that nobody can make two things look alike.
 */
#ifndef VERIFIER_FORMATS_MEANING_H
#define VERIFIER_FORMATS_MEANING_H

#include "verifier/model/model.h"

struct sb_view;
struct sb_place;

/** A digest of what something leads to, numbers resolved; zeroed: it leads to nothing. */
struct sb_sense {
	uint64_t word[2];
};

/** A region as a whole. */
struct sb_gist {
	struct sb_sense sense; /* of everything that it says */
	enum sb_severity severity; /* the worst of its clauses */
	bool named;            /* other regions lead to what stands here: bytes that are equal there may mean something else */
};

/** The smallest part of a region that says something: an instruction, an entry, a constant. Clauses tile their region. */
struct sb_clause {
	uint64_t offset, length;   /* in the file, bytes */
	uint16_t part;             /* what it belongs to; only clauses of one part are counterparts, and in their order */
	bool free;                 /* its place among the others of its part means nothing */
	bool debug;                /* nothing but debuggers and traces read it */
	bool derived;              /* a length: it follows from what stands behind it */
	enum sb_severity severity; /* of a change that nothing explains */
	uint64_t word;             /* what it says by itself */
	struct sb_sense sense;     /* of what it leads to outside of its region */
	uint64_t target;           /* offset of the clause of its region that it leads to; UINT64_MAX: none */
	unsigned tag;              /* the format's own; not known across processes */
};

/** The questions. Errors: NOMEM, LIMIT. */
struct sb_meaning_format {
	/** struct sb_gist: one for each region, in their order. */
	int (*gists)(struct sb_view *view, struct sb_vec *out, struct sb_err *err);
	/** struct sb_clause of @region, by offset. */
	int (*clauses)(struct sb_view *view, const struct sb_region *region, struct sb_vec *out, struct sb_err *err);
	/** One line on the clause at @place, escaped, in @arena; NULL when nothing can be said. */
	const char *(*show)(struct sb_view *view, const struct sb_place *place, struct sb_arena *arena);
};

/** Index of the clause that begins at @offset; the count of all when none does. @clauses: struct sb_clause, by offset. */
size_t sb_clause_at(const struct sb_vec *clauses, uint64_t offset);

#endif
