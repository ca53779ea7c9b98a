/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from builds: axes in a set that changed nothing are innocent, and who is left alone in a set that did is guilty. */
#include "verifier/vary/search.h"

unsigned sb_vary_size(uint32_t set)
{
	return (unsigned)__builtin_popcount(set);
}

uint32_t sb_vary_half(uint32_t set)
{
	uint32_t half = 0;

	for (unsigned left = sb_vary_size(set) / 2; left > 0; left--) {
		uint32_t first = set & -set;
		half |= first;
		set &= ~first;
	}
	return half;
}

bool sb_vary_built(const struct sb_vary *vary, uint32_t mask)
{
	for (size_t i = 0; i < vary->build_count; i++)
		if (vary->masks[i] == mask)
			return true;
	return false;
}

static bool is_explained(const struct sb_vary_unit *unit, uint32_t guilty, uint32_t mask)
{
	bool explained = (mask & guilty) != 0;

	for (size_t i = 0; i < unit->together_count; i++)
		explained |= (mask & unit->together[i]) == unit->together[i];
	return explained;
}

static bool has_changed(const struct sb_vary *vary, size_t build, size_t unit)
{
	uint8_t class = vary->classes[build][unit];
	return class != 0 && class != SB_VARY_NOT_SEEN;
}

static void sort_out(const struct sb_vary *vary, size_t unit, struct sb_vary_facts *out)
{
	for (size_t i = 0; i < vary->build_count; i++) {
		if (vary->classes[i][unit] == 0)
			out->innocent |= vary->masks[i];
		else if (has_changed(vary, i, unit))
			out->hypothesis &= vary->masks[i];
	}
	out->hypothesis &= ~out->innocent;
}

static void find_guilty(const struct sb_vary *vary, size_t unit, struct sb_vary_facts *out)
{
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < vary->build_count; i++) {
			uint32_t suspects = vary->masks[i] & ~out->innocent;
			if (!has_changed(vary, i, unit) || is_explained(&vary->units[unit], out->guilty, vary->masks[i]) || sb_vary_size(suspects) != 1)
				continue;
			out->guilty |= suspects;
			again = true;
		}
	}
}

static void find_puzzle(const struct sb_vary *vary, size_t unit, struct sb_vary_facts *out)
{
	for (size_t i = 0; i < vary->build_count; i++) {
		uint32_t suspects = vary->masks[i] & ~out->innocent;
		if (!has_changed(vary, i, unit) || is_explained(&vary->units[unit], out->guilty, vary->masks[i]))
			continue;
		bool fewer = sb_vary_size(suspects) < sb_vary_size(out->suspects) ||
		             (suspects == out->suspects && sb_vary_size(vary->masks[i]) < sb_vary_size(out->puzzle));
		if (!out->puzzled || fewer) {
			out->puzzle = vary->masks[i];
			out->suspects = suspects;
		}
		out->puzzled = true;
	}
}

void sb_vary_look(const struct sb_vary *vary, size_t unit, uint32_t axes, struct sb_vary_facts *out)
{
	*out = (struct sb_vary_facts){.hypothesis = axes};
	sort_out(vary, unit, out);
	for (size_t i = 0; i < vary->units[unit].together_count; i++)
		out->together |= vary->units[unit].together[i];
	find_guilty(vary, unit, out);
	find_puzzle(vary, unit, out);
	out->unknown = axes & ~(out->innocent | out->guilty | out->together);
}

/* ---- sets that are guilty only as a whole ---- */

enum answer { UNKNOWN, EQUAL, CHANGED };

/* What was seen of this very set, else what a larger or smaller one says. */
static enum answer answer_of(const struct sb_vary *vary, size_t unit, uint32_t mask)
{
	enum answer answer = UNKNOWN;

	for (size_t i = 0; i < vary->build_count; i++) {
		if (vary->classes[i][unit] == SB_VARY_NOT_SEEN)
			continue;
		bool changed = has_changed(vary, i, unit);
		if (vary->masks[i] == mask)
			return changed ? CHANGED : EQUAL;
		if (!changed && (vary->masks[i] & mask) == mask)
			answer = EQUAL;
		else if (changed && answer == UNKNOWN && (vary->masks[i] & mask) == vary->masks[i])
			answer = CHANGED;
	}
	return answer;
}

struct narrowing {
	const struct sb_vary *vary;
	size_t unit;
	uint32_t ask; /* what has to be built first */
};

/* @base with @set changes the file, @base alone does not. The members of @set that are needed, or 0 when something has to be built first. */
static uint32_t needed(struct narrowing *in, uint32_t base, uint32_t set)
{
	uint32_t halves[2] = {sb_vary_half(set), set & ~sb_vary_half(set)}, first, second;

	if (sb_vary_size(set) <= 1)
		return set;
	for (unsigned i = 0; i < 2; i++) {
		enum answer answer = answer_of(in->vary, in->unit, base | halves[i]);
		if (answer == CHANGED)
			return needed(in, base, halves[i]);
		if (answer == UNKNOWN) {
			in->ask = base | halves[i];
			return 0;
		}
	}
	first = needed(in, base | halves[1], halves[0]);
	second = first ? needed(in, base | first, halves[1]) : 0;
	return second ? first | second : 0;
}

bool sb_vary_narrow(const struct sb_vary *vary, size_t unit, uint32_t set, uint32_t *out)
{
	struct narrowing in = {.vary = vary, .unit = unit};
	uint32_t found = needed(&in, 0, set);

	*out = found ? found : in.ask;
	return found != 0;
}

/* ---- the check at the end ---- */

bool sb_vary_agrees(const struct sb_vary *vary, size_t unit, const struct sb_vary_facts *facts)
{
	uint32_t named = facts->guilty | facts->together;

	for (size_t i = 0; i < vary->build_count; i++) {
		uint8_t class = vary->classes[i][unit];
		uint32_t key = vary->masks[i] & named;
		if (class == SB_VARY_NOT_SEEN)
			continue;
		if ((class != 0) != is_explained(&vary->units[unit], facts->guilty, vary->masks[i]))
			return false;
		for (size_t k = 0; k < i; k++)
			if (vary->classes[k][unit] != SB_VARY_NOT_SEEN && (vary->masks[k] & named) == key && !(key & vary->random) && vary->classes[k][unit] != class)
				return false;
	}
	return true;
}

size_t sb_vary_find_evidence(const struct sb_vary *vary, size_t unit, uint32_t all, uint32_t wanted)
{
	for (size_t i = 0; i < vary->build_count; i++)
		if ((vary->masks[i] & all) == wanted && vary->classes[i][unit] != SB_VARY_NOT_SEEN)
			return i;
	return SIZE_MAX;
}

uint32_t sb_vary_searched(const struct sb_vary *vary)
{
	struct sb_vary_verdict breaks;

	sb_vary_breaks(vary, &breaks);
	uint32_t out = vary->axes & ~breaks.guilty;
	for (size_t i = 0; i < breaks.together_count; i++)
		out &= ~breaks.together[i];
	return out;
}
