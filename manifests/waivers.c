/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/waivers.h"

#include "manifests/moment.h"

#include <string.h>

static const char *const waiver_keys[] = {"*sha256", "*path", "*offset", "*length", "*until", "*reason", NULL};

/* One name, a list of them from the outside in, or "." for the file itself. */
static bool read_path(struct sb_schema *s, struct sb_place place, struct sb_waiver *out)
{
	bool list = place.node && place.node->type == SB_NODE_LIST;
	size_t count = list ? place.node->count : 1;
	const char **names = sb_arena_array(s->arena, count, sizeof *names);

	if (!names)
		return false;
	for (size_t i = 0; i < count; i++) {
		names[i] = sb_schema_text(s, list ? sb_schema_item(s, place, i) : place, "");
		if (!names[i][0])
			sb_schema_problem(s, place, "bad-value", "an empty name");
	}
	out->path = names;
	out->path_count = !list && strcmp(names[0], ".") == 0 ? 0 : count;
	return true;
}

static bool read_waiver(struct sb_schema *s, struct sb_place place, struct sb_waiver *out)
{
	if (!sb_schema_map(s, place, waiver_keys))
		return true;
	struct sb_place until = sb_schema_key(s, place, "until"), reason = sb_schema_key(s, place, "reason");
	sb_schema_sha256(s, sb_schema_key(s, place, "sha256"), out->sha256);
	out->offset = sb_schema_uint(s, sb_schema_key(s, place, "offset"), 0, INT64_MAX, 0);
	out->length = sb_schema_uint(s, sb_schema_key(s, place, "length"), 1, INT64_MAX, 0);
	out->reason = sb_schema_text(s, reason, "");
	if (!sb_moment_read(sb_schema_text(s, until, ""), &out->until))
		sb_schema_problem(s, until, "bad-value", "a time like 2027-01-01T00:00:00Z, or a day, is due here");
	if (!out->reason[0])
		sb_schema_problem(s, reason, "bad-value", "why? a waiver without a reason cannot be judged by anybody");
	return read_path(s, sb_schema_key(s, place, "path"), out);
}

bool sb_policy_read_waivers(struct sb_schema *s, struct sb_place list, struct sb_policy *out)
{
	if (!list.node || !sb_schema_list(s, list))
		return true;
	if (list.node->count > SB_POLICY_WAIVERS) {
		sb_schema_problem(s, list, "bad-value", "at most %d waivers are due here", SB_POLICY_WAIVERS);
		return true;
	}
	struct sb_waiver *waivers = sb_arena_array(s->arena, list.node->count, sizeof *waivers);
	if (!waivers)
		return false;
	for (size_t i = 0; i < list.node->count; i++)
		if (!read_waiver(s, sb_schema_item(s, list, i), &waivers[i]))
			return false;
	out->waivers = waivers;
	out->waiver_count = list.node->count;
	return true;
}
