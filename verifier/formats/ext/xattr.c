/* SPDX-License-Identifier: Apache-2.0 */
/* Extended attributes, behind the fields of an inode and in a block of their own. */
#include "verifier/formats/ext/ext.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OLD = 128, HEADER = 32, ENTRY = 16, MOST_NAME = 300, REFCOUNT_AT = 4, HASH_AT = 12, SUM_AT = 16 };
static const uint32_t MAGIC = 0xea020000;

enum { INDEX_USER = 1, INDEX_ACCESS, INDEX_DEFAULT, INDEX_TRUSTED, INDEX_SECURITY = 6, INDEX_SYSTEM, INDEX_RICHACL };
static const char *const prefixes[] = {NULL, "user.", "system.posix_acl_access", "system.posix_acl_default", "trusted.", NULL, "security.", "system.", "system.richacl"};

/** Where attributes stand: entries from one end, values from the other. */
struct area {
	struct sb_span bytes;
	size_t entries, base; /* where entries begin; what offsets of values count from */
	bool block;           /* no inode, but a block of its own */
	uint64_t last_index;  /* of the entry before, with its name */
	struct sb_span last;
	uint8_t *used;
	uint32_t hash;
};

/** One attribute. */
struct attribute {
	char name[MOST_NAME];
	size_t name_length;
	struct sb_span value;
};

static int wrong(struct sb_err *err, const char *text)
{
	return sb_ext_wrong(err, 0, text);
}

static uint32_t hash_of(struct sb_span name, struct sb_span value)
{
	uint32_t hash = 0;
	struct sb_rd rd = sb_rd_of(value, false);

	for (size_t i = 0; i < name.n; i++)
		hash = hash << 5 ^ hash >> 27 ^ name.p[i];
	while (value.n && rd.at < value.n) {
		size_t left = value.n - rd.at;
		hash = hash << 16 ^ hash >> 16 ^ (uint32_t)sb_rd_uint(&rd, left < 4 ? (unsigned)left : 4);
	}
	return hash;
}

static int take_value(struct area *area, uint64_t offset, uint64_t size, struct sb_span *out, struct sb_err *err)
{
	uint64_t at = area->base + offset, padded = (size + 3) / 4 * 4;

	*out = sb_span_of(area->bytes.p, 0);
	if (size == 0)
		return 0;
	if (!sb_span_cut(area->bytes, at, size, out) || padded > area->bytes.n - at)
		return wrong(err, "a value of an attribute outside of its place");
	for (uint64_t i = at; i < at + size; i++) {
		if (area->used[i])
			return wrong(err, "two attributes in one place");
		area->used[i] = 1;
	}
	return 0;
}

/*
 * Linux knows an attribute by its index and what follows of its name: access lists have nothing there, and under the index of "system." alone stands nothing but the
 * rest of an inline file, which nobody looks for in a block.
 */
static bool is_sensible(const struct area *area, uint64_t index, struct sb_span name)
{
	switch (index) {
	case INDEX_USER:
	case INDEX_TRUSTED:
	case INDEX_SECURITY:
		return true;
	case INDEX_ACCESS:
	case INDEX_DEFAULT:
	case INDEX_RICHACL:
		return name.n == 0;
	case INDEX_SYSTEM:
		return !area->block && sb_span_equal(name, sb_span_text("data"));
	}
	return false;
}

/* xattr_find_entry: in a block the search ends at the first entry that comes later. */
static bool ascends(struct area *area, uint64_t index, struct sb_span name)
{
	bool same = index == area->last_index, equal = name.n == area->last.n;
	bool right = !same ? index > area->last_index : !equal ? name.n > area->last.n : memcmp(name.p, area->last.p, name.n) > 0;

	area->last_index = index;
	area->last = name;
	return !area->block || right;
}

static int take_entry(struct area *area, struct sb_rd *rd, struct attribute *out, struct sb_err *err)
{
	size_t from = rd->at;
	uint64_t length = sb_rd_uint(rd, 1), index = sb_rd_uint(rd, 1), offset = sb_rd_uint(rd, 2), elsewhere = sb_rd_uint(rd, 4);
	uint64_t size = sb_rd_uint(rd, 4), hash = sb_rd_uint(rd, 4);
	struct sb_span name = sb_rd_bytes(rd, (size_t)length);

	if (rd->bad || elsewhere || !is_sensible(area, index, name))
		return wrong(err, "an attribute that makes no sense");
	if (!ascends(area, index, name))
		return wrong(err, "attributes of a block that do not ascend");
	int rc = take_value(area, offset, size, &out->value, err);
	if (rc)
		return rc;
	memset(area->used + from, 1, rd->at - from);
	sb_rd_seek(rd, (rd->at + 3) / 4 * 4);
	if (hash && hash != hash_of(name, out->value))
		return wrong(err, "the hash of an attribute is wrong");
	area->hash = area->hash << 16 ^ area->hash >> 16 ^ (uint32_t)hash;
	int n = snprintf(out->name, sizeof out->name, "%s%.*s", prefixes[index], (int)name.n, (const char *)name.p);
	out->name_length = n < 0 ? 0 : (size_t)n;
	return out->name_length == strlen(prefixes[index]) + name.n ? 0 : wrong(err, "a name of an attribute that cannot be");
}

static bool ends(const struct area *area, const struct sb_rd *rd)
{
	struct sb_span next;
	return !sb_span_cut(area->bytes, rd->at, 4, &next) || sb_span_all_zero(next);
}

