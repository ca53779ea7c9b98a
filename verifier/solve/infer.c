/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over everything that differs, and the list of what was found. */
#include "verifier/solve/inside.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 32 };

static const struct sb_extractor *const extractors[] = {
	&sb_extract_texts,
	&sb_extract_times,
	&sb_extract_modes,
	&sb_extract_order,
	&sb_extract_padding,
	&sb_extract_years,
};

static void add_way(const struct sb_pair *pair, struct sb_buf *out, unsigned depth)
{
	if (pair->parent && depth < DEEPEST) {
		add_way(pair->parent, out, depth + 1);
		sb_buf_text(out, " > ");
	}
	sb_escape(out, sb_span_text(pair->name ? pair->name : ""));
}

const char *sb_solve_where(struct sb_inferring *in, const struct sb_spot *place)
{
	const struct sb_pair *pair = place->pair;
	size_t offset = place->offset;
	SB_BUF struct sb_buf text = {.ceiling = 1 << 20};
	const struct sb_region *region = NULL;

	add_way(pair, &text, 0);
	if (offset != SIZE_MAX && pair->state == SB_PAIR_OPENED && pair->view[SB_SHIPPED])
		region = sb_view_region_at(pair->view[SB_SHIPPED], offset);
	if (region && region->name[0]) {
		sb_buf_text(&text, " > ");
		sb_escape(&text, sb_span_text(region->name));
	}
	if (offset != SIZE_MAX)
		sb_buf_printf(&text, ", offset %zu", region ? offset - (size_t)region->offset : offset);
	const char *out = text.bad ? NULL : sb_arena_copy(in->arena, sb_buf_span(&text));
	in->failed |= !out;
	return out ? out : "";
}

static struct sb_candidate *candidate_of(struct sb_inferring *in, enum sb_knob knob, struct sb_span value)
{
	for (size_t i = in->first; i < in->candidates.count; i++) {
		struct sb_candidate *candidate = sb_vec_at(&in->candidates, i);
		if (candidate->knob == knob && sb_span_equal(sb_span_text(candidate->value), value))
			return candidate;
	}
	return NULL;
}

void sb_solve_propose(struct sb_inferring *in, enum sb_knob knob, struct sb_span value, uint64_t weight, const struct sb_spot *place)
{
	if (!sb_fact_is_plausible(knob, value) || sb_span_equal(value, sb_solve_ours_of(in, knob)))
		return;
	struct sb_candidate *candidate = candidate_of(in, knob, value);
	if (candidate) {
		candidate->weight += weight;
		return;
	}
	if (in->candidates.count >= SB_CANDIDATES_MOST || in->candidates.count - in->first >= SB_CANDIDATES_OF_ONE)
		return;
	const char *copy = sb_arena_copy(in->arena, value);
	candidate = copy ? sb_vec_push(&in->candidates) : NULL;
	if (!candidate) {
		in->failed = true;
		return;
	}
	*candidate = (struct sb_candidate){.knob = knob, .value = copy, .artifact = in->artifact->name, .weight = weight, .where = sb_solve_where(in, place), .how = place->how};
}

void sb_solve_propose_number(struct sb_inferring *in, enum sb_knob knob, int64_t value, uint64_t weight, const struct sb_spot *place)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, value);
	sb_solve_propose(in, knob, sb_span_text(text), weight, place);
}

void sb_solve_vote_time(struct sb_inferring *in, const struct sb_time_vote *vote)
{
	struct sb_time_vote *slot = in->times.count < SB_VOTES_MOST ? sb_vec_push(&in->times) : NULL;

	if (slot)
		*slot = *vote;
	else
		in->failed |= in->times.count < SB_VOTES_MOST;
}

/* What was found of a pair, then of what is in it. Recursion is as deep as containers may be. */
static void walk(struct sb_inferring *in, const struct sb_pair *pair)
{
	bool both = pair->bytes[SB_SHIPPED].p && pair->bytes[SB_REBUILT].p;

	if (pair->state == SB_PAIR_EQUAL)
		return;
	for (size_t i = 0; both && !in->failed && !sb_solve_stops(in) && i < sizeof extractors / sizeof *extractors; i++)
		extractors[i]->read(in, pair);
	for (size_t i = 0; !in->stopped && i < pair->child_count; i++)
		walk(in, pair->children[i]);
}

static void read_artifact(struct sb_inferring *in, const struct sb_compared *artifact)
{
	in->artifact = artifact;
	in->first = in->candidates.count;
	in->left = SB_STEPS_MOST;
	in->times.count = in->modes.count = 0;
	walk(in, artifact->pair);
	if (in->stopped)
		return;
	sb_solve_conclude_times(in);
	sb_solve_conclude_modes(in);
}

static int by_rank(const void *a, const void *b)
{
	const struct sb_candidate *x = a, *y = b;

	if (x->knob != y->knob)
		return x->knob < y->knob ? -1 : 1;
	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	int order = strcmp(x->value, y->value);
	return order ? order : strcmp(x->artifact, y->artifact);
}

static int keep(struct sb_inferring *in, struct sb_solve_found *out, struct sb_err *err)
{
	if (in->stopped)
		return sb_fail(err, SB_INTERRUPTED, "interrupted", "stopped on request");
	struct sb_candidate *candidates = sb_arena_array(in->arena, in->candidates.count, sizeof *candidates);
	struct sb_needed *needed = sb_arena_array(in->arena, in->needed.count, sizeof *needed);

	if (in->failed || !candidates || !needed)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (in->candidates.count) {
		memcpy(candidates, in->candidates.items, in->candidates.count * sizeof *candidates);
		qsort(candidates, in->candidates.count, sizeof *candidates, by_rank);
	}
	if (in->needed.count)
		memcpy(needed, in->needed.items, in->needed.count * sizeof *needed);
	*out = (struct sb_solve_found){candidates, in->candidates.count, needed, in->needed.count};
	return 0;
}

static int64_t epoch_of(const struct sb_fact_set *ours)
{
	uint64_t epoch;
	const char *text = ours->value[SB_KNOB_EPOCH];
	return text && sb_text_uint(sb_span_text(text), &epoch) && epoch < INT64_MAX ? (int64_t)epoch : INT64_MIN;
}

int sb_solve_infer(const struct sb_solve_in *in, struct sb_arena *arena, struct sb_solve_found *out, struct sb_err *err)
{
	struct sb_inferring inferring = {
		.in = in,
		.arena = arena,
		.epoch = epoch_of(in->ours),
		.candidates = {.size = sizeof(struct sb_candidate)},
		.needed = {.size = sizeof(struct sb_needed)},
		.times = {.size = sizeof(struct sb_time_vote)},
		.modes = {.size = sizeof(struct sb_mode_vote)},
	};

	for (size_t i = 0; !inferring.stopped && i < in->comparison->count; i++)
		if (!in->comparison->artifacts[i].identical && in->comparison->artifacts[i].pair)
			read_artifact(&inferring, &in->comparison->artifacts[i]);
	int rc = keep(&inferring, out, err);
	sb_vec_release(&inferring.candidates);
	sb_vec_release(&inferring.needed);
	sb_vec_release(&inferring.times);
	sb_vec_release(&inferring.modes);
	return rc;
}
