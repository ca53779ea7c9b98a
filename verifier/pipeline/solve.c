/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rebuilds under facts that the shipped files gave away. Facts are kept when they bring files closer; a file is reproduced when the bytes of one of these
 * rebuilds are equal to it, and by nothing else: docs/solve.md.
 */
#include "verifier/pipeline/solver.h"

#include <stdlib.h>
#include <string.h>

/** What is known of one delivered file. */
struct file {
	bool plain;              /* the plain rebuild is equal */
	unsigned rebuild;        /* number of the rebuild that is equal; 0: none */
	uint64_t before, after;  /* bytes that differ: plain, best */
	uint64_t kept, now;      /* under the facts that were kept, in the rebuild that is looked at */
	const char *const *left;
	size_t left_count;
	uint64_t left_more;
};

struct sb_solver {
	const struct sb_verify_in *in;
	struct sb_verified *verified;
	struct sb_arena *arena;
	struct file *files; /* one for each delivered file */
	size_t count;
	const struct sb_rebuilt **instead;
	struct sb_vec trials;   /* struct sb_trial */
	struct sb_vec evidence; /* struct sb_evidence */
	struct sb_solve_choice choice;
	struct sb_solve_found given; /* under the facts that were given */
	enum sb_solve_stop stop;
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static bool is_open(const struct file *file)
{
	return !file->plain && !file->rebuild;
}

static size_t count_open(const struct sb_solver *solver)
{
	size_t open = 0;

	for (size_t i = 0; i < solver->count; i++)
		open += is_open(&solver->files[i]);
	return open;
}

/* ---- one rebuild ---- */

static int add_evidence(struct sb_solver *solver, const struct sb_candidate *seen, unsigned rebuild, struct sb_err *err)
{
	for (size_t i = 0; i < solver->evidence.count; i++) {
		const struct sb_evidence *old = sb_vec_at(&solver->evidence, i);
		if (old->knob == seen->knob && strcmp(old->value, seen->value) == 0)
			return 0;
	}
	struct sb_evidence *slot = sb_vec_push(&solver->evidence);
	if (!slot)
		return no_memory(err);
	*slot = (struct sb_evidence){.knob = seen->knob, .value = seen->value, .artifact = seen->artifact, .where = seen->where, .how = seen->how,
	                             .rebuild = rebuild};
	return 0;
}

static int new_try(struct sb_solver *solver, const struct sb_fact_set *facts, struct sb_rebuilt **out, struct sb_err *err)
{
	struct sb_verified *verified = solver->verified;
	struct sb_rebuilt *made = sb_arena_alloc(solver->arena, sizeof *made);
	struct sb_trial *trial = made ? sb_vec_push(&solver->trials) : NULL;

	if (!trial)
		return no_memory(err);
	*trial = (struct sb_trial){.facts = *facts};
	verified->tries[verified->try_count++] = *out = made;
	return 0;
}

/* What says no more than that a recipe does not work so, or that the environment cannot be made so. */
static bool is_refusal(int rc)
{
	return rc == SB_FAILED || rc == SB_USAGE || rc == SB_LIMIT;
}

static int build(struct sb_solver *solver, const struct sb_fact_set *facts, struct sb_drop *drop, struct sb_rebuilt *out, bool *refused, struct sb_err *err)
{
	struct sb_sources sources = solver->verified->sources; /* the same but for the times of files */
	struct sb_verify_in as = *solver->in;
	struct sb_err why = {0};

	sb_solve_apply(facts, solver->in->drop, drop);
	if (as.given && solver->trials.count == 1)
		as.drop = drop; /* it may become the build that the run is about: with its log and its trace */
	int rc = sb_solve_date_inputs(facts, &solver->verified->sources.inventory, solver->arena, &sources.inventory, err);
	if (rc)
		return rc;
	rc = sb_line_build(&as, &sources, drop, out, &why);
	*refused = is_refusal(rc);
	if (rc && !*refused && err)
		*err = why;
	return *refused ? 0 : rc;
}

/* Ways to what differs still, for people. */
static int note_left(struct sb_solver *solver, struct file *file, const char *name, const struct sb_result *result, struct sb_err *err)
{
	const char **left = sb_arena_array(solver->arena, SB_SOLVED_LEFT, sizeof *left);

	if (!left)
		return no_memory(err);
	file->left = left;
	file->left_count = file->left_more = 0;
	for (size_t i = 0; i < result->finding_count; i++) {
		const struct sb_finding *finding = &result->findings[i];
		SB_BUF struct sb_buf way = {.ceiling = 1 << 20};
		if (strcmp(finding->artifact, name) != 0)
			continue;
		if (file->left_count == SB_SOLVED_LEFT) {
			file->left_more++;
			continue;
		}
		for (size_t k = 1; k < finding->where_count; k++) {
			sb_buf_text(&way, k > 1 ? " > " : "");
			sb_escape(&way, sb_span_text(finding->where[k]));
		}
		const char *text = way.bad ? NULL : sb_arena_copy(solver->arena, sb_buf_span(&way));
		if (!text)
			return no_memory(err);
		left[file->left_count++] = text;
	}
	return 0;
}

/** The comparison of one rebuild with the files that are open. */
struct looking {
	struct sb_vec artifacts; /* struct sb_artifact_in */
	size_t *index;           /* of the file that each belongs to */
};

static int choose_open(struct sb_solver *solver, const struct sb_rebuilt *rebuilt, struct looking *look, struct sb_err *err)
{
	const struct sb_line_sides sides = {.base = rebuilt};
	size_t open = 0;

	look->index = sb_arena_array(solver->arena, solver->count, sizeof *look->index);
	int rc = look->index ? sb_line_pair(solver->in, &solver->verified->sources, &sides, solver->arena, &look->artifacts, err) : no_memory(err);
	for (size_t i = 0; !rc && i < solver->count; i++) {
		if (!is_open(&solver->files[i]))
			continue;
		struct sb_artifact_in *all = look->artifacts.items;
		all[open] = all[i];
		look->index[open++] = i;
	}
	look->artifacts.count = open;
	return rc;
}

static int take_results(struct sb_solver *solver, const struct looking *look, const struct sb_result *result, const struct sb_rebuilt *made, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < result->artifact_count; i++) {
		const struct sb_artifact *artifact = &result->artifacts[i];
		struct file *file = &solver->files[look->index[i]];
		file->now = artifact->coverage.bytes - artifact->coverage.equal;
		if (artifact->level == SB_LEVEL_IDENTICAL) {
			file->rebuild = (unsigned)solver->trials.count;
			file->after = file->left_count = file->left_more = 0;
			solver->instead[look->index[i]] = made;
		} else if (file->now < file->after) {
			file->after = file->now;
			rc = note_left(solver, file, artifact->name, result, err);
		}
	}
	return rc;
}

