/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of both formats: one image, and a file that holds several. */
#include "verifier/formats/macho/macho.h"
#include "verifier/formats/rows.h"
#include "verifier/formats/tiles.h"

#include <string.h>

static int keep_sections(struct sb_view *view, struct sb_macho *macho, struct sb_err *err)
{
	struct sb_macho_section *kept = sb_arena_array(view->arena, macho->sections.count, sizeof *kept);

	if (!kept)
		return sb_no_memory(err);
	if (macho->sections.count)
		memcpy(kept, macho->sections.items, macho->sections.count * sizeof *kept);
	macho->kept = kept;
	macho->kept_count = macho->sections.count;
	return 0;
}

static int open_macho(struct sb_view *view, const char *hint, struct sb_err *err)
{
	struct sb_macho *macho = sb_arena_alloc(view->arena, sizeof *macho);

	(void)hint;
	if (!macho)
		return sb_no_memory(err);
	*macho = (struct sb_macho){
		.file = view->file,
		.sections = {.size = sizeof(struct sb_macho_section)},
		.segments = {.size = sizeof(struct sb_macho_segment)},
		.owners = {.size = sizeof(struct sb_region), .ceiling = (size_t)SB_LIMIT_OF(REGIONS)},
	};
	view->own = macho;
	int rc = sb_macho_read(view, macho, err);
	if (!rc)
		rc = keep_sections(view, macho, err);
	if (!rc)
		rc = sb_macho_partition(view, macho, err);
	sb_vec_release(&macho->sections);
	sb_vec_release(&macho->segments);
	sb_vec_release(&macho->owners);
	return rc;
}

static unsigned probe(struct sb_span file, const char *hint)
{
	(void)hint;
	return sb_magic(file, 0, "\xce\xfa\xed\xfe", 4) + sb_magic(file, 0, "\xcf\xfa\xed\xfe", 4) + sb_magic(file, 0, "\xfe\xed\xfa\xce", 4) + sb_magic(file, 0, "\xfe\xed\xfa\xcf", 4);
}

const struct sb_format sb_format_macho = {
	.name = "macho",
	.spec = "xnu, EXTERNAL_HEADERS/mach-o/loader.h and osfmk/kern/cs_blobs.h",
	.version = 1,
	.probe = probe,
	.open = open_macho,
	.describe = sb_macho_describe,
	.locate = sb_macho_locate,
};

/* ---- universal files: fat.h ---- */

enum { HEAD = 8, ARCH = 20, ARCH_64 = 32, MOST = 32, MOST_ALIGN = 20 };

struct arch {
	uint64_t cpu, offset, size, align;
};

static bool read_arch(struct sb_span file, bool wide, uint64_t which, struct arch *out)
{
	struct sb_rd rd = sb_rd_of(file, true);

	sb_rd_seek(&rd, HEAD + which * (wide ? ARCH_64 : ARCH));
	out->cpu = sb_rd_uint(&rd, 4);
	sb_rd_bytes(&rd, 4);
	out->offset = sb_rd_uint(&rd, wide ? 8 : 4);
	out->size = sb_rd_uint(&rd, wide ? 8 : 4);
	out->align = sb_rd_uint(&rd, 4);
	return !rd.bad && out->offset <= file.n && out->size <= file.n - out->offset && out->align <= MOST_ALIGN && out->size;
}

static uint64_t count_of(struct sb_span file)
{
	struct sb_rd rd = sb_rd_of(file, true);

	sb_rd_seek(&rd, 4);
	return sb_rd_uint(&rd, 4);
}

/* A class of Java begins alike; the first version of those is 45. */
static unsigned probe_universal(struct sb_span file, const char *hint)
{
	bool wide = sb_magic(file, 0, "\xca\xfe\xba\xbf", 4);
	uint64_t count = count_of(file);
	struct arch arch;

	(void)hint;
	if ((!wide && !sb_magic(file, 0, "\xca\xfe\xba\xbe", 4)) || count == 0 || count > MOST)
		return 0;
	for (uint64_t i = 0; i < count; i++)
		if (!read_arch(file, wide, i, &arch))
			return 0;
	return 64;
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

static int take_arch(struct sb_view *view, struct sb_tiles *tiles, const struct arch *arch, struct sb_err *err)
{
	const char *name = cpu_name(view, arch->cpu);
	const struct sb_region region = {.offset = arch->offset, .length = arch->size, .kind = SB_REGION_CONTENT, .name = "image", .member = (uint32_t)view->members.count + 1};

	if (!name)
		return sb_no_memory(err);
	const struct sb_member member = {.name = sb_span_text(name), .type = SB_MEMBER_PART, .offset = arch->offset, .length = arch->size, .size = arch->size};
	int rc = sb_tiles_add(tiles, view->file.n, &region, err);
	return rc ? rc : sb_emit_member(view, &member, err);
}

static int open_universal(struct sb_view *view, const char *hint, struct sb_err *err)
{
	bool wide = sb_magic(view->file, 0, "\xca\xfe\xba\xbf", 4);
	SB_TILES struct sb_tiles tiles = {.regions = {.size = 0}};
	uint64_t count = count_of(view->file);
	struct arch arch;

	if (!probe_universal(view->file, hint))
		return sb_damaged(err, "image-damaged", 0, "no header of a universal file");
	const struct sb_region header = {.length = HEAD + count * (wide ? ARCH_64 : ARCH), .kind = SB_REGION_HEADER, .name = "header", .loaded = true};
	int rc = sb_tiles_add(&tiles, view->file.n, &header, err);
	for (uint64_t i = 0; !rc && i < count && read_arch(view->file, wide, i, &arch); i++)
		rc = take_arch(view, &tiles, &arch, err);
	return rc ? rc : sb_tiles_emit(&tiles, view, err);
}

const struct sb_format sb_format_universal = {
	.name = "universal",
	.spec = "xnu, EXTERNAL_HEADERS/mach-o/fat.h",
	.version = 1,
	.probe = probe_universal,
	.open = open_universal,
	.container = true,
};
