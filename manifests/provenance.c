/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/provenance.h"

#include "manifests/making.h"
#include "manifests/record.h"

#include <string.h>

int sb_provenance_allowed(const struct sb_result *result, struct sb_err *err)
{
	const struct sb_lineage *lineage = result->lineage;

	if (!lineage || !lineage->trusted || lineage->left_out)
		return sb_fail(err, SB_EVIDENCE, "provenance-untraced", "the run has no complete trace that can be trusted, so what it was built from is not known");
	for (size_t i = 0; i < result->artifact_count; i++)
		if (result->artifacts[i].rebuilt.kinds == SB_DIGEST_BOTH)
			return 0;
	return sb_fail(err, SB_EVIDENCE, "statement-empty", "nothing was rebuilt, so there is nothing to state");
}

static struct sb_node *sha256_node(struct sb_making *make, const uint8_t sha256[SB_SHA256_BYTES])
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_hex(make, map, "sha256", sha256, SB_SHA256_BYTES);
	return map;
}

static struct sb_node *descriptor(struct sb_making *make, const char *name, const uint8_t sha256[SB_SHA256_BYTES])
{
	struct sb_node *map = sb_make_map(make);
	sb_make_put_text(make, map, "name", name);
	sb_make_put(make, map, "digest", sha256_node(make, sha256));
	return map;
}

static struct sb_node *subjects(struct sb_making *make, const struct sb_result *result)
{
	struct sb_node *list = sb_make_list(make);

	for (size_t i = 0; i < result->artifact_count; i++) {
		const struct sb_artifact *artifact = &result->artifacts[i];
		if (artifact->rebuilt.kinds != SB_DIGEST_BOTH)
			continue;
		struct sb_node *map = sb_make_map(make), *digest = sha256_node(make, artifact->rebuilt.sha256);
		sb_make_put_hex(make, digest, "blake2b", artifact->rebuilt.blake2b, SB_BLAKE2B_BYTES);
		sb_make_put_text(make, map, "name", artifact->name);
		sb_make_put(make, map, "digest", digest);
		sb_make_push(make, list, map);
	}
	return list;
}

/* What was delivered, what it was built in, and every file that the build took in. */
static struct sb_node *dependencies(struct sb_making *make, const struct sb_result *result, const struct sb_statement_context *context)
{
	const struct sb_lineage *lineage = result->lineage;
	const char *root = sb_property_named(&result->environment.toolchain, "sha256");
	struct sb_node *list = sb_make_list(make);
	uint8_t sha256[SB_SHA256_BYTES];

	for (size_t i = 0; i < context->drop_count; i++)
		sb_make_push(make, list, descriptor(make, context->drops[i].name, context->drops[i].sha256));
	if (root && sb_text_unhex(sb_span_text(root), sha256, sizeof sha256))
		sb_make_push(make, list, descriptor(make, "toolchain root", sha256));
	for (size_t i = 0; i < lineage->input_count; i++) {
		const struct sb_lineage_input *input = &lineage->inputs[i];
		struct sb_node *map = input->hashed ? descriptor(make, input->path, input->sha256) : NULL, *notes = sb_make_map(make);
		if (!map)
			continue;
		sb_make_put_text(make, notes, "origin", sb_origin_name(input->origin));
		if (input->package)
			sb_make_put_text(make, notes, "package", input->package);
		sb_make_put(make, map, "annotations", notes);
		sb_make_push(make, list, map);
	}
	return list;
}

static struct sb_node *definition(struct sb_making *make, const struct sb_result *result, const struct sb_statement_context *context)
{
	struct sb_node *map = sb_make_map(make), *external = sb_make_map(make), *internal = sb_make_map(make), *record = NULL;

	sb_make_put(make, external, "drop", sha256_node(make, context->manifest_sha256));
	sb_make_put_text(make, external, "resourceUri", context->resource_uri);
	sb_make_put(make, internal, "recipe", sha256_node(make, context->recipe_sha256));
	if (sb_record_node(result, make->arena, &record, NULL) != 0)
		make->failed = true;
	for (size_t i = 0; record && i < record->count; i++)
		if (strcmp(record->members[i].key, "environment") == 0)
			sb_make_put(make, internal, "environment", record->members[i].value);
	sb_make_put_text(make, map, "buildType", SB_BUILD_TYPE);
	sb_make_put(make, map, "externalParameters", external);
	sb_make_put(make, map, "internalParameters", internal);
	sb_make_put(make, map, "resolvedDependencies", dependencies(make, result, context));
	return map;
}

static struct sb_node *details(struct sb_making *make, const struct sb_result *result, const struct sb_statement_context *context)
{
	struct sb_node *map = sb_make_map(make), *builder = sb_make_map(make), *version = sb_make_map(make), *byproducts = sb_make_list(make);

	sb_make_put_text(make, version, "samebuild", result->tool_version);
	sb_make_put_text(make, builder, "id", context->verifier_id);
	sb_make_put(make, builder, "version", version);
	sb_make_push(make, byproducts, descriptor(make, context->report.name ? context->report.name : "record.json", context->report.sha256));
	sb_make_put(make, map, "builder", builder);
	sb_make_put(make, map, "byproducts", byproducts);
	if (context->finished) {
		struct sb_node *metadata = sb_make_map(make);
		sb_make_put_text(make, metadata, "finishedOn", context->finished);
		sb_make_put(make, map, "metadata", metadata);
	}
	return map;
}

int sb_provenance_write(const struct sb_result *result, const struct sb_statement_context *context, struct sb_buf *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_making make = {.arena = arena};
	int rc = arena ? sb_provenance_allowed(result, err) : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");

	if (!rc && (!context->verifier_id || !context->verifier_id[0]))
		rc = sb_fail(err, SB_USAGE, "provenance-builder", "provenance names who built it, and nobody is named");
	if (rc)
		return rc;
	struct sb_node *top = sb_make_map(&make), *predicate = sb_make_map(&make);
	sb_make_put(&make, predicate, "buildDefinition", definition(&make, result, context));
	sb_make_put(&make, predicate, "runDetails", details(&make, result, context));
	sb_make_put_text(&make, top, "_type", SB_STATEMENT_TYPE);
	sb_make_put_text(&make, top, "predicateType", SB_PREDICATE_PROVENANCE);
	sb_make_put(&make, top, "subject", subjects(&make, result));
	sb_make_put(&make, top, "predicate", predicate);
	if (make.failed)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_node_write_json(top, out);
	return sb_buf_ok(out, err);
}
