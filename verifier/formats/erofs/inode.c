/* SPDX-License-Identifier: Apache-2.0 */
/* Inodes, their attributes, and data that is not compressed. */
#include "verifier/formats/erofs/erofs.h"

enum { COMPACT = 32, EXTENDED = 64, XATTR_HEAD = 12, CHUNK_BITS = 31, CHUNK_INDEXES = 32, HOLE = 0xffffffff };

uint64_t sb_erofs_uint(const struct sb_erofs *fs, uint64_t at, unsigned width)
{
	struct sb_rd rd = sb_rd_of(fs->view->file, false);

	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, width);
}

bool sb_erofs_is_zero(const struct sb_erofs *fs, uint64_t at, uint64_t length)
{
	struct sb_span bytes;
	return sb_span_cut(fs->view->file, at, length, &bytes) && sb_span_all_zero(bytes);
}

static struct sb_region region_of(uint64_t at, uint64_t length, enum sb_region_kind kind, const char *name, enum sb_erofs_tag tag, uint32_t member)
{
	return (struct sb_region){.offset = at, .length = length, .kind = kind, .name = name, .tag = (uint32_t)tag, .member = member};
}

int sb_erofs_own(struct sb_erofs *fs, uint64_t at, uint64_t length, enum sb_region_kind kind, const char *name, enum sb_erofs_tag tag, uint32_t member, struct sb_err *err)
{
	const struct sb_region region = region_of(at, length, kind, name, tag, member);
	return sb_tiles_add(&fs->tiles, fs->view->file.n, &region, err);
}

int sb_erofs_share(struct sb_erofs *fs, uint64_t at, uint64_t length, enum sb_region_kind kind, const char *name, uint32_t member, struct sb_err *err)
{
	const struct sb_region region = region_of(at, length, kind, name, SB_EROFS_TAG_NONE, member);
	return sb_tiles_share(&fs->tiles, fs->view->file.n, &region, err);
}

int sb_erofs_push(struct sb_erofs *fs, struct sb_slice slice, struct sb_err *err)
{
	struct sb_slice *slot = sb_vec_push(&fs->slices);
	if (!slot)
		return sb_no_memory(err);
	*slot = slice;
	return 0;
}

static void read_compact(const struct sb_erofs *fs, struct sb_erofs_inode *out)
{
	out->head = COMPACT;
	out->size = sb_erofs_uint(fs, out->at + 8, 4);
	out->uid = (uint32_t)sb_erofs_uint(fs, out->at + 24, 2);
	out->gid = (uint32_t)sb_erofs_uint(fs, out->at + 26, 2);
	out->links = (uint32_t)sb_erofs_uint(fs, out->at + 6, 2);
	out->mtime = fs->build_time;
	out->mtime_ns = fs->build_time_ns;
	out->proper = sb_erofs_is_zero(fs, out->at + 12, 4) && sb_erofs_is_zero(fs, out->at + 28, 4);
}

static void read_extended(const struct sb_erofs *fs, struct sb_erofs_inode *out)
{
	out->head = EXTENDED;
	out->size = sb_erofs_uint(fs, out->at + 8, 8);
	out->uid = (uint32_t)sb_erofs_uint(fs, out->at + 24, 4);
	out->gid = (uint32_t)sb_erofs_uint(fs, out->at + 28, 4);
	out->links = (uint32_t)sb_erofs_uint(fs, out->at + 44, 4);
	out->mtime = sb_erofs_uint(fs, out->at + 32, 8);
	out->mtime_ns = (uint32_t)sb_erofs_uint(fs, out->at + 40, 4);
	out->proper = sb_erofs_is_zero(fs, out->at + 6, 2) && sb_erofs_is_zero(fs, out->at + 48, 16);
}

int sb_erofs_read_inode(const struct sb_erofs *fs, uint64_t nid, struct sb_erofs_inode *out, struct sb_err *err)
{
	uint64_t size = fs->view->file.n, offset;

	*out = (struct sb_erofs_inode){.nid = nid};
	if (!sb_mul(nid, SB_EROFS_SLOT, &offset) || !sb_add(offset, fs->meta, &out->at) || out->at > size || size - out->at < COMPACT)
		return sb_damaged(err, "archive-damaged", 0, "an inode that does not lie inside the image");
	uint64_t format = sb_erofs_uint(fs, out->at, 2), count = sb_erofs_uint(fs, out->at + 2, 2);
	out->extended = format & 1;
	out->layout = (enum sb_erofs_layout)(format >> 1 & 7);
	if (format >> 4 || (out->extended && size - out->at < EXTENDED))
		return sb_damaged(err, "archive-unsupported", out->at, "an inode of a form that is not known");
	if (out->extended)
		read_extended(fs, out);
	else
		read_compact(fs, out);
	out->mode = (uint32_t)sb_erofs_uint(fs, out->at + 4, 2);
	out->type = sb_type_of_mode(out->mode);
	out->place = (uint32_t)sb_erofs_uint(fs, out->at + 16, 4);
	out->attributes = count ? XATTR_HEAD + (count - 1) * 4 : 0;
	out->end = out->at + out->head + out->attributes;
	return out->end <= size ? 0 : sb_damaged(err, "archive-truncated", out->at, "attributes that do not lie inside the image");
}

