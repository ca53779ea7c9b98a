/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of vendors: one of the table, the parts that it tells of, and what nobody tells of behind them. */
#include "verifier/formats/rows.h"
#include "verifier/formats/tiles.h"
#include "verifier/formats/vendor/header.h"

enum tag { TAG_HEADER = 1, TAG_SUM };

/** A header as one file has it. */
struct image {
	const struct sb_vendor_header *header;
	struct sb_span file;
	uint64_t size;                           /* of the header */
	struct sb_range parts[SB_VENDOR_PARTS];
	size_t count;                            /* of parts */
	uint64_t end;                            /* of what is told of */
};

static uint64_t stated(const struct image *image, const struct sb_vendor_number *number)
{
	struct sb_rd rd = sb_rd_of(image->file, image->header->big_endian);

	sb_rd_seek(&rd, number->at);
	uint64_t value = number->width ? sb_rd_uint(&rd, number->width) : 0;
	if (number->high) {
		sb_rd_seek(&rd, number->high);
		value |= sb_rd_uint(&rd, 1) << 8 * number->width;
	}
	return value;
}

/* false: less than nothing. Numbers are of 32 bits at most, so that nothing overflows. */
static bool bytes_of(const struct image *image, const struct sb_vendor_number *number, uint64_t *out)
{
	int64_t bytes = (int64_t)(stated(image, number) * (number->unit ? number->unit : 1)) + number->more;

	*out = (uint64_t)bytes;
	return bytes >= 0;
}

static bool is_none(const struct sb_vendor_number *number)
{
	return number->width == 0 && number->more == 0;
}

static bool marked(struct sb_span file, const struct sb_vendor_header *header)
{
	for (size_t i = 0; i < SB_VENDOR_MARKS; i++)
		if (header->marks[i].length && !sb_magic(file, header->marks[i].at, header->marks[i].bytes, header->marks[i].length))
			return false;
	return true;
}

/* Header and parts lie inside of the file. */
static bool measure(struct image *image)
{
	const struct sb_vendor_header *header = image->header;
	uint64_t n = image->file.n;

	if (!bytes_of(image, &header->size, &image->size) || image->size > n)
		return false;
	image->end = image->size;
	for (size_t i = 0; i < SB_VENDOR_PARTS && !is_none(&header->parts[i].length); i++) {
		struct sb_range *part = &image->parts[i];
		bool placed = header->parts[i].offset.width != 0;
		if (!bytes_of(image, &header->parts[i].length, &part->length))
			return false;
		part->offset = image->end;
		if (placed && part->length && !bytes_of(image, &header->parts[i].offset, &part->offset))
			return false;
		if (part->offset > n || part->length > n - part->offset)
			return false;
		image->end = part->offset + part->length > image->end ? part->offset + part->length : image->end;
		image->count = i + 1;
	}
	return true;
}

static uint64_t further(uint64_t end, uint64_t at, uint64_t width)
{
	return width && at + width > end ? at + width : end;
}

/* All that a header states lies inside of it. */
static uint64_t least_size(const struct sb_vendor_header *header)
{
	uint64_t end = further(0, header->size.at, header->size.width);

	for (size_t i = 0; i < header->row_count; i++)
		end = further(end, header->rows[i].at, header->rows[i].length);
	for (size_t i = 0; i < SB_VENDOR_SUMS; i++)
		end = further(end, header->sums[i].at, header->sums[i].width);
	for (size_t i = 0; i < SB_VENDOR_PARTS; i++)
		end = further(further(end, header->parts[i].offset.at, header->parts[i].offset.width), header->parts[i].length.at, header->parts[i].length.width);
	return end;
}

static bool is_of(const struct image *image)
{
	const struct sb_vendor_header *header = image->header;
	return marked(image->file, header) && image->file.n >= least_size(header) && (!header->holds || header->holds(image->file));
}

/* The first whose marks are there, and whose parts lie inside of the file. */
static bool read_image(struct sb_span file, struct image *out)
{
	size_t count;
	const struct sb_vendor_header *headers = sb_vendor_headers(&count);

	for (size_t i = 0; i < count; i++) {
		*out = (struct image){.header = &headers[i], .file = file};
		if (is_of(out) && measure(out) && out->size >= least_size(out->header))
			return true;
	}
	return false;
}

static int add_part(const struct image *image, size_t i, struct sb_tiles *tiles, struct sb_view *view, struct sb_err *err)
{
	const struct sb_range *part = &image->parts[i];
	const char *name = image->header->parts[i].name;
	const struct sb_region sum = {.offset = part->offset, .length = part->length, .kind = SB_REGION_TABLE, .tag = TAG_SUM, .loaded = true,
	                              .member = (uint32_t)view->members.count, .name = "sum"};

	if (part->length == 0)
		return 0;
	return name ? sb_tiles_add_part(tiles, view, name, part->offset, part->length, err) : sb_tiles_add(tiles, view->file.n, &sum, err);
}

static int add_all(const struct image *image, struct sb_tiles *tiles, struct sb_view *view, struct sb_err *err)
{
	const struct sb_region head = {.length = image->size, .kind = SB_REGION_HEADER, .tag = TAG_HEADER, .loaded = true, .name = image->header->name};
	int rc = sb_tiles_add(tiles, view->file.n, &head, err);
	struct sb_span rest;

	for (size_t i = 0; !rc && i < image->count; i++)
		rc = add_part(image, i, tiles, view, err);
	if (!rc && sb_span_cut(view->file, image->end, view->file.n - image->end, &rest) && !sb_reading_all_zero(view->reading, rest))
		rc = sb_tiles_add_part(tiles, view, "rest", image->end, rest.n, err);
	return rc ? rc : sb_tiles_emit(tiles, view, err);
}

