/* SPDX-License-Identifier: Apache-2.0 */
/* A record read back is foreign again: every field is checked, and a better level than the parts allow is refused. */
#include "manifests/record.h"

#include "manifests/schema.h"

#include <stdlib.h>
#include <string.h>

struct reading {
	struct sb_schema schema;
	struct sb_arena *arena;
	bool failed; /* out of memory */
};

static const char *const top_keys[] = {"*schema", "*tool", "*level", "*artifacts", "*findings", "*freedom", "*environment", "*trace", "*limits",
                                       "equal", "findings_left_out", "delivery", "installed", "previous", NULL};
static const char *const tool_keys[] = {"*name", "*version", "*rules", NULL};
static const char *const digest_keys[] = {"*sha256", "*blake2b", "*size", NULL};
static const char *const coverage_keys[] = {"*bytes", "*equal", "*claimed", "*residual", "*opaque", NULL};
static const char *const artifact_keys[] = {"*name", "*level", "*shipped", "*rebuilt", "*coverage", "*members", NULL};
static const char *const extent_keys[] = {"*offset", "*length", "*preview", NULL};
static const char *const finding_keys[] = {"*id",      "*artifact", "*where",   "*kind",    "*cause", "*rule",
                                           "*primary", "*severity", "*shipped", "*rebuilt", "*note",  NULL};
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

static void *make(struct reading *in, size_t count, size_t size)
{
	void *out = sb_arena_array(in->arena, count, size);
	in->failed |= !out;
	return out;
}

static const char *text(struct reading *in, struct sb_place map, const char *key)
{
	return sb_schema_text(&in->schema, sb_schema_key(&in->schema, map, key), "");
}

/* Text that was escaped before it went out; whatever else it holds now was put there to reach a reader's terminal. */
static const char *shown(struct reading *in, struct sb_place map, const char *key)
{
	struct sb_place place = sb_schema_key(&in->schema, map, key);
	const char *text = sb_schema_text(&in->schema, place, "");

	for (const char *at = text; *at;) {
		size_t n = strcspn(at, "\\");
		if (!sb_escape_is_plain(sb_span_of(at, n)))
			sb_schema_problem(&in->schema, place, "record-malformed", "characters that are never written as they are");
		at += n + (at[n] == '\\');
	}
	return text;
}

/* A name that went out escaped comes back as the bytes it was. */
static const char *raw_text(struct reading *in, struct sb_place place)
{
	const char *escaped = sb_schema_text(&in->schema, place, "");
	char *raw = make(in, strlen(escaped) + 1, 1);
	size_t n = 0;

	for (size_t i = 0; raw && escaped[i]; n++) {
		uint8_t byte;
		if (escaped[i] == '\\' && escaped[i + 1] == '\\') {
			raw[n] = '\\';
			i += 2;
		} else if (escaped[i] == '\\' && escaped[i + 1] == 'x' && escaped[i + 2] && escaped[i + 3] &&
		           sb_text_unhex(sb_span_of(escaped + i + 2, 2), &byte, 1)) {
			raw[n] = (char)byte;
			i += 4;
		} else {
			raw[n] = escaped[i++];
		}
	}
	return raw ? raw : "";
}

static const char *raw(struct reading *in, struct sb_place map, const char *key)
{
	return raw_text(in, sb_schema_key(&in->schema, map, key));
}

static uint64_t count(struct reading *in, struct sb_place map, const char *key)
{
	return sb_schema_uint(&in->schema, sb_schema_key(&in->schema, map, key), 0, INT64_MAX, 0);
}

static void hex(struct reading *in, struct sb_place map, const char *key, uint8_t *out, size_t n)
{
	struct sb_place place = sb_schema_key(&in->schema, map, key);
	if (place.node && !sb_text_unhex(sb_span_text(sb_schema_text(&in->schema, place, "")), out, n))
		sb_schema_problem(&in->schema, place, "record-malformed", "%zu hexadecimal digits are due here", 2 * n);
}

static enum sb_level level_at(struct reading *in, struct sb_place map, const char *key)
{
	enum sb_level out = SB_LEVEL_UNDETERMINED;
	struct sb_place place = sb_schema_key(&in->schema, map, key);
	if (!sb_level_parse(sb_schema_text(&in->schema, place, ""), &out))
		sb_schema_problem(&in->schema, place, "record-malformed", "an unknown level");
	return out;
}

static enum sb_level level(struct reading *in, struct sb_place map)
{
	return level_at(in, map, "level");
}

static enum sb_cause cause(struct reading *in, struct sb_place map)
{
	enum sb_cause out = SB_CAUSE_UNEXPLAINED;
	if (!sb_cause_parse(text(in, map, "cause"), &out))
		sb_schema_problem(&in->schema, map, "record-malformed", "an unknown cause");
	return out;
}

