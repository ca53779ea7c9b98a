/* SPDX-License-Identifier: Apache-2.0 */
/* Folders from the root down. What an entry says beside times and places is told with its member. */
#include "verifier/formats/fat/fat.h"
#include "verifier/formats/names.h"

#include <string.h>

enum { FREE = 0, DELETED = 0xe5, AT_ATTRIBUTES = 11, AT_CASE = 12, AT_TENTHS = 13, AT_CREATED = 14, AT_ACCESSED = 18, AT_HIGH = 20, AT_WRITTEN = 22, AT_LOW = 26, AT_SIZE = 28 };
enum { LABEL = 8, FOLDER = 16, LONG = 15, ATTRIBUTES = 0x3f };

/** A folder that is being read: runs of its own, one after the other. */
struct folder {
	uint64_t cluster, up;  /* 0: the root */
	size_t first, run;     /* among all runs */
	uint64_t at;           /* in the run */
	bool ended, root;
	size_t before;
	uint32_t member;
};

struct tree {
	struct sb_fat *fat;
	struct sb_path path;
	struct sb_vec folders; /* struct folder */
	struct sb_vec runs;    /* struct sb_fat_run of the folders that are open */
	struct sb_vec content; /* of the file at hand */
	struct sb_vec slices;  /* struct sb_slice */
	struct sb_xattrs xattrs;
	struct sb_fat_long name;
};

static uint32_t next_ordinal(const struct tree *tree)
{
	return (uint32_t)tree->fat->view->members.count + 1;
}

static uint64_t number(const uint8_t *entry, unsigned at, unsigned width)
{
	struct sb_rd rd = sb_rd_of(sb_span_of(entry, SB_FAT_ENTRY), false);

	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, width);
}

static int attribute(struct tree *tree, const char *name, const uint8_t *bytes, size_t n, struct sb_err *err)
{
	struct sb_span kept;
	int rc = sb_keep(tree->fat->view, sb_span_of(bytes, n), &kept, err);
	return rc ? rc : sb_xattrs_add(&tree->xattrs, "", sb_span_text(name), kept, err);
}

/* ---- times ---- */

static bool is_date(uint64_t date)
{
	uint64_t day = date & 31, month = date >> 5 & 15;
	return date == 0 || (day >= 1 && month >= 1 && month <= 12);
}

static bool is_hour(uint64_t time)
{
	return (time & 31) < 30 && (time >> 5 & 63) < 60 && time >> 11 < 24;
}

static bool are_times(const uint8_t *entry)
{
	return entry[AT_TENTHS] < 200 && is_hour(number(entry, AT_CREATED, 2)) && is_date(number(entry, AT_CREATED + 2, 2)) && is_date(number(entry, AT_ACCESSED, 2)) &&
	       is_hour(number(entry, AT_WRITTEN, 2)) && is_date(number(entry, AT_WRITTEN + 2, 2));
}

/* Attributes of a member: all that its entry says, but for times that exist and for places. */
static int add_attributes(struct tree *tree, const uint8_t *entry, bool named, struct sb_err *err)
{
	int rc = attribute(tree, "attributes", entry + AT_ATTRIBUTES, 1, err);

	if (!rc && named)
		rc = attribute(tree, "short name", entry, SB_FAT_NAME, err);
	if (!rc && entry[AT_CASE])
		rc = attribute(tree, "case", entry + AT_CASE, 1, err);
	if (!rc && !are_times(entry)) {
		rc = attribute(tree, "times that do not exist", entry + AT_TENTHS, AT_HIGH - AT_TENTHS, err);
		if (!rc)
			rc = attribute(tree, "time that does not exist", entry + AT_WRITTEN, 4, err);
	}
	if (!rc && tree->fat->bits != 32 && number(entry, AT_HIGH, 2))
		rc = attribute(tree, "reserved", entry + AT_HIGH, 2, err);
	return rc;
}

static uint64_t cluster_of(const struct tree *tree, const uint8_t *entry)
{
	return number(entry, AT_LOW, 2) | (tree->fat->bits == 32 ? number(entry, AT_HIGH, 2) << 16 : 0);
}

/* ---- members ---- */

