/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/bundle.h"

#include "manifests/making.h"

#include <string.h>

static const char media[] = "application/vnd.dev.sigstore.bundle.v0.3+json";
/* The same version as older writers spell it. */
static const char media_before[] = "application/vnd.dev.sigstore.bundle+json;version=0.3";

static int malformed(struct sb_err *err, const char *what)
{
	return sb_fail(err, SB_EVIDENCE, "bundle-malformed", "%s", what);
}

static bool is_text(const struct sb_node *node, const char *text)
{
	return node && node->type == SB_NODE_TEXT && sb_span_equal(node->text, sb_span_text(text));
}

static const struct sb_node *map_in(const struct sb_node *map, const char *key)
{
	const struct sb_node *node = map && map->type == SB_NODE_MAP ? sb_node_get(map, key) : NULL;
	return node && node->type == SB_NODE_MAP ? node : NULL;
}

bool sb_bundle_is(const struct sb_node *top)
{
	static const char start[] = "application/vnd.dev.sigstore.bundle";
	const struct sb_node *type = top->type == SB_NODE_MAP ? sb_node_get(top, "mediaType") : NULL;
	return type && type->type == SB_NODE_TEXT && sb_span_starts(type->text, start, sizeof start - 1);
}

int sb_bundle_envelope(const struct sb_node *top, struct sb_buf *out, struct sb_err *err)
{
	const struct sb_node *type = sb_node_get(top, "mediaType"), *material = map_in(top, "verificationMaterial"), *envelope = map_in(top, "dsseEnvelope");
	const struct sb_node *signatures = envelope ? sb_node_get(envelope, "signatures") : NULL;

	if (!is_text(type, media) && !is_text(type, media_before))
		return malformed(err, "a bundle of another version than 0.3");
	if (!material || !map_in(material, "publicKey"))
		return malformed(err, "the bundle has no public key: certificates are not read here");
	if (sb_node_get(material, "certificate") || sb_node_get(material, "x509CertificateChain") || sb_node_get(top, "messageSignature"))
		return malformed(err, "the bundle has a certificate or a signature of a message beside its envelope");
	if (!signatures || signatures->type != SB_NODE_LIST || signatures->count != 1)
		return malformed(err, "the bundle has no envelope with exactly one signature");
	sb_node_write_json(envelope, out);
	sb_buf_text(out, "\n");
	return sb_buf_ok(out, err);
}

static int wrap(struct sb_making *make, struct sb_node *envelope, const struct sb_dsse *read, struct sb_buf *out, struct sb_err *err)
{
	struct sb_node *top = sb_make_map(make), *material = sb_make_map(make), *key = sb_make_map(make);

	sb_make_put_text(make, key, "hint", read->signatures[0].keyid ? read->signatures[0].keyid : "");
	sb_make_put(make, material, "publicKey", key);
	sb_make_put(make, material, "tlogEntries", sb_make_list(make));
	sb_make_put_text(make, top, "mediaType", media);
	sb_make_put(make, top, "verificationMaterial", material);
	sb_make_put(make, top, "dsseEnvelope", envelope);
	if (make->failed)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_node_write_json(top, out);
	sb_buf_text(out, "\n");
	return sb_buf_ok(out, err);
}

int sb_bundle_write(struct sb_span line, struct sb_buf *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_making make = {.arena = arena};
	struct sb_node *envelope = NULL;
	struct sb_dsse read;

	if (!arena)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = sb_dsse_read(line, arena, &read, err);
	if (!rc)
		rc = sb_node_read_json(line, SB_LIMIT_OF(RECORD_BYTES), "envelope", arena, &envelope, err);
	if (rc)
		return rc;
	if (sb_node_get(envelope, "signatures")->count != 1)
		return sb_fail(err, SB_EVIDENCE, "bundle-signatures", "a bundle holds exactly one signature, and the envelope has more");
	return wrap(&make, envelope, &read, out, err);
}
