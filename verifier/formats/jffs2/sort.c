/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes by what they belong to, the newest first. */
#include "verifier/formats/jffs2/jffs2.h"

#include <stdlib.h>
#include <string.h>

static int by_number(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Of two of one version the later one counts: a copy that the collector of garbage made. */
static int by_key(const void *a, const void *b, void *ctx)
{
	const struct sb_jffs2 *fs = ctx;
	const struct sb_jffs2_node *x = sb_jffs2_node(fs, *(const uint32_t *)a), *y = sb_jffs2_node(fs, *(const uint32_t *)b);
	int order = by_number(x->type, y->type);

	order = order ? order : by_number(x->key, y->key);
	if (!order && x->type == SB_JFFS2_DIRENT)
		order = sb_span_compare(sb_jffs2_name(fs, x), sb_jffs2_name(fs, y));
	if (!order && x->type == SB_JFFS2_XREF)
		order = by_number(x->target, y->target);
	order = order ? order : by_number(y->version, x->version);
	return order ? order : by_number(y->offset, x->offset);
}

/* Of two of one version kernels take one by how much it holds, by where it lies, or by when it was read: they must be copies of each other. */
static bool is_tie(const struct sb_jffs2 *fs, const struct sb_jffs2_node *x, const struct sb_jffs2_node *y)
{
	bool named = x->type == SB_JFFS2_DIRENT || x->type == SB_JFFS2_INODE || x->type == SB_JFFS2_XATTR || x->type == SB_JFFS2_XREF;

	if (!named || x->type != y->type || x->key != y->key || x->version != y->version || (x->type == SB_JFFS2_XREF && x->target != y->target))
		return false;
	if (x->type == SB_JFFS2_DIRENT && !sb_span_equal(sb_jffs2_name(fs, x), sb_jffs2_name(fs, y)))
		return false;
	const uint8_t *bytes = fs->view->file.p;
	return x->length != y->length || memcmp(bytes + x->offset, bytes + y->offset, x->length) != 0;
}

static int refuse_ties(const struct sb_jffs2 *fs, struct sb_err *err)
{
	for (size_t i = 1; i < fs->nodes.count; i++)
		if (is_tie(fs, sb_jffs2_sorted(fs, i - 1), sb_jffs2_sorted(fs, i)))
			return sb_damaged(err, "archive-damaged", sb_jffs2_sorted(fs, i - 1)->offset, "two nodes of one version say different things");
	return 0;
}

int sb_jffs2_sort(struct sb_jffs2 *fs, struct sb_err *err)
{
	fs->by_key = calloc(fs->nodes.count ? fs->nodes.count : 1, sizeof *fs->by_key);
	if (!fs->by_key)
		return sb_no_memory(err);
	for (size_t i = 0; i < fs->nodes.count; i++)
		fs->by_key[i] = (uint32_t)i;
	qsort_r(fs->by_key, fs->nodes.count, sizeof *fs->by_key, by_key, fs);
	return refuse_ties(fs, err);
}

/* The first place that is not before (@type, @key). */
static size_t lower(const struct sb_jffs2 *fs, enum sb_jffs2_type type, uint64_t key)
{
	size_t low = 0, high = fs->nodes.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct sb_jffs2_node *node = sb_jffs2_sorted(fs, middle);
		int order = by_number(node->type, type);
		if ((order ? order : by_number(node->key, key)) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t sb_jffs2_find(const struct sb_jffs2 *fs, enum sb_jffs2_type type, uint32_t key, size_t *count)
{
	size_t first = lower(fs, type, key);

	*count = lower(fs, type, (uint64_t)key + 1) - first;
	return first;
}
