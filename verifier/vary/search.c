/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The search: all axes at once; then sets that split all suspects of all files in halves, each axis being in the sets that its number has
 * digits for, so that one build answers for files with different reasons; then, for each reason that only one set of axes is left for, everything
 * else at once. Files with several reasons are halved by themselves, and from the third reason on axes are tried one at a time.
 */
#include "verifier/vary/search.h"

#include <string.h>

enum { FEW = 4, MANY = 3, PLANS_MOST = 64 };

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

int sb_vary_new(uint32_t axes, uint32_t random, size_t files, struct sb_vary **out, struct sb_err *err)
{
	struct sb_arena *arena = sb_arena_new(0);
	struct sb_vary *made = arena ? sb_arena_alloc(arena, sizeof *made) : NULL;
	struct sb_vary_unit *units = made ? sb_arena_array(arena, files + 1, sizeof *units) : NULL;

	if (!units) {
		sb_arena_free(&arena);
		return no_memory(err);
	}
	*made = (struct sb_vary){.arena = arena, .axes = axes, .random = random, .unit_count = files + 1, .units = units,
	                         .build_most = 8 + 5 * (size_t)sb_vary_size(axes)};
	if (made->build_most > SB_VARY_BUILDS_MOST)
		made->build_most = SB_VARY_BUILDS_MOST;
	*out = made;
	return 0;
}

void sb_vary_free(struct sb_vary **vary)
{
	struct sb_arena *arena = *vary ? (*vary)->arena : NULL;

	sb_arena_free(&arena);
	*vary = NULL;
}

/* ---- being told ---- */

/* Outcomes of a file have numbers, in the order in which they were met. */
static int class_of(struct sb_vary *vary, struct sb_vary_unit *unit, const uint8_t id[SB_VARY_ID_BYTES], uint8_t *out, struct sb_err *err)
{
	*out = 0;
	if (memcmp(id, unit->control, SB_VARY_ID_BYTES) == 0)
		return 0;
	unit->touched = true;
	for (const struct sb_vary_outcome *known = unit->outcomes; known; known = known->next)
		if (memcmp(id, known->id, SB_VARY_ID_BYTES) == 0) {
			*out = known->class;
			return 0;
		}
	struct sb_vary_outcome *made = sb_arena_alloc(vary->arena, sizeof *made);
	if (!made)
		return no_memory(err);
	memcpy(made->id, id, SB_VARY_ID_BYTES);
	made->class = *out = (uint8_t)(unit->classes < SB_VARY_CLASSES_MOST ? ++unit->classes : SB_VARY_CLASSES_MOST);
	made->next = unit->outcomes;
	unit->outcomes = made;
	return 0;
}

static int tell_unit(struct sb_vary *vary, size_t unit, uint32_t mask, const uint8_t id[SB_VARY_ID_BYTES], uint8_t *class, struct sb_err *err)
{
	if (vary->build_count == 0)
		memcpy(vary->units[unit].control, id, SB_VARY_ID_BYTES);
	int rc = class_of(vary, &vary->units[unit], id, class, err);
	if (mask == 0 && *class != 0)
		vary->units[unit].unsteady = true;
	return rc;
}

int sb_vary_tell(struct sb_vary *vary, uint32_t mask, const uint8_t (*ids)[SB_VARY_ID_BYTES], struct sb_err *err)
{
	static const uint8_t done[SB_VARY_ID_BYTES] = {0}, failed[SB_VARY_ID_BYTES] = {1};
	uint8_t *classes = sb_arena_alloc(vary->arena, vary->unit_count);
	int rc = classes && vary->build_count < SB_VARY_BUILDS_MOST ? 0 : no_memory(err);

	if (rc)
		return rc;
	rc = tell_unit(vary, 0, mask, ids ? done : failed, &classes[0], err);
	for (size_t i = 1; !rc && i < vary->unit_count; i++) {
		classes[i] = SB_VARY_NOT_SEEN;
		if (ids)
			rc = tell_unit(vary, i, mask, ids[i - 1], &classes[i], err);
	}
	if (rc)
		return rc;
	vary->masks[vary->build_count] = mask;
	vary->classes[vary->build_count++] = classes;
	return 0;
}

