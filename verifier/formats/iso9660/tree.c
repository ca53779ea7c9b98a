/* SPDX-License-Identifier: Apache-2.0 */
/* Folders from the root down, as they lie; what RRIP moves elsewhere is told by links (calls.c). */
#include "verifier/formats/iso9660/iso9660.h"
#include "verifier/formats/names.h"

#include <stdlib.h>
#include <string.h>

enum { FLAG_FOLDER = 2, FLAG_MORE = 0x80, ENTRIES_HEAD = 2 };

/** A folder that is being read. */
struct folder {
	uint64_t offset, at, end;
	size_t before;
};

/** Where a folder lies, and what holds it. */
struct place {
	uint64_t offset, size, up, up_size;
	struct sb_span identifier;
};

/** A member whose records are being read: a file of several extents has one for each. */
struct file {
	bool open;
	struct sb_member member;
	struct sb_span identifier;
};

struct tree {
	struct sb_iso *iso;
	const struct sb_iso_volume *volume;
	struct sb_path path;
	struct sb_vec folders; /* struct folder */
	struct sb_vec slices;  /* struct sb_slice of the file at hand */
	struct sb_xattrs xattrs;
	struct file file;
};

static int damaged(struct sb_err *err, uint64_t at, const char *text)
{
	return sb_damaged(err, "archive-damaged", at, text);
}

static bool has_rock(const struct tree *tree)
{
	return tree->volume->primary && tree->iso->own->rock;
}

static uint32_t next_ordinal(const struct tree *tree)
{
	return (uint32_t)tree->iso->view->members.count + 1;
}

/* ---- records ---- */

static int own_record(struct tree *tree, const struct sb_iso_record *record, const char *name, uint32_t member, struct sb_err *err)
{
	return sb_iso_own_range(tree->iso, record->at, record->length, record->proper ? SB_REGION_LAYOUT : SB_REGION_HEADER, name,
				has_rock(tree) ? SB_ISO_TAG_RECORD : SB_ISO_TAG_PLAIN, member, err);
}

/* What a record says beside its name and its place. */
static int read_use(struct tree *tree, const struct sb_iso_record *record, uint32_t member, struct sb_iso_rock *rock, struct sb_err *err)
{
	const uint8_t flags = (uint8_t)(record->flags & ~(unsigned)FLAG_MORE);
	bool usual = (flags & ~(unsigned)FLAG_FOLDER) == 0;
	int rc = usual ? 0 : sb_iso_attribute(tree->iso, rock, "flags", sb_span_of(&flags, 1), err);

	if (rc || has_rock(tree))
		return rc ? rc : sb_iso_read_rock(tree->iso, record, member, rock, err);
	return record->use.n ? sb_iso_attribute(tree->iso, rock, "system use", record->use, err) : 0;
}

static int add_number(struct tree *tree, const struct sb_iso_rock *rock, const char *name, uint64_t number, struct sb_err *err)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(number >> 8 * i);
	return sb_iso_attribute(tree->iso, rock, name, sb_span_of(bytes, sizeof bytes), err);
}

/* Numbers that a member has no place for, or, of dots, all of them. */
static int add_px(struct tree *tree, const struct sb_iso_rock *rock, bool all, struct sb_err *err)
{
	if (!rock->has_px)
		return 0;
	int rc = add_number(tree, rock, "links", rock->links, err);
	if (!rc && all)
		rc = add_number(tree, rock, "mode", rock->mode, err);
	if (!rc && all)
		rc = add_number(tree, rock, "uid", rock->uid, err);
	return rc || !all ? rc : add_number(tree, rock, "gid", rock->gid, err);
}

