/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a root: TUF specification section 4.3 and 4.4, with the field of ours. What it means is checked in trust_root_check.c. */
#include "manifests/trust_root_check.h"

#include "manifests/moment.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_KEYS = 1000 };

static const char *const top_keys[] = {"*signatures", "*signed", NULL};
static const char *const signed_keys[] = {"*_type", "*consistent_snapshot", "*expires", "*keys", "*roles", "*spec_version", "*version", "*x_samebuild", NULL};
static const char *const signature_keys[] = {"*keyid", "*sig", NULL};
static const char *const key_keys[] = {"*keytype", "*keyval", "*scheme", NULL};
static const char *const value_keys[] = {"*public", NULL};
static const char *const role_names[] = {"root", "snapshot", "targets", "timestamp"};
static const char *const roles_keys[] = {"*root", "*snapshot", "*targets", "*timestamp", NULL};
static const char *const quorum_keys[] = {"*keyids", "*threshold", NULL};
static const char *const entry_keys[] = {"*party", "*roles", "not_before", "not_after", "revoked", NULL};
static const char *const revoked_keys[] = {"*at", "*reason", NULL};
static const char *const duties[] = {"rebuilder", "evaluator", "vendor", "ci", "log", "witness", "policy", NULL};
static const char *const reasons[] = {"lost", "compromised", NULL};

const char *sb_duty_name(enum sb_duty duty)
{
	return duties[duty];
}

bool sb_duty_parse(const char *word, enum sb_duty *out)
{
	for (size_t i = 0; i < SB_DUTIES; i++)
		if (strcmp(duties[i], word) == 0) {
			*out = (enum sb_duty)i;
			return true;
		}
	return false;
}

void sb_trust_key_id(const uint8_t public_key[SB_PUBLIC_BYTES], char out[SB_TRUST_ID_TEXT])
{
	char hex[2 * SB_PUBLIC_BYTES + 1], object[256];
	struct sb_digest digest;

	sb_text_hex(sb_span_of(public_key, SB_PUBLIC_BYTES), hex);
	snprintf(object, sizeof object, "{\"keytype\":\"ed25519\",\"keyval\":{\"public\":\"%s\"},\"scheme\":\"ed25519\"}", hex);
	sb_hash_span(sb_span_text(object), SB_DIGEST_SHA256, &digest);
	sb_text_hex(sb_span_of(digest.sha256, SB_SHA256_BYTES), out);
}

static void expect(struct sb_schema *s, struct sb_place place, const char *word)
{
	if (strcmp(sb_schema_text(s, place, ""), word) != 0)
		sb_schema_problem(s, place, "root-malformed", "%s is due here", word);
}

/* A whole point in time: the format of the specification has no days. */
static int64_t read_moment(struct sb_schema *s, struct sb_place place, int64_t absent)
{
	const char *text = sb_schema_text(s, place, NULL);
	int64_t moment = absent;

	if (text && (strlen(text) != SB_MOMENT_TEXT - 1 || !sb_moment_read(text, &moment)))
		sb_schema_problem(s, place, "root-malformed", "a time like 2027-01-01T00:00:00Z is due here");
	return moment;
}

static bool is_lower_hex(const char *text, size_t digits)
{
	return strlen(text) == digits && strspn(text, "0123456789abcdef") == digits;
}

static void read_key(struct sb_schema *s, struct sb_place place, const char *id, struct sb_trust_key *out)
{
	char computed[SB_TRUST_ID_TEXT];
	struct sb_err why = {0};

	*out = (struct sb_trust_key){.not_before = INT64_MIN, .not_after = INT64_MAX};
	if (!sb_schema_map(s, place, key_keys))
		return;
	expect(s, sb_schema_key(s, place, "keytype"), "ed25519");
	expect(s, sb_schema_key(s, place, "scheme"), "ed25519");
	struct sb_place value = sb_schema_key(s, place, "keyval");
	if (!sb_schema_map(s, value, value_keys))
		return;
	struct sb_place public = sb_schema_key(s, value, "public");
	const char *text = sb_schema_text(s, public, "");
	if (!is_lower_hex(text, 2 * SB_PUBLIC_BYTES) || !sb_text_unhex(sb_span_text(text), out->key, SB_PUBLIC_BYTES) || sb_public_check(out->key, &why)) {
		sb_schema_problem(s, public, "root-malformed", "no sound key of 64 lower case hexadecimal digits");
		return;
	}
	sb_trust_key_id(out->key, computed);
	memcpy(out->id, computed, sizeof computed);
	if (strcmp(id, computed) != 0)
		sb_schema_problem(s, place, "root-malformed", "the id does not follow from the key");
}

static bool read_keys(struct sb_schema *s, struct sb_place map, struct sb_trust_root *out)
{
	if (!map.node || map.node->type != SB_NODE_MAP || map.node->count == 0 || map.node->count > MOST_KEYS) {
		sb_schema_problem(s, map, "root-malformed", "between 1 and %d keys are due here", MOST_KEYS);
		return true;
	}
	out->keys = sb_arena_array(s->arena, map.node->count, sizeof *out->keys);
	if (!out->keys)
		return false;
	for (size_t i = 0; i < map.node->count; i++)
		read_key(s, sb_schema_key(s, map, map.node->members[i].key), map.node->members[i].key, &out->keys[i]);
	out->key_count = map.node->count;
	return true;
}

