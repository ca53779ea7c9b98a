/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree that says how much of each logical erase block is free (fs/ubifs/lpt.c). Its nodes are packed into bits. They are layout when their checksums
 * are right and the master leads to them; how much room there is decides where the kernel writes next, not what it reads.
 */
#include "verifier/formats/ubifs/ubifs.h"

enum { FANOUT = 4, CRC_BITS = 16, TYPE_BITS = 4, DEEPEST = 20 };
enum kind { LEAF = 0, INNER = 1, OWN_SPACE = 2, SAVED = 3 };

/** Sizes in bits that follow from the superblock. */
struct geometry {
	unsigned height, count_bits, space_bits, lnum_bits, offs_bits, own_bits, saved_bits;
	uint64_t leaf, inner, own_space, saved; /* bytes of each kind of node */
	uint64_t nodes;                         /* more than there can be */
};

static unsigned bits_of(uint64_t value)
{
	unsigned bits = 0;

	for (; value; value >>= 1)
		bits++;
	return bits;
}

static uint64_t bytes_of(uint64_t bits)
{
	return (CRC_BITS + TYPE_BITS + bits + 7) / 8;
}

static struct geometry geometry_of(const struct sb_ubifs *fs)
{
	uint64_t main_lebs = fs->leb_count - SB_UBIFS_LOG_START - fs->log_lebs - fs->lpt_lebs - fs->orphan_lebs;
	uint64_t leaves = (main_lebs + fs->most_lebs - fs->leb_count + FANOUT - 1) / FANOUT;
	bool big = fs->flags & SB_UBIFS_BIG_LPT;
	struct geometry g = {.height = 1};

	for (uint64_t n = FANOUT; n < leaves; n *= FANOUT)
		g.height++;
	g.count_bits = big ? bits_of((fs->most_lebs + UINT64_C(3)) / FANOUT - 1) : 0;
	g.space_bits = bits_of(fs->leb_size) - 3;
	g.lnum_bits = bits_of(fs->lpt_lebs);
	g.offs_bits = bits_of(fs->leb_size - UINT64_C(1));
	g.own_bits = bits_of(fs->leb_size);
	g.saved_bits = bits_of(fs->most_lebs - UINT64_C(1));
	g.leaf = bytes_of(g.count_bits + (g.space_bits * 2 + 1) * FANOUT);
	g.inner = bytes_of(g.count_bits + (g.lnum_bits + g.offs_bits) * FANOUT);
	g.own_space = bytes_of((uint64_t)fs->lpt_lebs * g.own_bits * 2);
	g.saved = bytes_of((uint64_t)g.saved_bits * fs->saved);
	g.nodes = leaves * 2 + 2 * DEEPEST;
	return g;
}

/* @count bits from bit @*at on, the least significant first. */
static uint64_t take_bits(struct sb_span node, uint64_t *at, unsigned count)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < count; i++, ++*at)
		value |= (uint64_t)(node.p[*at / 8] >> *at % 8 & 1) << i;
	return value;
}

/* CRC-16 of lib/crc16.c, begun with all bits set. */
static uint16_t crc16(struct sb_span bytes)
{
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < bytes.n; i++) {
		crc ^= bytes.p[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1);
	}
	return crc;
}

static bool read_node(const struct sb_ubifs *fs, uint64_t at, uint64_t length, enum kind kind, struct sb_span *out)
{
	uint64_t bit = 0;

	if (at == UINT64_MAX || at % fs->leb_size + length > fs->leb_size || !sb_span_cut(fs->view->file, at, length, out) || out->n < 3)
		return false;
	bool right = take_bits(*out, &bit, CRC_BITS) == crc16(sb_span_of(out->p + 2, out->n - 2));
	return right && take_bits(*out, &bit, TYPE_BITS) == kind;
}

/* A place in the area of this tree; the first number beyond it says that there is none. */
static uint64_t place_of(const struct sb_ubifs *fs, uint64_t lnum, uint64_t offs)
{
	return lnum < fs->lpt_lebs ? sb_ubifs_place(fs, (uint64_t)SB_UBIFS_LOG_START + fs->log_lebs + lnum, offs) : UINT64_MAX;
}

static int own_node(struct sb_ubifs *fs, uint64_t at, struct sb_span node, uint64_t used_bits, const char *name, struct sb_err *err)
{
	bool rest = take_bits(node, &used_bits, (unsigned)(node.n * 8 - used_bits)) == 0;
	return sb_ubifs_own(fs, at, node.n, rest ? SB_REGION_LAYOUT : SB_REGION_HEADER, name, 0, 0, err);
}

static int damaged(struct sb_err *err, uint64_t at)
{
	return sb_damaged(err, "archive-damaged", at == UINT64_MAX ? 0 : at, "the tree of free space leads nowhere");
}

static int take_inner(struct sb_ubifs *fs, const struct geometry *g, uint64_t at, unsigned level, uint64_t *left, struct sb_err *err)
{
	uint64_t bit = CRC_BITS + TYPE_BITS;
	struct sb_span node;
	int rc = 0;

	if (*left == 0 || !read_node(fs, at, level ? g->inner : g->leaf, level ? INNER : LEAF, &node))
		return damaged(err, at);
	--*left;
	bit += g->count_bits;
	if (level == 0)
		return own_node(fs, at, node, bit + (g->space_bits * UINT64_C(2) + 1) * FANOUT, "free space of blocks", err);
	for (unsigned i = 0; !rc && i < FANOUT; i++) {
		uint64_t lnum = take_bits(node, &bit, g->lnum_bits), offs = take_bits(node, &bit, g->offs_bits);
		if (lnum < fs->lpt_lebs)
			rc = take_inner(fs, g, place_of(fs, lnum, offs), level - 1, left, err);
	}
	return rc ? rc : own_node(fs, at, node, bit, "index of free space", err);
}

/* One of the two tables that the master leads to. */
static int take_table(struct sb_ubifs *fs, unsigned where, uint64_t length, enum kind kind, uint64_t bits, const char *name, struct sb_err *err)
{
	uint64_t at = sb_ubifs_place(fs, sb_ubifs_uint(fs, fs->master + where, 4), sb_ubifs_uint(fs, fs->master + where + 4, 4));
	struct sb_span node;

	if (!read_node(fs, at, length, kind, &node))
		return damaged(err, at);
	return own_node(fs, at, node, CRC_BITS + TYPE_BITS + bits, name, err);
}

int sb_ubifs_read_space(struct sb_ubifs *fs, struct sb_err *err)
{
	const struct geometry g = geometry_of(fs);
	uint64_t root = sb_ubifs_place(fs, sb_ubifs_uint(fs, fs->master + 120, 4), sb_ubifs_uint(fs, fs->master + 124, 4)), left = g.nodes;
	int rc = g.height > DEEPEST ? damaged(err, root) : take_inner(fs, &g, root, g.height, &left, err);

	if (!rc)
		rc = take_table(fs, 136, g.own_space, OWN_SPACE, (uint64_t)fs->lpt_lebs * g.own_bits * 2, "free space of its own blocks", err);
	if (!rc && fs->flags & SB_UBIFS_BIG_LPT)
		rc = take_table(fs, 144, g.saved, SAVED, (uint64_t)g.saved_bits * fs->saved, "blocks to look at first", err);
	return rc;
}
