/* SPDX-License-Identifier: Apache-2.0 */
/* What U-Boot makes of a tree with a node /images: images, their digests, signatures. */
#include "verifier/formats/fdt/fdt.h"

#include <string.h>

static bool is_image(const struct sb_fdt *fdt, const struct sb_fdt_node *node)
{
	return node->depth == 2 && strcmp(fdt->nodes[node->parent].path, "/images") == 0;
}

/* U-Boot finds both kinds of node by how their names begin: image-fit.c, FIT_HASH_NODENAME and FIT_SIG_NODENAME. */
static bool begins(const struct sb_fdt_node *node, const char *prefix)
{
	return strncmp(node->name, prefix, strlen(prefix)) == 0;
}

/** Of each image; each digest costs a look at all of it. Signatures of each image and configuration: one for every key that a boot loader may have. Nodes of one: image-fit-sig.c, IMAGE_MAX_HASHED_NODES. */
enum { MOST_HASHES = 16, MOST_SIGNATURES = 4, MOST_NAMES = 16, MOST_NODES = 100, LONGEST_NODE_NAME = 31 };

/* Where the content of an image lies: in the tree, or behind it (source_file_format.txt, section 9). False: nowhere. */
static bool place_image(struct sb_span file, const struct sb_fdt *fdt, const struct sb_fdt_node *node, struct sb_member *out)
{
	const struct sb_fdt_property *data = sb_fdt_property(fdt, node, "data");
	uint64_t size, offset;

	if (data) {
		out->offset = sb_fdt_value_at(data);
		out->length = out->size = data->length;
		return true;
	}
	if (!sb_fdt_number(file, sb_fdt_property(fdt, node, "data-size"), &size))
		return false;
	if (sb_fdt_number(file, sb_fdt_property(fdt, node, "data-position"), &offset))
		out->offset = offset;
	else if (sb_fdt_number(file, sb_fdt_property(fdt, node, "data-offset"), &offset))
		out->offset = offset + ((fdt->total + 3) & ~UINT64_C(3));
	else
		return false;
	out->length = out->size = size;
	return true;
}

static bool is_printable(struct sb_span bytes)
{
	for (size_t i = 0; i < bytes.n; i++)
		if (bytes.p[i] < 0x20 || bytes.p[i] > 0x7e)
			return false;
	return true;
}

/* One or more short texts, each with its NUL, @most of them. */
static bool are_texts(struct sb_span value, uint32_t most)
{
	enum { LONGEST = 256 };
	struct sb_rd rd = sb_rd_of(value, true);
	uint32_t count = 0;

	while (!rd.bad && rd.at < value.n) {
		struct sb_span text = sb_rd_cstring(&rd);
		if (rd.bad || text.n == 0 || text.n > LONGEST || !is_printable(text) || ++count > most)
			return false;
	}
	return value.n != 0;
}

/* Lengths of signatures: RSA of 1024 to 4096 bits, ECDSA over P-256, P-384 and P-521. */
static bool is_signature_length(uint32_t length)
{
	static const uint32_t lengths[] = {64, 96, 128, 132, 256, 384, 512};
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		if (length == lengths[i])
			return true;
	return false;
}

/* signature.txt: the properties that a signature node has, and no others; @nodes: of the whole tree. libfdt leaves up to three bytes of what was there before behind a value. */
static bool may_stand_in_signature(struct sb_span file, const struct sb_fdt_property *property, uint32_t nodes)
{
	const struct {
		const char *name;
		uint32_t most;
	} texts[] = {{"algo", 1}, {"key-name-hint", 1}, {"sign-images", MOST_NAMES}, {"padding", 1}, {"signer-name", 1}, {"signer-version", 1}, {"hashed-nodes", nodes < MOST_NODES ? nodes : MOST_NODES}};
	struct sb_span value;

	if (!sb_span_cut(file, sb_fdt_value_at(property), property->length, &value))
		return false;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strcmp(property->name, texts[i].name) == 0)
			return are_texts(value, texts[i].most);
	return (strcmp(property->name, "value") == 0 && is_signature_length(property->length)) || (strcmp(property->name, "timestamp") == 0 && property->length == 4) ||
	       (strcmp(property->name, "hashed-strings") == 0 && property->length == 8);
}