static int look(struct sb_solver *solver, const struct sb_drop *drop, const struct sb_rebuilt *made, struct sb_solve_found *found, struct sb_err *err)
{
	SB_ARENA struct sb_arena *scratch = sb_arena_new(0);
	struct looking looking = {.artifacts = {.size = sizeof(struct sb_artifact_in)}};
	struct sb_result result = {0};
	struct sb_fact_set ours;
	struct sb_line_question question = {.ours = &ours, .arena = solver->arena};

	int rc = scratch ? sb_solve_ours(drop, &made->facts, solver->arena, &ours, err) : no_memory(err);
	if (!rc)
		rc = choose_open(solver, made, &looking, err);
	if (!rc) {
		const struct sb_verify_in *in = solver->in;
		const struct sb_compare_in from = {.artifacts = looking.artifacts.items, .count = looking.artifacts.count, .jobs = in->jobs, .parsers = in->parsers,
		                                   .progress = in->progress};
		rc = sb_line_compare(&from, &made->facts, &question, scratch, &result, err);
	}
	if (!rc)
		rc = take_results(solver, &looking, &result, made, err);
	sb_vec_release(&looking.artifacts);
	*found = question.found;
	return rc;
}

/* Fewer bytes differ in the file that the facts are about, or over all files that were open before. */
static enum sb_trial_end end_of(const struct sb_solver *solver, const bool *were_open, size_t focus, uint64_t *differ)
{
	uint64_t kept = 0;
	bool gained = false;

	*differ = 0;
	for (size_t i = 0; i < solver->count; i++) {
		const struct file *file = &solver->files[i];
		if (!were_open[i])
			continue;
		gained |= file->rebuild != 0;
		if (!sb_add(kept, file->kept, &kept))
			kept = UINT64_MAX;
		if (!sb_add(*differ, file->now, differ))
			*differ = UINT64_MAX;
	}
	if (count_open(solver) == 0)
		return SB_TRIAL_EQUAL;
	if (focus != SIZE_MAX && solver->files[focus].now < solver->files[focus].kept)
		return SB_TRIAL_CLOSER;
	return gained || *differ < kept ? SB_TRIAL_CLOSER : SB_TRIAL_NO_CLOSER;
}