static int own_entry(struct tree *tree, uint64_t at, const char *name, struct sb_err *err)
{
	int rc = 0;

	for (unsigned i = 0; !rc && i < tree->name.count; i++)
		rc = sb_fat_own(tree->fat, tree->name.at[i], SB_FAT_ENTRY, SB_REGION_LAYOUT, "part of a long name", SB_FAT_TAG_NONE, next_ordinal(tree), err);
	return rc ? rc : sb_fat_own(tree->fat, at, SB_FAT_ENTRY, SB_REGION_LAYOUT, name, SB_FAT_TAG_ENTRY, next_ordinal(tree), err);
}

/* What belongs to nobody any more is content. */
static int drop_long(struct tree *tree, struct sb_err *err)
{
	int rc = 0;

	for (unsigned i = 0; !rc && i < tree->name.count; i++)
		rc = sb_fat_own(tree->fat, tree->name.at[i], SB_FAT_ENTRY, SB_REGION_GAP, "part of a name without an entry", SB_FAT_TAG_NONE, 0, err);
	tree->name = (struct sb_fat_long){0};
	return rc;
}

static int read_content(struct tree *tree, const uint8_t *entry, uint64_t at, struct sb_err *err)
{
	uint64_t left = number(entry, AT_SIZE, 4), cluster = cluster_of(tree, entry);
	int rc = 0;

	tree->content.count = tree->slices.count = 0;
	if (cluster)
		rc = sb_fat_chain(tree->fat, cluster, &tree->content, err);
	for (size_t i = 0; !rc && left && i < tree->content.count; i++) {
		const struct sb_fat_run *run = sb_vec_at(&tree->content, i);
		uint64_t n = run->length < left ? run->length : left;
		struct sb_slice *slice = sb_vec_push(&tree->slices);
		if (!slice)
			return sb_no_memory(err);
		*slice = (struct sb_slice){.offset = run->offset, .length = n, .whole = n, .size = n};
		left -= n;
		rc = sb_fat_own(tree->fat, run->offset, n, SB_REGION_CONTENT, "content", SB_FAT_TAG_NONE, next_ordinal(tree), err);
	}
	return rc || left == 0 ? rc : sb_damaged(err, "archive-damaged", at, "a file that is longer than its clusters");
}

static int emit_file(struct tree *tree, const uint8_t *entry, uint64_t at, struct sb_member *member, struct sb_err *err)
{
	int rc = read_content(tree, entry, at, err);

	if (!rc)
		rc = sb_xattrs_keep(tree->fat->view, &tree->xattrs, &member->xattrs, err);
	return rc ? rc : sb_emit_sliced(tree->fat->view, member, tree->slices.items, tree->slices.count, err);
}

static int enter_folder(struct tree *tree, struct folder folder, struct sb_err *err)
{
	folder.first = folder.run = tree->runs.count;
	folder.member = (uint32_t)tree->fat->view->members.count;
	int rc = folder.cluster ? sb_fat_chain(tree->fat, folder.cluster, &tree->runs, err) : 0;
	if (!rc && !folder.cluster) {
		struct sb_fat_run *run = sb_vec_push(&tree->runs);
		if (!run)
			return sb_no_memory(err);
		*run = (struct sb_fat_run){tree->fat->root, tree->fat->root_size};
	}
	struct folder *slot = rc ? NULL : sb_vec_push(&tree->folders);
	if (slot)
		*slot = folder;
	if (rc || slot)
		return rc;
	return tree->folders.count >= tree->folders.ceiling ? sb_fail_limit(err, SB_LIMIT_ROW_PATH_DEPTH, tree->folders.count + 1) : sb_no_memory(err);
}

static int emit_folder(struct tree *tree, const struct folder *in, const uint8_t *entry, uint64_t at, struct sb_member *member, size_t before, struct sb_err *err)
{
	const struct folder folder = {.cluster = cluster_of(tree, entry), .up = in->root ? 0 : in->cluster, .before = before};
	int rc = 0;

	if (folder.cluster == 0)
		return sb_damaged(err, "archive-damaged", at, "a folder without clusters");
	if (number(entry, AT_SIZE, 4))
		rc = attribute(tree, "size", entry + AT_SIZE, 4, err);
	if (!rc)
		rc = sb_xattrs_keep(tree->fat->view, &tree->xattrs, &member->xattrs, err);
	if (!rc)
		rc = sb_emit_member(tree->fat->view, member, err);
	return rc ? rc : enter_folder(tree, folder, err);
}

