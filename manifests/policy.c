/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/policy.h"

#include "manifests/policy_keys.h"
#include "manifests/waivers.h"

#include <stdlib.h>
#include <string.h>

#define SCHEMA "samebuild-policy/1"

enum { MOST_ROWS = 1000 };

static const char *const top_keys[] = {"*schema", "*resource", "expires", "root", "keys", "*artifacts", "source", "max_age", "rules", "opaque", "groups", "quorum",
                                       "distinct", "log", "waivers", NULL};
static const char *const artifact_keys[] = {"*files", "*level", "causes", "freedom", NULL};
static const char *const freedom_keys[] = {"*bytes", "loaded", NULL};
static const char *const source_keys[] = {"*sha256", NULL};
static const char *const root_keys[] = {"*name", "max_trust_age", NULL};
static const char *const distinct_keys[] = {"toolchain", "kernel", NULL};

static const char *const *read_texts(struct sb_schema *s, struct sb_place list, size_t *count)
{
	*count = 0;
	if (!list.node || !sb_schema_list(s, list))
		return NULL;
	const char **texts = sb_arena_array(s->arena, list.node->count, sizeof *texts);
	for (size_t i = 0; texts && i < list.node->count; i++)
		texts[i] = sb_schema_text(s, sb_schema_item(s, list, i), "");
	*count = texts ? list.node->count : 0;
	return texts;
}

static void read_causes(struct sb_schema *s, struct sb_place list, struct sb_policy_artifact *out)
{
	out->any_cause = !list.node;
	if (!list.node || !sb_schema_list(s, list))
		return;
	for (size_t i = 0; i < list.node->count; i++) {
		struct sb_place item = sb_schema_item(s, list, i);
		enum sb_cause cause;
		const char *text = sb_schema_text(s, item, "");
		if (!sb_cause_parse(text, &cause) || cause == SB_CAUSE_UNEXPLAINED)
			sb_schema_problem(s, item, "bad-value", "%s is no cause that can be allowed", text);
		else
			out->causes[cause] = true;
	}
}

static void read_freedom(struct sb_schema *s, struct sb_place map, struct sb_policy_artifact *out)
{
	out->has_freedom = map.node != NULL;
	if (!map.node || !sb_schema_map(s, map, freedom_keys))
		return;
	out->freedom_bytes = sb_schema_uint(s, sb_schema_key(s, map, "bytes"), 0, INT64_MAX, 0);
	out->freedom_loaded = sb_schema_bool(s, sb_schema_key(s, map, "loaded"), false);
}

static void read_artifact(struct sb_schema *s, struct sb_place place, struct sb_policy_artifact *out)
{
	*out = (struct sb_policy_artifact){.files = ""};
	if (!sb_schema_map(s, place, artifact_keys))
		return;
	struct sb_place level = sb_schema_key(s, place, "level");
	const char *name = sb_schema_text(s, level, "");
	out->files = sb_schema_text(s, sb_schema_key(s, place, "files"), "");
	if (!sb_level_parse(name, &out->level) || out->level <= SB_LEVEL_DIFFERENT)
		sb_schema_problem(s, level, "bad-value", "%s is no level that can be asked for", name);
	read_causes(s, sb_schema_key(s, place, "causes"), out);
	read_freedom(s, sb_schema_key(s, place, "freedom"), out);
}

static bool read_artifacts(struct sb_schema *s, struct sb_place list, struct sb_policy *out)
{
	if (!list.node || !sb_schema_list(s, list))
		return true;
	if (list.node->count == 0 || list.node->count > MOST_ROWS) {
		sb_schema_problem(s, list, "bad-value", "between 1 and %d classes of files are due here", MOST_ROWS);
		return true;
	}
	struct sb_policy_artifact *rows = sb_arena_array(s->arena, list.node->count, sizeof *rows);
	if (!rows)
		return false;
	for (size_t i = 0; i < list.node->count; i++)
		read_artifact(s, sb_schema_item(s, list, i), &rows[i]);
	out->artifacts = rows;
	out->artifact_count = list.node->count;
	if (strcmp(rows[list.node->count - 1].files, "*") != 0)
		sb_schema_problem(s, list, "policy-malformed", "the last class must be files: \"*\", so that every file has one");
	return true;
}

static bool read_rules(struct sb_schema *s, struct sb_place map, struct sb_policy *out)
{
	out->any_rule = !map.node;
	if (!map.node)
		return true;
	if (map.node->type != SB_NODE_MAP || map.node->count > MOST_ROWS) {
		sb_schema_problem(s, map, "wrong-type", "a mapping of rules to lists of versions is due here");
		return true;
	}
	struct sb_policy_rule *rules = sb_arena_array(s->arena, map.node->count, sizeof *rules);
	if (!rules)
		return false;
	for (size_t i = 0; i < map.node->count; i++) {
		rules[i].id = map.node->members[i].key;
		rules[i].versions = read_texts(s, sb_schema_key(s, map, rules[i].id), &rules[i].count);
	}
	out->rules = rules;
	out->rule_count = map.node->count;
	return true;
}

static void read_distinct(struct sb_schema *s, struct sb_place map, struct sb_policy *out)
{
	if (!map.node || !sb_schema_map(s, map, distinct_keys))
		return;
	out->distinct_toolchain = (size_t)sb_schema_uint(s, sb_schema_key(s, map, "toolchain"), 1, MOST_ROWS, 0);
	out->distinct_kernel = (size_t)sb_schema_uint(s, sb_schema_key(s, map, "kernel"), 1, MOST_ROWS, 0);
}

