/* SPDX-License-Identifier: Apache-2.0 */
/* Builds in other environments: which fact of the environment gets into which output. What to build next is said by verifier/vary. */
#include "verifier/pipeline/vary.h"

#include <stdlib.h>
#include <string.h>

/* A varied build that takes this much longer hangs, as programs do that wait for a frozen clock. */
enum { TIMES_LONGER = 10, SECONDS_MORE = 120 };

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static bool in(uint32_t set, size_t axis)
{
	return set >> axis & 1U;
}

/* ---- outcomes ---- */

/* Of all names together: which outputs there are at all. */
static void id_of_names(const struct sb_rebuilt *rebuilt, uint8_t out[SB_VARY_ID_BYTES])
{
	const struct sb_inventory *outputs = &rebuilt->run.outputs;
	struct sb_hash hash;
	struct sb_digest digest;

	sb_hash_init(&hash, SB_DIGEST_BLAKE2B);
	for (size_t i = 0; i < outputs->count; i++)
		sb_hash_update(&hash, sb_span_of(outputs->entries[i].path, strlen(outputs->entries[i].path) + 1));
	sb_hash_final(&hash, &digest);
	memcpy(out, digest.blake2b, SB_VARY_ID_BYTES);
}

static int ids_of(const struct sb_variance *all, const struct sb_rebuilt *rebuilt, uint8_t (**out)[SB_VARY_ID_BYTES], struct sb_err *err)
{
	uint8_t (*ids)[SB_VARY_ID_BYTES] = calloc(all->units.count + 1, sizeof *ids), whole[SB_BLAKE2B_BYTES];
	const struct sb_line_unit *units = all->units.items;

	if (!ids)
		return no_memory(err);
	for (size_t i = 0; i < all->units.count; i++) {
		sb_line_identity(rebuilt, units[i].path, whole);
		memcpy(ids[i], whole, SB_VARY_ID_BYTES);
	}
	id_of_names(rebuilt, ids[all->units.count]);
	*out = ids;
	return 0;
}

static const char *property(const struct sb_environment *environment, const char *name)
{
	for (size_t i = 0; name && i < environment->controls.count; i++)
		if (strcmp(environment->controls.items[i].name, name) == 0)
			return environment->controls.items[i].value;
	return NULL;
}

/* What the environment itself says of an axis: its value, and whether it could be set. */
static int note_value(struct sb_variance *all, size_t axis, const struct sb_environment *environment, struct sb_err *err)
{
	size_t count;
	const struct sb_vary_axis *row = &sb_vary_axes(&count)[axis];
	const char *before = property(&all->control_environment, row->control), *now = property(environment, row->control);
	const char *force = property(environment, row->force ? row->force : row->control);
	struct sb_axis_values *values = &all->values[axis];

	if (values->noted)
		return 0;
	values->noted = true;
	values->uncontrolled = (force && strstr(force, "was asked for")) || (row->control && before && now && strcmp(before, now) == 0);
	values->control = sb_escape_copy(all->verified->arena, sb_span_text(before ? before : ""));
	values->varied = sb_escape_copy(all->verified->arena, sb_span_text(now ? now : ""));
	return values->control && values->varied ? 0 : no_memory(err);
}

/* ---- building ---- */

static bool differs_somewhere(const struct sb_variance *all, uint8_t (*ids)[SB_VARY_ID_BYTES])
{
	return memcmp(ids, all->control_ids, (all->units.count + 1) * sizeof *ids) != 0;
}

/* Kept as long as it may be looked into: it differs, and there is room. */
static int keep(struct sb_variance *all, struct sb_rebuilt *rebuilt, bool useful, struct sb_err *err)
{
	struct sb_rebuilt *slot = sb_vec_push(&all->builds);
	uint64_t bytes = rebuilt->run.outputs.bytes;

	if (!slot)
		return no_memory(err);
	if (!useful || bytes > SB_LIMIT_OF(OUTPUT_BYTES) - all->kept_bytes)
		return 0;
	all->kept_bytes += bytes;
	*slot = *rebuilt;
	*rebuilt = (struct sb_rebuilt){0};
	return 0;
}

static int take(struct sb_variance *all, uint32_t mask, struct sb_rebuilt *rebuilt, bool failed, struct sb_err *err)
{
	SB_FREEING uint8_t (*ids)[SB_VARY_ID_BYTES] = NULL;
	bool first = all->builds.count == 0;
	int rc = failed ? 0 : ids_of(all, rebuilt, &ids, err);

	if (!rc && ids && first)
		memcpy(all->control_ids, ids, (all->units.count + 1) * sizeof *ids);
	for (size_t axis = 0; !rc && axis < SB_VARY_AXES_MOST; axis++)
		if (in(mask, axis))
			rc = note_value(all, axis, &rebuilt->run.environment, err);
	if (!rc)
		rc = sb_vary_tell(all->search, mask, (const uint8_t (*)[SB_VARY_ID_BYTES])ids, err);
	if (!rc)
		rc = keep(all, rebuilt, ids && (first || differs_somewhere(all, ids)), err);
	if (!rc && first)
		all->control_environment = ((struct sb_rebuilt *)sb_vec_at(&all->builds, 0))->run.environment;
	return rc;
}

