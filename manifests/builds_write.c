/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/builds.h"

struct sb_node *sb_make_extent(struct sb_making *make, const struct sb_extent *extent)
{
	if (!extent->present)
		return sb_node_null(make->arena);
	struct sb_node *map = sb_make_map(make);
	sb_make_put_count(make, map, "offset", extent->offset);
	sb_make_put_count(make, map, "length", extent->length);
	sb_make_put_shown(make, map, "preview", extent->preview ? extent->preview : "");
	return map;
}

static struct sb_node *names_node(struct sb_making *make, const char *const *names, size_t count)
{
	struct sb_node *list = sb_make_list(make);
	for (size_t i = 0; i < count; i++)
		sb_make_push(make, list, sb_make_text(make, names[i]));
	return list;
}

static struct sb_node *axis_node(struct sb_making *make, const struct sb_axis *axis)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_text(make, map, "axis", axis->name);
	sb_make_put_text(make, map, "state", sb_axis_state_name(axis->state));
	sb_make_put_shown(make, map, "control", axis->control);
	sb_make_put_shown(make, map, "varied", axis->varied);
	return map;
}

static struct sb_node *leak_node(struct sb_making *make, const struct sb_leak *leak)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put(make, map, "axes", names_node(make, leak->axes, leak->axis_count));
	sb_make_put_text(make, map, "cause", sb_cause_name(leak->cause));
	sb_make_put_shown(make, map, "mend", leak->mend);
	sb_make_put(make, map, "where", names_node(make, leak->where, leak->where_count));
	sb_make_put_count(make, map, "places", leak->places);
	sb_make_put(make, map, "control", sb_make_extent(make, &leak->control));
	sb_make_put(make, map, "varied", sb_make_extent(make, &leak->varied));
	return map;
}

static struct sb_node *file_node(struct sb_making *make, const struct sb_varying *file)
{
	struct sb_node *map = sb_make_map(make), *leaks = sb_make_list(make);
	for (size_t i = 0; i < file->leak_count; i++)
		sb_make_push(make, leaks, leak_node(make, &file->leaks[i]));
	sb_make_put_text(make, map, "name", file->name);
	sb_make_put_text(make, map, "state", sb_varying_state_name(file->state));
	sb_make_put(make, map, "leaks", leaks);
	return map;
}

static struct sb_node *variation_node(struct sb_making *make, const struct sb_variation *variation)
{
	struct sb_node *map = sb_make_map(make), *axes = sb_make_list(make), *files = sb_make_list(make);
	for (size_t i = 0; i < variation->axis_count; i++)
		sb_make_push(make, axes, axis_node(make, &variation->axes[i]));
	for (size_t i = 0; i < variation->file_count; i++)
		sb_make_push(make, files, file_node(make, &variation->files[i]));
	sb_make_put_count(make, map, "builds", variation->builds);
	sb_make_put_bool(make, map, "complete", variation->complete);
	sb_make_put(make, map, "pinned", names_node(make, variation->pinned, variation->pinned_count));
	sb_make_put(make, map, "axes", axes);
	sb_make_put(make, map, "files", files);
	sb_make_put_count(make, map, "steady", variation->steady);
	return map;
}

struct sb_node *sb_make_builds(struct sb_making *make, const struct sb_builds *builds)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_count(make, map, "count", builds->count);
	sb_make_put_bool(make, map, "equal", builds->varied_count == 0);
	sb_make_put(make, map, "varied", names_node(make, builds->varied, builds->varied_count));
	if (builds->variation)
		sb_make_put(make, map, "variation", variation_node(make, builds->variation));
	return map;
}
