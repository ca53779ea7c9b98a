/* SPDX-License-Identifier: Apache-2.0 */
/* What shipped files were made of, as a tree: docs/hygiene.md. */
#include "manifests/lineage.h"

static void put_name(struct sb_making *make, struct sb_node *map, const char *key, const char *raw)
{
	sb_make_put(make, map, key, raw ? sb_make_text(make, raw) : sb_node_null(make->arena));
}

static void put_sha256(struct sb_making *make, struct sb_node *map, const char *key, bool known, const uint8_t sha256[SB_SHA256_BYTES])
{
	if (known)
		sb_make_put_hex(make, map, key, sha256, SB_SHA256_BYTES);
	else
		sb_make_put(make, map, key, sb_node_null(make->arena));
}

static void put_names(struct sb_making *make, struct sb_node *map, const char *key, const char *const *names, size_t count)
{
	struct sb_node *list = sb_make_list(make);
	for (size_t i = 0; i < count; i++)
		sb_make_push(make, list, sb_make_text(make, names[i]));
	sb_make_put(make, map, key, list);
}

static struct sb_node *graph_node(struct sb_making *make, const struct sb_lineage *lineage)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_count(make, map, "processes", lineage->processes);
	sb_make_put_count(make, map, "files", lineage->files);
	sb_make_put_count(make, map, "edges", lineage->edges);
	put_sha256(make, map, "document", lineage->documented, lineage->document);
	return map;
}

static struct sb_node *input_node(struct sb_making *make, const struct sb_lineage_input *input)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_text(make, map, "path", input->path);
	sb_make_put_text(make, map, "origin", sb_origin_name(input->origin));
	put_sha256(make, map, "sha256", input->hashed, input->sha256);
	sb_make_put_count(make, map, "size", input->size);
	put_name(make, map, "package", input->package);
	return map;
}

static struct sb_node *output_node(struct sb_making *make, const struct sb_lineage_output *output)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_text(make, map, "name", output->name);
	sb_make_put_text(make, map, "built", output->built);
	sb_make_put_bool(make, map, "traced", output->traced);
	for (unsigned reach = SB_INFLOW_CONTROL; reach < SB_INFLOWS; reach++) {
		struct sb_node *list = sb_make_list(make);
		for (size_t i = 0; i < output->inputs[reach].count; i++)
			sb_make_push(make, list, sb_node_int(make->arena, output->inputs[reach].items[i]));
		sb_make_put(make, map, sb_inflow_name((enum sb_inflow)reach), list);
	}
	sb_make_put_count(make, map, "left_out", output->left_out);
	return map;
}

static struct sb_node *place_node(struct sb_making *make, const struct sb_lineage_place *place)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_shown(make, map, "inside", place->inside);
	sb_make_put_text(make, map, "part", place->part);
	sb_make_put_count(make, map, "from", place->from);
	sb_make_put_count(make, map, "offset", place->offset);
	sb_make_put_count(make, map, "length", place->length);
	sb_make_put_count(make, map, "equal", place->equal);
	return map;
}

static struct sb_node *reached_node(struct sb_making *make, const struct sb_lineage_reached *reached)
{
	struct sb_node *map = sb_make_map(make), *places = sb_make_list(make);
	for (size_t i = 0; i < reached->place_count; i++)
		sb_make_push(make, places, place_node(make, &reached->places[i]));
	sb_make_put_text(make, map, "name", reached->name);
	sb_make_put_text(make, map, "reach", sb_inflow_name(reached->reach));
	sb_make_put_bool(make, map, "searched", reached->searched);
	sb_make_put(make, map, "places", places);
	return map;
}

static struct sb_node *prebuilt_node(struct sb_making *make, const struct sb_lineage_prebuilt *prebuilt)
{
	struct sb_node *map = sb_make_map(make), *reaches = sb_make_list(make);
	for (size_t i = 0; i < prebuilt->reached_count; i++)
		sb_make_push(make, reaches, reached_node(make, &prebuilt->reached[i]));
	sb_make_put_text(make, map, "path", prebuilt->path);
	sb_make_put_text(make, map, "format", prebuilt->format);
	sb_make_put_hex(make, map, "sha256", prebuilt->sha256, SB_SHA256_BYTES);
	sb_make_put_count(make, map, "size", prebuilt->size);
	sb_make_put_text(make, map, "use", sb_use_name(prebuilt->use));
	sb_make_put(make, map, "reaches", reaches);
	return map;
}

