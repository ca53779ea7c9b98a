/* SPDX-License-Identifier: Apache-2.0 */
/* Physical erase blocks to the logical blocks of volumes, volumes to members. */
#include "verifier/formats/ubi/ubi.h"
#include "verifier/formats/tiles.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { LARGEST_BLOCK = 64 << 20 };

/** More blocks than flash can be written with; the next one that is written has one more than the largest. */
static const uint64_t LARGEST_SEQUENCE = UINT64_C(1) << 40;

/** A physical erase block that holds a logical one. */
struct block {
	uint64_t at;                      /* in the file */
	uint32_t vid_offset, data_offset; /* in the block */
	uint32_t volume, number;          /* of which it is what */
	uint64_t sequence;
	uint32_t type, copy, data_size, used, data_pad, data_crc;
	uint32_t member;                  /* 1 + index, 0: none */
	bool proper;                      /* it counts, and its header says nothing else */
	bool counts;
};

/** One record of the volume table. */
struct volume {
	uint32_t reserved, type, data_pad, name_length;
	struct sb_span name;
	bool used;
};

struct walk {
	struct sb_view *view;
	uint64_t size;         /* of a physical erase block */
	uint32_t image;        /* sequence number of the image */
	const char *counter;   /* name of erase counter headers */
	struct sb_vec blocks;  /* struct block; by volume, number and sequence once sorted */
	struct volume volumes[SB_UBI_VOLUMES];
	struct sb_vec slices;  /* struct sb_slice of the volume at hand */
	struct sb_tiles tiles;
};

uint32_t sb_ubi_crc(struct sb_span bytes)
{
	return (uint32_t)crc32_z(0, bytes.p, bytes.n) ^ UINT32_MAX;
}

static uint64_t read_uint(struct sb_span file, uint64_t at, unsigned width)
{
	struct sb_rd rd = sb_rd_of(file, true);

	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, width);
}

static uint32_t read_word(const struct walk *walk, uint64_t at)
{
	return (uint32_t)read_uint(walk->view->file, at, 4);
}

bool sb_ubi_is_header(struct sb_span file, uint64_t at, const char *magic)
{
	struct sb_span head;
	return sb_magic(file, at, magic, 4) && sb_span_cut(file, at, SB_UBI_HEADER, &head) && read_uint(file, at + 60, 4) == sb_ubi_crc(sb_span_of(head.p, 60));
}

/* ---- owners of bytes ---- */

static bool is_erased(struct sb_span bytes)
{
	return bytes.n == 0 || (bytes.p[0] == 0xff && memcmp(bytes.p, bytes.p + 1, bytes.n - 1) == 0);
}

static bool is_zero(const struct walk *walk, uint64_t at, uint64_t length)
{
	struct sb_span bytes;
	return sb_span_cut(walk->view->file, at, length, &bytes) && sb_span_all_zero(bytes);
}

static int own(struct walk *walk, struct sb_region region, struct sb_err *err)
{
	return sb_tiles_add(&walk->tiles, walk->view->file.n, &region, err);
}

/* What nobody knows may count by where it lies, and so its place is part of its name. */
static int own_gap(struct walk *walk, uint64_t at, uint64_t length, const char *name, struct sb_err *err)
{
	const char *placed = sb_arena_printf(walk->view->arena, "%s at %llu", name, (unsigned long long)at);
	return placed ? own(walk, (struct sb_region){.offset = at, .length = length, .kind = SB_REGION_GAP, .name = placed}, err) : sb_no_memory(err);
}

/* Bytes that should be erased flash: layout when all have one value, content when they do not. */
static int own_fill(struct walk *walk, uint64_t from, uint64_t to, const char *name, struct sb_err *err)
{
	struct sb_span bytes = {0};
	bool fill = from <= to && sb_span_cut(walk->view->file, from, to - from, &bytes) && is_erased(bytes);

	return fill ? own(walk, (struct sb_region){.offset = from, .length = to - from, .kind = SB_REGION_LAYOUT, .name = name}, err) : own_gap(walk, from, to - from, "gap", err);
}

/* ---- blocks ---- */

/* The distance of erase blocks is written nowhere: it is where the next erase counter stands. */
static uint64_t find_size(struct sb_span file)
{
	enum { STEP = 512 };

	for (uint64_t at = STEP; at < file.n; at += STEP)
		if (sb_ubi_is_header(file, at, "UBI#"))
			return at;
	return file.n;
}