/* Whose word counts: keys of its own, or those of a root, never both: who can write the policy must not be able to add a key to a root. */
static bool read_signers(struct sb_schema *s, struct sb_place top, const struct sb_trust_root *root, struct sb_policy *out)
{
	struct sb_place keys = sb_schema_key(s, top, "keys"), named = sb_schema_key(s, top, "root");

	if (!named.node) {
		if (!keys.node)
			sb_schema_problem(s, top, "missing-key", "the key keys is missing, and so is root: whose signatures count?");
		return sb_policy_read_keys(s, keys, out);
	}
	if (keys.node)
		sb_schema_problem(s, keys, "policy-malformed", "a policy that names a root carries no keys");
	if (!sb_schema_map(s, named, root_keys))
		return true;
	out->root = sb_schema_text(s, sb_schema_key(s, named, "name"), "");
	out->max_trust_age = sb_schema_age(s, sb_schema_key(s, named, "max_trust_age"), 0);
	if (!root)
		sb_schema_problem(s, named, "policy-malformed", "the root %s is not at hand", out->root);
	return !root || sb_policy_take_root(s->arena, root, out);
}

static bool read_all(struct sb_schema *s, struct sb_place top, const struct sb_trust_root *root, struct sb_policy *out)
{
	if (!sb_schema_map(s, top, top_keys))
		return true;
	if (strcmp(sb_schema_text(s, sb_schema_key(s, top, "schema"), ""), SCHEMA) != 0)
		sb_schema_problem(s, top, "policy-malformed", "the schema is not " SCHEMA);
	out->resource = sb_schema_text(s, sb_schema_key(s, top, "resource"), "");
	out->expires = sb_schema_moment(s, sb_schema_key(s, top, "expires"), INT64_MAX);
	struct sb_place source = sb_schema_key(s, top, "source");
	out->has_source = source.node != NULL;
	if (source.node && sb_schema_map(s, source, source_keys))
		sb_schema_sha256(s, sb_schema_key(s, source, "sha256"), out->source);
	out->max_age = sb_schema_age(s, sb_schema_key(s, top, "max_age"), 0);
	out->opaque = read_texts(s, sb_schema_key(s, top, "opaque"), &out->opaque_count);
	read_distinct(s, sb_schema_key(s, top, "distinct"), out);
	return read_artifacts(s, sb_schema_key(s, top, "artifacts"), out) && read_rules(s, sb_schema_key(s, top, "rules"), out) &&
	       read_signers(s, top, root, out) && sb_policy_read_log(s, sb_schema_key(s, top, "log"), out) && sb_policy_read_quorum(s, top, out) &&
	       sb_policy_read_waivers(s, sb_schema_key(s, top, "waivers"), out);
}

const struct sb_policy_artifact *sb_policy_artifact_for(const struct sb_policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->artifact_count; i++)
		if (sb_text_fits(policy->artifacts[i].files, name))
			return &policy->artifacts[i];
	return NULL;
}

/* The form that is signed, and its digest. */
static int keep_canonical(const struct sb_node *top, struct sb_arena *arena, struct sb_policy *out, struct sb_err *err)
{
	SB_BUF struct sb_buf text = {0};
	struct sb_digest digest;

	sb_node_write_json(top, &text);
	int rc = sb_buf_ok(&text, err);
	if (rc)
		return rc;
	sb_hash_span(sb_buf_span(&text), SB_DIGEST_SHA256, &digest);
	memcpy(out->sha256, digest.sha256, SB_SHA256_BYTES);
	const char *copy = sb_arena_copy(arena, sb_buf_span(&text));
	out->canonical = sb_span_of(copy, text.len);
	return copy ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

int sb_policy_root_name(struct sb_span text, const char *name, struct sb_arena *arena, const char **out, struct sb_err *err)
{
	struct sb_node *top = NULL;
	int rc = sb_schema_read(text, name, "policy-malformed", arena, &top, err);

	*out = NULL;
	if (rc)
		return rc;
	const struct sb_node *root = top->type == SB_NODE_MAP ? sb_node_get(top, "root") : NULL;
	const struct sb_node *named = root && root->type == SB_NODE_MAP ? sb_node_get(root, "name") : NULL;
	if (named && named->type == SB_NODE_TEXT && !memchr(named->text.p, 0, named->text.n))
		*out = (const char *)named->text.p;
	return 0;
}

int sb_policy_read(struct sb_span text, const char *name, const struct sb_trust_root *root, struct sb_arena *arena, struct sb_policy *out,
                   struct sb_problems *problems, struct sb_err *err)
{
	SB_FREEING struct sb_schema *schema = calloc(1, sizeof *schema);
	struct sb_place top = {.way = ""};
	struct sb_policy policy = {0};

	if (!schema)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*schema = (struct sb_schema){.document = name, .arena = arena};
	int rc = sb_schema_read(text, name, "policy-malformed", arena, &top.node, err);
	if (rc)
		return rc;
	if (!read_all(schema, top, root, &policy))
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	rc = sb_schema_end(schema, problems, err);
	if (!rc)
		rc = keep_canonical(top.node, arena, &policy, err);
	if (!rc)
		*out = policy;
	return rc;
}
