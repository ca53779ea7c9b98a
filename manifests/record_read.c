/* SPDX-License-Identifier: Apache-2.0 */
/* A record read back is foreign again: every field is checked. */
#include "manifests/record.h"

#include "manifests/builds.h"
#include "manifests/lineage.h"
#include "manifests/record_check.h"
#include "manifests/solving.h"
#include "manifests/taking.h"

#include <stdlib.h>
#include <string.h>

static const char *const top_keys[] = {"*schema", "*tool", "*level", "*artifacts", "*findings", "*freedom", "*environment", "*trace", "*limits",
                                       "equal", "findings_left_out", "rules", "delivery", "installed", "previous", "builds", "solve", NULL};
static const char *const tool_keys[] = {"*name", "*version", "*rules", NULL};
static const char *const digest_keys[] = {"*sha256", "*blake2b", "*size", NULL};
static const char *const coverage_keys[] = {"*bytes", "*equal", "*claimed", "*residual", "*opaque", NULL};
static const char *const artifact_keys[] = {"*name", "*level", "*shipped", "*rebuilt", "*coverage", "*members", "otherwise", NULL};
static const char *const finding_keys[] = {"*id",      "*artifact", "*where",   "*kind",    "*cause", "*rule",
                                           "*primary", "*severity", "*shipped", "*rebuilt", "*note",  "inside", NULL};
static const char *const use_keys[] = {"*id", "*version", "*kind", "*applied", NULL};
static const char *const freedom_keys[] = {"*cause", "*bytes", "*loaded", NULL};
static const char *const limit_keys[] = {"*name", "*value", "*where", NULL};
static const char *const equal_keys[] = {"*files", "*bytes", "*tree", NULL};
static const char *const delivery_keys[] = {"*name", "*version", "*vendor", "*manifest", "*inputs", "*prebuilt", NULL};
static const char *const input_keys[] = {"*name", "*sha256", NULL};
static const char *const installed_keys[] = {"*pairs", "*deviates", NULL};
static const char *const pairs_keys[] = {"*shipped-rebuilt", "*installed-shipped", "*installed-rebuilt", NULL};
static const char *const previous_keys[] = {"*record", "*level", "*artifacts", "*new", "*same", "*gone", NULL};
static const char *const changed_keys[] = {"*name", "*shipped", "*rebuilt", NULL};
static const char *const environment_keys[] = {"host", "walls", "limits", "controls", "toolchain", "parsers", NULL};

static enum sb_level level_at(struct sb_taking *in, struct sb_place map, const char *key)
{
	enum sb_level out = SB_LEVEL_UNDETERMINED;
	struct sb_place place = sb_schema_key(&in->schema, map, key);
	if (!sb_level_parse(sb_schema_text(&in->schema, place, ""), &out))
		sb_schema_problem(&in->schema, place, "record-malformed", "an unknown level");
	return out;
}

static enum sb_level level(struct sb_taking *in, struct sb_place map)
{
	return level_at(in, map, "level");
}

static enum sb_cause cause(struct sb_taking *in, struct sb_place map)
{
	enum sb_cause out = SB_CAUSE_UNEXPLAINED;
	if (!sb_cause_parse(sb_take_text(in, map, "cause"), &out))
		sb_schema_problem(&in->schema, map, "record-malformed", "an unknown cause");
	return out;
}

static void read_digest(struct sb_taking *in, struct sb_place place, struct sb_digest *out)
{
	if (sb_take_is_null(place) || !sb_schema_map(&in->schema, place, digest_keys))
		return;
	out->kinds = SB_DIGEST_BOTH;
	out->size = sb_take_count(in, place, "size");
	sb_take_hex(in, place, "sha256", out->sha256, SB_SHA256_BYTES);
	sb_take_hex(in, place, "blake2b", out->blake2b, SB_BLAKE2B_BYTES);
}

static void read_coverage(struct sb_taking *in, struct sb_place place, struct sb_coverage *out)
{
	if (!sb_schema_map(&in->schema, place, coverage_keys))
		return;
	out->bytes = sb_take_count(in, place, "bytes");
	out->equal = sb_take_count(in, place, "equal");
	out->claimed = sb_take_count(in, place, "claimed");
	out->residual = sb_take_count(in, place, "residual");
	out->opaque = sb_take_count(in, place, "opaque");
	if (!sb_coverage_adds_up(out))
		sb_schema_problem(&in->schema, place, "record-inconsistent", "the coverage does not add up");
}