static struct sb_node *sources_node(struct sb_making *make, const struct sb_lineage *lineage)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_count(make, map, "files", lineage->sources);
	put_names(make, map, "unread", lineage->unread, lineage->unread_count);
	put_names(make, map, "copied", lineage->copied, lineage->copied_count);
	put_names(make, map, "unknown", lineage->untold, lineage->untold_count);
	return map;
}

static struct sb_node *program_node(struct sb_making *make, const struct sb_lineage_program *program)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_text(make, map, "path", program->path);
	sb_make_put_text(make, map, "trade", sb_trade_name(program->trade));
	sb_make_put_text(make, map, "origin", sb_origin_name(program->origin));
	put_sha256(make, map, "sha256", program->hashed, program->sha256);
	put_name(make, map, "package", program->package);
	put_name(make, map, "version", program->version);
	sb_make_put_count(make, map, "runs", program->runs);
	return map;
}

static struct sb_node *package_node(struct sb_making *make, const struct sb_lineage_package *package)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_text(make, map, "name", package->name);
	sb_make_put_text(make, map, "arch", package->arch);
	sb_make_put_text(make, map, "version", package->version);
	sb_make_put_text(make, map, "declared", sb_declaration_name(package->declared));
	sb_make_put_count(make, map, "files", package->files);
	return map;
}

static struct sb_node *packages_node(struct sb_making *make, const struct sb_lineage *lineage)
{
	struct sb_node *map = sb_make_map(make), *used = sb_make_list(make);
	for (size_t i = 0; i < lineage->package_count; i++)
		sb_make_push(make, used, package_node(make, &lineage->packages[i]));
	sb_make_put_bool(make, map, "declared", lineage->declared);
	sb_make_put(make, map, "used", used);
	put_names(make, map, "unused", lineage->unused, lineage->unused_count);
	return map;
}

static struct sb_node *attempt_node(struct sb_making *make, const struct sb_lineage_attempt *attempt)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_text(make, map, "kind", attempt->kind);
	sb_make_put_text(make, map, "program", attempt->program);
	sb_make_put_shown(make, map, "text", attempt->text);
	sb_make_put_count(make, map, "count", attempt->count);
	return map;
}

static void put_lists(struct sb_making *make, struct sb_node *map, const struct sb_lineage *lineage)
{
	struct sb_node *inputs = sb_make_list(make), *outputs = sb_make_list(make), *prebuilt = sb_make_list(make);
	struct sb_node *programs = sb_make_list(make), *attempts = sb_make_list(make), *reasons = sb_make_list(make);

	for (size_t i = 0; i < lineage->input_count; i++)
		sb_make_push(make, inputs, input_node(make, &lineage->inputs[i]));
	for (size_t i = 0; i < lineage->output_count; i++)
		sb_make_push(make, outputs, output_node(make, &lineage->outputs[i]));
	for (size_t i = 0; i < lineage->prebuilt_count; i++)
		sb_make_push(make, prebuilt, prebuilt_node(make, &lineage->prebuilt[i]));
	for (size_t i = 0; i < lineage->program_count; i++)
		sb_make_push(make, programs, program_node(make, &lineage->programs[i]));
	for (size_t i = 0; i < lineage->attempt_count; i++)
		sb_make_push(make, attempts, attempt_node(make, &lineage->attempts[i]));
	for (size_t i = 0; i < lineage->reason_count; i++)
		sb_make_push(make, reasons, sb_make_shown(make, lineage->reasons[i]));
	sb_make_put(make, map, "inputs", inputs);
	sb_make_put(make, map, "outputs", outputs);
	sb_make_put(make, map, "prebuilt", prebuilt);
	sb_make_put(make, map, "programs", programs);
	sb_make_put(make, map, "attempts", attempts);
	sb_make_put(make, map, "reasons", reasons);
}

struct sb_node *sb_lineage_node(struct sb_making *make, const struct sb_lineage *lineage)
{
	if (!lineage)
		return sb_node_null(make->arena);
	struct sb_node *map = sb_make_map(make);
	sb_make_put_bool(make, map, "trusted", lineage->trusted);
	put_names(make, map, "witnesses", lineage->witnesses, lineage->witness_count);
	put_lists(make, map, lineage);
	sb_make_put(make, map, "graph", graph_node(make, lineage));
	sb_make_put(make, map, "sources", sources_node(make, lineage));
	sb_make_put(make, map, "packages", packages_node(make, lineage));
	sb_make_put_count(make, map, "left_out", lineage->left_out);
	return map;
}
