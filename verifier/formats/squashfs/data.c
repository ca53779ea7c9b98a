/* SPDX-License-Identifier: Apache-2.0 */
/* Content of files: blocks one after the other, and a tail in a block that several files share. */
#include "verifier/formats/squashfs/squashfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A size of 4 bytes: how many, and whether they are as they are. */
enum { RAW = 1 << 24, LENGTH = RAW - 1, FRAGMENT = 16, KEPT_BYTES = 32 << 20 };

static int wrong(struct sb_err *err, uint64_t at, const char *text)
{
	return sb_damaged(err, "archive-damaged", at, text);
}

static uint64_t size_word(const struct sb_squashfs *fs, const struct sb_squashfs_inode *inode, size_t block)
{
	struct sb_rd rd = sb_rd_of(sb_squashfs_bytes(&fs->inodes), false);

	sb_rd_seek(&rd, inode->tail + 4 * block);
	return sb_rd_uint(&rd, 4);
}

/* Decoded bytes of a block of a file. */
static uint64_t block_bytes(const struct sb_squashfs *fs, const struct sb_squashfs_inode *inode, size_t block)
{
	uint64_t left = inode->size - block * fs->super.block_size;
	return left < fs->super.block_size ? left : fs->super.block_size;
}

uint64_t sb_squashfs_holes(const struct sb_squashfs *fs, const struct sb_squashfs_inode *inode)
{
	uint64_t holes = 0;

	for (size_t i = 0; i < inode->blocks; i++)
		holes += size_word(fs, inode, i) ? 0 : block_bytes(fs, inode, i);
	return holes;
}

bool sb_squashfs_has_blocks(const struct sb_squashfs *fs, const struct sb_squashfs_inode *inode)
{
	for (size_t i = 0; i < inode->blocks; i++)
		if (size_word(fs, inode, i))
			return true;
	return false;
}

static bool has_tail(const struct sb_squashfs_inode *inode)
{
	return inode->fragment != SB_SQUASHFS_NONE;
}

static bool is_file(const struct sb_squashfs_inode *inode)
{
	return inode->type == 2 || inode->type == 9;
}

int sb_squashfs_own_data(struct sb_squashfs *fs, const struct sb_squashfs_inode *inode, struct sb_err *err)
{
	uint64_t at = inode->start, tail = inode->size % fs->super.block_size;
	int rc = 0;

	if (!is_file(inode))
		return 0;
	for (size_t i = 0; !rc && i < inode->blocks; i++) {
		uint64_t word = size_word(fs, inode, i), length = word & LENGTH;
		if (word > (RAW | fs->super.block_size) || (word && length == 0))
			return wrong(err, at, "a block of data larger than blocks are");
		if (!(word & RAW) && length && fs->super.flags & SB_SQUASHFS_RAW_DATA)
			return wrong(err, at, "compressed data where the superblock says that there is none");
		rc = sb_extents_add(&fs->owned, fs->image.n, (struct sb_extent_of){.offset = at, .length = length, .shared = true}, err);
		at += length;
	}
	if (rc || !has_tail(inode))
		return rc;
	if (inode->fragment >= fs->super.fragments || tail == 0 || inode->fragment_at > fs->super.block_size - tail)
		return wrong(err, at, "the end of a file in a fragment that does not exist");
	const struct sb_extent_of used = {.offset = inode->fragment * fs->super.block_size + inode->fragment_at, .length = tail, .shared = true};
	return sb_extents_add(&fs->fragments_used, UINT64_MAX, used, err);
}

/* A block at @at, of at most @room bytes once decoded. */
static int unpack(struct sb_squashfs *fs, uint64_t at, uint64_t word, uint8_t *out, size_t room, size_t *n, struct sb_err *err)
{
	struct sb_span packed;

	if (!sb_span_cut(fs->image, at, word & LENGTH, &packed))
		return wrong(err, at, "a block outside of the image");
	if (!(word & RAW))
		return sb_blocks_decode(fs->blocks, packed, out, room, n, err);
	if (packed.n > room)
		return wrong(err, at, "a block larger than blocks are");
	memcpy(out, packed.p, packed.n);
	*n = packed.n;
	return 0;
}

static void fragment_row(const struct sb_squashfs *fs, uint64_t fragment, uint64_t *at, uint64_t *word, uint64_t *unused)
{
	struct sb_rd rd = sb_rd_of(sb_squashfs_bytes(&fs->fragments), false);

	sb_rd_seek(&rd, fragment * FRAGMENT);
	*at = sb_rd_uint(&rd, 8);
	*word = sb_rd_uint(&rd, 4);
	*unused = sb_rd_uint(&rd, 4);
}

/* The one that was not used for the longest time, with room for a block. */
static struct sb_squashfs_kept *oldest(struct sb_squashfs *fs)
{
	size_t most = KEPT_BYTES / (size_t)fs->super.block_size;