static void read_artifact(struct sb_taking *in, struct sb_place place, struct sb_artifact *out)
{
	struct sb_schema *s = &in->schema;
	if (!sb_schema_map(s, place, artifact_keys))
		return;
	out->name = sb_take_raw(in, place, "name");
	out->level = level(in, place);
	read_digest(in, sb_schema_key(s, place, "shipped"), &out->shipped);
	read_digest(in, sb_schema_key(s, place, "rebuilt"), &out->rebuilt);
	read_coverage(in, sb_schema_key(s, place, "coverage"), &out->coverage);
	out->members = sb_take_count(in, place, "members");
	if (sb_schema_key(s, place, "otherwise").node)
		out->otherwise = level_at(in, place, "otherwise");
}

static void read_where(struct sb_taking *in, struct sb_place place, struct sb_finding *out)
{
	if (!sb_schema_list(&in->schema, place))
		return;
	const char **where = sb_take_array(in, place.node->count, sizeof *where);
	for (size_t i = 0; where && i < place.node->count; i++)
		where[i] = sb_take_raw_at(in, sb_schema_item(&in->schema, place, i));
	out->where = where;
	out->where_count = where ? place.node->count : 0;
}

static void read_finding(struct sb_taking *in, struct sb_place place, struct sb_finding *out)
{
	struct sb_schema *s = &in->schema;
	if (!sb_schema_map(s, place, finding_keys))
		return;
	out->id = sb_take_raw(in, place, "id");
	out->artifact = sb_take_raw(in, place, "artifact");
	read_where(in, sb_schema_key(s, place, "where"), out);
	out->kind = sb_take_raw(in, place, "kind");
	out->cause = cause(in, place);
	if (!sb_rule_parse(sb_take_text(in, place, "rule"), &out->rule))
		sb_schema_problem(s, place, "record-malformed", "an unknown rule");
	out->primary = sb_take_bool(in, place, "primary", false);
	if (!sb_severity_parse(sb_take_text(in, place, "severity"), &out->severity))
		sb_schema_problem(s, place, "record-malformed", "an unknown severity");
	sb_take_extent(in, sb_schema_key(s, place, "shipped"), &out->shipped);
	sb_take_extent(in, sb_schema_key(s, place, "rebuilt"), &out->rebuilt);
	out->note = sb_take_shown(in, place, "note");
	if (!sb_schema_key(s, place, "inside").node)
		return;
	out->inside = sb_take_names(in, place, "inside", &out->inside_count);
	out->located = out->inside && out->rule <= SB_RULE_HINT && out->shipped.present && out->rebuilt.present;
}

static void read_use(struct sb_taking *in, struct sb_place place, struct sb_rule_use *out)
{
	if (!sb_schema_map(&in->schema, place, use_keys))
		return;
	out->name = sb_take_raw(in, place, "id");
	out->version = (unsigned)sb_schema_uint(&in->schema, sb_schema_key(&in->schema, place, "version"), 1, UINT32_MAX, 0);
	if (!sb_rule_parse(sb_take_text(in, place, "kind"), &out->kind))
		sb_schema_problem(&in->schema, place, "record-malformed", "an unknown rule");
	out->applied = sb_take_count(in, place, "applied");
}

static void read_uses(struct sb_taking *in, struct sb_place top, struct sb_result *out)
{
	struct sb_place list;
	struct sb_rule_use *uses = sb_take_list(in, top, "rules", sizeof *uses, &list, &out->rule_use_count);

	for (size_t i = 0; i < out->rule_use_count; i++)
		read_use(in, sb_schema_item(&in->schema, list, i), &uses[i]);
	out->rule_uses = uses;
}

static void read_freedom(struct sb_taking *in, struct sb_place place, struct sb_freedom *out)
{
	if (!sb_schema_map(&in->schema, place, freedom_keys))
		return;
	out->cause = cause(in, place);
	out->bytes = sb_take_count(in, place, "bytes");
	out->loaded = sb_take_bool(in, place, "loaded", true);
}

static void read_limit(struct sb_taking *in, struct sb_place place, struct sb_limit_hit *out)
{
	if (!sb_schema_map(&in->schema, place, limit_keys))
		return;
	out->name = sb_take_raw(in, place, "name");
	out->value = sb_take_count(in, place, "value");
	out->where = sb_take_raw(in, place, "where");
}

static void read_properties(struct sb_taking *in, struct sb_place map, const char *key, struct sb_properties *out)
{
	struct sb_place place = sb_schema_key(&in->schema, map, key);
	if (!place.node || place.node->type != SB_NODE_MAP)
		return;
	out->items = sb_take_array(in, place.node->count, sizeof *out->items);
	for (size_t i = 0; out->items && i < place.node->count; i++) {
		const struct sb_node *value = place.node->members[i].value;
		struct sb_property *item = &out->items[out->count++];
		item->name = place.node->members[i].key;
		item->is_int = value->type == SB_NODE_INT;
		item->value = item->is_int               ? sb_arena_printf(in->arena, "%lld", (long long)value->number)
		              : value->type == SB_NODE_TEXT ? sb_take_raw_at(in, sb_schema_key(&in->schema, place, item->name))
		                                            : NULL;
	}
}

