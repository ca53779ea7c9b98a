/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are equal only when they are rebuilt under facts that the shipped ones gave away: docs/levels.md, "reproduced". */
#include "verifier/judge/judging.h"

#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int unfounded(struct sb_err *err)
{
	return sb_fail(err, SB_INTERNAL, "solve-unfounded", "a file is to be reproduced without equal bytes, facts or evidence");
}

static const struct sb_evidence *evidence_of(const struct sb_solving *solving, enum sb_knob knob, const char *value)
{
	for (size_t i = 0; i < solving->evidence_count; i++)
		if (solving->evidence[i].knob == knob && strcmp(solving->evidence[i].value, value) == 0)
			return &solving->evidence[i];
	return NULL;
}

/* Every fact of the rebuild has passed the checks and was seen somewhere. */
static bool is_founded(const struct sb_solving *solving, const struct sb_trial *trial)
{
	for (unsigned knob = 0; knob < SB_KNOBS; knob++) {
		const char *value = trial->facts.value[knob];
		if (value && (!sb_fact_is_plausible((enum sb_knob)knob, sb_span_text(value)) || !evidence_of(solving, (enum sb_knob)knob, value)))
			return false;
	}
	return sb_fact_set_count(&trial->facts) > 0;
}

/* Files stand in the order of the artifacts: the next of that name from *at on. */
static struct sb_artifact *artifact_named(struct sb_artifact *artifacts, size_t count, const char *name, size_t *at)
{
	while (*at < count)
		if (strcmp(artifacts[(*at)++].name, name) == 0)
			return &artifacts[*at - 1];
	return NULL;
}

static bool are_same_bytes(const struct sb_artifact *artifact)
{
	const struct sb_digest *a = &artifact->shipped, *b = &artifact->rebuilt;

	return a->kinds == SB_DIGEST_BOTH && b->kinds == SB_DIGEST_BOTH && a->size == b->size && memcmp(a->sha256, b->sha256, SB_SHA256_BYTES) == 0 &&
	       memcmp(a->blake2b, b->blake2b, SB_BLAKE2B_BYTES) == 0;
}

/** What is added to a result. */
struct adding {
	const struct sb_solving *solving;
	struct sb_arena *arena;
	struct sb_vec findings; /* struct sb_finding */
	uint64_t bytes[SB_CAUSES][2];
	uint64_t left_out;
};

static int add_finding(struct adding *add, const char *artifact, enum sb_knob knob, const char *value, struct sb_err *err)
{
	const struct sb_evidence *seen = evidence_of(add->solving, knob, value);
	struct sb_finding *finding = add->findings.count < SB_LIMIT_OF(FINDINGS) ? sb_vec_push(&add->findings) : NULL;
	const char **where = sb_arena_array(add->arena, 2, sizeof *where);

	if (!finding && add->findings.count >= SB_LIMIT_OF(FINDINGS)) {
		add->left_out++;
		return 0;
	}
	if (!finding || !where)
		return no_memory(err);
	where[0] = artifact;
	where[1] = sb_knob_name(knob);
	*finding = (struct sb_finding){
		.id = sb_arena_printf(add->arena, "f%zu", add->findings.count),
		.artifact = artifact,
		.where = where,
		.where_count = 2,
		.kind = "fact",
		.cause = sb_knob_cause(knob),
		.rule = SB_RULE_COUNTERFACTUAL,
		.primary = true,
		.severity = SB_SEVERITY_INFO,
		.note = sb_arena_printf(add->arena, "a rebuild with %s %s gives equal bytes; seen in %s (%s)", sb_knob_name(knob), value, seen->where, seen->how),
	};
	return finding->id && finding->note ? 0 : no_memory(err);
}

