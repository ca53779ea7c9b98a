/* SPDX-License-Identifier: Apache-2.0 */
/* Artifacts: digests, what a file has beside its bytes, and the pair of its bytes. */
#include "verifier/compare/unit.h"

#include <string.h>

/** Everything that a comparison points at. */
struct sb_compare_memory {
	struct sb_arena *arena;
	struct sb_depot *depot; /* NULL: the caller's is used */
	struct sb_unit **units; /* one an artifact, NULL where identical */
	struct sb_parser_side *(*sides)[SB_SIDES]; /* so too */
	size_t count;
	unsigned descriptors; /* that may still be kept open */
};

/** Descriptors that stay open until all is explained: few against what a process may have, and enough for the layers of a package. */
enum { DESCRIPTORS = 64 };
/** Of so few artifacts the parsers stay for the questions of those who explain; of more they are ended, and started again for whoever asks. */
enum { FEW = 2 };

struct job {
	const struct sb_compare_in *in;
	struct sb_compared *out;
	struct sb_unit **units;
	struct sb_parser_side *(*sides)[SB_SIDES];
	struct sb_depot *depot;
	unsigned *descriptors;
	struct sb_pool *pool;
};

static int note(struct sb_unit *unit, enum sb_diff_kind kind, const char *name, const struct sb_artifact_in *in, struct sb_err *err)
{
	struct sb_diff *diff = sb_unit_diff(unit, kind, err);

	if (!diff)
		return err ? err->code : SB_NOMEM;
	diff->name = name ? sb_arena_copy(unit->arena, sb_span_text(name)) : NULL;
	if (name && !diff->name)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	diff->side[SB_SHIPPED].present = in->shipped.present;
	diff->side[SB_REBUILT].present = in->rebuilt.present;
	return 0;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static char *two_modes(struct sb_arena *arena, uint32_t a, uint32_t b)
{
	return sb_arena_printf(arena, "0%03o → 0%03o", a & 07777, b & 07777);
}

static unsigned bit(enum sb_diff_kind kind, bool differs)
{
	return differs ? 1U << kind : 0;
}

/* What a file of a directory has beside its bytes and differs in: bits of enum sb_diff_kind. Of another type, it is not asked for more. */
static unsigned unlike(const struct sb_side *a, const struct sb_side *b)
{
	bool modes = a->has_mode && b->has_mode, owners = a->has_owner && b->has_owner;

	if (a->type != b->type)
		return bit(SB_DIFF_TYPE, true);
	return bit(SB_DIFF_LINK, !same_text(a->link, b->link)) | bit(SB_DIFF_DEVICE, a->rdev != b->rdev) | bit(SB_DIFF_MODE, modes && a->mode != b->mode) |
	       bit(SB_DIFF_OWNER, owners && (a->uid != b->uid || a->gid != b->gid)) | bit(SB_DIFF_MTIME, owners && a->mtime != b->mtime) |
	       bit(SB_DIFF_XATTR, !sb_span_equal(a->xattrs, b->xattrs));
}

static int compare_metadata(struct sb_unit *unit, const struct sb_artifact_in *in, struct sb_err *err)
{
	static const enum sb_diff_kind kinds[] = {SB_DIFF_TYPE, SB_DIFF_LINK, SB_DIFF_DEVICE, SB_DIFF_MODE, SB_DIFF_OWNER, SB_DIFF_MTIME, SB_DIFF_XATTR};
	unsigned differ = unlike(&in->shipped, &in->rebuilt);
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof kinds / sizeof *kinds; i++)
		if (differ & bit(kinds[i], true))
			rc = note(unit, kinds[i], kinds[i] == SB_DIFF_MODE ? two_modes(unit->arena, in->shipped.mode, in->rebuilt.mode) : NULL, in, err);
	return rc;
}