static bool is_null(struct sb_place place)
{
	return place.node && place.node->type == SB_NODE_NULL;
}

static void read_digest(struct reading *in, struct sb_place place, struct sb_digest *out)
{
	if (is_null(place) || !sb_schema_map(&in->schema, place, digest_keys))
		return;
	out->kinds = SB_DIGEST_BOTH;
	out->size = count(in, place, "size");
	hex(in, place, "sha256", out->sha256, SB_SHA256_BYTES);
	hex(in, place, "blake2b", out->blake2b, SB_BLAKE2B_BYTES);
}

static void read_coverage(struct reading *in, struct sb_place place, struct sb_coverage *out)
{
	if (!sb_schema_map(&in->schema, place, coverage_keys))
		return;
	out->bytes = count(in, place, "bytes");
	out->equal = count(in, place, "equal");
	out->claimed = count(in, place, "claimed");
	out->residual = count(in, place, "residual");
	out->opaque = count(in, place, "opaque");
	if (!sb_coverage_adds_up(out))
		sb_schema_problem(&in->schema, place, "record-inconsistent", "the coverage does not add up");
}

static void read_artifact(struct reading *in, struct sb_place place, struct sb_artifact *out)
{
	struct sb_schema *s = &in->schema;
	if (!sb_schema_map(s, place, artifact_keys))
		return;
	out->name = raw(in, place, "name");
	out->level = level(in, place);
	read_digest(in, sb_schema_key(s, place, "shipped"), &out->shipped);
	read_digest(in, sb_schema_key(s, place, "rebuilt"), &out->rebuilt);
	read_coverage(in, sb_schema_key(s, place, "coverage"), &out->coverage);
	out->members = count(in, place, "members");
}

static void read_extent(struct reading *in, struct sb_place place, struct sb_extent *out)
{
	if (is_null(place) || !sb_schema_map(&in->schema, place, extent_keys))
		return;
	out->present = true;
	out->offset = count(in, place, "offset");
	out->length = count(in, place, "length");
	out->preview = shown(in, place, "preview");
}

static void read_where(struct reading *in, struct sb_place place, struct sb_finding *out)
{
	if (!sb_schema_list(&in->schema, place))
		return;
	const char **where = make(in, place.node->count, sizeof *where);
	for (size_t i = 0; where && i < place.node->count; i++)
		where[i] = raw_text(in, sb_schema_item(&in->schema, place, i));
	out->where = where;
	out->where_count = where ? place.node->count : 0;
}

static void read_finding(struct reading *in, struct sb_place place, struct sb_finding *out)
{
	struct sb_schema *s = &in->schema;
	if (!sb_schema_map(s, place, finding_keys))
		return;
	out->id = raw(in, place, "id");
	out->artifact = raw(in, place, "artifact");
	read_where(in, sb_schema_key(s, place, "where"), out);
	out->kind = raw(in, place, "kind");
	out->cause = cause(in, place);
	if (!sb_rule_parse(text(in, place, "rule"), &out->rule))
		sb_schema_problem(s, place, "record-malformed", "an unknown rule");
	out->primary = sb_schema_bool(s, sb_schema_key(s, place, "primary"), false);
	if (!sb_severity_parse(text(in, place, "severity"), &out->severity))
		sb_schema_problem(s, place, "record-malformed", "an unknown severity");
	read_extent(in, sb_schema_key(s, place, "shipped"), &out->shipped);
	read_extent(in, sb_schema_key(s, place, "rebuilt"), &out->rebuilt);
	out->note = shown(in, place, "note");
}

static void read_freedom(struct reading *in, struct sb_place place, struct sb_freedom *out)
{
	if (!sb_schema_map(&in->schema, place, freedom_keys))
		return;
	out->cause = cause(in, place);
	out->bytes = count(in, place, "bytes");
	out->loaded = sb_schema_bool(&in->schema, sb_schema_key(&in->schema, place, "loaded"), true);
}

static void read_limit(struct reading *in, struct sb_place place, struct sb_limit_hit *out)
{
	if (!sb_schema_map(&in->schema, place, limit_keys))
		return;
	out->name = raw(in, place, "name");
	out->value = count(in, place, "value");
	out->where = raw(in, place, "where");
}

