/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A constant more gives every other constant another number, and all of a file differs. A difference is folded when its region says the same on
 * both sides; of one that says something else, one finding tells what. Such differences stay unowned: folding changes what a person reads first,
 * never the level.
 */
#include "verifier/explain/meaning.h"

#include <inttypes.h>
#include <string.h>

/** Nothing is folded in larger files; regions that are looked at although their bytes are equal, and those of them that are named. */
enum { LARGEST = 16 << 20, MOST_SILENT = 64, MOST_NAMED = 3 };

static const char numbering[] = "numbering";

static struct sb_claim *claim_at(const struct sb_telling *telling, size_t i)
{
	return sb_vec_at(telling->claims, i);
}

static void tell(struct sb_claim *claim, enum sb_cause cause, enum sb_severity severity, bool primary, const char *note)
{
	claim->cause = cause;
	claim->rule = cause == SB_CAUSE_UNEXPLAINED ? SB_RULE_NONE : SB_RULE_HINT;
	claim->severity = severity;
	claim->primary = primary;
	claim->note = note;
}

static void fold(struct sb_claim *claim, const char *note)
{
	tell(claim, SB_CAUSE_UNEXPLAINED, SB_SEVERITY_INFO, false, note);
}

static void fold_region(struct sb_telling *telling, const struct sb_told_region *region)
{
	for (size_t i = region->first; i != SIZE_MAX; i = telling->next[i - telling->begin])
		fold(claim_at(telling, i), "it follows: the part says the same with other numbers");
}

/* The worst of what a difference holds that the other side does not say; false when it holds nothing of the kind. */
static bool is_met(const struct sb_told_clauses *clauses, const struct sb_diff *diff, enum sb_severity *worst)
{
	bool met = false;

	*worst = SB_SEVERITY_INFO;
	for (unsigned side = 0; side < SB_SIDES; side++) {
		const struct sb_diff_side *at = &diff->side[side];
		size_t low = 0, high = clauses->all[side].count;
		while (low < high) {
			size_t middle = low + (high - low) / 2;
			const struct sb_clause *clause = sb_vec_at(&clauses->all[side], middle);
			if (clause->offset + clause->length <= at->offset)
				low = middle + 1;
			else
				high = middle;
		}
		for (; low < clauses->all[side].count; low++) {
			const struct sb_clause *clause = sb_vec_at(&clauses->all[side], low);
			if (clause->offset >= at->offset + at->length)
				break;
			if (!sb_clause_is_open(clauses, side, low))
				continue;
			met = true;
			*worst = clause->severity < *worst ? clause->severity : *worst;
		}
	}
	return met;
}

/* The difference that stands for its region: the first that holds the worst. */
static size_t find_head(struct sb_telling *telling, const struct sb_told_region *region, const struct sb_told_clauses *clauses)
{
	for (size_t i = region->first; i != SIZE_MAX; i = telling->next[i - telling->begin]) {
		enum sb_severity worst;
		if (is_met(clauses, claim_at(telling, i)->diff, &worst) && worst == clauses->worst)
			return i;
	}
	return region->first;
}

static const char *parts_that_differ(struct sb_telling *telling, const struct sb_told_region *region, const struct sb_told_clauses *clauses)
{
	const char *what = region->named ? "constants on one side only, whatever their numbers" :
	                   clauses->debug ? "only debug information says something else" : "what it says differs, whatever the numbers of constants";
	return sb_explain_note(telling->in, "%s: %zu place%s shipped, %zu rebuilt%s", what, clauses->open[SB_SHIPPED],
	                       clauses->open[SB_SHIPPED] == 1 ? "" : "s", clauses->open[SB_REBUILT], sb_told_clauses_show(telling, region, clauses));
}

