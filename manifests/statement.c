/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the statement: docs/formats/comparison-predicate.md. */
#include "manifests/statement.h"

#include "manifests/record.h"
#include "manifests/solving.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_RESIDUAL = 1000 }; /* of one artifact */

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

/** What the findings of each artifact are. Lists are of 1 + index, 0 ends them. */
struct told {
	bool *causes, *claimed; /* rows of SB_CAUSES: of all findings, and of those that a rule owns */
	size_t *first, *next;   /* findings that nobody owns: by artifact, and by finding */
	size_t *count;
};

static bool make_room(struct maker *make, struct told *told)
{
	size_t artifacts = make->result->artifact_count + 1;

	told->causes = sb_arena_array(make->arena, artifacts * SB_CAUSES, sizeof *told->causes);
	told->claimed = sb_arena_array(make->arena, artifacts * SB_CAUSES, sizeof *told->claimed);
	told->first = sb_arena_array(make->arena, artifacts, sizeof *told->first);
	told->count = sb_arena_array(make->arena, artifacts, sizeof *told->count);
	told->next = sb_arena_array(make->arena, make->result->finding_count + 1, sizeof *told->next);
	return told->causes && told->claimed && told->first && told->count && told->next;
}

static bool sort_findings(struct maker *make, struct told *told)
{
	const struct sb_result *result = make->result;
	struct named *names = sb_arena_array(make->arena, result->artifact_count + 1, sizeof *names);

	if (!names || !make_room(make, told))
		return false;
	for (size_t i = 0; i < result->artifact_count; i++)
		names[i] = (struct named){result->artifacts[i].name, i};
	qsort(names, result->artifact_count, sizeof *names, by_name);
	for (size_t i = result->finding_count; i-- > 0;) { /* the last one first, so that each list is in order */
		const struct sb_finding *finding = &result->findings[i];
		const struct named wanted = {.name = finding->artifact};
		const struct named *found = bsearch(&wanted, names, result->artifact_count, sizeof *names, by_name);
		if (!found)
			continue;
		told->causes[found->index * SB_CAUSES + finding->cause] = true;
		if (finding->rule > SB_RULE_HINT) {
			told->claimed[found->index * SB_CAUSES + finding->cause] = true;
			continue;
		}
		told->next[i] = told->first[found->index];
		told->first[found->index] = i + 1;
		told->count[found->index]++;
	}
	return true;
}

static void put_causes(struct maker *make, struct sb_node *artifact, const char *key, const bool *seen)
{
	struct sb_node *list = sb_node_list(make->arena);

	for (unsigned cause = 0; cause < SB_CAUSES; cause++)
		if (seen[cause])
			push(make, list, text(make, sb_cause_name((enum sb_cause)cause)));
	put(make, artifact, key, list);
}

/* Where a difference is that nobody owns; without a way that leads to nothing else, only that there is one. */
static struct sb_node *residual(struct maker *make, const struct sb_finding *finding)
{
	struct sb_node *map = sb_node_map(make->arena), *inside = sb_node_list(make->arena);

	put(make, map, "kind", text(make, finding->kind));
	put(make, map, "cause", text(make, sb_cause_name(finding->cause)));
	if (!finding->located)
		return map;
	for (size_t i = 0; i < finding->inside_count; i++)
		push(make, inside, text(make, finding->inside[i]));
	put(make, map, "inside", inside);
	put(make, map, "offset", number(make, finding->shipped.offset));
	put(make, map, "length", number(make, finding->shipped.length));
	put(make, map, "rebuiltLength", number(make, finding->rebuilt.length));
	return map;
}

/* All of them or none: a list that leaves one out would say that there are no others. */
static void put_residual(struct maker *make, struct sb_node *artifact, const struct told *told, size_t index)
{
	struct sb_node *list = sb_node_list(make->arena);

	if (told->count[index] == 0 || told->count[index] > MOST_RESIDUAL)
		return;
	for (size_t at = told->first[index]; at; at = told->next[at - 1])
		push(make, list, residual(make, &make->result->findings[at - 1]));
	put(make, artifact, "residual", list);
}

/* The artifacts of the record, as they stand there, with what their findings are: one for each subject. Without all findings nobody knows all causes. */
static struct sb_node *artifacts(struct maker *make)
{
	const struct sb_node *all = sb_node_get(make->record, "artifacts");
	struct sb_node *list = sb_node_list(make->arena);
	struct told told;

	make->failed |= !all || !sort_findings(make, &told);
	for (size_t i = 0; !make->failed && i < all->count && i < make->result->artifact_count; i++) {
		if (make->result->artifacts[i].shipped.kinds != SB_DIGEST_BOTH)
			continue;
		if (make->result->findings_left_out == 0) {
			put_causes(make, all->items[i], "causes", &told.causes[i * SB_CAUSES]);
			put_causes(make, all->items[i], "claimed", &told.claimed[i * SB_CAUSES]);
			put_residual(make, all->items[i], &told, i);
		}
		push(make, list, all->items[i]);
	}
	return list;
}

