/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of metadata: two bytes of length, the highest bit of which says that the block is not compressed. */
#include "verifier/formats/squashfs/squashfs.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD = 2, RAW = 0x8000 };

static int make_room(struct sb_squashfs_table *table, struct sb_err *err)
{
	if (table->room - table->n >= SB_SQUASHFS_METADATA)
		return 0;
	size_t room = table->room ? 2 * table->room : 4 * (size_t)SB_SQUASHFS_METADATA;
	uint8_t *bytes = room <= SB_LIMIT_OF(PARTS_BYTES) ? realloc(table->bytes, room) : NULL;
	if (!bytes)
		return room > SB_LIMIT_OF(PARTS_BYTES) ? sb_fail_limit(err, SB_LIMIT_ROW_PARTS_BYTES, room) : sb_no_memory(err);
	table->bytes = bytes;
	table->room = room;
	return 0;
}

static int unpack(struct sb_squashfs *fs, struct sb_span packed, bool raw, struct sb_squashfs_table *out, size_t *n, struct sb_err *err)
{
	if (!raw)
		return sb_blocks_decode(fs->blocks, packed, out->bytes + out->n, SB_SQUASHFS_METADATA, n, err);
	memcpy(out->bytes + out->n, packed.p, packed.n);
	*n = packed.n;
	return 0;
}

/* The block at @place; *next is where it ends. */
static int read_block(struct sb_squashfs *fs, uint64_t place, struct sb_squashfs_table *out, uint64_t *next, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(fs->image, false);
	struct sb_span packed;
	size_t n = 0;

	sb_rd_seek(&rd, place);
	uint64_t head = sb_rd_uint(&rd, HEAD), length = head & (RAW - 1);
	if (rd.bad || length == 0 || length > SB_SQUASHFS_METADATA || !sb_span_cut(fs->image, place + HEAD, length, &packed))
		return sb_damaged(err, "archive-damaged", place, "a block of metadata that makes no sense");
	if (out->n % SB_SQUASHFS_METADATA)
		return sb_damaged(err, "archive-damaged", place, "a block of metadata follows one that is not full");
	struct sb_squashfs_start *start = sb_vec_push(&out->starts);
	if (!start)
		return sb_no_memory(err);
	*start = (struct sb_squashfs_start){place, out->n};
	int rc = make_room(out, err);
	if (!rc)
		rc = unpack(fs, packed, head & RAW, out, &n, err);
	if (!rc && n == 0)
		rc = sb_damaged(err, "archive-damaged", place, "an empty block of metadata");
	if (!rc)
		rc = sb_extents_add(&fs->owned, fs->image.n, (struct sb_extent_of){.offset = place, .length = HEAD + length}, err);
	out->n += n;
	out->packed |= !(head & RAW);
	*next = place + HEAD + length;
	return rc;
}

static void start(struct sb_squashfs_table *table)
{
	*table = (struct sb_squashfs_table){.starts = {.size = sizeof(struct sb_squashfs_start)}};
}

int sb_squashfs_chain(struct sb_squashfs *fs, uint64_t from, uint64_t to, struct sb_squashfs_table *out, struct sb_err *err)
{
	int rc = 0;

	start(out);
	while (!rc && from < to)
		rc = read_block(fs, from, out, &from, err);
	if (!rc && from != to)
		rc = sb_damaged(err, "archive-damaged", to, "a table of metadata reaches into the next one");
	return rc;
}

int sb_squashfs_listed(struct sb_squashfs *fs, uint64_t index, uint64_t size, struct sb_squashfs_table *out, struct sb_err *err)
{
	uint64_t count = (size + SB_SQUASHFS_METADATA - 1) / SB_SQUASHFS_METADATA, next;
	struct sb_rd rd = sb_rd_of(fs->image, false);

	start(out);
	int rc = sb_extents_add(&fs->owned, fs->image.n, (struct sb_extent_of){.offset = index, .length = 8 * count}, err);
	sb_rd_seek(&rd, index);
	for (uint64_t i = 0; !rc && i < count; i++)
		rc = read_block(fs, sb_rd_uint(&rd, 8), out, &next, err);
	if (!rc && (rd.bad || out->n != size))
		rc = sb_damaged(err, "archive-damaged", index, "a table of another length than its count");
	return rc;
}

bool sb_squashfs_place(const struct sb_squashfs_table *table, uint64_t base, uint64_t start_at, uint64_t at, size_t *out)
{
	const struct sb_squashfs_start *starts = table->starts.items;
	size_t low = 0, high = table->starts.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (starts[middle].place - base < start_at)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == table->starts.count || starts[low].place - base != start_at || at >= SB_SQUASHFS_METADATA || at > table->n - starts[low].at)
		return false;
	*out = starts[low].at + (size_t)at;
	return true;
}

uint64_t sb_squashfs_first_block(const struct sb_squashfs *fs, uint64_t index)
{
	struct sb_rd rd = sb_rd_of(fs->image, false);

	sb_rd_seek(&rd, index);
	uint64_t first = sb_rd_uint(&rd, 8);
	return rd.bad ? UINT64_MAX : first;
}

struct sb_span sb_squashfs_bytes(const struct sb_squashfs_table *table)
{
	return sb_span_of(table->bytes, table->n);
}

void sb_squashfs_table_release(struct sb_squashfs_table *table)
{
	free(table->bytes);
	sb_vec_release(&table->starts);
	*table = (struct sb_squashfs_table){.n = 0};
}