static void blame(struct sb_telling *telling, const struct sb_told_region *region, const struct sb_told_clauses *clauses)
{
	size_t head = find_head(telling, region, clauses);
	const char *note = parts_that_differ(telling, region, clauses);

	for (size_t i = region->first; i != SIZE_MAX; i = telling->next[i - telling->begin]) {
		struct sb_claim *claim = claim_at(telling, i);
		enum sb_severity worst;
		bool met = is_met(clauses, claim->diff, &worst);
		if (i == head)
			tell(claim, clauses->debug ? SB_CAUSE_DEBUG_INFO : SB_CAUSE_UNEXPLAINED, clauses->worst, true, note);
		else if (met && claim->diff->kind == SB_DIFF_FIELD)
			tell(claim, SB_CAUSE_UNEXPLAINED, worst, true, claim->note);
		else if (met)
			tell(claim, SB_CAUSE_UNEXPLAINED, worst, false, "it is told with the first difference of this part");
		else
			fold(claim, "it follows: this place says the same with other numbers");
	}
}

/** Differences of debug information, of which one stands for all. */
struct debug_heads {
	struct sb_claim *first;
	size_t more;
};

static void count_debug(struct sb_telling *telling, const struct sb_told_region *region, struct debug_heads *heads)
{
	for (size_t i = region->first; i != SIZE_MAX; i = telling->next[i - telling->begin]) {
		struct sb_claim *claim = claim_at(telling, i);
		if (!claim->primary)
			continue;
		if (heads->first) {
			claim->primary = false;
			heads->more++;
		} else {
			heads->first = claim;
		}
	}
}

static int settle(struct sb_telling *telling, const struct sb_told_region *region, struct debug_heads *heads, struct sb_err *err)
{
	struct sb_told_clauses clauses;
	bool known;
	int rc = sb_told_clauses_read(telling, region, &clauses, &known, err);

	if (!rc && known && clauses.open[SB_SHIPPED] + clauses.open[SB_REBUILT]) {
		blame(telling, region, &clauses);
		if (clauses.debug)
			count_debug(telling, region, heads);
	}
	sb_told_clauses_release(&clauses);
	return rc;
}

/** Parts whose bytes are equal, and which mean something else by what changed elsewhere. */
struct silent {
	size_t count;
	const char *names; /* of the first few, with what they say */
	enum sb_severity worst;
};

static int add_silent(struct sb_telling *telling, const struct sb_told_region *region, struct silent *silent, struct sb_err *err)
{
	struct sb_told_clauses clauses = {.worst = SB_SEVERITY_CRITICAL};
	bool known = false;
	int rc = silent->count < MOST_SILENT ? sb_told_clauses_read(telling, region, &clauses, &known, err) : 0;

	if (!rc && !(known && clauses.debug)) {
		silent->worst = clauses.worst < silent->worst ? clauses.worst : silent->worst;
		if (silent->count < MOST_NAMED)
			silent->names = sb_explain_note(telling->in, "%s%s%s%s", silent->names, silent->count ? " | " : "",
			                                sb_explain_shown(telling->in, sb_span_text(region->region[SB_SHIPPED]->name)),
			                                known ? sb_told_clauses_show(telling, region, &clauses) : "");
		silent->count++;
	}
	sb_told_clauses_release(&clauses);
	return rc;
}

/* Told with the difference of what those parts lead to. */
static void tell_silent(struct sb_telling *telling, const struct silent *silent)
{
	struct sb_claim *head = NULL;

	for (size_t i = 0; i < telling->count; i++) {
		const struct sb_told_region *region = &telling->regions[i];
		if (region->named && region->first != SIZE_MAX && (!head || !head->primary))
			head = claim_at(telling, region->first);
		for (size_t k = region->named ? region->first : SIZE_MAX; k != SIZE_MAX && !head->primary; k = telling->next[k - telling->begin])
			head = claim_at(telling, k)->primary ? claim_at(telling, k) : head;
	}
	if (!head)
		return;
	const char *note = sb_explain_note(telling->in, "%zu part%s whose bytes are equal mean%s something else because of it: %s%s", silent->count,
	                                   silent->count == 1 ? "" : "s", silent->count == 1 ? "s" : "", silent->names,
	                                   silent->count > MOST_NAMED ? " | ..." : "");
	bool told = head->primary;
	tell(head, SB_CAUSE_UNEXPLAINED, silent->worst < head->severity ? silent->worst : head->severity, true,
	     told ? sb_explain_note(telling->in, "%s; %s", head->note, note) : note);
}