static bool repeats_name(const struct sb_fdt *fdt, const struct sb_fdt_property *property)
{
	return sb_fdt_property(fdt, &fdt->nodes[property->node], property->name) != property;
}

/* The token, the name and its fill, properties of a signature once each, the end, and nothing between them. */
static bool has_signature_shape(struct sb_span file, const struct sb_fdt *fdt, const struct sb_fdt_node *node)
{
	uint64_t at = node->body, name_end = node->begin + 4 + strlen(node->name);

	if (node->children || strlen(node->name) > LONGEST_NODE_NAME || !is_printable(sb_span_text(node->name)) || !sb_span_all_zero(sb_span_of(file.p + name_end, (size_t)(node->body - name_end))))
		return false;
	for (uint32_t i = 0; i < node->count; i++) {
		const struct sb_fdt_property *property = &fdt->properties[node->first + i];
		if (property->at != at || !may_stand_in_signature(file, property, fdt->node_count) || repeats_name(fdt, property))
			return false;
		at = sb_fdt_property_end(property);
	}
	return node->end == at + 4;
}

static bool is_signature(struct sb_span file, const struct sb_fdt *fdt, const struct sb_fdt_node *node)
{
	const struct sb_fdt_node *above = &fdt->nodes[node->parent];
	bool placed = node->depth == 3 && (is_image(fdt, above) || strcmp(fdt->nodes[above->parent].path, "/configurations") == 0);
	return placed && begins(node, "signature") && has_signature_shape(file, fdt, node);
}

static int add_image(struct sb_view *view, struct sb_fdt_node *node, struct sb_member *member, struct sb_err *err)
{
	struct sb_span inside;

	if (!sb_span_cut(view->file, member->offset, member->length, &inside))
		return sb_damaged(err, "archive-truncated", node->begin, "an image that does not lie inside the file");
	member->type = SB_MEMBER_PART;
	member->name = sb_span_text(node->name);
	node->member = (uint32_t)view->members.count + 1;
	return sb_emit_member(view, member, err);
}

/* U-Boot looks for content behind the tree first, other readers do not. */
static bool has_two_contents(const struct sb_fdt *fdt, const struct sb_fdt_node *node)
{
	bool data = sb_fdt_property(fdt, node, "data"), position = sb_fdt_property(fdt, node, "data-position"), offset = sb_fdt_property(fdt, node, "data-offset");
	return data + position + offset > 1;
}

/* Of more signatures than anybody has keys the rest are nodes like all others. */
static int count_below(struct sb_view *view, struct sb_fdt *fdt, struct sb_fdt_node *node, struct sb_err *err)
{
	struct sb_fdt_node *above = &fdt->nodes[node->parent];

	node->signature = is_signature(view->file, fdt, node) && above->signatures++ < MOST_SIGNATURES;
	if (is_image(fdt, above) && begins(node, "hash") && above->hashes++ == MOST_HASHES)
		return sb_damaged(err, "archive-damaged", node->begin, "an image with more digests than anybody has use for");
	return 0;
}

int sb_fdt_find_images(struct sb_view *view, struct sb_fdt *fdt, struct sb_err *err)
{
	int rc = 0;

	for (uint32_t i = 1; !rc && i < fdt->node_count; i++) {
		struct sb_fdt_node *node = &fdt->nodes[i];
		struct sb_member member = {0};
		node->member = fdt->nodes[node->parent].member;
		rc = count_below(view, fdt, node, err);
		if (!rc && is_image(fdt, node) && has_two_contents(fdt, node))
			rc = sb_damaged(err, "archive-damaged", node->begin, "an image with two contents");
		if (!rc && is_image(fdt, node) && place_image(view->file, fdt, node, &member))
			rc = add_image(view, node, &member, err);
	}
	return rc;
}

