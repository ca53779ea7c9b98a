/* SPDX-License-Identifier: Apache-2.0 */
/* Extended attributes: a stream of names and values, and a list of stretches of it that inodes refer to. */
#include "verifier/formats/squashfs/squashfs.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 16, ID = 16, ELSEWHERE = 0x100, PREFIXES = 3, MOST = 300 };

static int wrong(const struct sb_squashfs *fs, struct sb_err *err, const char *text)
{
	return sb_damaged(err, "archive-damaged", fs->super.xattr_table, text);
}

static size_t id_count(const struct sb_squashfs *fs)
{
	return fs->xattr_ids.n / ID;
}

int sb_squashfs_read_xattrs(struct sb_squashfs *fs, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(fs->image, false);

	if (fs->super.xattr_table == UINT64_MAX)
		return 0;
	sb_rd_seek(&rd, fs->super.xattr_table);
	uint64_t stream = sb_rd_uint(&rd, 8), ids = sb_rd_uint(&rd, 4), unused = sb_rd_uint(&rd, 4);
	if (rd.bad || unused || ids == 0)
		return wrong(fs, err, "a table of extended attributes that makes no sense");
	int rc = sb_extents_add(&fs->owned, fs->image.n, (struct sb_extent_of){.offset = fs->super.xattr_table, .length = HEADER}, err);
	if (!rc)
		rc = sb_squashfs_listed(fs, fs->super.xattr_table + HEADER, ids * ID, &fs->xattr_ids, err);
	if (!rc)
		rc = sb_squashfs_chain(fs, stream, sb_squashfs_first_block(fs, fs->super.xattr_table + HEADER), &fs->xattrs, err);
	if (!rc && (!(fs->xattr_used = calloc(ids, 1)) || !(fs->xattr_owned = calloc(fs->xattrs.n + 1, 1))))
		rc = sb_no_memory(err);
	return rc;
}

/** One attribute of an inode. */
struct attribute {
	const char *prefix;
	struct sb_span name, value;
};

static int by_name(const void *a, const void *b)
{
	const struct attribute *x = a, *y = b;
	int order = strcmp(x->prefix, y->prefix);
	return order ? order : sb_span_compare(x->name, y->name);
}

static void own(struct sb_squashfs *fs, size_t from, size_t to)
{
	memset(fs->xattr_owned + from, 1, to - from);
}

/* A long value that several inodes have stands in one place, by itself or in the list of one of them. */
static int follow(struct sb_squashfs *fs, struct sb_span reference, struct sb_span *value, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(reference, false), there = sb_rd_of(sb_squashfs_bytes(&fs->xattrs), false);
	uint64_t to = sb_rd_uint(&rd, 8);
	size_t place;

	if (rd.bad || reference.n != 8 || !sb_squashfs_place(&fs->xattrs, ((const struct sb_squashfs_start *)fs->xattrs.starts.items)->place, to >> 16, to & 0xffff, &place))
		return wrong(fs, err, "an extended attribute that refers to nothing");
	sb_rd_seek(&there, place);
	*value = sb_rd_bytes(&there, (size_t)sb_rd_uint(&there, 4));
	if (there.bad)
		return wrong(fs, err, "an extended attribute that refers to nothing");
	own(fs, place, there.at);
	return 0;
}

static int read_attribute(struct sb_squashfs *fs, struct sb_rd *rd, struct attribute *out, struct sb_err *err)
{
	static const char *const prefixes[PREFIXES] = {"user.", "trusted.", "security."};
	uint64_t type = sb_rd_uint(rd, 2);
	size_t from = rd->at - 2;

	out->name = sb_rd_bytes(rd, (size_t)sb_rd_uint(rd, 2));
	out->value = sb_rd_bytes(rd, (size_t)sb_rd_uint(rd, 4));
	if (rd->bad || (type & ~(uint64_t)ELSEWHERE) >= PREFIXES || out->name.n == 0)
		return wrong(fs, err, "an extended attribute that makes no sense");
	out->prefix = prefixes[type & ~(uint64_t)ELSEWHERE];
	own(fs, from, rd->at);
	return type & ELSEWHERE ? follow(fs, out->value, &out->value, err) : 0;
}

