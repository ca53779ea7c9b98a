/* SPDX-License-Identifier: Apache-2.0 */
#include "iso9660_image.h"

#include <criterion/criterion.h>
#include <string.h>

uint8_t iso_image[10 * WHOLE];
size_t iso_used; /* bytes of it */
unsigned iso_last_folder, iso_last_file, iso_last_inner, iso_behind_root; /* records; where the root goes on */

void iso_le(unsigned at, uint64_t value, unsigned width)
{
	put_le(iso_image + at, value, width);
}

void iso_be(unsigned at, uint64_t value, unsigned width)
{
	put_be(iso_image + at, value, width);
}

void iso_both(unsigned at, uint64_t value, unsigned width)
{
	iso_le(at, value, width);
	iso_be(at + width, value, width);
}

/* A record with @n bytes of identifier and room for @use bytes behind it; where the next one stands. */
unsigned iso_record(unsigned at, const char *identifier, unsigned n, unsigned sector, unsigned size, unsigned flags, unsigned use)
{
	unsigned length = 33 + n + (n % 2 == 0) + use;

	iso_image[at] = (uint8_t)length;
	iso_both(at + 2, sector, 4);
	iso_both(at + 10, size, 4);
	memcpy(iso_image + at + 18, "\x7c\5\x1f\x0c\0\0\0", 7);
	iso_image[at + 25] = (uint8_t)flags;
	iso_both(at + 28, 1, 2);
	iso_image[at + 32] = (uint8_t)n;
	memcpy(iso_image + at + 33, identifier, n);
	return at + length;
}

unsigned iso_dots(unsigned sector, unsigned above)
{
	return iso_record(iso_record(sector * SECTOR, "\0", 1, sector, SECTOR, IS_FOLDER, 0), "\1", 1, above, SECTOR, IS_FOLDER, 0);
}

static void path_rows(unsigned sector, void (*write)(unsigned, uint64_t, unsigned))
{
	unsigned at = sector * SECTOR;

	iso_image[at] = 1;
	write(at + 2, ROOT, 4);
	write(at + 6, 1, 2);
	iso_image[at + 10] = 3;
	write(at + 12, FOLDER, 4);
	write(at + 16, 1, 2);
	memcpy(iso_image + at + 18, "DIR", 3);
}

static void descriptors(void)
{
	unsigned at = VOLUME * SECTOR;

	memcpy(iso_image + at, "\1CD001\1", 7);
	memset(iso_image + at + 8, ' ', 64);
	iso_both(at + 80, SECTORS, 4);
	iso_both(at + 120, 1, 2);
	iso_both(at + 124, 1, 2);
	iso_both(at + 128, SECTOR, 2);
	iso_both(at + 132, PATHS_SIZE, 4);
	iso_le(at + 140, PATHS_L, 4);
	iso_be(at + 148, PATHS_M, 4);
	iso_record(at + 156, "\0", 1, ROOT, SECTOR, IS_FOLDER, 0);
	memset(iso_image + at + 190, ' ', 623);
	for (unsigned i = 0; i < 4; i++)
		memcpy(iso_image + at + 813 + i * 17, i < 2 ? "2024053112000000" : "0000000000000000", 17);
	iso_image[at + 881] = 1;
	memcpy(iso_image + END * SECTOR, "\xff"
				     "CD001\1",
	       7);
}

/* A folder with a file, and a file beside it. */
void iso_begin(void)
{
	memset(iso_image, 0, sizeof iso_image);
	iso_used = WHOLE;
	descriptors();
	path_rows(PATHS_L, iso_le);
	path_rows(PATHS_M, iso_be);
	iso_last_folder = iso_dots(ROOT, ROOT);
	iso_last_file = iso_record(iso_last_folder, "DIR", 3, FOLDER, SECTOR, IS_FOLDER, 0);
	iso_behind_root = iso_record(iso_last_file, "FILE.TXT;1", 10, FILE_AT, 700, 0, 0);
	iso_last_inner = iso_dots(FOLDER, ROOT);
	iso_record(iso_last_inner, "INNER.;1", 8, INNER, 9, 0, 0);
	memset(iso_image + FILE_AT * SECTOR, 'f', 700);
	memcpy(iso_image + INNER * SECTOR, "nine here", 9);
}

struct opened iso_open_right(void)
{
	return read_image("iso9660", sb_span_of(iso_image, iso_used));
}

void iso_refuses(const char *words)
{
	refuse_image("iso9660", sb_span_of(iso_image, iso_used), words);
}