static int open_image(struct sb_view *view, const char *hint, struct sb_err *err)
{
	SB_TILES struct sb_tiles tiles = {0};
	struct image image;

	(void)hint;
	if (!read_image(view->file, &image))
		return sb_damaged(err, "archive-truncated", 0, "a header that states more than the file has");
	return add_all(&image, &tiles, view, err);
}

/* A number that says where its bytes are, exactly: others are compared as they stand. */
static bool is_plain(const struct sb_vendor_number *number)
{
	return number->width && !number->high && number->unit <= 1;
}

static int describe_number(const struct image *image, const struct sb_vendor_number *number, struct sb_derivation derived, struct sb_view *view, const char *what,
                           const char *whose, struct sb_err *err)
{
	struct sb_field field = {.offset = number->at, .length = number->width, .encoding = image->header->big_endian ? SB_ENC_BE : SB_ENC_LE};

	if (number->width == 0)
		return 0;
	if (!(field.name = sb_arena_printf(view->arena, "%s of %s", what, whose)))
		return sb_no_memory(err);
	if (is_plain(number)) {
		field.kind = SB_FIELD_DERIVED;
		field.derived = derived;
	}
	return sb_emit_field(view, &field, err);
}

static int describe_size(const struct image *image, struct sb_view *view, struct sb_err *err)
{
	uint64_t counted = stated(image, &image->header->size);
	struct sb_derivation length = {.algorithm = SB_DERIVE_LENGTH, .over_offset = image->size - counted, .over_length = counted};
	return describe_number(image, &image->header->size, length, view, "size", "the header", err);
}

static int describe_part(const struct image *image, size_t i, struct sb_view *view, struct sb_err *err)
{
	const struct sb_vendor_part *part = &image->header->parts[i];
	const struct sb_range *range = &image->parts[i];
	const struct sb_derivation length = {.algorithm = SB_DERIVE_LENGTH, .over_offset = part->length.more < 0 ? 0 : range->offset, .over_length = stated(image, &part->length)};
	const struct sb_derivation position = {.algorithm = SB_DERIVE_POSITION, .over_offset = range->offset};
	int rc = describe_number(image, &part->length, length, view, "length", part->name, err);

	if (rc || !range->length)
		return rc;
	return describe_number(image, &part->offset, position, view, "offset", part->name, err);
}

/* false: what it is of is not there. */
static bool covered(const struct image *image, const struct sb_vendor_sum *sum, struct sb_derivation *out)
{
	out->algorithm = sum->algorithm;
	if (sum->first) {
		const struct sb_range *first = &image->parts[sum->first - 1], *last = &image->parts[sum->last - 1];
		out->over_offset = first->offset;
		out->over_length = last->offset + last->length - first->offset;
		return first->length && last->offset >= first->offset;
	}
	out->over_offset = sum->from;
	out->over_length = image->file.n - sum->from;
	return is_none(&sum->length) || bytes_of(image, &sum->length, &out->over_length);
}

static int describe_sum(const struct image *image, const struct sb_vendor_sum *sum, struct sb_view *view, struct sb_err *err)
{
	struct sb_field field = {.offset = sum->at, .length = sum->width, .kind = SB_FIELD_DERIVED, .name = sum->name};

	if (field.length == 0) {
		field.offset = image->parts[image->count - 1].offset;
		field.length = image->parts[image->count - 1].length;
	}
	if (field.length <= 4)
		field.encoding = image->header->big_endian ? SB_ENC_BE : SB_ENC_LE;
	if (!covered(image, sum, &field.derived))
		field.kind = SB_FIELD_VALUE;
	return sb_emit_field(view, &field, err);
}

static int describe_sums(const struct image *image, bool header, struct sb_view *view, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < SB_VENDOR_SUMS && image->header->sums[i].name; i++)
		if ((image->header->sums[i].width != 0) == header)
			rc = describe_sum(image, &image->header->sums[i], view, err);
	return rc;
}

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct image image;
	bool header = region->tag == TAG_HEADER;

	if ((!header && region->tag != TAG_SUM) || !read_image(view->file, &image))
		return 0;
	int rc = describe_sums(&image, header, view, err);
	if (rc || !header)
		return rc;
	rc = sb_emit_layout(view, region, image.header->rows, image.header->row_count, err);
	if (!rc)
		rc = describe_size(&image, view, err);
	for (size_t i = 0; !rc && i < image.count; i++)
		if (image.header->parts[i].name)
			rc = describe_part(&image, i, view, err);
	return rc;
}

/* Few bits: marks that lie inside of a name or a time of an archive, or of a program, must not make it something else. */
static unsigned probe(struct sb_span file, const char *hint)
{
	struct image image;

	(void)hint;
	return read_image(file, &image) ? 12 : 0;
}

const struct sb_format sb_format_vendor = {
	.name = "vendor",
	.spec = "OpenWrt, firmware-utils of 2026-04, src/{mkchkimg,mktplinkfw,seama}.c; U-Boot 2023.01, tools/{kwbimage,stm32image,socfpgaimage,zynqimage}.c",
	.version = 1,
	.probe = probe,
	.open = open_image,
	.describe = describe,
	.container = true,
};
