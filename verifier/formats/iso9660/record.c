/* SPDX-License-Identifier: Apache-2.0 */
/* One record of a folder: ECMA-119 9.1. */
#include "verifier/formats/iso9660/iso9660.h"

enum { AT_ATTRIBUTE = 1, AT_EXTENT = 2, AT_SIZE = 10, AT_DATE = 18, AT_FLAGS = 25, AT_UNIT = 26, AT_GAP = 27, AT_SEQUENCE = 28, AT_NAME = 32 };

int sb_iso_own_range(struct sb_iso *iso, uint64_t at, uint64_t length, enum sb_region_kind kind, const char *name, enum sb_iso_tag tag, uint32_t member,
		     struct sb_err *err)
{
	const struct sb_region region = {.offset = at, .length = length, .kind = kind, .name = name, .tag = tag, .member = member, .loaded = tag == SB_ISO_TAG_BOOT_ENTRY};
	return sb_tiles_add(&iso->tiles, iso->view->file.n, &region, err);
}

int sb_iso_read_record(const struct sb_iso *iso, uint64_t at, uint64_t end, struct sb_iso_record *out, struct sb_err *err)
{
	struct sb_span file = iso->view->file, bytes;
	uint64_t length = sb_iso_le(file, at, 1), extent, sequence;

	if (length < SB_ISO_RECORD + 1 || length > end - at || !sb_span_cut(file, at, length, &bytes))
		return sb_damaged(err, "archive-damaged", at, "a record that does not lie in its folder");
	uint64_t name = bytes.p[AT_NAME], use = SB_ISO_RECORD + name + (name % 2 == 0);
	if (name == 0 || SB_ISO_RECORD + name > length || use > length)
		return sb_damaged(err, "archive-damaged", at, "an identifier that does not lie in its record");
	if (!sb_iso_both(bytes, AT_EXTENT, 4, &extent) || !sb_iso_both(bytes, AT_SIZE, 4, &out->size))
		return sb_damaged(err, "archive-damaged", at, "a number that is another one in the other byte order");
	if (bytes.p[AT_ATTRIBUTE] || bytes.p[AT_UNIT] || bytes.p[AT_GAP])
		return sb_damaged(err, "archive-unsupported", at, "a file that is interleaved, or has an attribute record");
	out->at = at;
	out->length = length;
	out->offset = extent * SB_ISO_SECTOR;
	out->flags = bytes.p[AT_FLAGS];
	out->identifier = sb_span_of(bytes.p + SB_ISO_RECORD, (size_t)name);
	out->use = sb_span_of(bytes.p + use, (size_t)(length - use));
	out->proper = sb_iso_both(bytes, AT_SEQUENCE, 2, &sequence) && sequence == 1 && sb_iso_is_date(bytes, AT_DATE) && (name % 2 || bytes.p[SB_ISO_RECORD + name] == 0);
	return 0;
}
