/* SPDX-License-Identifier: Apache-2.0 */
/* A folder: its two dots must lead where it lies and where it is held, and what they say of it is told. */
#include "verifier/formats/iso9660/tree.h"

enum { DOTS = 2 };

static bool is_dot(const struct sb_iso_record *record, uint8_t which)
{
	return record->identifier.n == 1 && record->identifier.p[0] == which && record->flags & SB_ISO_FLAG_FOLDER && !(record->flags & SB_ISO_FLAG_MORE);
}

/* The first two records lead to the folder itself and to what holds it. */
static int take_dots(struct sb_iso_tree *tree, const struct sb_iso_place *place, uint64_t *parent, uint64_t *first, struct sb_err *err)
{
	const struct sb_iso_rock above = {.prefix = "what holds it, ", .xattrs = &tree->xattrs};
	uint64_t offset = place->offset;
	struct sb_iso_record dots[2];
	uint32_t member = sb_iso_next_ordinal(tree);
	uint64_t at = offset;
	int rc = 0;

	for (unsigned i = 0; !rc && i < DOTS; i++) {
		rc = sb_iso_read_record(tree->iso, at, offset + SB_ISO_SECTOR, &dots[i], err);
		at += dots[i].length;
		if (!rc)
			rc = sb_iso_own_record(tree, &dots[i], i ? "record of what holds it" : "record of itself", member, err);
	}
	if (rc)
		return rc;
	bool held = dots[1].offset == place->up && dots[1].size == place->up_size;
	bool lost = dots[1].offset == offset && dots[1].size == place->size && !tree->volume->primary; /* so writes xorriso 1.5 in Joliet */
	if (!is_dot(&dots[0], 0) || !is_dot(&dots[1], 1) || dots[0].offset != offset || dots[0].size != place->size || (!held && !lost))
		return sb_damaged(err, "archive-damaged", offset, "a folder that says that it lies elsewhere");
	if (!held)
		rc = sb_iso_attribute(tree->iso, &above, "place", sb_span_text("itself"), err);
	if (!rc)
		rc = sb_iso_add_further(tree, &dots[0], member, "itself, ", NULL, err);
	if (!rc)
		rc = sb_iso_add_further(tree, &dots[1], member, "what holds it, ", parent, err);
	*first = at;
	return rc;
}

static int note_folder(struct sb_iso_tree *tree, const struct sb_iso_place *place, uint64_t called_from, struct sb_err *err)
{
	struct sb_iso_folder *folder = sb_vec_push(&tree->iso->folders);

	if (!folder)
		return sb_no_memory(err);
	*folder = (struct sb_iso_folder){.offset = place->offset, .up = place->up, .identifier = place->identifier, .member = sb_iso_next_ordinal(tree), .called_from = called_from};
	return 0;
}

int sb_iso_take_folder(struct sb_iso_tree *tree, const struct sb_iso_place *place, struct sb_member *member, size_t before, struct sb_err *err)
{
	struct sb_iso *iso = tree->iso;
	uint64_t offset = place->offset, size = place->size;
	uint64_t called_from = 0, first = 0;

	if (size == 0 || size % SB_ISO_SECTOR || offset > iso->view->file.n || size > iso->view->file.n - offset)
		return sb_damaged(err, "archive-damaged", offset, "a folder that does not lie in the image");
	iso->walked += size;
	if (iso->walked > iso->view->file.n)
		return sb_damaged(err, "archive-damaged", offset, "folders are reached twice");
	int rc = take_dots(tree, place, &called_from, &first, err);
	if (!rc)
		rc = note_folder(tree, place, called_from, err);
	if (!rc)
		rc = sb_xattrs_keep(iso->view, &tree->xattrs, &member->xattrs, err);
	if (!rc)
		rc = sb_emit_member(iso->view, member, err);
	struct sb_iso_entered *entered = rc ? NULL : sb_vec_push(&tree->folders);
	if (entered)
		*entered = (struct sb_iso_entered){.offset = offset, .at = first, .end = offset + size, .before = before};
	if (rc || entered)
		return rc;
	return tree->folders.count >= tree->folders.ceiling ? sb_fail_limit(err, SB_LIMIT_ROW_PATH_DEPTH, tree->folders.count + 1) : sb_no_memory(err);
}
