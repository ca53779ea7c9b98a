/* SPDX-License-Identifier: Apache-2.0 */
/* A VSA whose signature was checked. What is absent, unknown or said twice makes it say less, never more. */
#include "manifests/moment.h"
#include "manifests/statement.h"
#include "manifests/vsa.h"

#include <ctype.h>
#include <string.h>

static const struct sb_node *get(const struct sb_node *map, const char *key, enum sb_node_type type)
{
	const struct sb_node *node = map && map->type == SB_NODE_MAP ? sb_node_get(map, key) : NULL;
	return node && node->type == type ? node : NULL;
}

static const char *text_at(const struct sb_node *node)
{
	return node && node->type == SB_NODE_TEXT && !memchr(node->text.p, 0, node->text.n) ? (const char *)node->text.p : NULL;
}

static const char *text_of(const struct sb_node *map, const char *key)
{
	return text_at(get(map, key, SB_NODE_TEXT));
}

static int malformed(struct sb_err *err, const char *what)
{
	return sb_fail(err, SB_EVIDENCE, "summary-malformed", "%s", what);
}

static bool read_level(const char *word, enum sb_level *out)
{
	static const char prefix[] = "SAMEBUILD_";
	char name[64];
	size_t n = strlen(word), from = sizeof prefix - 1;

	if (strncmp(word, prefix, from) != 0 || n - from >= sizeof name)
		return false;
	for (size_t i = from; i <= n; i++)
		name[i - from] = word[i] == '_' ? '-' : (char)tolower((unsigned char)word[i]);
	return sb_level_parse(name, out);
}

/* Other words are other people's; of ours the worst counts. */
static int read_levels(const struct sb_node *predicate, struct sb_vsa_read *out, struct sb_err *err)
{
	const struct sb_node *list = get(predicate, "verifiedLevels", SB_NODE_LIST);
	bool found = false;

	if (!list)
		return malformed(err, "there are no verifiedLevels");
	for (size_t i = 0; i < list->count; i++) {
		const char *word = text_at(list->items[i]);
		enum sb_level level;
		if (!word)
			return malformed(err, "a level is no text");
		out->waived |= strcmp(word, "SAMEBUILD_WAIVED") == 0;
		if (!read_level(word, &level))
			continue;
		out->level = found ? sb_level_worse(out->level, level) : level;
		found = true;
	}
	return 0;
}

static int read_subjects(const struct sb_node *top, struct sb_arena *arena, struct sb_vsa_read *out, struct sb_err *err)
{
	const struct sb_node *list = get(top, "subject", SB_NODE_LIST);

	if (!list || list->count == 0)
		return malformed(err, "there is no subject");
	out->subjects = sb_arena_array(arena, list->count, sizeof *out->subjects);
	if (!out->subjects)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < list->count; i++) {
		const struct sb_node *digest = get(list->items[i], "digest", SB_NODE_MAP);
		const char *sha256 = text_of(digest, "sha256"), *blake2b = text_of(digest, "blake2b");
		if (!sha256 || !sb_text_unhex(sb_span_text(sha256), out->subjects[i].sha256, SB_SHA256_BYTES))
			return malformed(err, "a subject without a sha256");
		bool both = blake2b && sb_text_unhex(sb_span_text(blake2b), out->subjects[i].blake2b, SB_BLAKE2B_BYTES);
		out->subjects[i].kinds = both ? SB_DIGEST_BOTH : SB_DIGEST_SHA256;
	}
	out->subject_count = list->count;
	return 0;
}

static int read_predicate(const struct sb_node *predicate, struct sb_vsa_read *out, struct sb_err *err)
{
	const char *result = text_of(predicate, "verificationResult"), *when = text_of(predicate, "timeVerified");

	out->verifier_id = text_of(get(predicate, "verifier", SB_NODE_MAP), "id");
	out->resource_uri = text_of(predicate, "resourceUri");
	if (!out->verifier_id || !out->resource_uri || !result || !when || !sb_moment_read(when, &out->time))
		return malformed(err, "a required field of the predicate is missing or of the wrong type");
	if (!get(get(predicate, "policy", SB_NODE_MAP), "digest", SB_NODE_MAP))
		return malformed(err, "it does not say by which policy");
	out->passed = strcmp(result, "PASSED") == 0;
	if (!out->passed && strcmp(result, "FAILED") != 0)
		return malformed(err, "the result is neither PASSED nor FAILED");
	return read_levels(predicate, out, err);
}

int sb_vsa_read(struct sb_span json, struct sb_arena *arena, struct sb_vsa_read *out, struct sb_err *err)
{
	struct sb_vsa_read made = {0};
	struct sb_node *top = NULL;

	int rc = sb_node_read_json(json, SB_LIMIT_OF(RECORD_BYTES), "summary", arena, &top, err);
	if (rc)
		return rc == SB_FORMAT ? malformed(err, "the statement is not strict JSON") : rc;
	const char *type = text_of(top, "_type"), *kind = text_of(top, "predicateType");
	if (!type || strcmp(type, SB_STATEMENT_TYPE) != 0 || !kind || strcmp(kind, SB_PREDICATE_SUMMARY) != 0)
		return sb_fail(err, SB_EVIDENCE, "summary-type", "it is no verification summary");
	rc = read_predicate(get(top, "predicate", SB_NODE_MAP), &made, err);
	if (!rc)
		rc = read_subjects(top, arena, &made, err);
	if (!rc)
		*out = made;
	return rc;
}
