/* SPDX-License-Identifier: Apache-2.0 */
/* A member, from its first record to the last one of its extents. */
#include "verifier/formats/iso9660/tree.h"
#include "verifier/formats/names.h"

static int wide_name(struct sb_iso *iso, struct sb_span raw, struct sb_span *out, struct sb_err *err)
{
	uint16_t units[128];
	size_t count = raw.n / 2;

	for (size_t i = 0; i < count; i++)
		units[i] = (uint16_t)(raw.p[2 * i] << 8 | raw.p[2 * i + 1]);
	return sb_units_keep(iso->view, units, count, out, err);
}

static int read_name(struct sb_iso_tree *tree, const struct sb_iso_record *record, const struct sb_iso_rock *rock, struct sb_span *name, struct sb_err *err)
{
	int rc = 0;

	*name = record->identifier;
	if (tree->volume->wide && record->identifier.n % 2)
		return sb_damaged(err, "archive-damaged", record->at, "half of a unit in a name");
	if (tree->volume->wide)
		rc = wide_name(tree->iso, record->identifier, name, err);
	if (rock->has_name)
		*name = sb_buf_span(&rock->name);
	if (!rc && rock->has_name)
		rc = sb_iso_attribute(tree->iso, rock, "identifier", record->identifier, err);
	return rc || !sb_name_is_unusable(*name) ? rc : sb_damaged(err, "archive-damaged", record->at, "a name that no system could use");
}

/* Without its version, ";1": readers take the first of several for the file. */
static struct sb_span without_version(struct sb_span name)
{
	size_t n = name.n;

	while (n && name.p[n - 1] >= '0' && name.p[n - 1] <= '9')
		n--;
	return n && n < name.n && name.p[n - 1] == ';' ? sb_span_of(name.p, n - 1) : name;
}

/* Readers look for the identifier, or for the name of Rock Ridge. */
static int note_name(struct sb_iso_tree *tree, const struct sb_iso_entered *folder, const struct sb_iso_record *record, const struct sb_iso_rock *rock, struct sb_span name,
		     struct sb_err *err)
{
	struct sb_iso *iso = tree->iso;
	uint32_t member = sb_iso_next_ordinal(tree);
	struct sb_span identifier = rock->has_name ? record->identifier : name;
	int rc = sb_meetings_add(&iso->met, iso->view, folder->offset, without_version(identifier), member, err);

	return rc || !rock->has_name ? rc : sb_meetings_add(&iso->met, iso->view, folder->offset + 1, name, member, err);
}

static int fill_member(struct sb_iso_tree *tree, const struct sb_iso_record *record, const struct sb_iso_rock *rock, struct sb_member *member, struct sb_err *err)
{
	bool folder = record->flags & SB_ISO_FLAG_FOLDER || rock->child;

	member->type = rock->has_px ? sb_type_of_mode(rock->mode) : folder ? SB_MEMBER_DIR : SB_MEMBER_FILE;
	if (member->type == SB_MEMBER_UNKNOWN || (member->type == SB_MEMBER_DIR) != folder)
		return sb_damaged(err, "archive-damaged", record->at, "a record whose mode is of another type");
	member->has_mode = rock->has_px;
	member->mode = rock->mode & 07777;
	member->uid = rock->uid;
	member->gid = rock->gid;
	member->rdev_major = rock->major;
	member->rdev_minor = rock->minor;
	int rc = sb_iso_add_px(tree, rock, false, err);
	if (!rc && rock->relocated)
		rc = sb_iso_attribute(tree->iso, rock, "RE", sb_span_text(""), err);
	if (!rc && rock->parent)
		rc = sb_damaged(err, "archive-damaged", record->at, "an entry that no such record may have");
	return rc || !rock->has_link ? rc : sb_keep(tree->iso->view, sb_buf_span(&rock->link), &member->link, err);
}

static int add_slice(struct sb_iso_tree *tree, const struct sb_iso_record *record, struct sb_err *err)
{
	struct sb_span bytes;

	if (record->size == 0)
		return 0;
	if (!sb_span_cut(tree->iso->view->file, record->offset, record->size, &bytes))
		return sb_damaged(err, "archive-truncated", record->at, "a file that does not lie in the image");
	struct sb_slice *slice = sb_vec_push(&tree->slices);
	if (!slice)
		return sb_no_memory(err);
	*slice = (struct sb_slice){.offset = record->offset, .length = record->size, .whole = record->size, .size = record->size};
	return 0;
}

/* The boot catalog is told by its entries: it says where boot images lie. */
static bool is_catalog(const struct sb_iso_tree *tree, const struct sb_iso_record *record)
{
	return tree->iso->catalog && record->offset == tree->iso->catalog && record->size;
}

