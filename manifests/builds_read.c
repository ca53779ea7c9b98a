/* SPDX-License-Identifier: Apache-2.0 */
/* What further builds showed, read back: counts and words must agree with what is listed. */
#include "manifests/builds.h"

static const char *const extent_keys[] = {"*offset", "*length", "*preview", NULL};
static const char *const builds_keys[] = {"*count", "*equal", "*varied", "variation", NULL};
static const char *const variation_keys[] = {"*builds", "*complete", "*pinned", "*axes", "*files", "*steady", NULL};
static const char *const axis_keys[] = {"*axis", "*state", "*control", "*varied", NULL};
static const char *const file_keys[] = {"*name", "*state", "*leaks", NULL};
static const char *const leak_keys[] = {"*axes", "*cause", "*mend", "*where", "*places", "*control", "*varied", NULL};

void sb_take_extent(struct sb_taking *in, struct sb_place place, struct sb_extent *out)
{
	if (sb_take_is_null(place) || !sb_schema_map(&in->schema, place, extent_keys))
		return;
	out->present = true;
	out->offset = sb_take_count(in, place, "offset");
	out->length = sb_take_count(in, place, "length");
	out->preview = sb_take_shown(in, place, "preview");
}

static void read_axis(struct sb_taking *in, struct sb_place place, struct sb_axis *out)
{
	*out = (struct sb_axis){.name = "", .control = "", .varied = ""};
	if (!sb_schema_map(&in->schema, place, axis_keys))
		return;
	out->name = sb_take_raw(in, place, "axis");
	if (!sb_axis_state_parse(sb_take_text(in, place, "state"), &out->state))
		sb_schema_problem(&in->schema, place, "record-malformed", "an unknown state of an axis");
	out->control = sb_take_shown(in, place, "control");
	out->varied = sb_take_shown(in, place, "varied");
}

static void read_leak(struct sb_taking *in, struct sb_place place, struct sb_leak *out)
{
	struct sb_schema *s = &in->schema;

	*out = (struct sb_leak){.mend = ""};
	if (!sb_schema_map(s, place, leak_keys))
		return;
	out->axes = sb_take_names(in, place, "axes", &out->axis_count);
	if (!sb_cause_parse(sb_take_text(in, place, "cause"), &out->cause))
		sb_schema_problem(s, place, "record-malformed", "an unknown cause");
	out->mend = sb_take_shown(in, place, "mend");
	out->where = sb_take_names(in, place, "where", &out->where_count);
	out->places = sb_take_count(in, place, "places");
	sb_take_extent(in, sb_schema_key(s, place, "control"), &out->control);
	sb_take_extent(in, sb_schema_key(s, place, "varied"), &out->varied);
}

static void read_file(struct sb_taking *in, struct sb_place place, struct sb_varying *out)
{
	struct sb_place items;

	*out = (struct sb_varying){.name = ""};
	if (!sb_schema_map(&in->schema, place, file_keys))
		return;
	out->name = sb_take_raw(in, place, "name");
	if (!sb_varying_state_parse(sb_take_text(in, place, "state"), &out->state))
		sb_schema_problem(&in->schema, place, "record-malformed", "an unknown state of a file");
	struct sb_leak *leaks = sb_take_list(in, place, "leaks", sizeof *leaks, &items, &out->leak_count);
	for (size_t i = 0; i < out->leak_count; i++)
		read_leak(in, sb_schema_item(&in->schema, items, i), &leaks[i]);
	out->leaks = leaks;
}

/* Nobody may call complete what lists something undecided. */
static void check_complete(struct sb_taking *in, struct sb_place place, const struct sb_variation *variation)
{
	bool open = false;

	for (size_t i = 0; i < variation->axis_count; i++)
		open |= variation->axes[i].state == SB_AXIS_UNDECIDED;
	for (size_t i = 0; i < variation->file_count; i++)
		open |= variation->files[i].state == SB_VARYING_UNDECIDED;
	if (variation->complete && open)
		sb_schema_problem(&in->schema, place, "record-inconsistent", "builds are called complete and leave something undecided");
}

static const struct sb_variation *read_variation(struct sb_taking *in, struct sb_place place)
{
	struct sb_variation *out = sb_take_array(in, 1, sizeof *out);
	struct sb_place items;

	if (!out || !sb_schema_map(&in->schema, place, variation_keys))
		return NULL;
	out->builds = sb_take_count(in, place, "builds");
	out->complete = sb_take_bool(in, place, "complete", false);
	out->pinned = sb_take_names(in, place, "pinned", &out->pinned_count);
	struct sb_axis *axes = sb_take_list(in, place, "axes", sizeof *axes, &items, &out->axis_count);
	for (size_t i = 0; i < out->axis_count; i++)
		read_axis(in, sb_schema_item(&in->schema, items, i), &axes[i]);
	out->axes = axes;
	struct sb_varying *files = sb_take_list(in, place, "files", sizeof *files, &items, &out->file_count);
	for (size_t i = 0; i < out->file_count; i++)
		read_file(in, sb_schema_item(&in->schema, items, i), &files[i]);
	out->files = files;
	out->steady = sb_take_count(in, place, "steady");
	check_complete(in, place, out);
	return out;
}

void sb_take_builds(struct sb_taking *in, struct sb_place top, struct sb_builds *out)
{
	struct sb_schema *s = &in->schema;
	struct sb_place place = sb_schema_key(s, top, "builds"), variation;

	if (!place.node || !sb_schema_map(s, place, builds_keys))
		return;
	out->present = true;
	out->count = sb_take_count(in, place, "count");
	out->varied = sb_take_names(in, place, "varied", &out->varied_count);
	if (out->count < 2 || sb_take_bool(in, place, "equal", false) != (out->varied_count == 0))
		sb_schema_problem(s, place, "record-inconsistent", "the word about equal builds is not what the list says");
	variation = sb_schema_key(s, place, "variation");
	if (variation.node)
		out->variation = read_variation(in, variation);
}
