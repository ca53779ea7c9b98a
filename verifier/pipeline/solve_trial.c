/* SPDX-License-Identifier: Apache-2.0 */
/* One rebuild under facts. That it does not run under them is as good an answer as any other. */
#include "verifier/pipeline/solving.h"

#include <stdio.h>
#include <time.h>

/* A rebuild that takes this much longer than the plain one waits for something that never comes, as programs do before a clock that stands wrong. */
enum { TIMES_LONGER = 5, SECONDS_MORE = 30 };

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int new_trial(struct sb_solver *solver, const struct sb_fact_set *facts, struct sb_rebuilt **out, struct sb_err *err)
{
	struct sb_verified *verified = solver->verified;
	struct sb_rebuilt *made = sb_arena_alloc(solver->arena, sizeof *made);
	struct sb_trial *trial = made ? sb_vec_push(&solver->trials) : NULL;

	if (!trial)
		return no_memory(err);
	*trial = (struct sb_trial){.facts = *facts, .end = SB_TRIAL_FAILED, .why = ""};
	verified->tries[verified->try_count++] = *out = made;
	return 0;
}

/* Facts are foreign: whatever they make of an environment says no more than that nothing is built so. Only what is wrong with this run ends it. */
static bool is_refusal(int rc)
{
	return rc && rc != SB_NOMEM && rc != SB_IO && rc != SB_TEMPORARY && rc != SB_INTERRUPTED && rc != SB_INTERNAL;
}

/* An archive that is not there, or is no root, makes no build; it ends nothing. */
static bool is_no_root(int rc)
{
	return rc == SB_ABSENT || rc == SB_FORMAT || rc == SB_LIMIT || rc == SB_EVIDENCE;
}

static int take_why(struct sb_solver *solver, const char *text, struct sb_err *err)
{
	struct sb_trial *trial = sb_vec_at(&solver->trials, solver->trials.count - 1);

	trial->why = sb_escape_copy(solver->arena, sb_span_text(text));
	return trial->why ? 0 : no_memory(err);
}

static void write_time(int64_t seconds, char *out, size_t room)
{
	time_t when = (time_t)seconds;
	struct tm at;

	if (!gmtime_r(&when, &at) || !strftime(out, room, "%Y-%m-%d %H:%M:%S UTC", &at))
		snprintf(out, room, "%lld", (long long)seconds);
}

/* True in *refused when the recipe unpacks files that are newer than the clock would be: nobody's build began so, and this one need not end. */
static int check_clock(struct sb_solver *solver, const struct sb_drop *drop, bool *refused, struct sb_err *err)
{
	const struct sb_newest newest = sb_ingest_newest(solver->in->drop, &solver->verified->sources);
	char clock[40], file[40], text[512];

	*refused = newest.source && drop->control.clock != SB_CLOCK_REAL && drop->control.epoch < newest.time;
	if (!*refused)
		return 0;
	solver->culprit = sb_knob_bit(SB_KNOB_EPOCH);
	write_time(drop->control.epoch, clock, sizeof clock);
	write_time(newest.time, file, sizeof file);
	snprintf(text, sizeof text, "not built: the clock would stand at %s, before %s of %s (%s), which the recipe unpacks itself", clock, newest.member, newest.source,
	         file);
	return take_why(solver, text, err);
}

static void bound_time(const struct sb_solver *solver, struct sb_drop *drop)
{
	uint64_t most = TIMES_LONGER * solver->seconds + SECONDS_MORE;

	if (solver->seconds && drop->limits.wall > most)
		drop->limits.wall = most;
}

static int build(struct sb_solver *solver, const struct sb_fact_set *facts, struct sb_drop *drop, struct sb_rebuilt *out, bool *refused, struct sb_err *err)
{
	struct sb_sources sources = solver->verified->sources; /* the same but for the times of files */
	struct sb_verify_in as = *solver->in;
	struct sb_err why = {0};

	if (as.given && solver->trials.count == 1)
		as.drop = drop; /* it may become the build that the run is about: with its log and its trace */
	bound_time(solver, drop);
	int rc = sb_solve_date_inputs(facts, &solver->verified->sources.inventory, solver->arena, &sources.inventory, err);
	if (rc)
		return rc;
	rc = facts->value[SB_KNOB_TOOLCHAIN] ? sb_solver_take_root(solver, drop, &sources, &why) : 0;
	*refused = is_no_root(rc);
	if (*refused)
		solver->culprit = sb_knob_bit(SB_KNOB_TOOLCHAIN);
	if (!rc) {
		rc = sb_line_build(&as, &sources, drop, out, &why);
		*refused = is_refusal(rc);
	}
	if (*refused)
		return take_why(solver, why.msg, err);
	if (rc && err)
		*err = why;
	return rc;
}

/* What made nothing equal is not looked at again. */
static void release_unused(const struct sb_solver *solver, struct sb_rebuilt *made)
{
	for (size_t i = 0; i < solver->count; i++)
		if (solver->files[i].rebuild == solver->trials.count)
			return;
	sb_rebuild_release(made);
}

int sb_solver_try(struct sb_solver *solver, const struct sb_fact_set *facts, size_t focus, struct sb_solve_found *found, enum sb_trial_end *end,
                  struct sb_err *err)
{
	bool *were_open = sb_arena_array(solver->arena, solver->count, sizeof *were_open), refused = false;
	struct sb_rebuilt *made = NULL;
	struct sb_drop drop;

	*end = SB_TRIAL_FAILED;
	solver->culprit = 0;
	int rc = were_open ? new_trial(solver, facts, &made, err) : no_memory(err);
	if (rc)
		return rc;
	for (size_t i = 0; i < solver->count; i++)
		were_open[i] = sb_solve_is_open(&solver->files[i]);
	sb_step(solver->in->progress, "solve", "rebuild under facts", solver->trials.count, 0);
	sb_solve_apply(facts, solver->in->drop, &drop);
	if (facts->value[SB_KNOB_EPOCH])
		rc = check_clock(solver, &drop, &refused, err);
	if (!rc && !refused)
		rc = build(solver, facts, &drop, made, &refused, err);
	if (!rc && !refused)
		rc = sb_solver_look(solver, &drop, made, found, err);
	if (rc || refused)
		return rc;
	struct sb_trial *trial = sb_vec_at(&solver->trials, solver->trials.count - 1);
	*end = trial->end = sb_solve_end_of(solver->files, solver->count, were_open, focus, &trial->differ);
	release_unused(solver, made);
	return 0;
}

int sb_solve_again(struct sb_solver *solver, const struct sb_rebuilt *made, struct sb_rebuilt *out, struct sb_err *err)
{
	const struct sb_verified *verified = solver->verified;
	struct sb_sources sources = verified->sources;
	struct sb_drop drop;
	size_t trial = 0;

	while (trial < verified->try_count && verified->tries[trial] != made)
		trial++;
	if (trial == solver->trials.count)
		return sb_fail(err, SB_INTERNAL, "solve-unfounded", "a rebuild under no facts is to be made again");
	const struct sb_fact_set *facts = &((const struct sb_trial *)sb_vec_at(&solver->trials, trial))->facts;
	sb_solve_apply(facts, solver->in->drop, &drop);
	bound_time(solver, &drop);
	int rc = sb_solve_date_inputs(facts, &verified->sources.inventory, solver->arena, &sources.inventory, err);
	if (!rc && facts->value[SB_KNOB_TOOLCHAIN])
		rc = sb_solver_take_root(solver, &drop, &sources, err);
	return rc ? rc : sb_line_build(solver->in, &sources, &drop, out, err);
}
