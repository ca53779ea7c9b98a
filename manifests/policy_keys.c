/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/policy_keys.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_KEYS = 1000 };

static const char *const key_keys[] = {"*party", "*role", "*key", "not_before", "not_after", NULL};
static const char *const group_keys[] = {"*need", "*of", NULL};
static const char *const roles[] = {"", "rebuilder", "evaluator", "vendor", "ci", NULL}; /* in the order of enum sb_role */

const char *sb_role_name(enum sb_role role)
{
	return role ? roles[role] : "none";
}

bool sb_is_party_name(const char *text)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	return text[0] && strlen(text) <= 64 && text[strspn(text, allowed)] == '\0';
}

static const char *read_name(struct sb_schema *s, struct sb_place place)
{
	const char *name = sb_schema_text(s, place, "");

	if (!sb_is_party_name(name))
		sb_schema_problem(s, place, "bad-value", "1 to 64 letters, digits and . _ - are due here");
	return name;
}

/** The party of that name, made when it is new. A party has one role whatever key it signs with. */
static size_t party_of(struct sb_schema *s, struct sb_place place, const char *name, enum sb_role role, struct sb_policy_party *parties, size_t *count)
{
	for (size_t i = 0; i < *count; i++) {
		if (strcmp(parties[i].name, name) != 0)
			continue;
		if (parties[i].role != role)
			sb_schema_problem(s, place, "policy-malformed", "%s is %s with one key and %s with another", name, sb_role_name(parties[i].role),
			                  sb_role_name(role));
		return i;
	}
	parties[*count] = (struct sb_policy_party){.name = name, .role = role};
	return (*count)++;
}

static void read_public(struct sb_schema *s, struct sb_place place, const struct sb_policy_key *before, size_t count, uint8_t out[SB_PUBLIC_BYTES])
{
	const char *text = sb_schema_text(s, place, "");
	struct sb_err why = {0};

	if (sb_public_parse(sb_span_text(text), out, &why))
		sb_schema_problem(s, place, "policy-malformed", "no public key: %s", why.msg);
	for (size_t i = 0; !why.code && i < count; i++)
		if (memcmp(before[i].key, out, SB_PUBLIC_BYTES) == 0)
			sb_schema_problem(s, place, "policy-malformed", "this key stands here twice");
}

static enum sb_role read_role(struct sb_schema *s, struct sb_place place)
{
	return (enum sb_role)(sb_schema_word(s, place, roles + 1, 0) + 1);
}

static size_t read_key(struct sb_schema *s, struct sb_place place, struct sb_policy_party *parties, size_t *party_count, struct sb_policy_key *keys, size_t count)
{
	struct sb_policy_key *key = &keys[count];

	if (!sb_schema_map(s, place, key_keys))
		return count;
	key->party = party_of(s, place, read_name(s, sb_schema_key(s, place, "party")), read_role(s, sb_schema_key(s, place, "role")), parties, party_count);
	key->may_state = true;
	key->not_before = sb_schema_moment(s, sb_schema_key(s, place, "not_before"), INT64_MIN);
	key->not_after = sb_schema_moment(s, sb_schema_key(s, place, "not_after"), INT64_MAX);
	read_public(s, sb_schema_key(s, place, "key"), keys, count, key->key);
	return count + 1;
}

bool sb_policy_read_keys(struct sb_schema *s, struct sb_place list, struct sb_policy *out)
{
	if (!list.node || !sb_schema_list(s, list))
		return true;
	if (list.node->count == 0 || list.node->count > MOST_KEYS) {
		sb_schema_problem(s, list, "bad-value", "between 1 and %d keys are due here", MOST_KEYS);
		return true;
	}
	struct sb_policy_party *parties = sb_arena_array(s->arena, list.node->count, sizeof *parties);
	struct sb_policy_key *keys = sb_arena_array(s->arena, list.node->count, sizeof *keys);
	if (!parties || !keys)
		return false;
	for (size_t i = 0; i < list.node->count; i++)
		out->key_count = read_key(s, sb_schema_item(s, list, i), parties, &out->party_count, keys, out->key_count);
	out->parties = parties;
	out->keys = keys;
	return true;
}

