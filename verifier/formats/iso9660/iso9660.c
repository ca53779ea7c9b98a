/* SPDX-License-Identifier: Apache-2.0 */
/* An image from its descriptors to its tiles, and the format's row. */
#include "verifier/formats/iso9660/iso9660.h"
#include "verifier/formats/rows.h"

#include <string.h>

/* A volume that has the tree and the path tables of one before it: ISO 9660:1999. */
static bool is_walked(const struct sb_iso *iso, size_t which)
{
	const struct sb_iso_volume *volume = sb_vec_at(&iso->volumes, which);

	for (size_t i = 0; i < which; i++) {
		const struct sb_iso_volume *other = sb_vec_at(&iso->volumes, i);
		if (other->root == volume->root && other->root_size == volume->root_size && other->paths_size == volume->paths_size &&
		    memcmp(other->paths, volume->paths, sizeof other->paths) == 0 && other->sectors == volume->sectors)
			return true;
	}
	return false;
}

/* A member of its own, so that no image has such a volume unseen. */
static int emit_alias(struct sb_iso *iso, struct sb_err *err)
{
	const struct sb_member member = {.name = sb_span_text("further volume:"), .type = SB_MEMBER_DIR, .link = sb_span_text(".")};
	return sb_emit_member(iso->view, &member, err);
}

static int take_volume(struct sb_iso *iso, size_t which, struct sb_err *err)
{
	const struct sb_iso_volume volume = *(const struct sb_iso_volume *)sb_vec_at(&iso->volumes, which);

	if (is_walked(iso, which))
		return emit_alias(iso, err);
	int rc = sb_iso_take_tree(iso, &volume, err);
	return rc ? rc : sb_iso_own_paths(iso, &volume, err);
}

static int walk(struct sb_iso *iso, struct sb_err *err)
{
	int rc = sb_iso_read_volumes(iso, err);

	for (size_t i = 0; !rc && i < iso->volumes.count; i++)
		rc = take_volume(iso, i, err);
	if (!rc)
		rc = sb_iso_take_system_area(iso, err);
	if (!rc)
		rc = sb_iso_take_boot(iso, err);
	if (!rc)
		rc = sb_tiles_emit_filled(&iso->tiles, iso->view, err);
	return rc || !(iso->code || iso->tiles.unknown) ? rc : sb_places_tell(iso->view, err);
}

static int open_iso(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct sb_iso iso = {
		.view = view,
		.own = view->own = sb_arena_alloc(view->arena, sizeof *iso.own),
		.volumes = {.size = sizeof(struct sb_iso_volume)},
		.folders = {.size = sizeof(struct sb_iso_folder)},
		.files = {.size = sizeof(struct sb_iso_file)},
		.appended = {.size = sizeof(struct sb_iso_file)},
		.calls = {.size = sizeof(struct sb_iso_call)},
	};
	int rc = 0;

	(void)hint;
	if (!iso.own)
		return sb_no_memory(err);
	*iso.own = (struct sb_iso_own){0};
	rc = walk(&iso, err);
	sb_vec_release(&iso.volumes);
	sb_vec_release(&iso.folders);
	sb_vec_release(&iso.files);
	sb_vec_release(&iso.appended);
	sb_vec_release(&iso.calls);
	sb_meetings_release(&iso.met);
	sb_tiles_release(&iso.tiles);
	return rc;
}

/* Before anything that may lie in the system area: a table of partitions for what boots from a stick. */
static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return sb_magic(file, SB_ISO_FIRST * SB_ISO_SECTOR, "\1CD001\1", 7) ? 80 : 0;
}

const struct sb_format sb_format_iso9660 = {
	.name = "iso9660",
	.spec = "ECMA-119, 4th edition; SUSP and RRIP 1.12; Joliet 1.0; El Torito 1.0; UEFI Specification 2.10, chapter 5",
	.version = 4,
	.probe = probe,
	.open = open_iso,
	.describe = sb_iso_describe,
	.tree = true,
};
