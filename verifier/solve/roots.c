/* SPDX-License-Identifier: Apache-2.0 */
/* No control gives another compiler, but another root does. */
#include "verifier/solve/solve.h"

#include <string.h>

const struct sb_needed *sb_solve_needed_by(const struct sb_solve_found *found, const char *artifact)
{
	for (size_t i = 0; i < found->needed_count; i++)
		if (strcmp(found->needed[i].artifact, artifact) == 0)
			return &found->needed[i];
	return NULL;
}

/* Which archive it is, and why it is tried. */
static const char *reason_for(const struct sb_solve_root *root, const struct sb_needed *needed, struct sb_arena *arena)
{
	const char *name = sb_escape_copy(arena, sb_span_text(root->name));

	if (!name)
		return NULL;
	if (needed)
		return sb_arena_printf(arena, "%s, since %s names %s %s", name, needed->where, needed->what, needed->version);
	return sb_arena_printf(arena, "%s, since nothing else was left to try", name);
}

int sb_solve_offer_roots(const struct sb_solve_root *roots, size_t root_count, const char *ours, const char *const *artifacts, size_t count,
                         struct sb_arena *arena, struct sb_solve_found *found, struct sb_err *err)
{
	struct sb_candidate *all = sb_arena_array(arena, found->count + root_count * count, sizeof *all);
	size_t at = found->count;

	if (!all)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (found->count)
		memcpy(all, found->candidates, found->count * sizeof *all);
	for (size_t i = 0; i < count; i++) {
		const struct sb_needed *needed = sb_solve_needed_by(found, artifacts[i]);
		for (size_t k = 0; k < root_count; k++) {
			if (strcmp(roots[k].digest, ours) == 0)
				continue;
			all[at] = (struct sb_candidate){.knob = SB_KNOB_TOOLCHAIN, .value = roots[k].digest, .artifact = artifacts[i], .weight = root_count - k,
			                                .where = reason_for(&roots[k], needed, arena), .how = "toolchain"};
			if (!all[at++].where)
				return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
		}
	}
	found->candidates = all;
	found->count = at;
	return 0;
}
