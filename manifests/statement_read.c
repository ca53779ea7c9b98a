/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a statement whose signature was checked: it may still say more than its parts allow. */
#include "manifests/statement.h"

#include <string.h>

static int malformed(struct sb_err *err, const char *what)
{
	return sb_fail(err, SB_EVIDENCE, "statement-malformed", "%s", what);
}

static int inconsistent(struct sb_err *err, const char *what)
{
	return sb_fail(err, SB_EVIDENCE, "statement-inconsistent", "%s", what);
}

static const char *text_of(const struct sb_node *map, const char *key)
{
	const struct sb_node *node = sb_node_get(map, key);
	if (!node || node->type != SB_NODE_TEXT || memchr(node->text.p, 0, node->text.n))
		return NULL;
	return (const char *)node->text.p;
}

static bool digest_of(const struct sb_node *map, const char *key, uint8_t *out, size_t n)
{
	const char *text = text_of(map, key);
	return text && sb_text_unhex(sb_span_text(text), out, n);
}

static bool level_of(const struct sb_node *map, enum sb_level *out)
{
	const char *text = text_of(map, "level");
	return text && sb_level_parse(text, out);
}

/* Names are never opened; one that leads out of its folder is not what any of our records say. */
static bool is_inside(const char *name)
{
	if (name[0] == '\0' || name[0] == '/')
		return false;
	for (const char *part = name; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL)
		if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
			return false;
	return true;
}

/* Weak digests and lengths that are not ours neither help nor harm. */
static int read_subject(const struct sb_node *node, struct sb_subject *out, struct sb_err *err)
{
	const struct sb_node *digest = sb_node_get(node, "digest");

	out->name = text_of(node, "name");
	if (!out->name || !digest || digest->type != SB_NODE_MAP || !digest_of(digest, "sha256", out->digest.sha256, SB_SHA256_BYTES))
		return malformed(err, "a subject without a name or a sha256");
	if (!is_inside(out->name))
		return malformed(err, "the name of a subject leads out of its folder");
	out->digest.kinds = SB_DIGEST_SHA256;
	if (digest_of(digest, "blake2b", out->digest.blake2b, SB_BLAKE2B_BYTES))
		out->digest.kinds = SB_DIGEST_BOTH;
	return 0;
}

static bool count_of(const struct sb_node *map, const char *key, uint64_t *out)
{
	const struct sb_node *node = map && map->type == SB_NODE_MAP ? sb_node_get(map, key) : NULL;

	if (!node || node->type != SB_NODE_INT || node->number < 0)
		return false;
	*out = (uint64_t)node->number;
	return true;
}

static bool coverage_of(const struct sb_node *artifact, struct sb_coverage *out)
{
	const struct sb_node *map = sb_node_get(artifact, "coverage");
	return count_of(map, "bytes", &out->bytes) && count_of(map, "equal", &out->equal) && count_of(map, "claimed", &out->claimed) &&
	       count_of(map, "residual", &out->residual) && count_of(map, "opaque", &out->opaque) && sb_coverage_adds_up(out);
}

/* The rules of records (record_read.c): a level is no better than what is said of the bytes. */
static int check_level(const struct sb_node *artifact, const struct sb_subject *subject, struct sb_err *err)
{
	const struct sb_node *rebuilt = sb_node_get(artifact, "rebuilt");
	struct sb_coverage coverage;
	uint8_t sha256[SB_SHA256_BYTES];

	if (!coverage_of(artifact, &coverage))
		return inconsistent(err, "the coverage of an artifact does not add up");
	if (subject->level <= SB_LEVEL_DIFFERENT)
		return 0;
	if (!rebuilt || rebuilt->type != SB_NODE_MAP || !digest_of(rebuilt, "sha256", sha256, sizeof sha256))
		return inconsistent(err, "an artifact has a level, and nothing was rebuilt for it");
	if (subject->level >= SB_LEVEL_REPRODUCED && memcmp(sha256, subject->digest.sha256, sizeof sha256) != 0)
		return inconsistent(err, "an artifact is called identical or reproduced, and its digests differ");
	if (subject->level != SB_LEVEL_IMAGE_IDENTICAL && (coverage.residual || coverage.opaque)) /* there they lie in what is not loaded */
		return inconsistent(err, "an artifact has a level that its coverage does not allow");
	return 0;
}

static bool same_blake2b(const struct sb_node *shipped, const struct sb_subject *subject)
{
	uint8_t blake2b[SB_BLAKE2B_BYTES];
	return subject->digest.kinds != SB_DIGEST_BOTH || !digest_of(shipped, "blake2b", blake2b, sizeof blake2b) ||
	       memcmp(blake2b, subject->digest.blake2b, sizeof blake2b) == 0;
}

