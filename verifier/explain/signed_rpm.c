/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signature header of an rpm, as a whole: OpenPGP packets over the main header, or over it and the payload, and beside them digests
 * and sizes that are recomputed, room that is zero, and an index that leads to all of it. Source: RPM 4.18 reference manual, "Signature".
 */
#include "verifier/explain/signed.h"

#include <stdlib.h>
#include <string.h>

enum { LEAD = 96, ROW = 16, TYPE_BINARY = 7, REGION_TAG = 62, MOST_RESERVED = 1 << 16 };

/* Where the lead and the signature header, whose introduction counts its rows and the bytes behind them, say that the main header begins. */
static uint64_t signatures_end(struct sb_span file)
{
	struct sb_rd rd = sb_rd_of(file, true);

	sb_rd_seek(&rd, LEAD + 8);
	uint64_t rows = sb_rd_uint(&rd, 4), store = sb_rd_uint(&rd, 4);
	return (LEAD + ROW + ROW * rows + store + 7) / 8 * 8;
}

/* There may be as many regions as a hostile package likes: it is not looked for by its name. */
static const struct sb_region *main_header(const struct sb_view *view)
{
	const struct sb_region *region = sb_view_region_at(view, signatures_end(view->file));
	return region && strcmp(region->name, "main header") == 0 ? region : NULL;
}

static bool is_part(const struct sb_pair *pair, const struct sb_diff *diff, unsigned side)
{
	const struct sb_region *region = diff->side[side].region;
	return region && region->offset >= LEAD && region->offset < signatures_end(pair->view[side]->file);
}

static struct sb_span bytes_of(const struct sb_signed_side *side, const struct sb_region *region)
{
	struct sb_span out = {0};
	return sb_span_cut(side->pair->bytes[side->side], region->offset, region->length, &out) ? out : (struct sb_span){0};
}

static bool is_named(const struct sb_region *region, const char *name)
{
	return strcmp(region->name, name) == 0;
}

/* What each tag covers: the main header alone, or the payload as well. */
static bool signature_is_right(struct sb_signed_side *side, const struct sb_region *region)
{
	const struct sb_view *view = side->pair->view[side->side];
	const struct sb_region *from = main_header(view), *payload = sb_view_region_named(view, "payload");
	bool header = is_named(region, "RSAHEADER") || is_named(region, "DSAHEADER"), all = is_named(region, "SIGPGP") || is_named(region, "SIGGPG");
	struct sb_span covered;

	if (!header && !all)
		return sb_signed_blame(side, sb_span_text(region->name), "a kind of signature that is not detached");
	if (!payload || !sb_span_cut(view->file, from->offset, (header ? payload->offset : view->file.n) - from->offset, &covered))
		return sb_signed_refuse(side, "a package without a payload");
	return sb_signed_by_pgp(side, sb_span_text(region->name), bytes_of(side, region), &covered, 1);
}

/** The regions of the other side, as sb_regions_sorted gives them. */
struct counterparts {
	const struct sb_region **items;
	size_t count;
};