/* What a dot, or a further record of a file, says that a reader could take for the truth. */
static int add_further(struct tree *tree, const struct sb_iso_record *record, uint32_t member, const char *prefix, uint64_t *parent, struct sb_err *err)
{
	struct sb_iso_rock rock = {.prefix = prefix, .xattrs = &tree->xattrs};
	int rc = read_use(tree, record, member, &rock, err);

	if (!rc)
		rc = add_px(tree, &rock, true, err);
	if (!rc && rock.has_name)
		rc = sb_iso_attribute(tree->iso, &rock, "name", sb_buf_span(&rock.name), err);
	if (!rc && rock.has_link)
		rc = sb_iso_attribute(tree->iso, &rock, "link", sb_buf_span(&rock.link), err);
	if (!rc && (rock.child || rock.major || rock.minor || rock.relocated || (rock.parent && !parent)))
		rc = damaged(err, record->at, "an entry that no such record may have");
	if (parent)
		*parent = rock.parent;
	sb_iso_rock_release(&rock);
	return rc;
}

/* ---- folders ---- */

static bool is_dot(const struct sb_iso_record *record, uint8_t which)
{
	return record->identifier.n == 1 && record->identifier.p[0] == which && record->flags & FLAG_FOLDER && !(record->flags & FLAG_MORE);
}

/* The first two records lead to the folder itself and to what holds it. */
static int take_dots(struct tree *tree, const struct place *place, uint64_t *parent, uint64_t *first, struct sb_err *err)
{
	const struct sb_iso_rock above = {.prefix = "what holds it, ", .xattrs = &tree->xattrs};
	uint64_t offset = place->offset;
	struct sb_iso_record dots[2];
	uint32_t member = next_ordinal(tree);
	uint64_t at = offset;
	int rc = 0;

	for (unsigned i = 0; !rc && i < ENTRIES_HEAD; i++) {
		rc = sb_iso_read_record(tree->iso, at, offset + SB_ISO_SECTOR, &dots[i], err);
		at += dots[i].length;
		if (!rc)
			rc = own_record(tree, &dots[i], i ? "record of what holds it" : "record of itself", member, err);
	}
	if (rc)
		return rc;
	bool held = dots[1].offset == place->up && dots[1].size == place->up_size;
	bool lost = dots[1].offset == offset && dots[1].size == place->size && !tree->volume->primary; /* so writes xorriso 1.5 in Joliet */
	if (!is_dot(&dots[0], 0) || !is_dot(&dots[1], 1) || dots[0].offset != offset || dots[0].size != place->size || (!held && !lost))
		return damaged(err, offset, "a folder that says that it lies elsewhere");
	if (!held)
		rc = sb_iso_attribute(tree->iso, &above, "place", sb_span_text("itself"), err);
	if (!rc)
		rc = add_further(tree, &dots[0], member, "itself, ", NULL, err);
	if (!rc)
		rc = add_further(tree, &dots[1], member, "what holds it, ", parent, err);
	*first = at;
	return rc;
}

static int note_folder(struct tree *tree, const struct place *place, uint64_t called_from, struct sb_err *err)
{
	struct sb_iso_folder *folder = sb_vec_push(&tree->iso->folders);

	if (!folder)
		return sb_no_memory(err);
	*folder = (struct sb_iso_folder){.offset = place->offset, .up = place->up, .identifier = place->identifier, .member = next_ordinal(tree), .called_from = called_from};
	return 0;
}

/* Emits the member, whose attributes are those of its record and of both dots, and goes in. */
static int take_folder(struct tree *tree, const struct place *place, struct sb_member *member, size_t before, struct sb_err *err)
{
	struct sb_iso *iso = tree->iso;
	uint64_t offset = place->offset, size = place->size;
	uint64_t called_from = 0, first = 0;

	if (size == 0 || size % SB_ISO_SECTOR || offset > iso->view->file.n || size > iso->view->file.n - offset)
		return damaged(err, offset, "a folder that does not lie in the image");
	iso->walked += size;
	if (iso->walked > iso->view->file.n)
		return damaged(err, offset, "folders are reached twice");
	int rc = take_dots(tree, place, &called_from, &first, err);
	if (!rc)
		rc = note_folder(tree, place, called_from, err);
	if (!rc)
		rc = sb_xattrs_keep(iso->view, &tree->xattrs, &member->xattrs, err);
	if (!rc)
		rc = sb_emit_member(iso->view, member, err);
	struct folder *folder = rc ? NULL : sb_vec_push(&tree->folders);
	if (folder)
		*folder = (struct folder){.offset = offset, .at = first, .end = offset + size, .before = before};
	if (rc || folder)
		return rc;
	return tree->folders.count >= tree->folders.ceiling ? sb_fail_limit(err, SB_LIMIT_ROW_PATH_DEPTH, tree->folders.count + 1) : sb_no_memory(err);
}