/* The index of a key by its id; key_count when there is none. */
static size_t index_of(const struct sb_trust_root *root, const char *id)
{
	size_t i = 0;

	while (i < root->key_count && strcmp(root->keys[i].id, id) != 0)
		i++;
	return i;
}

static bool read_quorum(struct sb_schema *s, struct sb_place place, const struct sb_trust_root *root, struct sb_trust_quorum *out)
{
	if (!sb_schema_map(s, place, quorum_keys))
		return true;
	struct sb_place ids = sb_schema_key(s, place, "keyids");
	if (!sb_schema_list(s, ids))
		return true;
	out->keys = sb_arena_array(s->arena, ids.node->count, sizeof *out->keys);
	if (!out->keys)
		return false;
	for (size_t i = 0; i < ids.node->count; i++) {
		struct sb_place item = sb_schema_item(s, ids, i);
		size_t index = index_of(root, sb_schema_text(s, item, ""));
		bool twice = false;
		for (size_t k = 0; k < out->count; k++)
			twice |= out->keys[k] == index;
		if (index == root->key_count || twice)
			sb_schema_problem(s, item, "root-malformed", twice ? "this key stands here twice" : "there is no key of this id");
		else
			out->keys[out->count++] = index;
	}
	out->threshold = (size_t)sb_schema_uint(s, sb_schema_key(s, place, "threshold"), 1, out->count ? out->count : 1, 0);
	if (out->count == 0)
		sb_schema_problem(s, ids, "root-malformed", "a role without keys");
	return true;
}

static bool read_roles(struct sb_schema *s, struct sb_place map, struct sb_trust_root *out)
{
	bool enough = true;

	if (!sb_schema_map(s, map, roles_keys))
		return true;
	for (size_t i = 0; enough && i < SB_TRUST_ROLES; i++)
		enough = read_quorum(s, sb_schema_key(s, map, role_names[i]), out, &out->roles[i]);
	return enough;
}

static void read_duties(struct sb_schema *s, struct sb_place list, struct sb_trust_key *out)
{
	if (!sb_schema_list(s, list))
		return;
	for (size_t i = 0; i < list.node->count; i++) {
		struct sb_place item = sb_schema_item(s, list, i);
		enum sb_duty duty;
		if (!sb_duty_parse(sb_schema_text(s, item, ""), &duty) || (out->duties & (1u << duty)))
			sb_schema_problem(s, item, "root-malformed", "no role that a key may have, or one that stands here twice");
		else
			out->duties |= 1u << duty;
	}
	if (list.node->count == 0)
		sb_schema_problem(s, list, "root-malformed", "a key that may do nothing");
}

static void read_entry(struct sb_schema *s, struct sb_place place, struct sb_trust_key *out)
{
	if (!sb_schema_map(s, place, entry_keys))
		return;
	struct sb_place party = sb_schema_key(s, place, "party"), revoked = sb_schema_key(s, place, "revoked");
	out->party = sb_schema_text(s, party, "");
	if (!sb_is_party_name(out->party))
		sb_schema_problem(s, party, "root-malformed", "1 to 64 letters, digits and . _ - are due here");
	read_duties(s, sb_schema_key(s, place, "roles"), out);
	out->not_before = read_moment(s, sb_schema_key(s, place, "not_before"), INT64_MIN);
	out->not_after = read_moment(s, sb_schema_key(s, place, "not_after"), INT64_MAX);
	if (!revoked.node || !sb_schema_map(s, revoked, revoked_keys))
		return;
	out->revoked_at = read_moment(s, sb_schema_key(s, revoked, "at"), INT64_MIN);
	out->revoked = (enum sb_revocation)(sb_schema_word(s, sb_schema_key(s, revoked, "reason"), reasons, SB_REVOKED_COMPROMISED - 1) + 1);
}

static void read_entries(struct sb_schema *s, struct sb_place map, struct sb_trust_root *out)
{
	if (!map.node || map.node->type != SB_NODE_MAP) {
		sb_schema_problem(s, map, "root-malformed", "a mapping of key ids is due here");
		return;
	}
	for (size_t i = 0; i < map.node->count; i++) {
		size_t index = index_of(out, map.node->members[i].key);
		if (index == out->key_count)
			sb_schema_problem(s, map, "root-malformed", "x_samebuild names a key that is not there");
		else
			read_entry(s, sb_schema_key(s, map, map.node->members[i].key), &out->keys[index]);
	}
}

