/* SPDX-License-Identifier: Apache-2.0 */
/* Why a signed statement does not count for a file. Each check is a word; the first one that speaks against it is told. */
#include "verifier/attest/gate.h"

#include <string.h>

/** One statement, one file, and who signed it. */
struct hearing {
	const struct sb_gate_in *in;
	const struct sb_statement *statement;
	const struct sb_subject *subject;
	const struct sb_policy_key *key;
	const struct sb_policy_artifact *row; /* the class of the file */
	const struct sb_node *artifact;       /* its object in the predicate */
};

static const struct sb_node *get(const struct sb_node *map, const char *key, enum sb_node_type type)
{
	const struct sb_node *node = map && map->type == SB_NODE_MAP ? sb_node_get(map, key) : NULL;
	return node && node->type == type ? node : NULL;
}

static const char *text_of(const struct sb_node *map, const char *key)
{
	const struct sb_node *node = get(map, key, SB_NODE_TEXT);
	return node && !memchr(node->text.p, 0, node->text.n) ? (const char *)node->text.p : NULL;
}

static bool digest_of(const struct sb_node *map, const char *key, uint8_t out[SB_SHA256_BYTES])
{
	const char *text = text_of(map, key);
	return text && sb_text_unhex(sb_span_text(text), out, SB_SHA256_BYTES);
}

static bool names_party(const struct sb_policy *policy, const char *name)
{
	bool found = policy->quorum && strcmp(policy->quorum, name) == 0;

	for (size_t i = 0; i < policy->group_count; i++)
		for (size_t k = 0; k < policy->groups[i].count; k++)
			found |= strcmp(policy->groups[i].of[k], name) == 0;
	return found;
}

/* Whoever made the delivery speaks only where the policy asks for just that party. */
static bool has_role(const struct hearing *h)
{
	const struct sb_policy_party *party = &h->in->policy->parties[h->key->party];
	return h->key->may_state && party->role && (sb_role_is_independent(party->role) || names_party(h->in->policy, party->name));
}

/** When it was signed, as far as anybody but the signer vouches for it: the time of the decision. */
static int64_t time_of(const struct hearing *h)
{
	return h->in->time;
}

static bool key_is_valid(const struct hearing *h)
{
	return time_of(h) >= h->key->not_before && time_of(h) < h->key->not_after;
}

/* What a lost key signed before it was lost is good; whoever stole one may have signed anything at any time that it states. */
static bool key_is_not_revoked(const struct hearing *h)
{
	return h->key->revoked == SB_REVOKED_NOT || (h->key->revoked == SB_REVOKED_LOST && time_of(h) < h->key->revoked_at);
}

static bool is_about(const struct hearing *h)
{
	return h->subject != NULL;
}

static bool is_of_product(const struct hearing *h)
{
	return sb_text_fits(h->in->policy->resource, h->statement->resource_uri);
}

static bool has_source(const struct hearing *h)
{
	const struct sb_node *source = get(h->statement->predicate, "source", SB_NODE_MAP), *manifest = get(source, "manifest", SB_NODE_MAP);
	uint8_t sha256[SB_SHA256_BYTES];

	return !h->in->policy->has_source || (digest_of(manifest, "sha256", sha256) && memcmp(sha256, h->in->policy->source, sizeof sha256) == 0);
}

static bool is_complete(const struct hearing *h)
{
	return h->statement->complete;
}

static bool has_level(const struct hearing *h)
{
	return h->row && h->subject->level >= h->row->level && h->subject->level > SB_LEVEL_DIFFERENT;
}

/* A statement that lists no causes has not said that there are none. */
static bool has_causes(const struct hearing *h)
{
	const struct sb_node *causes = get(h->artifact, "causes", SB_NODE_LIST);

	if (h->row->any_cause || h->subject->level == SB_LEVEL_IDENTICAL)
		return true;
	for (size_t i = 0; causes && i < causes->count; i++) {
		const struct sb_node *item = causes->items[i];
		enum sb_cause cause;
		if (item->type != SB_NODE_TEXT || !sb_cause_parse((const char *)item->text.p, &cause) || !h->row->causes[cause])
			return false;
	}
	return causes != NULL;
}

