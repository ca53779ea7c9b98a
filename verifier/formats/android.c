/* SPDX-License-Identifier: Apache-2.0 */
/* Boot images of Android, versions 0 to 4, and the vendor's half of versions 3 and 4: sections, each filled up to a page. */
#include "verifier/formats/rows.h"
#include "verifier/formats/tiles.h"

#include <string.h>

/* Source: Android Open Source Project, system/tools/mkbootimg (android-13), include/bootimg/bootimg.h. */
enum { PAGE_3 = 4096, ID_AT = 576, ID_LENGTH = 20, DTBO_SIZE = 1632, DTB_SIZE = 1648, SIGNATURE_SIZE = 1580 };
enum { VENDOR_RAMDISK_SIZE = 24, VENDOR_DTB_SIZE = 2100, VENDOR_TABLE_SIZE = 2112, VENDOR_CONFIG_SIZE = 2124, MOST_SECTIONS = 6 };
enum tag { TAG_HEADER = 1 };

/** A section of the file, in order, and where its size stands. */
struct section {
	const char *name;
	uint64_t size_at;
	bool signature; /* covers what stands before it */
};

/** One version of one of the two headers. */
struct layout {
	const char *magic;
	unsigned version;
	uint64_t header; /* bytes */
	uint64_t page_at; /* where the size of a page stands; 0: it is 4096 */
	bool has_id;
	struct section sections[MOST_SECTIONS];
};

#define BOOT_SECTIONS {"kernel", 8, false}, {"ramdisk", 16, false}, {"second", 24, false}
static const struct layout layouts[] = {
	{"ANDROID!", 0, 1632, 36, true, {BOOT_SECTIONS}},
	{"ANDROID!", 1, 1648, 36, true, {BOOT_SECTIONS, {"recovery dtbo", DTBO_SIZE, false}}},
	{"ANDROID!", 2, 1660, 36, true, {BOOT_SECTIONS, {"recovery dtbo", DTBO_SIZE, false}, {"dtb", DTB_SIZE, false}}},
	{"ANDROID!", 3, 1580, 0, false, {{"kernel", 8, false}, {"ramdisk", 12, false}}},
	{"ANDROID!", 4, 1584, 0, false, {{"kernel", 8, false}, {"ramdisk", 12, false}, {"boot signature", SIGNATURE_SIZE, true}}},
	{"VNDRBOOT", 3, 2112, 12, false, {{"vendor ramdisk", VENDOR_RAMDISK_SIZE, false}, {"dtb", VENDOR_DTB_SIZE, false}}},
	{"VNDRBOOT", 4, 2128, 12, false,
	 {{"vendor ramdisk", VENDOR_RAMDISK_SIZE, false}, {"dtb", VENDOR_DTB_SIZE, false}, {"vendor ramdisk table", VENDOR_TABLE_SIZE, false}, {"bootconfig", VENDOR_CONFIG_SIZE, false}}},
};
#undef BOOT_SECTIONS

static uint64_t number_at(struct sb_span file, uint64_t at)
{
	struct sb_rd rd = sb_rd_of(file, false);
	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, 4);
}

/* The version stands at one place in all headers of Android, at another in those of the vendor. */
static const struct layout *layout_of(struct sb_span file)
{
	bool vendor = sb_magic(file, 0, "VNDRBOOT", 8) != 0;
	uint64_t version = number_at(file, vendor ? 8 : 40);

	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
		const struct layout *layout = &layouts[i];
		bool unversioned = layout->version == 0 && version > 4; /* before versions the size of a device tree stood there */
		if (sb_magic(file, 0, layout->magic, 8) && (layout->version == version || unversioned) && file.n >= layout->header)
			return layout;
	}
	return NULL;
}

/* 0: none that an image could have. */
static uint64_t page_of(struct sb_span file, const struct layout *layout)
{
	uint64_t page = layout->page_at ? number_at(file, layout->page_at) : PAGE_3;
	return page >= 1024 && page <= 1 << 20 && (page & (page - 1)) == 0 ? page : 0;
}

