/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The search: all axes at once; then sets that split all suspects of all files in halves, each axis being in the sets that its number has
 * digits for, so that one build answers for files with different reasons; then, for each reason that only one set of axes is left for, everything
 * else at once. Files with several reasons are halved by themselves, and from the third reason on axes are tried one at a time.
 */
#include "verifier/vary/search.h"

enum { FEW = 4, MANY = 3, PLANS_MOST = 64 };

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
			if (sb_vary_find_evidence(round->vary, i, sb_vary_named(&facts), *mask) == SIZE_MAX && !sb_vary_built(round->vary, *mask))
				return true;
		}
		for (size_t k = 0; k < unit->together_count; k++) {
			*mask = unit->together[k];
			if (sb_vary_find_evidence(round->vary, i, sb_vary_named(&facts), *mask) == SIZE_MAX && !sb_vary_built(round->vary, *mask))
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
		round->named |= sb_vary_named(&facts);
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
	struct round files = {.vary = vary, .begin = 1, .end = vary->unit_count, .axes = sb_vary_searched(vary)};
	return vary->unit_count > 1 && ask(&files, mask);
}
