/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors: ECMA-119 clause 8. */
#include "verifier/formats/iso9660/iso9660.h"

#include <string.h>

enum { BOOT = 0, PRIMARY = 1, SUPPLEMENTARY = 2, TERMINATOR = 255, VERSION = 6 };
enum { AT_SECTORS = 80, AT_ESCAPES = 88, AT_SET = 120, AT_SEQUENCE = 124, AT_BLOCK = 128, AT_PATHS_SIZE = 132, AT_PATHS = 140, AT_STAMPS = 813, AT_STRUCTURE = 881, AT_RESERVED = 1395 };

static bool zeros(struct sb_span sector, size_t at, size_t n)
{
	return sb_span_all_zero(sb_span_of(sector.p + at, n));
}

/* Joliet 1.0, "Escape Sequences": UCS-2 of level 1, 2 or 3. */
static bool is_wide(struct sb_span sector)
{
	const uint8_t *escapes = sector.p + AT_ESCAPES;
	return escapes[0] == '%' && escapes[1] == '/' && (escapes[2] == '@' || escapes[2] == 'C' || escapes[2] == 'E') && zeros(sector, AT_ESCAPES + 3, 29);
}

static bool is_one(struct sb_span sector, size_t at)
{
	uint64_t number;
	return sb_iso_both(sector, at, 2, &number) && number == 1;
}

/* Record of the root: its place is followed, and nothing is left in it but a time. */
static bool is_plain_root(struct sb_span sector)
{
	const uint8_t *record = sector.p + SB_ISO_ROOT;
	return record[0] == SB_ISO_ROOT_LENGTH && record[1] == 0 && sb_iso_is_date(sector, SB_ISO_ROOT + 18) && record[25] == 2 && record[26] == 0 && record[27] == 0 &&
	       is_one(sector, SB_ISO_ROOT + 28) && record[32] == 1 && record[33] == 0;
}

static bool are_stamps(struct sb_span sector)
{
	for (unsigned i = 0; i < 4; i++)
		if (!sb_iso_is_stamp(sector, AT_STAMPS + i * (size_t)SB_ISO_STAMP))
			return false;
	return true;
}

/* Nothing in it but what is followed or has a field. */
static bool is_proper(struct sb_span sector, unsigned type)
{
	bool unused = zeros(sector, 72, 8) && (type != PRIMARY || (zeros(sector, AT_ESCAPES, 32) && sector.p[7] == 0));
	return unused && is_one(sector, AT_SET) && is_one(sector, AT_SEQUENCE) && is_plain_root(sector) && are_stamps(sector) && sector.p[AT_STRUCTURE + 1] == 0 &&
	       zeros(sector, AT_RESERVED, SB_ISO_SECTOR - AT_RESERVED);
}

static int note_volume(struct sb_iso *iso, struct sb_span sector, uint64_t at, unsigned type, struct sb_err *err)
{
	struct sb_iso_volume volume = {.at = at, .primary = type == PRIMARY, .wide = type == SUPPLEMENTARY && is_wide(sector)};
	uint64_t block, root;

	if (!sb_iso_both(sector, AT_SECTORS, 4, &volume.sectors) || !sb_iso_both(sector, AT_BLOCK, 2, &block) || !sb_iso_both(sector, AT_PATHS_SIZE, 4, &volume.paths_size) ||
	    !sb_iso_both(sector, SB_ISO_ROOT + 2, 4, &root) || !sb_iso_both(sector, SB_ISO_ROOT + 10, 4, &volume.root_size))
		return sb_damaged(err, "archive-damaged", at, "a number that is another one in the other byte order");
	if (block != SB_ISO_SECTOR)
		return sb_damaged(err, "archive-unsupported", at, "blocks of another size than sectors");
	volume.root = root * SB_ISO_SECTOR;
	for (unsigned i = 0; i < 4; i++)
		volume.paths[i] = SB_ISO_SECTOR * (i < 2 ? sb_iso_le(sector, AT_PATHS + 4 * i, 4) : sb_iso_be(sector, AT_PATHS + 4 * i, 4));
	struct sb_iso_volume *slot = sb_vec_push(&iso->volumes);
	if (!slot)
		return sb_no_memory(err);
	*slot = volume;
	return sb_iso_own_range(iso, at, SB_ISO_SECTOR, is_proper(sector, type) ? SB_REGION_LAYOUT : SB_REGION_HEADER, "volume descriptor", SB_ISO_TAG_VOLUME, 0, err);
}

/* "El Torito", figure 7: the one system that is known here. */
static int note_boot(struct sb_iso *iso, struct sb_span sector, uint64_t at, struct sb_err *err)
{
	static const char system[32] = "EL TORITO SPECIFICATION";
	bool known = memcmp(sector.p + 7, system, sizeof system) == 0 && zeros(sector, 39, 32) && zeros(sector, 75, SB_ISO_SECTOR - 75);

	if (!known || iso->catalog)
		return sb_iso_own_range(iso, at, SB_ISO_SECTOR, SB_REGION_HEADER, "boot record", SB_ISO_TAG_NONE, 0, err);
	iso->catalog = SB_ISO_SECTOR * sb_iso_le(sector, 71, 4);
	return sb_iso_own_range(iso, at, SB_ISO_SECTOR, SB_REGION_LAYOUT, "boot record", SB_ISO_TAG_BOOT, 0, err);
}

static int take_descriptor(struct sb_iso *iso, uint64_t at, bool *last, struct sb_err *err)
{
	struct sb_span sector;

	if (!sb_magic(iso->view->file, at + 1, "CD001", 5) || !sb_span_cut(iso->view->file, at, SB_ISO_SECTOR, &sector))
		return sb_damaged(err, "archive-damaged", at, "descriptors without an end");
	unsigned type = sector.p[0], version = sector.p[VERSION];
	bool first = iso->volumes.count == 0;
	*last = type == TERMINATOR;
	if (type == TERMINATOR)
		return sb_iso_own_range(iso, at, SB_ISO_SECTOR, version == 1 && zeros(sector, 7, SB_ISO_SECTOR - 7) ? SB_REGION_LAYOUT : SB_REGION_HEADER, "end of descriptors", SB_ISO_TAG_NONE, 0, err);
	if (type == BOOT && version == 1)
		return note_boot(iso, sector, at, err);
	if ((type == PRIMARY && version == 1 && first) || (type == SUPPLEMENTARY && !first))
		return note_volume(iso, sector, at, type, err);
	return sb_iso_own_range(iso, at, SB_ISO_SECTOR, SB_REGION_HEADER, "unknown descriptor", SB_ISO_TAG_NONE, 0, err);
}

int sb_iso_read_volumes(struct sb_iso *iso, struct sb_err *err)
{
	bool last = false;
	int rc = 0;

	for (uint64_t i = 0; !rc && !last; i++)
		rc = i < SB_ISO_DESCRIPTORS ? take_descriptor(iso, (SB_ISO_FIRST + i) * SB_ISO_SECTOR, &last, err)
					    : sb_damaged(err, "archive-damaged", SB_ISO_FIRST * SB_ISO_SECTOR, "descriptors without an end");
	return rc || iso->volumes.count ? rc : sb_damaged(err, "archive-damaged", SB_ISO_FIRST * SB_ISO_SECTOR, "no primary volume");
}
