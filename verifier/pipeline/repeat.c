/* SPDX-License-Identifier: Apache-2.0 */
/* The same build again: what does not come out the same. */
#include "verifier/pipeline/solver.h"
#include "verifier/pipeline/vary.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/** What is found out, build by build. */
struct repeating {
	const struct sb_verify_in *in;
	struct sb_verified *verified;
	struct sb_variance *variance; /* or NULL */
	struct sb_solver *solver;     /* or NULL */
	const struct sb_rebuilt *first; /* of the environment that is built in again */
	struct sb_vec repeats; /* struct sb_judge_repeat */
	struct sb_vec varied;  /* const char *: sorted names; files that are known to vary are looked at no more */
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The outputs that are not what the first build made, to the front. */
static size_t keep_different(const struct repeating *all, const struct sb_rebuilt *again, struct sb_line_unit *units, size_t count)
{
	uint8_t first[SB_BLAKE2B_BYTES], second[SB_BLAKE2B_BYTES];
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		bool known = all->varied.count && bsearch(&units[i].name, all->varied.items, all->varied.count, all->varied.size, by_name);
		sb_line_identity(all->first, units[i].path, first);
		sb_line_identity(again, units[i].path, second);
		if (!known && memcmp(first, second, sizeof first) != 0)
			units[kept++] = units[i];
	}
	return kept;
}

static int note_names(struct sb_vec *names, const struct sb_line_unit *units, size_t count, struct sb_err *err)
{
	for (size_t i = 0; i < count; i++) {
		const char **slot = sb_vec_push(names);
		if (!slot)
			return no_memory(err);
		*slot = units[i].name;
	}
	qsort(names->items, names->count, names->size, by_name);
	return 0;
}

/* Where they differ, while both builds are there. */
static int look_into(struct repeating *all, const struct sb_rebuilt *again, const struct sb_line_unit *units, size_t count, uint64_t number, struct sb_err *err)
{
	const struct sb_facts none = SB_FACTS_NONE;
	struct sb_arena *arena = all->verified->arena;
	struct sb_result *between = sb_arena_alloc(arena, sizeof *between);
	struct sb_judge_repeat *repeat = sb_vec_push(&all->repeats);

	if (!between || !repeat)
		return no_memory(err);
	*repeat = (struct sb_judge_repeat){.between = between, .number = number, .parallel = all->in->drop->control.jobs > 1};
	return sb_line_between(all->in, all->first, again, units, count, &none, arena, between, err);
}

/* Of the manifest's environment all that was built; of another the delivered files that only it made equal. */
static int list_units(const struct repeating *all, const struct sb_rebuilt *again, struct sb_vec *units, struct sb_err *err)
{
	const struct sb_verified *verified = all->verified;
	const struct sb_rebuilt *const both[] = {all->first, again};

	if (all->first == &verified->rebuilt)
		return sb_line_units(all->in->drop, &verified->sources, both, 2, verified->arena, units, err);
	for (size_t i = 0; i < verified->sources.shipped_count; i++) {
		struct sb_line_unit *slot = verified->instead[i] == all->first ? sb_vec_push(units) : NULL;
		if (verified->instead[i] != all->first)
			continue;
		if (!slot)
			return no_memory(err);
		*slot = (struct sb_line_unit){.path = verified->sources.shipped[i].built, .name = verified->sources.shipped[i].path};
	}
	return 0;
}

static int compare_again(struct repeating *all, const struct sb_rebuilt *again, uint64_t number, struct sb_err *err)
{
	SB_VEC struct sb_vec units = {.size = sizeof(struct sb_line_unit)};

	int rc = list_units(all, again, &units, err);
	size_t count = rc ? 0 : keep_different(all, again, units.items, units.count);
	if (rc || count == 0)
		return rc;
	rc = note_names(&all->varied, units.items, count, err);
	return rc ? rc : look_into(all, again, units.items, count, number, err);
}

static int build_again(struct repeating *all, uint64_t number, struct sb_err *err)
{
	struct sb_drop same = *all->in->drop;
	struct sb_rebuilt again = {0};
	struct timespec begun, ended;

	clock_gettime(CLOCK_MONOTONIC, &begun);
	int rc = sb_line_build(all->in, &all->verified->sources, &same, &again, err);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	if (!rc)
		rc = compare_again(all, &again, number, err);
	if (!rc && all->variance)
		rc = sb_variance_tell(all->variance, &again, (uint64_t)(ended.tv_sec - begun.tv_sec), err);
	sb_rebuild_release(&again);
	return rc;
}

static int solve_again(struct repeating *all, uint64_t number, struct sb_err *err)
{
	struct sb_rebuilt again = {0};
	int rc = sb_solve_again(all->solver, all->first, &again, err);

	if (!rc)
		rc = compare_again(all, &again, number, err);
	sb_rebuild_release(&again);
	return rc;
}

/* What one rebuild under facts gave may have been chance. */
static int repeat_solved(struct repeating *all, struct sb_err *err)
{
	const struct sb_verified *verified = all->verified;
	const struct sb_line_sides sides = {.base = &verified->rebuilt, .instead = verified->instead};
	SB_VEC struct sb_vec builds = {.size = sizeof(const struct sb_rebuilt *)};
	int rc = verified->instead ? sb_line_builds(&sides, verified->sources.shipped_count, &builds, err) : 0;

	for (size_t i = 0; !rc && i < builds.count; i++) {
		all->first = *(const struct sb_rebuilt **)sb_vec_at(&builds, i);
		for (unsigned number = 2; !rc && all->first != sides.base && number <= all->in->repeat; number++)
			rc = solve_again(all, number, err);
	}
	all->first = sides.base;
	return rc;
}

static int conclude(struct repeating *all, struct sb_err *err)
{
	struct sb_verified *verified = all->verified;
	const char **names = sb_arena_array(verified->arena, all->varied.count, sizeof *names);

	if (!names)
		return no_memory(err);
	for (size_t i = 0; i < all->varied.count; i++)
		names[i] = ((const char **)all->varied.items)[i];
	verified->result.builds = (struct sb_builds){.present = true, .count = all->in->repeat, .varied = names, .varied_count = all->varied.count};
	return sb_judge_repeats(all->repeats.items, all->repeats.count, verified->arena, &verified->result, err);
}

int sb_line_repeat(const struct sb_verify_in *in, struct sb_verified *out, struct sb_solver *solver, struct sb_err *err)
{
	struct repeating all = {.in = in, .verified = out, .solver = solver, .first = &out->rebuilt, .repeats = {.size = sizeof(struct sb_judge_repeat)}, .varied = {.size = sizeof(char *)}};
	int rc = in->vary ? sb_variance_new(in, out, &all.variance, err) : 0;

	for (unsigned number = 2; !rc && number <= in->repeat; number++)
		rc = build_again(&all, number, err);
	if (!rc)
		rc = repeat_solved(&all, err);
	if (!rc)
		rc = conclude(&all, err);
	if (!rc && all.variance)
		rc = sb_variance_run(all.variance, err);
	sb_variance_free(&all.variance);
	sb_vec_release(&all.repeats);
	sb_vec_release(&all.varied);
	return rc;
}