static int add_file(struct adding *add, const struct sb_solved_file *file, struct sb_artifact *artifact, struct sb_err *err)
{
	const struct sb_trial *trial = file->rebuild <= add->solving->trial_count ? &add->solving->trials[file->rebuild - 1] : NULL;
	int rc = 0;

	if (!artifact || artifact->level != SB_LEVEL_IDENTICAL || !are_same_bytes(artifact) || !trial || !is_founded(add->solving, trial))
		return unfounded(err);
	artifact->level = SB_LEVEL_REPRODUCED;
	for (unsigned knob = 0; !rc && knob < SB_KNOBS; knob++)
		if (trial->facts.value[knob])
			rc = add_finding(add, artifact->name, (enum sb_knob)knob, trial->facts.value[knob], err);
	return rc;
}

static bool is_used(const struct sb_solving *solving, size_t trial)
{
	for (size_t i = 0; i < solving->file_count; i++)
		if (solving->files[i].rebuild == trial + 1)
			return true;
	return false;
}

/* Does an earlier rebuild that made a file equal have the same value? It is chosen once. */
static bool is_counted(const struct sb_solving *solving, size_t before, enum sb_knob knob, const char *value)
{
	for (size_t i = 0; i < before; i++)
		if (is_used(solving, i) && solving->trials[i].facts.value[knob] && strcmp(solving->trials[i].facts.value[knob], value) == 0)
			return true;
	return false;
}

/* Each byte of a fact was the vendor's to choose, and it may stand in what is loaded. */
static void add_freedom(struct adding *add)
{
	const struct sb_solving *solving = add->solving;

	for (size_t i = 0; i < solving->trial_count; i++)
		for (unsigned knob = 0; is_used(solving, i) && knob < SB_KNOBS; knob++) {
			const char *value = solving->trials[i].facts.value[knob];
			if (value && !is_counted(solving, i, (enum sb_knob)knob, value))
				add->bytes[sb_knob_cause((enum sb_knob)knob)][1] += strlen(value);
		}
}

static int begin(struct adding *add, const struct sb_result *result, struct sb_err *err)
{
	for (size_t i = 0; i < result->finding_count; i++) {
		struct sb_finding *slot = sb_vec_push(&add->findings);
		if (!slot)
			return no_memory(err);
		*slot = result->findings[i];
	}
	for (size_t i = 0; i < result->freedom_count; i++)
		add->bytes[result->freedom[i].cause][result->freedom[i].loaded] += result->freedom[i].bytes;
	return 0;
}

static int keep(struct adding *add, struct sb_artifact *artifacts, struct sb_result *result, struct sb_err *err)
{
	struct sb_finding *findings = sb_arena_array(add->arena, add->findings.count, sizeof *findings);

	if (!findings)
		return no_memory(err);
	if (add->findings.count)
		memcpy(findings, add->findings.items, add->findings.count * sizeof *findings);
	int rc = sb_judge_list_freedom((const uint64_t(*)[2])add->bytes, add->arena, result, err);
	if (rc)
		return rc;
	result->artifacts = artifacts;
	result->findings = findings;
	result->finding_count = add->findings.count;
	result->findings_left_out += add->left_out;
	result->level = sb_judge_level_of_run(result);
	return 0;
}

int sb_judge_reproduced(const struct sb_solving *solving, struct sb_arena *arena, struct sb_result *result, struct sb_err *err)
{
	struct adding add = {.solving = solving, .arena = arena, .findings = {.size = sizeof(struct sb_finding)}};
	struct sb_artifact *artifacts = sb_arena_array(arena, result->artifact_count, sizeof *artifacts);
	int rc = artifacts ? begin(&add, result, err) : no_memory(err);
	size_t at = 0;

	if (!rc && result->artifact_count)
		memcpy(artifacts, result->artifacts, result->artifact_count * sizeof *artifacts);
	for (size_t i = 0; !rc && i < solving->file_count; i++)
		if (solving->files[i].rebuild)
			rc = add_file(&add, &solving->files[i], artifact_named(artifacts, result->artifact_count, solving->files[i].name, &at), err);
	add_freedom(&add);
	if (!rc)
		rc = keep(&add, artifacts, result, err);
	sb_vec_release(&add.findings);
	if (!rc)
		result->solving = *solving;
	return rc;
}
