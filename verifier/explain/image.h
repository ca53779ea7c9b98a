/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: executable files, where one longer text moves thousands of addresses. Presentation only: nothing here owns a byte. */
#ifndef VERIFIER_EXPLAIN_IMAGE_H
#define VERIFIER_EXPLAIN_IMAGE_H

#include "verifier/explain/guess.h"

/** [a, a + length) of the shipped side is [b, b + length) of the rebuilt side. */
struct sb_piece {
	uint64_t a, b, length;
};

/** Where things went, by pieces that are sorted by a, do not overlap, and rise on both sides within a section. */
struct sb_address_map {
	struct sb_vec addresses; /* struct sb_piece, run-time addresses */
	struct sb_vec offsets;   /* struct sb_piece, offsets in the file */
	struct sb_vec anchors[SB_SIDES]; /* struct sb_anchor */
	unsigned aligned;          /* sections whose names were looked at */
	const struct sb_pair *pair;
};

/** Build the map of @pair from its sections, functions and texts; linear but for sorting. Errors: NOMEM. Release in any case. */
SB_MUST_USE int sb_address_map_build(const struct sb_pair *pair, struct sb_address_map *out, struct sb_err *err);
void sb_address_map_release(struct sb_address_map *map);
/** Is @b what the map makes of @a? An end of something counts as well as its start. @pieces: one of the map's two lists. */
bool sb_address_map_leads(const struct sb_vec *pieces, uint64_t a, uint64_t b);
/** Where the map takes @a: the last piece that begins at or before it, its end included; false when there is none. */
SB_MUST_USE bool sb_address_map_find(const struct sb_vec *pieces, uint64_t a, uint64_t *b);
/** Does the reference @b of the rebuilt side lead to what @a of the shipped side leads to? */
bool sb_address_map_agrees(const struct sb_address_map *map, const struct sb_reference *a, const struct sb_reference *b);

/** How far what a field leads to has moved, or else how far the field itself has. */
int64_t sb_reference_distance(const struct sb_reference *a, const struct sb_reference *b);

/**
 * Align two stretches of one section by marks that both sides have once and in the same order; pieces are added to @out, counted from
 * the starts of the stretches. @marks: struct sb_piece of length 0, in any order; what does not rise on both sides is dropped.
 */
SB_MUST_USE int sb_pieces_align(struct sb_span a, struct sb_span b, struct sb_vec *marks, struct sb_vec *out, struct sb_err *err);
/** Texts (between NULs) that stand once on each side, as marks. */
SB_MUST_USE int sb_pieces_of_texts(struct sb_span a, struct sb_span b, struct sb_vec *marks, struct sb_err *err);

/** First of @pieces that may hold @a or lie behind it: an index. */
size_t sb_address_map_from(const struct sb_vec *pieces, uint64_t a);

/** Proves one difference after the other. */
struct sb_prover {
	const struct sb_pair *pair;
	const struct sb_address_map *map;
	struct sb_vec references[SB_SIDES]; /* struct sb_reference, of the difference that was asked about last */
	struct sb_vec fields;               /* struct sb_proven_field of it, by offset */
};

/** A field that differs and leads to the same thing on both sides. */
struct sb_proven_field {
	uint64_t offset;  /* in the shipped file */
	int64_t distance; /* that what it leads to moved by */
	bool counted;     /* for whoever goes through them */
};

/** Bytes of one side that nothing proves. */
struct sb_stretch {
	uint64_t offset, length;
};

/** What one difference consists of. */
struct sb_proof {
	uint64_t fields;   /* proven fields that differ */
	uint64_t unproven; /* differing bytes outside of them, on both sides together */
	unsigned side;     /* that holds the first of those */
	uint64_t at;       /* where, in its file */
};

void sb_prover_init(struct sb_prover *prover, const struct sb_pair *pair, const struct sb_address_map *map);
/** What of @diff follows from the map; nothing is proven of one that stands on one side only. Errors: NOMEM. */
SB_MUST_USE int sb_prove(struct sb_prover *prover, const struct sb_diff *diff, struct sb_proof *out, struct sb_err *err);
/**
 * The same of two whole regions: where content was matched in another way than by the map, what follows can be told only of all of it.
 * @open: struct sb_stretch of each side, by offset; added to, also after an error. Errors: NOMEM.
 */
