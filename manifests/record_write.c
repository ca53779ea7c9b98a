/* SPDX-License-Identifier: Apache-2.0 */
/* The result record as a tree: docs/formats/result-record.md. */
#include "manifests/record.h"
#include "manifests/solving.h"

#include "manifests/builds.h"
#include "manifests/lineage.h"

static struct sb_node *digest_node(struct sb_making *make, const struct sb_digest *digest)
{
	if (digest->kinds != SB_DIGEST_BOTH)
		return sb_node_null(make->arena);
	struct sb_node *map = sb_make_map(make);
	sb_make_put_hex(make, map, "blake2b", digest->blake2b, SB_BLAKE2B_BYTES);
	sb_make_put_hex(make, map, "sha256", digest->sha256, SB_SHA256_BYTES);
	sb_make_put_count(make, map, "size", digest->size);
	return map;
}

static struct sb_node *coverage_node(struct sb_making *make, const struct sb_coverage *coverage)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_count(make, map, "bytes", coverage->bytes);
	sb_make_put_count(make, map, "equal", coverage->equal);
	sb_make_put_count(make, map, "claimed", coverage->claimed);
	sb_make_put_count(make, map, "residual", coverage->residual);
	sb_make_put_count(make, map, "opaque", coverage->opaque);
	return map;
}

static struct sb_node *artifact_node(struct sb_making *make, const struct sb_artifact *artifact)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_text(make, map, "name", artifact->name);
	sb_make_put_text(make, map, "level", sb_level_name(artifact->level));
	sb_make_put(make, map, "shipped", digest_node(make, &artifact->shipped));
	sb_make_put(make, map, "rebuilt", digest_node(make, &artifact->rebuilt));
	sb_make_put(make, map, "coverage", coverage_node(make, &artifact->coverage));
	sb_make_put_count(make, map, "members", artifact->members);
	if (artifact->otherwise != SB_LEVEL_UNDETERMINED)
		sb_make_put_text(make, map, "otherwise", sb_level_name(artifact->otherwise));
	return map;
}

static struct sb_node *finding_node(struct sb_making *make, const struct sb_finding *finding)
{
	struct sb_node *map = sb_make_map(make), *where = sb_make_list(make);
	for (size_t i = 0; i < finding->where_count; i++)
		sb_make_push(make, where, sb_node_text(make->arena, finding->where[i]));
	sb_make_put_text(make, map, "id", finding->id);
	sb_make_put_text(make, map, "artifact", finding->artifact);
	sb_make_put(make, map, "where", where);
	sb_make_put_text(make, map, "kind", finding->kind);
	sb_make_put_text(make, map, "cause", sb_cause_name(finding->cause));
	sb_make_put_text(make, map, "rule", sb_rule_name(finding->rule));
	sb_make_put_bool(make, map, "primary", finding->primary);
	sb_make_put_text(make, map, "severity", sb_severity_name(finding->severity));
	sb_make_put(make, map, "shipped", sb_make_extent(make, &finding->shipped));
	sb_make_put(make, map, "rebuilt", sb_make_extent(make, &finding->rebuilt));
	sb_make_put_shown(make, map, "note", finding->note ? finding->note : "");
	if (!finding->located)
		return map;
	struct sb_node *inside = sb_make_list(make);
	for (size_t i = 0; i < finding->inside_count; i++)
		sb_make_push(make, inside, sb_node_text(make->arena, finding->inside[i]));
	sb_make_put(make, map, "inside", inside);
	return map;
}

static struct sb_node *use_node(struct sb_making *make, const struct sb_rule_use *use)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_text(make, map, "id", use->name);
	sb_make_put_count(make, map, "version", use->version);
	sb_make_put_text(make, map, "kind", sb_rule_name(use->kind));
	sb_make_put_count(make, map, "applied", use->applied);
	return map;
}

static struct sb_node *uses_node(struct sb_making *make, const struct sb_result *result)
{
	struct sb_node *list = sb_make_list(make);
	for (size_t i = 0; i < result->rule_use_count; i++)
		sb_make_push(make, list, use_node(make, &result->rule_uses[i]));
	return list;
}