/* @focus: the file that they were chosen for; SIZE_MAX: none in particular. */
static int try_facts(struct sb_solver *solver, const struct sb_fact_set *facts, size_t focus, struct sb_solve_found *found, enum sb_trial_end *end,
                     struct sb_err *err)
{
	bool *were_open = sb_arena_array(solver->arena, solver->count, sizeof *were_open), refused = false;
	struct sb_rebuilt *made = NULL;
	struct sb_drop drop;

	*end = SB_TRIAL_FAILED;
	int rc = were_open ? new_try(solver, facts, &made, err) : no_memory(err);
	for (size_t i = 0; !rc && i < solver->count; i++)
		were_open[i] = is_open(&solver->files[i]);
	if (!rc)
		sb_step(solver->in->progress, "solve", "rebuild under facts", solver->trials.count, 0);
	if (!rc)
		rc = build(solver, facts, &drop, made, &refused, err);
	if (!rc && !refused)
		rc = look(solver, &drop, made, found, err);
	if (rc)
		return rc;
	struct sb_trial *trial = sb_vec_at(&solver->trials, solver->trials.count - 1);
	if (!refused)
		*end = end_of(solver, were_open, focus, &trial->differ);
	trial->end = *end;
	bool used = false;
	for (size_t i = 0; i < solver->count; i++)
		used |= solver->files[i].rebuild == solver->trials.count;
	if (!used)
		sb_rebuild_release(made);
	return 0;
}

/* ---- which facts next ---- */

/* The first file that is open and of which something is to be tried; SIZE_MAX: there is none. */
static size_t choose_facts(const struct sb_solver *solver, struct sb_fact_set *out)
{
	for (size_t i = 0; i < solver->count; i++)
		if (is_open(&solver->files[i]) && sb_solve_choose(&solver->choice, solver->verified->sources.shipped[i].path, out))
			return i;
	return SIZE_MAX;
}

static int note_evidence(struct sb_solver *solver, const struct sb_fact_set *facts, size_t focus, struct sb_err *err)
{
	const char *artifact = solver->verified->sources.shipped[focus].path;
	int rc = 0;

	for (unsigned knob = 0; !rc && knob < SB_KNOBS; knob++) {
		const struct sb_candidate *seen = facts->value[knob] ? sb_solve_behind(&solver->choice, (enum sb_knob)knob, facts->value[knob], artifact) : NULL;
		if (seen)
			rc = add_evidence(solver, seen, (unsigned)solver->trials.count + 1, err);
	}
	return rc;
}

static void keep_facts(struct sb_solver *solver, const struct sb_fact_set *facts, const struct sb_solve_found *found)
{
	solver->choice.kept = *facts;
	solver->choice.found = *found;
	for (size_t i = 0; i < solver->count; i++)
		solver->files[i].kept = solver->files[i].now;
}

static int one_round(struct sb_solver *solver, const struct sb_fact_set *facts, size_t focus, struct sb_err *err)
{
	struct sb_solve_found found = {0};
	enum sb_trial_end end = SB_TRIAL_FAILED;

	int rc = note_evidence(solver, facts, focus, err);
	if (!rc)
		rc = try_facts(solver, facts, focus, &found, &end, err);
	if (rc)
		return rc;
	if (end == SB_TRIAL_EQUAL || end == SB_TRIAL_CLOSER) {
		keep_facts(solver, facts, &found);
		return 0;
	}
	return sb_solve_drop(&solver->choice, facts, solver->verified->sources.shipped[focus].path, err);
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

	*out = *solver->in->given;
	for (unsigned knob = 0; !rc && knob < SB_KNOBS; knob++)
		if (out->value[knob] && ours.value[knob] && strcmp(out->value[knob], ours.value[knob]) == 0)
			out->value[knob] = NULL;
	return rc;
}