static enum sb_role role_of(unsigned duties)
{
	for (unsigned duty = SB_DUTY_REBUILDER; duty <= SB_DUTY_CI; duty++) /* in the order of enum sb_role; at most one of them */
		if (duties & 1u << duty)
			return (enum sb_role)(duty + 1);
	return SB_ROLE_NONE;
}

/* One party for all its keys; what makes statements gives it its role. */
static size_t party_in_root(const struct sb_trust_key *key, struct sb_policy_party *parties, size_t *count)
{
	enum sb_role role = role_of(key->duties);
	size_t i = 0;

	while (i < *count && strcmp(parties[i].name, key->party) != 0)
		i++;
	if (i == *count)
		parties[(*count)++] = (struct sb_policy_party){.name = key->party};
	if (role)
		parties[i].role = role;
	return i;
}

bool sb_policy_take_root(struct sb_arena *arena, const struct sb_trust_root *root, struct sb_policy *out)
{
	struct sb_policy_party *parties = sb_arena_array(arena, root->key_count, sizeof *parties);
	struct sb_policy_key *keys = sb_arena_array(arena, root->key_count, sizeof *keys);

	if (!parties || !keys)
		return false;
	for (size_t i = 0; i < root->key_count; i++) {
		const struct sb_trust_key *from = &root->keys[i];
		if (!from->party)
			continue;
		struct sb_policy_key *to = &keys[out->key_count++];
		*to = (struct sb_policy_key){.party = party_in_root(from, parties, &out->party_count), .may_state = (from->duties & SB_DUTIES_OF_STATEMENTS) != 0,
		                             .not_before = from->not_before, .not_after = from->not_after, .revoked = from->revoked, .revoked_at = from->revoked_at};
		memcpy(to->key, from->key, SB_PUBLIC_BYTES);
	}
	out->parties = parties;
	out->keys = keys;
	return true;
}

/* Somebody who makes no statements can fill no quorum. */
static bool is_party(const struct sb_policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->party_count; i++)
		if (policy->parties[i].role && strcmp(policy->parties[i].name, name) == 0)
			return true;
	return false;
}

static bool is_group(const struct sb_policy_group *groups, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(groups[i].name, name) == 0)
			return true;
	return false;
}

/** "any", "all" or a number. */
static size_t read_need(struct sb_schema *s, struct sb_place place, size_t members)
{
	if (place.node && place.node->type == SB_NODE_TEXT && sb_span_equal(place.node->text, sb_span_text("any")))
		return 1;
	if (place.node && place.node->type == SB_NODE_TEXT && sb_span_equal(place.node->text, sb_span_text("all")))
		return members;
	return (size_t)sb_schema_uint(s, place, 1, members ? members : 1, 0);
}

static bool read_group(struct sb_schema *s, struct sb_place place, const char *name, struct sb_policy_group *out)
{
	*out = (struct sb_policy_group){.name = name};
	if (!sb_schema_map(s, place, group_keys))
		return true;
	struct sb_place of = sb_schema_key(s, place, "of");
	if (!sb_schema_list(s, of))
		return true;
	const char **names = sb_arena_array(s->arena, of.node->count, sizeof *names);
	if (!names)
		return false;
	for (size_t i = 0; i < of.node->count; i++)
		names[i] = read_name(s, sb_schema_item(s, of, i));
	out->of = names;
	out->count = of.node->count;
	out->need = read_need(s, sb_schema_key(s, place, "need"), out->count);
	return true;
}

/** Each name stands in one group at most, and once. */
static void check_members(struct sb_schema *s, struct sb_place place, const struct sb_policy_group *groups, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < groups[i].count; k++)
			for (size_t j = i; j < count; j++)
				for (size_t l = j == i ? k + 1 : 0; l < groups[j].count; l++)
					if (strcmp(groups[i].of[k], groups[j].of[l]) == 0)
						sb_schema_problem(s, place, "policy-malformed", "%s is a member of %s and of %s", groups[i].of[k], groups[i].name,
						                  i == j ? "it once more" : groups[j].name);
}

static bool is_ready(const struct sb_policy *policy, const struct sb_policy_group *group, const struct sb_policy_group *done, size_t count)
{
	for (size_t i = 0; i < group->count; i++)
		if (!is_party(policy, group->of[i]) && !is_group(done, count, group->of[i]))
			return false;
	return true;
}