static void read_environment(struct sb_taking *in, struct sb_place top, struct sb_environment *out)
{
	struct sb_place place = sb_schema_key(&in->schema, top, "environment");
	if (!sb_schema_map(&in->schema, place, environment_keys))
		return;
	read_properties(in, place, "parsers", &out->parsers);
	out->present = place.node->count > (out->parsers.items != NULL);
	read_properties(in, place, "host", &out->host);
	read_properties(in, place, "walls", &out->walls);
	read_properties(in, place, "limits", &out->limits);
	read_properties(in, place, "controls", &out->controls);
	read_properties(in, place, "toolchain", &out->toolchain);
}

static void read_equal(struct sb_taking *in, struct sb_place top, struct sb_equal_files *out)
{
	struct sb_place place = sb_schema_key(&in->schema, top, "equal");
	if (!place.node || !sb_schema_map(&in->schema, place, equal_keys))
		return;
	out->present = true;
	out->files = sb_take_count(in, place, "files");
	out->bytes = sb_take_count(in, place, "bytes");
	sb_take_hex(in, place, "tree", out->tree, SB_BLAKE2B_BYTES);
}

static const struct sb_named_digest *read_inputs(struct sb_taking *in, struct sb_place map, const char *key, size_t *items)
{
	struct sb_place place;
	struct sb_named_digest *out = sb_take_list(in, map, key, sizeof *out, &place, items);

	for (size_t i = 0; i < *items; i++) {
		struct sb_place item = sb_schema_item(&in->schema, place, i);
		if (!sb_schema_map(&in->schema, item, input_keys))
			continue;
		out[i].name = sb_take_raw(in, item, "name");
		sb_take_hex(in, item, "sha256", out[i].sha256, SB_SHA256_BYTES);
	}
	return out;
}

static void read_delivery(struct sb_taking *in, struct sb_place top, struct sb_result *result)
{
	struct sb_place place = sb_schema_key(&in->schema, top, "delivery");
	struct sb_delivery *out = place.node && sb_schema_map(&in->schema, place, delivery_keys) ? sb_take_array(in, 1, sizeof *out) : NULL;

	if (!out)
		return;
	out->name = sb_take_raw(in, place, "name");
	out->version = sb_take_raw(in, place, "version");
	out->vendor = sb_take_raw(in, place, "vendor");
	sb_take_hex(in, place, "manifest", out->manifest, SB_SHA256_BYTES);
	out->inputs = read_inputs(in, place, "inputs", &out->input_count);
	out->prebuilt = read_inputs(in, place, "prebuilt", &out->prebuilt_count);
	result->delivery = out;
}

/* The word about who deviates follows from the levels, and no other is taken. */
static void read_installed(struct sb_taking *in, struct sb_place top, struct sb_installed *out)
{
	struct sb_place place = sb_schema_key(&in->schema, top, "installed");
	if (!place.node || !sb_schema_map(&in->schema, place, installed_keys))
		return;
	struct sb_place pairs = sb_schema_key(&in->schema, place, "pairs");
	if (!sb_schema_map(&in->schema, pairs, pairs_keys))
		return;
	out->present = true;
	for (unsigned pairing = 0; pairing < SB_PAIRINGS; pairing++)
		out->level[pairing] = level_at(in, pairs, sb_pairing_name((enum sb_pairing)pairing));
	out->deviates = sb_deviant_of(out->level);
	if (strcmp(sb_take_text(in, place, "deviates"), sb_deviant_name(out->deviates)) != 0)
		sb_schema_problem(&in->schema, place, "record-inconsistent", "the three pairs do not say which side deviates as the record does");
}

static enum sb_change change(struct sb_taking *in, struct sb_place map, const char *key)
{
	enum sb_change out = SB_CHANGE_UNKNOWN;
	if (!sb_change_parse(sb_take_text(in, map, key), &out))
		sb_schema_problem(&in->schema, map, "record-malformed", "an unknown kind of change");
	return out;
}

static void read_changed(struct sb_taking *in, struct sb_place place, struct sb_previous *out)
{
	struct sb_place item;
	struct sb_changed *changed = sb_take_list(in, place, "artifacts", sizeof *changed, &item, &out->artifact_count);
	struct sb_place artifacts = item;

	for (size_t i = 0; i < out->artifact_count; i++) {
		item = sb_schema_item(&in->schema, artifacts, i);
		if (!sb_schema_map(&in->schema, item, changed_keys))
			continue;
		changed[i].name = sb_take_raw(in, item, "name");
		changed[i].shipped = change(in, item, "shipped");
		changed[i].rebuilt = change(in, item, "rebuilt");
	}
	out->artifacts = changed;
}