static struct sb_node *freedom_node(struct sb_making *make, const struct sb_freedom *freedom)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_text(make, map, "cause", sb_cause_name(freedom->cause));
	sb_make_put_count(make, map, "bytes", freedom->bytes);
	sb_make_put_bool(make, map, "loaded", freedom->loaded);
	return map;
}

static struct sb_node *property_value(struct sb_making *make, const struct sb_property *property)
{
	uint64_t number;
	if (property->is_int && property->value && sb_text_uint(sb_span_text(property->value), &number) && number <= INT64_MAX)
		return sb_node_int(make->arena, (int64_t)number);
	return sb_node_text(make->arena, property->value);
}

static void put_properties(struct sb_making *make, struct sb_node *map, const char *key, const struct sb_properties *properties)
{
	struct sb_node *group = sb_make_map(make);
	for (size_t i = 0; i < properties->count; i++)
		sb_make_put(make, group, properties->items[i].name, property_value(make, &properties->items[i]));
	sb_make_put(make, map, key, group);
}

static struct sb_node *environment_node(struct sb_making *make, const struct sb_environment *environment)
{
	struct sb_node *map = sb_make_map(make);
	if (environment->parsers.count)
		put_properties(make, map, "parsers", &environment->parsers);
	if (!environment->present)
		return map;
	put_properties(make, map, "host", &environment->host);
	put_properties(make, map, "walls", &environment->walls);
	put_properties(make, map, "limits", &environment->limits);
	put_properties(make, map, "controls", &environment->controls);
	put_properties(make, map, "toolchain", &environment->toolchain);
	return map;
}

static struct sb_node *limit_node(struct sb_making *make, const struct sb_limit_hit *hit)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_text(make, map, "name", hit->name);
	sb_make_put_count(make, map, "value", hit->value);
	sb_make_put_text(make, map, "where", hit->where);
	return map;
}

static struct sb_node *equal_node(struct sb_making *make, const struct sb_equal_files *equal)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_count(make, map, "files", equal->files);
	sb_make_put_count(make, map, "bytes", equal->bytes);
	sb_make_put_hex(make, map, "tree", equal->tree, SB_BLAKE2B_BYTES);
	return map;
}

static struct sb_node *inputs_node(struct sb_making *make, const struct sb_named_digest *inputs, size_t count)
{
	struct sb_node *list = sb_make_list(make);
	for (size_t i = 0; i < count; i++) {
		struct sb_node *map = sb_make_map(make);
		sb_make_put_text(make, map, "name", inputs[i].name);
		sb_make_put_hex(make, map, "sha256", inputs[i].sha256, SB_SHA256_BYTES);
		sb_make_push(make, list, map);
	}
	return list;
}

static struct sb_node *delivery_node(struct sb_making *make, const struct sb_delivery *delivery)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_text(make, map, "name", delivery->name);
	sb_make_put_text(make, map, "version", delivery->version);
	sb_make_put_text(make, map, "vendor", delivery->vendor);
	sb_make_put_hex(make, map, "manifest", delivery->manifest, SB_SHA256_BYTES);
	sb_make_put(make, map, "inputs", inputs_node(make, delivery->inputs, delivery->input_count));
	sb_make_put(make, map, "prebuilt", inputs_node(make, delivery->prebuilt, delivery->prebuilt_count));
	return map;
}

static struct sb_node *installed_node(struct sb_making *make, const struct sb_installed *installed)
{
	struct sb_node *map = sb_make_map(make), *pairs = sb_make_map(make);
	for (unsigned pairing = 0; pairing < SB_PAIRINGS; pairing++)
		sb_make_put_text(make, pairs, sb_pairing_name((enum sb_pairing)pairing), sb_level_name(installed->level[pairing]));
	sb_make_put(make, map, "pairs", pairs);
	sb_make_put_text(make, map, "deviates", sb_deviant_name(installed->deviates));
	return map;
}

static struct sb_node *changed_node(struct sb_making *make, const struct sb_changed *changed)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_text(make, map, "name", changed->name);
	sb_make_put_text(make, map, "shipped", sb_change_name(changed->shipped));
	sb_make_put_text(make, map, "rebuilt", sb_change_name(changed->rebuilt));
	return map;
}

