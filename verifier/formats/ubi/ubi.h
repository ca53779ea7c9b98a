/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the format: UBI. Source: Linux 6.1, drivers/mtd/ubi/ubi-media.h (layout), attach.c and vtbl.c (what counts). All numbers are big endian, all
 * checksums CRC-32 without the final complement. docs/formats/ubi.md says what is layout.
 */
#ifndef VERIFIER_FORMATS_UBI_UBI_H
#define VERIFIER_FORMATS_UBI_UBI_H

#include "verifier/formats/emit.h"
#include "verifier/formats/rows.h"

enum {
	SB_UBI_HEADER = 64,      /* of an erase counter header and of a volume identifier header */
	SB_UBI_RECORD = 172,     /* of the volume table */
	SB_UBI_VOLUMES = 128,
	SB_UBI_NAME = 127,
	SB_UBI_LAYOUT_VOLUME = 0x7fffefff,
	SB_UBI_DYNAMIC = 1,
	SB_UBI_STATIC = 2,
	SB_UBI_MOST_ERASURES = 1 << 24, /* more than flash survives, and far below where UBI stops to write */
};

/** Tags of regions; of a volume identifier header, with how far behind it its data begins above bit 8. */
enum sb_ubi_tag { SB_UBI_TAG_NONE = 0, SB_UBI_TAG_ERASE_COUNTER, SB_UBI_TAG_VOLUME_IDENTIFIER, SB_UBI_TAG_STATIC, SB_UBI_TAG_RECORD };

/** Is there a header of 64 bytes with this magic and a right checksum? */
bool sb_ubi_is_header(struct sb_span file, uint64_t at, const char *magic);
/** The checksum of this format. */
uint32_t sb_ubi_crc(struct sb_span bytes);

SB_MUST_USE int sb_ubi_walk(struct sb_view *view, const char *hint, struct sb_err *err);
SB_MUST_USE int sb_ubi_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err);

#endif
