/* SPDX-License-Identifier: Apache-2.0 */
/* The stream as it is written: docs/formats/tree.md has its layout. */
#include "verifier/formats/tree/layout.h"

#include <inttypes.h>

static void put_le(uint8_t *to, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

int sb_tree_begin(struct sb_tree *tree, struct sb_sink *sink, struct sb_err *err)
{
	*tree = (struct sb_tree){.sink = sink};
	return sb_sink_put(sink, sb_span_of(SB_TREE_MAGIC, SB_TREE_MAGIC_SIZE), err);
}

void sb_tree_value(struct sb_buf *values, enum sb_tree_value value, struct sb_span name, struct sb_span bytes)
{
	uint8_t head[SB_TREE_VALUE_HEAD];

	put_le(head, value, 4);
	put_le(head + 4, name.n, 4);
	put_le(head + 8, bytes.n, 4);
	sb_buf_add(values, head, sizeof head);
	sb_buf_add(values, name.p, name.n);
	sb_buf_add(values, bytes.p, bytes.n);
}

void sb_tree_number(struct sb_buf *values, const char *name, uint64_t number, unsigned width)
{
	uint8_t bytes[8];

	put_le(bytes, number, width);
	sb_tree_value(values, SB_TREE_OTHER, sb_span_text(name), sb_span_of(bytes, width));
}

static void fill_head(const struct sb_member *member, const struct sb_tree_extra *extra, uint8_t head[SB_TREE_HEAD])
{
	put_le(head + SB_TREE_AT_RECORD, SB_TREE_ENTRY, 4);
	put_le(head + SB_TREE_AT_TYPE, (uint64_t)member->type, 2);
	put_le(head + SB_TREE_AT_HAS_MODE, member->has_mode, 2);
	put_le(head + SB_TREE_AT_SIZE, member->size, 8);
	put_le(head + SB_TREE_AT_MODE, member->mode, 4);
	put_le(head + SB_TREE_AT_MTIME_NS, member->mtime_ns, 4);
	put_le(head + SB_TREE_AT_MTIME, (uint64_t)member->mtime, 8);
	put_le(head + SB_TREE_AT_UID, member->uid, 8);
	put_le(head + SB_TREE_AT_GID, member->gid, 8);
	put_le(head + SB_TREE_AT_MAJOR, member->rdev_major, 4);
	put_le(head + SB_TREE_AT_MINOR, member->rdev_minor, 4);
	put_le(head + SB_TREE_AT_NAME, member->name.n, 4);
	put_le(head + SB_TREE_AT_LINK, member->link.n, 4);
	put_le(head + SB_TREE_AT_ATIME, (uint64_t)extra->atime, 8);
	put_le(head + SB_TREE_AT_CTIME, (uint64_t)extra->ctime, 8);
	put_le(head + SB_TREE_AT_CRTIME, (uint64_t)extra->crtime, 8);
	put_le(head + SB_TREE_AT_ATIME_NS, extra->atime_ns, 4);
	put_le(head + SB_TREE_AT_CTIME_NS, extra->ctime_ns, 4);
	put_le(head + SB_TREE_AT_CRTIME_NS, extra->crtime_ns, 4);
	put_le(head + SB_TREE_AT_FLAGS, extra->flags, 4);
	put_le(head + SB_TREE_AT_GENERATION, extra->generation, 4);
	put_le(head + SB_TREE_AT_PROJECT, extra->project, 4);
}

int sb_tree_entry(struct sb_tree *tree, const struct sb_member *member, const struct sb_tree_extra *extra, struct sb_buf *values, struct sb_err *err)
{
	static const struct sb_tree_extra nothing;
	uint8_t head[SB_TREE_HEAD];
	int rc = values ? sb_buf_ok(values, err) : 0;

	if (!rc && tree->left)
		rc = sb_fail(err, SB_INTERNAL, "decode-failed", "an entry of a file system lacks %" PRIu64 " bytes of its content", tree->left);
	if (!rc && ++tree->entries > SB_LIMIT_OF(ENTRIES))
		rc = sb_fail_limit(err, SB_LIMIT_ROW_ENTRIES, tree->entries);
	if (rc)
		return rc;
	fill_head(member, extra ? extra : &nothing, head);
	const struct sb_span parts[] = {values ? sb_buf_span(values) : (struct sb_span){0}, sb_span_of(head, sizeof head), member->name, member->link};
	for (size_t i = 0; !rc && i < sizeof parts / sizeof *parts; i++)
		rc = sb_sink_put(tree->sink, parts[i], err);
	tree->left = member->size;
	if (values)
		values->len = 0;
	return rc;
}

static int take_left(struct sb_tree *tree, uint64_t n, struct sb_err *err)
{
	if (n > tree->left)
		return sb_fail(err, SB_INTERNAL, "decode-failed", "an entry of a file system has more content than it said");
	tree->left -= n;
	return 0;
}

int sb_tree_content(struct sb_tree *tree, struct sb_span bytes, struct sb_err *err)
{
	int rc = take_left(tree, bytes.n, err);
	return rc ? rc : sb_sink_put(tree->sink, bytes, err);
}

int sb_tree_zeros(struct sb_tree *tree, uint64_t count, struct sb_err *err)
{
	static const uint8_t zeros[64 << 10];
	int rc = take_left(tree, count, err);

	for (uint64_t n; !rc && count; count -= n) {
		n = count < sizeof zeros ? count : sizeof zeros;
		rc = sb_sink_put(tree->sink, sb_span_of(zeros, (size_t)n), err);
	}
	return rc;
}

int sb_tree_part(struct sb_tree *tree, const char *name, struct sb_span bytes, struct sb_err *err)
{
	const struct sb_member part = {.name = sb_span_text(name), .type = SB_MEMBER_PART, .size = bytes.n};
	int rc = bytes.n ? sb_tree_entry(tree, &part, NULL, NULL, err) : 0;

	return rc ? rc : sb_tree_content(tree, bytes, err);
}

int sb_tree_end(const struct sb_tree *tree, struct sb_err *err)
{
	return tree->left ? sb_fail(err, SB_INTERNAL, "decode-failed", "the last entry of a file system lacks %" PRIu64 " bytes of its content", tree->left)
	                  : 0;
}
