/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authenticode: the certificate table at the end of a PE image, each entry a CMS message over the digest of everything else. Source: Microsoft
 * "Windows Authenticode Portable Executable Signature Format" 1.0 (2008); "PE Format", "The Attribute Certificate Table".
 */
#include "verifier/explain/signed.h"

#include <string.h>

enum { HEAD = 8, ALIGN = 8, REVISION = 0x0200, PKCS_SIGNED_DATA = 2, MOST_SIGNATURES = 8, LARGEST_LINK = 96 };

/* SPC_INDIRECT_DATA, SPC_PE_IMAGE_DATA. */
static const uint8_t indirect_data[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x04}, image_data[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x0f};

/** Where the parts of a side lie that are not signed. */
struct image {
	struct sb_span file;
	uint64_t checksum, entry; /* of CheckSum; of the certificate row among the directories; offsets */
	const struct sb_region *table;
	struct sb_reading *reading;
};

/* Both fields are looked for by name; without them nothing can be detached. */
static bool find_parts(const struct sb_signed_side *side, struct image *out)
{
	struct sb_view *view = side->pair->view[side->side];
	const struct sb_region *header = sb_view_region_of(view, SB_REGION_HEADER, "optional header");

	*out = (struct image){.reading = side->in->comparison->reading, .file = side->pair->bytes[side->side], .table = sb_view_region_of(view, SB_REGION_SIGNATURE, "certificate table")};
	if (!header || sb_view_describe(view, header, NULL))
		return false;
	for (size_t i = 0; i < view->fields.count; i++) {
		const struct sb_field *field = sb_vec_at(&view->fields, i);
		if (strcmp(field->name, "CheckSum") == 0)
			out->checksum = field->offset;
		if (strcmp(field->name, "certificate directory") == 0)
			out->entry = field->offset;
	}
	return out->checksum && out->entry > out->checksum;
}

/* What a signer fills to the next multiple of eight, right in front of the table. */
static bool is_fill(const struct sb_pair *pair, const struct sb_region *region, unsigned side)
{
	struct sb_span bytes;

	if (region->kind != SB_REGION_PADDING || strcmp(region->name, "certificate padding") != 0)
		return false;
	const struct sb_region *table = sb_view_region_of(pair->view[side], SB_REGION_SIGNATURE, "certificate table");
	return table && region->offset + region->length == table->offset && region->length < ALIGN &&
	       sb_span_cut(pair->bytes[side], region->offset, region->length, &bytes) && sb_span_all_zero(bytes);
}

static bool is_part(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	const struct sb_region *region = diff->side[side].region;

	if (!region)
		return false;
	return is_fill(pair, region, side) || (region->kind == SB_REGION_HEADER && strcmp(region->name, "optional header") == 0 && diff->kind == SB_DIFF_FIELD && strncmp(diff->name, "certificate directory", 21) == 0);
}

/* All of the file but the checksum, the row that leads to the table, and the table. */
static bool digest_is_right(const struct image *image, enum sb_declared_digest kind, struct sb_span stated)
{
	uint8_t digest[SB_DECLARED_LARGEST];
	uint64_t behind = image->checksum + 4, entry_end = image->entry + 8;

	if (image->table->offset < entry_end)
		return false;
	const struct sb_span parts[] = {{image->file.p, image->checksum},
	                                {image->file.p + behind, image->entry - behind},
	                                {image->file.p + entry_end, image->table->offset - entry_end}};
	sb_declared_hash_row(image->reading, kind, parts, 3, digest);
	return sb_span_equal(stated, sb_span_of(digest, sb_declared_size(kind)));
}