static void read_properties(struct reading *in, struct sb_place map, const char *key, struct sb_properties *out)
{
	struct sb_place place = sb_schema_key(&in->schema, map, key);
	if (!place.node || place.node->type != SB_NODE_MAP)
		return;
	out->items = make(in, place.node->count, sizeof *out->items);
	for (size_t i = 0; out->items && i < place.node->count; i++) {
		const struct sb_node *value = place.node->members[i].value;
		struct sb_property *item = &out->items[out->count++];
		item->name = place.node->members[i].key;
		item->is_int = value->type == SB_NODE_INT;
		item->value = item->is_int               ? sb_arena_printf(in->arena, "%lld", (long long)value->number)
		              : value->type == SB_NODE_TEXT ? raw_text(in, sb_schema_key(&in->schema, place, item->name))
		                                            : NULL;
	}
}

static void read_environment(struct reading *in, struct sb_place top, struct sb_environment *out)
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

static void read_equal(struct reading *in, struct sb_place top, struct sb_equal_files *out)
{
	struct sb_place place = sb_schema_key(&in->schema, top, "equal");
	if (!place.node || !sb_schema_map(&in->schema, place, equal_keys))
		return;
	out->present = true;
	out->files = count(in, place, "files");
	out->bytes = count(in, place, "bytes");
	hex(in, place, "tree", out->tree, SB_BLAKE2B_BYTES);
}

/* The items of list @key; *count is 0 when there is no list. */
static void *list(struct reading *in, struct sb_place top, const char *key, size_t size, struct sb_place *place, size_t *items)
{
	*place = sb_schema_key(&in->schema, top, key);
	*items = place->node && sb_schema_list(&in->schema, *place) ? place->node->count : 0;
	void *out = make(in, *items, size);
	if (!out)
		*items = 0;
	return out;
}

static const struct sb_named_digest *read_inputs(struct reading *in, struct sb_place map, const char *key, size_t *items)
{
	struct sb_place place;
	struct sb_named_digest *out = list(in, map, key, sizeof *out, &place, items);

	for (size_t i = 0; i < *items; i++) {
		struct sb_place item = sb_schema_item(&in->schema, place, i);
		if (!sb_schema_map(&in->schema, item, input_keys))
			continue;
		out[i].name = raw(in, item, "name");
		hex(in, item, "sha256", out[i].sha256, SB_SHA256_BYTES);
	}
	return out;
}

static void read_delivery(struct reading *in, struct sb_place top, struct sb_result *result)
{
	struct sb_place place = sb_schema_key(&in->schema, top, "delivery");
	struct sb_delivery *out = place.node && sb_schema_map(&in->schema, place, delivery_keys) ? make(in, 1, sizeof *out) : NULL;

	if (!out)
		return;
	out->name = raw(in, place, "name");
	out->version = raw(in, place, "version");
	out->vendor = raw(in, place, "vendor");
	hex(in, place, "manifest", out->manifest, SB_SHA256_BYTES);
	out->inputs = read_inputs(in, place, "inputs", &out->input_count);
	out->prebuilt = read_inputs(in, place, "prebuilt", &out->prebuilt_count);
	result->delivery = out;
}

/* The word about who deviates follows from the levels, and no other is taken. */
static void read_installed(struct reading *in, struct sb_place top, struct sb_installed *out)
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
	if (strcmp(text(in, place, "deviates"), sb_deviant_name(out->deviates)) != 0)
		sb_schema_problem(&in->schema, place, "record-inconsistent", "the three pairs do not say which side deviates as the record does");
}

static enum sb_change change(struct reading *in, struct sb_place map, const char *key)
{
	enum sb_change out = SB_CHANGE_UNKNOWN;
	if (!sb_change_parse(text(in, map, key), &out))
		sb_schema_problem(&in->schema, map, "record-malformed", "an unknown kind of change");
	return out;
}

static void read_changed(struct reading *in, struct sb_place place, struct sb_previous *out)
{
	struct sb_place item;
	struct sb_changed *changed = list(in, place, "artifacts", sizeof *changed, &item, &out->artifact_count);
	struct sb_place artifacts = item;

	for (size_t i = 0; i < out->artifact_count; i++) {
		item = sb_schema_item(&in->schema, artifacts, i);
		if (!sb_schema_map(&in->schema, item, changed_keys))
			continue;
		changed[i].name = raw(in, item, "name");
		changed[i].shipped = change(in, item, "shipped");
		changed[i].rebuilt = change(in, item, "rebuilt");
	}
	out->artifacts = changed;
}

