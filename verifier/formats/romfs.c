/* SPDX-License-Identifier: Apache-2.0 */
/*
 * romfs. Source: Linux 6.1, Documentation/filesystems/romfs.rst: headers of 16 bytes with names, aligned to 16, each with the place of the next one. All
 * numbers are big endian; the words of a header with its name, and those of the first 512 bytes of the image, sum up to zero.
 */
#include "verifier/formats/names.h"
#include "verifier/formats/paths.h"
#include "verifier/formats/places.h"
#include "verifier/formats/rows.h"
#include "verifier/formats/tiles.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER = 16, SUMMED = 512, ALIGN = 16, TYPE = 7, EXECUTABLE = 8, PLACE = ~15 };
enum type { TYPE_HARD_LINK = 0, TYPE_FOLDER, TYPE_FILE, TYPE_LINK, TYPE_BLOCK, TYPE_CHAR, TYPE_SOCKET, TYPE_FIFO };
enum tag { TAG_SUPERBLOCK = 1, TAG_NAME, TAG_FILE };

struct header {
	uint32_t next, info, size;
	enum type type;
	bool executable, right; /* its checksum */
	struct sb_span name;    /* without its fill */
	uint64_t data;          /* where content begins */
};

struct folder {
	uint64_t next;           /* header that is still to be looked at; 0: none */
	uint64_t own, up;        /* header of the folder, and of the one that holds it */
	size_t before;
};

/** Where the header of a member lies: a later one may be a link to it. */
struct known {
	uint64_t at;
	uint32_t member;
};

struct walk {
	struct sb_view *view;
	uint64_t size;         /* of the image */
	struct sb_path path;
	struct sb_vec folders; /* struct folder */
	struct sb_vec links;   /* struct known: members that are links, with the header that they lead to */
	struct sb_vec known;   /* struct known, of all others */
	struct sb_tiles tiles;
};

static uint32_t read_word(const struct walk *walk, uint64_t at)
{
	struct sb_rd rd = sb_rd_of(walk->view->file, true);

	sb_rd_seek(&rd, at);
	return (uint32_t)sb_rd_uint(&rd, 4);
}

static bool sums_up(const struct walk *walk, uint64_t at, uint64_t length)
{
	uint32_t sum = 0;

	for (uint64_t i = 0; i + 4 <= length; i += 4)
		sum += read_word(walk, at + i);
	return sum == 0;
}

static uint64_t aligned(uint64_t length)
{
	return (length + ALIGN - 1) & ~(uint64_t)(ALIGN - 1);
}

/* A name, its NUL and zeros up to the alignment. */
static bool read_name(const struct walk *walk, uint64_t at, struct sb_span *name, uint64_t *end)
{
	const uint8_t *nul = at < walk->size ? memchr(walk->view->file.p + at, 0, (size_t)(walk->size - at)) : NULL;

	if (!nul)
		return false;
	*name = sb_span_of(walk->view->file.p + at, (size_t)(nul - (walk->view->file.p + at)));
	*end = at + aligned(name->n + 1);
	return *end <= walk->size;
}

static int read_header(const struct walk *walk, uint64_t at, struct header *out, struct sb_err *err)
{
	if (at + HEADER > walk->size || at % ALIGN || !read_name(walk, at + HEADER, &out->name, &out->data))
		return sb_damaged(err, "archive-damaged", at, "a header that does not lie inside the image");
	uint32_t first = read_word(walk, at);
	out->next = first & (uint32_t)PLACE;
	out->type = (enum type)(first & TYPE);
	out->executable = first & EXECUTABLE;
	out->info = read_word(walk, at + 4);
	out->size = read_word(walk, at + 8);
	out->right = sums_up(walk, at, out->data - at);
	if (out->next && out->next <= at)
		return sb_damaged(err, "archive-damaged", at, "headers that lead back");
	return 0;
}

static int own(struct walk *walk, uint64_t at, uint64_t length, enum sb_region_kind kind, const char *name, uint32_t tag, uint32_t member, struct sb_err *err)
{
	const struct sb_region region = {.offset = at, .length = length, .kind = kind, .name = name, .tag = tag, .member = member};

	if (at > walk->size || length > walk->size - at)
		return sb_damaged(err, "archive-truncated", at, "a part that does not lie inside the image");
	return sb_tiles_add(&walk->tiles, walk->view->file.n, &region, err);
}