/* ---- asking ---- */

/** Sets that were proposed, and by how many files. */
struct plans {
	uint32_t masks[PLANS_MOST];
	size_t votes[PLANS_MOST], count;
};

static void propose(struct plans *plans, uint32_t mask)
{
	for (size_t i = 0; i < plans->count; i++)
		if (plans->masks[i] == mask) {
			plans->votes[i]++;
			return;
		}
	if (plans->count < PLANS_MOST) {
		plans->masks[plans->count] = mask;
		plans->votes[plans->count++] = 1;
	}
}

static bool best(const struct plans *plans, uint32_t *mask)
{
	size_t at = 0;

	for (size_t i = 1; i < plans->count; i++)
		if (plans->votes[i] > plans->votes[at])
			at = i;
	if (plans->count)
		*mask = plans->masks[at];
	return plans->count > 0;
}

/** A part of the units, searched among these axes. */
struct round {
	struct sb_vary *vary;
	size_t begin, end;
	uint32_t axes;
	uint32_t guilty, named; /* axes that are known to change something of any unit: alone; alone or together */
};

static bool is_open(const struct round *round, size_t unit, struct sb_vary_facts *facts)
{
	const struct sb_vary_unit *at = &round->vary->units[unit];

	if (at->unsteady || at->stuck || !at->touched)
		return false;
	sb_vary_look(round->vary, unit, round->axes, facts);
	return facts->puzzled || facts->unknown;
}

/* Axes whose number among those that are searched has this binary digit. */
static uint32_t digit(uint32_t axes, unsigned bit)
{
	uint32_t out = 0;
	unsigned number = 0;

	for (uint32_t left = axes; left; left &= left - 1, number++)
		if (number >> bit & 1U)
			out |= left & -left;
	return out;
}

static unsigned digits(uint32_t axes)
{
	unsigned bits = 0;
	while ((1U << bits) < sb_vary_size(axes))
		bits++;
	return bits;
}

static bool is_hopeful(const struct sb_vary_facts *facts)
{
	return facts->hypothesis && !facts->guilty && !facts->together;
}

/* Would it split what one guilty axis may be, for somebody? */
static bool splits(const struct round *round, uint32_t mask)
{
	struct sb_vary_facts facts;

	for (size_t i = round->begin; i < round->end; i++)
		if (is_open(round, i, &facts) && is_hopeful(&facts) && (facts.hypothesis & mask) && (facts.hypothesis & ~mask))
			return true;
	return false;
}

static bool ask_digits(const struct round *round, uint32_t *mask)
{
	for (unsigned bit = 0; bit < digits(round->axes); bit++) {
		*mask = digit(round->axes, bit);
		if (!sb_vary_built(round->vary, *mask) && splits(round, *mask))
			return true;
	}
	return false;
}

/* Everything but what is guilty, or may be if one axis alone is; with more such sets than digits the counterparts of the digits settle all of them. */
static bool ask_rest(const struct round *round, uint32_t *mask)
{
	struct plans plans = {.count = 0};
	struct sb_vary_facts facts;
	unsigned left = 0;

	for (size_t i = round->begin; i < round->end; i++) {
		if (!is_open(round, i, &facts) || (facts.puzzled && !is_hopeful(&facts)))
			continue;
		uint32_t rest = round->axes & ~(facts.puzzled ? facts.hypothesis : facts.guilty | facts.together);
		if (rest && !sb_vary_built(round->vary, rest))
			propose(&plans, rest);
	}
	for (unsigned bit = 0; bit < digits(round->axes); bit++)
		left += !sb_vary_built(round->vary, round->axes & ~digit(round->axes, bit));
	for (unsigned bit = 0; plans.count > left && bit < digits(round->axes); bit++) {
		*mask = round->axes & ~digit(round->axes, bit);
		if (!sb_vary_built(round->vary, *mask))
			return true;
	}
	return best(&plans, mask);
}

