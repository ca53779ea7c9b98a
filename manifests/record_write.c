/* SPDX-License-Identifier: Apache-2.0 */
/* The result record as a tree: docs/formats/result-record.md. */
#include "manifests/record.h"

#include <string.h>

/** Building with one check at the end: every helper passes a failure on. */
struct maker {
	struct sb_arena *arena;
	bool failed;
};

static void put(struct maker *make, struct sb_node *map, const char *key, struct sb_node *value)
{
	make->failed |= !sb_node_put(make->arena, map, key, value);
}

static void push(struct maker *make, struct sb_node *list, struct sb_node *value)
{
	make->failed |= !sb_node_push(make->arena, list, value);
}

static void put_text(struct maker *make, struct sb_node *map, const char *key, const char *text)
{
	put(make, map, key, sb_node_text(make->arena, text));
}

/* Counts beyond the integers that every JSON reader holds exactly do not occur: sizes are capped far below. */
static void put_count(struct maker *make, struct sb_node *map, const char *key, uint64_t count)
{
	put(make, map, key, sb_node_int(make->arena, count > INT64_MAX ? INT64_MAX : (int64_t)count));
}

/* Text that is escaped already. */
static struct sb_node *shown(struct maker *make, const char *text)
{
	struct sb_node *node = sb_node_null(make->arena);
	char *copy = node && text ? sb_arena_copy(make->arena, sb_span_text(text)) : NULL;

	if (copy) {
		node->type = SB_NODE_TEXT;
		node->text = sb_span_text(copy);
	}
	make->failed |= text && !copy;
	return node;
}

static struct sb_node *digest_node(struct maker *make, const struct sb_digest *digest)
{
	if (digest->kinds != SB_DIGEST_BOTH)
		return sb_node_null(make->arena);
	struct sb_node *map = sb_node_map(make->arena);
	put(make, map, "blake2b", sb_node_hex(make->arena, digest->blake2b, SB_BLAKE2B_BYTES));
	put(make, map, "sha256", sb_node_hex(make->arena, digest->sha256, SB_SHA256_BYTES));
	put_count(make, map, "size", digest->size);
	return map;
}

static struct sb_node *coverage_node(struct maker *make, const struct sb_coverage *coverage)
{
	struct sb_node *map = sb_node_map(make->arena);
	put_count(make, map, "bytes", coverage->bytes);
	put_count(make, map, "equal", coverage->equal);
	put_count(make, map, "claimed", coverage->claimed);
	put_count(make, map, "residual", coverage->residual);
	put_count(make, map, "opaque", coverage->opaque);
	return map;
}

static struct sb_node *artifact_node(struct maker *make, const struct sb_artifact *artifact)
{
	struct sb_node *map = sb_node_map(make->arena);
	put_text(make, map, "name", artifact->name);
	put_text(make, map, "level", sb_level_name(artifact->level));
	put(make, map, "shipped", digest_node(make, &artifact->shipped));
	put(make, map, "rebuilt", digest_node(make, &artifact->rebuilt));
	put(make, map, "coverage", coverage_node(make, &artifact->coverage));
	put_count(make, map, "members", artifact->members);
	return map;
}

static struct sb_node *extent_node(struct maker *make, const struct sb_extent *extent)
{
	if (!extent->present)
		return sb_node_null(make->arena);
	struct sb_node *map = sb_node_map(make->arena);
	put_count(make, map, "offset", extent->offset);
	put_count(make, map, "length", extent->length);
	put(make, map, "preview", shown(make, extent->preview ? extent->preview : ""));
	return map;
}

static struct sb_node *finding_node(struct maker *make, const struct sb_finding *finding)
{
	struct sb_node *map = sb_node_map(make->arena), *where = sb_node_list(make->arena);
	for (size_t i = 0; i < finding->where_count; i++)
		push(make, where, sb_node_text(make->arena, finding->where[i]));
	put_text(make, map, "id", finding->id);
	put_text(make, map, "artifact", finding->artifact);
	put(make, map, "where", where);
	put_text(make, map, "kind", finding->kind);
	put_text(make, map, "cause", sb_cause_name(finding->cause));
	put_text(make, map, "rule", sb_rule_name(finding->rule));
	put(make, map, "primary", sb_node_bool(make->arena, finding->primary));
	put_text(make, map, "severity", sb_severity_name(finding->severity));
	put(make, map, "shipped", extent_node(make, &finding->shipped));
	put(make, map, "rebuilt", extent_node(make, &finding->rebuilt));
	put(make, map, "note", shown(make, finding->note ? finding->note : ""));
	return map;
}