/* Rules are code and have no settings: the digest of nothing. */
static struct sb_node *rule(struct maker *make, const char *id, const char *version, const char *kind)
{
	struct sb_node *map = sb_node_map(make->arena);
	struct sb_digest nothing;

	sb_hash_span(sb_span_of("", 0), SB_DIGEST_SHA256, &nothing);
	put(make, map, "id", text(make, id));
	put(make, map, "kind", text(make, kind));
	put(make, map, "version", text(make, version));
	put(make, map, "configDigest", sha256_of(make, nothing.sha256));
	return map;
}

/* "derived/1 size/1 …": all that a record of an earlier version says of them. */
static void push_rules_of_set(struct maker *make, struct sb_node *list)
{
	for (const char *at = make->result->rules; at && *at;) {
		size_t n = strcspn(at, " "), name = strcspn(at, "/");
		char *id = sb_arena_copy(make->arena, sb_span_of(at, name < n ? name : n));
		char *version = sb_arena_copy(make->arena, name < n ? sb_span_of(at + name + 1, n - name - 1) : sb_span_of("", 0));
		if (n)
			push(make, list, rule(make, id, version, "unknown"));
		at += n + (at[n] == ' ');
	}
}

static struct sb_node *rules(struct maker *make)
{
	struct sb_node *list = sb_node_list(make->arena);

	for (size_t i = 0; i < make->result->rule_use_count; i++) {
		const struct sb_rule_use *use = &make->result->rule_uses[i];
		struct sb_node *map = rule(make, use->name, sb_arena_printf(make->arena, "%u", use->version), sb_rule_name(use->kind));
		put(make, map, "applied", number(make, use->applied));
		push(make, list, map);
	}
	if (make->result->rule_use_count == 0)
		push_rules_of_set(make, list);
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

/* Only of a run that has a trace: what it used is not known otherwise. */
static struct sb_node *toolchain(struct maker *make)
{
	const struct sb_properties *properties = &make->result->environment.toolchain;
	const char *name = sb_property_named(properties, "root"), *digest = sb_property_named(properties, "sha256");
	struct sb_node *map = sb_node_map(make->arena), *root = sb_node_map(make->arena);
	uint8_t sha256[SB_SHA256_BYTES];

	put(make, root, "name", text(make, name ? name : "host"));
	if (digest && sb_text_unhex(sb_span_text(digest), sha256, sizeof sha256))
		put(make, root, "digest", sha256_of(make, sha256));
	put(make, map, "root", root);
	put(make, map, "programs", programs(make, make->result->lineage));
	return map;
}

static void push_opaque(struct maker *make, struct sb_node *list, const char *path, const uint8_t sha256[SB_SHA256_BYTES], const char *reason)
{
	struct sb_node *map = sb_node_map(make->arena);

	put(make, map, "path", text(make, path));
	put(make, map, "sha256", sb_node_hex(make->arena, sha256, SB_SHA256_BYTES));
	put(make, map, "reason", text(make, reason));
	put(make, map, "reaches", reaches(make, path));
	push(make, list, map);
}

static bool is_listed(const struct sb_statement_context *context, const char *path)
{
	for (size_t i = 0; i < context->opaque_count; i++)
		if (strcmp(context->opaque[i].name, path) == 0)
			return true;
	return false;
}

/* Sources have paths below the build path. */
static const char *found_by(const struct sb_lineage_prebuilt *prebuilt)
{
	return prebuilt->path[0] == '/' ? "file of the toolchain, copied as it is" : "ready-made by its form, as the trace of the build found";
}

/* What the drop brings ready-made, and what the trace found to be so and to get into a delivered file. */
static struct sb_node *opaque(struct maker *make)
{
	const struct sb_lineage *lineage = make->result->lineage;
	struct sb_node *list = sb_node_list(make->arena);

	for (size_t i = 0; i < make->context->opaque_count; i++)
		push_opaque(make, list, make->context->opaque[i].name, make->context->opaque[i].sha256, "prebuilt input of the drop");
	for (size_t i = 0; lineage && i < lineage->prebuilt_count; i++)
		if (lineage->prebuilt[i].reached_count && !is_listed(make->context, lineage->prebuilt[i].path))
			push_opaque(make, list, lineage->prebuilt[i].path, lineage->prebuilt[i].sha256, found_by(&lineage->prebuilt[i]));
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

static struct sb_node *inferred(struct maker *make)
{
	struct sb_making making = {.arena = make->arena};
	struct sb_node *list = sb_inferred_node(&making, &make->result->solving);

	make->failed |= making.failed;
	return list;
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
	put(make, map, "rules", rules(make));
	put(make, map, "source", source(make));
	put(make, map, "recipe", recipe);
	if (result->lineage)
		put(make, map, "toolchain", toolchain(make));
	put(make, map, "environment", part(make, "environment"));
	if (result->builds.present)
		put(make, map, "builds", part(make, "builds"));
	put(make, map, "inferred", inferred(make));
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
