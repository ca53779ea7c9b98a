/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which nodes make up the content of an inode. Each holds a stretch of the file, and where stretches overlap the newest counts. Stretches are swept
 * from the start of the file, with those that reach there in a heap, the newest on top.
 */
#include "verifier/formats/jffs2/jffs2.h"

#include <stdlib.h>

/** Writers compress at most a page at a time, of which Linux has none that is larger where JFFS2 is used. */
enum { LARGEST_PAGE = 64 << 10 };

/** A stretch of the file that a node holds. */
struct held {
	uint64_t from, to;
	size_t place; /* in the order of keys: the smaller, the newer */
	uint64_t seen; /* bytes that nothing newer hides */
};

struct sweep {
	struct sb_jffs2 *fs;
	struct held *all; /* by start */
	struct held **heap;
	size_t heaped;
	uint64_t size; /* of the file; nothing behind it counts */
};

static int by_start(const void *a, const void *b)
{
	const struct held *x = a, *y = b;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

static void swap(struct held **a, struct held **b)
{
	struct held *kept = *a;
	*a = *b;
	*b = kept;
}

static void heap_push(struct sweep *sweep, struct held *held)
{
	size_t at = sweep->heaped++;

	sweep->heap[at] = held;
	for (; at && sweep->heap[at]->place < sweep->heap[(at - 1) / 2]->place; at = (at - 1) / 2)
		swap(&sweep->heap[at], &sweep->heap[(at - 1) / 2]);
}

static void heap_pop(struct sweep *sweep)
{
	size_t at = 0;

	sweep->heap[0] = sweep->heap[--sweep->heaped];
	for (;;) {
		size_t least = at;
		for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < sweep->heaped; child++)
			if (sweep->heap[child]->place < sweep->heap[least]->place)
				least = child;
		if (least == at)
			return;
		swap(&sweep->heap[at], &sweep->heap[least]);
		at = least;
	}
}

static bool codec_of(uint32_t compression, enum sb_codec *out)
{
	static const struct {
		enum sb_jffs2_compression compression;
		enum sb_codec codec;
	} known[] = {{SB_JFFS2_NONE, SB_CODEC_NONE}, {SB_JFFS2_ZERO, SB_CODEC_HOLE}, {SB_JFFS2_RTIME, SB_CODEC_RTIME},
		     {SB_JFFS2_ZLIB, SB_CODEC_ZLIB}, {SB_JFFS2_LZO, SB_CODEC_LZO}};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (known[i].compression != compression)
			continue;
		*out = known[i].codec;
		return true;
	}
	return false;
}

static int push(struct sb_jffs2 *fs, const struct sb_slice *slice, struct sb_err *err)
{
	struct sb_slice *slot = sb_vec_push(&fs->slices);
	if (!slot)
		return sb_no_memory(err);
	*slot = *slice;
	return 0;
}

/* A node of which newer ones leave many pieces may be decoded for each of them. */
static int count_thrown(struct sb_jffs2 *fs, const struct sb_slice *slice, struct sb_err *err)
{
	const struct sb_slice *before = fs->slices.count ? sb_vec_at(&fs->slices, fs->slices.count - 1) : NULL;
	uint64_t size = fs->view->file.n;

	if (before && before->offset == slice->offset)
		return 0;
	fs->thrown += slice->whole - slice->size;
	if (fs->thrown > SB_LIMIT_OF(UNPACK_FLOOR) && fs->thrown / SB_LIMIT_OF(UNPACK_RATIO_TOTAL) > size)
		return sb_fail_limit(err, SB_LIMIT_ROW_UNPACK_RATIO_TOTAL, fs->thrown / size);
	return 0;
}

/* Bytes [from, to) of the file, out of @held, or of nothing. */
static int take(struct sweep *sweep, struct held *held, uint64_t from, uint64_t to, struct sb_err *err)
{
	struct sb_slice slice = {.codec = SB_CODEC_HOLE, .whole = to - from, .size = to - from};

	if (from == to)
		return 0;
	if (!held)
		return push(sweep->fs, &slice, err);
	held->seen += to - from;
	const struct sb_jffs2_node *node = sb_jffs2_sorted(sweep->fs, held->place);
	const struct sb_jffs2_inode inode = sb_jffs2_inode(sweep->fs, node);
	if (!codec_of(inode.compression, &slice.codec))
		return sb_damaged(err, "archive-unsupported", node->offset, "a node is compressed in a way that is not known");
	if (slice.codec != SB_CODEC_HOLE && slice.codec != SB_CODEC_NONE && inode.dsize > LARGEST_PAGE)
		return sb_damaged(err, "archive-unsupported", node->offset, "a node holds more than a page that is compressed");
	if (slice.codec != SB_CODEC_HOLE) {
		slice.offset = node->offset + SB_JFFS2_INODE_SIZE;
		slice.length = inode.csize;
		slice.whole = slice.codec == SB_CODEC_NONE ? inode.csize : inode.dsize;
		slice.skip = from - held->from;
	}
	if (slice.skip + slice.size > slice.whole)
		return sb_damaged(err, "archive-damaged", node->offset, "a node holds fewer bytes than it says");
	int rc = sb_slice_is_plain(&slice) ? 0 : count_thrown(sweep->fs, &slice, err);
	return rc ? rc : push(sweep->fs, &slice, err);
}

