/* SPDX-License-Identifier: Apache-2.0 */
/* What shipped files were made of, read back: a list that names what is not there is refused. */
#include "manifests/lineage.h"

#include <string.h>

static const char *const lineage_keys[] = {"*trusted", "*reasons",  "*witnesses", "*graph",    "*inputs",   "*outputs", "*prebuilt",
                                           "*sources", "*programs", "*packages",  "*attempts", "*left_out", NULL};
static const char *const graph_keys[] = {"*processes", "*files", "*edges", "*document", NULL};
static const char *const input_keys[] = {"*path", "*origin", "*sha256", "*size", "*package", NULL};
static const char *const output_keys[] = {"*name", "*built", "*traced", "*control", "*run", "*data", "*left_out", NULL};
static const char *const prebuilt_keys[] = {"*path", "*format", "*sha256", "*size", "*use", "*reaches", NULL};
static const char *const reached_keys[] = {"*name", "*reach", "*searched", "*places", NULL};
static const char *const place_keys[] = {"*inside", "*part", "*from", "*offset", "*length", "*equal", NULL};
static const char *const sources_keys[] = {"*files", "*unread", "*copied", "unknown", NULL};
static const char *const program_keys[] = {"*path", "*trade", "*origin", "*sha256", "*package", "*version", "*runs", NULL};
static const char *const packages_keys[] = {"*declared", "*used", "*unused", NULL};
static const char *const package_keys[] = {"*name", "*arch", "*version", "*declared", "*files", NULL};
static const char *const attempt_keys[] = {"*kind", "*program", "*text", "*count", NULL};

static void unknown(struct sb_taking *in, struct sb_place place, const char *what)
{
	sb_schema_problem(&in->schema, place, "record-malformed", "an unknown %s", what);
}

static const char *name_or_null(struct sb_taking *in, struct sb_place map, const char *key)
{
	return sb_take_is_null(sb_schema_key(&in->schema, map, key)) ? NULL : sb_take_raw(in, map, key);
}

static void sha256_or_null(struct sb_taking *in, struct sb_place map, const char *key, bool *known, uint8_t out[SB_SHA256_BYTES])
{
	struct sb_place place = sb_schema_key(&in->schema, map, key);
	*known = place.node && !sb_take_is_null(place);
	if (*known)
		sb_take_hex(in, map, key, out, SB_SHA256_BYTES);
}

static enum sb_origin origin(struct sb_taking *in, struct sb_place map)
{
	enum sb_origin out = SB_ORIGIN_UNKNOWN;
	if (!sb_origin_parse(sb_take_text(in, map, "origin"), &out))
		unknown(in, map, "origin");
	return out;
}

static void take_inputs(struct sb_taking *in, struct sb_place map, struct sb_lineage *out)
{
	struct sb_place items;
	struct sb_lineage_input *inputs = sb_take_list(in, map, "inputs", sizeof *inputs, &items, &out->input_count);

	for (size_t i = 0; i < out->input_count; i++) {
		struct sb_place item = sb_schema_item(&in->schema, items, i);
		if (!sb_schema_map(&in->schema, item, input_keys))
			continue;
		inputs[i].path = sb_take_raw(in, item, "path");
		inputs[i].origin = origin(in, item);
		sha256_or_null(in, item, "sha256", &inputs[i].hashed, inputs[i].sha256);
		inputs[i].size = sb_take_count(in, item, "size");
		inputs[i].package = name_or_null(in, item, "package");
	}
	out->inputs = inputs;
}

/* Numbers of inputs, ascending. */
static void take_links(struct sb_taking *in, struct sb_place map, const char *key, size_t inputs, struct sb_lineage_list *out)
{
	struct sb_place items;
	uint32_t *numbers = sb_take_list(in, map, key, sizeof *numbers, &items, &out->count);

	for (size_t i = 0; i < out->count; i++) {
		struct sb_place item = sb_schema_item(&in->schema, items, i);
		uint64_t number = sb_schema_uint(&in->schema, item, 0, INT64_MAX, 0);
		if (number >= inputs || (i && number <= numbers[i - 1]))
			sb_schema_problem(&in->schema, item, "record-inconsistent", "no number of an input, or out of order");
		numbers[i] = (uint32_t)number;
	}
	out->items = numbers;
}