/* ---- members ---- */

static int wide_name(struct sb_iso *iso, struct sb_span raw, struct sb_span *out, struct sb_err *err)
{
	uint16_t units[128];
	size_t count = raw.n / 2;

	for (size_t i = 0; i < count; i++)
		units[i] = (uint16_t)(raw.p[2 * i] << 8 | raw.p[2 * i + 1]);
	return sb_units_keep(iso->view, units, count, out, err);
}

static int read_name(struct tree *tree, const struct sb_iso_record *record, const struct sb_iso_rock *rock, struct sb_span *name, struct sb_err *err)
{
	int rc = 0;

	*name = record->identifier;
	if (tree->volume->wide && record->identifier.n % 2)
		return damaged(err, record->at, "half of a unit in a name");
	if (tree->volume->wide)
		rc = wide_name(tree->iso, record->identifier, name, err);
	if (rock->has_name)
		*name = sb_buf_span(&rock->name);
	if (!rc && rock->has_name)
		rc = sb_iso_attribute(tree->iso, rock, "identifier", record->identifier, err);
	return rc || !sb_name_is_unusable(*name) ? rc : damaged(err, record->at, "a name that no system could use");
}

static int fill_member(struct tree *tree, const struct sb_iso_record *record, const struct sb_iso_rock *rock, struct sb_member *member, struct sb_err *err)
{
	bool folder = record->flags & FLAG_FOLDER || rock->child;

	member->type = rock->has_px ? sb_type_of_mode(rock->mode) : folder ? SB_MEMBER_DIR : SB_MEMBER_FILE;
	if (member->type == SB_MEMBER_UNKNOWN || (member->type == SB_MEMBER_DIR) != folder)
		return damaged(err, record->at, "a record whose mode is of another type");
	member->has_mode = rock->has_px;
	member->mode = rock->mode & 07777;
	member->uid = rock->uid;
	member->gid = rock->gid;
	member->rdev_major = rock->major;
	member->rdev_minor = rock->minor;
	int rc = add_px(tree, rock, false, err);
	if (!rc && rock->relocated)
		rc = sb_iso_attribute(tree->iso, rock, "RE", sb_span_text(""), err);
	if (!rc && rock->parent)
		rc = damaged(err, record->at, "an entry that no such record may have");
	return rc || !rock->has_link ? rc : sb_keep(tree->iso->view, sb_buf_span(&rock->link), &member->link, err);
}

static int add_slice(struct tree *tree, const struct sb_iso_record *record, struct sb_err *err)
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
static bool is_catalog(const struct tree *tree, const struct sb_iso_record *record)
{
	return tree->iso->catalog && record->offset == tree->iso->catalog && record->size;
}

static int by_bytes(const void *a, const void *b)
{
	const struct sb_iso_file *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	if (x->length != y->length)
		return x->length < y->length ? -1 : 1;
	return (x->member > y->member) - (x->member < y->member);
}

