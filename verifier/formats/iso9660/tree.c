/* SPDX-License-Identifier: Apache-2.0 */
/* Folders from the root down, as they lie; what RRIP moves elsewhere is told by links (calls.c). */
#include "verifier/formats/iso9660/tree.h"

#include <string.h>

static int take_record(struct sb_iso_tree *tree, const struct sb_iso_entered *folder, const struct sb_iso_record *record, struct sb_err *err)
{
	struct sb_iso_rock rock = {.prefix = "", .xattrs = &tree->xattrs};

	if (!tree->file.open) {
		sb_xattrs_clear(&tree->xattrs);
		tree->slices.count = 0;
	}
	int rc = sb_iso_own_record(tree, record, "record", sb_iso_next_ordinal(tree), err);
	if (!rc)
		rc = sb_iso_take_member(tree, folder, record, &rock, err);
	sb_iso_rock_release(&rock);
	return rc;
}

/* Records do not cross sectors: a zero leads to the next one. */
static int step(struct sb_iso_tree *tree, struct sb_err *err)
{
	struct sb_iso_entered *folder = sb_vec_at(&tree->folders, tree->folders.count - 1);
	const struct sb_iso_entered was = *folder;
	struct sb_iso_record record;

	if (folder->at == folder->end) {
		sb_path_leave(&tree->path, folder->before);
		tree->folders.count--;
		return tree->file.open ? sb_damaged(err, "archive-damaged", folder->end, "a file that has no end") : 0;
	}
	uint64_t sector = folder->at - folder->at % SB_ISO_SECTOR + SB_ISO_SECTOR;
	if (sb_iso_le(tree->iso->view->file, folder->at, 1) == 0) {
		folder->at = sector;
		return 0;
	}
	int rc = sb_iso_read_record(tree->iso, folder->at, sector, &record, err);
	if (rc)
		return rc;
	folder->at += record.length;
	return take_record(tree, &was, &record, err);
}

/* SUSP 5.3: the first entry of the first record says whether there are such entries at all. */
static void detect_rock(struct sb_iso_tree *tree)
{
	struct sb_iso_record dot;

	if (!tree->volume->primary || sb_iso_read_record(tree->iso, tree->volume->root, tree->volume->root + SB_ISO_SECTOR, &dot, NULL) != 0)
		return;
	tree->iso->own->rock = dot.use.n >= 7 && memcmp(dot.use.p, "SP\7\1\xbe\xef", 6) == 0;
	tree->iso->own->skip = tree->iso->own->rock ? dot.use.p[6] : 0;
}

static int take_root(struct sb_iso_tree *tree, struct sb_err *err)
{
	const struct sb_iso_volume *volume = tree->volume;
	struct sb_member member = {.type = SB_MEMBER_DIR};
	const struct sb_iso_rock rock = {.prefix = "volume, ", .xattrs = &tree->xattrs};
	const struct sb_iso_place place = {volume->root, volume->root_size, volume->root, volume->root_size, sb_span_of("", 1)};
	size_t before = 0;
	int rc = 0;

	if (volume->wide)
		rc = sb_path_enter(&tree->path, sb_span_text("Joliet:"), &before, err);
	else if (!volume->primary)
		rc = sb_path_enter(&tree->path, sb_span_text("further volume:"), &before, err);
	if (!rc)
		rc = sb_path_keep(tree->iso->view, &tree->path, &member.name, err);
	if (!rc && volume->sectors * SB_ISO_SECTOR != tree->iso->view->file.n) /* the rest of the file is then no part of the volume */
		rc = sb_iso_add_number(tree, &rock, "sectors", volume->sectors, err);
	detect_rock(tree);
	return rc ? rc : sb_iso_take_folder(tree, &place, &member, before, err);
}

int sb_iso_take_tree(struct sb_iso *iso, const struct sb_iso_volume *volume, struct sb_err *err)
{
	struct sb_iso_tree tree = {
		.iso = iso,
		.volume = volume,
		.folders = {.size = sizeof(struct sb_iso_entered), .ceiling = (size_t)SB_LIMIT_OF(PATH_DEPTH)},
		.slices = {.size = sizeof(struct sb_slice)},
	};
	int rc = 0;

	iso->walked = 0;
	iso->folders.count = iso->calls.count = iso->met.names.count = 0;
	rc = take_root(&tree, err);
	while (!rc && tree.folders.count)
		rc = step(&tree, err);
	if (!rc && volume->primary)
		sb_iso_sort_files(iso);
	if (!rc)
		rc = sb_meetings_tell(&iso->met, iso->view, err);
	sb_vec_release(&tree.folders);
	sb_vec_release(&tree.slices);
	sb_xattrs_release(&tree.xattrs);
	return rc ? rc : sb_iso_resolve_calls(iso, err);
}
