/* SPDX-License-Identifier: Apache-2.0 */
/* What --solve did, as a part of the result. */
#include "verifier/pipeline/solving.h"

#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

int sb_solver_note_evidence(struct sb_solver *solver, const struct sb_evidence *seen, struct sb_err *err)
{
	for (size_t i = 0; i < solver->evidence.count; i++) {
		const struct sb_evidence *old = sb_vec_at(&solver->evidence, i);
		if (old->knob == seen->knob && strcmp(old->value, seen->value) == 0)
			return 0;
	}
	struct sb_evidence *slot = sb_vec_push(&solver->evidence);
	if (!slot)
		return no_memory(err);
	*slot = *seen;
	return 0;
}

/* Nothing is needed for a file that is equal. */
static bool is_wanted(const struct sb_solver *solver, const struct sb_needed *needed)
{
	for (size_t i = 0; i < solver->count; i++)
		if (sb_solve_is_open(&solver->files[i]) && strcmp(solver->verified->sources.shipped[i].path, needed->artifact) == 0)
			return true;
	return false;
}

static bool is_listed(const struct sb_needed *list, size_t count, const struct sb_needed *needed)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].what, needed->what) == 0 && strcmp(list[i].version, needed->version) == 0 && strcmp(list[i].artifact, needed->artifact) == 0)
			return true;
	return false;
}

static void add_needed(const struct sb_solver *solver, const struct sb_solve_found *found, struct sb_needed *list, size_t *count)
{
	for (size_t i = 0; i < found->needed_count; i++)
		if (is_wanted(solver, &found->needed[i]) && !is_listed(list, *count, &found->needed[i]))
			list[(*count)++] = found->needed[i];
}

/* Of the rebuild that was kept, and of the plain one; under another root that one's tools say nothing. */
static int list_needed(const struct sb_solver *solver, struct sb_solving *out, struct sb_err *err)
{
	struct sb_needed *needed = sb_arena_array(solver->arena, solver->choice.found.needed_count + solver->plain.needed_count, sizeof *needed);

	if (!needed)
		return no_memory(err);
	add_needed(solver, &solver->choice.found, needed, &out->needed_count);
	if (!solver->choice.kept.value[SB_KNOB_TOOLCHAIN])
		add_needed(solver, &solver->plain, needed, &out->needed_count);
	out->needed = needed;
	return 0;
}

static int list_files(const struct sb_solver *solver, struct sb_solving *out, struct sb_err *err)
{
	struct sb_solved_file *files = sb_arena_array(solver->arena, solver->count, sizeof *files);

	if (!files)
		return no_memory(err);
	for (size_t i = 0; i < solver->count; i++) {
		const struct sb_solve_file *file = &solver->files[i];
		const struct sb_solver_left *left = &solver->left[i];
		if (!file->plain)
			files[out->file_count++] = (struct sb_solved_file){.name = solver->verified->sources.shipped[i].path, .rebuild = file->rebuild, .before = file->before,
			                                                   .after = file->after, .left = left->ways, .left_count = left->count, .left_more = left->more};
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
