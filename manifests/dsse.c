/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/dsse.h"

#include "manifests/making.h"

#include <string.h>

/* Of a whole envelope, with fields that nobody knows: refused before it costs memory. */
enum { MOST_VALUES = 4096 };

static int malformed(struct sb_err *err, const char *what)
{
	return sb_fail(err, SB_EVIDENCE, "envelope-malformed", "%s", what);
}

void sb_dsse_pae(const char *type, struct sb_span body, struct sb_buf *out)
{
	sb_buf_printf(out, "DSSEv1 %zu %s %zu ", strlen(type), type, body.n);
	sb_buf_add(out, body.p, body.n);
}

/* Peers count characters where others count bytes: only ASCII means the same to both. */
static bool is_ascii(struct sb_span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] < 0x20 || text.p[i] > 0x7e)
			return false;
	return text.n > 0;
}

int sb_dsse_sign(const char *type, struct sb_span body, const struct sb_secret *secret, struct sb_buf *out, struct sb_err *err)
{
	SB_BUF struct sb_buf pae = {0};
	uint8_t public_key[SB_PUBLIC_BYTES], signature[SB_SIGNATURE_BYTES];
	char keyid[SB_FINGERPRINT_TEXT];

	sb_dsse_pae(type, body, &pae);
	int rc = sb_buf_ok(&pae, err);
	if (!rc)
		rc = sb_sign(secret, sb_buf_span(&pae), signature, err);
	if (rc)
		return rc;
	sb_secret_public(secret, public_key);
	sb_public_fingerprint(public_key, keyid);
	sb_buf_text(out, "{\"payload\":\"");
	sb_base64(body, out);
	sb_buf_printf(out, "\",\"payloadType\":\"%s\",\"signatures\":[{\"keyid\":\"%s\",\"sig\":\"", type, keyid);
	sb_base64(sb_span_of(signature, sizeof signature), out);
	sb_buf_text(out, "\"}]}\n");
	return sb_buf_ok(out, err);
}

static bool text_of(const struct sb_node *map, const char *key, struct sb_span *out)
{
	const struct sb_node *node = sb_node_get(map, key);
	if (!node || node->type != SB_NODE_TEXT)
		return false;
	*out = node->text;
	return true;
}

static int decode(struct sb_span text, struct sb_arena *arena, struct sb_span *out, struct sb_err *err)
{
	SB_BUF struct sb_buf bytes = {.ceiling = SB_LIMIT_OF(RECORD_BYTES)};
	int rc = sb_unbase64(text, &bytes, err);

	if (rc)
		return rc == SB_FORMAT ? malformed(err, "a part of the envelope is not base64") : rc;
	char *copy = sb_arena_copy(arena, sb_buf_span(&bytes));
	if (!copy)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*out = sb_span_of(copy, bytes.len);
	return 0;
}

/* One that is not of 64 bytes is no candidate; one that cannot be decoded refuses the whole envelope. */
static int read_signature(const struct sb_node *node, struct sb_arena *arena, struct sb_dsse *out, struct sb_err *err)
{
	struct sb_span text, bytes, keyid = {0};

	if (node->type != SB_NODE_MAP || !text_of(node, "sig", &text))
		return malformed(err, "a signature without \"sig\"");
	int rc = decode(text, arena, &bytes, err);
	if (rc || bytes.n != SB_SIGNATURE_BYTES)
		return rc;
	if (text_of(node, "keyid", &keyid))
		out->signatures[out->count].keyid = (const char *)keyid.p;
	memcpy(out->signatures[out->count++].bytes, bytes.p, SB_SIGNATURE_BYTES);
	return 0;
}

static int read_signatures(const struct sb_node *top, struct sb_arena *arena, struct sb_dsse *out, struct sb_err *err)
{
	const struct sb_node *list = sb_node_get(top, "signatures");

	if (!list || list->type != SB_NODE_LIST || list->count == 0)
		return malformed(err, "the envelope has no signature");
	if (list->count > SB_LIMIT_OF(SIGNATURES))
		return malformed(err, "the envelope has too many signatures");
	out->signatures = sb_arena_array(arena, list->count, sizeof *out->signatures);
	if (!out->signatures)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < list->count; i++) {
		int rc = read_signature(list->items[i], arena, out, err);
		if (rc)
			return rc;
	}
	return out->count ? 0 : malformed(err, "no signature of the envelope has 64 bytes");
}

