/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that holds images for several processors. Source: xnu, EXTERNAL_HEADERS/mach-o/fat.h. Where an image lies follows from what stands before it and from
 * its alignment; only a place that does is called one.
 */
#include "verifier/formats/macho/macho.h"
#include "verifier/formats/rows.h"
#include "verifier/formats/tiles.h"

#include <string.h>

enum { HEAD = 8, ARCH = 20, ARCH_64 = 32, MOST = 32, MOST_ALIGN = 20 };
enum { TAG_HEAD = 1, TAG_ROW = 2, TAG_STRAY_ROW = 3 };

struct arch {
	uint64_t cpu, offset, size, align; /* align: an exponent of two */
};

struct universal {
	bool wide;
	uint64_t count;
	struct arch archs[MOST];
};

static uint64_t row_size(bool wide)
{
	return wide ? ARCH_64 : ARCH;
}

static bool read_arch(struct sb_span file, bool wide, uint64_t which, struct arch *out)
{
	struct sb_rd rd = sb_rd_of(file, true);

	sb_rd_seek(&rd, HEAD + which * row_size(wide));
	out->cpu = sb_rd_uint(&rd, 4);
	sb_rd_bytes(&rd, 4);
	out->offset = sb_rd_uint(&rd, wide ? 8 : 4);
	out->size = sb_rd_uint(&rd, wide ? 8 : 4);
	out->align = sb_rd_uint(&rd, 4);
	return !rd.bad && out->offset <= file.n && out->size <= file.n - out->offset && out->align <= MOST_ALIGN && out->size;
}

/* A class of Java begins alike; the first version of those is 45. */
static bool read_archs(struct sb_span file, struct universal *out)
{
	struct sb_rd rd = sb_rd_of(file, true);
	uint64_t magic = sb_rd_uint(&rd, 4);

	out->wide = magic == 0xcafebabf;
	out->count = sb_rd_uint(&rd, 4);
	if ((!out->wide && magic != 0xcafebabe) || out->count == 0 || out->count > MOST)
		return false;
	for (uint64_t i = 0; i < out->count; i++)
		if (!read_arch(file, out->wide, i, &out->archs[i]))
			return false;
	return true;
}

static unsigned probe(struct sb_span file, const char *hint)
{
	struct universal universal;

	(void)hint;
	return read_archs(file, &universal) ? 64 : 0;
}

static const char *cpu_name(struct sb_view *view, uint64_t cpu)
{
	static const struct {
		uint64_t cpu;
		const char *name;
	} names[] = {{7, "i386"}, {0x01000007, "x86_64"}, {12, "arm"}, {0x0100000c, "arm64"}, {0x0200000c, "arm64_32"}, {18, "ppc"}, {0x01000012, "ppc64"}};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].cpu == cpu)
			return names[i].name;
	return sb_arena_printf(view->arena, "cpu %llu", (unsigned long long)cpu);
}

/* Where the image before ends, or the header. */
static uint64_t end_before(const struct universal *universal, uint64_t which)
{
	const struct arch *before = which ? &universal->archs[which - 1] : NULL;
	return before ? before->offset + before->size : HEAD + universal->count * row_size(universal->wide);
}

/* The next place behind the image before that is aligned, with nothing but zeros on the way. */
static bool follows(struct sb_span file, const struct universal *universal, uint64_t which)
{
	const struct arch *arch = &universal->archs[which];
	uint64_t unit = UINT64_C(1) << arch->align, end = end_before(universal, which);
	struct sb_span fill;

	return arch->offset == (end + unit - 1) / unit * unit && sb_span_cut(file, end, arch->offset - end, &fill) && sb_span_all_zero(fill);
}

