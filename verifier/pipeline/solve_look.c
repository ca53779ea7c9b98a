/* SPDX-License-Identifier: Apache-2.0 */
/* A rebuild under facts beside the delivered files that no rebuild made equal yet. */
#include "verifier/pipeline/solving.h"

#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* The way in below the file's own name. */
static const char *way_to(const struct sb_finding *finding, struct sb_arena *arena)
{
	SB_BUF struct sb_buf way = {.ceiling = 1 << 20};

	for (size_t k = 1; k < finding->where_count; k++) {
		sb_buf_text(&way, k > 1 ? " > " : "");
		sb_escape(&way, sb_span_text(finding->where[k]));
	}
	return way.bad ? NULL : sb_arena_copy(arena, sb_buf_span(&way));
}

int sb_solver_note_left(struct sb_solver *solver, size_t which, const char *name, const struct sb_result *result, struct sb_err *err)
{
	const char **ways = sb_arena_array(solver->arena, SB_SOLVED_LEFT, sizeof *ways);
	struct sb_solver_left left = {.ways = ways};

	if (!ways)
		return no_memory(err);
	for (size_t i = 0; i < result->finding_count; i++) {
		const struct sb_finding *finding = &result->findings[i];
		if (strcmp(finding->artifact, name) != 0)
			continue;
		if (left.count == SB_SOLVED_LEFT) {
			left.more++;
			continue;
		}
		ways[left.count] = way_to(finding, solver->arena);
		if (!ways[left.count++])
			return no_memory(err);
	}
	solver->left[which] = left;
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
		if (!sb_solve_is_open(&solver->files[i]))
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
		struct sb_solve_file *file = &solver->files[look->index[i]];
		file->now = artifact->coverage.bytes - artifact->coverage.equal;
		if (artifact->level == SB_LEVEL_IDENTICAL) { /* of a file: links are not open */
			file->rebuild = (unsigned)solver->trials.count;
			file->after = 0;
			solver->left[look->index[i]] = (struct sb_solver_left){0};
			solver->instead[look->index[i]] = made;
		} else if (file->now < file->after) {
			file->after = file->now;
			rc = sb_solver_note_left(solver, look->index[i], artifact->name, result, err);
		}
	}
	return rc;
}

int sb_solver_look(struct sb_solver *solver, const struct sb_drop *drop, const struct sb_rebuilt *made, struct sb_solve_found *found, struct sb_err *err)
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
		rc = sb_line_compare(&from, &made->facts, &solver->verified->sources, &question, scratch, &result, err);
	}
	if (!rc)
		rc = take_results(solver, &looking, &result, made, err);
	sb_vec_release(&looking.artifacts);
	*found = question.found;
	return rc;
}
