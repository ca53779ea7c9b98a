/* SPDX-License-Identifier: Apache-2.0 */
/* The boot sector and its copy, counts, tables. */
#include "verifier/formats/fat/fat.h"

#include <string.h>

enum { BOOT = 512, ID_16 = 39, ID_32 = 67, INFO = 512, INFO_COUNTS = 488, UNKNOWN = 0xffff };
static const uint32_t UNKNOWN_COUNT = 0xffffffff;

uint64_t sb_fat_uint(const struct sb_fat *fat, uint64_t at, unsigned width)
{
	struct sb_rd rd = sb_rd_of(fat->view->file, false);

	sb_rd_seek(&rd, at);
	return sb_rd_uint(&rd, width);
}

int sb_fat_own(struct sb_fat *fat, uint64_t at, uint64_t length, enum sb_region_kind kind, const char *name, enum sb_fat_tag tag, uint32_t member, struct sb_err *err)
{
	const struct sb_region region = {.offset = at, .length = length, .kind = kind, .name = name, .tag = tag, .member = member};
	return sb_tiles_add(&fat->tiles, fat->view->file.n, &region, err);
}

static bool is_power(uint64_t value)
{
	return value && (value & (value - 1)) == 0;
}

bool sb_fat_is_volume(struct sb_span file)
{
	if (file.n < BOOT || file.p[510] != 0x55 || file.p[511] != 0xaa || (file.p[0] != 0xeb && file.p[0] != 0xe9))
		return false;
	uint64_t sector = (uint64_t)(file.p[11] | file.p[12] << 8), reserved = (uint64_t)(file.p[14] | file.p[15] << 8);
	bool small = file.p[22] | file.p[23]; /* FAT12 or FAT16 */
	return is_power(sector) && sector >= 512 && sector <= 4096 && is_power(file.p[13]) && reserved && file.p[16] >= 1 && file.p[16] <= 4 &&
	       (file.p[21] == 0xf0 || file.p[21] >= 0xf8) && memcmp(file.p + (small ? 54 : 82), "FAT", 3) == 0 && file.p[small ? 38 : 66] == 0x29;
}

static void read_numbers(struct sb_fat *fat)
{
	uint64_t entries = sb_fat_uint(fat, 17, 2), size = sb_fat_uint(fat, 22, 2);

	fat->sector = sb_fat_uint(fat, 11, 2);
	fat->cluster = fat->sector * sb_fat_uint(fat, 13, 1);
	fat->tables = sb_fat_uint(fat, 16, 1);
	fat->table = fat->sector * sb_fat_uint(fat, 14, 2);
	fat->bits = size ? 16 : 32;
	fat->table_size = fat->sector * (size ? size : sb_fat_uint(fat, 36, 4));
	fat->root = fat->table + fat->tables * fat->table_size;
	fat->root_size = entries * SB_FAT_ENTRY;
	fat->data = fat->root + (fat->root_size + fat->sector - 1) / fat->sector * fat->sector;
	if (fat->bits == 32) {
		fat->root_cluster = sb_fat_uint(fat, 44, 4);
		fat->info = sb_fat_uint(fat, 48, 2) == UNKNOWN ? 0 : fat->sector * sb_fat_uint(fat, 48, 2);
		fat->backup = sb_fat_uint(fat, 50, 2) == UNKNOWN ? 0 : fat->sector * sb_fat_uint(fat, 50, 2);
	}
}

int sb_fat_read_volume(struct sb_fat *fat, struct sb_err *err)
{
	if (!sb_fat_is_volume(fat->view->file))
		return sb_damaged(err, "archive-damaged", 0, "no boot sector of FAT");
	read_numbers(fat);
	uint64_t sectors = sb_fat_uint(fat, 19, 2) ? sb_fat_uint(fat, 19, 2) : sb_fat_uint(fat, 32, 4), end = sectors * fat->sector;
	if (end > fat->view->file.n || fat->data > end)
		return sb_damaged(err, "archive-truncated", 0, "the volume is shorter than it says");
	fat->clusters = (end - fat->data) / fat->cluster;
	if (fat->bits == 16 && fat->clusters <= 4084)
		fat->bits = 12;
	bool fixed = fat->bits != 32;
	if ((fat->clusters + SB_FAT_FIRST) * fat->bits > 8 * fat->table_size || fixed == (fat->root_size == 0) || (!fixed && (sb_fat_uint(fat, 40, 2) || sb_fat_uint(fat, 42, 2))))
		return sb_damaged(err, "archive-damaged", 0, "tables that do not fit the volume");
	if ((fat->info && fat->info + INFO > fat->table) || (fat->backup && fat->backup + BOOT > fat->table) || fat->clusters >= 0x0ffffff0)
		return sb_damaged(err, "archive-damaged", 0, "parts of the volume that do not lie where they must");
	return 0;
}