int sb_dsse_read(struct sb_span line, struct sb_arena *arena, struct sb_dsse *out, struct sb_err *err)
{
	struct sb_dsse made = {0};
	struct sb_node *top = NULL;
	struct sb_span type, payload;

	if (sb_json_values(line) > MOST_VALUES)
		return malformed(err, "the envelope holds far more than signatures");
	int rc = sb_node_read_json(line, SB_LIMIT_OF(RECORD_BYTES), "envelope", arena, &top, err);
	if (rc)
		return rc == SB_FORMAT ? malformed(err, "the envelope is not strict JSON") : rc;
	if (!text_of(top, "payloadType", &type) || !text_of(top, "payload", &payload))
		return malformed(err, "the envelope has no payload or no payloadType");
	if (!is_ascii(type))
		return malformed(err, "the payloadType is not ASCII");
	made.type = (const char *)type.p;
	rc = decode(payload, arena, &made.payload, err);
	if (!rc)
		rc = read_signatures(top, arena, &made, err);
	if (!rc)
		*out = made;
	return rc;
}

bool sb_dsse_signed_over(const struct sb_dsse *envelope, struct sb_span pae, const uint8_t public_key[SB_PUBLIC_BYTES])
{
	for (size_t i = 0; i < envelope->count; i++)
		if (sb_signature_good(public_key, pae, envelope->signatures[i].bytes))
			return true;
	return false;
}

bool sb_dsse_signed_by(const struct sb_dsse *envelope, const uint8_t public_key[SB_PUBLIC_BYTES])
{
	SB_BUF struct sb_buf pae = {0};

	sb_dsse_pae(envelope->type, envelope->payload, &pae);
	return !pae.bad && sb_dsse_signed_over(envelope, sb_buf_span(&pae), public_key);
}

static int sign_encoding(const struct sb_dsse *envelope, const struct sb_secret *secret, struct sb_making *make, struct sb_node **out, struct sb_err *err)
{
	SB_BUF struct sb_buf pae = {0}, text = {.ceiling = 4096};
	uint8_t public_key[SB_PUBLIC_BYTES], signature[SB_SIGNATURE_BYTES];
	char keyid[SB_FINGERPRINT_TEXT];

	sb_secret_public(secret, public_key);
	sb_dsse_pae(envelope->type, envelope->payload, &pae);
	int rc = sb_buf_ok(&pae, err);
	if (!rc && sb_dsse_signed_over(envelope, sb_buf_span(&pae), public_key))
		rc = sb_fail(err, SB_USAGE, "signature-repeated", "this key has signed the envelope already");
	if (!rc)
		rc = sb_sign(secret, sb_buf_span(&pae), signature, err);
	if (rc)
		return rc;
	sb_public_fingerprint(public_key, keyid);
	sb_base64(sb_span_of(signature, sizeof signature), &text);
	if ((rc = sb_buf_ok(&text, err)))
		return rc;
	*out = sb_make_map(make);
	sb_make_put_text(make, *out, "keyid", keyid);
	sb_make_put_text(make, *out, "sig", text.data);
	return 0;
}

static struct sb_node *member(const struct sb_node *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->members[i].key, key) == 0)
			return map->members[i].value;
	return NULL;
}

/* Only what a signature covers, and the signatures: fields that nobody knows are not passed on. */
int sb_dsse_add(struct sb_span line, const struct sb_secret *secret, struct sb_buf *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_making make = {.arena = arena};
	struct sb_node *top = NULL, *added = NULL;
	struct sb_dsse envelope;

	if (!arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = sb_dsse_read(line, arena, &envelope, err);
	if (!rc)
		rc = sb_node_read_json(line, SB_LIMIT_OF(RECORD_BYTES), "envelope", arena, &top, err);
	if (!rc && sb_node_get(top, "signatures")->count >= SB_LIMIT_OF(SIGNATURES))
		rc = sb_fail_limit(err, SB_LIMIT_ROW_SIGNATURES, SB_LIMIT_OF(SIGNATURES) + 1);
	if (!rc)
		rc = sign_encoding(&envelope, secret, &make, &added, err);
	if (rc)
		return rc;
	struct sb_node *kept = sb_make_map(&make), *list = member(top, "signatures");
	sb_make_push(&make, list, added);
	sb_make_put(&make, kept, "payload", member(top, "payload"));
	sb_make_put(&make, kept, "payloadType", member(top, "payloadType"));
	sb_make_put(&make, kept, "signatures", list);
	if (make.failed)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_node_write_json(kept, out);
	sb_buf_text(out, "\n");
	return sb_buf_ok(out, err);
}
