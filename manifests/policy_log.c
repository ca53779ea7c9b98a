/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/policy_log.h"

#include "manifests/policy_keys.h"

#include <string.h>

static const char *const log_keys[] = {"*vkey", "witnesses", "max_head_age", "veto", NULL};
static const char *const witness_keys[] = {"*need", "*of", NULL};

static void read_key(struct sb_schema *s, struct sb_place place, enum sb_note_type type, struct sb_note_key *out)
{
	const char *text = sb_schema_text(s, place, "");
	struct sb_err why = {0};

	if (sb_note_key_read(sb_span_text(text), s->arena, out, &why))
		sb_schema_problem(s, place, "policy-malformed", "no key of a %s: %s", type == SB_NOTE_PLAIN ? "log" : "witness", why.msg);
	else if (out->type != type)
		sb_schema_problem(s, place, "policy-malformed", "a key of type %d stands where one of type %d is due", (int)out->type, (int)type);
}

/* One key in two places would be one word counted twice, or somebody who watches himself. */
static void check_key(struct sb_schema *s, struct sb_place place, const struct sb_policy_log *log, const struct sb_note_key *key, size_t before, const struct sb_policy *policy)
{
	bool again = key != &log->key && memcmp(key->key, log->key.key, SB_PUBLIC_BYTES) == 0;

	for (size_t i = 0; i < before; i++)
		again |= memcmp(key->key, log->witnesses[i].key, SB_PUBLIC_BYTES) == 0;
	if (again)
		sb_schema_problem(s, place, "policy-malformed", "this key is that of the log, or of another witness");
	for (size_t i = 0; i < policy->key_count; i++)
		if (policy->keys[i].may_state && memcmp(policy->keys[i].key, key->key, SB_PUBLIC_BYTES) == 0)
			sb_schema_problem(s, place, "policy-malformed", "this key signs statements too");
}

/** A number of them, "any" or "all". */
static size_t read_need(struct sb_schema *s, struct sb_place place, size_t count)
{
	if (place.node && place.node->type == SB_NODE_TEXT && sb_span_equal(place.node->text, sb_span_text("any")))
		return 1;
	if (place.node && place.node->type == SB_NODE_TEXT && sb_span_equal(place.node->text, sb_span_text("all")))
		return count;
	return (size_t)sb_schema_uint(s, place, 1, count, 0);
}

static bool read_witnesses(struct sb_schema *s, struct sb_place map, struct sb_policy_log *log, const struct sb_policy *policy)
{
	if (!map.node || !sb_schema_map(s, map, witness_keys))
		return true;
	struct sb_place of = sb_schema_key(s, map, "of");
	if (!of.node || !sb_schema_list(s, of))
		return true;
	if (of.node->count == 0 || of.node->count > SB_POLICY_WITNESSES) {
		sb_schema_problem(s, of, "bad-value", "between 1 and %d witnesses are due here", SB_POLICY_WITNESSES);
		return true;
	}
	struct sb_note_key *keys = sb_arena_array(s->arena, of.node->count, sizeof *keys);
	if (!keys)
		return false;
	log->witnesses = keys;
	for (size_t i = 0; i < of.node->count; i++) {
		unsigned told = s->problems.total;
		struct sb_place item = sb_schema_item(s, of, i);
		read_key(s, item, SB_NOTE_COSIGNATURE, &keys[i]);
		if (s->problems.total == told)
			check_key(s, item, log, &keys[i], i, policy);
	}
	log->witness_count = of.node->count;
	log->need = read_need(s, sb_schema_key(s, map, "need"), log->witness_count);
	return true;
}

bool sb_policy_read_log(struct sb_schema *s, struct sb_place map, struct sb_policy *out)
{
	struct sb_policy_log *log;

	if (!map.node || !sb_schema_map(s, map, log_keys))
		return true;
	log = sb_arena_alloc(s->arena, sizeof *log);
	if (!log)
		return false;
	*log = (struct sb_policy_log){0};
	struct sb_place vkey = sb_schema_key(s, map, "vkey"), veto = sb_schema_key(s, map, "veto"), age = sb_schema_key(s, map, "max_head_age");
	unsigned told = s->problems.total;
	read_key(s, vkey, SB_NOTE_PLAIN, &log->key);
	if (s->problems.total == told)
		check_key(s, vkey, log, &log->key, 0, out);
	log->max_head_age = sb_schema_age(s, age, 0);
	log->veto = sb_schema_bool(s, veto, false);
	if (!read_witnesses(s, sb_schema_key(s, map, "witnesses"), log, out))
		return false;
	/* Whoever runs the log could show each an own one, in which what speaks against a file is missing. */
	if (log->veto && log->need == 0)
		sb_schema_problem(s, veto, "policy-malformed", "a veto needs witnesses");
	if (log->max_head_age && log->need == 0)
		sb_schema_problem(s, age, "policy-malformed", "an age needs witnesses: nobody else says when a head was there");
	out->log = log;
	return true;
}
