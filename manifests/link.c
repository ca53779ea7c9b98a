/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/link.h"

#include "manifests/making.h"
#include "manifests/olpc.h"

#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static struct sb_node *key_node(struct sb_making *make, const uint8_t public_key[SB_PUBLIC_BYTES])
{
	struct sb_node *top = sb_make_map(make), *value = sb_make_map(make), *algorithms = sb_make_list(make);

	sb_make_push(make, algorithms, sb_make_shown(make, "sha256"));
	sb_make_push(make, algorithms, sb_make_shown(make, "sha512"));
	sb_make_put_hex(make, value, "public", public_key, SB_PUBLIC_BYTES);
	sb_make_put(make, top, "keyid_hash_algorithms", algorithms);
	sb_make_put_text(make, top, "keytype", "ed25519");
	sb_make_put(make, top, "keyval", value);
	sb_make_put_text(make, top, "scheme", "ed25519");
	return top;
}

int sb_link_keyid(const uint8_t public_key[SB_PUBLIC_BYTES], char out[SB_LINK_KEYID], struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	SB_BUF struct sb_buf text = {.ceiling = 4096};
	struct sb_making make = {.arena = arena};
	struct sb_digest digest;

	if (!arena)
		return no_memory(err);
	const struct sb_node *key = key_node(&make, public_key);
	if (make.failed)
		return no_memory(err);
	sb_olpc_write(key, &text);
	int rc = sb_buf_ok(&text, err);
	if (rc)
		return rc;
	sb_hash_span(sb_buf_span(&text), SB_DIGEST_SHA256, &digest);
	sb_text_hex(sb_span_of(digest.sha256, SB_SHA256_BYTES), out);
	return 0;
}

static bool earned(enum sb_level level)
{
	return level == SB_LEVEL_IDENTICAL || level == SB_LEVEL_REPRODUCED;
}

int sb_link_allowed(const struct sb_result *result, struct sb_err *err)
{
	bool all = earned(result->level) && result->limit_count == 0 && result->artifact_count > 0;

	for (size_t i = 0; i < result->artifact_count; i++) {
		all &= earned(result->artifacts[i].level) && (result->artifacts[i].shipped.kinds & SB_DIGEST_SHA256);
		if (!sb_escape_is_plain(sb_span_text(result->artifacts[i].name)))
			return sb_fail(err, SB_EVIDENCE, "link-name", "a link cannot hold the name of an artifact that is not plain text");
	}
	return all ? 0 : sb_fail(err, SB_EVIDENCE, "link-level", "a link says that everything was rebuilt as it is: that was not found");
}

static struct sb_node *signed_part(struct sb_making *make, const struct sb_result *result)
{
	struct sb_node *top = sb_make_map(make), *products = sb_make_map(make);

	for (size_t i = 0; i < result->artifact_count; i++) {
		struct sb_node *digest = sb_make_map(make);
		sb_make_put_hex(make, digest, "sha256", result->artifacts[i].shipped.sha256, SB_SHA256_BYTES);
		sb_make_put(make, products, result->artifacts[i].name, digest);
	}
	sb_make_put_text(make, top, "_type", "link");
	sb_make_put_text(make, top, "name", "rebuild");
	sb_make_put(make, top, "command", sb_make_list(make));
	sb_make_put(make, top, "materials", sb_make_map(make));
	sb_make_put(make, top, "products", products);
	sb_make_put(make, top, "byproducts", sb_make_map(make));
	sb_make_put(make, top, "environment", sb_make_map(make));
	return top;
}

