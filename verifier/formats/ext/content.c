/* SPDX-License-Identifier: Apache-2.0 */
/* What files hold, and what their blocks hold beside it. */
#include "verifier/formats/ext/ext.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

enum { INLINE_AT = 40, INLINE = 60, MOST_NAME = 512 };

int sb_ext_own_inode(struct sb_ext *ext, const struct sb_ext_inode *inode, struct sb_err *err)
{
	SB_VEC struct sb_vec runs = {0};
	uint64_t sectors;
	int rc = sb_ext_map(ext, inode, SB_EXT_TO_OWN, &runs, &sectors, err);

	if (rc || !inode->acl)
		return rc;
	bool known = inode->acl < ext->super.blocks && ext->attributes[inode->acl / 8] >> inode->acl % 8 & 1;
	rc = known ? 0 : sb_ext_own(ext, inode->acl, 1, err);
	if (rc)
		return rc;
	ext->attributes[inode->acl / 8] |= (uint8_t)(1 << inode->acl % 8);
	uint64_t *slot = sb_vec_push(&ext->shared);
	if (!slot)
		return sb_no_memory(err);
	*slot = inode->acl;
	return 0;
}

/* A run as far as the file reaches; the bytes of it that are content. */
static uint64_t inside(const struct sb_ext *ext, const struct sb_ext_inode *inode, const struct sb_ext_run *run)
{
	uint64_t size = ext->super.block_size, from = run->logical * size, length = run->count * size;
	return inode->size <= from ? 0 : inode->size - from < length ? inode->size - from : length;
}

static int write_inline(struct sb_ext *ext, const struct sb_ext_inode *inode, struct sb_span rest, struct sb_err *err)
{
	uint64_t first = inode->size < INLINE ? inode->size : INLINE;

	if (inode->size - first != rest.n)
		return sb_ext_wrong(err, 0, "an inline file whose parts are not as long as it is");
	int rc = sb_tree_content(&ext->tree, sb_span_of(inode->raw.p + INLINE_AT, (size_t)first), err);
	return rc ? rc : sb_tree_content(&ext->tree, rest, err);
}

int sb_ext_write_content(struct sb_ext *ext, const struct sb_ext_inode *inode, struct sb_span inline_rest, struct sb_err *err)
{
	SB_VEC struct sb_vec runs = {0};
	uint64_t sectors, at = 0;

	if (inode->flags & SB_EXT_INLINE)
		return write_inline(ext, inode, inline_rest, err);
	int rc = sb_ext_map(ext, inode, SB_EXT_TO_READ, &runs, &sectors, err);
	for (size_t i = 0; !rc && i < runs.count; i++) {
		const struct sb_ext_run *run = sb_vec_at(&runs, i);
		uint64_t from = run->logical * ext->super.block_size, n = inside(ext, inode, run);
		if (n && from > at)
			rc = sb_tree_zeros(&ext->tree, from - at, err);
		if (!rc && n)
			rc = run->unwritten ? sb_tree_zeros(&ext->tree, n, err)
			                    : sb_tree_content(&ext->tree, sb_span_of(ext->image.p + run->physical * ext->super.block_size, (size_t)n), err);
		at = n ? from + n : at;
	}
	return rc || at >= inode->size ? rc : sb_tree_zeros(&ext->tree, inode->size - at, err);
}

static int tell_stretch(struct sb_ext *ext, const char *what, struct sb_span name, uint64_t from, uint64_t to, struct sb_err *err)
{
	struct sb_span bytes = sb_span_of(ext->image.p + from, (size_t)(to - from));
	char text[MOST_NAME];

	if (sb_span_all_zero(bytes))
		return 0;
	snprintf(text, sizeof text, "%s of %.*s", what, (int)(name.n < MOST_NAME / 2 ? name.n : MOST_NAME / 2), (const char *)name.p);
	return sb_tree_part(&ext->tree, text, bytes, err);
}

int sb_ext_tell_slack(struct sb_ext *ext, const struct sb_ext_inode *inode, struct sb_span name, struct sb_err *err)
{
	SB_VEC struct sb_vec runs = {0};
	uint64_t sectors, size = ext->super.block_size;
	int rc = sb_ext_map(ext, inode, SB_EXT_TO_TELL, &runs, &sectors, err);

	for (size_t i = 0; !rc && i < runs.count; i++) {
		const struct sb_ext_run *run = sb_vec_at(&runs, i);
		uint64_t at = run->physical * size, n = inside(ext, inode, run), end = at + run->count * size;
		rc = run->unwritten ? tell_stretch(ext, "unwritten blocks", name, at, end, err) : tell_stretch(ext, "slack", name, at + n, end, err);
	}
	return rc;
}

/* The journal's superblock names the file system by its UUID, which may differ from image to image; all else must agree. */
static int tell_journal_super(struct sb_ext *ext, struct sb_span bytes, struct sb_err *err)
{
	enum { UUID_AT = 48, UUID = 16 };
	uint8_t copy[1024];

	if (bytes.n < sizeof copy)
		return sb_ext_wrong(err, 0, "a journal without a superblock");
	memcpy(copy, bytes.p, sizeof copy);
	if (memcmp(copy + UUID_AT, ext->super.uuid.p, UUID) == 0)
		memset(copy + UUID_AT, 0, UUID);
	return sb_tree_part(&ext->tree, "superblock of the journal", sb_span_of(copy, sizeof copy), err);
}

int sb_ext_tell_journal(struct sb_ext *ext, struct sb_err *err)
{
	SB_VEC struct sb_vec runs = {0};
	struct sb_ext_inode inode;
	uint64_t sectors, size = ext->super.block_size;
	int rc = sb_ext_inode(ext, SB_EXT_JOURNAL, &inode, err);

	if (!rc)
		rc = sb_ext_map(ext, &inode, SB_EXT_TO_READ, &runs, &sectors, err);
	for (size_t i = 0; !rc && i < runs.count; i++) {
		const struct sb_ext_run *run = sb_vec_at(&runs, i);
		for (uint64_t k = 0; !rc && k < run->count; k++) {
			struct sb_span block = sb_span_of(ext->image.p + (run->physical + k) * size, (size_t)size);
			char name[64];
			snprintf(name, sizeof name, "block %llu of the journal", (unsigned long long)(run->logical + k));
			if (run->logical + k == 0) {
				rc = tell_journal_super(ext, block, err);
				block = sb_span_of(block.p + 1024, block.n - 1024);
			}
			if (!rc && !sb_span_all_zero(block))
				rc = sb_tree_part(&ext->tree, name, block, err);
		}
	}
	return rc;
}
