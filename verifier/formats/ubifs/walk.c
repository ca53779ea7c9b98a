/* SPDX-License-Identifier: Apache-2.0 */
/* Owners of all bytes: what the index leads to, what lies between, and the areas that are not reached from it. */
#include "verifier/formats/ubifs/ubifs.h"

#include <stdlib.h>
#include <string.h>

/** mkfs.ubifs writes the log behind the master, with numbers that are as much larger. */
enum { AFTER = 16 };

static bool is_fill(struct sb_span bytes)
{
	return bytes.n == 0 || ((bytes.p[0] == 0xff || bytes.p[0] == 0) && memcmp(bytes.p, bytes.p + 1, bytes.n - 1) == 0);
}

/* What nobody knows may count by where it lies, and so its place is part of its name. */
static int own_gap(struct sb_ubifs *fs, uint64_t at, uint64_t length, const char *name, struct sb_err *err)
{
	const char *placed = sb_arena_printf(fs->view->arena, "%s at %llu", name, (unsigned long long)at);
	return placed ? sb_ubifs_own(fs, at, length, SB_REGION_GAP, placed, 0, 0, err) : sb_no_memory(err);
}

static int own_fill(struct sb_ubifs *fs, uint64_t from, uint64_t to, const char *name, struct sb_err *err)
{
	struct sb_span bytes;
	bool fill = sb_span_cut(fs->view->file, from, to - from, &bytes) && is_fill(bytes);

	return fill ? sb_ubifs_own(fs, from, to - from, SB_REGION_LAYOUT, name, 0, 0, err) : own_gap(fs, from, to - from, "gap", err);
}

static int own_inode(struct sb_ubifs *fs, const struct sb_ubifs_leaf *leaf, enum sb_region_kind kind, struct sb_err *err)
{
	int rc = sb_ubifs_own(fs, leaf->offset, SB_UBIFS_INODE_SIZE, kind, "inode", 1 + SB_UBIFS_INODE, leaf->member, err);
	return rc ? rc : sb_ubifs_own(fs, leaf->offset + SB_UBIFS_INODE_SIZE, leaf->length - SB_UBIFS_INODE_SIZE, SB_REGION_CONTENT, "inline data", 0, leaf->member, err);
}

static int own_data(struct sb_ubifs *fs, const struct sb_ubifs_leaf *leaf, enum sb_region_kind kind, struct sb_err *err)
{
	bool plain = sb_ubifs_uint(fs, leaf->offset + 44, 2) == 0;
	int rc = sb_ubifs_own(fs, leaf->offset, SB_UBIFS_DATA_SIZE, kind, "block", 1 + SB_UBIFS_DATA, leaf->member, err);

	return rc ? rc
		  : sb_ubifs_own(fs, leaf->offset + SB_UBIFS_DATA_SIZE, leaf->length - SB_UBIFS_DATA_SIZE, plain ? SB_REGION_CONTENT : SB_REGION_ENCODED, "data", 0,
				 leaf->member, err);
}

static int own_leaf(struct sb_ubifs *fs, const struct sb_ubifs_leaf *leaf, struct sb_err *err)
{
	enum sb_region_kind kind = leaf->proper ? SB_REGION_LAYOUT : SB_REGION_HEADER;

	if (!leaf->used)
		return own_gap(fs, leaf->offset, leaf->length, "node that nobody sees", err);
	switch (leaf->word >> 29) {
	case SB_UBIFS_INODE:
		return own_inode(fs, leaf, kind, err);
	case SB_UBIFS_DATA:
		return own_data(fs, leaf, kind, err);
	case SB_UBIFS_DIRENT:
		return sb_ubifs_own(fs, leaf->offset, leaf->length, kind, "name", 1 + SB_UBIFS_DIRENT, leaf->member, err);
	default:
		return sb_ubifs_own(fs, leaf->offset, leaf->length, kind, "attribute", 1 + SB_UBIFS_XATTR, leaf->member, err);
	}
}

/* ---- what nothing leads to ---- */

static int own_padding(struct sb_ubifs *fs, uint64_t at, uint64_t *end, struct sb_err *err)
{
	uint64_t fill = sb_ubifs_uint(fs, at + 24, 4), limit = *end;
	bool proper = sb_ubifs_is_zero(fs, at + 22, 2) && fill <= limit - at - SB_UBIFS_PADDING_SIZE;
	int rc = sb_ubifs_own(fs, at, SB_UBIFS_PADDING_SIZE, proper ? SB_REGION_LAYOUT : SB_REGION_HEADER, "padding", 1 + SB_UBIFS_PADDING, 0, err);

	*end = at + SB_UBIFS_PADDING_SIZE + (proper ? fill : 0);
	return rc ? rc : own_fill(fs, at + SB_UBIFS_PADDING_SIZE, *end, "fill", err);
}

