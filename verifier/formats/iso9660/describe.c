/* SPDX-License-Identifier: Apache-2.0 */
/* Fields. What lies between fields was checked by the walker, or is told with a member. */
#include "verifier/formats/disk/disk.h"
#include "verifier/formats/iso9660/iso9660.h"

#include <string.h>

enum { ENTRY = 4, LONG_FORM = 0x80 };

static const struct sb_layout_row volume_rows[] = {
	{.at = 0, .length = 1, .name = "type"},
	{.at = 1, .length = 5, .kind = SB_FIELD_MAGIC, .name = "identifier"},
	{.at = 6, .length = 1, .name = "version"},
	{.at = 7, .length = 1, .kind = SB_FIELD_FLAGS, .name = "flags"},
	{.at = 8, .length = 32, .encoding = SB_ENC_TEXT, .name = "system"},
	{.at = 40, .length = 32, .encoding = SB_ENC_TEXT, .name = "volume"},
	{.at = 80, .length = 8, .kind = SB_FIELD_SIZE, .name = "sectors"},
	{.at = 88, .length = 32, .name = "escape sequences"},
	{.at = 132, .length = 8, .kind = SB_FIELD_SIZE, .name = "size of the path tables"},
	{.at = 140, .length = 4, .kind = SB_FIELD_OFFSET, .encoding = SB_ENC_LE, .name = "path table L"},
	{.at = 144, .length = 4, .kind = SB_FIELD_OFFSET, .encoding = SB_ENC_LE, .name = "copy of path table L"},
	{.at = 148, .length = 4, .kind = SB_FIELD_OFFSET, .encoding = SB_ENC_BE, .name = "path table M"},
	{.at = 152, .length = 4, .kind = SB_FIELD_OFFSET, .encoding = SB_ENC_BE, .name = "copy of path table M"},
	{.at = SB_ISO_ROOT + 2, .length = 8, .kind = SB_FIELD_OFFSET, .name = "root"},
	{.at = SB_ISO_ROOT + 10, .length = 8, .kind = SB_FIELD_SIZE, .name = "size of the root"},
	{.at = SB_ISO_ROOT + 18, .length = 7, .kind = SB_FIELD_TIME, .encoding = SB_ENC_ISO_DATE, .name = "time of the root"},
	{.at = 190, .length = 128, .encoding = SB_ENC_TEXT, .name = "volume set"},
	{.at = 318, .length = 128, .encoding = SB_ENC_TEXT, .name = "publisher"},
	{.at = 446, .length = 128, .encoding = SB_ENC_TEXT, .name = "data preparer"},
	{.at = 574, .length = 128, .encoding = SB_ENC_TEXT, .name = "application"},
	{.at = 702, .length = 37, .encoding = SB_ENC_TEXT, .name = "copyright file"},
	{.at = 739, .length = 37, .encoding = SB_ENC_TEXT, .name = "abstract file"},
	{.at = 776, .length = 37, .encoding = SB_ENC_TEXT, .name = "bibliographic file"},
	{.at = 813, .length = 17, .kind = SB_FIELD_TIME, .encoding = SB_ENC_ISO_STAMP, .name = "created"},
	{.at = 830, .length = 17, .kind = SB_FIELD_TIME, .encoding = SB_ENC_ISO_STAMP, .name = "modified"},
	{.at = 847, .length = 17, .encoding = SB_ENC_TEXT, .name = "obsolete from"},
	{.at = 864, .length = 17, .kind = SB_FIELD_TIME, .encoding = SB_ENC_ISO_STAMP, .name = "to be used from"},
	{.at = 881, .length = 1, .name = "version of the structure"},
	{.at = 883, .length = 512, .name = "for the application"},
};

static const struct sb_layout_row boot_rows[] = {
	{.at = 0, .length = 71, .name = "system"},
	{.at = 71, .length = 4, .kind = SB_FIELD_OFFSET, .encoding = SB_ENC_LE, .name = "boot catalog"},
};

static const struct sb_layout_row record_rows[] = {
	{.at = 2, .length = 8, .kind = SB_FIELD_OFFSET, .name = "extent"},
	{.at = 10, .length = 8, .kind = SB_FIELD_SIZE, .name = "size"},
	{.at = 18, .length = 7, .kind = SB_FIELD_TIME, .encoding = SB_ENC_ISO_DATE, .name = "time of recording"},
};

static const struct sb_layout_row entry_rows[] = {
	{.at = 0, .length = 8, .name = "how to boot"},
	{.at = 8, .length = 4, .kind = SB_FIELD_OFFSET, .encoding = SB_ENC_LE, .name = "boot image"},
	{.at = 12, .length = 20, .name = "criteria"},
};

