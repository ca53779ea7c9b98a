/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rebuilds under facts that the shipped files gave away. Facts are kept when they bring files closer; a file is reproduced when the bytes of one of these
 * rebuilds are equal to it, and by nothing else: docs/solve.md.
 */
#include "verifier/pipeline/solving.h"

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* ---- which facts next ---- */

/* The first file that is open and of which something is to be tried; SIZE_MAX: there is none. */
static size_t choose_facts(const struct sb_solver *solver, struct sb_fact_set *out)
{
	for (size_t i = 0; i < solver->count; i++)
		if (sb_solve_is_open(&solver->files[i]) && sb_solve_choose(&solver->choice, solver->verified->sources.shipped[i].path, out))
			return i;
	return SIZE_MAX;
}

static int note_evidence(struct sb_solver *solver, const struct sb_fact_set *facts, size_t focus, struct sb_err *err)
{
	const char *artifact = solver->verified->sources.shipped[focus].path;
	int rc = 0;

	for (unsigned knob = 0; !rc && knob < SB_KNOBS; knob++) {
		const char *value = facts->value[knob];
		const struct sb_candidate *from = value ? sb_solve_behind(&solver->choice, (enum sb_knob)knob, value, artifact) : NULL;
		if (!from)
			continue;
		const struct sb_evidence seen = {.knob = from->knob, .value = from->value, .artifact = from->artifact, .where = from->where, .how = from->how,
		                                 .rebuild = (unsigned)solver->trials.count + 1};
		rc = sb_solver_note_evidence(solver, &seen, err);
	}
	return rc;
}

static void keep_facts(struct sb_solver *solver, const struct sb_fact_set *facts, const struct sb_solve_found *found)
{
	solver->choice.kept = *facts;
	solver->choice.found = *found;
	sb_solve_keep(solver->files, solver->count);
}

static int one_round(struct sb_solver *solver, const struct sb_fact_set *facts, size_t focus, struct sb_err *err)
{
	struct sb_solve_found found = {0};
	enum sb_trial_end end = SB_TRIAL_FAILED;

	int rc = note_evidence(solver, facts, focus, err);
	if (!rc)
		rc = sb_solver_try(solver, facts, focus, &found, &end, err);
	if (rc)
		return rc;
	if (end == SB_TRIAL_EQUAL || end == SB_TRIAL_CLOSER) {
		keep_facts(solver, facts, &found);
		return sb_solver_offer_roots(solver, solver->last_resort, err);
	}
	const char *artifact = solver->verified->sources.shipped[focus].path;
	uint32_t wrong = solver->culprit | sb_solve_contradicted(&solver->choice, facts, artifact, &found);
	return sb_solve_drop(&solver->choice, facts, wrong, artifact, err);
}

/* ---- the whole ---- */

/* Of facts that were given, those that are the manifest's own anyway say nothing. */
static int given_facts(const struct sb_solver *solver, struct sb_fact_set *out, struct sb_err *err)
{
	const struct sb_drop *drop = solver->in->drop;
	const struct sb_controls *control = &drop->control;
	const struct sb_facts facts = {.epoch = control->epoch, .path = drop->build_path, .user = control->user, .host = control->hostname, .locale = control->locale,
	                               .timezone = control->timezone, .kernel = control->kernel, .jobs = control->jobs};
	struct sb_fact_set ours;
	int rc = sb_solve_ours(drop, &facts, solver->arena, &ours, err);

	if (!rc)
		*out = sb_solve_without(solver->in->given, &ours);
	return rc;
}

static int try_given(struct sb_solver *solver, struct sb_err *err)
{
	struct sb_fact_set facts;
	enum sb_trial_end end;

	int rc = given_facts(solver, &facts, err);
	if (rc || sb_fact_set_count(&facts) == 0)
		return rc;
	rc = sb_solver_try(solver, &facts, SIZE_MAX, &solver->given, &end, err);
	for (unsigned knob = 0; !rc && knob < SB_KNOBS; knob++) {
		const struct sb_evidence seen = {.knob = (enum sb_knob)knob, .value = facts.value[knob], .artifact = "", .where = "facts of an earlier run", .how = "given",
		                                 .rebuild = 1};
		if (facts.value[knob])
			rc = sb_solver_note_evidence(solver, &seen, err);
	}
	return rc;
}

/* A root that is not the manifest's is no build that the run could be about. */
static bool is_of_other_root(const struct sb_solver *solver)
{
	const struct sb_trial *given = solver->trials.count ? sb_vec_at(&solver->trials, 0) : NULL;
	return given && given->facts.value[SB_KNOB_TOOLCHAIN];
}