static int sign_part(struct sb_making *make, struct sb_node *part, const struct sb_secret *secret, struct sb_node **out, struct sb_err *err)
{
	SB_BUF struct sb_buf canonical = {0};
	uint8_t public_key[SB_PUBLIC_BYTES], signature[SB_SIGNATURE_BYTES];
	char keyid[SB_LINK_KEYID];

	sb_olpc_write(part, &canonical);
	int rc = sb_buf_ok(&canonical, err);
	if (!rc)
		rc = sb_sign(secret, sb_buf_span(&canonical), signature, err);
	sb_secret_public(secret, public_key);
	if (!rc)
		rc = sb_link_keyid(public_key, keyid, err);
	if (rc)
		return rc;
	struct sb_node *one = sb_make_map(make), *list = sb_make_list(make), *top = sb_make_map(make);
	sb_make_put_text(make, one, "keyid", keyid);
	sb_make_put_hex(make, one, "sig", signature, sizeof signature);
	sb_make_push(make, list, one);
	sb_make_put(make, top, "signatures", list);
	sb_make_put(make, top, "signed", part);
	*out = top;
	return 0;
}

int sb_link_write(const struct sb_result *result, const struct sb_secret *secret, struct sb_buf *out, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_making make = {.arena = arena};
	struct sb_node *top = NULL;
	int rc = arena ? sb_link_allowed(result, err) : no_memory(err);

	if (rc)
		return rc;
	struct sb_node *part = signed_part(&make, result);
	rc = make.failed ? no_memory(err) : sign_part(&make, part, secret, &top, err);
	if (rc || make.failed)
		return rc ? rc : no_memory(err);
	sb_node_write_json(top, out);
	sb_buf_text(out, "\n");
	return sb_buf_ok(out, err);
}

/* ---- reading ---- */

static const struct sb_node *typed(const struct sb_node *map, const char *key, enum sb_node_type type)
{
	const struct sb_node *node = map && map->type == SB_NODE_MAP ? sb_node_get(map, key) : NULL;
	return node && node->type == type ? node : NULL;
}

bool sb_link_is(const struct sb_node *top)
{
	const struct sb_node *type = typed(typed(top, "signed", SB_NODE_MAP), "_type", SB_NODE_TEXT);
	return type && sb_span_equal(type->text, sb_span_text("link"));
}

int sb_link_read(const struct sb_node *top, struct sb_link *out, struct sb_err *err)
{
	const struct sb_node *part = typed(top, "signed", SB_NODE_MAP), *list = typed(top, "signatures", SB_NODE_LIST);
	const struct sb_node *name = typed(part, "name", SB_NODE_TEXT), *products = typed(part, "products", SB_NODE_MAP);

	if (!sb_link_is(top) || !list || !name || !products || list->count == 0 || list->count > SB_LIMIT_OF(SIGNATURES) || memchr(name->text.p, 0, name->text.n))
		return sb_fail(err, SB_EVIDENCE, "link-malformed", "the link has no name, no products or no signatures");
	*out = (struct sb_link){.name = (const char *)name->text.p, .products = products, .signatures = list, .signed_part = part};
	return 0;
}

bool sb_link_signed_by(const struct sb_link *link, const uint8_t public_key[SB_PUBLIC_BYTES])
{
	SB_BUF struct sb_buf canonical = {0};

	sb_olpc_write(link->signed_part, &canonical);
	for (size_t i = 0; !canonical.bad && i < link->signatures->count; i++) {
		const struct sb_node *text = typed(link->signatures->items[i], "sig", SB_NODE_TEXT);
		uint8_t signature[SB_SIGNATURE_BYTES];
		if (text && sb_text_unhex(text->text, signature, sizeof signature) && sb_signature_good(public_key, sb_buf_span(&canonical), signature))
			return true;
	}
	return false;
}

bool sb_link_has_product(const struct sb_link *link, const uint8_t sha256[SB_SHA256_BYTES])
{
	for (size_t i = 0; i < link->products->count; i++) {
		const struct sb_node *text = typed(link->products->members[i].value, "sha256", SB_NODE_TEXT);
		uint8_t digest[SB_SHA256_BYTES];
		if (text && sb_text_unhex(text->text, digest, sizeof digest) && memcmp(digest, sha256, sizeof digest) == 0)
			return true;
	}
	return false;
}