/* Version and offsets as in the first block: of any others the kernel attaches nothing (attach.c, validate_ec_hdr in io.c). */
static int own_counter(struct walk *walk, uint64_t at, struct sb_err *err)
{
	bool same = walk->view->file.p[at + 4] == 1 && read_word(walk, at + 16) == read_word(walk, 16) && read_word(walk, at + 20) == read_word(walk, 20);
	bool proper = same && is_zero(walk, at + 5, 3) && is_zero(walk, at + 28, 32) && read_word(walk, at + 24) == walk->image &&
		      read_uint(walk->view->file, at + 8, 8) <= SB_UBI_MOST_ERASURES;
	const struct sb_region region = {.offset = at, .length = SB_UBI_HEADER, .kind = proper ? SB_REGION_LAYOUT : SB_REGION_HEADER, .tag = SB_UBI_TAG_ERASE_COUNTER,
					 .name = walk->counter};
	return own(walk, region, err);
}

static void read_identifier(const struct walk *walk, struct block *block)
{
	uint64_t at = block->at + block->vid_offset;

	block->type = walk->view->file.p[at + 5];
	block->copy = walk->view->file.p[at + 6];
	block->volume = read_word(walk, at + 8);
	block->number = read_word(walk, at + 12);
	block->data_size = read_word(walk, at + 20);
	block->used = read_word(walk, at + 24);
	block->data_pad = read_word(walk, at + 28);
	block->data_crc = read_word(walk, at + 32);
	block->sequence = read_uint(walk->view->file, at + 40, 8);
	block->proper = walk->view->file.p[at + 4] == 1 && block->copy == 0 && is_zero(walk, at + 16, 4) && is_zero(walk, at + 36, 4) && is_zero(walk, at + 48, 12) && block->sequence < LARGEST_SEQUENCE;
}

/* Up to the data; what follows belongs to the logical block, if there is one. */
static int take_block(struct walk *walk, uint64_t at, struct sb_err *err)
{
	struct sb_span file = walk->view->file;
	struct block block = {.at = at};
	uint64_t end = at + walk->size;

	if (!sb_ubi_is_header(file, at, "UBI#"))
		return own_fill(walk, at, end, "erased", err);
	block.vid_offset = read_word(walk, at + 16);
	block.data_offset = read_word(walk, at + 20);
	if (block.vid_offset < SB_UBI_HEADER || block.data_offset < (uint64_t)block.vid_offset + SB_UBI_HEADER || block.data_offset >= walk->size ||
	    block.data_offset >= 1U << 23)
		return sb_damaged(err, "archive-damaged", at, "an erase block whose headers do not lie in it");
	int rc = own_counter(walk, at, err);
	if (rc)
		return rc;
	if (!sb_ubi_is_header(file, at + block.vid_offset, "UBI!"))
		return own_fill(walk, at + SB_UBI_HEADER, end, "erased", err);
	read_identifier(walk, &block);
	struct block *slot = sb_vec_push(&walk->blocks);
	if (!slot)
		return sb_no_memory(err);
	*slot = block;
	rc = own_fill(walk, at + SB_UBI_HEADER, at + block.vid_offset, "fill", err);
	return rc ? rc : own_fill(walk, at + block.vid_offset + SB_UBI_HEADER, at + block.data_offset, "fill", err);
}

static int take_blocks(struct walk *walk, struct sb_err *err)
{
	uint64_t at = 0;
	int rc = 0;

	for (; !rc && walk->size <= walk->view->file.n - at; at += walk->size)
		rc = take_block(walk, at, err);
	return rc ? rc : own_fill(walk, at, walk->view->file.n, "erased", err);
}

