/* SPDX-License-Identifier: Apache-2.0 */
/* Strings of ours with our values in them, and the shipped strings that are the same with others: path, time, names. */
#include "verifier/solve/inside.h"

#include <string.h>

enum { ENOUGH_TEXT = 3, MOST_TEXT = 32, STEPS_OF_VOTE = 32, STEPS_OF_CANDIDATE = 4 };

/* A value without any text around it is told from other strings by what stands beside it, or, a path, by being one. */
static uint64_t weight_of(const struct sb_template *template, const struct sb_runs *runs, const struct sb_run *shipped, const struct sb_run *rebuilt)
{
	uint64_t weight = template->literal > MOST_TEXT ? MOST_TEXT : template->literal;

	if (template->literal >= ENOUGH_TEXT || template->count > 1)
		return weight + 4 * template->count;
	if (sb_runs_are_neighbours(runs, shipped, rebuilt))
		return weight + 3;
	return template->slots[0].knob == SB_KNOB_PATH || (template->slots[0].knob == SB_KNOB_EPOCH && template->slots[0].n >= 8) ? 1 : 0;
}

static void take_time(struct sb_inferring *in, const struct sb_template *template, unsigned slot, struct sb_span value, uint64_t weight, const struct sb_spot *place)
{
	const struct sb_slot *at = &template->slots[slot];
	struct sb_time_vote vote = {.weight = weight, .place = *place};

	if (sb_stamp_read(at->form, value, &vote.shipped) && sb_stamp_read(at->form, sb_span_of(template->text.p + at->at, at->n), &vote.rebuilt))
		sb_solve_vote_time(in, &vote);
}

static void take(struct sb_inferring *in, const struct sb_pair *pair, const struct sb_template *template, const struct sb_run *shipped, struct sb_span *values,
                 uint64_t weight)
{
	const struct sb_spot place = {pair, (size_t)(shipped->p - pair->bytes[SB_SHIPPED].p), "text"};

	for (unsigned i = 0; i < template->count; i++) {
		/* a value is looked for among all that this artifact has */
		if (!sb_solve_spend(in, STEPS_OF_VOTE + values[i].n + STEPS_OF_CANDIDATE * (in->candidates.count - in->first)))
			return;
		if (template->slots[i].knob == SB_KNOB_EPOCH)
			take_time(in, template, i, values[i], weight, &place);
		else
			sb_solve_propose(in, template->slots[i].knob, values[i], weight, &place);
	}
}

/* Each string of ours against each of theirs; both are few, since what is on both sides is out, unless somebody wanted them to be many. */
static void match_all(struct sb_inferring *in, const struct sb_pair *pair, const struct sb_runs *runs)
{
	const struct sb_vec *theirs = &runs->unique[SB_SHIPPED], *ours = &runs->unique[SB_REBUILT];
	struct sb_span values[SB_SLOTS_MOST];
	struct sb_template template;
	size_t templates = 0;

	for (size_t i = 0; i < ours->count && templates < SB_TEMPLATES_MOST && sb_solve_spend(in, 1); i++) {
		const struct sb_run *rebuilt = sb_vec_at(ours, i);
		if (!sb_template_make(in, sb_run_span(rebuilt), &template))
			continue;
		templates++;
		for (size_t k = 0; k < theirs->count && in->left > 0 && !in->stopped; k++) {
			const struct sb_run *shipped = sb_vec_at(theirs, k);
			uint64_t weight = sb_template_match(in, &template, sb_run_span(shipped), values) ? weight_of(&template, runs, shipped, rebuilt) : 0;
			if (weight)
				take(in, pair, &template, shipped, values, weight);
		}
	}
}

static void read_texts(struct sb_inferring *in, const struct sb_pair *pair)
{
	struct sb_runs runs;

	if (!sb_runs_read(&runs, in->in->comparison, pair))
		in->failed = true;
	else {
		match_all(in, pair, &runs);
		sb_tools_read(in, pair, &runs);
	}
	sb_runs_release(&runs);
}

const struct sb_extractor sb_extract_texts = {"text", read_texts};
