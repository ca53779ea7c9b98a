/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to images that hold tables of partitions: of whole disks, and of discs that boot from a stick as well. Sources: UEFI Specification 2.10, chapter 5 (GPT and protective MBR); util-linux 2.38,
 * libfdisk/src/dos.c (logical partitions). docs/formats/gpt.md and mbr.md say what owns which byte.
 */
#ifndef VERIFIER_FORMATS_DISK_DISK_H
#define VERIFIER_FORMATS_DISK_DISK_H

#include "verifier/formats/rows.h"
#include "verifier/formats/tiles.h"

enum { SB_DISK_SECTOR = 512, SB_DISK_TABLE = 440, SB_DISK_ENTRIES = 446, SB_DISK_ENTRY = 16, SB_DISK_PRIMARY = 4 };

/** Tags of regions, apart from those of a format that holds such tables among other things; a GPT entry has SB_DISK_TAG_ENTRY. */
enum sb_disk_tag { SB_DISK_TAG_NONE = 0, SB_DISK_TAG_TABLE = 256, SB_DISK_TAG_EXTENDED, SB_DISK_TAG_HEADER, SB_DISK_TAG_ENTRY };

/** One row of a table of the old kind. */
struct sb_disk_row {
	uint8_t status, type;
	uint64_t start, sectors;
};

/** Row @i of the record at @offset; false when the file ends before it. */
SB_MUST_USE bool sb_disk_row(struct sb_span file, uint64_t offset, unsigned i, struct sb_disk_row *out);
/** Do the last two bytes of the sector at @offset say that it is a boot record? */
bool sb_disk_is_record(struct sb_span file, uint64_t offset);
/** Region @name from @offset to @end. */
SB_MUST_USE int sb_disk_add(struct sb_tiles *tiles, struct sb_view *view, struct sb_region region, uint64_t end, struct sb_err *err);
/** The partition that everybody calls @number: a member and its content. */
SB_MUST_USE int sb_disk_add_partition(struct sb_tiles *tiles, struct sb_view *view, unsigned number, uint64_t offset, uint64_t length, struct sb_err *err);
/** Boot code and table of the first sector. */
SB_MUST_USE int sb_disk_add_record(struct sb_tiles *tiles, struct sb_view *view, struct sb_err *err);
/** Fields of such a table, or of one behind it. */
SB_MUST_USE int sb_disk_describe_rows(struct sb_view *view, const struct sb_region *region, struct sb_err *err);

/** One copy of a GUID partition table: its header and its entries, as offsets in the file; bytes. */
struct sb_gpt_copy {
	uint64_t header, header_size, entries, count, entry_size, alternate;
};

/** A GUID partition table. The second copy is all zero where the image was cut before it. */
struct sb_gpt {
	uint64_t sector; /* bytes */
	struct sb_gpt_copy copies[2];
};

/** False when there is none, or its first copy makes no sense. */
SB_MUST_USE bool sb_gpt_find(struct sb_span file, struct sb_gpt *out);
/** Is entry @i of the first copy a partition? */
bool sb_gpt_is_used(struct sb_span file, const struct sb_gpt *gpt, uint64_t i);
/** Where that partition lies, in bytes. Errors: FORMAT "archive-damaged" when it ends before it begins. */
SB_MUST_USE int sb_gpt_partition(struct sb_view *view, const struct sb_gpt *gpt, uint64_t i, uint64_t *offset, uint64_t *length, struct sb_err *err);
/** Both copies. Partitions are members in the order of their entries; @first is the ordinal of the first one. */
SB_MUST_USE int sb_gpt_add(struct sb_tiles *tiles, struct sb_view *view, const struct sb_gpt *gpt, uint32_t first, struct sb_err *err);
/** Fields of any region with a tag of enum sb_disk_tag, and none of another. */
SB_MUST_USE int sb_disk_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err);

#endif