/* The first one that is not before @asked. */
static const struct sb_iso_file *lower_bound(const struct sb_iso *iso, const struct sb_iso_file *asked)
{
	size_t low = 0, high = iso->files.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (by_bytes(sb_vec_at(&iso->files, middle), asked) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < iso->files.count ? sb_vec_at(&iso->files, low) : NULL;
}

/* The same file in the tree of the primary volume. */
static const struct sb_iso_file *find_file(const struct sb_iso *iso, const struct sb_slice *slice)
{
	const struct sb_iso_file *found = lower_bound(iso, &(struct sb_iso_file){.offset = slice->offset, .length = slice->length});
	return found && found->offset == slice->offset && found->length == slice->length ? found : NULL;
}

static int note_file(struct tree *tree, const struct sb_slice *slice, struct sb_err *err)
{
	struct sb_iso_file *file = sb_vec_push(&tree->iso->files);

	if (!file)
		return sb_no_memory(err);
	*file = (struct sb_iso_file){.offset = slice->offset, .length = slice->length, .member = next_ordinal(tree)};
	return 0;
}

static int own_content(struct tree *tree, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < tree->slices.count; i++) {
		const struct sb_slice *slice = sb_vec_at(&tree->slices, i);
		const struct sb_region region = {.offset = slice->offset, .length = slice->length, .kind = SB_REGION_CONTENT, .name = "content", .member = next_ordinal(tree)};
		rc = sb_tiles_share(&tree->iso->tiles, tree->iso->view->file.n, &region, err);
	}
	return rc;
}

static int emit_file(struct tree *tree, struct sb_err *err)
{
	const struct sb_slice *only = tree->slices.count == 1 ? sb_vec_at(&tree->slices, 0) : NULL;
	const struct sb_iso_file *first = only && !tree->volume->primary ? find_file(tree->iso, only) : NULL;
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
		rc = note_file(tree, only, err);
	return rc ? rc : sb_emit_sliced(tree->iso->view, member, tree->slices.items, tree->slices.count, err);
}

static int note_call(struct tree *tree, const struct folder *folder, const struct sb_iso_rock *rock, struct sb_err *err)
{
	struct sb_iso_call *call = sb_vec_push(&tree->iso->calls);

	if (!call)
		return sb_no_memory(err);
	*call = (struct sb_iso_call){.offset = rock->child, .from = folder->offset, .member = next_ordinal(tree)};
	return 0;
}

/* A record that begins a member: folders are entered, files wait for their last record. */
static int begin_member(struct tree *tree, const struct folder folder, const struct sb_iso_record *record, struct sb_iso_rock *rock, struct sb_err *err)
{
	struct sb_member *member = &tree->file.member;
	struct sb_span name = {0};
	size_t before = 0;

	*member = (struct sb_member){.size = 0};
	int rc = read_use(tree, record, next_ordinal(tree), rock, err);
	if (!rc)
		rc = read_name(tree, record, rock, &name, err);
	if (!rc)
		rc = sb_path_enter(&tree->path, name, &before, err);
	if (!rc)
		rc = sb_path_keep(tree->iso->view, &tree->path, &member->name, err);
	if (!rc)
		rc = fill_member(tree, record, rock, member, err);
	if (rc)
		return rc;
	const struct place place = {record->offset, record->size, folder.offset, folder.end - folder.offset, record->identifier};
	if (member->type == SB_MEMBER_DIR && !rock->child)
		return record->flags & FLAG_MORE ? damaged(err, record->at, "a folder of several extents") : take_folder(tree, &place, member, before, err);
	sb_path_leave(&tree->path, before);
	tree->file.open = true;
	tree->file.identifier = record->identifier;
	return rock->child ? note_call(tree, &folder, rock, err) : 0;
}

static int take_member(struct tree *tree, const struct folder folder, const struct sb_iso_record *record, struct sb_iso_rock *rock, struct sb_err *err)
{
	int rc = 0;

	if (tree->file.open)
		rc = sb_span_equal(tree->file.identifier, record->identifier) ? add_further(tree, record, next_ordinal(tree), "further record, ", NULL, err)
									      : damaged(err, record->at, "a file that has no end");
	else
		rc = begin_member(tree, folder, record, rock, err);
	if (rc || !tree->file.open)
		return rc;
	if (is_catalog(tree, record) || rock->child)
		rc = add_number(tree, rock, "size", record->size, err);
	else
		rc = add_slice(tree, record, err);
	return rc || record->flags & FLAG_MORE ? rc : emit_file(tree, err);
}

