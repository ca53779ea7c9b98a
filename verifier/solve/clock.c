/* SPDX-License-Identifier: Apache-2.0 */
/* What the times of all places together say of the vendor's clock, of the time zone and of the age of the sources. */
#include "verifier/solve/inside.h"

#include <inttypes.h>
#include <string.h>

enum { DAY = 86400, TWO_DAYS = 172800, HALF_DAY = 14 * 3600, QUARTER = 900, MINUTE = 60, JITTER = 5 };

/** A moment at which the vendor's clock may have begun, and how often it was found. */
struct start {
	int64_t at;
	uint64_t weight;
	const struct sb_time_vote *vote;
};

struct concluding {
	struct sb_inferring *in;
	struct sb_vec exact, local; /* struct start: in UTC, and in a zone that is not told */
	int64_t only;               /* the one time that the shipped file says wherever our clock had run */
	bool many, late;            /* there are several; ours was later than the epoch somewhere */
	int64_t first[SB_SIDES], last[SB_SIDES]; /* of all times that the build took from its clock */
	const struct sb_time_vote *running;      /* one of the later ones; NULL: all are one */
};

static bool vote_start(struct sb_inferring *in, struct sb_vec *starts, int64_t at, const struct sb_time_vote *vote)
{
	for (size_t i = 0; i < starts->count; i++) {
		struct start *start = sb_vec_at(starts, i);
		if (start->at == at) {
			start->weight += vote->weight;
			return true;
		}
	}
	struct start *start = starts->count < 256 ? sb_vec_push(starts) : NULL;
	if (start)
		*start = (struct start){at, vote->weight, vote};
	else
		in->failed |= starts->count < 256;
	return start != NULL;
}

/* The heaviest; of equal ones the latest, since sources may be older than the build and never newer. */
static const struct start *best(const struct sb_vec *starts)
{
	const struct start *out = NULL;

	for (size_t i = 0; i < starts->count; i++) {
		const struct start *start = sb_vec_at(starts, i);
		if (!out || start->weight > out->weight || (start->weight == out->weight && start->at > out->at))
			out = start;
	}
	return out;
}

static bool is_full(const struct sb_time_vote *vote)
{
	return vote->shipped.day && vote->shipped.clock && vote->rebuilt.day && vote->rebuilt.clock;
}

/* How long our build had run when it wrote the time. False: it is no time of our build. */
static bool elapsed(const struct concluding *c, const struct sb_time_vote *vote, int64_t *out)
{
	int64_t since = vote->rebuilt.seconds - c->in->epoch, rounded = vote->rebuilt.minutes ? MINUTE : vote->rebuilt.zone ? 0 : 1; /* DOS times are even */

	if (!vote->rebuilt.zone && strcmp((const char *)sb_solve_ours_of(c->in, SB_KNOB_TIMEZONE).p, "UTC") != 0 && since >= -HALF_DAY && since <= HALF_DAY)
		since = ((since % QUARTER) + QUARTER) % QUARTER; /* our own zone, whatever it is */
	if (since < 0 && since >= -rounded && !vote->rebuilt.minutes)
		since = 0;
	*out = since;
	return since >= -rounded && since <= TWO_DAYS;
}

static void widen(int64_t *first, int64_t *last, int64_t seconds)
{
	*first = seconds < *first ? seconds : *first;
	*last = seconds > *last ? seconds : *last;
}

static void note_span(struct concluding *c, const struct sb_time_vote *vote)
{
	if (vote->shipped.minutes || !vote->shipped.zone)
		return;
	if (c->last[SB_SHIPPED] != INT64_MIN && vote->shipped.seconds != c->last[SB_SHIPPED])
		c->running = vote;
	widen(&c->first[SB_SHIPPED], &c->last[SB_SHIPPED], vote->shipped.seconds);
	widen(&c->first[SB_REBUILT], &c->last[SB_REBUILT], vote->rebuilt.seconds);
}

/* Moments of a clock that ran: no clock that is set gives them but by the luck of taking as long as the vendor's build did. */
static void conclude_running(struct concluding *c)
{
	char theirs[96], ours[64];

	if (!c->running || c->exact.count < 2)
		return;
	snprintf(theirs, sizeof theirs, "as theirs did: times within %" PRId64 " s from %" PRId64 " on", c->last[SB_SHIPPED] - c->first[SB_SHIPPED], c->first[SB_SHIPPED]);
	snprintf(ours, sizeof ours, "times within %" PRId64 " s", c->last[SB_REBUILT] - c->first[SB_REBUILT]);
	sb_solve_need(c->in, sb_span_text("a clock that runs"), sb_span_text(theirs), sb_span_text(ours), &c->running->place);
}

static void take_full(struct concluding *c, const struct sb_time_vote *vote)
{
	int64_t since;

	if (!elapsed(c, vote, &since))
		return;
	vote_start(c->in, vote->shipped.zone ? &c->exact : &c->local, vote->shipped.seconds - since, vote);
	note_span(c, vote);
	if (!vote->shipped.minutes) {
		c->many |= c->only != INT64_MIN && c->only != vote->shipped.seconds;
		c->only = vote->shipped.seconds;
		c->late |= since > 0;
	}
	if (vote->shipped.zone_name.n && !sb_span_equal(vote->shipped.zone_name, vote->rebuilt.zone_name)) {
		char text[16];
		if (vote->shipped.zone_minutes % 60 == 0) { /* POSIX: hours west of UTC */
			snprintf(text, sizeof text, "%.*s%+d", (int)vote->shipped.zone_name.n, (const char *)vote->shipped.zone_name.p, -vote->shipped.zone_minutes / 60);
			sb_solve_propose(c->in, SB_KNOB_TIMEZONE, sb_span_text(text), vote->weight + 8, &vote->place);
		}
	}
}

