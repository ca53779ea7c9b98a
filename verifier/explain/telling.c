/* SPDX-License-Identifier: Apache-2.0 */
/* Which regions say the same on both sides, and what exactly the others say. */
#include "verifier/explain/meaning.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/** For one pair of files: comparisons of clauses, and regions whose clauses are shown. For one region and side: clauses that are shown. */
enum { MOST_WORK = 1 << 26, MOST_REGIONS = 64, MOST_SHOWN = 3, LONGEST_SHOWN = 160 };

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

bool sb_telling_holds(const struct sb_claim *claim)
{
	const struct sb_diff *diff = claim->diff;

	return diff && !sb_claim_owns(claim) && (diff->kind == SB_DIFF_BYTES || diff->kind == SB_DIFF_FIELD) && diff->side[SB_SHIPPED].region &&
	       diff->side[SB_REBUILT].region;
}

static const struct sb_gist *gist_of(const struct sb_vec *gists, const struct sb_view *view, const struct sb_region *region)
{
	return sb_vec_at(gists, (size_t)(region - sb_view_region(view, 0)));
}

/* As compare pairs them. */
static int pair_regions(struct sb_telling *telling, const struct sb_vec gists[SB_SIDES], struct sb_err *err)
{
	const struct sb_view *x = telling->pair->view[SB_SHIPPED], *y = telling->pair->view[SB_REBUILT];
	const struct sb_region **a = sb_regions_sorted(x), **b = sb_regions_sorted(y);

	telling->regions = calloc(x->regions.count + 1, sizeof *telling->regions);
	for (size_t i = 0, k = 0; a && b && telling->regions && i < x->regions.count && k < y->regions.count;) {
		int order = sb_region_order(a[i], b[k]);
		if (order == 0) {
			const struct sb_gist *p = gist_of(&gists[SB_SHIPPED], x, a[i]), *q = gist_of(&gists[SB_REBUILT], y, b[k]);
			telling->regions[telling->count++] = (struct sb_told_region){
				{a[i], b[k]}, memcmp(&p->sense, &q->sense, sizeof p->sense) != 0, p->named && q->named, SIZE_MAX};
		}
		i += order <= 0;
		k += order >= 0;
	}
	bool enough = a && b && telling->regions;
	free(a);
	free(b);
	return enough ? 0 : no_memory(err);
}

/* Regions of the shipped side in the order of their pairs: 1 + index of the pair, 0: none. */
static size_t *index_pairs(const struct sb_telling *telling)
{
	const struct sb_view *view = telling->pair->view[SB_SHIPPED];
	size_t *of = calloc(view->regions.count + 1, sizeof *of);

	for (size_t i = 0; of && i < telling->count; i++)
		of[telling->regions[i].region[SB_SHIPPED] - sb_view_region(view, 0)] = i + 1;
	return of;
}

/* A part that one side only has is as bad as what stands in it. */
static void weigh_lone(struct sb_telling *telling, const struct sb_vec gists[SB_SIDES])
{
	for (size_t i = telling->begin; i < telling->claims->count; i++) {
		struct sb_claim *claim = sb_vec_at(telling->claims, i);
		for (unsigned side = 0; side < SB_SIDES; side++) {
			const struct sb_region *region = claim->diff && claim->diff->kind == SB_DIFF_REGION && !sb_claim_owns(claim) ? claim->diff->side[side].region : NULL;
			enum sb_severity severity = region ? gist_of(&gists[side], telling->pair->view[side], region)->severity : claim->severity;
			claim->severity = severity < claim->severity ? severity : claim->severity;
		}
	}
}

static int link_claims(struct sb_telling *telling, struct sb_err *err)
{
	size_t count = telling->claims->count - telling->begin, *of = index_pairs(telling);

	telling->next = calloc(count + 1, sizeof *telling->next);
	for (size_t i = count; of && telling->next && i-- > 0;) {
		const struct sb_claim *claim = sb_vec_at(telling->claims, telling->begin + i);
		const struct sb_region *a = sb_telling_holds(claim) ? claim->diff->side[SB_SHIPPED].region : NULL;
		size_t pair = a ? of[a - sb_view_region(telling->pair->view[SB_SHIPPED], 0)] : 0;
		if (!pair || telling->regions[pair - 1].region[SB_REBUILT] != claim->diff->side[SB_REBUILT].region)
			continue;
		telling->next[i] = telling->regions[pair - 1].first;
		telling->regions[pair - 1].first = telling->begin + i;
	}
	bool enough = of && telling->next;
	free(of);
	return enough ? 0 : no_memory(err);
}

int sb_telling_begin(struct sb_explaining *in, const struct sb_pair *pair, struct sb_vec *claims, size_t first, struct sb_telling *out,
                     struct sb_err *err)
{
	struct sb_vec gists[SB_SIDES] = {{.size = sizeof(struct sb_gist)}, {.size = sizeof(struct sb_gist)}};
	bool known = true;
	int rc = 0;

