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
	uint64_t waivers;                     /* that it needs to be at the level of its class */
	bool logged;
	int64_t witnessed;                    /* INT64_MAX: not known */
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

/** When it was signed, as far as anybody but the signer vouches for it: when witnesses had seen it, else the time of the decision. */
static int64_t time_of(const struct hearing *h)
{
	return h->witnessed < h->in->time ? h->witnessed : h->in->time;
}

static bool key_is_valid(const struct hearing *h)
{
	return time_of(h) >= h->key->not_before && time_of(h) < h->key->not_after;
}

/*
 * What witnesses had seen before a key was lost is good. Without them nobody knows when something was signed: whoever found the key signs today what an
 * earlier time of decision would let pass. Whoever stole one may have had it at any time.
 */
static bool key_is_not_revoked(const struct hearing *h)
{
	return h->key->revoked == SB_REVOKED_NOT || (h->key->revoked == SB_REVOKED_LOST && h->witnessed < h->key->revoked_at);
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
	return h->row && ((h->subject->level >= h->row->level && h->subject->level > SB_LEVEL_DIFFERENT) || h->waivers);
}

/* What came ready-made is no cause of a difference: it is asked for by its name, in has_no_other_opaque. A statement that names none has not said which. */
static bool is_asked_by_name(const struct hearing *h, enum sb_cause cause)
{
	const struct sb_node *opaque = get(h->statement->predicate, "opaque", SB_NODE_LIST);
	return cause == SB_CAUSE_PREBUILT && opaque && opaque->count > 0;
}

/* A statement that lists no causes has not said that there are none. */
static bool has_causes(const struct hearing *h)
{
	const struct sb_node *causes = get(h->artifact, h->waivers ? "claimed" : "causes", SB_NODE_LIST);

	if (h->row->any_cause || h->subject->level == SB_LEVEL_IDENTICAL)
		return true;
	for (size_t i = 0; causes && i < causes->count; i++) {
		const struct sb_node *item = causes->items[i];
		enum sb_cause cause;
		if (item->type != SB_NODE_TEXT || !sb_cause_parse((const char *)item->text.p, &cause) || !(h->row->causes[cause] || is_asked_by_name(h, cause)))
			return false;
	}
	return causes != NULL;
}

static bool allows_rule(const struct sb_policy *policy, const char *id, const char *version)
{
	for (size_t i = 0; i < policy->rule_count; i++)
		for (size_t k = 0; strcmp(policy->rules[i].id, id) == 0 && k < policy->rules[i].count; k++)
			if (strcmp(policy->rules[i].versions[k], version) == 0)
				return true;
	return false;
}