/* Local times that are whole quarters of an hour from the time in UTC tell the zone. */
static bool take_zone(struct concluding *c, int64_t away, const struct sb_time_vote *vote)
{
	int64_t quarters = (away + (away < 0 ? -QUARTER : QUARTER) / 2) / QUARTER, rest = away - quarters * QUARTER;
	int64_t jitter = vote->shipped.minutes ? MINUTE : JITTER;
	char text[16];

	if (quarters == 0 || rest > jitter || rest < -jitter || quarters % 4 != 0 || away > HALF_DAY || away < -HALF_DAY)
		return false;
	snprintf(text, sizeof text, "UTC%+d", (int)(-quarters / 4));
	sb_solve_propose(c->in, SB_KNOB_TIMEZONE, sb_span_text(text), vote->weight, &vote->place);
	return true;
}

static void propose_start(struct concluding *c, int64_t at, uint64_t weight, const struct sb_time_vote *vote)
{
	bool frozen = !c->many && c->late && c->only != INT64_MIN;

	sb_solve_propose_number(c->in, SB_KNOB_EPOCH, frozen ? c->only : at, weight, &vote->place);
	if (frozen)
		sb_solve_propose(c->in, SB_KNOB_CLOCK, sb_span_text("frozen"), weight, &vote->place);
}

static void conclude_full(struct concluding *c)
{
	const struct start *exact = best(&c->exact), *local = best(&c->local);

	for (size_t i = 0; i < c->local.count; i++) {
		const struct start *start = sb_vec_at(&c->local, i);
		int64_t from = exact ? exact->at : c->in->epoch;
		if (take_zone(c, start->at - from, start->vote) && start == local)
			local = NULL;
	}
	for (size_t i = 0; exact && i < c->exact.count; i++) {
		const struct start *start = sb_vec_at(&c->exact, i);
		propose_start(c, start->at, start->weight, start->vote);
	}
	if (!exact && local)
		propose_start(c, local->at, local->weight, local->vote);
}

static bool is_day_alone(const struct sb_stamp *stamp)
{
	return stamp->day && !stamp->clock;
}

static bool is_clock_alone(const struct sb_stamp *stamp)
{
	return stamp->clock && !stamp->day;
}

static bool is_year(const struct sb_stamp *stamp)
{
	return stamp->year;
}

/* Of the votes whose shipped time is such, the first with the most weight; NULL: there is none. */
static const struct sb_time_vote *heaviest(const struct sb_inferring *in, bool (*is_such)(const struct sb_stamp *))
{
	const struct sb_time_vote *best = NULL;

	for (size_t i = 0; i < in->times.count; i++) {
		const struct sb_time_vote *vote = sb_vec_at(&in->times, i);
		if (is_such(&vote->shipped) && (!best || vote->weight > best->weight))
			best = vote;
	}
	return best;
}

/* Day and time of day stand apart where __DATE__ and __TIME__ do. */
static void conclude_parts(struct concluding *c)
{
	const struct sb_time_vote *day = heaviest(c->in, is_day_alone), *clock = heaviest(c->in, is_clock_alone), *year = heaviest(c->in, is_year);
	int64_t epoch = c->in->epoch;

	if (day || clock) {
		int64_t since = clock ? (clock->rebuilt.seconds - epoch % DAY + DAY) % DAY : 0;
		int64_t time = clock ? clock->shipped.seconds - since : epoch % DAY, date = day ? day->shipped.seconds : epoch - epoch % DAY;
		propose_start(c, date + time, day ? day->weight : clock->weight, day ? day : clock);
	} else if (year) {
		propose_start(c, year->shipped.seconds + (epoch - year->rebuilt.seconds), year->weight, year);
	}
}

/* Files of the sources are older than the build. One time for all of them is what a checkout or an unpacker leaves. */
static void conclude_inputs(struct concluding *c)
{
	const struct sb_time_vote *first = NULL;

	for (size_t i = 0; i < c->in->times.count; i++) {
		const struct sb_time_vote *vote = sb_vec_at(&c->in->times, i);
		if (!vote->input || vote->rebuilt.seconds >= c->in->epoch - 2)
			continue;
		if (first && first->shipped.seconds != vote->shipped.seconds)
			return;
		first = vote;
	}
	if (first)
		sb_solve_propose_number(c->in, SB_KNOB_INPUT_TIME, first->shipped.seconds, first->weight, &first->place);
}

void sb_solve_conclude_times(struct sb_inferring *in)
{
	struct concluding c = {.in = in, .exact = {.size = sizeof(struct start)}, .local = {.size = sizeof(struct start)}, .only = INT64_MIN,
	                       .first = {INT64_MAX, INT64_MAX}, .last = {INT64_MIN, INT64_MIN}};

	if (in->epoch == INT64_MIN || in->times.count == 0)
		return;
	for (size_t i = 0; i < in->times.count; i++) {
		const struct sb_time_vote *vote = sb_vec_at(&in->times, i);
		if (is_full(vote))
			take_full(&c, vote);
	}
	if (c.exact.count || c.local.count)
		conclude_full(&c);
	else
		conclude_parts(&c);
	conclude_inputs(&c);
	conclude_running(&c);
	sb_vec_release(&c.exact);
	sb_vec_release(&c.local);
}