static int own_content(struct sb_iso_tree *tree, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < tree->slices.count; i++) {
		const struct sb_slice *slice = sb_vec_at(&tree->slices, i);
		const struct sb_region region = {.offset = slice->offset, .length = slice->length, .kind = SB_REGION_CONTENT, .name = "content", .member = sb_iso_next_ordinal(tree)};
		rc = sb_tiles_share(&tree->iso->tiles, tree->iso->view->file.n, &region, err);
	}
	return rc;
}

static int emit_file(struct sb_iso_tree *tree, struct sb_err *err)
{
	const struct sb_slice *only = tree->slices.count == 1 ? sb_vec_at(&tree->slices, 0) : NULL;
	const struct sb_iso_file *first = only && !tree->volume->primary ? sb_iso_find_file(tree->iso, only) : NULL;
	struct sb_member *member = &tree->file.member;
	int rc = sb_xattrs_keep(tree->iso->view, &tree->xattrs, &member->xattrs, err);

	tree->file.open = false;
	if (rc)
		return rc;
	if (first && member->type == SB_MEMBER_FILE) {
		member->type = SB_MEMBER_HARDLINK;
		member->link = sb_view_member(tree->iso->view, first->member - 1)->name;
		return sb_emit_member(tree->iso->view, member, err);
	}
	rc = own_content(tree, err);
	if (!rc && only && tree->volume->primary)
		rc = sb_iso_note_file(tree->iso, only, sb_iso_next_ordinal(tree), err);
	return rc ? rc : sb_emit_sliced(tree->iso->view, member, tree->slices.items, tree->slices.count, err);
}

static int note_call(struct sb_iso_tree *tree, const struct sb_iso_entered *folder, const struct sb_iso_rock *rock, struct sb_err *err)
{
	struct sb_iso_call *call = sb_vec_push(&tree->iso->calls);

	if (!call)
		return sb_no_memory(err);
	*call = (struct sb_iso_call){.offset = rock->child, .from = folder->offset, .member = sb_iso_next_ordinal(tree)};
	return 0;
}

/* A record that begins a member: folders are entered, files wait for their last record. */
static int begin_member(struct sb_iso_tree *tree, const struct sb_iso_entered *folder, const struct sb_iso_record *record, struct sb_iso_rock *rock, struct sb_err *err)
{
	struct sb_member *member = &tree->file.member;
	struct sb_span name = {0};
	size_t before = 0;

	*member = (struct sb_member){.size = 0};
	int rc = sb_iso_read_use(tree, record, sb_iso_next_ordinal(tree), rock, err);
	if (!rc)
		rc = read_name(tree, record, rock, &name, err);
	if (!rc)
		rc = note_name(tree, folder, record, rock, name, err);
	if (!rc)
		rc = sb_path_enter(&tree->path, name, &before, err);
	if (!rc)
		rc = sb_path_keep(tree->iso->view, &tree->path, &member->name, err);
	if (!rc)
		rc = fill_member(tree, record, rock, member, err);
	if (rc)
		return rc;
	const struct sb_iso_place place = {record->offset, record->size, folder->offset, folder->end - folder->offset, record->identifier};
	if (member->type == SB_MEMBER_DIR && !rock->child)
		return record->flags & SB_ISO_FLAG_MORE ? sb_damaged(err, "archive-damaged", record->at, "a folder of several extents") : sb_iso_take_folder(tree, &place, member, before, err);
	sb_path_leave(&tree->path, before);
	tree->file.open = true;
	tree->file.identifier = record->identifier;
	return rock->child ? note_call(tree, folder, rock, err) : 0;
}

int sb_iso_take_member(struct sb_iso_tree *tree, const struct sb_iso_entered *folder, const struct sb_iso_record *record, struct sb_iso_rock *rock, struct sb_err *err)
{
	int rc = 0;

	if (tree->file.open)
		rc = sb_span_equal(tree->file.identifier, record->identifier) ? sb_iso_add_further(tree, record, sb_iso_next_ordinal(tree), "further record, ", NULL, err)
									      : sb_damaged(err, "archive-damaged", record->at, "a file that has no end");
	else
		rc = begin_member(tree, folder, record, rock, err);
	if (rc || !tree->file.open)
		return rc;
	if (is_catalog(tree, record) || rock->child)
		rc = sb_iso_add_number(tree, rock, "size", record->size, err);
	else
		rc = add_slice(tree, record, err);
	return rc || record->flags & SB_ISO_FLAG_MORE ? rc : emit_file(tree, err);
}