/* Readers look for both names, and do not tell cases apart. */
static int note_names(struct tree *tree, const struct folder *folder, const uint8_t *entry, struct sb_span name, struct sb_err *err)
{
	struct sb_fat *fat = tree->fat;
	struct sb_span other = {0};
	int rc = sb_meetings_add(&fat->met, fat->view, folder->cluster, name, next_ordinal(tree), err);

	if (!rc)
		rc = sb_fat_short_keep(fat->view, entry, &other, err);
	return rc ? rc : sb_meetings_add(&fat->met, fat->view, folder->cluster, other, next_ordinal(tree), err);
}

static int take_member(struct tree *tree, const struct folder *folder, const uint8_t *entry, uint64_t at, struct sb_err *err)
{
	struct sb_member member = {.type = entry[AT_ATTRIBUTES] & FOLDER ? SB_MEMBER_DIR : SB_MEMBER_FILE};
	bool is_long = sb_fat_long_fits(&tree->name, entry);
	struct sb_span name = {0};
	size_t before = 0;
	int rc = is_long ? sb_fat_long_keep(tree->fat->view, &tree->name, &name, err) : drop_long(tree, err);

	if (!rc && !is_long)
		rc = sb_fat_short_keep(tree->fat->view, entry, &name, err);
	if (!rc && sb_name_is_unusable(name))
		rc = sb_damaged(err, "archive-damaged", at, "a name that no system could use");
	if (!rc)
		rc = note_names(tree, folder, entry, name, err);
	if (!rc)
		rc = add_attributes(tree, entry, true, err);
	if (!rc)
		rc = own_entry(tree, at, "entry", err);
	tree->name = (struct sb_fat_long){0};
	if (!rc)
		rc = sb_path_enter(&tree->path, name, &before, err);
	if (!rc)
		rc = sb_path_keep(tree->fat->view, &tree->path, &member.name, err);
	if (!rc && member.type == SB_MEMBER_DIR)
		return emit_folder(tree, folder, entry, at, &member, before, err);
	if (!rc)
		rc = emit_file(tree, entry, at, &member, err);
	if (!rc)
		sb_path_leave(&tree->path, before);
	return rc;
}

/* The label of the volume is an entry of the root. */
static int take_label(struct tree *tree, const uint8_t *entry, uint64_t at, struct sb_err *err)
{
	struct sb_member label = {.name = sb_span_text("label of the volume"), .type = SB_MEMBER_PART};
	int rc = drop_long(tree, err);

	if (!rc)
		rc = add_attributes(tree, entry, true, err);
	if (!rc && (cluster_of(tree, entry) || number(entry, AT_SIZE, 4)))
		rc = attribute(tree, "place", entry + AT_HIGH, SB_FAT_ENTRY - AT_HIGH, err);
	if (!rc)
		rc = own_entry(tree, at, "entry", err);
	if (!rc)
		rc = sb_xattrs_keep(tree->fat->view, &tree->xattrs, &label.xattrs, err);
	return rc ? rc : sb_emit_member(tree->fat->view, &label, err);
}

static bool is_dot(const uint8_t *entry)
{
	return memcmp(entry, ".          ", SB_FAT_NAME) == 0 || memcmp(entry, "..         ", SB_FAT_NAME) == 0;
}

/* Itself and what holds it: the first two entries of a folder. */
static int take_dot(struct tree *tree, const struct folder *folder, const uint8_t *entry, uint64_t at, struct sb_err *err)
{
	bool up = entry[1] == '.', usual = entry[AT_ATTRIBUTES] == FOLDER && entry[AT_CASE] == 0 && are_times(entry) && number(entry, AT_SIZE, 4) == 0;

	if (folder->root || cluster_of(tree, entry) != (up ? folder->up : folder->cluster))
		return sb_damaged(err, "archive-damaged", at, "a folder that says that it lies elsewhere");
	usual &= tree->fat->bits == 32 || number(entry, AT_HIGH, 2) == 0;
	int rc = drop_long(tree, err);
	return rc ? rc
		  : sb_fat_own(tree->fat, at, SB_FAT_ENTRY, usual ? SB_REGION_LAYOUT : SB_REGION_HEADER, up ? "entry of what holds it" : "entry of itself", SB_FAT_TAG_ENTRY, folder->member, err);
}