static const struct sb_region *counterpart_of(const struct counterparts *others, const struct sb_region *region)
{
	size_t low = 0, high = others->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (sb_region_order(others->items[middle], region) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < others->count && sb_region_order(others->items[low], region) == 0 ? others->items[low] : NULL;
}

/* Equal to what stands under that name on the other side: then it says nothing that the signer chose. */
static bool is_on_both_sides(const struct sb_signed_side *side, const struct counterparts *others, const struct sb_region *region)
{
	const struct sb_region *other = counterpart_of(others, region);
	struct sb_span there;

	return other && sb_span_cut(side->pair->bytes[!side->side], other->offset, other->length, &there) && sb_span_equal(bytes_of(side, region), there);
}

/* One field, derived and right, and a NUL behind digits. */
static bool value_is_right(struct sb_signed_side *side, const struct counterparts *others, const struct sb_region *region)
{
	const struct sb_view *view = side->pair->view[side->side];
	struct sb_span bytes = bytes_of(side, region);
	bool known;

	if (is_on_both_sides(side, others, region))
		return true;
	if (sb_view_describe(side->pair->view[side->side], region, NULL) || view->fields.count != 1)
		return false;
	const struct sb_field field = *(const struct sb_field *)sb_vec_at(&view->fields, 0);
	uint64_t behind = region->length - field.length;
	bool fills = field.offset == region->offset && field.length <= region->length && (behind == 0 || (behind == 1 && bytes.p[bytes.n - 1] == 0));
	return fills && field.kind == SB_FIELD_DERIVED && sb_field_is_right(side->in, side->pair, side->side, &field, &known);
}

/* The row of the index that stands in @row leads to the region of that name, and says how long it is. */
static bool row_is_right(struct sb_signed_side *side, const struct sb_region *row, uint64_t store, uint32_t *last)
{
	const struct sb_view *view = side->pair->view[side->side];
	struct sb_rd rd = sb_rd_of(bytes_of(side, row), true);
	uint32_t tag = (uint32_t)sb_rd_uint(&rd, 4), type = (uint32_t)sb_rd_uint(&rd, 4);
	uint64_t at = store + sb_rd_uint(&rd, 4), count = sb_rd_uint(&rd, 4);
	const struct sb_region *region = sb_view_region_at(view, at);
	size_t n = strlen(row->name);

	if (rd.bad || tag <= *last || !region || region->offset != at || n < 6)
		return false;
	*last = tag;
	if (tag == REGION_TAG)
		return is_named(region, "signature region trailer");
	return strncmp(region->name, row->name, n - 6) == 0 && region->name[n - 6] == '\0' && (type == TYPE_BINARY ? count == region->length : count == 1);
}

/* Tag, type, how far back the index begins, and its own length. */
static bool trailer_is_right(const struct sb_signed_side *side, const struct sb_region *region, uint64_t rows)
{
	struct sb_rd rd = sb_rd_of(bytes_of(side, region), true);
	bool tagged = sb_rd_uint(&rd, 4) == REGION_TAG;
	bool binary = sb_rd_uint(&rd, 4) == TYPE_BINARY;
	uint32_t back = (uint32_t)sb_rd_uint(&rd, 4);
	return tagged && binary && back == (uint32_t)-(int64_t)(ROW * rows) && sb_rd_uint(&rd, 4) == ROW && !rd.bad;
}

static bool region_is_right(struct sb_signed_side *side, const struct counterparts *others, const struct sb_region *region, uint64_t rows)
{
	struct sb_span bytes = bytes_of(side, region);

	if (region->kind == SB_REGION_SIGNATURE)
		return signature_is_right(side, region);
	if (region->kind == SB_REGION_PADDING)
		return (sb_span_all_zero(bytes) && bytes.n <= MOST_RESERVED) || sb_signed_blame(side, sb_span_text(region->name), "fill that is not zero, or too much of it");
	if (is_named(region, "signature region trailer"))
		return trailer_is_right(side, region, rows) || sb_signed_blame(side, sb_span_text(region->name), "it does not lead to the index");
	return (region->kind == SB_REGION_HEADER && value_is_right(side, others, region)) ||
	       sb_signed_blame(side, sb_span_text(region->name), "neither a signature nor a value that is recomputed and right");
}

static bool intro_is_right(const struct sb_signed_side *side, const struct sb_region *intro, uint64_t rows, uint64_t store, uint64_t end)
{
	static const uint8_t magic[8] = {0x8e, 0xad, 0xe8, 0x01};
	struct sb_span bytes = bytes_of(side, intro);
	struct sb_rd rd = sb_rd_of(bytes, true);
	sb_rd_seek(&rd, sizeof magic);
	bool counts = sb_rd_uint(&rd, 4) == rows;
	uint64_t length = sb_rd_uint(&rd, 4);

	return !rd.bad && memcmp(bytes.p, magic, sizeof magic) == 0 && counts && store + length <= end && end - store - length < 8;
}

/* Every byte from the lead to the main header. */
static bool look_through(struct sb_signed_side *side, const struct counterparts *others)
{
	const struct sb_view *view = side->pair->view[side->side];
	const struct sb_region *end = main_header(view), *intro = sb_view_region_named(view, "signature header");
	uint64_t rows = 0;
	uint32_t last = 0;

	if (!end || !intro || intro->offset != LEAD)
		return sb_signed_refuse(side, "a package without its headers");
	for (size_t i = 0; i < view->regions.count; i++)
		rows += sb_view_region(view, i)->kind == SB_REGION_TABLE && sb_view_region(view, i)->offset < end->offset;
	uint64_t store = LEAD + ROW + ROW * rows;
	if (!intro_is_right(side, intro, rows, store, end->offset))
		return sb_signed_refuse(side, "an introduction of the signature header that does not fit it");
	for (size_t i = 0; i < view->regions.count; i++) {
		const struct sb_region *region = sb_view_region(view, i);
		if (region->offset <= LEAD || region->offset >= end->offset)
			continue;
		bool row = region->kind == SB_REGION_TABLE;
		if (row && !row_is_right(side, region, store, &last))
			return sb_signed_blame(side, sb_span_text(region->name), "a row of the index that is out of order or leads elsewhere");
		if (!row && !region_is_right(side, others, region, rows))
			return false;
	}
	return true;
}

static bool is_right(struct sb_signed_side *side)
{
	const struct sb_view *other = side->pair->view[!side->side];
	const struct counterparts others = {sb_regions_sorted(other), other->regions.count};

	bool fine = others.items ? look_through(side, &others) : sb_signed_refuse(side, "no memory");
	free(others.items);
	return fine;
}

const struct sb_signed_format sb_signed_rpm = {.format = "rpm", .is_part = is_part, .is_right = is_right};