/* A rule that was there and owned nothing raised nothing; one of which that is not said may have. */
static bool has_rules(const struct hearing *h)
{
	const struct sb_node *rules = get(h->statement->predicate, "rules", SB_NODE_LIST);

	if (h->in->policy->any_rule || h->subject->level == SB_LEVEL_IDENTICAL)
		return true;
	for (size_t i = 0; rules && i < rules->count; i++) {
		const struct sb_node *applied = get(rules->items[i], "applied", SB_NODE_INT);
		const char *id = text_of(rules->items[i], "id"), *version = text_of(rules->items[i], "version");
		if (!id || !version)
			return false;
		if (!(applied && applied->number == 0) && !allows_rule(h->in->policy, id, version))
			return false;
	}
	return rules != NULL && rules->count > 0;
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

/* A statement without a time has no age that could be judged, and none is newer than when witnesses had seen it. */
static bool is_new_enough(const struct hearing *h)
{
	const char *finished = text_of(h->statement->predicate, "finishedOn");
	int64_t then;

	if (h->in->policy->max_age == 0)
		return true;
	if (!finished || !sb_moment_read(finished, &then))
		return false;
	if (h->witnessed < then)
		then = h->witnessed;
	return then > h->in->time || (uint64_t)h->in->time - (uint64_t)then <= h->in->policy->max_age;
}

static bool is_not_of_the_future(const struct hearing *h)
{
	const char *finished = text_of(h->statement->predicate, "finishedOn");
	int64_t then;

	return !finished || (sb_moment_read(finished, &then) && then <= h->in->time);
}

static bool is_logged(const struct hearing *h)
{
	return !h->in->policy->log || h->logged;
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
	{"not-logged", is_logged, true},
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

static uint64_t waivers_for(const struct hearing *h)
{
	const struct sb_gate_residue residue = {.artifact = h->artifact, .sha256 = h->subject ? h->subject->digest.sha256 : NULL, .time = h->in->time};
	bool decided = h->subject && (h->subject->level == SB_LEVEL_DIFFERENT || h->subject->level == SB_LEVEL_IMAGE_IDENTICAL);
	bool needed = decided && h->row && h->statement->complete && h->subject->level < h->row->level;

	return needed ? sb_gate_waivers(h->in->policy, &residue, h->row->level) : 0;
}

static void learn(const struct hearing *h, struct sb_gate_spoken *spoken)
{
	const struct sb_node *predicate = h->statement->predicate, *environment = get(predicate, "environment", SB_NODE_MAP);
	const struct sb_node *manifest = get(get(predicate, "source", SB_NODE_MAP), "manifest", SB_NODE_MAP);
	const char *toolchain = text_of(get(environment, "toolchain", SB_NODE_MAP), "sha256"), *kernel = text_of(get(environment, "host", SB_NODE_MAP), "kernel");
	struct sb_digest resource;

	sb_hash_span(sb_span_text(h->statement->resource_uri), SB_DIGEST_SHA256, &resource);
	memcpy(spoken->agreement.resource, resource.sha256, SB_SHA256_BYTES);
	(void)digest_of(manifest, "sha256", spoken->agreement.source);
	(void)digest_of(get(predicate, "recipe", SB_NODE_MAP), "sha256", spoken->agreement.recipe);
	if (toolchain)
		sb_hash_span(sb_span_text(toolchain), SB_DIGEST_SHA256, &spoken->toolchain);
	if (kernel)
		sb_hash_span(sb_span_text(kernel), SB_DIGEST_SHA256, &spoken->kernel);
}

/* A file that was delivered under several names is all of them: the first reason against any counts, and the worst level. */
static void weigh(struct hearing *h, const struct sb_subject *subject, struct sb_gate_spoken *spoken)
{
	bool first = spoken->row == NULL;

	h->subject = subject;
	h->row = sb_policy_artifact_for(h->in->policy, subject->name);
	h->artifact = artifact_of(h->statement, subject);
	h->waivers = waivers_for(h);
	const char *reason = first_against(h);
	if (first || (reason && !spoken->voice.reason))
		spoken->row = h->row;
	if (!spoken->voice.reason)
		spoken->voice.reason = reason;
	spoken->waivers |= h->waivers;
	spoken->voice.waived |= h->waivers != 0;
	spoken->voice.level = first ? subject->level : sb_level_worse(spoken->voice.level, subject->level);
	spoken->voice.dissents |= h->statement->complete && is_of_product(h) && subject->level == SB_LEVEL_DIFFERENT && !h->waivers;
}

const char *sb_gate_reason_against(const struct sb_gate_in *in, const struct sb_statement *statement, size_t artifact, const struct sb_policy_key *key,
                                   struct sb_gate_spoken *spoken)
{
	struct hearing h = {.in = in, .statement = statement, .key = key, .logged = spoken->logged, .witnessed = spoken->witnessed};

	for (size_t i = 0; i < statement->subject_count; i++)
		if (sb_statement_is_subject(&statement->subjects[i], &in->artifacts[artifact]))
			weigh(&h, &statement->subjects[i], spoken);
	spoken->valid = key_is_valid(&h) && key_is_not_revoked(&h);
	spoken->settles = spoken->logged && has_role(&h) && spoken->valid;
	spoken->vetoes = spoken->settles && spoken->voice.dissents;
	learn(&h, spoken);
	return spoken->row ? spoken->voice.reason : first_against(&h);
}

static int hear_own(const struct sb_policy *policy, int64_t time, const struct sb_statement *statement, struct sb_arena *arena, struct sb_gate_own **out, size_t *count,
                    struct sb_err *err)
{
	const struct sb_gate_in in = {.policy = policy, .time = time};
	struct sb_gate_own *found = sb_arena_array(arena, statement->subject_count, sizeof *found);

	if (!found)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < statement->subject_count; i++) {
		const struct sb_subject *subject = &statement->subjects[i];
		struct hearing h = {.in = &in, .statement = statement, .witnessed = INT64_MAX, .subject = subject, .row = sb_policy_artifact_for(policy, subject->name),
		                          .artifact = artifact_of(statement, subject)};
		h.waivers = waivers_for(&h);
		found[i] = (struct sb_gate_own){.name = subject->name, .reason = first_against(&h), .waivers = h.waivers};
	}
	*out = found;
	*count = statement->subject_count;
	return 0;
}

int sb_attest_gate_own(const struct sb_policy *policy, int64_t time, const struct sb_result *result, const struct sb_statement_context *context,
                       struct sb_arena *arena, struct sb_gate_own **out, size_t *count, struct sb_err *err)
{
	SB_BUF struct sb_buf body = {0};
	struct sb_statement statement;

	*out = NULL;
	*count = 0;
	int rc = sb_statement_write(result, context, &body, err);
	if (!rc)
		rc = sb_statement_read(sb_buf_span(&body), arena, &statement, err);
	return rc ? rc : hear_own(policy, time, &statement, arena, out, count, err);
}
