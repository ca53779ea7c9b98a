/* SPDX-License-Identifier: Apache-2.0 */
/* bzImage: setup code with its header, the decompressor, and in it the compressed kernel. */
#include "verifier/formats/rows.h"
#include "verifier/formats/tiles.h"

#include <string.h>

/* Source: Linux 6.1, Documentation/x86/boot.rst, "The Real-Mode Kernel Header"; arch/x86/boot/tools/build.c. */
enum { SECTOR = 512, HEADER = 0x1f1, NEWEST = 0x26c, PE_AT = 0x3c, SUM = 4 };
enum tag { TAG_HEADER = 1, TAG_SIZE, TAG_SUM };

struct image {
	uint64_t header_end, setup_end, payload, payload_end, end; /* offsets in the file */
	bool sized;       /* four bytes behind the compressed kernel state its size */
	bool has_sum;     /* a checksum ends the image */
};

static uint64_t number_at(struct sb_span file, uint64_t at, unsigned width)
{
	struct sb_rd rd = sb_rd_of(file, false);
	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, width);
}

/* Section "setup_header": the jump at 0x200 leads behind it. */
static bool find_header(struct sb_span file, struct image *out)
{
	uint64_t sectors = number_at(file, HEADER, 1), end = 0x202 + number_at(file, 0x201, 1);

	out->header_end = end < NEWEST ? end : NEWEST;
	out->setup_end = ((sectors ? sectors : 4) + 1) * SECTOR;
	return sb_magic(file, 0x202, "HdrS", 4) && number_at(file, 0x1fe, 2) == 0xaa55 && number_at(file, 0x206, 2) >= 0x208 && out->header_end >= 0x250 &&
	       out->setup_end >= out->header_end;
}

/* gzip states the size itself; behind all others scripts/Makefile.lib, size_append, puts it. */
static bool states_size(struct sb_span file, uint64_t at)
{
	return sb_magic(file, at, "\x1f\x8b", 2) == 0;
}

/* The security directory of a PE header, PE/COFF 8.3, "Optional Header Data Directories": who signs an image leaves its own checksum as it was. */
static bool is_signed(struct sb_span file)
{
	uint64_t pe = number_at(file, PE_AT, 4);

	if (!sb_magic(file, 0, "MZ", 2) || !sb_magic(file, pe, "PE\0\0", 4))
		return false;
	uint64_t directories = pe + 24 + (number_at(file, pe + 24, 2) == 0x20b ? 112 : 96);
	return number_at(file, directories + 32, 8) != 0;
}

static bool read_image(struct sb_span file, struct image *out)
{
	*out = (struct image){0};
	if (!find_header(file, out))
		return false;
	out->end = out->setup_end + number_at(file, 0x1f4, 4) * 16;
	out->payload = out->setup_end + number_at(file, 0x248, 4);
	out->payload_end = out->payload + number_at(file, 0x24c, 4);
	out->sized = states_size(file, out->payload);
	out->has_sum = !is_signed(file) && out->end <= file.n && number_at(file, out->end - SUM, SUM) != 0;
	return out->payload > out->setup_end && out->payload_end > out->payload + SUM && out->payload_end + SUM <= out->end && out->end <= file.n;
}

static int add(struct sb_tiles *tiles, struct sb_view *view, struct sb_region region, uint64_t end, struct sb_err *err)
{
	region.length = end - region.offset;
	region.loaded = true;
	return sb_tiles_add(tiles, view->file.n, &region, err);
}

static int add_kernel(struct sb_tiles *tiles, struct sb_view *view, const struct image *image, struct sb_err *err)
{
	uint64_t end = image->payload_end - (image->sized ? SUM : 0);
	const struct sb_member kernel = {.name = sb_span_text("kernel"), .type = SB_MEMBER_PART, .offset = image->payload, .length = end - image->payload,
	                                 .size = end - image->payload};
	int rc = sb_emit_member(view, &kernel, err);

	if (!rc)
		rc = add(tiles, view, (struct sb_region){.offset = image->payload, .kind = SB_REGION_CONTENT, .member = 1, .name = "content"}, end, err);
	return rc ? rc : add(tiles, view, (struct sb_region){.offset = end, .kind = SB_REGION_CHECK, .member = 1, .tag = TAG_SIZE, .name = "size of the kernel"},
	                     image->payload_end, err);
}

static int add_all(struct sb_tiles *tiles, struct sb_view *view, const struct image *image, struct sb_err *err)
{
	const uint64_t sum = image->end - (image->has_sum ? SUM : 0);
	const struct sb_region parts[] = {
		{.offset = 0, .length = HEADER, .kind = SB_REGION_SECTION, .name = "boot sector"},
		{.offset = HEADER, .length = image->header_end - HEADER, .kind = SB_REGION_HEADER, .tag = TAG_HEADER, .name = "setup header"},
		{.offset = image->header_end, .length = image->setup_end - image->header_end, .kind = SB_REGION_SECTION, .name = "setup"},
		{.offset = image->setup_end, .length = image->payload - image->setup_end, .kind = SB_REGION_SECTION, .name = "decompressor"},
		{.offset = image->payload_end, .length = sum - image->payload_end, .kind = SB_REGION_SECTION, .name = "decompressor behind the kernel"},
		{.offset = sum, .length = image->end - sum, .kind = SB_REGION_CHECK, .tag = TAG_SUM, .name = "checksum"},
	};
	int rc = add_kernel(tiles, view, image, err);

	for (size_t i = 0; !rc && i < sizeof parts / sizeof *parts; i++)
		rc = add(tiles, view, parts[i], parts[i].offset + parts[i].length, err);
	return rc ? rc : sb_tiles_emit(tiles, view, err);
}