static bool allows_rule(const struct sb_policy *policy, struct sb_span word)
{
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct sb_policy_rule *rule = &policy->rules[i];
		size_t n = strlen(rule->id);
		if (word.n <= n || word.p[n] != '/' || memcmp(word.p, rule->id, n) != 0)
			continue;
		for (size_t k = 0; k < rule->count; k++)
			if (sb_span_equal(sb_span_of(word.p + n + 1, word.n - n - 1), sb_span_text(rule->versions[k])))
				return true;
	}
	return false;
}

/* "derived/1 size/1 …": each that could have raised a level. */
static bool has_rules(const struct hearing *h)
{
	const char *rules = text_of(h->statement->predicate, "rules");

	if (h->in->policy->any_rule || h->subject->level == SB_LEVEL_IDENTICAL)
		return true;
	for (const char *at = rules; at && *at;) {
		size_t n = strcspn(at, " ");
		if (n && !allows_rule(h->in->policy, sb_span_of(at, n)))
			return false;
		at += n + (at[n] == ' ');
	}
	return rules != NULL;
}

static bool has_freedom(const struct hearing *h)
{
	const struct sb_node *list = get(h->statement->predicate, "freedom", SB_NODE_LIST);
	uint64_t sum = 0;

	if (!h->row->has_freedom)
		return true;
	for (size_t i = 0; list && i < list->count; i++) {
		const struct sb_node *bytes = get(list->items[i], "bytes", SB_NODE_INT), *loaded = get(list->items[i], "loaded", SB_NODE_BOOL);
		if (!bytes || bytes->number < 0 || !loaded || !sb_add(sum, (uint64_t)bytes->number, &sum) || (loaded->number && !h->row->freedom_loaded))
			return false;
	}
	return list && sum <= h->row->freedom_bytes;
}

static bool has_no_other_opaque(const struct hearing *h)
{
	const struct sb_node *list = get(h->statement->predicate, "opaque", SB_NODE_LIST);

	for (size_t i = 0; list && i < list->count; i++) {
		const char *path = text_of(list->items[i], "path");
		bool allowed = false;
		for (size_t k = 0; path && k < h->in->policy->opaque_count; k++)
			allowed |= strcmp(h->in->policy->opaque[k], path) == 0;
		if (!allowed)
			return false;
	}
	return list != NULL;
}

/* A statement without a time has no age that could be judged. */
static bool is_new_enough(const struct hearing *h)
{
	const char *finished = text_of(h->statement->predicate, "finishedOn");
	int64_t then;

	return h->in->policy->max_age == 0 ||
	       (finished && sb_moment_read(finished, &then) && (then > h->in->time || (uint64_t)(h->in->time - then) <= h->in->policy->max_age));
}

static bool is_not_of_the_future(const struct hearing *h)
{
	const char *finished = text_of(h->statement->predicate, "finishedOn");
	int64_t then;

	return !finished || (sb_moment_read(finished, &then) && then <= h->in->time);
}

/* In the order in which reasons are told. Those behind "wrong-subject" may rely on a subject. */
static const struct {
	const char *reason;
	bool (*holds)(const struct hearing *h);
	bool of_signer; /* whose word it is, and when: not asked of a run that has just been made */
} checks[] = {
	{"wrong-role", has_role, true},
	{"key-not-valid", key_is_valid, true},
	{"key-revoked", key_is_not_revoked, true},
	{"wrong-subject", is_about, false},
	{"wrong-resource", is_of_product, false},
	{"wrong-source", has_source, false},
	{"incomplete", is_complete, false},
	{"below-level", has_level, false},
	{"cause-not-allowed", has_causes, false},
	{"rule-not-allowed", has_rules, false},
	{"freedom-exceeded", has_freedom, false},
	{"opaque-input", has_no_other_opaque, false},
	{"too-old", is_new_enough, true},
	{"from-future", is_not_of_the_future, true},
};