static void read_previous(struct sb_taking *in, struct sb_place top, struct sb_previous *out)
{
	struct sb_schema *s = &in->schema;
	struct sb_place place = sb_schema_key(s, top, "previous"), items;
	if (!place.node || !sb_schema_map(s, place, previous_keys))
		return;
	out->present = true;
	sb_take_hex(in, place, "record", out->record, SB_SHA256_BYTES);
	out->level = level(in, place);
	read_changed(in, place, out);
	out->fresh = sb_take_names(in, place, "new", &out->fresh_count);
	out->same = sb_take_count(in, place, "same");
	struct sb_finding *gone = sb_take_list(in, place, "gone", sizeof *gone, &items, &out->gone_count);
	for (size_t i = 0; i < out->gone_count; i++)
		read_finding(in, sb_schema_item(s, items, i), &gone[i]);
	out->gone = gone;
}

static void read_lists(struct sb_taking *in, struct sb_place top, struct sb_result *out)
{
	struct sb_schema *s = &in->schema;
	struct sb_place place;

	struct sb_artifact *artifacts = sb_take_list(in, top, "artifacts", sizeof *artifacts, &place, &out->artifact_count);
	for (size_t i = 0; i < out->artifact_count; i++)
		read_artifact(in, sb_schema_item(s, place, i), &artifacts[i]);
	struct sb_finding *findings = sb_take_list(in, top, "findings", sizeof *findings, &place, &out->finding_count);
	for (size_t i = 0; i < out->finding_count; i++)
		read_finding(in, sb_schema_item(s, place, i), &findings[i]);
	struct sb_freedom *freedom = sb_take_list(in, top, "freedom", sizeof *freedom, &place, &out->freedom_count);
	for (size_t i = 0; i < out->freedom_count; i++)
		read_freedom(in, sb_schema_item(s, place, i), &freedom[i]);
	struct sb_limit_hit *limits = sb_take_list(in, top, "limits", sizeof *limits, &place, &out->limit_count);
	for (size_t i = 0; i < out->limit_count; i++)
		read_limit(in, sb_schema_item(s, place, i), &limits[i]);
	read_uses(in, top, out);
	out->artifacts = artifacts;
	out->findings = findings;
	out->freedom = freedom;
	out->limits = limits;
}

static void read_all(struct sb_taking *in, struct sb_place top, struct sb_result *out)
{
	struct sb_schema *s = &in->schema;
	if (!sb_schema_map(s, top, top_keys))
		return;
	if (strcmp(sb_take_text(in, top, "schema"), "samebuild-result/1") != 0)
		sb_schema_problem(s, top, "record-malformed", "the schema is not samebuild-result/1");
	struct sb_place tool = sb_schema_key(s, top, "tool");
	if (sb_schema_map(s, tool, tool_keys)) {
		out->tool_version = sb_take_raw(in, tool, "version");
		out->rules = sb_take_raw(in, tool, "rules");
	}
	out->level = level(in, top);
	read_lists(in, top, out);
	read_environment(in, top, &out->environment);
	out->lineage = sb_lineage_take(in, sb_schema_key(s, top, "trace"));
	read_equal(in, top, &out->equal);
	read_delivery(in, top, out);
	read_installed(in, top, &out->installed);
	read_previous(in, top, &out->previous);
	sb_take_builds(in, top, &out->builds);
	sb_solving_read(in, sb_schema_key(s, top, "solve"), &out->solving);
	out->findings_left_out = sb_take_count(in, top, "findings_left_out");
	sb_record_check(in, top, out);
}

int sb_record_read(struct sb_span json, struct sb_arena *arena, struct sb_result *out, struct sb_err *err)
{
	SB_FREEING struct sb_taking *in = calloc(1, sizeof *in);
	struct sb_place top = {.way = ""};
	struct sb_result result = {0};

	if (!in)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*in = (struct sb_taking){.schema = {.document = "record", .arena = arena}, .arena = arena};
	int rc = sb_node_read_json(json, SB_LIMIT_OF(RECORD_BYTES), "record", arena, &top.node, err);
	if (rc)
		return rc == SB_FORMAT ? sb_reidentify(err, "record-malformed") : rc;
	read_all(in, top, &result);
	if (in->failed)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	rc = sb_schema_end(&in->schema, NULL, err);
	if (rc) {
		bool inconsistent = err && err->id && strcmp(err->id, "record-inconsistent") == 0;
		if (err)
			err->code = inconsistent ? SB_EVIDENCE : SB_FORMAT;
		if (!inconsistent)
			sb_reidentify(err, "record-malformed");
		return inconsistent ? SB_EVIDENCE : SB_FORMAT;
	}
	*out = result;
	return 0;
}