static int add_fill(struct sb_tiles *tiles, struct sb_view *view, uint64_t from, uint64_t page, uint32_t member, struct sb_err *err)
{
	uint64_t length = (page - from % page) % page, left = view->file.n > from ? view->file.n - from : 0;
	const struct sb_region fill = {.offset = from, .length = length < left ? length : left, .kind = SB_REGION_PADDING, .member = member, .align = (uint32_t)page,
	                               .name = "padding"};
	return sb_tiles_add(tiles, view->file.n, &fill, err);
}

static int add_section(struct sb_tiles *tiles, struct sb_view *view, const struct section *section, uint64_t at, uint64_t length, struct sb_err *err)
{
	const struct sb_member member = {.name = sb_span_text(section->name), .type = SB_MEMBER_PART, .offset = at, .length = length, .size = length,
	                                 .signature = section->signature};
	const struct sb_region content = {.offset = at, .length = length, .kind = SB_REGION_CONTENT, .loaded = true, .member = (uint32_t)view->members.count + 1,
	                                  .name = "content"};
	int rc = sb_tiles_add(tiles, view->file.n, &content, err);
	return rc ? rc : sb_emit_member(view, &member, err);
}

static int add_all(struct sb_tiles *tiles, struct sb_view *view, const struct layout *layout, uint64_t page, struct sb_err *err)
{
	const struct sb_region header = {.length = layout->header, .kind = SB_REGION_HEADER, .tag = TAG_HEADER, .loaded = true, .name = "header"};
	uint64_t at = (layout->header + page - 1) / page * page;
	int rc = sb_tiles_add(tiles, view->file.n, &header, err);

	if (!rc)
		rc = add_fill(tiles, view, layout->header, page, 0, err);
	for (size_t i = 0; !rc && i < MOST_SECTIONS && layout->sections[i].name; i++) {
		uint64_t length = number_at(view->file, layout->sections[i].size_at);
		if (!length)
			continue;
		rc = add_section(tiles, view, &layout->sections[i], at, length, err);
		if (!rc)
			rc = add_fill(tiles, view, at + length, page, (uint32_t)view->members.count, err);
		at += (length + page - 1) / page * page;
	}
	return rc ? rc : sb_tiles_emit(tiles, view, err);
}

static int open_image(struct sb_view *view, const char *hint, struct sb_err *err)
{
	SB_TILES struct sb_tiles tiles = {0};
	const struct layout *layout = layout_of(view->file);
	uint64_t page = layout ? page_of(view->file, layout) : 0;

	(void)hint;
	if (!page)
		return sb_damaged(err, "archive-damaged", 0, "a header of no known version, or without a size of pages");
	return add_all(&tiles, view, layout, page, err);
}

#define NUMBER(at_, length_, kind_, name_) {.at = (at_), .length = (length_), .kind = SB_FIELD_##kind_, .encoding = SB_ENC_LE, .name = (name_)}
#define BYTES(at_, length_, kind_, name_) {.at = (at_), .length = (length_), .kind = SB_FIELD_##kind_, .encoding = SB_ENC_TEXT, .name = (name_)}
static const struct sb_layout_row boot_rows[] = {
	BYTES(0, 8, MAGIC, "magic"), NUMBER(12, 4, ADDRESS, "kernel address"), NUMBER(20, 4, ADDRESS, "ramdisk address"), NUMBER(28, 4, ADDRESS, "second address"),
	NUMBER(32, 4, ADDRESS, "tags address"), NUMBER(36, 4, VALUE, "page size"), NUMBER(40, 4, VALUE, "header version"), NUMBER(44, 4, VALUE, "OS version and patch level"),
	BYTES(48, 16, VALUE, "name"), BYTES(64, 512, VALUE, "command line"), BYTES(596, 12, PADDING, "fill of the id"), BYTES(608, 1024, VALUE, "rest of the command line"),
	NUMBER(1636, 8, VALUE, "recovery dtbo offset"), NUMBER(1644, 4, VALUE, "header size"), NUMBER(1652, 8, ADDRESS, "dtb address"),
};
static const struct sb_layout_row boot_3_rows[] = {
	BYTES(0, 8, MAGIC, "magic"), NUMBER(16, 4, VALUE, "OS version and patch level"), NUMBER(20, 4, VALUE, "header size"), BYTES(24, 16, VALUE, "reserved"),
	NUMBER(40, 4, VALUE, "header version"), BYTES(44, 1536, VALUE, "command line"),
};
static const struct sb_layout_row vendor_rows[] = {
	BYTES(0, 8, MAGIC, "magic"), NUMBER(8, 4, VALUE, "header version"), NUMBER(12, 4, VALUE, "page size"), NUMBER(16, 4, ADDRESS, "kernel address"),
	NUMBER(20, 4, ADDRESS, "ramdisk address"), BYTES(28, 2048, VALUE, "command line"), NUMBER(2076, 4, ADDRESS, "tags address"), BYTES(2080, 16, VALUE, "name"),
	NUMBER(2096, 4, VALUE, "header size"), NUMBER(2104, 8, ADDRESS, "dtb address"), NUMBER(2116, 4, VALUE, "entries of the ramdisk table"),
	NUMBER(2120, 4, VALUE, "size of an entry"),
};
#undef NUMBER
#undef BYTES

