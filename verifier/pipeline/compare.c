/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/pipeline/solver.h"
#include "verifier/pipeline/words.h"

/* Which walls stood between the bytes and this process; copied, since the pool ends before the result. */
static int note_parsers(const struct sb_parsers *parsers, struct sb_arena *arena, struct sb_environment *out, struct sb_err *err)
{
	static const struct sb_property here = {.name = "process", .value = "off: parsed in the main process"};
	const struct sb_properties walls = sb_parsers_walls(parsers);
	size_t count = parsers ? walls.count : 1;

	out->parsers = (struct sb_properties){.items = sb_arena_array(arena, count, sizeof here)};
	for (size_t i = 0; out->parsers.items && i < count; i++) {
		const struct sb_property *wall = parsers ? &walls.items[i] : &here;
		struct sb_property *kept = &out->parsers.items[out->parsers.count++];
		kept->name = sb_arena_copy(arena, sb_span_text(wall->name));
		kept->value = sb_arena_copy(arena, sb_span_text(wall->value));
		if (!kept->name || !kept->value)
			return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	return out->parsers.items ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int ask(struct sb_line_question *question, const struct sb_comparison *comparison, const struct sb_progress *progress, struct sb_err *err)
{
	const struct sb_solve_in in = {.comparison = comparison, .ours = question->ours, .progress = progress};
	return sb_solve_infer(&in, question->arena, &question->found, err);
}

static bool is_identical(const struct sb_comparison *comparison)
{
	for (size_t i = 0; i < comparison->count; i++)
		if (!comparison->artifacts[i].identical)
			return false;
	return true;
}

int sb_line_compare(const struct sb_compare_in *in, const struct sb_facts *facts, const struct sb_sources *sources, struct sb_line_question *question,
                    struct sb_arena *arena, struct sb_result *out, struct sb_err *err)
{
	struct sb_comparison comparison = {0};
	struct sb_explanation explanation = {0};
	struct sb_facts apart;

	int rc = sb_compare_run(in, &comparison, err);
	if (!rc && sources && !is_identical(&comparison))
		apart = sb_line_facts_apart(sources, facts);
	else
		apart = *facts;
	if (!rc)
		rc = sb_explain_run(&comparison, &apart, &explanation, err);
	if (!rc)
		rc = sb_judge_run(&comparison, &explanation, arena, out, err);
	if (!rc && question)
		rc = ask(question, &comparison, in->progress, err);
	if (!rc)
		rc = note_parsers(in->parsers, arena, &out->environment, err);
	sb_explanation_release(&explanation);
	sb_comparison_release(&comparison);
	return rc;
}

int sb_pipeline_compare(const struct sb_compare_in *in, const struct sb_facts *facts, struct sb_arena *arena, struct sb_result *out,
                        struct sb_err *err)
{
	return sb_line_compare(in, facts, NULL, NULL, arena, out, err);
}