/* ---- attributes ---- */

static const char *prefix_of(uint64_t number)
{
	static const char *const prefixes[] = {NULL, "user.", "system.posix_acl_access", "system.posix_acl_default", "trusted.", "lustre.", "security."};
	return number < sizeof prefixes / sizeof *prefixes ? prefixes[number] : NULL;
}

/* One entry at @at; its length with fill, or 0 when it does not lie before @end or its fill is not zero. */
static uint64_t read_entry(const struct sb_erofs *fs, uint64_t at, uint64_t end, const char **prefix, struct sb_span *name, struct sb_span *value)
{
	uint64_t name_length = sb_erofs_uint(fs, at, 1), value_length = sb_erofs_uint(fs, at + 2, 2), used = 4 + name_length + value_length, whole = (used + 3) & ~UINT64_C(3);

	*prefix = prefix_of(sb_erofs_uint(fs, at + 1, 1));
	if (at > end || whole > end - at || !*prefix || !sb_span_cut(fs->view->file, at + 4, name_length, name) ||
	    !sb_span_cut(fs->view->file, at + 4 + name_length, value_length, value) || !sb_erofs_is_zero(fs, at + used, whole - used))
		return 0;
	return whole;
}

static int damaged(struct sb_err *err, uint64_t at)
{
	return sb_damaged(err, "archive-damaged", at, "an attribute that does not lie where it should");
}

static int take_shared(struct sb_erofs *fs, uint64_t number, struct sb_err *err)
{
	uint64_t at = fs->shared + number * 4;
	const char *prefix = NULL;
	struct sb_span name = {0}, value = {0};
	uint64_t length = at < fs->view->file.n ? read_entry(fs, at, fs->view->file.n, &prefix, &name, &value) : 0;

	if (!length)
		return damaged(err, at);
	fs->shares++;
	int rc = sb_erofs_share(fs, at, length, SB_REGION_LAYOUT, "shared attribute", 0, err);
	return rc ? rc : sb_xattrs_add(&fs->xattrs, prefix, name, value, err);
}

static int take_xattrs(struct sb_erofs *fs, uint64_t at, uint64_t end, struct sb_err *err)
{
	uint64_t shared = sb_erofs_uint(fs, at + 4, 1), inline_at = at + XATTR_HEAD + shared * 4;
	int rc = inline_at > end ? damaged(err, at) : 0;

	for (uint64_t i = 0; !rc && i < shared; i++)
		rc = take_shared(fs, sb_erofs_uint(fs, at + XATTR_HEAD + i * 4, 4), err);
	while (!rc && inline_at < end) {
		const char *prefix = NULL;
		struct sb_span name = {0}, value = {0};
		uint64_t length = read_entry(fs, inline_at, end, &prefix, &name, &value);
		rc = length ? sb_xattrs_add(&fs->xattrs, prefix, name, value, err) : damaged(err, inline_at);
		inline_at += length;
	}
	return rc;
}

/* The two forms of inodes have the count in different places: it is told with the member, as it says what stat() does. */
static int add_links(struct sb_erofs *fs, const struct sb_erofs_inode *inode, struct sb_err *err)
{
	uint8_t *links = sb_arena_alloc(fs->view->arena, sizeof inode->links);

	if (!links)
		return sb_no_memory(err);
	for (unsigned i = 0; i < sizeof inode->links; i++)
		links[i] = (uint8_t)(inode->links >> 8 * i);
	return sb_xattrs_add(&fs->xattrs, "", sb_span_text("links"), sb_span_of(links, sizeof inode->links), err);
}

static int read_stored(struct sb_erofs *fs, const struct sb_erofs_inode *inode, uint32_t ordinal, struct sb_err *err)
{
	uint64_t at = inode->at + inode->head;
	bool proper = inode->attributes > XATTR_HEAD && sb_erofs_is_zero(fs, at, 4) && sb_erofs_is_zero(fs, at + 5, 7);
	int rc = sb_erofs_own(fs, at, inode->attributes, proper ? SB_REGION_LAYOUT : SB_REGION_HEADER, "attributes", SB_EROFS_TAG_NONE, ordinal, err);

	if (!rc)
		rc = take_xattrs(fs, at, inode->end, err);
	if (!rc && sb_xattrs_repeat(&fs->xattrs)) /* the first one is found, and which that is depends on where they lie */
		rc = sb_damaged(err, "archive-damaged", at, "an attribute that comes twice");
	return rc;
}