static const struct sb_member *member_of(const struct sb_view *view, const char *name)
{
	for (size_t i = 0; i < view->members.count; i++)
		if (sb_span_equal(sb_view_member(view, i)->name, sb_span_text(name)))
			return sb_view_member(view, i);
	return NULL;
}

/* mkbootimg, write_header(): each section with its size behind it, absent ones as a size of zero. */
static int describe_id(struct sb_view *view, const struct layout *layout, struct sb_err *err)
{
	struct sb_range *pieces = sb_arena_array(view->arena, 2 * MOST_SECTIONS, sizeof *pieces);
	uint32_t count = 0;

	if (!pieces)
		return sb_no_memory(err);
	for (size_t i = 0; i < MOST_SECTIONS && layout->sections[i].name; i++) {
		const struct sb_member *member = member_of(view, layout->sections[i].name);
		if (member)
			pieces[count++] = (struct sb_range){member->offset, member->length};
		pieces[count++] = (struct sb_range){layout->sections[i].size_at, 4};
	}
	const struct sb_field id = {.offset = ID_AT, .length = ID_LENGTH, .kind = SB_FIELD_DERIVED, .name = "id",
	                            .derived = {.algorithm = SB_DERIVE_SHA1, .pieces = pieces, .piece_count = count}};
	return sb_emit_field(view, &id, err);
}

static int describe_sizes(struct sb_view *view, const struct layout *layout, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < MOST_SECTIONS && layout->sections[i].name; i++) {
		const struct sb_member *member = member_of(view, layout->sections[i].name);
		struct sb_field size = {.offset = layout->sections[i].size_at, .length = 4, .encoding = SB_ENC_LE};
		if (!(size.name = sb_arena_printf(view->arena, "%s size", layout->sections[i].name)))
			return sb_no_memory(err);
		if (member) {
			size.kind = SB_FIELD_DERIVED;
			size.derived = (struct sb_derivation){.algorithm = SB_DERIVE_LENGTH, .over_offset = member->offset, .over_length = member->length};
		}
		rc = sb_emit_field(view, &size, err);
	}
	return rc;
}

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	const struct layout *layout = layout_of(view->file);
	int rc;

	if (region->tag != TAG_HEADER || !layout)
		return 0;
	if (layout->magic[0] == 'V')
		rc = sb_emit_layout(view, region, SB_ROWS(vendor_rows), err);
	else if (layout->version >= 3)
		rc = sb_emit_layout(view, region, SB_ROWS(boot_3_rows), err);
	else
		rc = sb_emit_layout(view, region, SB_ROWS(boot_rows), err);
	if (!rc)
		rc = describe_sizes(view, layout, err);
	return rc || !layout->has_id ? rc : describe_id(view, layout, err);
}

static unsigned probe(struct sb_span file, const char *hint)
{
	const struct layout *layout = layout_of(file);
	(void)hint;
	return layout && page_of(file, layout) ? 64 : 0;
}

const struct sb_format sb_format_android = {
	.name = "android",
	.spec = "Android Open Source Project, mkbootimg of Android 13, include/bootimg/bootimg.h",
	.version = 1,
	.probe = probe,
	.open = open_image,
	.describe = describe,
	.container = true,
};
