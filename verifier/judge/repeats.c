/* SPDX-License-Identifier: Apache-2.0 */
/* Builds of one environment that are not equal: a finding for each place. Levels stay what the first build gave. */
#include "verifier/judge/judging.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* Chance is certain, and what it came by is a guess: steps that overtake each other change orders. */
static enum sb_cause cause_of(const struct sb_judge_repeat *repeat, const struct sb_finding *seen)
{
	bool order = seen && (seen->cause == SB_CAUSE_PARALLELISM || seen->cause == SB_CAUSE_ORDER || seen->cause == SB_CAUSE_READDIR);
	return order && repeat->parallel ? SB_CAUSE_PARALLELISM : SB_CAUSE_RANDOM;
}

static const char *shown(const struct sb_extent *extent)
{
	return extent->present && extent->preview && extent->preview[0] ? extent->preview : "nothing";
}

static const char *note_of(const struct sb_judge_repeat *repeat, const struct sb_finding *seen, struct sb_arena *arena)
{
	const char *looks = seen && seen->cause != SB_CAUSE_UNEXPLAINED ? sb_cause_name(seen->cause) : NULL;

	if (!seen || !seen->shipped.present || !seen->rebuilt.present)
		return sb_arena_printf(arena, "builds 1 and %llu of one environment differ here", (unsigned long long)repeat->number);
	return sb_arena_printf(arena, "builds 1 and %llu of one environment differ here: %s, then %s%s%s", (unsigned long long)repeat->number,
	                       shown(&seen->shipped), shown(&seen->rebuilt), looks ? "; it looks like " : "", looks ? looks : "");
}

static int add(const struct sb_judge_repeat *repeat, const struct sb_artifact *artifact, const struct sb_finding *seen, struct sb_arena *arena,
               struct sb_vec *out, struct sb_err *err)
{
	struct sb_finding *finding = sb_vec_push(out);
	const char **where = sb_arena_array(arena, 1, sizeof *where);
	const char *note = note_of(repeat, seen, arena);

	if (!finding || !where || !note)
		return no_memory(err);
	where[0] = artifact->name;
	*finding = (struct sb_finding){
		.artifact = artifact->name,
		.where = seen ? seen->where : where,
		.where_count = seen ? seen->where_count : 1,
		.kind = "repeat",
		.cause = cause_of(repeat, seen),
		.rule = SB_RULE_HINT,
		.primary = true,
		.severity = SB_SEVERITY_MAJOR,
		.note = note,
	};
	if (seen && seen->shipped.present)
		finding->rebuilt = (struct sb_extent){.present = true, .offset = seen->shipped.offset, .length = seen->shipped.length, .preview = ""};
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct sb_artifact *x = a, *y = b;
	return strcmp(x->name, y->name);
}

/* A file that differs has a finding, whatever the comparison could say of it. */
static int add_repeat(const struct sb_judge_repeat *repeat, struct sb_arena *arena, struct sb_vec *out, struct sb_err *err)
{
	const struct sb_result *between = repeat->between;
	SB_FREEING bool *told = calloc(between->artifact_count ? between->artifact_count : 1, sizeof *told);
	int rc = told ? 0 : no_memory(err);

	for (size_t i = 0; !rc && i < between->finding_count; i++) {
		const struct sb_artifact wanted = {.name = between->findings[i].artifact};
		const struct sb_artifact *artifact = bsearch(&wanted, between->artifacts, between->artifact_count, sizeof wanted, by_name);
		if (!artifact || !between->findings[i].primary)
			continue;
		told[artifact - between->artifacts] = true;
		rc = add(repeat, artifact, &between->findings[i], arena, out, err);
	}
	for (size_t i = 0; !rc && i < between->artifact_count; i++)
		if (!told[i] && between->artifacts[i].level != SB_LEVEL_IDENTICAL)
			rc = add(repeat, &between->artifacts[i], NULL, arena, out, err);
	return rc;
}

int sb_judge_repeats(const struct sb_judge_repeat *repeats, size_t count, struct sb_arena *arena, struct sb_result *result, struct sb_err *err)
{
	SB_VEC struct sb_vec further = {.size = sizeof(struct sb_finding)};
	int rc = 0;

	for (size_t i = 0; !rc && i < count; i++)
		rc = add_repeat(&repeats[i], arena, &further, err);
	return rc ? rc : sb_judge_add_findings(further.items, further.count, arena, result, err);
}