static int take_entry(struct tree *tree, const struct folder *folder, uint64_t at, struct sb_err *err)
{
	const uint8_t *entry = tree->fat->view->file.p + at;
	unsigned attributes = entry[AT_ATTRIBUTES];
	int rc = 0;

	sb_xattrs_clear(&tree->xattrs);
	if (entry[0] == DELETED) {
		rc = drop_long(tree, err);
		return rc ? rc : sb_fat_own(tree->fat, at, SB_FAT_ENTRY, SB_REGION_GAP, "deleted entry", SB_FAT_TAG_NONE, 0, err);
	}
	if ((attributes & ATTRIBUTES) == LONG) {
		if (attributes == LONG && sb_fat_long_add(&tree->name, entry, at))
			return 0;
		return sb_damaged(err, "archive-damaged", at, "parts of a name that do not belong together");
	}
	if (attributes & LABEL)
		return folder->root && !(attributes & FOLDER) ? take_label(tree, entry, at, err) : sb_damaged(err, "archive-damaged", at, "a label that is none of the volume");
	return is_dot(entry) ? take_dot(tree, folder, entry, at, err) : take_member(tree, folder, entry, at, err);
}

static int leave_folder(struct tree *tree, const struct folder *folder, struct sb_err *err)
{
	sb_path_leave(&tree->path, folder->before);
	tree->runs.count = folder->first;
	tree->folders.count--;
	return drop_long(tree, err);
}

/* Entries up to the first that is free: behind it nothing counts. */
static int step(struct tree *tree, struct sb_err *err)
{
	struct folder *folder = sb_vec_at(&tree->folders, tree->folders.count - 1);
	const struct folder was = *folder;
	const struct sb_fat_run *run = folder->run < tree->runs.count ? sb_vec_at(&tree->runs, folder->run) : NULL;

	if (!run || folder->ended)
		return leave_folder(tree, &was, err);
	if (run->length - folder->at < SB_FAT_ENTRY) {
		folder->run++;
		folder->at = 0;
		return 0;
	}
	uint64_t at = run->offset + folder->at;
	folder->at += SB_FAT_ENTRY;
	folder->ended = tree->fat->view->file.p[at] == FREE;
	return folder->ended ? 0 : take_entry(tree, &was, at, err);
}

static int take_root(struct tree *tree, struct sb_err *err)
{
	const struct sb_member root = {.name = sb_span_text("."), .type = SB_MEMBER_DIR};
	int rc = sb_emit_member(tree->fat->view, &root, err);

	if (!rc && tree->fat->bits == 32 && tree->fat->root_cluster == 0)
		rc = sb_damaged(err, "archive-damaged", 44, "a root without clusters");
	return rc ? rc : enter_folder(tree, (struct folder){.cluster = tree->fat->root_cluster, .root = true}, err);
}

int sb_fat_take_tree(struct sb_fat *fat, struct sb_err *err)
{
	struct tree tree = {
		.fat = fat,
		.folders = {.size = sizeof(struct folder), .ceiling = (size_t)SB_LIMIT_OF(PATH_DEPTH)},
		.runs = {.size = sizeof(struct sb_fat_run)},
		.content = {.size = sizeof(struct sb_fat_run)},
		.slices = {.size = sizeof(struct sb_slice)},
	};
	int rc = take_root(&tree, err);

	while (!rc && tree.folders.count)
		rc = step(&tree, err);
	sb_vec_release(&tree.folders);
	sb_vec_release(&tree.runs);
	sb_vec_release(&tree.content);
	sb_vec_release(&tree.slices);
	sb_xattrs_release(&tree.xattrs);
	return rc;
}