static void take_outputs(struct sb_taking *in, struct sb_place map, struct sb_lineage *out)
{
	struct sb_place items;
	struct sb_lineage_output *outputs = sb_take_list(in, map, "outputs", sizeof *outputs, &items, &out->output_count);

	for (size_t i = 0; i < out->output_count; i++) {
		struct sb_place item = sb_schema_item(&in->schema, items, i);
		if (!sb_schema_map(&in->schema, item, output_keys))
			continue;
		outputs[i].name = sb_take_raw(in, item, "name");
		outputs[i].built = sb_take_raw(in, item, "built");
		outputs[i].traced = sb_take_bool(in, item, "traced", false);
		for (unsigned reach = SB_INFLOW_CONTROL; reach < SB_INFLOWS; reach++)
			take_links(in, item, sb_inflow_name((enum sb_inflow)reach), out->input_count, &outputs[i].inputs[reach]);
		outputs[i].left_out = sb_take_count(in, item, "left_out");
	}
	out->outputs = outputs;
}

static void take_places(struct sb_taking *in, struct sb_place map, struct sb_lineage_reached *out)
{
	struct sb_place items;
	struct sb_lineage_place *places = sb_take_list(in, map, "places", sizeof *places, &items, &out->place_count);

	for (size_t i = 0; i < out->place_count; i++) {
		struct sb_place item = sb_schema_item(&in->schema, items, i);
		if (!sb_schema_map(&in->schema, item, place_keys))
			continue;
		places[i].inside = sb_take_shown(in, item, "inside");
		places[i].part = sb_take_raw(in, item, "part");
		places[i].from = sb_take_count(in, item, "from");
		places[i].offset = sb_take_count(in, item, "offset");
		places[i].length = sb_take_count(in, item, "length");
		places[i].equal = sb_take_count(in, item, "equal");
		if (places[i].equal > places[i].length)
			sb_schema_problem(&in->schema, item, "record-inconsistent", "more bytes are equal than there are");
	}
	out->places = places;
}

static void take_reached(struct sb_taking *in, struct sb_place map, struct sb_lineage_prebuilt *out)
{
	struct sb_place items;
	struct sb_lineage_reached *reached = sb_take_list(in, map, "reaches", sizeof *reached, &items, &out->reached_count);

	for (size_t i = 0; i < out->reached_count; i++) {
		struct sb_place item = sb_schema_item(&in->schema, items, i);
		if (!sb_schema_map(&in->schema, item, reached_keys))
			continue;
		reached[i].name = sb_take_raw(in, item, "name");
		if (!sb_inflow_parse(sb_take_text(in, item, "reach"), &reached[i].reach))
			unknown(in, item, "reach");
		reached[i].searched = sb_take_bool(in, item, "searched", false);
		take_places(in, item, &reached[i]);
	}
	out->reached = reached;
}

static void take_prebuilt(struct sb_taking *in, struct sb_place map, struct sb_lineage *out)
{
	struct sb_place items;
	struct sb_lineage_prebuilt *prebuilt = sb_take_list(in, map, "prebuilt", sizeof *prebuilt, &items, &out->prebuilt_count);

	for (size_t i = 0; i < out->prebuilt_count; i++) {
		struct sb_place item = sb_schema_item(&in->schema, items, i);
		if (!sb_schema_map(&in->schema, item, prebuilt_keys))
			continue;
		prebuilt[i].path = sb_take_raw(in, item, "path");
		prebuilt[i].format = sb_take_raw(in, item, "format");
		sb_take_hex(in, item, "sha256", prebuilt[i].sha256, SB_SHA256_BYTES);
		prebuilt[i].size = sb_take_count(in, item, "size");
		if (!sb_use_parse(sb_take_text(in, item, "use"), &prebuilt[i].use))
			unknown(in, item, "use");
		take_reached(in, item, &prebuilt[i]);
	}
	out->prebuilt = prebuilt;
}

static void take_sources(struct sb_taking *in, struct sb_place map, struct sb_lineage *out)
{
	struct sb_place place = sb_schema_key(&in->schema, map, "sources");
	if (!sb_schema_map(&in->schema, place, sources_keys))
		return;
	out->sources = sb_take_count(in, place, "files");
	out->unread = sb_take_names(in, place, "unread", &out->unread_count);
	out->copied = sb_take_names(in, place, "copied", &out->copied_count);
	if (sb_schema_key(&in->schema, place, "unknown").node)
		out->untold = sb_take_names(in, place, "unknown", &out->untold_count);
	if (out->unread_count + out->copied_count + out->untold_count > out->sources)
		sb_schema_problem(&in->schema, place, "record-inconsistent", "more files were not read than there are");
}

