/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the statement: docs/formats/comparison-predicate.md. */
#include "manifests/statement.h"

#include "manifests/record.h"

#include <stdlib.h>
#include <string.h>

/** Building with one check at the end. */
struct maker {
	struct sb_arena *arena;
	const struct sb_result *result;
	const struct sb_statement_context *context;
	struct sb_node *record;
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

static struct sb_node *text(struct maker *make, const char *value)
{
	return sb_node_text(make->arena, value ? value : "");
}

static struct sb_node *number(struct maker *make, uint64_t value)
{
	return sb_node_int(make->arena, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

static struct sb_node *sha256_of(struct maker *make, const uint8_t digest[SB_SHA256_BYTES])
{
	struct sb_node *map = sb_node_map(make->arena);
	put(make, map, "sha256", sb_node_hex(make->arena, digest, SB_SHA256_BYTES));
	return map;
}

static struct sb_node *descriptor(struct maker *make, const struct sb_named_digest *named)
{
	struct sb_node *map = sb_node_map(make->arena);
	if (named->name)
		put(make, map, "name", text(make, named->name));
	put(make, map, "digest", sha256_of(make, named->sha256));
	return map;
}

static struct sb_node *subjects(struct maker *make)
{
	struct sb_node *list = sb_node_list(make->arena);

	for (size_t i = 0; i < make->result->artifact_count; i++) {
		const struct sb_artifact *artifact = &make->result->artifacts[i];
		if (artifact->shipped.kinds != SB_DIGEST_BOTH)
			continue;
		struct sb_node *subject = sb_node_map(make->arena), *digest = sha256_of(make, artifact->shipped.sha256);
		put(make, digest, "blake2b", sb_node_hex(make->arena, artifact->shipped.blake2b, SB_BLAKE2B_BYTES));
		put(make, subject, "name", text(make, artifact->name));
		put(make, subject, "digest", digest);
		push(make, list, subject);
	}
	return list;
}

static struct sb_node *verifier(struct maker *make)
{
	struct sb_node *map = sb_node_map(make->arena), *version = sb_node_map(make->arena);
	put(make, version, "samebuild", text(make, make->result->tool_version));
	put(make, version, "rules", text(make, make->result->rules));
	put(make, map, "id", text(make, make->context->verifier_id));
	put(make, map, "version", version);
	put(make, map, "digest", sha256_of(make, make->context->program_sha256));
	return map;
}

/** Names in order, to find the artifact of a finding. */
struct named {
	const char *name;
	size_t index;
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	return strcmp(x->name, y->name);
}

/** Which causes the findings of each artifact have: a row of SB_CAUSES for each. NULL: out of memory. */
static bool *causes_of_artifacts(struct maker *make)
{
	const struct sb_result *result = make->result;
	struct named *names = sb_arena_array(make->arena, result->artifact_count + 1, sizeof *names);
	bool *seen = sb_arena_array(make->arena, (result->artifact_count + 1) * SB_CAUSES, sizeof *seen);

	if (!names || !seen)
		return NULL;
	for (size_t i = 0; i < result->artifact_count; i++)
		names[i] = (struct named){result->artifacts[i].name, i};
	qsort(names, result->artifact_count, sizeof *names, by_name);
	for (size_t i = 0; i < result->finding_count; i++) {
		const struct named wanted = {.name = result->findings[i].artifact};
		const struct named *found = bsearch(&wanted, names, result->artifact_count, sizeof *names, by_name);
		if (found)
			seen[found->index * SB_CAUSES + result->findings[i].cause] = true;
	}
	return seen;
}

/* Without all findings nobody knows all causes: then nothing is said of them. */
static void put_causes(struct maker *make, struct sb_node *artifact, const bool *seen)
{
	struct sb_node *list = sb_node_list(make->arena);

	if (make->result->findings_left_out)
		return;
	for (unsigned cause = 0; cause < SB_CAUSES; cause++)
		if (seen[cause])
			push(make, list, text(make, sb_cause_name((enum sb_cause)cause)));
	put(make, artifact, "causes", list);
}

/* The artifacts of the record, as they stand there, with the causes of their findings: one for each subject. */
static struct sb_node *artifacts(struct maker *make)
{
	const struct sb_node *all = sb_node_get(make->record, "artifacts");
	struct sb_node *list = sb_node_list(make->arena);
	const bool *seen = causes_of_artifacts(make);

	make->failed |= !all || !seen;
	for (size_t i = 0; !make->failed && i < all->count && i < make->result->artifact_count; i++) {
		if (make->result->artifacts[i].shipped.kinds != SB_DIGEST_BOTH)
			continue;
		put_causes(make, all->items[i], &seen[i * SB_CAUSES]);
		push(make, list, all->items[i]);
	}
	return list;
}

static struct sb_node *part(struct maker *make, const char *key)
{
	for (size_t i = 0; i < make->record->count; i++)
		if (strcmp(make->record->members[i].key, key) == 0)
			return make->record->members[i].value;
	make->failed = true;
	return NULL;
}

static struct sb_node *findings(struct maker *make)
{
	uint64_t count[SB_SEVERITIES] = {0}, primary = 0;
	struct sb_node *map = sb_node_map(make->arena);

	for (size_t i = 0; i < make->result->finding_count; i++) {
		count[make->result->findings[i].severity]++;
		primary += make->result->findings[i].primary;
	}
	for (unsigned severity = 0; severity < SB_SEVERITIES; severity++)
		put(make, map, sb_severity_name((enum sb_severity)severity), number(make, count[severity]));
	put(make, map, "primary", number(make, primary));
	return map;
}

static struct sb_node *causes(struct maker *make)
{
	uint64_t count[SB_CAUSES] = {0}, bytes[SB_CAUSES] = {0};
	struct sb_node *list = sb_node_list(make->arena);

	for (size_t i = 0; i < make->result->finding_count; i++) {
		const struct sb_finding *finding = &make->result->findings[i];
		count[finding->cause]++;
		bytes[finding->cause] += finding->shipped.length;
	}
	for (unsigned cause = 0; cause < SB_CAUSES; cause++) {
		if (!count[cause])
			continue;
		struct sb_node *map = sb_node_map(make->arena);
		put(make, map, "cause", text(make, sb_cause_name((enum sb_cause)cause)));
		put(make, map, "findings", number(make, count[cause]));
		put(make, map, "bytes", number(make, bytes[cause]));
		push(make, list, map);
	}
	return list;
}

static struct sb_node *descriptors(struct maker *make, const struct sb_named_digest *named, size_t count)
{
	struct sb_node *list = sb_node_list(make->arena);
	for (size_t i = 0; i < count; i++)
		push(make, list, descriptor(make, &named[i]));
	return list;
}

/* The delivered files that a ready-made one gets into, as the trace of the build shows. */
static struct sb_node *reaches(struct maker *make, const char *path)
{
	const struct sb_lineage *lineage = make->result->lineage;
	struct sb_node *list = sb_node_list(make->arena);

	for (size_t i = 0; lineage && i < lineage->prebuilt_count; i++)
		for (size_t k = 0; strcmp(lineage->prebuilt[i].path, path) == 0 && k < lineage->prebuilt[i].reached_count; k++)
			push(make, list, text(make, lineage->prebuilt[i].reached[k].name));
	return list;
}

static bool makes_programs(enum sb_trade trade)
{
	return trade == SB_TRADE_COMPILER || trade == SB_TRADE_ASSEMBLER || trade == SB_TRADE_LINKER || trade == SB_TRADE_ARCHIVER;
}

static struct sb_node *programs(struct maker *make, const struct sb_lineage *lineage)
{
	struct sb_node *list = sb_node_list(make->arena);

	for (size_t i = 0; i < lineage->program_count; i++) {
		const struct sb_lineage_program *program = &lineage->programs[i];
		struct sb_node *map = sb_node_map(make->arena);
		if (!makes_programs(program->trade) || !program->hashed)
			continue;
		put(make, map, "name", text(make, sb_path_base(program->path)));
		put(make, map, "path", text(make, program->path));
		put(make, map, "sha256", sb_node_hex(make->arena, program->sha256, SB_SHA256_BYTES));
		if (program->version)
			put(make, map, "version", text(make, program->version));
		push(make, list, map);
	}
	return list;
}

static const char *property(const struct sb_properties *properties, const char *name)
{
	for (size_t i = 0; i < properties->count; i++)
		if (strcmp(properties->items[i].name, name) == 0)
			return properties->items[i].value;
	return NULL;
}

/* Only of a run that has a trace: what it used is not known otherwise. */
static struct sb_node *toolchain(struct maker *make)
{
	const struct sb_properties *properties = &make->result->environment.toolchain;
	const char *name = property(properties, "root"), *digest = property(properties, "sha256");
	struct sb_node *map = sb_node_map(make->arena), *root = sb_node_map(make->arena);
	uint8_t sha256[SB_SHA256_BYTES];

	put(make, root, "name", text(make, name ? name : "host"));
	if (digest && sb_text_unhex(sb_span_text(digest), sha256, sizeof sha256))
		put(make, root, "digest", sha256_of(make, sha256));
	put(make, map, "root", root);
	put(make, map, "programs", programs(make, make->result->lineage));
	return map;
}

static struct sb_node *opaque(struct maker *make)
{
	struct sb_node *list = sb_node_list(make->arena);

	for (size_t i = 0; i < make->context->opaque_count; i++) {
		struct sb_node *map = sb_node_map(make->arena);
		put(make, map, "path", text(make, make->context->opaque[i].name));
		put(make, map, "sha256", sb_node_hex(make->arena, make->context->opaque[i].sha256, SB_SHA256_BYTES));
		put(make, map, "reason", text(make, "prebuilt input of the drop"));
		put(make, map, "reaches", reaches(make, make->context->opaque[i].name));
		push(make, list, map);
	}
	return list;
}

static struct sb_node *source(struct maker *make)
{
	struct sb_node *map = sb_node_map(make->arena);
	if (make->context->has_source)
		put(make, map, "manifest", sha256_of(make, make->context->manifest_sha256));
	put(make, map, "drops", descriptors(make, make->context->drops, make->context->drop_count));
	return map;
}

static struct sb_node *predicate(struct maker *make)
{
	const struct sb_result *result = make->result;
	struct sb_node *map = sb_node_map(make->arena);
	struct sb_node *recipe = make->context->has_source ? sha256_of(make, make->context->recipe_sha256) : sb_node_map(make->arena);
	bool complete = result->limit_count == 0 && result->level != SB_LEVEL_UNDETERMINED;

	put(make, map, "verifier", verifier(make));
	put(make, map, "resourceUri", text(make, make->context->resource_uri));
	put(make, map, "level", text(make, sb_level_name(complete ? result->level : SB_LEVEL_UNDETERMINED)));
	put(make, map, "complete", sb_node_bool(make->arena, complete));
	put(make, map, "artifacts", artifacts(make));
	put(make, map, "findings", findings(make));
	put(make, map, "causes", causes(make));
	put(make, map, "freedom", part(make, "freedom"));
	put(make, map, "rules", text(make, result->rules));
	put(make, map, "source", source(make));
	put(make, map, "recipe", recipe);
	if (result->lineage)
		put(make, map, "toolchain", toolchain(make));
	put(make, map, "environment", part(make, "environment"));
	if (result->builds.present)
		put(make, map, "builds", part(make, "builds"));
	put(make, map, "inferred", sb_node_list(make->arena));
	put(make, map, "opaque", opaque(make));
	put(make, map, "report", descriptor(make, &make->context->report));
	if (make->context->finished)
		put(make, map, "finishedOn", text(make, make->context->finished));
	return map;
}

int sb_statement_write(const struct sb_result *result, const struct sb_statement_context *context, struct sb_buf *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct maker make = {.arena = arena, .result = result, .context = context};

	if (!arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = sb_record_node(result, arena, &make.record, err);
	if (rc)
		return rc;
	struct sb_node *top = sb_node_map(arena), *subject = subjects(&make);
	if (subject && subject->count == 0)
		return sb_fail(err, SB_EVIDENCE, "statement-empty", "no shipped file was compared, so there is nothing to state");
	put(&make, top, "_type", text(&make, SB_STATEMENT_TYPE));
	put(&make, top, "predicateType", text(&make, SB_PREDICATE_COMPARISON));
	put(&make, top, "subject", subject);
	put(&make, top, "predicate", predicate(&make));
	if (make.failed)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_node_write_json(top, out);
	return sb_buf_ok(out, err);
}