	*out = (struct sb_telling){.in = in, .pair = pair, .claims = claims, .begin = first, .work = MOST_WORK};
	for (unsigned side = 0; !rc && side < SB_SIDES; side++) {
		rc = sb_view_meaning(pair->view[side])->gists(pair->view[side], &gists[side], err);
		known &= gists[side].count == pair->view[side]->regions.count;
	}
	if (!rc && known)
		rc = pair_regions(out, gists, err);
	if (!rc && out->count) {
		weigh_lone(out, gists);
		rc = link_claims(out, err);
	}
	sb_vec_release(&gists[SB_SHIPPED]);
	sb_vec_release(&gists[SB_REBUILT]);
	return rc;
}

void sb_telling_release(struct sb_telling *telling)
{
	free(telling->regions);
	free(telling->next);
}

static const struct sb_clause *clause_at(const struct sb_told_clauses *clauses, unsigned side, size_t i)
{
	return sb_vec_at(&clauses->all[side], i);
}

bool sb_clause_is_open(const struct sb_told_clauses *clauses, unsigned side, size_t i)
{
	return clauses->pairs.partner[side][i] == SIZE_MAX && !clause_at(clauses, side, i)->derived;
}

static bool counts(const struct sb_told_clauses *clauses, unsigned side, size_t i)
{
	return sb_clause_is_open(clauses, side, i) && clause_at(clauses, side, i)->severity == clauses->worst;
}

/* What is worst is told, the rest stands beside it. */
static void weigh(struct sb_told_clauses *out)
{
	out->debug = true;
	out->worst = SB_SEVERITY_INFO;
	for (unsigned side = 0; side < SB_SIDES; side++) {
		for (size_t i = 0; i < out->all[side].count; i++) {
			const struct sb_clause *clause = clause_at(out, side, i);
			if (!sb_clause_is_open(out, side, i))
				continue;
			out->debug &= clause->debug;
			out->worst = clause->severity < out->worst ? clause->severity : out->worst;
		}
	}
	for (unsigned side = 0; side < SB_SIDES; side++)
		for (size_t i = 0; i < out->all[side].count; i++)
			out->open[side] += counts(out, side, i);
	out->debug &= out->open[SB_SHIPPED] + out->open[SB_REBUILT] > 0;
}

int sb_told_clauses_read(struct sb_telling *telling, const struct sb_told_region *region, struct sb_told_clauses *out, bool *known, struct sb_err *err)
{
	int rc = 0;

	*known = true;
	*out = (struct sb_told_clauses){.all = {{.size = sizeof(struct sb_clause)}, {.size = sizeof(struct sb_clause)}}};
	for (unsigned side = 0; !rc && side < SB_SIDES; side++) {
		struct sb_view *view = telling->pair->view[side];
		rc = sb_view_meaning(view)->clauses(view, region->region[side], &out->all[side], err);
		*known &= out->all[side].count > 0;
	}
	if (rc || !*known)
		return rc;
	rc = sb_clauses_pair(out->all, &telling->work, &out->pairs, err);
	if (!rc)
		weigh(out);
	return rc;
}

void sb_told_clauses_release(struct sb_told_clauses *clauses)
{
	sb_clause_pairs_release(&clauses->pairs);
	sb_vec_release(&clauses->all[SB_SHIPPED]);
	sb_vec_release(&clauses->all[SB_REBUILT]);
}

static const char *show_clause(struct sb_telling *telling, const struct sb_region *region, unsigned side, const struct sb_clause *clause)
{
	struct sb_view *view = telling->pair->view[side];
	const struct sb_place place = {region, clause->offset, clause->length};
	const char *text = sb_view_meaning(view)->show(view, &place, telling->in->arena);

	return text && strlen(text) > LONGEST_SHOWN ? sb_explain_note(telling->in, "%.*s...", LONGEST_SHOWN, text) : text;
}

static const char *show_side(struct sb_telling *telling, const struct sb_region *region, const struct sb_told_clauses *clauses, unsigned side)
{
	const char *shown = "";
	size_t count = 0;

	for (size_t i = 0; i < clauses->all[side].count && count < MOST_SHOWN; i++) {
		const struct sb_clause *clause = clause_at(clauses, side, i);
		if (!counts(clauses, side, i))
			continue;
		const char *text = show_clause(telling, region, side, clause);
		if (text)
			shown = sb_explain_note(telling->in, "%s%s%s", shown, count++ ? ", " : "", text);
	}
	if (clauses->open[side] > count && count)
		shown = sb_explain_note(telling->in, "%s and %zu more", shown, clauses->open[side] - count);
	return clauses->open[side] ? shown : "nothing";
}

const char *sb_told_clauses_show(struct sb_telling *telling, const struct sb_told_region *region, const struct sb_told_clauses *clauses)
{
	if (telling->shown++ >= MOST_REGIONS)
		return "";
	const char *a = show_side(telling, region->region[SB_SHIPPED], clauses, SB_SHIPPED);
	const char *b = show_side(telling, region->region[SB_REBUILT], clauses, SB_REBUILT);

	return *a && *b ? sb_explain_note(telling->in, "; shipped: %s; rebuilt: %s", a, b) : "";
}
