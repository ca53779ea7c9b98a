/* SPDX-License-Identifier: Apache-2.0 */
/* A run against an earlier one: which findings are new, gone or the same, and which files changed. It changes no level. */
#include "verifier/judge/judging.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* By artifact, way in and cause: what a finding is, whatever its offset. */
static int compare_findings(const struct sb_finding *x, const struct sb_finding *y)
{
	int order = strcmp(x->artifact, y->artifact);

	for (size_t i = 0; !order && i < x->where_count && i < y->where_count; i++)
		order = strcmp(x->where[i], y->where[i]);
	if (!order && x->where_count != y->where_count)
		order = x->where_count < y->where_count ? -1 : 1;
	return order ? order : (x->cause > y->cause) - (x->cause < y->cause);
}

static int by_finding(const void *a, const void *b)
{
	const struct sb_finding *x = *(const struct sb_finding *const *)a, *y = *(const struct sb_finding *const *)b;
	int order = compare_findings(x, y);
	return order ? order : (x > y) - (x < y);
}

static int by_place(const void *a, const void *b)
{
	const struct sb_finding *x = *(const struct sb_finding *const *)a, *y = *(const struct sb_finding *const *)b;
	return (x > y) - (x < y);
}

/* Findings that follow from no other, sorted. NULL when out of memory. */
static const struct sb_finding **sorted(const struct sb_result *result, size_t *count)
{
	const struct sb_finding **out = calloc(result->finding_count ? result->finding_count : 1, sizeof *out);

	*count = 0;
	for (size_t i = 0; out && i < result->finding_count; i++)
		if (result->findings[i].primary)
			out[(*count)++] = &result->findings[i];
	if (out)
		qsort(out, *count, sizeof *out, by_finding);
	return out;
}

/** Two sorted lists walked together: what only one of them has stays, what both have is counted. */
struct walk {
	const struct sb_finding **now, **then;
	size_t now_count, then_count;
	uint64_t same;
};

/* Of findings with one key the longer run has some that are new or gone. */
static void part(struct walk *walk)
{
	size_t i = 0, k = 0, fresh = 0, gone = 0;

	while (i < walk->now_count || k < walk->then_count) {
		int order = i == walk->now_count ? 1 : k == walk->then_count ? -1 : compare_findings(walk->now[i], walk->then[k]);
		if (order < 0) {
			walk->now[fresh++] = walk->now[i++];
		} else if (order > 0) {
			walk->then[gone++] = walk->then[k++];
		} else {
			walk->same++;
			i++;
			k++;
		}
	}
	walk->now_count = fresh;
	walk->then_count = gone;
}

static int keep_findings(struct walk *walk, struct sb_arena *arena, struct sb_previous *out, struct sb_err *err)
{
	const char **fresh = sb_arena_array(arena, walk->now_count, sizeof *fresh);
	struct sb_finding *gone = sb_arena_array(arena, walk->then_count, sizeof *gone);

	if (!fresh || !gone)
		return no_memory(err);
	qsort(walk->now, walk->now_count, sizeof *walk->now, by_place);
	qsort(walk->then, walk->then_count, sizeof *walk->then, by_place);
	for (size_t i = 0; i < walk->now_count; i++)
		fresh[i] = walk->now[i]->id;
	for (size_t i = 0; i < walk->then_count; i++)
		gone[i] = *walk->then[i];
	out->fresh = fresh;
	out->fresh_count = walk->now_count;
	out->gone = gone;
	out->gone_count = walk->then_count;
	out->same = walk->same;
	return 0;
}

static int part_findings(const struct sb_result *earlier, const struct sb_result *now, struct sb_arena *arena, struct sb_previous *out, struct sb_err *err)
{
	struct walk walk = {.same = 0};

	walk.now = sorted(now, &walk.now_count);
	walk.then = sorted(earlier, &walk.then_count);
	int rc = walk.now && walk.then ? 0 : no_memory(err);
	if (!rc) {
		part(&walk);
		rc = keep_findings(&walk, arena, out, err);
	}
	free(walk.now);
	free(walk.then);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	const struct sb_artifact *x = *(const struct sb_artifact *const *)a, *y = *(const struct sb_artifact *const *)b;
	return strcmp(x->name, y->name);
}

static const struct sb_artifact **named(const struct sb_result *result)
{
	const struct sb_artifact **out = calloc(result->artifact_count ? result->artifact_count : 1, sizeof *out);

	for (size_t i = 0; out && i < result->artifact_count; i++)
		out[i] = &result->artifacts[i];
	if (out)
		qsort(out, result->artifact_count, sizeof *out, by_name);
	return out;
}

static enum sb_change change_of(const struct sb_digest *then, const struct sb_digest *now)
{
	if (!then->kinds && !now->kinds)
		return SB_CHANGE_UNKNOWN;
	if (!then->kinds || !now->kinds)
		return now->kinds ? SB_CHANGE_NEW : SB_CHANGE_GONE;
	bool same = then->size == now->size && memcmp(then->sha256, now->sha256, SB_SHA256_BYTES) == 0 && memcmp(then->blake2b, now->blake2b, SB_BLAKE2B_BYTES) == 0;
	return same ? SB_CHANGE_SAME : SB_CHANGE_CHANGED;
}

static int part_artifacts(const struct sb_result *earlier, const struct sb_result *now, struct sb_arena *arena, struct sb_previous *out, struct sb_err *err)
{
	static const struct sb_artifact none = {.name = ""};
	SB_FREEING const struct sb_artifact **then_list = named(earlier);
	SB_FREEING const struct sb_artifact **now_list = named(now);
	struct sb_changed *changed = sb_arena_array(arena, earlier->artifact_count + now->artifact_count, sizeof *changed);
	size_t i = 0, k = 0, n = 0;

	if (!then_list || !now_list || !changed)
		return no_memory(err);
	while (i < now->artifact_count || k < earlier->artifact_count) {
		int order = i == now->artifact_count ? 1 : k == earlier->artifact_count ? -1 : strcmp(now_list[i]->name, then_list[k]->name);
		const struct sb_artifact *a = order <= 0 ? now_list[i++] : &none, *b = order >= 0 ? then_list[k++] : &none;
		changed[n++] = (struct sb_changed){order <= 0 ? a->name : b->name, change_of(&b->shipped, &a->shipped), change_of(&b->rebuilt, &a->rebuilt)};
	}
	out->artifacts = changed;
	out->artifact_count = n;
	return 0;
}

int sb_judge_previous(const struct sb_result *earlier, const uint8_t record[SB_SHA256_BYTES], struct sb_arena *arena, struct sb_result *result,
                      struct sb_err *err)
{
	struct sb_previous previous = {.present = true, .level = earlier->level};

	memcpy(previous.record, record, SB_SHA256_BYTES);
	int rc = part_artifacts(earlier, result, arena, &previous, err);
	if (!rc)
		rc = part_findings(earlier, result, arena, &previous, err);
	if (!rc)
		result->previous = previous;
	return rc;
}