static int compare_lone(struct sb_unit *unit, const struct sb_artifact_in *in, struct sb_err *err)
{
	uint64_t bytes = in->shipped.present ? in->shipped.bytes.n : in->rebuilt.bytes.n;
	int rc = note(unit, SB_DIFF_ARTIFACT, NULL, in, err);

	if (rc)
		return rc;
	struct sb_diff *diff = sb_vec_at(&unit->diffs, 0);
	diff->bytes = bytes;
	diff->side[in->shipped.present ? SB_SHIPPED : SB_REBUILT].length = bytes;
	unit->pair.state = SB_PAIR_RAW;
	unit->pair.own_bytes = bytes;
	unit->pair.diffs = unit->diffs.items;
	unit->pair.diff_count = unit->diffs.count;
	return 0;
}

/* Which members a limit on all of them hits depends on the schedule, that it was hit does not: then nothing is said of any. */
static int judge_budget(struct sb_unit *unit, const struct sb_unpack_budget *budget, struct sb_err *err)
{
	const uint64_t ratio = SB_LIMIT_OF(UNPACK_RATIO_TOTAL);
	struct sb_err why = {0};
	int rc = 0;

	if (budget->unpacked > budget->most)
		rc = sb_fail_limit(&why, SB_LIMIT_ROW_UNPACKED_TOTAL, budget->most + 1);
	else if (budget->unpacked > SB_LIMIT_OF(UNPACK_FLOOR) && budget->unpacked / ratio > budget->packed)
		rc = sb_fail_limit(&why, SB_LIMIT_ROW_UNPACK_RATIO_TOTAL, ratio + 1);
	return rc ? sb_unit_cut_short(unit, &why, err) : 0;
}

/* Bytes against bytes, with parsers that see this artifact and one side of it each. */
static int compare_bytes(struct sb_unit *unit, const struct sb_artifact_in *in, struct sb_parser_side *side[SB_SIDES], struct sb_compare_run *run,
                         struct sb_err *err)
{
	const struct sb_side *given[SB_SIDES] = {&in->shipped, &in->rebuilt};
	for (unsigned s = 0; s < SB_SIDES; s++) {
		run->budget[s] = (struct sb_unpack_budget){.packed = given[s]->bytes.n, .most = SB_LIMIT_OF(UNPACKED_TOTAL)};
		run->side[s] = side[s];
		sb_source_init(&unit->source[s], side[s], sb_depot_reading(run->depot), given[s]->bytes, given[s]->blob);
	}
	int rc = sb_unit_compare(unit, run, err);
	for (unsigned s = 0; !rc && s < SB_SIDES; s++)
		rc = judge_budget(unit, &run->budget[s], err);
	for (unsigned s = 0; run->artifacts > FEW && s < SB_SIDES; s++)
		sb_parser_side_rest(side[s]);
	return rc;
}

static int compare_present(struct sb_unit *unit, const struct sb_artifact_in *in, struct sb_parser_side *side[SB_SIDES], struct sb_compare_run *run,
                           struct sb_err *err)
{
	int rc = compare_metadata(unit, in, err);

	if (rc)
		return rc;
	if (in->shipped.type == 'f' && in->rebuilt.type == 'f')
		return compare_bytes(unit, in, side, run, err);
	unit->pair.state = SB_PAIR_RAW;
	unit->pair.diffs = unit->diffs.items;
	unit->pair.diff_count = unit->diffs.count;
	return 0;
}

/** One artifact, whose sides begin with @common equal bytes. */
struct artifact {
	struct job *job;
	size_t index, common;
	struct sb_compare_run run;
};

static int compare_unequal(const struct artifact *artifact, struct sb_compare_run *run, struct sb_err *err)
{
	struct job *job = artifact->job;
	const struct sb_artifact_in *in = &job->in->artifacts[artifact->index];
	struct sb_parser_side **sides = job->sides[artifact->index];
	struct sb_unit *unit = job->units[artifact->index] = sb_unit_new(NULL, in->name, 0);

	if (!unit)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	job->out[artifact->index].pair = &unit->pair;
	unit->pair.bytes[SB_SHIPPED] = in->shipped.bytes;
	unit->pair.bytes[SB_REBUILT] = in->rebuilt.bytes;
	if (!in->shipped.present || !in->rebuilt.present)
		return compare_lone(unit, in, err);
	for (unsigned side = 0; side < SB_SIDES; side++)
		if (!(sides[side] = sb_parser_side_new(job->in->parsers)))
			return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	return compare_present(unit, in, sides, run, err);
}