static enum sb_member_type type_of(enum type type)
{
	static const enum sb_member_type types[] = {SB_MEMBER_HARDLINK, SB_MEMBER_DIR, SB_MEMBER_FILE, SB_MEMBER_SYMLINK, SB_MEMBER_BLOCK, SB_MEMBER_CHAR, SB_MEMBER_SOCKET,
						    SB_MEMBER_FIFO};
	return types[type];
}

static int note(struct sb_vec *vec, uint64_t at, size_t member, struct sb_err *err)
{
	struct known *slot = sb_vec_push(vec);
	if (!slot)
		return sb_no_memory(err);
	*slot = (struct known){at, (uint32_t)member};
	return 0;
}

/* Fields that a type does not use are zero. */
static bool is_proper(const struct header *header, uint64_t at, const struct walk *walk)
{
	bool content = header->type == TYPE_FILE || header->type == TYPE_LINK;
	bool info = header->type == TYPE_HARD_LINK || header->type == TYPE_FOLDER || header->type == TYPE_BLOCK || header->type == TYPE_CHAR;
	struct sb_span fill;

	return header->right && (header->type != TYPE_FOLDER || header->info % ALIGN == 0) && (content || header->size == 0) && (info || header->info == 0) &&
	       sb_span_cut(walk->view->file, at + HEADER + header->name.n, header->data - at - HEADER - header->name.n, &fill) && sb_span_all_zero(fill);
}

static int emit(struct walk *walk, uint64_t at, const struct header *header, struct sb_member *member, struct sb_err *err)
{
	uint32_t ordinal = (uint32_t)walk->view->members.count + 1;
	uint64_t content = header->type == TYPE_FILE || header->type == TYPE_LINK ? header->size : 0;
	struct sb_span text;

	member->type = type_of(header->type);
	member->has_mode = true;
	member->mode = header->executable ? 0111 : 0; /* all that is recorded */
	member->offset = content ? header->data : 0;
	member->length = member->size = content;
	if (header->type == TYPE_BLOCK || header->type == TYPE_CHAR) {
		member->rdev_major = header->info >> 16;
		member->rdev_minor = header->info & 0xffff;
	}
	int rc = own(walk, at, header->data - at, is_proper(header, at, walk) ? SB_REGION_LAYOUT : SB_REGION_HEADER, "header", TAG_FILE, ordinal, err);
	if (!rc)
		rc = own(walk, header->data, content, SB_REGION_CONTENT, "content", 0, ordinal, err);
	if (!rc && header->type == TYPE_LINK && sb_span_cut(walk->view->file, header->data, content, &text))
		rc = sb_keep(walk->view, text, &member->link, err);
	if (!rc)
		rc = note(header->type == TYPE_HARD_LINK ? &walk->links : &walk->known, header->type == TYPE_HARD_LINK ? header->info : at, walk->view->members.count, err);
	return rc ? rc : sb_emit_member(walk->view, member, err);
}

static int enter_folder(struct walk *walk, uint64_t own_at, uint64_t first, uint64_t up, size_t before, struct sb_err *err)
{
	struct folder *folder = sb_vec_push(&walk->folders);

	if (!folder)
		return walk->folders.count >= walk->folders.ceiling ? sb_fail_limit(err, SB_LIMIT_ROW_PATH_DEPTH, walk->folders.count + 1) : sb_no_memory(err);
	*folder = (struct folder){first, own_at, up, before};
	return 0;
}

/* The entries that every folder has: itself, and what holds it. Other places in them are nobody's layout. */
static int own_dots(struct walk *walk, uint64_t at, const struct header *header, const struct folder *folder, struct sb_err *err)
{
	bool root = at == folder->own; /* the root is the first header in itself */
	bool right = header->info == (header->name.n == 1 ? folder->own : folder->up) && header->type == (root ? TYPE_FOLDER : TYPE_HARD_LINK) && header->executable == root;

	return own(walk, at, header->data - at, right && is_proper(header, at, walk) ? SB_REGION_LAYOUT : SB_REGION_HEADER, "header of a dot", TAG_FILE, 0, err);
}

static bool is_dots(struct sb_span name)
{
	return name.n && name.n <= 2 && name.p[0] == '.' && name.p[name.n - 1] == '.';
}