static int take_arch(struct sb_view *view, struct sb_tiles *tiles, const struct universal *universal, uint64_t which, struct sb_err *err)
{
	const struct arch *arch = &universal->archs[which];
	const char *name = cpu_name(view, arch->cpu);
	uint64_t each = row_size(universal->wide), end = end_before(universal, which);
	uint32_t member = (uint32_t)which + 1;
	bool placed = follows(view->file, universal, which);

	if (!name)
		return sb_no_memory(err);
	const struct sb_member image = {.name = sb_span_text(name), .type = SB_MEMBER_PART, .offset = arch->offset, .length = arch->size, .size = arch->size};
	const struct sb_region row = {.offset = HEAD + which * each, .length = each, .kind = SB_REGION_HEADER, .name = "entry", .loaded = true, .member = member, .tag = placed ? TAG_ROW : TAG_STRAY_ROW};
	const struct sb_region fill = {.offset = end, .length = placed ? arch->offset - end : 0, .kind = SB_REGION_PADDING, .name = "alignment", .member = which ? member - 1 : 0, .align = UINT32_C(1) << arch->align};
	const struct sb_region content = {.offset = arch->offset, .length = arch->size, .kind = SB_REGION_CONTENT, .name = "image", .member = member};
	int rc = sb_tiles_add(tiles, view->file.n, &row, err);
	if (!rc && placed)
		rc = sb_tiles_add(tiles, view->file.n, &fill, err);
	if (!rc)
		rc = sb_tiles_add(tiles, view->file.n, &content, err);
	return rc ? rc : sb_emit_member(view, &image, err);
}

static int open_universal(struct sb_view *view, const char *hint, struct sb_err *err)
{
	SB_TILES struct sb_tiles tiles = {.regions = {.size = 0}};
	struct universal *universal = sb_arena_alloc(view->arena, sizeof *universal);
	const struct sb_region head = {.length = HEAD, .kind = SB_REGION_HEADER, .name = "header", .loaded = true, .tag = TAG_HEAD};

	(void)hint;
	if (!universal)
		return sb_no_memory(err);
	view->own = universal;
	if (!read_archs(view->file, universal))
		return sb_damaged(err, "image-damaged", 0, "no header of a universal file");
	int rc = sb_tiles_add(&tiles, view->file.n, &head, err);
	for (uint64_t i = 0; !rc && i < universal->count; i++)
		rc = take_arch(view, &tiles, universal, i, err);
	return rc ? rc : sb_tiles_emit(&tiles, view, err);
}

#define ROW(at_, length_, kind_, name_) {.at = (at_), .length = (length_), .kind = SB_FIELD_##kind_, .encoding = SB_ENC_BE, .name = (name_)}

static const struct sb_layout_row head_rows[] = {ROW(0, 4, MAGIC, "magic"), ROW(4, 4, VALUE, "nfat_arch")};
static const struct sb_layout_row narrow_rows[] = {ROW(0, 4, VALUE, "cputype"), ROW(4, 4, VALUE, "cpusubtype"), ROW(8, 4, OFFSET, "offset"), ROW(12, 4, SIZE, "size"), ROW(16, 4, VALUE, "align")};
static const struct sb_layout_row wide_rows[] = {ROW(0, 4, VALUE, "cputype"), ROW(4, 4, VALUE, "cpusubtype"), ROW(8, 8, OFFSET, "offset"),
						 ROW(16, 8, SIZE, "size"), ROW(24, 4, VALUE, "align"), ROW(28, 4, VALUE, "reserved")};

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	const struct universal *universal = view->own;

	if (region->tag == TAG_HEAD)
		return sb_emit_layout(view, region, SB_ROWS(head_rows), err);
	if (region->tag != TAG_ROW)
		return 0;
	return universal->wide ? sb_emit_layout(view, region, SB_ROWS(wide_rows), err) : sb_emit_layout(view, region, SB_ROWS(narrow_rows), err);
}

const struct sb_format sb_format_universal = {
	.name = "universal",
	.spec = "xnu, EXTERNAL_HEADERS/mach-o/fat.h",
	.version = 2,
	.probe = probe,
	.open = open_universal,
	.describe = describe,
	.container = true,
};
