/* SPDX-License-Identifier: Apache-2.0 */
/* Which facts are tried next, by what helped and what did not. */
#include "verifier/solve/solve.h"

#include <stdlib.h>
#include <string.h>

/** A fact that did not help a file. */
struct dropped {
	enum sb_knob knob;
	const char *value, *artifact;
	bool alone; /* tried by itself: never again */
};

static bool is_dropped(const struct sb_solve_choice *choice, const struct sb_candidate *candidate)
{
	for (size_t i = 0; i < choice->dropped.count; i++) {
		const struct dropped *dropped = sb_vec_at(&choice->dropped, i);
		if (dropped->knob == candidate->knob && strcmp(dropped->value, candidate->value) == 0 && strcmp(dropped->artifact, candidate->artifact) == 0)
			return true;
	}
	return false;
}

bool sb_solve_choose(const struct sb_solve_choice *choice, const char *artifact, struct sb_fact_set *out)
{
	bool chosen[SB_KNOBS] = {false}, any = false;

	*out = choice->kept;
	for (unsigned pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < choice->found.count; i++) {
			const struct sb_candidate *candidate = &choice->found.candidates[i];
			bool own = strcmp(candidate->artifact, artifact) == 0;
			bool settled = chosen[candidate->knob] || (!own && choice->kept.value[candidate->knob]);
			if (settled || own != (pass == 0) || is_dropped(choice, candidate))
				continue;
			any |= own;
			chosen[candidate->knob] = true;
			out->value[candidate->knob] = candidate->value;
		}
		if (!any)
			return false;
	}
	return true;
}

const struct sb_candidate *sb_solve_behind(const struct sb_solve_choice *choice, enum sb_knob knob, const char *value, const char *artifact)
{
	const struct sb_candidate *found = NULL;

	for (size_t i = 0; i < choice->found.count; i++) {
		const struct sb_candidate *candidate = &choice->found.candidates[i];
		if (candidate->knob != knob || strcmp(candidate->value, value) != 0 || is_dropped(choice, candidate))
			continue;
		if (strcmp(candidate->artifact, artifact) == 0)
			return candidate;
		found = found ? found : candidate;
	}
	return found;
}

static int drop_fact(struct sb_solve_choice *choice, const struct sb_candidate *candidate, bool alone, struct sb_err *err)
{
	struct dropped *slot;

	choice->dropped.size = sizeof *slot;
	slot = sb_vec_push(&choice->dropped);
	if (!slot)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*slot = (struct dropped){candidate->knob, candidate->value, candidate->artifact, alone};
	return 0;
}

/* What was dropped together with others may have been right: only what was tried alone stays out. */
static void forgive(struct sb_solve_choice *choice)
{
	struct dropped *all = choice->dropped.items;
	size_t kept = 0;

	for (size_t i = 0; i < choice->dropped.count; i++)
		if (all[i].alone)
			all[kept++] = all[i];
	choice->dropped.count = kept;
}

static int by_weight(const void *a, const void *b)
{
	const struct sb_candidate *const *x = a, *const *y = b;

	if ((*x)->weight != (*y)->weight)
		return (*x)->weight < (*y)->weight ? -1 : 1;
	return ((*x)->knob < (*y)->knob) - ((*x)->knob > (*y)->knob);
}

static bool is_new(const struct sb_solve_choice *choice, const struct sb_fact_set *facts, enum sb_knob knob)
{
	const char *value = facts->value[knob], *kept = choice->kept.value[knob];
	return value && (!kept || strcmp(value, kept) != 0);
}

uint32_t sb_solve_contradicted(const struct sb_solve_choice *choice, const struct sb_fact_set *facts, const char *artifact, const struct sb_solve_found *under)
{
	uint32_t out = 0;

	for (size_t i = 0; i < under->count; i++) {
		const struct sb_candidate *candidate = &under->candidates[i];
		if (strcmp(candidate->artifact, artifact) == 0 && is_new(choice, facts, candidate->knob))
			out |= sb_knob_bit(candidate->knob);
	}
	return out;
}

/* Those that are wrong to the front; 0 when nothing, or everything, is. */
static size_t pick_wrong(const struct sb_candidate **fresh, size_t count, uint32_t wrong)
{
	size_t picked = 0;

	for (size_t i = 0; i < count; i++) {
		const struct sb_candidate *candidate = fresh[i];
		if (!(wrong & sb_knob_bit(candidate->knob)))
			continue;
		fresh[i] = fresh[picked];
		fresh[picked++] = candidate;
	}
	return picked < count ? picked : 0;
}

int sb_solve_drop(struct sb_solve_choice *choice, const struct sb_fact_set *facts, uint32_t wrong, const char *artifact, struct sb_err *err)
{
	const struct sb_candidate *fresh[SB_KNOBS];
	size_t count = 0;
	int rc = 0;

	for (unsigned knob = 0; knob < SB_KNOBS; knob++)
		if (is_new(choice, facts, (enum sb_knob)knob) && (fresh[count] = sb_solve_behind(choice, (enum sb_knob)knob, facts->value[knob], artifact)))
			count++;
	qsort(fresh, count, sizeof *fresh, by_weight);
	size_t out = pick_wrong(fresh, count, wrong);
	if (out == 0)
		out = (count + 1) / 2;
	if (count == 1)
		forgive(choice);
	for (size_t i = 0; !rc && i < out; i++)
		rc = drop_fact(choice, fresh[i], count == 1, err);
	return rc;
}

void sb_solve_choice_release(struct sb_solve_choice *choice)
{
	sb_vec_release(&choice->dropped);
}
