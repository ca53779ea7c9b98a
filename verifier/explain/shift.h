/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the folding of shifts: which differences only follow from what moved. Nothing here owns a byte. */
#ifndef VERIFIER_EXPLAIN_SHIFT_H
#define VERIFIER_EXPLAIN_SHIFT_H

#include "verifier/explain/image.h"

/** Fields that moved by one distance. */
struct sb_run {
	int64_t distance;
	uint64_t fields;
	size_t head; /* index of the first claim of the run */
	bool mixed;  /* it holds other distances as well */
};

/** The differences of one pair while they are folded. */
struct sb_folding {
	struct sb_explaining *in;
	const struct sb_pair *pair;
	const struct sb_address_map *map;
	struct sb_prover prover;
	struct sb_moved_rows rows; /* of the regions that were asked about last */
	bool blamed;               /* a difference there meets a row without a counterpart, or no row is without one */
	struct sb_vec runs;        /* struct sb_run */
	uint64_t folded; /* fields in folded claims */
	uint64_t loose;  /* fields in claims that keep other bytes */
};

/* ---- shift.c ---- */
/** Is @claim an open difference of bytes or of a field, in regions of both sides? */
bool sb_shift_may_fold(const struct sb_claim *claim);
/** May @claim fold, and does it lie in the regions of @other? */
bool sb_shift_is_of(const struct sb_claim *claim, const struct sb_claim *other);
/** May @claim fold, and has it not? */
bool sb_shift_is_left(const struct sb_claim *claim);
/** @claim becomes a consequence of others: all that differs in it are @fields fields, the first of which moved by @distance. */
void sb_shift_fold(struct sb_folding *folding, struct sb_claim *claim, uint64_t fields, int64_t distance);

/* ---- shift_runs.c ---- */
/** @fields of the claim with index @claim moved by @distance. Past 256 distances the last run takes all others. Errors: NOMEM. */
SB_MUST_USE int sb_run_count(struct sb_folding *folding, int64_t distance, uint64_t fields, size_t claim, struct sb_err *err);
/** The same of each field that the prover proved last. Errors: NOMEM. */
SB_MUST_USE int sb_runs_count(struct sb_folding *folding, size_t claim, struct sb_err *err);
/** The first claim of each of the largest runs says what moved, and how many fields followed. Sorts the runs. */
void sb_runs_announce(struct sb_folding *folding, struct sb_vec *claims);

/* ---- shift_rows.c ---- */
bool sb_shift_is_one_length(const struct sb_diff *diff);
/** May rows of what differs say what their bytes do not? */
bool sb_shift_is_table(const struct sb_diff *diff);
/** Tables of an object may have as many rows as before in another order. */
bool sb_shift_is_unlinked(const struct sb_folding *folding);
/** Set folding->rows to those of the regions that claim @index lies in, of whose claims it is the first. Errors: NOMEM. */
SB_MUST_USE int sb_shift_find_rows(struct sb_folding *folding, struct sb_vec *claims, size_t index, struct sb_err *err);
/** Fold claim @index when every row that it meets has its counterpart, else name the first that has none. Errors: NOMEM. */
SB_MUST_USE int sb_shift_rows(struct sb_folding *folding, struct sb_vec *claims, size_t index, bool *folded, struct sb_err *err);

/* ---- shift_region.c ---- */
/** Claims [@first, @end) lie in one region: fold or narrow what is left of them. Errors: NOMEM. */
SB_MUST_USE int sb_shift_settle(struct sb_folding *folding, struct sb_vec *claims, size_t first, size_t end, struct sb_err *err);

#endif