/** Put @given in an order in which each group stands behind those that it names. What is left names nobody, or goes round in a circle. */
static size_t put_in_order(const struct sb_policy *policy, struct sb_policy_group *given, size_t count, struct sb_policy_group *out)
{
	size_t done = 0;

	for (bool moved = true; moved;) {
		moved = false;
		for (size_t i = 0; i < count; i++) {
			if (!given[i].name || !is_ready(policy, &given[i], out, done))
				continue;
			out[done++] = given[i];
			given[i].name = NULL;
			moved = true;
		}
	}
	return done;
}

/* Each name stands once: there cannot be more members than parties and groups. */
static bool has_too_many(const struct sb_policy_group *groups, size_t count)
{
	size_t members = 0;

	for (size_t i = 0; i < count; i++)
		members += groups[i].count;
	return members > MOST_KEYS + SB_POLICY_GROUPS;
}

static bool read_groups(struct sb_schema *s, struct sb_place map, struct sb_policy *out)
{
	struct sb_policy_group *given, *ordered;

	if (!map.node)
		return true;
	if (map.node->type != SB_NODE_MAP || map.node->count > SB_POLICY_GROUPS) {
		sb_schema_problem(s, map, "wrong-type", "a mapping of at most %d names to groups is due here", SB_POLICY_GROUPS);
		return true;
	}
	given = sb_arena_array(s->arena, map.node->count, sizeof *given);
	ordered = sb_arena_array(s->arena, map.node->count, sizeof *ordered);
	if (!given || !ordered)
		return false;
	for (size_t i = 0; i < map.node->count; i++) {
		const char *name = map.node->members[i].key;
		if (!read_group(s, sb_schema_key(s, map, name), name, &given[i]))
			return false;
		if (!sb_is_party_name(name) || is_party(out, name))
			sb_schema_problem(s, map, "policy-malformed", "%s cannot be the name of a group", name);
	}
	if (has_too_many(given, map.node->count)) {
		sb_schema_problem(s, map, "policy-malformed", "the groups have more members than the %d parties and groups that a policy may name", MOST_KEYS + SB_POLICY_GROUPS);
		return true;
	}
	check_members(s, map, given, map.node->count);
	out->group_count = put_in_order(out, given, map.node->count, ordered);
	out->groups = ordered;
	for (size_t i = 0; i < map.node->count; i++)
		if (given[i].name)
			sb_schema_problem(s, map, "policy-malformed", "group %s names nobody that is known, or itself", given[i].name);
	return true;
}

/** Those who made the delivery must not be enough by themselves. */
static bool vendor_alone_fills(const struct sb_policy *policy, bool *spoke)
{
	for (size_t i = 0; i < policy->party_count; i++)
		spoke[i] = !sb_role_is_independent(policy->parties[i].role);
	return sb_policy_quorum_is_met(policy, spoke);
}

static bool everybody_fills(const struct sb_policy *policy, bool *spoke)
{
	for (size_t i = 0; i < policy->party_count; i++)
		spoke[i] = policy->parties[i].role != SB_ROLE_NONE;
	return sb_policy_quorum_is_met(policy, spoke);
}

bool sb_policy_read_quorum(struct sb_schema *s, struct sb_place top, struct sb_policy *out)
{
	struct sb_place quorum = sb_schema_key(s, top, "quorum");
	bool *spoke = sb_arena_array(s->arena, out->party_count + 1, sizeof *spoke);

	if (!spoke || !read_groups(s, sb_schema_key(s, top, "groups"), out))
		return false;
	out->quorum = sb_schema_text(s, quorum, NULL);
	if (s->problems.total)
		return true; /* told; what follows would only repeat it */
	if (out->quorum && !is_party(out, out->quorum) && !is_group(out->groups, out->group_count, out->quorum))
		sb_schema_problem(s, quorum, "policy-malformed", "the quorum %s is neither a party nor a group", out->quorum);
	else if (vendor_alone_fills(out, spoke))
		sb_schema_problem(s, quorum.node ? quorum : top, "policy-malformed", "the vendor and CI could fill the quorum by themselves");
	else if (!everybody_fills(out, spoke))
		sb_schema_problem(s, quorum.node ? quorum : top, "policy-malformed", "nobody could ever fill the quorum");
	return true;
}