static const char *first_against(const struct hearing *h)
{
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		if ((h->key || !checks[i].of_signer) && !checks[i].holds(h))
			return checks[i].reason;
	return NULL;
}

static const struct sb_node *artifact_of(const struct sb_statement *statement, const struct sb_subject *subject)
{
	const struct sb_node *list = get(statement->predicate, "artifacts", SB_NODE_LIST);
	size_t index = subject ? (size_t)(subject - statement->subjects) : SIZE_MAX;
	return list && index < list->count ? list->items[index] : NULL;
}

static void learn(const struct hearing *h, struct sb_gate_spoken *spoken)
{
	const struct sb_node *predicate = h->statement->predicate, *environment = get(predicate, "environment", SB_NODE_MAP);
	const struct sb_node *manifest = get(get(predicate, "source", SB_NODE_MAP), "manifest", SB_NODE_MAP);
	const char *toolchain = text_of(get(environment, "toolchain", SB_NODE_MAP), "sha256"), *kernel = text_of(get(environment, "host", SB_NODE_MAP), "kernel");

	(void)digest_of(manifest, "sha256", spoken->agreement.source);
	(void)digest_of(get(predicate, "recipe", SB_NODE_MAP), "sha256", spoken->agreement.recipe);
	if (h->subject && h->subject->level == SB_LEVEL_IDENTICAL)
		(void)digest_of(get(h->artifact, "rebuilt", SB_NODE_MAP), "sha256", spoken->agreement.rebuilt);
	if (toolchain)
		sb_hash_span(sb_span_text(toolchain), SB_DIGEST_SHA256, &spoken->toolchain);
	if (kernel)
		sb_hash_span(sb_span_text(kernel), SB_DIGEST_SHA256, &spoken->kernel);
}

const char *sb_gate_reason_against(const struct sb_gate_in *in, const struct sb_statement *statement, size_t artifact, const struct sb_policy_key *key,
                                   struct sb_gate_spoken *spoken)
{
	struct hearing h = {.in = in, .statement = statement, .key = key};

	h.subject = sb_statement_subject(statement, &in->artifacts[artifact]);
	h.row = h.subject ? sb_policy_artifact_for(in->policy, h.subject->name) : NULL;
	h.artifact = artifact_of(statement, h.subject);
	spoken->voice.level = h.subject ? h.subject->level : SB_LEVEL_UNDETERMINED;
	spoken->voice.dissents = h.subject && statement->complete && is_of_product(&h) && h.subject->level == SB_LEVEL_DIFFERENT;
	spoken->row = h.row;
	learn(&h, spoken);
	return first_against(&h);
}

static int hear_own(const struct sb_policy *policy, const struct sb_statement *statement, struct sb_arena *arena, struct sb_gate_own **out, size_t *count,
                    struct sb_err *err)
{
	const struct sb_gate_in in = {.policy = policy};
	struct sb_gate_own *found = sb_arena_array(arena, statement->subject_count, sizeof *found);

	if (!found)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < statement->subject_count; i++) {
		const struct sb_subject *subject = &statement->subjects[i];
		const struct hearing h = {.in = &in, .statement = statement, .subject = subject, .row = sb_policy_artifact_for(policy, subject->name),
		                          .artifact = artifact_of(statement, subject)};
		found[i] = (struct sb_gate_own){.name = subject->name, .reason = first_against(&h)};
	}
	*out = found;
	*count = statement->subject_count;
	return 0;
}

int sb_attest_gate_own(const struct sb_policy *policy, const struct sb_result *result, const struct sb_statement_context *context, struct sb_arena *arena,
                       struct sb_gate_own **out, size_t *count, struct sb_err *err)
{
	SB_BUF struct sb_buf body = {0};
	struct sb_statement statement;

	*out = NULL;
	*count = 0;
	int rc = sb_statement_write(result, context, &body, err);
	if (!rc)
		rc = sb_statement_read(sb_buf_span(&body), arena, &statement, err);
	return rc ? rc : hear_own(policy, &statement, arena, out, count, err);
}
