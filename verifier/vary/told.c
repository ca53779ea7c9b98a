/* SPDX-License-Identifier: Apache-2.0 */
/* What was built, and what came of it. */
#include "verifier/vary/search.h"

#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

int sb_vary_new(uint32_t axes, uint32_t random, size_t files, struct sb_vary **out, struct sb_err *err)
{
	struct sb_arena *arena = sb_arena_new(0);
	struct sb_vary *made = arena ? sb_arena_alloc(arena, sizeof *made) : NULL;
	struct sb_vary_unit *units = made ? sb_arena_array(arena, files + 1, sizeof *units) : NULL;

	if (!units) {
		sb_arena_free(&arena);
		return no_memory(err);
	}
	*made = (struct sb_vary){.arena = arena, .axes = axes, .random = random, .unit_count = files + 1, .units = units,
	                         .build_most = 8 + 5 * (size_t)sb_vary_size(axes)};
	if (made->build_most > SB_VARY_BUILDS_MOST)
		made->build_most = SB_VARY_BUILDS_MOST;
	*out = made;
	return 0;
}

void sb_vary_free(struct sb_vary **vary)
{
	struct sb_arena *arena = *vary ? (*vary)->arena : NULL;

	sb_arena_free(&arena);
	*vary = NULL;
}

/* Outcomes of a file have numbers, in the order in which they were met. */
static int class_of(struct sb_vary *vary, struct sb_vary_unit *unit, const uint8_t id[SB_VARY_ID_BYTES], uint8_t *out, struct sb_err *err)
{
	*out = 0;
	if (memcmp(id, unit->control, SB_VARY_ID_BYTES) == 0)
		return 0;
	unit->touched = true;
	for (const struct sb_vary_outcome *known = unit->outcomes; known; known = known->next)
		if (memcmp(id, known->id, SB_VARY_ID_BYTES) == 0) {
			*out = known->class;
			return 0;
		}
	struct sb_vary_outcome *made = sb_arena_alloc(vary->arena, sizeof *made);
	if (!made)
		return no_memory(err);
	memcpy(made->id, id, SB_VARY_ID_BYTES);
	made->class = *out = (uint8_t)(unit->classes < SB_VARY_CLASSES_MOST ? ++unit->classes : SB_VARY_CLASSES_MOST);
	made->next = unit->outcomes;
	unit->outcomes = made;
	return 0;
}

static int tell_unit(struct sb_vary *vary, size_t unit, uint32_t mask, const uint8_t id[SB_VARY_ID_BYTES], uint8_t *class, struct sb_err *err)
{
	if (vary->build_count == 0)
		memcpy(vary->units[unit].control, id, SB_VARY_ID_BYTES);
	int rc = class_of(vary, &vary->units[unit], id, class, err);
	if (mask == 0 && *class != 0)
		vary->units[unit].unsteady = true;
	return rc;
}

int sb_vary_tell(struct sb_vary *vary, uint32_t mask, const uint8_t (*ids)[SB_VARY_ID_BYTES], struct sb_err *err)
{
	static const uint8_t done[SB_VARY_ID_BYTES] = {0}, failed[SB_VARY_ID_BYTES] = {1};
	uint8_t *classes = sb_arena_alloc(vary->arena, vary->unit_count);
	int rc = classes && vary->build_count < SB_VARY_BUILDS_MOST ? 0 : no_memory(err);

	if (rc)
		return rc;
	rc = tell_unit(vary, 0, mask, ids ? done : failed, &classes[0], err);
	for (size_t i = 1; !rc && i < vary->unit_count; i++) {
		classes[i] = SB_VARY_NOT_SEEN;
		if (ids)
			rc = tell_unit(vary, i, mask, ids[i - 1], &classes[i], err);
	}
	if (rc)
		return rc;
	vary->masks[vary->build_count] = mask;
	vary->classes[vary->build_count++] = classes;
	return 0;
}