/* A node that the index does not know. Commits begin in the log. */
static int own_stray(struct sb_ubifs *fs, uint64_t at, enum sb_ubifs_type type, uint32_t length, struct sb_err *err)
{
	bool commit = type == SB_UBIFS_COMMIT_START && length == SB_UBIFS_COMMIT_SIZE;

	if (type == SB_UBIFS_REFERENCE)
		return sb_damaged(err, "archive-unsupported", at, "the journal was not replayed: what counts would have to be guessed");
	/* The kernel mounts nothing when its number is not the master's (fs/ubifs/replay.c). */
	bool proper = commit && sb_ubifs_is_zero(fs, at + 22, 2) && sb_ubifs_uint(fs, at + 24, 8) == sb_ubifs_uint(fs, fs->master + 32, 8) && sb_ubifs_uint(fs, at + 8, 8) <= fs->sqnum + AFTER;
	return proper ? sb_ubifs_own(fs, at, length, SB_REGION_LAYOUT, "start of a commit", 1 + SB_UBIFS_COMMIT_START, 0, err)
		      : own_gap(fs, at, length, commit ? "start of a commit" : "node that nobody sees", err);
}

/* How far erased flash reaches from @at, or what is neither that nor a node. */
static uint64_t run_of(const struct sb_ubifs *fs, uint64_t at, uint64_t to, bool erased)
{
	enum sb_ubifs_type type;
	uint64_t end = at;

	if (erased) {
		while (end < to && fs->view->file.p[end] == 0xff)
			end++;
		return end;
	}
	for (end = at + 1; end < to; end++)
		if (end % 8 == 0 && (sb_ubifs_node(fs, end, &type) || fs->view->file.p[end] == 0xff))
			break;
	return end;
}

/* From the end of one owner to the start of the next, inside of one logical erase block. */
static int own_between(struct sb_ubifs *fs, uint64_t from, uint64_t to, struct sb_err *err)
{
	uint64_t aligned = (from + 7) & ~UINT64_C(7), at = aligned < to ? aligned : to;
	int rc = own_fill(fs, from, at, "fill", err);

	while (!rc && at < to) {
		enum sb_ubifs_type type;
		uint32_t length = sb_ubifs_node(fs, at, &type);
		uint64_t end = to;
		if (length && length > to - at)
			length = 0;
		if (length && type == SB_UBIFS_PADDING && length == SB_UBIFS_PADDING_SIZE) {
			rc = own_padding(fs, at, &end, err);
		} else if (length) {
			rc = own_stray(fs, at, type, length, err);
			end = at + length;
		} else if ((end = run_of(fs, at, to, true)) > at) {
			rc = sb_ubifs_own(fs, at, end - at, SB_REGION_LAYOUT, "erased", 0, 0, err);
		} else {
			end = run_of(fs, at, to, false);
			rc = own_gap(fs, at, end - at, "gap", err);
		}
		uint64_t next = (end + 7) & ~UINT64_C(7);
		next = next < to ? next : to;
		if (!rc)
			rc = own_fill(fs, end, next, "fill", err);
		at = next;
	}
	return rc;
}

static int by_offset(const void *a, const void *b)
{
	const struct sb_region *x = a, *y = b;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Every logical erase block is looked at by itself: fill and nodes do not reach over its end. */
static int own_rest(struct sb_ubifs *fs, struct sb_err *err)
{
	struct sb_vec known = fs->tiles.regions;
	uint64_t at = 0, size = fs->view->file.n, described = (uint64_t)fs->leb_count * fs->leb_size;
	size_t next = 0;
	int rc = 0;

	fs->tiles.regions = (struct sb_vec){.size = known.size, .ceiling = known.ceiling};
	if (known.count)
		qsort(known.items, known.count, known.size, by_offset);
	while (!rc && at < size) {
		const struct sb_region *owner = next < known.count ? sb_vec_at(&known, next) : NULL;
		uint64_t block = at < described ? (at / fs->leb_size + 1) * fs->leb_size : size, to = block < size ? block : size;
		if (owner && owner->offset < to) {
			rc = owner->offset < at ? sb_damaged(err, "archive-overlap", owner->offset, "two nodes share bytes") : own_between(fs, at, owner->offset, err);
			if (!rc)
				rc = sb_tiles_add(&fs->tiles, size, owner, err);
			at = owner->offset + owner->length;
			next++;
		} else {
			rc = own_between(fs, at, to, err);
			at = to;
		}
	}
	sb_vec_release(&known);
	return rc;
}

static int walk_all(struct sb_ubifs *fs, struct sb_err *err)
{
	int rc = sb_ubifs_read_heads(fs, err);

	if (!rc)
		rc = sb_ubifs_read_space(fs, err);
	if (!rc)
		rc = sb_ubifs_read_index(fs, err);
	if (!rc)
		rc = sb_ubifs_read_tree(fs, err);
	for (size_t i = 0; !rc && i < fs->leaves.count; i++)
		rc = own_leaf(fs, sb_ubifs_leaf(fs, i), err);
	if (!rc)
		rc = sb_ubifs_own_heads(fs, err);
	if (!rc)
		rc = own_rest(fs, err);
	return rc ? rc : sb_tiles_emit(&fs->tiles, fs->view, err);
}

int sb_ubifs_walk(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct sb_ubifs fs = {
		.view = view,
		.leaves = {.size = sizeof(struct sb_ubifs_leaf), .ceiling = (size_t)SB_LIMIT_OF(REGIONS)},
		.slices = {.size = sizeof(struct sb_slice)},
	};

	(void)hint;
	int rc = walk_all(&fs, err);
	sb_vec_release(&fs.leaves);
	sb_vec_release(&fs.slices);
	sb_tiles_release(&fs.tiles);
	return rc;
}