/* Its digests, and what differs: neither needs the other. */
static int do_part(void *ctx, size_t part, struct sb_err *err)
{
	struct artifact *artifact = ctx;
	struct sb_compared *out = &artifact->job->out[artifact->index];

	if (part == 0)
		return sb_compare_digests(&artifact->job->in->artifacts[artifact->index], artifact->common, &artifact->run, out->digest, err);
	return out->identical ? 0 : compare_unequal(artifact, &artifact->run, err);
}

static int compare_artifact(void *ctx, size_t i, struct sb_err *err)
{
	struct job *job = ctx;
	const struct sb_artifact_in *in = &job->in->artifacts[i];
	const struct sb_side *a = &in->shipped, *b = &in->rebuilt;
	struct artifact artifact = {.job = job, .index = i, .run = {.progress = job->in->progress, .pool = job->pool, .artifact = i, .artifacts = job->in->count,
	                                                            .depot = job->depot, .descriptors = job->descriptors}};

	sb_step(job->in->progress, "compare", in->name, i, job->in->count);
	job->out[i].name = in->name;
	int rc = a->present && b->present
	                 ? sb_compare_common(job->in->progress, sb_depot_reading(job->depot), a->bytes, b->bytes, &artifact.common, err) : 0;
	if (rc)
		return rc;
	job->out[i].identical = a->present && b->present && a->bytes.n == b->bytes.n && artifact.common == a->bytes.n && !unlike(a, b);
	return sb_pool_share(job->pool, 2, do_part, &artifact, err);
}

static int start(const struct sb_compare_in *in, struct sb_compare_memory **out, struct sb_compared **artifacts, struct sb_err *err)
{
	struct sb_compare_memory *memory = calloc(1, sizeof *memory);

	*out = memory;
	if (!memory || !(memory->arena = sb_arena_new(0)) || (!in->depot && !(memory->depot = sb_depot_new())) || !(memory->units = calloc(in->count ? in->count : 1, sizeof *memory->units)) ||
	    !(memory->sides = calloc(in->count ? in->count : 1, sizeof *memory->sides)) ||
	    !(*artifacts = sb_arena_array(memory->arena, in->count, sizeof **artifacts)))
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	memory->count = in->count;
	memory->descriptors = DESCRIPTORS;
	return 0;
}

int sb_compare_run(const struct sb_compare_in *in, struct sb_comparison *out, struct sb_err *err)
{
	struct sb_comparison made = {.count = in->count, .equal = in->equal, .parsers = in->parsers};
	struct sb_compared *artifacts = NULL;
	struct sb_pool *pool = sb_pool_new(in->jobs);
	int rc = start(in, &made.memory, &artifacts, err);

	if (!rc && !pool)
		rc = sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (!rc) {
		struct job job = {in, artifacts, made.memory->units, made.memory->sides, in->depot ? in->depot : made.memory->depot, &made.memory->descriptors, pool};
		rc = sb_pool_share(pool, in->count, compare_artifact, &job, err);
	}
	sb_pool_free(&pool);
	made.artifacts = artifacts;
	made.reading = sb_depot_reading(in->depot || rc ? in->depot : made.memory->depot);
	if (rc)
		sb_comparison_release(&made);
	else
		*out = made;
	return rc;
}

void sb_comparison_release(struct sb_comparison *comparison)
{
	struct sb_compare_memory *memory = comparison->memory;

	if (memory) {
		for (size_t i = 0; memory->units && i < memory->count; i++)
			sb_unit_free(&memory->units[i]);
		for (size_t i = 0; memory->sides && i < memory->count; i++) {
			sb_parser_side_free(&memory->sides[i][SB_SHIPPED]);
			sb_parser_side_free(&memory->sides[i][SB_REBUILT]);
		}
		free(memory->units);
		free(memory->sides);
		sb_depot_free(&memory->depot);
		sb_arena_free(&memory->arena);
		free(memory);
	}
	*comparison = (struct sb_comparison){0};
}