static int take_entry(struct walk *walk, const struct folder folder, uint64_t at, uint64_t *next, struct sb_err *err)
{
	struct sb_member member = {.size = 0};
	struct header header;
	size_t before;
	int rc = read_header(walk, at, &header, err);

	if (rc)
		return rc;
	*next = header.next;
	if (is_dots(header.name))
		return own_dots(walk, at, &header, &folder, err);
	if (sb_name_is_unusable(header.name))
		return sb_damaged(err, "archive-damaged", at, "a name that no system could use");
	rc = sb_path_enter(&walk->path, header.name, &before, err);
	if (!rc)
		rc = sb_path_keep(walk->view, &walk->path, &member.name, err);
	if (!rc)
		rc = emit(walk, at, &header, &member, err);
	if (rc)
		return rc;
	if (header.type == TYPE_FOLDER) {
		if (header.info <= at) /* so that no folder is reached twice for ever; one that begins with itself shows in Linux what lies beside it */
			return sb_damaged(err, "archive-damaged", at, "a folder that leads back");
		return enter_folder(walk, at, header.info & (uint32_t)PLACE, folder.own, before, err);
	}
	sb_path_leave(&walk->path, before);
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const struct known *x = a, *y = b;
	return (x->at > y->at) - (x->at < y->at);
}

/* A hard link is called by the member whose header it leads to. */
static int name_links(struct walk *walk, struct sb_err *err)
{
	if (walk->known.count)
		qsort(walk->known.items, walk->known.count, walk->known.size, by_place);
	for (size_t i = 0; i < walk->links.count; i++) {
		const struct known *link = sb_vec_at(&walk->links, i);
		const struct known asked = {.at = link->at};
		const struct known *found = walk->known.count ? bsearch(&asked, walk->known.items, walk->known.count, walk->known.size, by_place) : NULL;
		if (!found)
			return sb_damaged(err, "archive-damaged", link->at, "a hard link leads to no header");
		((struct sb_member *)sb_vec_at(&walk->view->members, link->member))->link = sb_view_member(walk->view, found->member)->name;
	}
	return 0;
}

static int take_tree(struct walk *walk, uint64_t root, struct sb_err *err)
{
	const struct sb_member member = {.name = sb_span_text("."), .type = SB_MEMBER_DIR, .has_mode = true, .mode = 0111};
	int rc = sb_emit_member(walk->view, &member, err);

	if (!rc)
		rc = enter_folder(walk, root, root, root, 0, err);
	while (!rc && walk->folders.count) {
		size_t innermost = walk->folders.count - 1;
		const struct folder folder = *(const struct folder *)sb_vec_at(&walk->folders, innermost);
		uint64_t next = 0;
		if (folder.next == 0) {
			sb_path_leave(&walk->path, folder.before);
			walk->folders.count--;
			continue;
		}
		rc = walk->tiles.regions.count <= walk->size / ALIGN ? take_entry(walk, folder, folder.next, &next, err)
								       : sb_damaged(err, "archive-overlap", folder.next, "headers are reached twice");
		((struct folder *)sb_vec_at(&walk->folders, innermost))->next = next;
	}
	return rc ? rc : name_links(walk, err);
}

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* genromfs calls an image "rom " and the time of its making, unless it is told another name. */
static bool names_time(struct sb_span name)
{
	if (name.n != 12 || memcmp(name.p, "rom ", 4) != 0)
		return false;
	for (size_t i = 4; i < 12; i++)
		if (!is_hex(name.p[i]))
			return false;
	return true;
}

static int walk_all(struct walk *walk, struct sb_err *err)
{
	struct sb_span name;
	uint64_t root;

	if (!sb_magic(walk->view->file, 0, "-rom1fs-", 8))
		return sb_damaged(err, "archive-damaged", 0, "no superblock of romfs");
	walk->size = read_word(walk, 8);
	if (walk->size > walk->view->file.n || walk->size < 2 * HEADER || !read_name(walk, HEADER, &name, &root))
		return sb_damaged(err, "archive-truncated", 8, "the image is shorter than it says");
	bool right = sums_up(walk, 0, walk->size < SUMMED ? walk->size : SUMMED), zeros = sb_span_all_zero(sb_span_of(name.p + name.n, (size_t)(root - HEADER - name.n)));
	int rc = own(walk, 0, HEADER, right ? SB_REGION_LAYOUT : SB_REGION_HEADER, "superblock", TAG_SUPERBLOCK, 0, err);
	if (!rc)
		rc = own(walk, HEADER, root - HEADER, zeros && names_time(name) ? SB_REGION_LAYOUT : SB_REGION_HEADER, "volume name", TAG_NAME, 0, err);
	if (!rc)
		rc = take_tree(walk, root, err);
	if (!rc)
		rc = sb_tiles_emit_filled(&walk->tiles, walk->view, err);
	return rc || !walk->tiles.unknown ? rc : sb_places_tell(walk->view, err);
}