/* SpcIndirectDataContent: what kind of thing is signed, with a link that nobody follows any more, and its digest. */
static const char *content_trouble(const struct image *image, struct sb_span content)
{
	struct sb_der data, type, info, algorithm, value;
	enum sb_declared_digest kind;

	if (!sb_der_take_as(&content, SB_DER_SEQUENCE, &data) || !sb_der_take_as(&content, SB_DER_SEQUENCE, &info) || content.n)
		return "content that cannot be read";
	if (!sb_der_take_as(&data.content, SB_DER_OID, &type) || !sb_der_is(type.content, image_data, sizeof image_data) || data.content.n > LARGEST_LINK)
		return "a signature of something that is no image, or with a long link";
	if (!sb_der_take_as(&info.content, SB_DER_SEQUENCE, &algorithm) || !sb_der_digest(algorithm.whole, &kind) || !sb_der_take_as(&info.content, SB_DER_OCTETS, &value) ||
	    info.content.n)
		return "a digest that cannot be read";
	return digest_is_right(image, kind, value.content) ? NULL : "the digest that it holds is not that of the image";
}

static bool entry_is_right(struct sb_signed_side *side, const struct image *image, struct sb_span body)
{
	struct sb_der message;
	struct sb_span rest = body;
	struct sb_cms cms;

	if (!sb_der_take(&rest, &message) || rest.n >= 8 || !sb_span_all_zero(rest))
		return sb_signed_refuse(side, "certificate table: something behind a message");
	if (!sb_cms_read(message.whole, &cms, &side->why))
		return false;
	if (!sb_der_is(cms.type, indirect_data, sizeof indirect_data) || !cms.content.p)
		return sb_signed_refuse(side, "certificate table: a message of another kind");
	side->why = content_trouble(image, cms.content);
	side->found++;
	return side->why == NULL;
}

/* Entries of a length, a revision and a type, each filled up to eight bytes; together they are the table, and the table ends the file. */
static bool table_is_right(struct sb_signed_side *side, const struct image *image)
{
	struct sb_span table;

	if (!sb_span_cut(image->file, image->table->offset, image->table->length, &table) || image->table->offset + table.n != image->file.n || image->table->offset % 8 != 0)
		return sb_signed_refuse(side, "certificate table: it does not end the file, or begins at an odd place");
	for (size_t at = 0; at < table.n;) {
		struct sb_rd rd = sb_rd_of(table, false);
		sb_rd_seek(&rd, at);
		uint64_t length = sb_rd_uint(&rd, 4), revision = sb_rd_uint(&rd, 2), type = sb_rd_uint(&rd, 2), next = at + (length + 7) / 8 * 8;
		if (rd.bad || length <= HEAD || length > table.n - at || revision != REVISION || type != PKCS_SIGNED_DATA || side->found == MOST_SIGNATURES)
			return sb_signed_refuse(side, "certificate table: an entry that is no signature, or leaves the table");
		if (!entry_is_right(side, image, sb_span_of(table.p + at + HEAD, length - HEAD)))
			return false;
		next = next < table.n ? next : table.n;
		if (!sb_span_all_zero(sb_span_of(table.p + at + length, next - at - length)))
			return sb_signed_refuse(side, "certificate table: fill that is not zero");
		at = next;
	}
	return true;
}

/* The row among the directories says where the table lies; without a table it is zero. */
static bool is_right(struct sb_signed_side *side)
{
	struct image image;
	struct sb_span row;

	if (!find_parts(side, &image) || !sb_span_cut(image.file, image.entry, 8, &row))
		return !image.table || sb_signed_refuse(side, "certificate table: no header leads to it");
	struct sb_rd rd = sb_rd_of(row, false);
	uint64_t at = sb_rd_uint(&rd, 4), size = sb_rd_uint(&rd, 4);
	if (!image.table)
		return (at == 0 && size == 0) || sb_signed_refuse(side, "a row that leads to no certificate table");
	if (at != image.table->offset || size != image.table->length)
		return sb_signed_refuse(side, "certificate table: not where the header says");
	return table_is_right(side, &image);
}

const struct sb_signed_format sb_signed_pe = {.format = "pe", .is_part = is_part, .is_right = is_right};
