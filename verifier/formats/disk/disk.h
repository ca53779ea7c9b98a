/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to both formats: images of whole disks. Sources: UEFI Specification 2.10, chapter 5 (GPT and protective MBR); util-linux 2.38,
 * libfdisk/src/dos.c (logical partitions). docs/formats/gpt.md and mbr.md say what owns which byte.
 */
#ifndef VERIFIER_FORMATS_DISK_DISK_H
#define VERIFIER_FORMATS_DISK_DISK_H

#include "verifier/formats/rows.h"
#include "verifier/formats/tiles.h"

enum { SB_DISK_SECTOR = 512, SB_DISK_TABLE = 440, SB_DISK_ENTRIES = 446, SB_DISK_ENTRY = 16, SB_DISK_PRIMARY = 4 };

/** Tags of regions; a GPT entry has SB_DISK_TAG_ENTRY. */
enum sb_disk_tag { SB_DISK_TAG_NONE = 0, SB_DISK_TAG_TABLE, SB_DISK_TAG_EXTENDED, SB_DISK_TAG_HEADER, SB_DISK_TAG_ENTRY };

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

#endif