static int by_number(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Of two of one number the one that was written later comes first. */
static int by_place(const void *a, const void *b)
{
	const struct block *x = a, *y = b;
	int order = by_number(x->volume, y->volume);

	order = order ? order : by_number(x->number, y->number);
	order = order ? order : by_number(y->sequence, x->sequence);
	return order ? order : by_number(x->at, y->at);
}

static struct block *block_at(const struct walk *walk, size_t i)
{
	return (struct block *)sb_vec_at(&walk->blocks, i);
}

/* The newest of each number counts. When there was another, what this one was copied from is still there: content, both of them. */
static void choose(struct walk *walk)
{
	if (walk->blocks.count)
		qsort(walk->blocks.items, walk->blocks.count, walk->blocks.size, by_place);
	for (size_t i = 0; i < walk->blocks.count; i++) {
		struct block *block = block_at(walk, i), *before = i ? block_at(walk, i - 1) : NULL;
		block->counts = !before || before->volume != block->volume || before->number != block->number;
		if (!block->counts)
			before->proper = block->proper = false;
	}
}

/* ---- volumes ---- */

static bool read_record(const struct walk *walk, uint64_t at, struct volume *out)
{
	struct sb_span record;

	if (!sb_span_cut(walk->view->file, at, SB_UBI_RECORD, &record) || read_word(walk, at + 168) != sb_ubi_crc(sb_span_of(record.p, 168)))
		return false;
	*out = (struct volume){
		.reserved = read_word(walk, at),
		.data_pad = read_word(walk, at + 8),
		.type = record.p[12],
		.name_length = (uint32_t)read_uint(walk->view->file, at + 14, 2),
	};
	out->used = out->reserved != 0;
	if (out->name_length > SB_UBI_NAME)
		return false;
	out->name = sb_span_of(record.p + 16, out->name_length);
	return true;
}

/* The first of both copies of which every record is right. */
static bool read_table(struct walk *walk, const struct block *block)
{
	uint64_t room = walk->size - block->data_offset, records = room / SB_UBI_RECORD < SB_UBI_VOLUMES ? room / SB_UBI_RECORD : SB_UBI_VOLUMES;

	memset(walk->volumes, 0, sizeof walk->volumes);
	for (uint64_t i = 0; i < records; i++)
		if (!read_record(walk, block->at + block->data_offset + i * SB_UBI_RECORD, &walk->volumes[i]))
			return false;
	return true;
}

static int find_table(struct walk *walk, struct sb_err *err)
{
	for (size_t i = 0; i < walk->blocks.count; i++) {
		const struct block *block = block_at(walk, i);
		if (block->volume == SB_UBI_LAYOUT_VOLUME && block->counts && read_table(walk, block))
			return 0;
	}
	return sb_damaged(err, "archive-damaged", 0, "the image has no volume table");
}

/* Content of a block: all of its room, or what a static volume says that it holds. */
static bool content_of(const struct walk *walk, const struct block *block, uint64_t *length)
{
	uint64_t room = walk->size - block->data_offset;

	if (block->data_pad >= room)
		return false;
	*length = block->type == SB_UBI_STATIC ? block->data_size : room - block->data_pad;
	return *length <= room - block->data_pad;
}

static bool is_right(const struct walk *walk, const struct block *block, uint64_t length)
{
	struct sb_span data;

	if (block->type != SB_UBI_STATIC)
		return block->data_size == 0 && block->data_crc == 0 && block->used == 0;
	return sb_span_cut(walk->view->file, block->at + block->data_offset, length, &data) && block->data_crc == sb_ubi_crc(data);
}

/* How many blocks a static volume has is said by each of them, and the kernel takes all but the last for full. */
static bool is_proper_static(const struct walk *walk, const struct block *block, uint32_t count)
{
	uint64_t room = walk->size - block->data_offset - block->data_pad;
	return block->used == count && block->data_size && (block->number + 1 == count || block->data_size == room);
}

static int push(struct walk *walk, struct sb_slice slice, struct sb_err *err)
{
	struct sb_slice *slot = sb_vec_push(&walk->slices);
	if (!slot)
		return sb_no_memory(err);
	*slot = slice;
	return 0;
}

/* The blocks of volume @id, from place @first: erased flash where one is not there. */
static int collect(struct walk *walk, uint32_t id, size_t first, size_t *behind, struct sb_err *err)
{
	const struct volume *volume = &walk->volumes[id];
	uint32_t next = 0, ordinal = (uint32_t)walk->view->members.count + 1;
	int rc = 0;
	size_t i = first, used = 0;

	walk->slices.count = 0;
	for (; !rc && i < walk->blocks.count && block_at(walk, i)->volume == id; i++) {
		struct block *block = block_at(walk, i);
		uint64_t length = 0, whole = walk->size - block->data_offset - volume->data_pad;
		bool fits = block->type == volume->type && block->data_pad == volume->data_pad && block->number < volume->reserved && content_of(walk, block, &length);
		block->counts = block->counts && fits;
		if (!block->counts)
			continue;
		if (block->number > next && volume->type == SB_UBI_DYNAMIC)
			rc = push(walk, (struct sb_slice){.codec = SB_CODEC_ERASED, .whole = (block->number - next) * whole, .size = (block->number - next) * whole}, err);
		next = block->number + 1;
		block->member = ordinal;
		block->proper = block->proper && is_right(walk, block, length);
		if (!rc)
			rc = push(walk, (struct sb_slice){SB_CODEC_NONE, block->at + block->data_offset, length, length, 0, length}, err);
		used++;
	}
	for (size_t k = first; k < i; k++)
		block_at(walk, k)->proper &= block_at(walk, k)->type != SB_UBI_STATIC || (used == next && is_proper_static(walk, block_at(walk, k), next));
	*behind = i;
	return rc;
}

static int emit_volume(struct walk *walk, uint32_t id, size_t first, size_t *behind, struct sb_err *err)
{
	const struct volume *volume = &walk->volumes[id];
	struct sb_member member = {.type = SB_MEMBER_PART};
	int rc = collect(walk, id, first, behind, err);

	if (rc)
		return rc;
	if (volume->name.n)
		rc = sb_keep(walk->view, volume->name, &member.name, err);
	else
		member.name = sb_span_text("volume without a name");
	return rc ? rc : sb_emit_sliced(walk->view, &member, walk->slices.items, walk->slices.count, err);
}

static int emit_volumes(struct walk *walk, struct sb_err *err)
{
	size_t at = 0;
	int rc = 0;

	for (uint32_t id = 0; !rc && id < SB_UBI_VOLUMES; id++) {
		while (at < walk->blocks.count && block_at(walk, at)->volume < id)
			block_at(walk, at++)->counts = false;
		if (walk->volumes[id].used)
			rc = emit_volume(walk, id, at, &at, err);
		while (at < walk->blocks.count && block_at(walk, at)->volume == id && !walk->volumes[id].used)
			block_at(walk, at++)->counts = false;
	}
	for (; at < walk->blocks.count; at++)
		block_at(walk, at)->counts &= block_at(walk, at)->volume == SB_UBI_LAYOUT_VOLUME && block_at(walk, at)->number < 2;
	return rc;
}

/* Both copies are content: what a record says of a volume is no layout. */
static int own_table(struct walk *walk, const struct block *block, struct sb_err *err)
{
	uint64_t from = block->at + block->data_offset, end = block->at + walk->size;
	int rc = 0;

	for (unsigned i = 0; !rc && i < SB_UBI_VOLUMES && end - from >= SB_UBI_RECORD; i++, from += SB_UBI_RECORD)
		rc = own(walk, (struct sb_region){.offset = from, .length = SB_UBI_RECORD, .kind = SB_REGION_TABLE, .tag = SB_UBI_TAG_RECORD, .name = block->number ? "volume record, copy" : "volume record"},
			 err);
	return rc ? rc : own_fill(walk, from, end, "fill", err);
}

static int own_block(struct walk *walk, const struct block *block, struct sb_err *err)
{
	uint64_t head = block->at + block->vid_offset, data = block->at + block->data_offset, length = 0;
	enum sb_ubi_tag tag = block->type == SB_UBI_STATIC ? SB_UBI_TAG_STATIC : SB_UBI_TAG_VOLUME_IDENTIFIER;
	struct sb_region region = {.offset = head, .length = SB_UBI_HEADER, .kind = block->proper && block->counts ? SB_REGION_LAYOUT : SB_REGION_HEADER, .member = block->member,
				   .tag = (uint32_t)tag | (block->data_offset - block->vid_offset) << 8, .name = "volume identifier"};
	int rc = own(walk, region, err);

	if (rc)
		return rc;
	if (!block->counts)
		return own_gap(walk, data, block->at + walk->size - data, "block that nobody sees", err);
	if (block->volume == SB_UBI_LAYOUT_VOLUME)
		return own_table(walk, block, err);
	if (!content_of(walk, block, &length))
		return sb_fail(err, SB_INTERNAL, "tiling-violated", "a block without content");
	rc = own(walk, (struct sb_region){.offset = data, .length = length, .kind = SB_REGION_CONTENT, .member = block->member, .name = "data"}, err);
	return rc ? rc : own_fill(walk, data + length, block->at + walk->size, "fill", err);
}

static int walk_all(struct walk *walk, struct sb_err *err)
{
	walk->size = find_size(walk->view->file);
	if (walk->size > LARGEST_BLOCK)
		return sb_damaged(err, "archive-damaged", 0, "an erase block that is larger than any");
	walk->image = read_word(walk, 24);
	walk->counter = sb_arena_printf(walk->view->arena, "erase counter every %llu", (unsigned long long)walk->size);
	int rc = walk->counter ? take_blocks(walk, err) : sb_no_memory(err);

	choose(walk);
	if (!rc)
		rc = find_table(walk, err);
	if (!rc)
		rc = emit_volumes(walk, err);
	for (size_t i = 0; !rc && i < walk->blocks.count; i++)
		rc = own_block(walk, block_at(walk, i), err);
	return rc ? rc : sb_tiles_emit(&walk->tiles, walk->view, err);
}

int sb_ubi_walk(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct walk *walk = calloc(1, sizeof *walk);

	(void)hint;
	if (!walk)
		return sb_no_memory(err);
	walk->view = view;
	walk->blocks = (struct sb_vec){.size = sizeof(struct block)};
	walk->slices = (struct sb_vec){.size = sizeof(struct sb_slice)};
	int rc = sb_ubi_is_header(view->file, 0, "UBI#") ? walk_all(walk, err) : sb_damaged(err, "archive-damaged", 0, "no erase counter stands at the start");
	sb_vec_release(&walk->blocks);
	sb_vec_release(&walk->slices);
	sb_tiles_release(&walk->tiles);
	free(walk);
	return rc;
}