/* The name that was drawn for a volume is apart from everything else in a boot sector, which is content. */
static int own_boot(struct sb_fat *fat, uint64_t at, struct sb_err *err)
{
	uint64_t id = fat->bits == 32 ? ID_32 : ID_16;
	bool copy = at != 0;
	int rc = sb_fat_own(fat, at, id, SB_REGION_HEADER, copy ? "copy of the boot sector" : "boot sector", SB_FAT_TAG_NONE, 0, err);

	if (!rc)
		rc = sb_fat_own(fat, at + id, 4, SB_REGION_LAYOUT, copy ? "copy of the volume id" : "volume id", SB_FAT_TAG_VOLUME_ID, 0, err);
	return rc ? rc : sb_fat_own(fat, at + id + 4, BOOT - id - 4, SB_REGION_HEADER, copy ? "copy of label and boot code" : "label and boot code", SB_FAT_TAG_NONE, 0, err);
}

/* mkfs.fat of dosfstools 4.2, src/mkfs.fat.c: prints the text behind it, and waits. */
static const uint8_t printing[] = {0x0e, 0x1f, 0xbe, 0, 0x7c, 0xac, 0x22, 0xc0, 0x74, 0x0b, 0x56, 0xb4, 0x0e, 0xbb, 7, 0, 0xcd, 0x10, 0x5e, 0xeb, 0xf0, 0x32, 0xe4, 0xcd, 0x16, 0xcd, 0x19, 0xeb, 0xfe};
/* mformat of mtools 4: goes on with the first sector of the first disk. */
static const uint8_t passing[] = {0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0xfc, 0xb9, 0, 1, 0xbe, 0, 0x7c, 0xbf, 0, 0x80, 0xf3, 0xa5, 0xea, 0, 0, 0, 8, 0xb8, 1, 2, 0xbb, 0, 0x7c, 0xba, 0x80, 0, 0xb9, 1, 0, 0xcd, 0x13, 0x72, 5, 0xea, 0, 0x7c, 0, 0, 0xcd, 0x19};

/* Code that begins at @from, but for the one byte at @open: that leads to @leads in the sector, where the code is known by heart. */
static bool begins(struct sb_span code, const uint8_t *known, size_t n, size_t open, uint8_t leads)
{
	return code.n >= n && memcmp(code.p, known, open) == 0 && code.p[open] == leads && memcmp(code.p + open + 1, known + open + 1, n - open - 1) == 0;
}

bool sb_fat_is_stub(const struct sb_fat *fat)
{
	enum { END = 510, TEXT_OFFSET_AT = 3, JUMP_AT = 20, JUMP_TO = 24, TO_ITSELF = 0xfe };
	const uint8_t *sector = fat->view->file.p;
	uint8_t from = fat->bits == 32 ? 90 : 62;
	struct sb_span code = sb_span_of(sector + from, END - (size_t)from), rest = code;

	if (sector[0] != 0xeb || (sector[1] != from - 2 && sector[1] != TO_ITSELF) || sector[2] != 0x90)
		return false;
	if (sb_span_all_zero(code) || sector[1] == TO_ITSELF)
		return sb_span_all_zero(code);
	if (begins(code, printing, sizeof printing, TEXT_OFFSET_AT, (uint8_t)(from + sizeof printing))) {
		size_t text = strnlen((const char *)code.p + sizeof printing, code.n - sizeof printing);
		rest = sb_span_of(code.p + sizeof printing + text, code.n - sizeof printing - text);
	} else if (begins(code, passing, sizeof passing, JUMP_AT, (uint8_t)(from + JUMP_TO))) {
		rest = sb_span_of(code.p + sizeof passing, code.n - sizeof passing);
	}
	return sb_span_all_zero(rest);
}