static enum sb_derive_algorithm algorithm_of(struct sb_span name, uint32_t length)
{
	static const struct {
		const char *name;
		uint32_t length;
		enum sb_derive_algorithm algorithm;
	} rows[] = {{"crc32", 4, SB_DERIVE_CRC32}, {"md5", 16, SB_DERIVE_MD5}, {"sha1", 20, SB_DERIVE_SHA1}, {"sha256", 32, SB_DERIVE_SHA256},
	            {"sha384", 48, SB_DERIVE_SHA384}, {"sha512", 64, SB_DERIVE_SHA512}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (sb_span_equal(name, sb_span_text(rows[i].name)) && length == rows[i].length)
			return rows[i].algorithm;
	return SB_DERIVE_NONE;
}

/* An image that is encrypted when it is packed has digests of what it was before. */
static bool is_encrypted(const struct sb_fdt *fdt, uint32_t image)
{
	for (uint32_t i = image + 1; i < fdt->node_count && fdt->nodes[i].depth > fdt->nodes[image].depth; i++)
		if (fdt->nodes[i].parent == image && begins(&fdt->nodes[i], "cipher"))
			return true;
	return false;
}

bool sb_fdt_hash(const struct sb_view *view, const struct sb_fdt *fdt, const struct sb_fdt_property *property, struct sb_field *out)
{
	const struct sb_fdt_node *node = &fdt->nodes[property->node];
	const struct sb_fdt_node *image = &fdt->nodes[node->parent];

	if (!fdt->fit || strcmp(property->name, "value") != 0 || node->depth != 3 || !begins(node, "hash") || !is_image(fdt, image) || !image->member ||
	    repeats_name(fdt, property) || is_encrypted(fdt, node->parent))
		return false;
	const struct sb_member *member = sb_view_member(view, image->member - 1);
	out->derived.algorithm = algorithm_of(sb_fdt_text(view->file, sb_fdt_property(fdt, node, "algo")), property->length);
	if (out->derived.algorithm == SB_DERIVE_NONE)
		return false;
	out->kind = SB_FIELD_DERIVED;
	out->encoding = property->length == 4 ? SB_ENC_BE : SB_ENC_RAW;
	out->derived.over_offset = member->offset;
	out->derived.over_length = member->length;
	return true;
}

static void place_meaning(const struct sb_view *view, const struct sb_fdt *fdt, const struct sb_fdt_property *property, struct sb_field *value)
{
	const struct sb_member *member = sb_view_member(view, fdt->nodes[property->node].member - 1);

	if (sb_fdt_property(fdt, &fdt->nodes[property->node], "data"))
		return;
	if (strcmp(property->name, "data-size") == 0)
		value->kind = SB_FIELD_SIZE;
	if (strcmp(property->name, "data-offset") != 0 && strcmp(property->name, "data-position") != 0)
		return;
	value->kind = SB_FIELD_DERIVED;
	value->derived.algorithm = SB_DERIVE_POSITION;
	value->derived.over_offset = member->offset;
	value->derived.base = strcmp(property->name, "data-offset") == 0 ? (fdt->total + 3) & ~UINT64_C(3) : 0;
}

void sb_fdt_meaning(const struct sb_view *view, const struct sb_fdt *fdt, const struct sb_fdt_property *property, struct sb_field *value)
{
	const struct sb_fdt_node *node = &fdt->nodes[property->node];

	if (!fdt->fit || property->length != 4 || repeats_name(fdt, property))
		return;
	value->encoding = SB_ENC_BE;
	if (node->depth == 0 && strcmp(property->name, "timestamp") == 0)
		value->kind = SB_FIELD_TIME;
	else if (is_image(fdt, node) && node->member)
		place_meaning(view, fdt, property, value);
}