static int find_silent(struct sb_telling *telling, struct sb_err *err)
{
	struct silent silent = {.names = "", .worst = SB_SEVERITY_INFO};
	int rc = 0;

	for (size_t i = 0; !rc && i < telling->count; i++) {
		const struct sb_told_region *region = &telling->regions[i];
		if (region->differs && region->first == SIZE_MAX)
			rc = add_silent(telling, region, &silent, err);
	}
	if (!rc && silent.count)
		tell_silent(telling, &silent);
	return rc;
}

/* Everything follows, and nothing is left that it follows from: the numbers themselves are what differs. */
static void tell_numbering(struct sb_telling *telling)
{
	struct sb_claim *head = NULL;
	size_t folded = 0;

	for (size_t i = telling->begin; i < telling->claims->count; i++) {
		struct sb_claim *claim = claim_at(telling, i);
		if (claim->primary && !sb_claim_owns(claim))
			return;
		if (!sb_telling_holds(claim))
			continue;
		head = head ? head : claim;
		folded++;
	}
	if (!head)
		return;
	tell(head, SB_CAUSE_COMPILER, SB_SEVERITY_MINOR, true,
	     sb_explain_note(telling->in, "constants have other numbers, and the file says the same on both sides: %zu place%s", folded, folded == 1 ? "" : "s"));
	head->kind = numbering;
}

static int settle_all(struct sb_telling *telling, struct sb_err *err)
{
	struct debug_heads heads = {0};
	int rc = 0;

	for (size_t i = 0; !rc && i < telling->count; i++) {
		const struct sb_told_region *region = &telling->regions[i];
		if (region->differs && region->first != SIZE_MAX)
			rc = settle(telling, region, &heads, err);
		else
			fold_region(telling, region);
	}
	if (heads.more)
		heads.first->note = sb_explain_note(telling->in, "%s; so it is in %zu more part%s of this file", heads.first->note, heads.more, heads.more == 1 ? "" : "s");
	if (!rc)
		rc = find_silent(telling, err);
	if (!rc)
		tell_numbering(telling);
	return rc;
}

int sb_explain_meaning(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, size_t first, struct sb_err *err)
{
	struct sb_telling telling;
	bool held = false;

	if (pair->state != SB_PAIR_OPENED || !pair->format->meaning || pair->bytes[SB_SHIPPED].n > LARGEST || pair->bytes[SB_REBUILT].n > LARGEST)
		return 0;
	for (size_t i = first; i < claims->count && !held; i++)
		held = sb_telling_holds(sb_vec_at(claims, i));
	if (!held)
		return 0;
	int rc = sb_telling_begin(in, pair, claims, first, &telling, err);
	if (!rc && telling.count)
		rc = settle_all(&telling, err);
	sb_telling_release(&telling);
	return rc;
}

void sb_explain_numbering(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, size_t first)
{
	struct sb_claim *head = NULL;
	size_t more = 0;

	for (size_t i = first; i < claims->count; i++) {
		struct sb_claim *claim = sb_vec_at(claims, i);
		if (claim->kind != numbering || claim->pair->parent != pair)
			continue;
		if (head) {
			claim->primary = false;
			more++;
		} else {
			head = claim;
		}
	}
	if (more)
		head->note = sb_explain_note(in, "%s; so it is in %zu more file%s beside it", head->note, more, more == 1 ? "" : "s");
}
