/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: who signs, and whose word is enough. */
#ifndef MANIFESTS_POLICY_KEYS_H
#define MANIFESTS_POLICY_KEYS_H

#include "manifests/policy.h"
#include "manifests/schema.h"

/** 1 to 64 letters, digits and . _ -: the name of a party or of a group. */
bool sb_is_party_name(const char *text);
/** The list "keys". False: out of memory. */
SB_MUST_USE bool sb_policy_read_keys(struct sb_schema *s, struct sb_place list, struct sb_policy *out);
/** The keys of @root with their parties, in place of keys of its own. False: out of memory. */
SB_MUST_USE bool sb_policy_take_root(struct sb_arena *arena, const struct sb_trust_root *root, struct sb_policy *out);
/** "groups" and "quorum", after the keys. False: out of memory. */
SB_MUST_USE bool sb_policy_read_quorum(struct sb_schema *s, struct sb_place top, struct sb_policy *out);
/** The mapping "log", after the keys; nothing when it is absent. False: out of memory. */
SB_MUST_USE bool sb_policy_read_log(struct sb_schema *s, struct sb_place map, struct sb_policy *out);

#endif
