/* SPDX-License-Identifier: Apache-2.0 */
/* Three things, two at a time: what runs, what was delivered, what the source builds. The worst pair decides. */
#include "verifier/judge/judging.h"

#include <stdlib.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* No file of a folder has two slashes in a row in its name. */
static const char *pair_name(struct sb_arena *arena, unsigned pairing, const char *name)
{
	return pairing == SB_PAIRING_SHIPPED_REBUILT ? name : sb_arena_printf(arena, "%s//%s", sb_pairing_name((enum sb_pairing)pairing), name);
}

static int join_artifacts(const struct sb_result pairs[SB_PAIRINGS], struct sb_arena *arena, struct sb_result *out, struct sb_err *err)
{
	size_t count = 0, n = 0;

	for (unsigned p = 0; p < SB_PAIRINGS; p++)
		count += pairs[p].artifact_count;
	struct sb_artifact *artifacts = sb_arena_array(arena, count, sizeof *artifacts);
	if (!artifacts)
		return no_memory(err);
	for (unsigned p = 0; p < SB_PAIRINGS; p++) {
		for (size_t i = 0; i < pairs[p].artifact_count; i++) {
			artifacts[n] = pairs[p].artifacts[i];
			artifacts[n].name = pair_name(arena, p, artifacts[n].name);
			if (!artifacts[n++].name)
				return no_memory(err);
		}
	}
	out->artifacts = artifacts;
	out->artifact_count = count;
	return 0;
}

/** A finding with what it is sorted by. */
struct ranked {
	const struct sb_finding *finding;
	unsigned pairing;
	size_t position;
};

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int order = sb_judge_finding_order(x->finding, y->finding);

	return order ? order : (x->position > y->position) - (x->position < y->position);
}

/* What is missing where: the explainers know of a delivery and a rebuild only. */
static const char *note_of(const struct sb_finding *finding, unsigned pairing)
{
	static const char *const missing[SB_PAIRINGS] = {[SB_PAIRING_INSTALLED_SHIPPED] = "this runs in the network, but was not delivered",
	                                                 [SB_PAIRING_INSTALLED_REBUILT] = "this runs in the network, but the rebuild does not make it"};
	static const char *const extra[SB_PAIRINGS] = {[SB_PAIRING_INSTALLED_SHIPPED] = "this was delivered, but does not run in the network",
	                                               [SB_PAIRING_INSTALLED_REBUILT] = "the rebuild makes this, but it does not run in the network"};
	const char *note = finding->cause == SB_CAUSE_MISSING ? missing[pairing] : finding->cause == SB_CAUSE_EXTRA ? extra[pairing] : NULL;

	return note ? note : finding->note;
}

static int rename_finding(struct sb_finding *finding, unsigned pairing, struct sb_arena *arena, struct sb_err *err)
{
	const char **where = sb_arena_array(arena, finding->where_count, sizeof *where);

	finding->note = note_of(finding, pairing);
	finding->artifact = pair_name(arena, pairing, finding->artifact);
	if (!where || !finding->artifact)
		return no_memory(err);
	for (size_t i = 0; i < finding->where_count; i++)
		if (!(where[i] = i ? finding->where[i] : pair_name(arena, pairing, finding->where[0])))
			return no_memory(err);
	finding->where = where;
	return 0;
}

static int list(const struct ranked *ranked, size_t count, struct sb_arena *arena, struct sb_result *out, struct sb_err *err)
{
	size_t kept = count < SB_LIMIT_OF(FINDINGS) ? count : (size_t)SB_LIMIT_OF(FINDINGS);
	struct sb_finding *findings = sb_arena_array(arena, kept, sizeof *findings);
	int rc = findings ? 0 : no_memory(err);

	for (size_t i = 0; !rc && i < kept; i++) {
		findings[i] = *ranked[i].finding;
		rc = rename_finding(&findings[i], ranked[i].pairing, arena, err);
		findings[i].id = sb_arena_printf(arena, "f%zu", i + 1);
		if (!rc && !findings[i].id)
			rc = no_memory(err);
	}
	out->findings = findings;
	out->finding_count = kept;
	out->findings_left_out += count - kept;
	return rc;
}