static void note_refusal(struct sb_variance *all, uint32_t mask)
{
	for (size_t axis = 0; axis < SB_VARY_AXES_MOST; axis++)
		if (mask == UINT32_C(1) << axis)
			all->values[axis].refused = true;
}

static int build(struct sb_variance *all, uint32_t pins, uint32_t mask, struct sb_rebuilt *out, bool *failed, struct sb_err *err)
{
	struct sb_drop drop;
	struct sb_err why = {0};
	uint64_t most = TIMES_LONGER * all->seconds + SECONDS_MORE;

	int rc = sb_vary_drop(all->in->drop, pins, mask, all->verified->arena, &drop, err);
	if (rc)
		return rc;
	if (drop.limits.wall > most)
		drop.limits.wall = most;
	all->made++;
	sb_step(all->in->progress, "vary", "build in another environment", all->made, 0);
	rc = sb_line_build(all->in, &all->verified->sources, &drop, out, &why);
	*failed = rc == SB_FAILED || rc == SB_USAGE || rc == SB_LIMIT; /* an environment that cannot be made is no reason to say nothing of the others */
	if (rc == SB_USAGE)
		note_refusal(all, mask);
	if (rc && !*failed && err)
		*err = why;
	return *failed ? 0 : rc;
}

/* One search from its first question to its last; where chance @may_hold still, only until it shows. */
static int search(struct sb_variance *all, bool may_hold, struct sb_err *err)
{
	uint32_t mask;
	int rc = 0;

	while (!rc && !(may_hold && sb_vary_unsteady(all->search)) && sb_vary_ask(all->search, &mask)) {
		struct sb_rebuilt rebuilt = {0};
		bool failed = false;
		rc = build(all, all->pins, mask, &rebuilt, &failed, err);
		if (!rc && failed && mask == 0)
			rc = sb_fail(err, SB_FAILED, "build-step-failed", "the build fails when chance is held still"); /* never told: search_pinned */
		if (!rc)
			rc = take(all, mask, &rebuilt, failed, err);
		sb_rebuild_release(&rebuilt);
	}
	return rc;
}

static void forget_builds(struct sb_variance *all)
{
	struct sb_rebuilt *builds = all->builds.items;

	for (size_t i = 0; i < all->builds.count; i++)
		sb_rebuild_release(&builds[i]);
	all->builds.count = 0;
	all->kept_bytes = 0;
	all->control_environment = (struct sb_environment){0};
	memset(all->values, 0, sizeof all->values);
	sb_vary_free(&all->search);
}

/* ---- chance ---- */

static int note_unsteady(struct sb_variance *all, struct sb_err *err)
{
	all->chancy = sb_arena_array(all->verified->arena, all->units.count + 1, sizeof *all->chancy);
	if (!all->chancy)
		return no_memory(err);
	for (size_t i = 0; i <= all->units.count; i++) {
		struct sb_vary_verdict verdict;
		sb_vary_verdict(all->search, i, &verdict);
		all->chancy[i] = verdict.state == SB_VARYING_UNSTEADY;
	}
	return 0;
}

/* Which of the things that were held still did it: each is let go by itself. */
static int release_pins(struct sb_variance *all, struct sb_err *err)
{
	int rc = 0;

	for (size_t pin = 0; pin < SB_VARY_AXES_MOST; pin++)
		all->release_of[pin] = SIZE_MAX;

	for (size_t pin = 0; !rc && pin < SB_VARY_AXES_MOST; pin++) {
		struct sb_rebuilt rebuilt = {0};
		SB_FREEING uint8_t (*ids)[SB_VARY_ID_BYTES] = NULL;
		bool failed = false;
		if (!in(all->pins, pin))
			continue;
		rc = build(all, all->pins & ~(UINT32_C(1) << pin), 0, &rebuilt, &failed, err);
		if (!rc && !failed)
			rc = note_value(all, pin, &rebuilt.run.environment, err);
		if (!rc && !failed)
			rc = ids_of(all, &rebuilt, &ids, err);
		for (size_t i = 0; !rc && ids && i <= all->units.count; i++)
			if (all->chancy[i] && memcmp(ids[i], all->control_ids[i], sizeof *ids) != 0)
				all->let_go[i] |= UINT32_C(1) << pin;
		if (!rc) {
			all->release_of[pin] = all->builds.count;
			rc = keep(all, &rebuilt, ids && differs_somewhere(all, ids), err);
		}
		sb_rebuild_release(&rebuilt);
	}
	for (size_t i = 0; !rc && i <= all->units.count; i++) { /* chance may spare a file in the one build that lets it go */
		struct sb_vary_verdict verdict;
		sb_vary_verdict(all->search, i, &verdict);
		if (all->chancy[i] && !all->let_go[i])
			all->let_go[i] = sb_vary_implied(verdict.guilty) & all->pins;
	}
	return rc;
}

