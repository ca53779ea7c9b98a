/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/model/solving.h"

#include <string.h>

/** What is the same for every fact of a kind. */
static const struct {
	const char *name;
	enum sb_cause cause;
} facts[SB_KNOBS] = {
	[SB_KNOB_NONE] = {"none", SB_CAUSE_UNEXPLAINED},
	[SB_KNOB_PATH] = {"path", SB_CAUSE_BUILD_PATH},
	[SB_KNOB_EPOCH] = {"epoch", SB_CAUSE_TIMESTAMP},
	[SB_KNOB_CLOCK] = {"clock", SB_CAUSE_TIMESTAMP},
	[SB_KNOB_USER] = {"user", SB_CAUSE_USER},
	[SB_KNOB_HOST] = {"host", SB_CAUSE_HOST},
	[SB_KNOB_KERNEL] = {"kernel", SB_CAUSE_KERNEL},
	[SB_KNOB_LOCALE] = {"locale", SB_CAUSE_LOCALE},
	[SB_KNOB_TIMEZONE] = {"timezone", SB_CAUSE_TIMEZONE},
	[SB_KNOB_UMASK] = {"umask", SB_CAUSE_UMASK},
	[SB_KNOB_JOBS] = {"jobs", SB_CAUSE_PARALLELISM},
	[SB_KNOB_ORDER] = {"order", SB_CAUSE_READDIR},
	[SB_KNOB_INPUT_TIME] = {"input-time", SB_CAUSE_TIMESTAMP},
	[SB_KNOB_TOOLCHAIN] = {"toolchain", SB_CAUSE_COMPILER},
};

static const char *const end_names[SB_TRIAL_ENDS] = {"unknown", "equal", "closer", "no-closer", "failed"};
static const char *const stop_names[SB_SOLVE_STOPS] = {"unknown", "equal", "no-new-fact", "rounds"};

static bool find(const char *const *names, size_t count, const char *name, size_t *out)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0) {
			*out = i;
			return true;
		}
	return false;
}

const char *sb_knob_name(enum sb_knob knob)
{
	return facts[(size_t)knob < SB_KNOBS ? knob : SB_KNOB_NONE].name;
}

bool sb_knob_parse(const char *name, enum sb_knob *out)
{
	for (unsigned knob = SB_KNOB_PATH; knob < SB_KNOBS; knob++)
		if (strcmp(facts[knob].name, name) == 0) {
			*out = (enum sb_knob)knob;
			return true;
		}
	return false;
}

enum sb_cause sb_knob_cause(enum sb_knob knob)
{
	return facts[(size_t)knob < SB_KNOBS ? knob : SB_KNOB_NONE].cause;
}

size_t sb_fact_set_count(const struct sb_fact_set *set)
{
	size_t count = 0;

	for (unsigned knob = 0; knob < SB_KNOBS; knob++)
		count += set->value[knob] != NULL;
	return count;
}

bool sb_fact_set_equal(const struct sb_fact_set *a, const struct sb_fact_set *b)
{
	for (unsigned knob = 0; knob < SB_KNOBS; knob++) {
		const char *x = a->value[knob], *y = b->value[knob];
		if (!x != !y || (x && strcmp(x, y) != 0))
			return false;
	}
	return true;
}

const char *sb_trial_end_name(enum sb_trial_end end)
{
	return end_names[(size_t)end < SB_TRIAL_ENDS ? end : SB_TRIAL_UNKNOWN];
}

bool sb_trial_end_parse(const char *name, enum sb_trial_end *out)
{
	size_t i;
	bool known = find(end_names, SB_TRIAL_ENDS, name, &i);
	if (known)
		*out = (enum sb_trial_end)i;
	return known;
}

const char *sb_solve_stop_name(enum sb_solve_stop stop)
{
	return stop_names[(size_t)stop < SB_SOLVE_STOPS ? stop : SB_SOLVE_UNKNOWN];
}

bool sb_solve_stop_parse(const char *name, enum sb_solve_stop *out)
{
	size_t i;
	bool known = find(stop_names, SB_SOLVE_STOPS, name, &i);
	if (known)
		*out = (enum sb_solve_stop)i;
	return known;
}

const struct sb_trial *sb_solving_trial_of(const struct sb_solving *solving, const char *name)
{
	for (size_t i = 0; i < solving->file_count; i++) {
		const struct sb_solved_file *file = &solving->files[i];
		if (strcmp(file->name, name) == 0)
			return file->rebuild && file->rebuild <= solving->trial_count ? &solving->trials[file->rebuild - 1] : NULL;
	}
	return NULL;
}

static size_t count_equal(const struct sb_solving *solving, size_t trial)
{
	size_t count = 0;

	for (size_t i = 0; i < solving->file_count; i++)
		count += solving->files[i].rebuild == trial + 1;
	return count;
}

const struct sb_fact_set *sb_solving_best(const struct sb_solving *solving)
{
	const struct sb_trial *best = NULL, *closer = NULL;
	size_t most = 0;

	for (size_t i = 0; i < solving->trial_count; i++) {
		size_t count = count_equal(solving, i);
		best = count > most ? &solving->trials[i] : best;
		most = count > most ? count : most;
		closer = solving->trials[i].end == SB_TRIAL_CLOSER ? &solving->trials[i] : closer;
	}
	best = best ? best : closer;
	return best ? &best->facts : NULL;
}