static int open_image(struct sb_view *view, const char *hint, struct sb_err *err)
{
	SB_TILES struct sb_tiles tiles = {0};
	struct image image;

	(void)hint;
	if (!read_image(view->file, &image))
		return sb_damaged(err, "archive-damaged", HEADER, "a setup header whose kernel does not lie inside the file");
	return add_all(&tiles, view, &image, err);
}

#define NUMBER(at_, length_, kind_, name_) {.at = (at_) - HEADER, .length = (length_), .kind = SB_FIELD_##kind_, .encoding = SB_ENC_LE, .name = (name_)}
static const struct sb_layout_row header_rows[] = {
	NUMBER(0x1f1, 1, VALUE, "setup_sects"), NUMBER(0x1f2, 2, FLAGS, "root_flags"), NUMBER(0x1f4, 4, VALUE, "syssize"), NUMBER(0x1f8, 2, VALUE, "ram_size"),
	NUMBER(0x1fa, 2, VALUE, "vid_mode"), NUMBER(0x1fc, 2, DEVICE, "root_dev"), NUMBER(0x1fe, 2, MAGIC, "boot_flag"), NUMBER(0x200, 2, VALUE, "jump"),
	NUMBER(0x202, 4, MAGIC, "header"), NUMBER(0x206, 2, VALUE, "version"), NUMBER(0x208, 4, ADDRESS, "realmode_swtch"), NUMBER(0x20c, 2, VALUE, "start_sys_seg"),
	NUMBER(0x20e, 2, OFFSET, "kernel_version"), NUMBER(0x210, 1, VALUE, "type_of_loader"), NUMBER(0x211, 1, FLAGS, "loadflags"),
	NUMBER(0x212, 2, VALUE, "setup_move_size"), NUMBER(0x214, 4, ADDRESS, "code32_start"), NUMBER(0x218, 4, ADDRESS, "ramdisk_image"),
	NUMBER(0x21c, 4, VALUE, "ramdisk_size"), NUMBER(0x220, 4, VALUE, "bootsect_kludge"), NUMBER(0x224, 2, ADDRESS, "heap_end_ptr"),
	NUMBER(0x226, 1, VALUE, "ext_loader_ver"), NUMBER(0x227, 1, VALUE, "ext_loader_type"), NUMBER(0x228, 4, ADDRESS, "cmd_line_ptr"),
	NUMBER(0x22c, 4, ADDRESS, "initrd_addr_max"), NUMBER(0x230, 4, VALUE, "kernel_alignment"), NUMBER(0x234, 1, FLAGS, "relocatable_kernel"),
	NUMBER(0x235, 1, VALUE, "min_alignment"), NUMBER(0x236, 2, FLAGS, "xloadflags"), NUMBER(0x238, 4, VALUE, "cmdline_size"),
	NUMBER(0x23c, 4, VALUE, "hardware_subarch"), NUMBER(0x240, 8, VALUE, "hardware_subarch_data"), NUMBER(0x248, 4, OFFSET, "payload_offset"),
	NUMBER(0x24c, 4, VALUE, "payload_length"), NUMBER(0x250, 8, ADDRESS, "setup_data"), NUMBER(0x258, 8, ADDRESS, "pref_address"),
	NUMBER(0x260, 4, VALUE, "init_size"), NUMBER(0x264, 4, OFFSET, "handover_offset"), NUMBER(0x268, 4, OFFSET, "kernel_info_offset"),
};
#undef NUMBER

static int describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err)
{
	struct sb_field size = {.offset = region->offset, .length = SUM, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_LE, .name = "size of the kernel",
	                        .derived = {.algorithm = SB_DERIVE_LENGTH, .decoded = 1, .unpacked = true}};
	struct sb_field sum = {.offset = region->offset, .length = SUM, .kind = SB_FIELD_DERIVED, .encoding = SB_ENC_LE, .name = "CRC",
	                       .derived = {.algorithm = SB_DERIVE_CRC32_BARE, .over_length = region->offset}};

	switch (region->tag) {
	case TAG_HEADER:
		return sb_emit_layout(view, region, SB_ROWS(header_rows), err);
	case TAG_SIZE:
		return sb_emit_field(view, &size, err);
	case TAG_SUM:
		return sb_emit_field(view, &sum, err);
	default:
		return 0;
	}
}

static unsigned probe(struct sb_span file, const char *hint)
{
	struct image image;
	(void)hint;
	return read_image(file, &image) ? 80 : 0;
}

const struct sb_format sb_format_bzimage = {
	.name = "bzimage",
	.spec = "Linux 6.1, Documentation/x86/boot.rst, boot protocol 2.08 and later",
	.version = 1,
	.probe = probe,
	.open = open_image,
	.describe = describe,
	.container = true,
};