static int try_given(struct sb_solver *solver, struct sb_err *err)
{
	struct sb_fact_set facts;
	enum sb_trial_end end;

	int rc = given_facts(solver, &facts, err);
	if (rc || sb_fact_set_count(&facts) == 0)
		return rc;
	rc = try_facts(solver, &facts, SIZE_MAX, &solver->given, &end, err);
	for (unsigned knob = 0; !rc && knob < SB_KNOBS; knob++) {
		const struct sb_candidate seen = {.knob = (enum sb_knob)knob, .value = facts.value[knob], .artifact = "", .where = "facts of an earlier run", .how = "given"};
		if (facts.value[knob])
			rc = add_evidence(solver, &seen, 1, err);
	}
	return rc;
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
	solver->instead = sb_arena_array(solver->arena, solver->count, sizeof *solver->instead);
	verified->tries = sb_arena_array(solver->arena, (size_t)in->solve + 1, sizeof *verified->tries);
	if (!solver->files || !solver->instead || !verified->tries)
		return no_memory(err);
	for (size_t i = 0; i < solver->count; i++)
		solver->files[i].after = solver->files[i].kept = UINT64_MAX;
	int rc = in->given ? try_given(solver, err) : 0;
	*all = !rc && solver->count > 0 && count_open(solver) == 0;
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
		struct file *file = &solver->files[i];
		gained |= file->rebuild != 0;
		if (file->rebuild)
			continue;
		file->plain = artifact->level == SB_LEVEL_IDENTICAL;
		file->before = file->kept = artifact->coverage.bytes - artifact->coverage.equal;
		if (file->before <= file->after) {
			file->after = file->before;
			rc = note_left(solver, file, artifact->name, plain, err);
		}
		if (!sb_add(differ, file->before, &differ))
			differ = UINT64_MAX;
	}
	solver->choice.found = *found;
	if (!given || given->end == SB_TRIAL_FAILED)
		return rc;
	given->end = gained || given->differ < differ ? SB_TRIAL_CLOSER : SB_TRIAL_NO_CLOSER;
	if (given->end == SB_TRIAL_CLOSER)
		keep_facts(solver, &given->facts, &solver->given);
	return rc;
}

int sb_solve_rounds(struct sb_solver *solver, const struct sb_result *plain, const struct sb_solve_found *found, struct sb_err *err)
{
	struct sb_fact_set facts;

	if (plain->artifact_count < solver->count)
		return sb_fail(err, SB_INTERNAL, "solve-unfounded", "fewer artifacts than delivered files");
	int rc = measure(solver, plain, found, err);
	for (unsigned round = 0; !rc; round++) {
		if (count_open(solver) == 0) {
			solver->stop = SB_SOLVE_EQUAL;
			return 0;
		}
		size_t focus = choose_facts(solver, &facts);
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

/* Nothing is needed for a file that is equal. */
static bool is_wanted(const struct sb_solver *solver, const struct sb_needed *needed)
{
	for (size_t i = 0; i < solver->count; i++)
		if (is_open(&solver->files[i]) && strcmp(solver->verified->sources.shipped[i].path, needed->artifact) == 0)
			return true;
	return false;
}

static int list_needed(const struct sb_solver *solver, struct sb_solving *out, struct sb_err *err)
{
	struct sb_needed *needed = sb_arena_array(solver->arena, solver->choice.found.needed_count, sizeof *needed);

	if (!needed)
		return no_memory(err);
	for (size_t i = 0; i < solver->choice.found.needed_count; i++)
		if (is_wanted(solver, &solver->choice.found.needed[i]))
			needed[out->needed_count++] = solver->choice.found.needed[i];
	out->needed = needed;
	return 0;
}

static int list_files(const struct sb_solver *solver, struct sb_solving *out, struct sb_err *err)
{
	struct sb_solved_file *files = sb_arena_array(solver->arena, solver->count, sizeof *files);

	if (!files)
		return no_memory(err);
	for (size_t i = 0; i < solver->count; i++) {
		const struct file *file = &solver->files[i];
		if (!file->plain)
			files[out->file_count++] = (struct sb_solved_file){.name = solver->verified->sources.shipped[i].path, .rebuild = file->rebuild, .before = file->before,
			                                                   .after = file->after, .left = file->left, .left_count = file->left_count, .left_more = file->left_more};
	}
	out->files = files;
	return 0;
}

/* Copied out of vectors that go away. */
static const void *copy(const struct sb_solver *solver, const struct sb_vec *from)
{
	void *out = sb_arena_array(solver->arena, from->count, from->size);

	if (out && from->count)
		memcpy(out, from->items, from->count * from->size);
	return out;
}

int sb_solve_conclude(struct sb_solver *solver, struct sb_result *result, struct sb_err *err)
{
	struct sb_solving solving = {
		.present = true,
		.most = solver->in->solve,
		.stop = solver->stop,
		.trials = copy(solver, &solver->trials),
		.trial_count = solver->trials.count,
		.evidence = copy(solver, &solver->evidence),
		.evidence_count = solver->evidence.count,
	};

	int rc = solving.trials && solving.evidence ? list_needed(solver, &solving, err) : no_memory(err);
	if (!rc)
		rc = list_files(solver, &solving, err);
	return rc ? rc : sb_judge_reproduced(&solving, solver->arena, result, err);
}

void sb_solve_end(struct sb_solver **solver)
{
	if (!*solver)
		return;
	sb_vec_release(&(*solver)->trials);
	sb_vec_release(&(*solver)->evidence);
	sb_solve_choice_release(&(*solver)->choice);
	*solver = NULL;
}