	if (!fs->kept && !(fs->kept = calloc(most, sizeof *fs->kept)))
		return NULL;
	struct sb_squashfs_kept *found = fs->kept;
	if (fs->kept_count < most)
		found += fs->kept_count++;
	else
		for (size_t i = 1; i < most; i++)
			if (fs->kept[i].used_at < found->used_at)
				found = &fs->kept[i];
	if (!found->bytes)
		found->bytes = malloc((size_t)fs->super.block_size);
	found->fragment = SB_SQUASHFS_NONE;
	return found->bytes ? found : NULL;
}

/* Files come by their names and fragments by the order in which they were written: decoded ones are kept for a while. */
static int get_fragment(struct sb_squashfs *fs, uint32_t fragment, struct sb_span *out, struct sb_err *err)
{
	struct sb_squashfs_kept *kept = NULL;
	uint64_t at, word, unused;
	int rc = 0;

	for (size_t i = 0; i < fs->kept_count && !kept; i++)
		if (fs->kept[i].fragment == fragment)
			kept = &fs->kept[i];
	if (!kept) {
		if (!(kept = oldest(fs)))
			return sb_no_memory(err);
		fragment_row(fs, fragment, &at, &word, &unused);
		rc = unpack(fs, at, word, kept->bytes, (size_t)fs->super.block_size, &kept->n, err);
		if (!rc)
			kept->fragment = fragment;
	}
	kept->used_at = ++fs->clock;
	*out = sb_span_of(kept->bytes, kept->n);
	return rc;
}

static int write_tail(struct sb_squashfs *fs, const struct sb_squashfs_inode *inode, struct sb_err *err)
{
	struct sb_span fragment, tail = {0};
	int rc = get_fragment(fs, inode->fragment, &fragment, err);

	if (!rc && !sb_span_cut(fragment, inode->fragment_at, inode->size % fs->super.block_size, &tail))
		rc = wrong(err, 0, "the end of a file lies behind its fragment");
	return rc ? rc : sb_tree_content(&fs->tree, tail, err);
}

int sb_squashfs_write_data(struct sb_squashfs *fs, const struct sb_squashfs_inode *inode, struct sb_err *err)
{
	uint64_t at = inode->start;
	int rc = 0;

	for (size_t i = 0; !rc && i < inode->blocks; i++) {
		uint64_t word = size_word(fs, inode, i), expected = block_bytes(fs, inode, i);
		size_t n = 0;
		if (word == 0) {
			rc = sb_tree_zeros(&fs->tree, expected, err);
			continue;
		}
		rc = unpack(fs, at, word, fs->block, (size_t)expected, &n, err);
		if (!rc && n != expected)
			rc = wrong(err, at, "a block of data with another length than the file says");
		if (!rc)
			rc = sb_tree_content(&fs->tree, sb_span_of(fs->block, n), err);
		at += word & LENGTH;
	}
	return rc || !has_tail(inode) ? rc : write_tail(fs, inode, err);
}

/* Gaps count in a space of whole blocks: each is cut at the end of its fragment. */
static int tell_gap(void *ctx, uint64_t from, uint64_t to, struct sb_err *err)
{
	struct sb_squashfs *fs = ctx;
	int rc = 0;

	while (!rc && from < to) {
		uint64_t fragment = from / fs->super.block_size, at = from % fs->super.block_size;
		uint64_t length = to - from < fs->super.block_size - at ? to - from : fs->super.block_size - at;
		struct sb_span bytes, gap;
		char name[96];
		rc = get_fragment(fs, (uint32_t)fragment, &bytes, err);
		if (!rc && at < bytes.n) {
			gap = sb_span_of(bytes.p + at, bytes.n - at < length ? bytes.n - (size_t)at : (size_t)length);
			snprintf(name, sizeof name, "unused bytes of fragment %llu at %#llx", (unsigned long long)fragment, (unsigned long long)at);
			rc = sb_tree_part(&fs->tree, name, gap, err);
		}
		from += length;
	}
	return rc;
}

int sb_squashfs_tell_fragments(struct sb_squashfs *fs, struct sb_err *err)
{
	uint64_t at, word, unused;
	int rc = 0;

	for (uint64_t i = 0; !rc && i < fs->super.fragments; i++) {
		fragment_row(fs, i, &at, &word, &unused);
		if (unused || word > (RAW | fs->super.block_size) || (!(word & RAW) && fs->super.flags & SB_SQUASHFS_RAW_FRAGMENTS))
			return wrong(err, at, "a row of the fragment table that makes no sense");
		rc = sb_extents_add(&fs->owned, fs->image.n, (struct sb_extent_of){.offset = at, .length = word & LENGTH}, err);
	}
	return rc ? rc : sb_extents_settle(&fs->fragments_used, fs->super.fragments * fs->super.block_size, tell_gap, fs, err);
}