static void read_previous(struct reading *in, struct sb_place top, struct sb_previous *out)
{
	struct sb_schema *s = &in->schema;
	struct sb_place place = sb_schema_key(s, top, "previous"), items;
	if (!place.node || !sb_schema_map(s, place, previous_keys))
		return;
	out->present = true;
	hex(in, place, "record", out->record, SB_SHA256_BYTES);
	out->level = level(in, place);
	read_changed(in, place, out);
	const char **fresh = list(in, place, "new", sizeof *fresh, &items, &out->fresh_count);
	for (size_t i = 0; i < out->fresh_count; i++)
		fresh[i] = raw_text(in, sb_schema_item(s, items, i));
	out->fresh = fresh;
	out->same = count(in, place, "same");
	struct sb_finding *gone = list(in, place, "gone", sizeof *gone, &items, &out->gone_count);
	for (size_t i = 0; i < out->gone_count; i++)
		read_finding(in, sb_schema_item(s, items, i), &gone[i]);
	out->gone = gone;
}

static void read_lists(struct reading *in, struct sb_place top, struct sb_result *out)
{
	struct sb_schema *s = &in->schema;
	struct sb_place place;

	struct sb_artifact *artifacts = list(in, top, "artifacts", sizeof *artifacts, &place, &out->artifact_count);
	for (size_t i = 0; i < out->artifact_count; i++)
		read_artifact(in, sb_schema_item(s, place, i), &artifacts[i]);
	struct sb_finding *findings = list(in, top, "findings", sizeof *findings, &place, &out->finding_count);
	for (size_t i = 0; i < out->finding_count; i++)
		read_finding(in, sb_schema_item(s, place, i), &findings[i]);
	struct sb_freedom *freedom = list(in, top, "freedom", sizeof *freedom, &place, &out->freedom_count);
	for (size_t i = 0; i < out->freedom_count; i++)
		read_freedom(in, sb_schema_item(s, place, i), &freedom[i]);
	struct sb_limit_hit *limits = list(in, top, "limits", sizeof *limits, &place, &out->limit_count);
	for (size_t i = 0; i < out->limit_count; i++)
		read_limit(in, sb_schema_item(s, place, i), &limits[i]);
	out->artifacts = artifacts;
	out->findings = findings;
	out->freedom = freedom;
	out->limits = limits;
}

/* A record whose head says more than its parts is forged or broken. */
static void check_levels(struct reading *in, struct sb_place top, const struct sb_result *result)
{
	bool compared = result->artifact_count > 0 || (result->equal.present && result->equal.files > 0);

	for (unsigned pairing = 0; result->installed.present && pairing < SB_PAIRINGS; pairing++)
		if (result->level > result->installed.level[pairing])
			sb_schema_problem(&in->schema, top, "record-inconsistent", "the level is better than that of a pair");
	if (!compared && result->level != SB_LEVEL_UNDETERMINED)
		sb_schema_problem(&in->schema, top, "record-inconsistent", "a level although nothing was compared");
	for (size_t i = 0; i < result->artifact_count; i++) {
		const struct sb_artifact *a = &result->artifacts[i];
		if (result->level > a->level)
			sb_schema_problem(&in->schema, top, "record-inconsistent", "the level is better than that of an artifact");
		if (a->level > SB_LEVEL_DIFFERENT && (a->shipped.kinds == 0 || a->rebuilt.kinds == 0 || a->coverage.residual))
			sb_schema_problem(&in->schema, top, "record-inconsistent", "an artifact has a level that its coverage does not allow");
		if (a->level == SB_LEVEL_IDENTICAL && memcmp(a->shipped.sha256, a->rebuilt.sha256, SB_SHA256_BYTES) != 0)
			sb_schema_problem(&in->schema, top, "record-inconsistent", "an artifact is called identical and its digests differ");
	}
}

static void read_all(struct reading *in, struct sb_place top, struct sb_result *out)
{
	struct sb_schema *s = &in->schema;
	if (!sb_schema_map(s, top, top_keys))
		return;
	if (strcmp(text(in, top, "schema"), "samebuild-result/1") != 0)
		sb_schema_problem(s, top, "record-malformed", "the schema is not samebuild-result/1");
	struct sb_place tool = sb_schema_key(s, top, "tool");
	if (sb_schema_map(s, tool, tool_keys)) {
		out->tool_version = raw(in, tool, "version");
		out->rules = raw(in, tool, "rules");
	}
	out->level = level(in, top);
	read_lists(in, top, out);
	read_environment(in, top, &out->environment);
	read_equal(in, top, &out->equal);
	read_delivery(in, top, out);
	read_installed(in, top, &out->installed);
	read_previous(in, top, &out->previous);
	out->findings_left_out = count(in, top, "findings_left_out");
	check_levels(in, top, out);
}

int sb_record_read(struct sb_span json, struct sb_arena *arena, struct sb_result *out, struct sb_err *err)
{
	SB_FREEING struct reading *in = calloc(1, sizeof *in);
	struct sb_place top = {.way = ""};
	struct sb_result result = {0};

	if (!in)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*in = (struct reading){.schema = {.document = "record", .arena = arena}, .arena = arena};
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