/* As before any build. */
static int begin_anew(struct sb_variance *all, uint32_t pins, struct sb_err *err)
{
	size_t count = all->units.count + 1;

	all->pins = pins;
	all->search = NULL;
	all->builds = (struct sb_vec){.size = sizeof(struct sb_rebuilt)};
	all->kept_bytes = 0;
	memset(all->values, 0, sizeof all->values);
	all->control_environment = (struct sb_environment){0};
	all->let_go = sb_arena_array(all->verified->arena, count, sizeof *all->let_go);
	all->control_ids = sb_arena_array(all->verified->arena, count, sizeof *all->control_ids);
	if (!all->let_go || !all->control_ids)
		return no_memory(err);
	return sb_vary_new(sb_vary_possible(all->in->drop, pins), sb_vary_random(), count, &all->search, err);
}

/* With @pins held; true in *stands when the build bears that. Otherwise all is as it was. */
static int search_pinned(struct sb_variance *all, uint32_t pins, bool *stands, struct sb_err *err)
{
	struct sb_variance before = *all;
	struct sb_err why = {0};

	int rc = begin_anew(all, pins, &why);
	if (!rc)
		rc = search(all, false, &why);
	*stands = rc == 0;
	if (rc && rc != SB_FAILED && err)
		*err = why;
	if (rc) {
		uint64_t made = all->made;
		forget_builds(all);
		sb_vec_release(&all->builds);
		*all = before;
		all->made = made;
		return rc == SB_FAILED ? 0 : rc;
	}
	forget_builds(&before);
	sb_vec_release(&before.builds);
	return release_pins(all, err);
}

/* A program that waits for time to pass cannot bear a clock that stands still, so the second try lets it run. */
static int search_again(struct sb_variance *all, struct sb_err *err)
{
	const uint32_t pins = sb_vary_pins(all->in->drop), tries[] = {pins, pins & ~sb_vary_clock_pin()};
	bool stands = false;
	int rc = note_unsteady(all, err);

	for (size_t i = 0; !rc && !stands && i < 2; i++)
		if (tries[i] && (i == 0 || tries[i] != tries[0]))
			rc = search_pinned(all, tries[i], &stands, err);
	if (!rc && !stands) {
		all->chancy = NULL;
		rc = search(all, false, err);
	}
	return rc;
}

/* ---- the whole ---- */

int sb_variance_new(const struct sb_verify_in *in, struct sb_verified *verified, struct sb_variance **out, struct sb_err *err)
{
	struct sb_variance *made = calloc(1, sizeof *made);
	const struct sb_rebuilt *first = &verified->rebuilt;
	SB_FREEING uint8_t (*ids)[SB_VARY_ID_BYTES] = NULL;

	*out = made;
	if (!made)
		return no_memory(err);
	*made = (struct sb_variance){.in = in, .verified = verified, .units = {.size = sizeof(struct sb_line_unit)}, .builds = {.size = sizeof(struct sb_rebuilt)}};
	int rc = sb_line_units(in->drop, &verified->sources, &first, 1, verified->arena, &made->units, err);
	if (!rc)
		rc = sb_vary_new(sb_vary_possible(in->drop, 0), sb_vary_random(), made->units.count + 1, &made->search, err);
	made->control_ids = rc ? NULL : sb_arena_array(verified->arena, made->units.count + 1, sizeof *made->control_ids);
	if (!rc && !made->control_ids)
		rc = no_memory(err);
	if (!rc)
		rc = ids_of(made, first, &ids, err);
	if (rc)
		return rc;
	memcpy(made->control_ids, ids, (made->units.count + 1) * sizeof *ids);
	made->control_environment = first->run.environment;
	if (!sb_vec_push(&made->builds))
		return no_memory(err);
	return sb_vary_tell(made->search, 0, (const uint8_t (*)[SB_VARY_ID_BYTES])ids, err);
}

int sb_variance_tell(struct sb_variance *all, const struct sb_rebuilt *again, uint64_t seconds, struct sb_err *err)
{
	SB_FREEING uint8_t (*ids)[SB_VARY_ID_BYTES] = NULL;
	int rc = ids_of(all, again, &ids, err);

	all->seconds = seconds > all->seconds ? seconds : all->seconds;
	if (!rc && !sb_vec_push(&all->builds))
		rc = no_memory(err);
	return rc ? rc : sb_vary_tell(all->search, 0, (const uint8_t (*)[SB_VARY_ID_BYTES])ids, err);
}

int sb_variance_run(struct sb_variance *all, struct sb_err *err)
{
	bool may_hold = sb_vary_pins(all->in->drop) != 0;
	int rc = search(all, may_hold, err);

	if (!rc && may_hold && sb_vary_unsteady(all->search))
		rc = search_again(all, err);
	return rc ? rc : sb_variance_conclude(all, err);
}

void sb_variance_free(struct sb_variance **variance)
{
	struct sb_variance *all = *variance;

	if (!all)
		return;
	forget_builds(all);
	sb_vec_release(&all->builds);
	sb_vec_release(&all->units);
	free(all);
	*variance = NULL;
}