static int take_record(struct tree *tree, const struct folder folder, const struct sb_iso_record *record, struct sb_err *err)
{
	struct sb_iso_rock rock = {.prefix = "", .xattrs = &tree->xattrs};

	if (!tree->file.open) {
		sb_xattrs_clear(&tree->xattrs);
		tree->slices.count = 0;
	}
	int rc = own_record(tree, record, "record", next_ordinal(tree), err);
	if (!rc)
		rc = take_member(tree, folder, record, &rock, err);
	sb_iso_rock_release(&rock);
	return rc;
}

/* Records do not cross sectors: a zero leads to the next one. */
static int step(struct tree *tree, struct sb_err *err)
{
	struct folder *folder = sb_vec_at(&tree->folders, tree->folders.count - 1);
	const struct folder was = *folder;
	struct sb_iso_record record;

	if (folder->at == folder->end) {
		sb_path_leave(&tree->path, folder->before);
		tree->folders.count--;
		return tree->file.open ? damaged(err, folder->end, "a file that has no end") : 0;
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
	return take_record(tree, was, &record, err);
}

/* SUSP 5.3: the first entry of the first record says whether there are such entries at all. */
static void detect_rock(struct tree *tree)
{
	struct sb_iso_record dot;

	if (!tree->volume->primary || sb_iso_read_record(tree->iso, tree->volume->root, tree->volume->root + SB_ISO_SECTOR, &dot, NULL) != 0)
		return;
	tree->iso->own->rock = dot.use.n >= 7 && memcmp(dot.use.p, "SP\7\1\xbe\xef", 6) == 0;
	tree->iso->own->skip = tree->iso->own->rock ? dot.use.p[6] : 0;
}

static int take_root(struct tree *tree, struct sb_err *err)
{
	const struct sb_iso_volume *volume = tree->volume;
	struct sb_member member = {.type = SB_MEMBER_DIR};
	const struct sb_iso_rock rock = {.prefix = "volume, ", .xattrs = &tree->xattrs};
	const struct place place = {volume->root, volume->root_size, volume->root, volume->root_size, sb_span_of("", 1)};
	size_t before = 0;
	int rc = 0;

	if (volume->wide)
		rc = sb_path_enter(&tree->path, sb_span_text("Joliet:"), &before, err);
	else if (!volume->primary)
		rc = sb_path_enter(&tree->path, sb_span_text("further volume:"), &before, err);
	if (!rc)
		rc = sb_path_keep(tree->iso->view, &tree->path, &member.name, err);
	if (!rc && volume->sectors * SB_ISO_SECTOR != tree->iso->view->file.n) /* the rest of the file is then no part of the volume */
		rc = add_number(tree, &rock, "sectors", volume->sectors, err);
	detect_rock(tree);
	return rc ? rc : take_folder(tree, &place, &member, before, err);
}

int sb_iso_take_tree(struct sb_iso *iso, const struct sb_iso_volume *volume, struct sb_err *err)
{
	struct tree tree = {
		.iso = iso,
		.volume = volume,
		.folders = {.size = sizeof(struct folder), .ceiling = (size_t)SB_LIMIT_OF(PATH_DEPTH)},
		.slices = {.size = sizeof(struct sb_slice)},
	};
	int rc = 0;

	iso->walked = 0;
	iso->folders.count = iso->calls.count = 0;
	rc = take_root(&tree, err);
	while (!rc && tree.folders.count)
		rc = step(&tree, err);
	if (!rc && volume->primary && iso->files.count)
		qsort(iso->files.items, iso->files.count, sizeof(struct sb_iso_file), by_bytes);
	sb_vec_release(&tree.folders);
	sb_vec_release(&tree.slices);
	sb_xattrs_release(&tree.xattrs);
	return rc ? rc : sb_iso_resolve_calls(iso, err);
}

const struct sb_iso_file *sb_iso_file_at(const struct sb_iso *iso, uint64_t offset)
{
	const struct sb_iso_file *found = lower_bound(iso, &(struct sb_iso_file){.offset = offset});
	return found && found->offset == offset ? found : NULL;
}
