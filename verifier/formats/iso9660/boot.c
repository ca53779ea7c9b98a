/* SPDX-License-Identifier: Apache-2.0 */
/* "El Torito": the catalog of boot images. What an entry says of how to boot is content; where the image lies is not, the image is. */
#include "verifier/formats/iso9660/iso9660.h"

enum { ENTRY = 32, HEADER = 0x90, LAST_HEADER = 0x91, EXTENSION = 0x44, SECTOR = 512 };

/** A catalog that is being read. */
struct catalog {
	struct sb_iso *iso;
	uint64_t at, end; /* of its sector, beyond which nothing is looked for */
	unsigned images;
};

static struct sb_span entry_at(const struct catalog *catalog)
{
	return sb_span_of(catalog->iso->view->file.p + catalog->at, ENTRY);
}

/* Bytes of an image: as many as are loaded, or what the medium has. */
static uint64_t length_of(struct sb_span entry)
{
	static const uint64_t media[] = {0, 1200 << 10, 1440 << 10, 2880 << 10};
	unsigned medium = entry.p[1] & 15;

	return medium && medium < sizeof media / sizeof *media ? media[medium] : SECTOR * sb_iso_le(entry, 6, 2);
}

static const struct sb_iso_file *file_or_partition(const struct sb_iso *iso, uint64_t offset)
{
	const struct sb_iso_file *found = sb_iso_file_at(iso, offset);

	for (size_t i = 0; !found && i < iso->appended.count; i++) {
		const struct sb_iso_file *partition = sb_vec_at(&iso->appended, i);
		found = partition->offset == offset ? partition : NULL;
	}
	return found;
}

/* An image is a file of the tree or a partition behind it, or lies somewhere by itself. */
static int emit_image(struct catalog *catalog, struct sb_span entry, struct sb_err *err)
{
	struct sb_iso *iso = catalog->iso;
	uint64_t offset = SB_ISO_SECTOR * sb_iso_le(entry, 8, 4), length = length_of(entry);
	const struct sb_iso_file *file = file_or_partition(iso, offset);
	struct sb_member member = {.type = SB_MEMBER_PART};
	const char *name = sb_arena_printf(iso->view->arena, "boot image %u", ++catalog->images);

	if (!name)
		return sb_no_memory(err);
	member.name = sb_span_text(name);
	if (file && length > (file->length + SB_ISO_SECTOR - 1) / SB_ISO_SECTOR * SB_ISO_SECTOR) /* it depends on which file comes next */
		return sb_damaged(err, "archive-unsupported", catalog->at, "a boot image that is longer than its file");
	if (file) {
		member.type = SB_MEMBER_HARDLINK;
		member.link = sb_view_member(iso->view, file->member - 1)->name;
		return sb_emit_member(iso->view, &member, err);
	}
	if (offset > iso->view->file.n || length > iso->view->file.n - offset)
		return sb_damaged(err, "archive-truncated", catalog->at, "a boot image that does not lie in the image");
	member.offset = length ? offset : 0;
	member.length = member.size = length;
	int rc = sb_iso_own_range(iso, offset, length, SB_REGION_CONTENT, "content", SB_ISO_TAG_NONE, (uint32_t)iso->view->members.count + 1, err);
	return rc ? rc : sb_emit_member(iso->view, &member, err);
}

static int own_entry(struct catalog *catalog, const char *name, bool image, struct sb_err *err)
{
	int rc = sb_iso_own_range(catalog->iso, catalog->at, ENTRY, image ? SB_REGION_LAYOUT : SB_REGION_HEADER, name, image ? SB_ISO_TAG_BOOT_ENTRY : SB_ISO_TAG_NONE, 0, err);

	if (!rc && image)
		rc = emit_image(catalog, entry_at(catalog), err);
	catalog->at += ENTRY;
	return rc;
}

/* Headers of further platforms, each with as many entries as it says. */
static int take_sections(struct catalog *catalog, struct sb_err *err)
{
	bool last = false;
	int rc = 0;

	while (!rc && !last && catalog->at < catalog->end && (entry_at(catalog).p[0] == HEADER || entry_at(catalog).p[0] == LAST_HEADER)) {
		uint64_t entries = sb_iso_le(entry_at(catalog), 2, 2);
		last = entry_at(catalog).p[0] == LAST_HEADER;
		rc = own_entry(catalog, "boot section", false, err);
		while (!rc && catalog->at < catalog->end && (entries || entry_at(catalog).p[0] == EXTENSION)) {
			bool extension = entry_at(catalog).p[0] == EXTENSION;
			entries -= !extension && entries > 0;
			rc = own_entry(catalog, extension ? "further criteria" : "boot entry", !extension, err);
		}
	}
	return rc;
}

int sb_iso_take_boot(struct sb_iso *iso, struct sb_err *err)
{
	struct catalog catalog = {.iso = iso, .at = iso->catalog, .end = iso->catalog + SB_ISO_SECTOR};
	struct sb_span bytes;

	if (iso->catalog == 0)
		return 0;
	if (!sb_span_cut(iso->view->file, iso->catalog, SB_ISO_SECTOR, &bytes))
		return sb_damaged(err, "archive-truncated", iso->catalog, "a boot catalog that does not lie in the image");
	int rc = own_entry(&catalog, "validation entry", false, err);
	if (!rc)
		rc = own_entry(&catalog, "boot entry", true, err);
	return rc ? rc : take_sections(&catalog, err);
}