/* What to build for one file that has several reasons; 0: something was concluded without. */
static uint32_t plan_for(const struct round *round, size_t unit, const struct sb_vary_facts *facts)
{
	struct sb_vary_unit *at = &round->vary->units[unit];
	bool many = sb_vary_size(facts->guilty) >= MANY || sb_vary_size(round->named) >= MANY;
	uint32_t found = 0;

	if (!facts->puzzled)
		return round->axes & ~(facts->guilty | facts->together);
	if (facts->suspects)
		return many ? facts->suspects & -facts->suspects : sb_vary_half(facts->suspects);
	if (!sb_vary_narrow(round->vary, unit, facts->puzzle, &found))
		return found;
	if (sb_vary_size(found) < 2 || at->together_count == SB_VARY_TOGETHER_MOST)
		at->unsteady = true; /* guilty alone and innocent in a set: builds contradict each other */
	else
		at->together[at->together_count++] = found;
	return 0;
}

static bool ask_halves(const struct round *round, uint32_t *mask)
{
	struct plans plans = {.count = 0};
	struct sb_vary_facts facts;

	for (size_t i = round->begin; i < round->end; i++) {
		while (is_open(round, i, &facts)) {
			uint32_t plan = plan_for(round, i, &facts);
			if (!plan)
				continue;
			if (sb_vary_built(round->vary, plan))
				round->vary->units[i].stuck = true; /* asked before, and the build failed */
			else
				propose(&plans, plan);
			break;
		}
	}
	return best(&plans, mask);
}

static uint32_t named(const struct sb_vary_facts *facts)
{
	return facts->guilty | facts->together;
}

static size_t find_evidence(const struct sb_vary *vary, size_t unit, uint32_t all, uint32_t wanted)
{
	for (size_t i = 0; i < vary->build_count; i++)
		if ((vary->masks[i] & all) == wanted && vary->classes[i][unit] != SB_VARY_NOT_SEEN)
			return i;
	return SIZE_MAX;
}

/* Each reason must have been seen without the others. */
static bool ask_evidence(const struct round *round, uint32_t *mask)
{
	struct sb_vary_facts facts;

	for (size_t i = round->begin; i < round->end; i++) {
		const struct sb_vary_unit *unit = &round->vary->units[i];
		if (unit->unsteady || unit->stuck || !unit->touched)
			continue;
		sb_vary_look(round->vary, i, round->axes, &facts);
		for (uint32_t left = facts.guilty; left; left &= left - 1) {
			*mask = left & -left;
			if (find_evidence(round->vary, i, named(&facts), *mask) == SIZE_MAX && !sb_vary_built(round->vary, *mask))
				return true;
		}
		for (size_t k = 0; k < unit->together_count; k++) {
			*mask = unit->together[k];
			if (find_evidence(round->vary, i, named(&facts), *mask) == SIZE_MAX && !sb_vary_built(round->vary, *mask))
				return true;
		}
	}
	return false;
}

/*
 * Who seems guilty may be so only together with an axis that is innocent alone: each must have been varied without the innocent ones. While they are few,
 * each by itself.
 */
static bool ask_guilty(const struct round *round, uint32_t *mask)
{
	*mask = round->named;
	if (sb_vary_size(round->named) > FEW)
		return !sb_vary_built(round->vary, *mask);
	for (uint32_t left = round->guilty; left; left &= left - 1) {
		*mask = left & -left;
		if (!sb_vary_built(round->vary, *mask))
			return true;
	}
	return false;
}

static bool has_equal(const struct sb_vary *vary, size_t unit, uint32_t mask)
{
	for (size_t i = 0; i < vary->build_count; i++)
		if (vary->classes[i][unit] == 0 && (vary->masks[i] & mask) == mask)
			return true;
	return false;
}

/* At the end: all axes that change nothing, varied together, must give what the first build gave. */
static bool ask_innocent(const struct round *round, uint32_t *mask)
{
	*mask = round->axes & ~round->named;
	if (!*mask || sb_vary_built(round->vary, *mask))
		return false;
	for (size_t i = round->begin; i < round->end; i++)
		if (!round->vary->units[i].unsteady && !round->vary->units[i].stuck && !has_equal(round->vary, i, *mask))
			return true;
	return false;
}

