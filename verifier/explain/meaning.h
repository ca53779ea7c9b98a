/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: files that can say one thing in many ways. Presentation only: nothing here owns a byte or changes a level. */
#ifndef VERIFIER_EXPLAIN_MEANING_H
#define VERIFIER_EXPLAIN_MEANING_H

#include "verifier/explain/explainer.h"

/** Which clause of one side says what which of the other says. Zeroed is empty; release it. */
struct sb_clause_pairs {
	size_t *partner[SB_SIDES]; /* by index; SIZE_MAX: none */
};

/**
 * Pair the clauses of two regions: those of one part in rising order, those without an order by what they say, and none that lead to clauses that
 * are no counterparts. @work: comparisons that may still be made; when none are left, less is paired. Errors: NOMEM. Release in any case.
 */
SB_MUST_USE int sb_clauses_pair(const struct sb_vec clauses[SB_SIDES], uint64_t *work, struct sb_clause_pairs *out, struct sb_err *err);
void sb_clause_pairs_release(struct sb_clause_pairs *pairs);

/** A region of each side that are counterparts, and the differences in them. */
struct sb_told_region {
	const struct sb_region *region[SB_SIDES];
	bool differs, named;
	size_t first; /* of the claims, by index; SIZE_MAX: none. The others follow in `next` */
};

/** Clauses of the two regions that were looked at last. */
struct sb_told_clauses {
	struct sb_vec all[SB_SIDES]; /* struct sb_clause */
	struct sb_clause_pairs pairs;
	size_t open[SB_SIDES];       /* that say what the other side does not say, of the worst of them */
	enum sb_severity worst;
	bool debug;                  /* all of them are debug information */
};

/** Everything about one pair of files. */
struct sb_telling {
	struct sb_explaining *in;
	const struct sb_pair *pair;
	struct sb_vec *claims;
	size_t begin;                  /* of the claims of the pair */
	struct sb_told_region *regions;
	size_t count;
	size_t *next;                  /* by index of a claim less `begin`: the next one of its regions, or SIZE_MAX */
	uint64_t work;                 /* comparisons of clauses that may still be made */
	unsigned shown;                /* regions whose clauses were shown */
};

/** Find the regions and their claims; count is 0 when nothing can be said. Errors: NOMEM. Release in any case. */
SB_MUST_USE int sb_telling_begin(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, size_t first, struct sb_telling *out,
                                 struct sb_err *err);
void sb_telling_release(struct sb_telling *telling);
/** May the claim be folded and told in another way? Nobody owns it, and both sides have its region. */
bool sb_telling_holds(const struct sb_claim *claim);

/** Read and pair the clauses of @region; false in *known when one side does not tell them. Errors: NOMEM. Release in any case. */
SB_MUST_USE int sb_told_clauses_read(struct sb_telling *telling, const struct sb_told_region *region, struct sb_told_clauses *out, bool *known,
                                     struct sb_err *err);
void sb_told_clauses_release(struct sb_told_clauses *clauses);
/** Does clause @i of a side say what the other side does not say? */
bool sb_clause_is_open(const struct sb_told_clauses *clauses, unsigned side, size_t i);
/** "; shipped: ldc \"a\"; rebuilt: ldc \"b\"": the first of them on each side, as far as they can be shown. */
const char *sb_told_clauses_show(struct sb_telling *telling, const struct sb_told_region *region, const struct sb_told_clauses *clauses);

/**
 * Claims [@first, count) of @claims are those of @pair: where its format knows what the file says, fold differences that say nothing else, and
 * tell of the others by what they say. Errors: NOMEM.
 */
SB_MUST_USE int sb_explain_meaning(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, size_t first, struct sb_err *err);
/** Claims [@first, count) of @claims are those below @pair: of its members that say the same throughout, the first stands for all. */
void sb_explain_numbering(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, size_t first);

#endif