SB_MUST_USE int sb_prove_regions(struct sb_prover *prover, const struct sb_region *a, const struct sb_region *b, struct sb_vec open[SB_SIDES], struct sb_err *err);
void sb_prover_release(struct sb_prover *prover);

/** A row of a table that has a counterpart: the same but for fields that follow from what moved. */
struct sb_moved_row {
	uint64_t offset, length;
	uint64_t fields;  /* that differ; 0 on the rebuilt side, where they are not counted again */
	int64_t distance; /* that the first of them moved by */
	bool counted;
};

/** Rows of one table on both sides that have counterparts, by offset. Zeroed, it covers nothing. */
struct sb_moved_rows {
	const struct sb_region *region[SB_SIDES];
	struct sb_vec rows[SB_SIDES]; /* struct sb_moved_row */
	size_t lone[SB_SIDES];        /* rows without a counterpart */
	bool encoded;                 /* rows say what their bytes do not: bytes at equal places say nothing */
};
/** Pair the rows of two regions, in rising order. Nothing is paired when they are no tables. Errors: NOMEM. Release in any case. */
SB_MUST_USE int sb_moved_rows_find(const struct sb_pair *pair, const struct sb_address_map *map, const struct sb_region *a,
                                   const struct sb_region *b, struct sb_moved_rows *out, struct sb_err *err);
void sb_moved_rows_release(struct sb_moved_rows *rows);
/** First paired row of a side that ends behind @offset: an index. */
size_t sb_moved_rows_from(const struct sb_moved_rows *rows, unsigned side, uint64_t offset);
/** First offset of [@from, @from + @length) of a side that no paired row holds; its end when all do. */
uint64_t sb_moved_rows_until(const struct sb_moved_rows *rows, unsigned side, uint64_t from, uint64_t length);

/** Claims [@first, count) of @claims are those of @pair: fold differences that only follow from the map. Errors: NOMEM, INTERNAL. */
SB_MUST_USE int sb_explain_shift(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_address_map *map, struct sb_vec *claims,
                                 size_t first, struct sb_err *err);
/** Claims [@first, count) of @claims are those of one pair: of the open ones of one function, object or section that nothing loads, one stays primary. */
void sb_explain_group(struct sb_explaining *in, struct sb_vec *claims, size_t first);
/** Does the region of a side hold functions? */
bool sb_address_map_has_functions(const struct sb_address_map *map, unsigned side, const struct sb_region *region);

/** Functions of both sides: by name, or where most have none by where the map takes their frames. */
struct sb_functions {
	size_t equal, moved, changed; /* equal: in their bytes; moved: equal but for where they lead */
	size_t lone[SB_SIDES];        /* without a counterpart */
	const char *text;             /* one sentence of them */
};
/** Count them; false when nothing can be said. */
SB_MUST_USE bool sb_explain_functions(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_address_map *map, struct sb_functions *out);
/** One sentence on texts that are loaded on one side only; NULL when there are none. */
const char *sb_explain_texts(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_address_map *map);
/**
 * Claims [@first, count) of @claims are those of @pair: where most functions differ, fold what a compiler and a linker make below one claim that
 * names what the sides say of how they were made. Errors: NOMEM.
 */
SB_MUST_USE int sb_explain_build(struct sb_explaining *in, const struct sb_pair *pair, const struct sb_address_map *map, const struct sb_functions *functions,
                                 struct sb_vec *claims, size_t first, struct sb_err *err);
/** Add a claim for each property that a loader acts upon and that differs. Errors: NOMEM. */
SB_MUST_USE int sb_explain_hardening(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, struct sb_err *err);

/** All of the above for the claims [@first, count) of @pair; nothing for a pair of another kind. Errors: NOMEM, INTERNAL. */
SB_MUST_USE int sb_explain_image(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, size_t first, struct sb_err *err);

#endif