static int join_findings(const struct sb_result pairs[SB_PAIRINGS], struct sb_arena *arena, struct sb_result *out, struct sb_err *err)
{
	size_t count = 0, n = 0;

	out->findings_left_out = 0;
	for (unsigned p = 0; p < SB_PAIRINGS; p++) {
		count += pairs[p].finding_count;
		out->findings_left_out += pairs[p].findings_left_out;
	}
	SB_FREEING struct ranked *ranked = calloc(count ? count : 1, sizeof *ranked);
	if (!ranked)
		return no_memory(err);
	for (unsigned p = 0; p < SB_PAIRINGS; p++)
		for (size_t i = 0; i < pairs[p].finding_count; i++, n++)
			ranked[n] = (struct ranked){&pairs[p].findings[i], p, n};
	qsort(ranked, count, sizeof *ranked, by_rank);
	return list(ranked, count, arena, out, err);
}

static int join_freedom(const struct sb_result pairs[SB_PAIRINGS], struct sb_arena *arena, struct sb_result *out, struct sb_err *err)
{
	uint64_t bytes[SB_CAUSES][2] = {{0}};

	for (unsigned p = 0; p < SB_PAIRINGS; p++)
		for (size_t i = 0; i < pairs[p].freedom_count; i++)
			bytes[pairs[p].freedom[i].cause][pairs[p].freedom[i].loaded] += pairs[p].freedom[i].bytes;
	return sb_judge_list_freedom(bytes, arena, out, err);
}

/* All pairs were asked by the same rules. */
static int join_uses(const struct sb_result pairs[SB_PAIRINGS], struct sb_arena *arena, struct sb_result *out, struct sb_err *err)
{
	size_t count = pairs[SB_PAIRING_SHIPPED_REBUILT].rule_use_count;
	struct sb_rule_use *uses = sb_arena_array(arena, count, sizeof *uses);

	if (!uses)
		return no_memory(err);
	for (size_t i = 0; i < count; i++) {
		uses[i] = pairs[SB_PAIRING_SHIPPED_REBUILT].rule_uses[i];
		for (unsigned p = SB_PAIRING_SHIPPED_REBUILT + 1; p < SB_PAIRINGS; p++)
			uses[i].applied += i < pairs[p].rule_use_count ? pairs[p].rule_uses[i].applied : 0;
	}
	out->rule_uses = uses;
	out->rule_use_count = count;
	return 0;
}

static int join_limits(const struct sb_result pairs[SB_PAIRINGS], struct sb_arena *arena, struct sb_result *out, struct sb_err *err)
{
	size_t count = 0, n = 0;

	for (unsigned p = 0; p < SB_PAIRINGS; p++)
		count += pairs[p].limit_count;
	struct sb_limit_hit *limits = sb_arena_array(arena, count, sizeof *limits);
	if (!limits)
		return no_memory(err);
	for (unsigned p = 0; p < SB_PAIRINGS; p++) {
		for (size_t i = 0; i < pairs[p].limit_count; i++) {
			limits[n] = pairs[p].limits[i];
			if (!(limits[n].where = pair_name(arena, p, limits[n].where)))
				return no_memory(err);
			n++;
		}
	}
	out->limits = limits;
	out->limit_count = count;
	return 0;
}

int sb_judge_installed(const struct sb_result pairs[SB_PAIRINGS], struct sb_arena *arena, struct sb_result *out, struct sb_err *err)
{
	struct sb_result result = pairs[SB_PAIRING_SHIPPED_REBUILT];

	result.installed.present = true;
	for (unsigned p = 0; p < SB_PAIRINGS; p++) {
		result.installed.level[p] = pairs[p].level;
		result.level = sb_level_worse(result.level, pairs[p].level);
	}
	result.installed.deviates = sb_deviant_of(result.installed.level);
	int rc = join_artifacts(pairs, arena, &result, err);
	if (!rc)
		rc = join_findings(pairs, arena, &result, err);
	if (!rc)
		rc = join_freedom(pairs, arena, &result, err);
	if (!rc)
		rc = join_limits(pairs, arena, &result, err);
	if (!rc)
		rc = join_uses(pairs, arena, &result, err);
	if (!rc)
		*out = result;
	return rc;
}