/* Full names with a byte behind each, and values: a size that the list states. */
static uint64_t size_of(const struct attribute *all, size_t count)
{
	uint64_t size = 0;
	for (size_t i = 0; i < count; i++)
		size += strlen(all[i].prefix) + all[i].name.n + 1 + all[i].value.n;
	return size;
}

static int add_sorted(struct sb_squashfs *fs, struct attribute *all, size_t count, uint64_t stated, struct sb_err *err)
{
	if (stated != size_of(all, count))
		sb_tree_number(&fs->values, "size of extended attributes", stated, 4);
	qsort(all, count, sizeof *all, by_name);
	for (size_t i = 0; i < count; i++) {
		char name[MOST];
		int n = snprintf(name, sizeof name, "%s%.*s", all[i].prefix, (int)all[i].name.n, (const char *)all[i].name.p);
		if (n < 0 || (size_t)n != strlen(all[i].prefix) + all[i].name.n || (i && by_name(&all[i - 1], &all[i]) == 0))
			return wrong(fs, err, "an extended attribute with a name that cannot be, or that comes twice");
		sb_tree_value(&fs->values, SB_TREE_XATTR, sb_span_of(name, (size_t)n), all[i].value);
	}
	return 0;
}

int sb_squashfs_add_xattrs(struct sb_squashfs *fs, uint32_t index, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(sb_squashfs_bytes(&fs->xattr_ids), false);
	size_t at;

	if (index == SB_SQUASHFS_NONE)
		return 0;
	if (index >= id_count(fs))
		return wrong(fs, err, "an inode with extended attributes that do not exist");
	sb_rd_seek(&rd, (uint64_t)index * ID);
	uint64_t reference = sb_rd_uint(&rd, 8), count = sb_rd_uint(&rd, 4), size = sb_rd_uint(&rd, 4);
	if (fs->xattrs.n == 0 || count == 0 || count > fs->xattrs.n ||
	    !sb_squashfs_place(&fs->xattrs, ((const struct sb_squashfs_start *)fs->xattrs.starts.items)->place, reference >> 16, reference & 0xffff, &at))
		return wrong(fs, err, "a list of extended attributes that leads nowhere");
	SB_FREEING struct attribute *all = calloc((size_t)count, sizeof *all);
	int rc = all ? 0 : sb_no_memory(err);
	rd = sb_rd_of(sb_squashfs_bytes(&fs->xattrs), false);
	sb_rd_seek(&rd, at);
	for (uint64_t i = 0; !rc && i < count; i++)
		rc = read_attribute(fs, &rd, &all[i], err);
	fs->xattr_used[index] = 1;
	return rc ? rc : add_sorted(fs, all, (size_t)count, size, err);
}

/* Stretches of the stream that no list led to. */
static int tell_stream(struct sb_squashfs *fs, struct sb_err *err)
{
	char name[64];
	int rc = 0;

	for (size_t at = 0, end; !rc && at < fs->xattrs.n; at = end) {
		for (end = at; end < fs->xattrs.n && fs->xattr_owned[end] == fs->xattr_owned[at];)
			end++;
		snprintf(name, sizeof name, "unused extended attributes at %#zx", at);
		if (!fs->xattr_owned[at])
			rc = sb_tree_part(&fs->tree, name, sb_span_of(fs->xattrs.bytes + at, end - at), err);
	}
	return rc;
}

int sb_squashfs_tell_xattrs(struct sb_squashfs *fs, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < id_count(fs); i++) {
		char name[64];
		snprintf(name, sizeof name, "unused list of extended attributes %zu", i);
		if (!fs->xattr_used[i])
			rc = sb_tree_part(&fs->tree, name, sb_span_of(fs->xattr_ids.bytes + i * ID, ID), err);
	}
	return rc ? rc : tell_stream(fs, err);
}