int sb_solve_begin(const struct sb_verify_in *in, struct sb_verified *verified, struct sb_solver **out, bool *all, struct sb_err *err)
{
	struct sb_solver *solver = sb_arena_alloc(verified->arena, sizeof *solver);

	if (!solver)
		return no_memory(err);
	*solver = (struct sb_solver){
		.in = in,
		.verified = verified,
		.arena = verified->arena,
		.count = verified->sources.shipped_count,
		.trials = {.size = sizeof(struct sb_trial)},
		.evidence = {.size = sizeof(struct sb_evidence)},
	};
	*out = solver;
	solver->files = sb_arena_array(solver->arena, solver->count, sizeof *solver->files);
	solver->left = sb_arena_array(solver->arena, solver->count, sizeof *solver->left);
	solver->instead = sb_arena_array(solver->arena, solver->count, sizeof *solver->instead);
	verified->tries = sb_arena_array(solver->arena, (size_t)in->solve + 1, sizeof *verified->tries);
	if (!solver->files || !solver->left || !solver->instead || !verified->tries)
		return no_memory(err);
	for (size_t i = 0; i < solver->count; i++) {
		solver->files[i].after = solver->files[i].kept = UINT64_MAX;
		solver->files[i].plain = verified->sources.shipped[i].type != 'f'; /* a link has no bytes that could be reproduced: it is as the plain rebuild has it */
	}
	int rc = in->given ? try_given(solver, err) : 0;
	*all = !rc && solver->count > 0 && !is_of_other_root(solver) && sb_solve_count_open(solver->files, solver->count) == 0;
	solver->stop = *all ? SB_SOLVE_EQUAL : SB_SOLVE_UNKNOWN;
	return rc;
}

/* The plain rebuild is what the others are measured by; facts that were given may have been better already. */
static int measure(struct sb_solver *solver, const struct sb_result *plain, const struct sb_solve_found *found, struct sb_err *err)
{
	struct sb_trial *given = solver->trials.count ? sb_vec_at(&solver->trials, 0) : NULL;
	uint64_t differ = 0;
	bool gained = false;
	int rc = 0;

	for (size_t i = 0; !rc && i < solver->count; i++) {
		const struct sb_artifact *artifact = &plain->artifacts[i];
		struct sb_solve_file *file = &solver->files[i];
		gained |= file->rebuild != 0;
		if (file->rebuild)
			continue;
		file->plain |= artifact->level == SB_LEVEL_IDENTICAL;
		file->before = file->kept = artifact->coverage.bytes - artifact->coverage.equal;
		if (file->before <= file->after) {
			file->after = file->before;
			rc = sb_solver_note_left(solver, i, artifact->name, plain, err);
		}
		if (!sb_add(differ, file->before, &differ))
			differ = UINT64_MAX;
	}
	solver->choice.found = solver->plain = *found;
	if (!given || given->end == SB_TRIAL_FAILED)
		return rc;
	given->end = gained || given->differ < differ ? SB_TRIAL_CLOSER : SB_TRIAL_NO_CLOSER;
	if (given->end == SB_TRIAL_CLOSER)
		keep_facts(solver, &given->facts, &solver->given);
	return rc;
}

/* What to try next: facts that a file gives away, and at last the other roots without any reason. SIZE_MAX: nothing is left. */
static int next_facts(struct sb_solver *solver, struct sb_fact_set *facts, size_t *focus, struct sb_err *err)
{
	*focus = choose_facts(solver, facts);
	if (*focus != SIZE_MAX || solver->last_resort)
		return 0;
	solver->last_resort = true;
	int rc = sb_solver_offer_roots(solver, true, err);
	if (!rc)
		*focus = choose_facts(solver, facts);
	return rc;
}

int sb_solve_rounds(struct sb_solver *solver, const struct sb_result *plain, const struct sb_solve_found *found, uint64_t seconds,
                    struct sb_err *err)
{
	struct sb_fact_set facts;
	size_t focus;

	if (plain->artifact_count < solver->count)
		return sb_fail(err, SB_INTERNAL, "solve-unfounded", "fewer artifacts than delivered files");
	solver->seconds = seconds ? seconds : 1;
	int rc = measure(solver, plain, found, err);
	if (!rc)
		rc = sb_solver_offer_roots(solver, false, err);
	for (unsigned round = 0; !rc; round++) {
		if (sb_solve_count_open(solver->files, solver->count) == 0) {
			solver->stop = SB_SOLVE_EQUAL;
			return 0;
		}
		rc = next_facts(solver, &facts, &focus, err);
		if (rc)
			return rc;
		if (focus == SIZE_MAX) {
			solver->stop = SB_SOLVE_NO_NEW_FACT;
			return 0;
		}
		if (round == solver->in->solve) {
			solver->stop = SB_SOLVE_ROUNDS;
			return 0;
		}
		rc = one_round(solver, &facts, focus, err);
	}
	return rc;
}

const struct sb_rebuilt *const *sb_solve_instead(const struct sb_solver *solver)
{
	return solver->instead;
}

bool sb_solve_gained(const struct sb_solver *solver)
{
	for (size_t i = 0; i < solver->count; i++)
		if (solver->files[i].rebuild)
			return true;
	return false;
}

void sb_solve_end(struct sb_solver **solver)
{
	if (!*solver)
		return;
	sb_solver_release_roots(*solver);
	sb_vec_release(&(*solver)->trials);
	sb_vec_release(&(*solver)->evidence);
	sb_solve_choice_release(&(*solver)->choice);
	*solver = NULL;
}