static int open_romfs(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct walk walk = {
		.view = view,
		.folders = {.size = sizeof(struct folder), .ceiling = (size_t)SB_LIMIT_OF(PATH_DEPTH)},
		.links = {.size = sizeof(struct known)},
		.known = {.size = sizeof(struct known)},
	};
	int rc = walk_all(&walk, err);

	(void)hint;
	sb_vec_release(&walk.folders);
	sb_vec_release(&walk.links);
	sb_vec_release(&walk.known);
	sb_tiles_release(&walk.tiles);
	return rc;
}

/* ---- fields ---- */

static int emit_field(struct sb_view *view, const struct sb_region *region, unsigned at, uint64_t length, enum sb_field_kind kind, const char *name, struct sb_err *err)
{
	const struct sb_field field = {.offset = region->offset + at, .length = length, .kind = kind, .encoding = SB_ENC_BE, .name = name};
	return length ? sb_emit_field(view, &field, err) : 0;
}

static int emit_sum(struct sb_view *view, const struct sb_region *region, uint64_t over, struct sb_err *err)
{
	const struct sb_field field = {.offset = region->offset + 12,
				       .length = 4,
				       .kind = SB_FIELD_DERIVED,
				       .encoding = SB_ENC_BE,
				       .name = "checksum",
				       .derived = {.algorithm = SB_DERIVE_WORD_SUM, .over_offset = region->offset, .over_length = over}};
	return sb_emit_field(view, &field, err);
}

static int describe_superblock(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(view->file, true);

	sb_rd_seek(&rd, 8);
	uint64_t size = sb_rd_uint(&rd, 4);
	int rc = emit_field(view, region, 0, 8, SB_FIELD_MAGIC, "magic", err);
	if (!rc)
		rc = emit_field(view, region, 8, 4, SB_FIELD_SIZE, "size", err);
	return rc ? rc : emit_sum(view, region, size < SUMMED ? size : SUMMED, err);
}

static int describe_name(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	if (region->kind != SB_REGION_LAYOUT)
		return emit_field(view, region, 0, region->length, SB_FIELD_NAME, "volume name", err);
	int rc = emit_field(view, region, 0, 4, SB_FIELD_NAME, "volume name", err);
	return rc ? rc : emit_field(view, region, 4, 8, SB_FIELD_TIME, "time in the volume name", err);
}

/* The type stands in the lowest bits of the last byte of where the next header lies. */
static int describe_file(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	enum type type = (enum type)(view->file.p[region->offset + 3] & TYPE);
	bool device = type == TYPE_BLOCK || type == TYPE_CHAR;
	int rc = emit_field(view, region, 0, 4, SB_FIELD_OFFSET, "next and type", err);

	if (!rc)
		rc = emit_field(view, region, 4, 4, device ? SB_FIELD_DEVICE : SB_FIELD_OFFSET, "info", err);
	if (!rc)
		rc = emit_field(view, region, 8, 4, SB_FIELD_SIZE, "size", err);
	if (!rc)
		rc = emit_sum(view, region, region->length, err);
	return rc ? rc : emit_field(view, region, HEADER, region->length - HEADER, SB_FIELD_NAME, "name", err);
}

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	if (region->tag == TAG_SUPERBLOCK)
		return describe_superblock(view, region, err);
	if (region->tag == TAG_NAME)
		return describe_name(view, region, err);
	return region->tag == TAG_FILE ? describe_file(view, region, err) : 0;
}

static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return sb_magic(file, 0, "-rom1fs-", 8);
}

const struct sb_format sb_format_romfs = {
	.name = "romfs",
	.spec = "Linux 6.1, Documentation/filesystems/romfs.rst",
	.version = 3,
	.probe = probe,
	.open = open_romfs,
	.describe = describe,
	.tree = true,
};
