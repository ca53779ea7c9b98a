/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/making.h"
#include "manifests/moment.h"
#include "manifests/trust_root.h"

#include <string.h>

#define SPEC_VERSION "1.0.31"

static void put_moment(struct sb_making *make, struct sb_node *map, const char *key, int64_t moment)
{
	char text[SB_MOMENT_TEXT];

	make->failed |= !sb_moment_write(moment, text);
	sb_make_put_text(make, map, key, text);
}

static struct sb_node *keys_node(struct sb_making *make, const struct sb_trust_root *root)
{
	struct sb_node *keys = sb_make_map(make);

	for (size_t i = 0; i < root->key_count; i++) {
		struct sb_node *key = sb_make_map(make), *value = sb_make_map(make);
		sb_make_put_hex(make, value, "public", root->keys[i].key, SB_PUBLIC_BYTES);
		sb_make_put_text(make, key, "keytype", "ed25519");
		sb_make_put_text(make, key, "scheme", "ed25519");
		sb_make_put(make, key, "keyval", value);
		sb_make_put(make, keys, root->keys[i].id, key);
	}
	return keys;
}

static struct sb_node *quorum_node(struct sb_making *make, const struct sb_trust_root *root, enum sb_trust_role role)
{
	const struct sb_trust_quorum *quorum = &root->roles[role];
	struct sb_node *map = sb_make_map(make), *ids = sb_make_list(make);

	for (size_t i = 0; i < quorum->count; i++)
		sb_make_push(make, ids, sb_make_text(make, root->keys[quorum->keys[i]].id));
	sb_make_put(make, map, "keyids", ids);
	sb_make_put_count(make, map, "threshold", quorum->threshold);
	return map;
}

static struct sb_node *roles_node(struct sb_making *make, const struct sb_trust_root *root)
{
	static const char *const names[SB_TRUST_ROLES] = {"root", "snapshot", "targets", "timestamp"};
	struct sb_node *roles = sb_make_map(make);

	for (size_t i = 0; i < SB_TRUST_ROLES; i++)
		sb_make_put(make, roles, names[i], quorum_node(make, root, (enum sb_trust_role)i));
	return roles;
}

static struct sb_node *entry_node(struct sb_making *make, const struct sb_trust_key *key)
{
	struct sb_node *map = sb_make_map(make), *duties = sb_make_list(make);

	sb_make_put_text(make, map, "party", key->party);
	for (unsigned duty = 0; duty < SB_DUTIES; duty++)
		if (key->duties & 1u << duty)
			sb_make_push(make, duties, sb_make_text(make, sb_duty_name((enum sb_duty)duty)));
	sb_make_put(make, map, "roles", duties);
	if (key->not_before != INT64_MIN)
		put_moment(make, map, "not_before", key->not_before);
	if (key->not_after != INT64_MAX)
		put_moment(make, map, "not_after", key->not_after);
	if (key->revoked) {
		struct sb_node *revoked = sb_make_map(make);
		put_moment(make, revoked, "at", key->revoked_at);
		sb_make_put_text(make, revoked, "reason", key->revoked == SB_REVOKED_LOST ? "lost" : "compromised");
		sb_make_put(make, map, "revoked", revoked);
	}
	return map;
}

static struct sb_node *entries_node(struct sb_making *make, const struct sb_trust_root *root)
{
	struct sb_node *entries = sb_make_map(make);

	for (size_t i = 0; i < root->key_count; i++)
		if (root->keys[i].party)
			sb_make_put(make, entries, root->keys[i].id, entry_node(make, &root->keys[i]));
	return entries;
}

static struct sb_node *signatures_node(struct sb_making *make, const struct sb_trust_root *root)
{
	struct sb_node *list = sb_make_list(make);

	for (size_t i = 0; i < root->signature_count; i++) {
		struct sb_node *map = sb_make_map(make);
		sb_make_put_text(make, map, "keyid", root->signatures[i].id);
		sb_make_put_hex(make, map, "sig", root->signatures[i].bytes, SB_SIGNATURE_BYTES);
		sb_make_push(make, list, map);
	}
	return list;
}

static struct sb_node *signed_node(struct sb_making *make, const struct sb_trust_root *root)
{
	struct sb_node *what = sb_make_map(make);

	sb_make_put_text(make, what, "_type", "root");
	sb_make_put_bool(make, what, "consistent_snapshot", false);
	put_moment(make, what, "expires", root->expires);
	sb_make_put(make, what, "keys", keys_node(make, root));
	sb_make_put(make, what, "roles", roles_node(make, root));
	sb_make_put_text(make, what, "spec_version", SPEC_VERSION);
	sb_make_put_count(make, what, "version", root->version);
	sb_make_put(make, what, "x_samebuild", entries_node(make, root));
	return what;
}

int sb_trust_root_write(const struct sb_trust_root *root, struct sb_buf *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_making make = {.arena = arena};

	if (!arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	struct sb_node *signatures = signatures_node(&make, root), *what = root->signed_bytes.n ? NULL : signed_node(&make, root);
	if (make.failed)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_buf_text(out, "{\"signatures\":");
	sb_node_write_json(signatures, out);
	sb_buf_text(out, ",\"signed\":");
	if (what)
		sb_node_write_json(what, out);
	else
		sb_buf_add(out, root->signed_bytes.p, root->signed_bytes.n);
	sb_buf_text(out, "}\n");
	return sb_buf_ok(out, err);
}
