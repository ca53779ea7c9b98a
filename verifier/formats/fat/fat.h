/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the folder: FAT12, FAT16 and FAT32 with long names. Sources: Microsoft, "FAT: General Overview of On-Disk Format", 1.03; Linux 6.1, fs/fat/inode.c
 * for what tells the three from each other.
 */
#ifndef VERIFIER_FORMATS_FAT_FAT_H
#define VERIFIER_FORMATS_FAT_FAT_H

#include "verifier/formats/paths.h"
#include "verifier/formats/places.h"
#include "verifier/formats/tiles.h"
#include "verifier/formats/xattrs.h"

enum { SB_FAT_ENTRY = 32, SB_FAT_NAME = 11, SB_FAT_FIRST = 2 /* number of the first cluster */ };

enum sb_fat_tag {
	SB_FAT_TAG_NONE = 0, /* no fields */
	SB_FAT_TAG_ENTRY,
	SB_FAT_TAG_VOLUME_ID,
	SB_FAT_TAG_COUNTS,
	SB_FAT_TAG_TABLE,
};

/** Bytes in a row. */
struct sb_fat_run {
	uint64_t offset, length;
};

struct sb_fat {
	struct sb_view *view;
	struct sb_tiles tiles;
	unsigned bits;             /* of an entry of the table: 12, 16, 32 */
	uint64_t sector, cluster;  /* bytes */
	uint64_t table, table_size, tables;
	uint64_t root, root_size;  /* of the fixed root of FAT12 and FAT16; FAT32: 0 */
	uint64_t root_cluster;     /* of FAT32 */
	uint64_t data, clusters;
	uint64_t info, backup;     /* offsets; 0: none */
	uint8_t *used;             /* by number of cluster: belongs to a chain */
	uint64_t free;             /* clusters that do not, once all was walked */
	struct sb_meetings met;
	bool proper;               /* no entry of the table says anything but where chains go on */
};

/* ---- volume.c ---- */
/** Where things lie, as the boot sector says. Errors: FORMAT. */
SB_MUST_USE int sb_fat_read_volume(struct sb_fat *fat, struct sb_err *err);
/** Boot sectors, counts and tables, once all chains are known. */
SB_MUST_USE int sb_fat_own_volume(struct sb_fat *fat, struct sb_err *err);
uint64_t sb_fat_uint(const struct sb_fat *fat, uint64_t at, unsigned width);
SB_MUST_USE int sb_fat_own(struct sb_fat *fat, uint64_t at, uint64_t length, enum sb_region_kind kind, const char *name, enum sb_fat_tag tag, uint32_t member, struct sb_err *err);
/** Is the boot code none, or what a tool writes that only says that nothing boots from here? Any other may lead to clusters by their places. */
bool sb_fat_is_stub(const struct sb_fat *fat);
/** Boot sector of a volume that can be read here. */
bool sb_fat_is_volume(struct sb_span file);

/* ---- chain.c ---- */
/** Append the runs (struct sb_fat_run) of the chain that begins at @first. Errors: FORMAT when it leaves the volume or meets another chain; NOMEM. */
SB_MUST_USE int sb_fat_chain(struct sb_fat *fat, uint64_t first, struct sb_vec *runs, struct sb_err *err);
/** Count what is free, and see whether the table says anything else. */
void sb_fat_settle(struct sb_fat *fat);

/* ---- tree.c ---- */
SB_MUST_USE int sb_fat_take_tree(struct sb_fat *fat, struct sb_err *err);

/* ---- name.c ---- */
/** Parts of a long name, in the order in which they stand: the last one first. */
struct sb_fat_long {
	unsigned count, expected;  /* that were read; number of the part that must come next */
	uint8_t sum;
	uint64_t at[20];           /* their offsets */
	uint16_t units[20 * 13];
};
/** False when @entry cannot be the next part. */
bool sb_fat_long_add(struct sb_fat_long *name, const uint8_t *entry, uint64_t at);
/** Is it whole, and does it belong to the short name of @entry? */
bool sb_fat_long_fits(const struct sb_fat_long *name, const uint8_t *entry);
SB_MUST_USE int sb_fat_long_keep(struct sb_view *view, const struct sb_fat_long *name, struct sb_span *out, struct sb_err *err);
SB_MUST_USE int sb_fat_short_keep(struct sb_view *view, const uint8_t *entry, struct sb_span *out, struct sb_err *err);

#endif