static int take_area(struct sb_ext *ext, struct area *area, const char *what, struct sb_vec *all, struct sb_err *err)
{
	SB_FREEING uint8_t *used = area->used = calloc(area->bytes.n + 1, 1);
	struct sb_rd rd = sb_rd_of(area->bytes, false);
	int rc = used ? 0 : sb_no_memory(err);

	sb_rd_seek(&rd, area->entries);
	while (!rc && !ends(area, &rd)) {
		struct attribute *slot = sb_vec_push(all);
		rc = slot ? take_entry(area, &rd, slot, err) : sb_no_memory(err);
	}
	bool clean = true;
	for (size_t i = area->entries; !rc && i < area->bytes.n; i++)
		clean &= used[i] || area->bytes.p[i] == 0;
	if (!rc && !clean)
		sb_tree_value(&ext->values, SB_TREE_OTHER, sb_span_text(what), area->bytes);
	area->used = NULL;
	return rc;
}

static int take_inode(struct sb_ext *ext, const struct sb_ext_inode *inode, struct sb_vec *all, struct sb_err *err)
{
	size_t from = OLD + inode->extra;
	struct area area = {.bytes = sb_span_of(inode->raw.p + from, inode->raw.n > from ? inode->raw.n - from : 0), .entries = 4, .base = 4};
	struct sb_rd rd = sb_rd_of(area.bytes, false);

	if (area.bytes.n < 4 || sb_span_all_zero(area.bytes))
		return 0;
	if (sb_rd_uint(&rd, 4) != MAGIC) {
		sb_tree_value(&ext->values, SB_TREE_OTHER, sb_span_text("unused bytes of the inode"), area.bytes);
		return 0;
	}
	return take_area(ext, &area, "unused bytes of attributes in the inode", all, err);
}

static int take_block(struct sb_ext *ext, const struct sb_ext_inode *inode, struct sb_vec *all, struct sb_err *err)
{
	struct area area = {.entries = HEADER, .base = 0, .block = true};
	int rc = sb_ext_block(ext, inode->acl, &area.bytes, err);

	if (rc)
		return rc;
	struct sb_rd rd = sb_rd_of(area.bytes, false);
	uint64_t magic = sb_rd_uint(&rd, 4);
	sb_rd_seek(&rd, 8);
	uint64_t blocks = sb_rd_uint(&rd, 4), hash = sb_rd_uint(&rd, 4), sum = sb_rd_uint(&rd, 4);
	if (magic != MAGIC || blocks != 1 || !sb_span_all_zero(sb_span_of(area.bytes.p + SUM_AT + 4, HEADER - SUM_AT - 4)))
		return wrong(err, "a block of attributes that makes no sense");
	uint32_t crc = sb_crc32c(sb_ext_crc_uint(ext->seed, inode->acl, 8), sb_span_of(area.bytes.p, SUM_AT));
	crc = sb_crc32c(sb_ext_crc_uint(crc, 0, 4), sb_span_of(area.bytes.p + SUM_AT + 4, area.bytes.n - SUM_AT - 4));
	if (sum != (sb_ext_sums(ext) ? crc : 0))
		return wrong(err, "the checksum of a block of attributes is wrong");
	rc = take_area(ext, &area, "unused bytes of the block of attributes", all, err);
	if (!rc && hash && hash != area.hash)
		rc = wrong(err, "the hash of a block of attributes is wrong");
	return rc;
}

static int by_name(const void *a, const void *b)
{
	const struct attribute *x = a, *y = b;
	return strcmp(x->name, y->name);
}

int sb_ext_add_xattrs(struct sb_ext *ext, const struct sb_ext_inode *inode, struct sb_span *inline_rest, struct sb_err *err)
{
	SB_VEC struct sb_vec all = {.size = sizeof(struct attribute)};
	int rc = take_inode(ext, inode, &all, err);

	*inline_rest = (struct sb_span){0};
	if (!rc && inode->acl)
		rc = take_block(ext, inode, &all, err);
	if (!rc && all.count)
		qsort(all.items, all.count, all.size, by_name);
	for (size_t i = 0; !rc && i < all.count; i++) {
		const struct attribute *one = sb_vec_at(&all, i);
		if (i && by_name(one - 1, one) == 0)
			rc = wrong(err, "an attribute that comes twice");
		else if (inode->flags & SB_EXT_INLINE && strcmp(one->name, "system.data") == 0)
			*inline_rest = one->value;
		else
			sb_tree_value(&ext->values, SB_TREE_XATTR, sb_span_of(one->name, one->name_length), one->value);
	}
	return rc;
}

static int by_block(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

int sb_ext_tell_shared(struct sb_ext *ext, struct sb_err *err)
{
	const uint64_t *blocks = ext->shared.items;
	int rc = 0;

	if (ext->shared.count)
		qsort(ext->shared.items, ext->shared.count, ext->shared.size, by_block);
	for (size_t i = 0, end; !rc && i < ext->shared.count; i = end) {
		struct sb_span block;
		char name[64];
		for (end = i + 1; end < ext->shared.count && blocks[end] == blocks[i];)
			end++;
		rc = sb_ext_block(ext, blocks[i], &block, err);
		struct sb_rd rd = sb_rd_of(block, false);
		sb_rd_seek(&rd, REFCOUNT_AT);
		snprintf(name, sizeof name, "references of block %llu of attributes", (unsigned long long)blocks[i]);
		if (!rc && sb_rd_uint(&rd, 4) != end - i)
			rc = sb_tree_part(&ext->tree, name, sb_span_of(block.p + REFCOUNT_AT, 4), err);
	}
	return rc;
}