static int emit_field(struct sb_view *view, uint64_t at, uint64_t length, enum sb_field_kind kind, enum sb_encoding encoding, const char *name, struct sb_err *err)
{
	const struct sb_field field = {.offset = at, .length = length, .kind = kind, .encoding = encoding, .name = name};
	return sb_emit_field(view, &field, err);
}

/* RRIP 4.1.6: which of the times are there is said by bits, in this order. */
static int describe_times(struct sb_view *view, uint64_t at, struct sb_span entry, struct sb_err *err)
{
	static const char *const names[] = {"time of creation", "time of change", "time of access", "time of a change of attributes", "time of a backup", "time of expiration", "time of effect"};
	unsigned flags = entry.n > 4 ? entry.p[4] : 0;
	unsigned width = flags & LONG_FORM ? SB_ISO_STAMP : SB_ISO_DATE;
	size_t place = 5;
	int rc = 0;

	for (unsigned bit = 0; !rc && bit < 7; bit++) {
		if (!(flags >> bit & 1) || place + width > entry.n)
			continue;
		rc = emit_field(view, at + place, width, SB_FIELD_TIME, flags & LONG_FORM ? SB_ENC_ISO_STAMP : SB_ENC_ISO_DATE, names[bit], err);
		place += width;
	}
	return rc;
}

static int describe_entry(struct sb_view *view, uint64_t at, struct sb_span entry, struct sb_err *err)
{
	bool here = entry.n > 4;

	if (here && memcmp(entry.p, "TF", 2) == 0)
		return describe_times(view, at, entry, err);
	if (entry.n == 44 && memcmp(entry.p, "PX", 2) == 0)
		return emit_field(view, at + 36, 8, SB_FIELD_INODE, SB_ENC_RAW, "serial number", err);
	if (entry.n == 28 && memcmp(entry.p, "CE", 2) == 0)
		return emit_field(view, at + ENTRY, 24, SB_FIELD_OFFSET, SB_ENC_RAW, "continuation", err);
	if (entry.n == 12 && (memcmp(entry.p, "CL", 2) == 0 || memcmp(entry.p, "PL", 2) == 0))
		return emit_field(view, at + ENTRY, 8, SB_FIELD_OFFSET, SB_ENC_RAW, "moved folder", err);
	return 0;
}

static int describe_area(struct sb_view *view, uint64_t at, uint64_t length, struct sb_err *err)
{
	struct sb_span area;
	int rc = 0;

	if (!sb_span_cut(view->file, at, length, &area))
		return 0;
	for (size_t i = 0; !rc && i + ENTRY <= area.n && area.p[i + 2] >= ENTRY && area.p[i + 2] <= area.n - i; i += area.p[i + 2]) {
		if (memcmp(area.p + i, "ST", 2) == 0)
			break;
		rc = describe_entry(view, at + i, sb_span_of(area.p + i, area.p[i + 2]), err);
	}
	return rc;
}

static int describe_record(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	const struct sb_iso_own *own = view->own;
	uint64_t name = sb_iso_le(view->file, region->offset + SB_ISO_RECORD - 1, 1), use = SB_ISO_RECORD + name + (name % 2 == 0) + own->skip;
	int rc = sb_emit_layout(view, region, SB_ROWS(record_rows), err);

	return rc || region->tag == SB_ISO_TAG_PLAIN || use > region->length ? rc : describe_area(view, region->offset + use, region->length - use, err);
}

static int describe_paths(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	enum sb_encoding encoding = region->tag == SB_ISO_TAG_PATHS_L ? SB_ENC_LE : SB_ENC_BE;
	uint64_t at = 0;
	int rc = 0;

	while (!rc && region->length - at >= 8) {
		uint64_t name = sb_iso_le(view->file, region->offset + at, 1), row = 8 + name + name % 2;
		if (row > region->length - at)
			break;
		rc = emit_field(view, region->offset + at + 2, 4, SB_FIELD_OFFSET, encoding, "folder", err);
		at += row;
	}
	return rc;
}

int sb_iso_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	switch (region->tag) {
	case SB_ISO_TAG_VOLUME:
		return sb_emit_layout(view, region, SB_ROWS(volume_rows), err);
	case SB_ISO_TAG_BOOT:
		return sb_emit_layout(view, region, SB_ROWS(boot_rows), err);
	case SB_ISO_TAG_RECORD:
	case SB_ISO_TAG_PLAIN:
		return describe_record(view, region, err);
	case SB_ISO_TAG_CONTINUATION:
		return describe_area(view, region->offset, region->length, err);
	case SB_ISO_TAG_PATHS_L:
	case SB_ISO_TAG_PATHS_M:
		return describe_paths(view, region, err);
	case SB_ISO_TAG_BOOT_ENTRY:
		return sb_emit_layout(view, region, SB_ROWS(entry_rows), err);
	default:
		return sb_disk_describe(view, region, err);
	}
}