static struct sb_node *previous_node(struct sb_making *make, const struct sb_previous *previous)
{
	struct sb_node *map = sb_make_map(make), *artifacts = sb_make_list(make), *fresh = sb_make_list(make), *gone = sb_make_list(make);
	for (size_t i = 0; i < previous->artifact_count; i++)
		sb_make_push(make, artifacts, changed_node(make, &previous->artifacts[i]));
	for (size_t i = 0; i < previous->fresh_count; i++)
		sb_make_push(make, fresh, sb_make_text(make, previous->fresh[i]));
	for (size_t i = 0; i < previous->gone_count; i++)
		sb_make_push(make, gone, finding_node(make, &previous->gone[i]));
	sb_make_put_hex(make, map, "record", previous->record, SB_SHA256_BYTES);
	sb_make_put_text(make, map, "level", sb_level_name(previous->level));
	sb_make_put(make, map, "artifacts", artifacts);
	sb_make_put(make, map, "new", fresh);
	sb_make_put_count(make, map, "same", previous->same);
	sb_make_put(make, map, "gone", gone);
	return map;
}

static struct sb_node *tool_node(struct sb_making *make, const struct sb_result *result)
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_text(make, map, "name", "samebuild");
	sb_make_put_text(make, map, "version", result->tool_version);
	sb_make_put_text(make, map, "rules", result->rules);
	return map;
}

static void put_lists(struct sb_making *make, struct sb_node *top, const struct sb_result *result)
{
	struct sb_node *artifacts = sb_make_list(make), *findings = sb_make_list(make);
	struct sb_node *freedom = sb_make_list(make), *limits = sb_make_list(make);

	for (size_t i = 0; i < result->artifact_count; i++)
		sb_make_push(make, artifacts, artifact_node(make, &result->artifacts[i]));
	for (size_t i = 0; i < result->finding_count; i++)
		sb_make_push(make, findings, finding_node(make, &result->findings[i]));
	for (size_t i = 0; i < result->freedom_count; i++)
		sb_make_push(make, freedom, freedom_node(make, &result->freedom[i]));
	for (size_t i = 0; i < result->limit_count; i++)
		sb_make_push(make, limits, limit_node(make, &result->limits[i]));
	sb_make_put(make, top, "artifacts", artifacts);
	sb_make_put(make, top, "findings", findings);
	sb_make_put(make, top, "freedom", freedom);
	sb_make_put(make, top, "limits", limits);
}

int sb_record_node(const struct sb_result *result, struct sb_arena *arena, struct sb_node **out, struct sb_err *err)
{
	struct sb_making make = {.arena = arena};
	struct sb_node *top = sb_node_map(arena);

	sb_make_put_text(&make, top, "schema", "samebuild-result/1");
	sb_make_put(&make, top, "tool", tool_node(&make, result));
	sb_make_put_text(&make, top, "level", sb_level_name(result->level));
	put_lists(&make, top, result);
	sb_make_put(&make, top, "environment", environment_node(&make, &result->environment));
	sb_make_put(&make, top, "trace", sb_lineage_node(&make, result->lineage));
	if (result->delivery)
		sb_make_put(&make, top, "delivery", delivery_node(&make, result->delivery));
	if (result->installed.present)
		sb_make_put(&make, top, "installed", installed_node(&make, &result->installed));
	if (result->previous.present)
		sb_make_put(&make, top, "previous", previous_node(&make, &result->previous));
	if (result->builds.present)
		sb_make_put(&make, top, "builds", sb_make_builds(&make, &result->builds));
	if (result->solving.present)
		sb_make_put(&make, top, "solve", sb_solving_node(&make, &result->solving));
	if (result->equal.present)
		sb_make_put(&make, top, "equal", equal_node(&make, &result->equal));
	if (result->findings_left_out)
		sb_make_put_count(&make, top, "findings_left_out", result->findings_left_out);
	if (result->rule_use_count)
		sb_make_put(&make, top, "rules", uses_node(&make, result));
	if (make.failed || !top)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*out = top;
	return 0;
}

int sb_record_write(const struct sb_result *result, struct sb_buf *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_node *top = NULL;

	if (!arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = sb_record_node(result, arena, &top, err);
	if (rc)
		return rc;
	sb_node_write_json(top, out);
	return sb_buf_ok(out, err);
}