static void take_programs(struct sb_taking *in, struct sb_place map, struct sb_lineage *out)
{
	struct sb_place items;
	struct sb_lineage_program *programs = sb_take_list(in, map, "programs", sizeof *programs, &items, &out->program_count);

	for (size_t i = 0; i < out->program_count; i++) {
		struct sb_place item = sb_schema_item(&in->schema, items, i);
		if (!sb_schema_map(&in->schema, item, program_keys))
			continue;
		programs[i].path = sb_take_raw(in, item, "path");
		if (!sb_trade_parse(sb_take_text(in, item, "trade"), &programs[i].trade))
			unknown(in, item, "trade");
		programs[i].origin = origin(in, item);
		sha256_or_null(in, item, "sha256", &programs[i].hashed, programs[i].sha256);
		programs[i].package = name_or_null(in, item, "package");
		programs[i].version = name_or_null(in, item, "version");
		programs[i].runs = sb_take_count(in, item, "runs");
	}
	out->programs = programs;
}

static void take_packages(struct sb_taking *in, struct sb_place map, struct sb_lineage *out)
{
	struct sb_place place = sb_schema_key(&in->schema, map, "packages"), items;
	if (!sb_schema_map(&in->schema, place, packages_keys))
		return;
	struct sb_lineage_package *packages = sb_take_list(in, place, "used", sizeof *packages, &items, &out->package_count);

	for (size_t i = 0; i < out->package_count; i++) {
		struct sb_place item = sb_schema_item(&in->schema, items, i);
		if (!sb_schema_map(&in->schema, item, package_keys))
			continue;
		packages[i].name = sb_take_raw(in, item, "name");
		packages[i].arch = sb_take_raw(in, item, "arch");
		packages[i].version = sb_take_raw(in, item, "version");
		if (!sb_declaration_parse(sb_take_text(in, item, "declared"), &packages[i].declared))
			unknown(in, item, "word");
		packages[i].files = sb_take_count(in, item, "files");
	}
	out->packages = packages;
	out->declared = sb_take_bool(in, place, "declared", false);
	out->unused = sb_take_names(in, place, "unused", &out->unused_count);
}

static void take_attempts(struct sb_taking *in, struct sb_place map, struct sb_lineage *out)
{
	struct sb_place items;
	struct sb_lineage_attempt *attempts = sb_take_list(in, map, "attempts", sizeof *attempts, &items, &out->attempt_count);

	for (size_t i = 0; i < out->attempt_count; i++) {
		struct sb_place item = sb_schema_item(&in->schema, items, i);
		if (!sb_schema_map(&in->schema, item, attempt_keys))
			continue;
		attempts[i].kind = sb_take_raw(in, item, "kind");
		attempts[i].program = sb_take_raw(in, item, "program");
		attempts[i].text = sb_take_shown(in, item, "text");
		attempts[i].count = sb_take_count(in, item, "count");
	}
	out->attempts = attempts;
}

static void take_graph(struct sb_taking *in, struct sb_place map, struct sb_lineage *out)
{
	struct sb_place place = sb_schema_key(&in->schema, map, "graph");
	if (!sb_schema_map(&in->schema, place, graph_keys))
		return;
	out->processes = sb_take_count(in, place, "processes");
	out->files = sb_take_count(in, place, "files");
	out->edges = sb_take_count(in, place, "edges");
	sha256_or_null(in, place, "document", &out->documented, out->document);
}

/* Trust has to be said, and reasons against it end it. */
static void take_trust(struct sb_taking *in, struct sb_place map, struct sb_lineage *out)
{
	struct sb_place items;
	const char **reasons = sb_take_list(in, map, "reasons", sizeof *reasons, &items, &out->reason_count);

	for (size_t i = 0; i < out->reason_count; i++)
		reasons[i] = sb_take_shown_at(in, sb_schema_item(&in->schema, items, i));
	out->reasons = reasons;
	out->trusted = sb_take_bool(in, map, "trusted", false);
	if (out->trusted && out->reason_count)
		sb_schema_problem(&in->schema, map, "record-inconsistent", "a trace is trusted although reasons stand against it");
	out->witnesses = sb_take_names(in, map, "witnesses", &out->witness_count);
}

const struct sb_lineage *sb_lineage_take(struct sb_taking *in, struct sb_place place)
{
	if (!place.node || sb_take_is_null(place) || !sb_schema_map(&in->schema, place, lineage_keys))
		return NULL;
	struct sb_lineage *out = sb_take_array(in, 1, sizeof *out);
	if (!out)
		return NULL;
	take_trust(in, place, out);
	take_graph(in, place, out);
	take_inputs(in, place, out);
	take_outputs(in, place, out);
	take_prebuilt(in, place, out);
	take_sources(in, place, out);
	take_programs(in, place, out);
	take_packages(in, place, out);
	take_attempts(in, place, out);
	out->left_out = sb_take_count(in, place, "left_out");
	return out;
}