static void name_all(struct round *round)
{
	struct sb_vary_facts facts;

	round->named = round->guilty = 0;
	for (size_t i = round->begin; i < round->end; i++) {
		if (!round->vary->units[i].touched || round->vary->units[i].unsteady)
			continue;
		sb_vary_look(round->vary, i, round->axes, &facts);
		round->named |= named(&facts);
		round->guilty |= facts.guilty;
	}
}

static bool ask(struct round *round, uint32_t *mask)
{
	*mask = round->axes;
	if (round->axes && !sb_vary_built(round->vary, *mask))
		return true;
	name_all(round);
	if (ask_digits(round, mask) || ask_rest(round, mask) || ask_halves(round, mask))
		return true;
	name_all(round);
	return ask_guilty(round, mask) || ask_evidence(round, mask) || ask_innocent(round, mask);
}

static uint32_t searched(const struct sb_vary *vary)
{
	struct sb_vary_verdict breaks;

	sb_vary_breaks(vary, &breaks);
	uint32_t out = vary->axes & ~breaks.guilty;
	for (size_t i = 0; i < breaks.together_count; i++)
		out &= ~breaks.together[i];
	return out;
}

bool sb_vary_ask(struct sb_vary *vary, uint32_t *mask)
{
	struct round whole = {.vary = vary, .begin = 0, .end = 1, .axes = vary->axes};

	if (vary->build_count < 2) {
		*mask = 0;
		return true;
	}
	if (vary->build_count >= vary->build_most)
		return false;
	if (ask(&whole, mask))
		return true;
	struct round files = {.vary = vary, .begin = 1, .end = vary->unit_count, .axes = searched(vary)};
	return vary->unit_count > 1 && ask(&files, mask);
}

/* ---- telling ---- */

static void judge(const struct sb_vary *vary, size_t at, uint32_t axes, struct sb_vary_verdict *out)
{
	const struct sb_vary_unit *unit = &vary->units[at];
	struct sb_vary_facts facts;

	*out = (struct sb_vary_verdict){.state = SB_VARYING_UNSTEADY};
	if (unit->unsteady)
		return;
	sb_vary_look(vary, at, axes, &facts);
	out->guilty = facts.guilty;
	memcpy(out->together, unit->together, sizeof out->together);
	out->together_count = unit->together_count;
	if (unit->stuck || facts.puzzled || facts.unknown)
		out->state = SB_VARYING_UNDECIDED;
	else
		out->state = sb_vary_agrees(vary, at, &facts) ? SB_VARYING_EXPLAINED : SB_VARYING_UNSTEADY;
	out->steady = out->state == SB_VARYING_EXPLAINED && !unit->touched;
}

void sb_vary_breaks(const struct sb_vary *vary, struct sb_vary_verdict *out)
{
	judge(vary, 0, vary->axes, out);
}

void sb_vary_verdict(const struct sb_vary *vary, size_t file, struct sb_vary_verdict *out)
{
	judge(vary, file + 1, searched(vary), out);
}

bool sb_vary_unsteady(const struct sb_vary *vary)
{
	struct sb_vary_verdict verdict;

	for (size_t i = 0; i < vary->unit_count; i++) {
		if (!vary->units[i].touched)
			continue;
		judge(vary, i, i ? searched(vary) : vary->axes, &verdict);
		if (verdict.state == SB_VARYING_UNSTEADY)
			return true;
	}
	return false;
}

size_t sb_vary_evidence(const struct sb_vary *vary, size_t file, uint32_t axes)
{
	struct sb_vary_verdict verdict;
	uint32_t all;

	sb_vary_verdict(vary, file, &verdict);
	all = verdict.guilty;
	for (size_t i = 0; i < verdict.together_count; i++)
		all |= verdict.together[i];
	return find_evidence(vary, file + 1, all, axes);
}
