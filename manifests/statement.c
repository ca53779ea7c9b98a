/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the statement: docs/formats/comparison-predicate.md. */
#include "manifests/statement.h"

#include "manifests/record.h"
#include "manifests/solving.h"
#include "manifests/stating.h"

#include <string.h>

struct sb_node *sb_state_sha256(struct sb_stating *s, const uint8_t digest[SB_SHA256_BYTES])
{
	struct sb_node *map = sb_make_map(&s->make);
	sb_make_put_hex(&s->make, map, "sha256", digest, SB_SHA256_BYTES);
	return map;
}

struct sb_node *sb_state_descriptor(struct sb_stating *s, const struct sb_named_digest *named)
{
	struct sb_node *map = sb_make_map(&s->make);
	if (named->name)
		sb_make_put_text(&s->make, map, "name", named->name);
	sb_make_put(&s->make, map, "digest", sb_state_sha256(s, named->sha256));
	return map;
}

static struct sb_node *verifier(struct sb_stating *s)
{
	struct sb_node *map = sb_make_map(&s->make), *version = sb_make_map(&s->make);
	sb_make_put_text(&s->make, version, "samebuild", s->result->tool_version);
	sb_make_put_text(&s->make, version, "rules", s->result->rules);
	sb_make_put_text(&s->make, map, "id", s->context->verifier_id);
	sb_make_put(&s->make, map, "version", version);
	sb_make_put(&s->make, map, "digest", sb_state_sha256(s, s->context->program_sha256));
	return map;
}

static struct sb_node *part(struct sb_stating *s, const char *key)
{
	for (size_t i = 0; i < s->record->count; i++)
		if (strcmp(s->record->members[i].key, key) == 0)
			return s->record->members[i].value;
	s->make.failed = true;
	return NULL;
}

static struct sb_node *findings(struct sb_stating *s)
{
	uint64_t count[SB_SEVERITIES] = {0}, primary = 0;
	struct sb_node *map = sb_make_map(&s->make);

	for (size_t i = 0; i < s->result->finding_count; i++) {
		count[s->result->findings[i].severity]++;
		primary += s->result->findings[i].primary;
	}
	for (unsigned severity = 0; severity < SB_SEVERITIES; severity++)
		sb_make_put_count(&s->make, map, sb_severity_name((enum sb_severity)severity), count[severity]);
	sb_make_put_count(&s->make, map, "primary", primary);
	return map;
}

static struct sb_node *causes(struct sb_stating *s)
{
	uint64_t count[SB_CAUSES] = {0}, bytes[SB_CAUSES] = {0};
	struct sb_node *list = sb_make_list(&s->make);

	for (size_t i = 0; i < s->result->finding_count; i++) {
		const struct sb_finding *finding = &s->result->findings[i];
		count[finding->cause]++;
		bytes[finding->cause] += finding->shipped.length;
	}
	for (unsigned cause = 0; cause < SB_CAUSES; cause++) {
		if (!count[cause])
			continue;
		struct sb_node *map = sb_make_map(&s->make);
		sb_make_put_text(&s->make, map, "cause", sb_cause_name((enum sb_cause)cause));
		sb_make_put_count(&s->make, map, "findings", count[cause]);
		sb_make_put_count(&s->make, map, "bytes", bytes[cause]);
		sb_make_push(&s->make, list, map);
	}
	return list;
}

static struct sb_node *predicate(struct sb_stating *s)
{
	const struct sb_result *result = s->result;
	struct sb_node *map = sb_make_map(&s->make);
	struct sb_node *recipe = s->context->has_source ? sb_state_sha256(s, s->context->recipe_sha256) : sb_make_map(&s->make);
	bool complete = result->limit_count == 0 && result->level != SB_LEVEL_UNDETERMINED;

	sb_make_put(&s->make, map, "verifier", verifier(s));
	sb_make_put_text(&s->make, map, "resourceUri", s->context->resource_uri);
	sb_make_put_text(&s->make, map, "level", sb_level_name(complete ? result->level : SB_LEVEL_UNDETERMINED));
	sb_make_put_bool(&s->make, map, "complete", complete);
	sb_make_put(&s->make, map, "artifacts", sb_state_artifacts(s));
	sb_make_put(&s->make, map, "findings", findings(s));
	sb_make_put(&s->make, map, "causes", causes(s));
	sb_make_put(&s->make, map, "freedom", part(s, "freedom"));
	sb_make_put(&s->make, map, "rules", sb_state_rules(s));
	sb_make_put(&s->make, map, "source", sb_state_source(s));
	sb_make_put(&s->make, map, "recipe", recipe);
	if (result->lineage)
		sb_make_put(&s->make, map, "toolchain", sb_state_toolchain(s));
	sb_make_put(&s->make, map, "environment", part(s, "environment"));
	if (result->builds.present)
		sb_make_put(&s->make, map, "builds", part(s, "builds"));
	sb_make_put(&s->make, map, "inferred", sb_inferred_node(&s->make, &result->solving));
	sb_make_put(&s->make, map, "opaque", sb_state_opaque(s));
	sb_make_put(&s->make, map, "report", sb_state_descriptor(s, &s->context->report));
	if (s->context->finished)
		sb_make_put_text(&s->make, map, "finishedOn", s->context->finished);
	return map;
}

int sb_statement_write(const struct sb_result *result, const struct sb_statement_context *context, struct sb_buf *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_stating s = {.make = {.arena = arena}, .result = result, .context = context};

	if (!arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = sb_record_node(result, arena, &s.record, err);
	if (rc)
		return rc;
	struct sb_node *top = sb_make_map(&s.make), *subject = sb_state_subjects(&s);
	if (subject && subject->count == 0)
		return sb_fail(err, SB_EVIDENCE, "statement-empty", "no shipped file was compared, so there is nothing to state");
	sb_make_put_text(&s.make, top, "_type", SB_STATEMENT_TYPE);
	sb_make_put_text(&s.make, top, "predicateType", SB_PREDICATE_COMPARISON);
	sb_make_put(&s.make, top, "subject", subject);
	sb_make_put(&s.make, top, "predicate", predicate(&s));
	if (s.make.failed)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_node_write_json(top, out);
	return sb_buf_ok(out, err);
}