int sb_erofs_read_xattrs(struct sb_erofs *fs, const struct sb_erofs_inode *inode, uint32_t ordinal, struct sb_member *member, struct sb_err *err)
{
	bool usual = inode->type != SB_MEMBER_DIR && inode->links == 1;
	int rc = 0;

	sb_xattrs_clear(&fs->xattrs);
	if (inode->attributes)
		rc = read_stored(fs, inode, ordinal, err);
	if (!rc && !usual)
		rc = add_links(fs, inode, err);
	return rc ? rc : sb_xattrs_keep(fs->view, &fs->xattrs, &member->xattrs, err);
}

/* ---- data ---- */

/* Folders are structure that is read by whoever asks here; all else is content. */
static int take_stretch(struct sb_erofs *fs, const struct sb_erofs_inode *inode, uint64_t at, uint64_t length, uint32_t ordinal, struct sb_err *err)
{
	struct sb_span inside;

	if (!sb_span_cut(fs->view->file, at, length, &inside))
		return sb_damaged(err, "archive-truncated", inode->at, "data that does not lie inside the image");
	int rc = inode->type == SB_MEMBER_DIR ? 0 : sb_erofs_share(fs, at, length, SB_REGION_CONTENT, "data", ordinal, err);
	return rc ? rc : sb_erofs_push(fs, (struct sb_slice){SB_CODEC_NONE, at, length, length, 0, length}, err);
}

/* Whole blocks, and of inline data a rest behind the inode that ends in its block. Readers look there for the last block even when it is a whole one. */
static int take_flat(struct sb_erofs *fs, const struct sb_erofs_inode *inode, uint32_t ordinal, struct sb_err *err)
{
	uint64_t rest = inode->layout == SB_EROFS_INLINE ? inode->size % SB_EROFS_BLOCK : 0, blocks = inode->size - rest;
	int rc = 0;

	if (inode->layout == SB_EROFS_INLINE && rest == 0)
		return sb_damaged(err, "archive-unsupported", inode->at, "inline data whose end is a whole block");
	if (rest && inode->end % SB_EROFS_BLOCK + rest > SB_EROFS_BLOCK)
		return sb_damaged(err, "archive-damaged", inode->at, "inline data that crosses a block");
	if (blocks)
		rc = take_stretch(fs, inode, (uint64_t)inode->place << SB_EROFS_BLOCK_BITS, blocks, ordinal, err);
	return rc || !rest ? rc : take_stretch(fs, inode, inode->end, rest, ordinal, err);
}

static int take_chunk(struct sb_erofs *fs, const struct sb_erofs_inode *inode, uint64_t entry, bool indexes, uint64_t length, uint32_t ordinal, struct sb_err *err)
{
	uint64_t block = sb_erofs_uint(fs, indexes ? entry + 4 : entry, 4);

	if (indexes && sb_erofs_uint(fs, entry, 4) != 0)
		return sb_damaged(err, "archive-unsupported", entry, "data on another device");
	if (block == HOLE)
		return sb_erofs_push(fs, (struct sb_slice){.codec = SB_CODEC_HOLE, .whole = length, .size = length}, err);
	return take_stretch(fs, inode, block << SB_EROFS_BLOCK_BITS, length, ordinal, err);
}

static int take_chunks(struct sb_erofs *fs, const struct sb_erofs_inode *inode, uint32_t ordinal, struct sb_err *err)
{
	bool indexes = inode->place & CHUNK_INDEXES;
	uint64_t width = indexes ? 8 : 4, chunk = (uint64_t)SB_EROFS_BLOCK << (inode->place & CHUNK_BITS), count = (inode->size + chunk - 1) / chunk;
	uint64_t at = (inode->end + width - 1) & ~(width - 1);

	fs->used |= SB_EROFS_CHUNKS;
	if (inode->place >> 6 || inode->size > UINT64_MAX / 2 || count > fs->view->file.n / width)
		return sb_damaged(err, "archive-damaged", inode->at, "chunks that do not lie inside the image");
	int rc = sb_erofs_own(fs, at, count * width, SB_REGION_LAYOUT, "chunks", SB_EROFS_TAG_NONE, ordinal, err);
	for (uint64_t i = 0; !rc && i < count; i++) {
		uint64_t left = inode->size - i * chunk;
		rc = take_chunk(fs, inode, at + i * width, indexes, left < chunk ? left : chunk, ordinal, err);
	}
	return rc;
}

int sb_erofs_read_data(struct sb_erofs *fs, const struct sb_erofs_inode *inode, uint32_t ordinal, struct sb_err *err)
{
	fs->slices.count = 0;
	if (inode->size == 0)
		return 0;
	switch (inode->layout) {
	case SB_EROFS_PLAIN:
	case SB_EROFS_INLINE:
		return take_flat(fs, inode, ordinal, err);
	case SB_EROFS_CHUNKED:
		return take_chunks(fs, inode, ordinal, err);
	case SB_EROFS_COMPRESSED_FULL:
	case SB_EROFS_COMPRESSED:
		return sb_erofs_read_clusters(fs, inode, ordinal, err);
	}
	return sb_damaged(err, "archive-unsupported", inode->at, "data of a layout that is not known");
}
