/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that could have raised a level in a run. */
#include "manifests/stating.h"

#include <string.h>

/* Rules are code and have no settings: the digest of nothing. */
static struct sb_node *rule(struct sb_stating *s, const char *id, const char *version, const char *kind)
{
	struct sb_node *map = sb_make_map(&s->make);
	struct sb_digest nothing;

	s->make.failed |= !id || !version; /* there was no memory for it */
	sb_hash_span(sb_span_of("", 0), SB_DIGEST_SHA256, &nothing);
	sb_make_put_text(&s->make, map, "id", id);
	sb_make_put_text(&s->make, map, "kind", kind);
	sb_make_put_text(&s->make, map, "version", version);
	sb_make_put(&s->make, map, "configDigest", sb_state_sha256(s, nothing.sha256));
	return map;
}

/* "derived/1 size/1 …": all that a record of an earlier version says of them. */
static void push_rules_of_set(struct sb_stating *s, struct sb_node *list)
{
	for (const char *at = s->result->rules; at && *at;) {
		size_t n = strcspn(at, " "), name = strcspn(at, "/");
		char *id = sb_arena_copy(s->make.arena, sb_span_of(at, name < n ? name : n));
		char *version = sb_arena_copy(s->make.arena, name < n ? sb_span_of(at + name + 1, n - name - 1) : sb_span_of("", 0));
		if (n)
			sb_make_push(&s->make, list, rule(s, id, version, "unknown"));
		at += n + (at[n] == ' ');
	}
}

struct sb_node *sb_state_rules(struct sb_stating *s)
{
	struct sb_node *list = sb_make_list(&s->make);

	for (size_t i = 0; i < s->result->rule_use_count; i++) {
		const struct sb_rule_use *use = &s->result->rule_uses[i];
		struct sb_node *map = rule(s, use->name, sb_arena_printf(s->make.arena, "%u", use->version), sb_rule_name(use->kind));
		sb_make_put_count(&s->make, map, "applied", use->applied);
		sb_make_push(&s->make, list, map);
	}
	if (s->result->rule_use_count == 0)
		push_rules_of_set(s, list);
	return list;
}