static void read_signature(struct sb_schema *s, struct sb_place place, struct sb_trust_root *out)
{
	struct sb_trust_signature *signature = &out->signatures[out->signature_count];

	if (!sb_schema_map(s, place, signature_keys))
		return;
	struct sb_place id = sb_schema_key(s, place, "keyid"), sig = sb_schema_key(s, place, "sig");
	const char *name = sb_schema_text(s, id, "");
	if (!is_lower_hex(name, SB_TRUST_ID_TEXT - 1) || !sb_text_unhex(sb_span_text(sb_schema_text(s, sig, "")), signature->bytes, SB_SIGNATURE_BYTES)) {
		sb_schema_problem(s, place, "root-malformed", "no key id and signature of 64 bytes in hexadecimal digits");
		return;
	}
	memcpy(signature->id, name, SB_TRUST_ID_TEXT);
	for (size_t i = 0; i < out->signature_count; i++)
		if (strcmp(out->signatures[i].id, name) == 0)
			sb_schema_problem(s, id, "root-malformed", "this key id stands here twice");
	out->signature_count++;
}

static bool read_signatures(struct sb_schema *s, struct sb_place list, struct sb_trust_root *out)
{
	if (!sb_schema_list(s, list))
		return true;
	if (list.node->count > SB_LIMIT_OF(SIGNATURES)) {
		sb_schema_problem(s, list, "root-malformed", "there are too many signatures");
		return true;
	}
	out->signatures = sb_arena_array(s->arena, list.node->count, sizeof *out->signatures);
	for (size_t i = 0; out->signatures && i < list.node->count; i++)
		read_signature(s, sb_schema_item(s, list, i), out);
	return out->signatures != NULL;
}

static bool read_signed(struct sb_schema *s, struct sb_place map, struct sb_trust_root *out)
{
	if (!sb_schema_map(s, map, signed_keys))
		return true;
	expect(s, sb_schema_key(s, map, "_type"), "root");
	struct sb_place edition = sb_schema_key(s, map, "spec_version");
	if (strncmp(sb_schema_text(s, edition, ""), "1.", 2) != 0)
		sb_schema_problem(s, edition, "root-malformed", "the specification is not of version 1");
	(void)sb_schema_bool(s, sb_schema_key(s, map, "consistent_snapshot"), false);
	out->version = sb_schema_uint(s, sb_schema_key(s, map, "version"), 1, UINT64_C(1) << 53, 0);
	out->expires = read_moment(s, sb_schema_key(s, map, "expires"), INT64_MIN);
	if (!read_keys(s, sb_schema_key(s, map, "keys"), out) || !read_roles(s, sb_schema_key(s, map, "roles"), out))
		return false;
	read_entries(s, sb_schema_key(s, map, "x_samebuild"), out);
	if (s->problems.total == 0)
		sb_trust_root_check(s, map, out);
	return true;
}

/* Texts of a root are names, digits and times, so that canonical JSON by RFC 8259 and by OLPC are the same bytes. */
static int keep_signed(const struct sb_node *node, struct sb_arena *arena, struct sb_span *out, struct sb_err *err)
{
	SB_BUF struct sb_buf text = {.ceiling = (size_t)SB_LIMIT_OF(DOCUMENT_BYTES)};

	sb_node_write_json(node, &text);
	int rc = sb_buf_ok(&text, err);
	if (rc)
		return rc;
	const char *copy = sb_arena_copy(arena, sb_buf_span(&text));
	*out = sb_span_of(copy, text.len);
	return copy ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* The document is evidence and no manifest of the caller's: one failure, with its own id. */
static int end(const struct sb_schema *schema, const char *name, struct sb_err *err)
{
	struct sb_err first = {0};
	int rc = sb_schema_end(schema, NULL, &first);

	if (!rc || rc == SB_NOMEM || rc == SB_LIMIT) {
		if (rc && err)
			*err = first;
		return rc;
	}
	sb_fail(err, SB_EVIDENCE, "root-malformed", "%s: %s", first.where[0] ? first.where : name, first.msg);
	return SB_EVIDENCE;
}

int sb_trust_root_read(struct sb_span text, const char *name, struct sb_arena *arena, struct sb_trust_root *out, struct sb_err *err)
{
	SB_FREEING struct sb_schema *schema = calloc(1, sizeof *schema);
	struct sb_place top = {.way = ""};
	struct sb_trust_root made = {0};

	if (!schema)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*schema = (struct sb_schema){.document = name, .arena = arena};
	int rc = sb_node_read_json(text, SB_LIMIT_OF(DOCUMENT_BYTES), name, arena, &top.node, err);
	if (rc == SB_FORMAT) {
		if (err)
			err->code = SB_EVIDENCE;
		(void)sb_reidentify(err, "root-malformed");
		return SB_EVIDENCE;
	}
	if (rc)
		return rc;
	if (sb_schema_map(schema, top, top_keys)) {
		struct sb_place what = sb_schema_key(schema, top, "signed");
		if (!read_signed(schema, what, &made) || !read_signatures(schema, sb_schema_key(schema, top, "signatures"), &made))
			return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
		rc = end(schema, name, err);
		if (!rc)
			rc = keep_signed(what.node, arena, &made.signed_bytes, err);
	} else {
		rc = end(schema, name, err);
	}
	if (!rc)
		*out = made;
	return rc;
}