/* What counts at @at, and until where it or the hole there reaches; @next is the first stretch that begins behind @at. */
static struct held *top_at(struct sweep *sweep, uint64_t at, const struct held *next, uint64_t *to)
{
	while (sweep->heaped && sweep->heap[0]->to <= at)
		heap_pop(sweep);
	struct held *top = sweep->heaped ? sweep->heap[0] : NULL;
	*to = top && top->to < sweep->size ? top->to : sweep->size;
	if (next && next->from < *to)
		*to = next->from;
	return top;
}

static int sweep_all(struct sweep *sweep, size_t count, struct sb_err *err)
{
	int rc = 0;
	size_t i = 0;

	qsort(sweep->all, count, sizeof *sweep->all, by_start);
	for (uint64_t at = 0, to; !rc && at < sweep->size; at = to) {
		for (; i < count && sweep->all[i].from <= at; i++)
			heap_push(sweep, &sweep->all[i]);
		struct held *top = top_at(sweep, at, i < count ? &sweep->all[i] : NULL, &to);
		rc = take(sweep, top, at, to, err);
	}
	return rc;
}

/* Does an older node say the same of its file as the newest? */
static bool agrees(const struct sb_jffs2_inode *a, const struct sb_jffs2_inode *b)
{
	return a->mode == b->mode && a->uid == b->uid && a->gid == b->gid && a->isize == b->isize && a->atime == b->atime && a->mtime == b->mtime &&
	       a->ctime == b->ctime;
}

static void mark(struct sweep *sweep, const struct held *held, const struct sb_jffs2_inode *newest)
{
	struct sb_jffs2_node *node = sb_jffs2_sorted(sweep->fs, held->place);
	const struct sb_jffs2_inode inode = sb_jffs2_inode(sweep->fs, node);
	bool whole = held->seen == held->to - held->from, zero = inode.compression == SB_JFFS2_ZERO;

	if (held->seen == 0 && held->to > held->from)
		node->state = SB_JFFS2_UNUSED;
	else if (whole && agrees(&inode, newest) && inode.flags == 0 && inode.wish == 0 && (!zero || inode.csize == 0))
		node->state = SB_JFFS2_CURRENT;
	else
		node->state = SB_JFFS2_ODD;
}

/* Only of a file its size says how much counts: a link has its target, a device its number. */
static uint64_t size_of(const struct sb_jffs2_inode *inode)
{
	return sb_type_of_mode(inode->mode) == SB_MEMBER_FILE ? inode->isize : inode->dsize;
}

int sb_jffs2_content(struct sb_jffs2 *fs, size_t first, size_t count, struct sb_err *err)
{
	const struct sb_jffs2_inode newest = sb_jffs2_inode(fs, sb_jffs2_sorted(fs, first));
	struct sweep sweep = {.fs = fs, .size = size_of(&newest)};
	bool file = sb_type_of_mode(newest.mode) == SB_MEMBER_FILE;

	fs->slices.count = 0;
	sweep.all = calloc(count, sizeof *sweep.all);
	sweep.heap = calloc(count, sizeof *sweep.heap);
	int rc = sweep.all && sweep.heap ? 0 : sb_no_memory(err);
	for (size_t i = 0; !rc && i < count; i++) {
		const struct sb_jffs2_inode inode = sb_jffs2_inode(fs, sb_jffs2_sorted(fs, first + i));
		bool counts = file || i == 0;
		sweep.all[i] = (struct held){.from = counts ? inode.offset : 0, .to = counts ? (uint64_t)inode.offset + inode.dsize : 0, .place = first + i};
	}
	if (!rc)
		rc = sweep_all(&sweep, count, err);
	for (size_t i = 0; !rc && i < count; i++) {
		const struct held *held = &sweep.all[i];
		if (held->place == first || held->to > held->from) /* the newest counts also when it holds nothing */
			mark(&sweep, held, &newest);
	}
	struct sb_jffs2_node *head = sb_jffs2_sorted(fs, first);
	if (!rc && head->state == SB_JFFS2_UNUSED)
		head->state = SB_JFFS2_ODD;
	free(sweep.all);
	free(sweep.heap);
	return rc;
}
