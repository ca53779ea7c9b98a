/* SPDX-License-Identifier: Apache-2.0 */
/* A better level than the parts of a record allow is refused. */
#include "manifests/record_check.h"

#include <stdlib.h>
#include <string.h>

static bool is_same_file(const struct sb_artifact *a)
{
	return memcmp(a->shipped.sha256, a->rebuilt.sha256, SB_SHA256_BYTES) == 0 && memcmp(a->shipped.blake2b, a->rebuilt.blake2b, SB_BLAKE2B_BYTES) == 0 &&
	       a->shipped.size == a->rebuilt.size;
}

/* Equal bytes of a rebuild under facts, and nothing else, are reproduced. */
static void check_reproduced(struct sb_taking *in, struct sb_place top, const struct sb_result *result)
{
	size_t reproduced = 0, files = 0;

	for (size_t i = 0; i < result->solving.file_count; i++)
		files += result->solving.files[i].rebuild != 0;
	for (size_t i = 0; i < result->artifact_count; i++) {
		const struct sb_artifact *a = &result->artifacts[i];
		if (a->level != SB_LEVEL_REPRODUCED)
			continue;
		reproduced++;
		if (!is_same_file(a) || !sb_solving_trial_of(&result->solving, a->name))
			sb_schema_problem(&in->schema, top, "record-inconsistent", "an artifact is called reproduced without equal digests, or without a rebuild under facts");
	}
	if (reproduced != files)
		sb_schema_problem(&in->schema, top, "record-inconsistent", "the rebuilds under facts name other files than those that are called reproduced");
}

/* A record whose head says more than its parts is forged or broken. */
static void check_levels(struct sb_taking *in, struct sb_place top, const struct sb_result *result)
{
	bool compared = result->artifact_count > 0 || (result->equal.present && result->equal.files > 0);

	for (unsigned pairing = 0; result->installed.present && pairing < SB_PAIRINGS; pairing++)
		if (result->level > result->installed.level[pairing])
			sb_schema_problem(&in->schema, top, "record-inconsistent", "the level is better than that of a pair");
	if (!compared && result->level != SB_LEVEL_UNDETERMINED)
		sb_schema_problem(&in->schema, top, "record-inconsistent", "a level although nothing was compared");
	for (size_t i = 0; i < result->artifact_count; i++) {
		const struct sb_artifact *a = &result->artifacts[i];
		bool unowned = (a->coverage.residual || a->coverage.opaque) && a->level != SB_LEVEL_IMAGE_IDENTICAL; /* there it lies in what is not loaded */
		if (result->level > a->level)
			sb_schema_problem(&in->schema, top, "record-inconsistent", "the level is better than that of an artifact");
		if (a->level > SB_LEVEL_DIFFERENT && (a->shipped.kinds == 0 || a->rebuilt.kinds == 0 || unowned))
			sb_schema_problem(&in->schema, top, "record-inconsistent", "an artifact has a level that its coverage does not allow");
		if (a->level == SB_LEVEL_IDENTICAL && (!is_same_file(a) || a->coverage.equal != a->coverage.bytes))
			sb_schema_problem(&in->schema, top, "record-inconsistent", "an artifact is called identical and its digests, sizes or bytes differ");
	}
}

/* Does a finding say that something of a file is not explained? What came ready-made, and what builds of one environment differ in, changes no level. */
static bool is_unowned(const struct sb_finding *finding)
{
	return finding->rule <= SB_RULE_HINT && strcmp(finding->kind, "prebuilt") != 0 && strcmp(finding->kind, "repeat") != 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct sb_artifact *const *)a)->name, (*(const struct sb_artifact *const *)b)->name);
}

/* Sorted by name; NULL when out of memory. */
static const struct sb_artifact **sorted(struct sb_taking *in, const struct sb_result *result)
{
	const struct sb_artifact **all = sb_take_array(in, result->artifact_count + 1, sizeof *all);

	for (size_t i = 0; all && i < result->artifact_count; i++)
		all[i] = &result->artifacts[i];
	if (all && result->artifact_count)
		qsort(all, result->artifact_count, sizeof *all, by_name);
	return all;
}

/* What a finding leaves unexplained bounds the level of its file; of one that is not listed, that of the run. */
static void check_findings(struct sb_taking *in, struct sb_place top, const struct sb_result *result)
{
	const struct sb_artifact **all = sorted(in, result);

	for (size_t i = 0; all && i < result->finding_count; i++) {
		const struct sb_artifact named = {.name = result->findings[i].artifact}, *key = &named;
		if (!is_unowned(&result->findings[i]))
			continue;
		const struct sb_artifact **found = bsearch(&key, all, result->artifact_count, sizeof *all, by_name);
		enum sb_level level = found ? (*found)->level : result->level;
		if (level > SB_LEVEL_IMAGE_IDENTICAL && level != SB_LEVEL_REPRODUCED)
			sb_schema_problem(&in->schema, top, "record-inconsistent", "an artifact has a level that a finding does not allow");
	}
}

void sb_record_check(struct sb_taking *in, struct sb_place top, const struct sb_result *result)
{
	if (in->failed)
		return;
	check_levels(in, top, result);
	check_reproduced(in, top, result);
	check_findings(in, top, result);
}