static struct sb_node *freedom_node(struct maker *make, const struct sb_freedom *freedom)
{
	struct sb_node *map = sb_node_map(make->arena);
	put_text(make, map, "cause", sb_cause_name(freedom->cause));
	put_count(make, map, "bytes", freedom->bytes);
	put(make, map, "loaded", sb_node_bool(make->arena, freedom->loaded));
	return map;
}

static struct sb_node *property_value(struct maker *make, const struct sb_property *property)
{
	uint64_t number;
	if (property->is_int && property->value && sb_text_uint(sb_span_text(property->value), &number) && number <= INT64_MAX)
		return sb_node_int(make->arena, (int64_t)number);
	return sb_node_text(make->arena, property->value);
}

static void put_properties(struct maker *make, struct sb_node *map, const char *key, const struct sb_properties *properties)
{
	struct sb_node *group = sb_node_map(make->arena);
	for (size_t i = 0; i < properties->count; i++)
		put(make, group, properties->items[i].name, property_value(make, &properties->items[i]));
	put(make, map, key, group);
}

static struct sb_node *environment_node(struct maker *make, const struct sb_environment *environment)
{
	struct sb_node *map = sb_node_map(make->arena);
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

static struct sb_node *limit_node(struct maker *make, const struct sb_limit_hit *hit)
{
	struct sb_node *map = sb_node_map(make->arena);
	put_text(make, map, "name", hit->name);
	put_count(make, map, "value", hit->value);
	put_text(make, map, "where", hit->where);
	return map;
}

static struct sb_node *equal_node(struct maker *make, const struct sb_equal_files *equal)
{
	struct sb_node *map = sb_node_map(make->arena);
	put_count(make, map, "files", equal->files);
	put_count(make, map, "bytes", equal->bytes);
	put(make, map, "tree", sb_node_hex(make->arena, equal->tree, SB_BLAKE2B_BYTES));
	return map;
}

static struct sb_node *tool_node(struct maker *make, const struct sb_result *result)
{
	struct sb_node *map = sb_node_map(make->arena);
	put_text(make, map, "name", "samebuild");
	put_text(make, map, "version", result->tool_version);
	put_text(make, map, "rules", result->rules);
	return map;
}

static void put_lists(struct maker *make, struct sb_node *top, const struct sb_result *result)
{
	struct sb_node *artifacts = sb_node_list(make->arena), *findings = sb_node_list(make->arena);
	struct sb_node *freedom = sb_node_list(make->arena), *limits = sb_node_list(make->arena);

	for (size_t i = 0; i < result->artifact_count; i++)
		push(make, artifacts, artifact_node(make, &result->artifacts[i]));
	for (size_t i = 0; i < result->finding_count; i++)
		push(make, findings, finding_node(make, &result->findings[i]));
	for (size_t i = 0; i < result->freedom_count; i++)
		push(make, freedom, freedom_node(make, &result->freedom[i]));
	for (size_t i = 0; i < result->limit_count; i++)
		push(make, limits, limit_node(make, &result->limits[i]));
	put(make, top, "artifacts", artifacts);
	put(make, top, "findings", findings);
	put(make, top, "freedom", freedom);
	put(make, top, "limits", limits);
}

int sb_record_node(const struct sb_result *result, struct sb_arena *arena, struct sb_node **out, struct sb_err *err)
{
	struct maker make = {.arena = arena};
	struct sb_node *top = sb_node_map(arena);

	put_text(&make, top, "schema", "samebuild-result/1");
	put(&make, top, "tool", tool_node(&make, result));
	put_text(&make, top, "level", sb_level_name(result->level));
	put_lists(&make, top, result);
	put(&make, top, "environment", environment_node(&make, &result->environment));
	put(&make, top, "trace", sb_node_null(arena));
	if (result->equal.present)
		put(&make, top, "equal", equal_node(&make, &result->equal));
	if (result->findings_left_out)
		put_count(&make, top, "findings_left_out", result->findings_left_out);
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