/* Each artifact of the predicate is one subject: same name, same digest, and the level that was given to it. */
static int join_artifact(const struct sb_node *artifact, struct sb_subject *subject, struct sb_err *err)
{
	const struct sb_node *shipped = sb_node_get(artifact, "shipped");
	const char *name = text_of(artifact, "name");
	uint8_t sha256[SB_SHA256_BYTES];

	if (!name || !shipped || !digest_of(shipped, "sha256", sha256, sizeof sha256) || !count_of(shipped, "size", &subject->digest.size) ||
	    !level_of(artifact, &subject->level))
		return malformed(err, "an artifact without name, digest, size or level");
	if (strcmp(name, subject->name) != 0 || memcmp(sha256, subject->digest.sha256, sizeof sha256) != 0 || !same_blake2b(shipped, subject))
		return inconsistent(err, "the artifacts are not the subjects");
	return check_level(artifact, subject, err);
}

static int read_subjects(const struct sb_node *top, const struct sb_node *predicate, struct sb_arena *arena, struct sb_statement *out,
                         struct sb_err *err)
{
	const struct sb_node *list = sb_node_get(top, "subject"), *artifacts = sb_node_get(predicate, "artifacts");

	if (!list || list->type != SB_NODE_LIST || list->count == 0 || !artifacts || artifacts->type != SB_NODE_LIST)
		return malformed(err, "no subject or no artifacts");
	if (list->count != artifacts->count)
		return inconsistent(err, "there are more subjects than artifacts, or fewer");
	out->subjects = sb_arena_array(arena, list->count, sizeof *out->subjects);
	if (!out->subjects)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < list->count; i++) {
		int rc = read_subject(list->items[i], &out->subjects[i], err);
		if (!rc)
			rc = join_artifact(artifacts->items[i], &out->subjects[i], err);
		if (rc)
			return rc;
		if (out->level > out->subjects[i].level)
			return inconsistent(err, "the level is better than that of an artifact");
	}
	out->subject_count = list->count;
	return 0;
}

static int read_predicate(const struct sb_node *predicate, struct sb_statement *out, struct sb_err *err)
{
	static const char *const required[] = {"verifier", "artifacts", "findings", "causes", "freedom", "rules",
	                                       "source",   "recipe",    "environment", "inferred", "opaque", "report"};
	const struct sb_node *complete = sb_node_get(predicate, "complete"), *report = sb_node_get(predicate, "report");
	const struct sb_node *digest = report ? sb_node_get(report, "digest") : NULL, *verifier = sb_node_get(predicate, "verifier");

	for (size_t i = 0; i < sizeof required / sizeof *required; i++)
		if (!sb_node_get(predicate, required[i]))
			return malformed(err, "a required field of the predicate is missing");
	out->resource_uri = text_of(predicate, "resourceUri");
	out->verifier_id = verifier ? text_of(verifier, "id") : NULL;
	if (!level_of(predicate, &out->level) || !complete || complete->type != SB_NODE_BOOL || !out->resource_uri || !out->verifier_id)
		return malformed(err, "a required field of the predicate has the wrong type");
	if (!digest || !digest_of(digest, "sha256", out->report_sha256, SB_SHA256_BYTES))
		return malformed(err, "the report has no sha256");
	out->complete = complete->number != 0;
	out->predicate = predicate;
	if (!out->complete && out->level != SB_LEVEL_UNDETERMINED)
		return inconsistent(err, "an incomplete run states a level");
	return 0;
}

/* A statement says what was inferred when a file was reproduced by it, and only then. */
static int check_inferred(const struct sb_node *predicate, const struct sb_statement *made, struct sb_err *err)
{
	const struct sb_node *list = sb_node_get(predicate, "inferred");
	bool reproduced = false;

	for (size_t i = 0; i < made->subject_count; i++)
		reproduced |= made->subjects[i].level == SB_LEVEL_REPRODUCED;
	if (!list || list->type != SB_NODE_LIST)
		return malformed(err, "what was inferred is no list");
	if (reproduced != (list->count > 0))
		return inconsistent(err, reproduced ? "a file is called reproduced and nothing was inferred" : "something was inferred and no file is called reproduced");
	return 0;
}

int sb_statement_read(struct sb_span json, struct sb_arena *arena, struct sb_statement *out, struct sb_err *err)
{
	struct sb_statement made = {0};
	struct sb_node *top = NULL;

	int rc = sb_node_read_json(json, SB_LIMIT_OF(RECORD_BYTES), "statement", arena, &top, err);
	if (rc)
		return rc == SB_FORMAT ? malformed(err, "the statement is not strict JSON") : rc;
	const char *type = text_of(top, "_type"), *kind = text_of(top, "predicateType");
	const struct sb_node *predicate = sb_node_get(top, "predicate");
	if (!type || strcmp(type, SB_STATEMENT_TYPE) != 0 || !kind || strcmp(kind, SB_PREDICATE_COMPARISON) != 0)
		return sb_fail(err, SB_EVIDENCE, "statement-type", "it is no statement of a comparison");
	if (!predicate || predicate->type != SB_NODE_MAP)
		return malformed(err, "no predicate");
	rc = read_predicate(predicate, &made, err);
	if (!rc)
		rc = read_subjects(top, predicate, arena, &made, err);
	if (!rc)
		rc = check_inferred(predicate, &made, err);
	if (!rc)
		*out = made;
	return rc;
}
