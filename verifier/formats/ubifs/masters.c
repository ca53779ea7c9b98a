/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the superblock and both copies of the master say beside where the index lies. The kernel refuses to mount an image of which these numbers make no sense, and
 * writes where they send it (fs/ubifs/master.c, validate_master; sb.c, validate_sb; misc.h, the watermarks).
 */
#include "verifier/formats/ubifs/ubifs.h"

static const uint64_t LARGEST_SQNUM = UINT64_C(0xffffffff00000000), LARGEST_INODE = UINT64_C(0xfff00000);

static uint64_t said(const struct sb_ubifs *fs, unsigned at, unsigned width)
{
	return sb_ubifs_uint(fs, fs->master + at, width);
}

/* Does anything that counts lie in that block behind @from? @leaves: nodes of the index do not matter. */
static bool holds(const struct sb_ubifs *fs, uint64_t lnum, uint64_t from, bool leaves)
{
	uint64_t start = lnum * fs->leb_size;

	for (size_t i = 0; i < fs->tiles.regions.count; i++) {
		const struct sb_region *region = sb_vec_at(&fs->tiles.regions, i);
		bool there = region->offset < start + fs->leb_size && region->offset + region->length > start + from;
		if (there && (!leaves || region->tag != 1 + SB_UBIFS_INDEX))
			return true;
	}
	return false;
}

static bool is_in(uint64_t lnum, uint64_t first, uint64_t count)
{
	return lnum >= first && lnum - first < count;
}

/* Where something is written next: a place that is free from there on. */
static bool is_head(const struct sb_ubifs *fs, unsigned at, uint64_t first, uint64_t count)
{
	uint64_t lnum = said(fs, at, 4), offs = said(fs, at + 4, 4);
	return is_in(lnum, first, count) && offs <= fs->leb_size && fs->unit && offs % fs->unit == 0 && offs % 8 == 0 && !holds(fs, lnum, offs, false);
}

static bool are_places_right(const struct sb_ubifs *fs)
{
	uint64_t main_lebs = fs->leb_count - fs->first, collector = said(fs, 60, 4), index = said(fs, 64, 4);

	return is_in(said(fs, 44, 4), SB_UBIFS_LOG_START, fs->log_lebs) && is_in(said(fs, 152, 4), fs->first, main_lebs) && is_in(collector, fs->first, main_lebs) &&
	       !holds(fs, collector, 0, false) && is_head(fs, 64, fs->first, main_lebs) && !holds(fs, index, 0, true) &&
	       is_head(fs, 128, (uint64_t)SB_UBIFS_LOG_START + fs->log_lebs, fs->lpt_lebs) && said(fs, 164, 4) <= fs->leb_count;
}

/* All of them are multiples of eight, and no larger than what there is. */
static bool are_sums_right(const struct sb_ubifs *fs)
{
	uint64_t main_lebs = fs->leb_count - fs->first, most = main_lebs * fs->leb_size, sums[6];

	for (unsigned i = 0; i < 6; i++) {
		sums[i] = said(fs, 72 + 8 * i, 8);
		if (sums[i] % 8 || sums[i] > most)
			return false;
	}
	uint64_t index = sums[0], free = sums[1], dirty = sums[2], used = sums[3], dead = sums[4], dark = sums[5];
	return index < most && free + dirty + used <= most && dead + dark + used + index <= most && dead <= free + dirty && dark <= free + dirty &&
	       said(fs, 156, 4) + 2 <= main_lebs && said(fs, 160, 4) + 1 <= main_lebs;
}

/* Leaves are sorted: the last one has the largest number. */
static bool are_numbers_right(const struct sb_ubifs *fs)
{
	uint64_t largest = fs->leaves.count ? sb_ubifs_leaf(fs, fs->leaves.count - 1)->inode : 0, stated = said(fs, 24, 8);

	return stated >= largest && stated < LARGEST_INODE && said(fs, 32, 8) < fs->sqnum && fs->sqnum < LARGEST_SQNUM && sb_ubifs_uint(fs, fs->copy + 8, 8) < LARGEST_SQNUM;
}

static bool is_proper(const struct sb_ubifs *fs, uint64_t at, uint64_t reserved, uint64_t size)
{
	return sb_ubifs_is_zero(fs, at + 22, 2) && sb_ubifs_is_zero(fs, at + reserved, size - reserved);
}

int sb_ubifs_own_heads(struct sb_ubifs *fs, struct sb_err *err)
{
	bool mounts = are_places_right(fs) && are_sums_right(fs) && are_numbers_right(fs);
	bool first = mounts && is_proper(fs, fs->master, 168, SB_UBIFS_MASTER_SIZE), copy = mounts && is_proper(fs, fs->copy, 168, SB_UBIFS_MASTER_SIZE);
	bool super = is_proper(fs, 0, 128, SB_UBIFS_SUPERBLOCK_SIZE) && sb_ubifs_is_zero(fs, 24, 2) && sb_ubifs_uint(fs, 84, 2) < SB_UBIFS_COMPRESSIONS &&
		     sb_ubifs_uint(fs, 8, 8) < LARGEST_SQNUM;
	int rc = sb_ubifs_own(fs, 0, SB_UBIFS_SUPERBLOCK_SIZE, super ? SB_REGION_LAYOUT : SB_REGION_HEADER, "superblock", 1 + SB_UBIFS_SUPERBLOCK, 0, err);

	if (!rc)
		rc = sb_ubifs_own(fs, fs->master, SB_UBIFS_MASTER_SIZE, first ? SB_REGION_LAYOUT : SB_REGION_HEADER, "master", 1 + SB_UBIFS_MASTER, 0, err);
	return rc ? rc : sb_ubifs_own(fs, fs->copy, SB_UBIFS_MASTER_SIZE, copy ? SB_REGION_LAYOUT : SB_REGION_HEADER, "master, copy", 1 + SB_UBIFS_MASTER, 0, err);
}
