/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/places.h"

static const char *place(struct sb_arena *arena, const char *variable, const char *otherwise, const char *name)
{
	const char *base = getenv(variable), *home = getenv("HOME");

	if (base && base[0] == '/')
		return sb_arena_printf(arena, "%s/samebuild/%s", base, name);
	return home && home[0] == '/' ? sb_arena_printf(arena, "%s/%s/samebuild/%s", home, otherwise, name) : NULL;
}

const char *sb_place_data(struct sb_arena *arena, const char *name)
{
	return place(arena, "XDG_DATA_HOME", ".local/share", name);
}

const char *sb_place_state(struct sb_arena *arena, const char *name)
{
	return place(arena, "XDG_STATE_HOME", ".local/state", name);
}

const char *sb_place_cache(struct sb_arena *arena, const char *name)
{
	return place(arena, "XDG_CACHE_HOME", ".cache", name);
}