/* A copy that is none is content as a whole. */
static int own_backup(struct sb_fat *fat, struct sb_err *err)
{
	const uint8_t *file = fat->view->file.p;

	if (memcmp(file, file + fat->backup, BOOT) == 0)
		return own_boot(fat, fat->backup, err);
	return sb_fat_own(fat, fat->backup, BOOT, SB_REGION_HEADER, "other boot sector", SB_FAT_TAG_NONE, 0, err);
}

/* An information sector that holds nothing but its counts. */
static bool is_plain_info(struct sb_span info)
{
	return sb_magic(info, 0, "RRaA", 4) && sb_magic(info, 484, "rrAa", 4) && sb_magic(info, 508, "\0\0\x55\xaa", 4) && sb_span_all_zero(sb_span_of(info.p + 4, 480)) &&
	       sb_span_all_zero(sb_span_of(info.p + 496, 12));
}

/* mkfs.fat writes a copy behind that of the boot sector, in which nobody counts any more. */
static int own_copied_info(struct sb_fat *fat, struct sb_err *err)
{
	uint64_t at = fat->backup + fat->info;
	struct sb_span copy;

	if (!fat->info || at + INFO > fat->table || !sb_span_cut(fat->view->file, at, INFO, &copy) || !is_plain_info(copy))
		return 0;
	return sb_fat_own(fat, at, INFO, SB_REGION_HEADER, "copy of the information sector", SB_FAT_TAG_NONE, 0, err);
}

/* How much is free, and where to look for it first: the former is counted again, the latter is but a hint. */
static int own_info(struct sb_fat *fat, struct sb_err *err)
{
	struct sb_span info = sb_span_of(fat->view->file.p + fat->info, INFO);
	uint64_t count = sb_fat_uint(fat, fat->info + INFO_COUNTS, 4), next = sb_fat_uint(fat, fat->info + INFO_COUNTS + 4, 4);
	bool right = (count == fat->free || count == UNKNOWN_COUNT) && (next == UNKNOWN_COUNT || (next >= SB_FAT_FIRST && next < fat->clusters + SB_FAT_FIRST));
	int rc = sb_fat_own(fat, fat->info, INFO_COUNTS, SB_REGION_HEADER, "information sector", SB_FAT_TAG_NONE, 0, err);

	if (!rc)
		rc = sb_fat_own(fat, fat->info + INFO_COUNTS, 8, right && is_plain_info(info) ? SB_REGION_LAYOUT : SB_REGION_HEADER, "counts of free clusters", SB_FAT_TAG_COUNTS, 0, err);
	return rc ? rc : sb_fat_own(fat, fat->info + INFO_COUNTS + 8, INFO - INFO_COUNTS - 8, SB_REGION_HEADER, "end of the information sector", SB_FAT_TAG_NONE, 0, err);
}

static int own_tables(struct sb_fat *fat, struct sb_err *err)
{
	const uint8_t *first = fat->view->file.p + fat->table;
	int rc = 0;

	for (uint64_t i = 0; !rc && i < fat->tables; i++) {
		uint64_t at = fat->table + i * fat->table_size;
		bool right = fat->proper && memcmp(first, fat->view->file.p + at, (size_t)fat->table_size) == 0;
		rc = sb_fat_own(fat, at, fat->table_size, right ? SB_REGION_LAYOUT : SB_REGION_TABLE, i ? "copy of the table" : "table", SB_FAT_TAG_TABLE, 0, err);
	}
	return rc;
}

int sb_fat_own_volume(struct sb_fat *fat, struct sb_err *err)
{
	int rc = own_boot(fat, 0, err);

	if (!rc && fat->info)
		rc = own_info(fat, err);
	if (!rc && fat->backup)
		rc = own_backup(fat, err);
	if (!rc && fat->backup)
		rc = own_copied_info(fat, err);
	return rc ? rc : own_tables(fat, err);
}
