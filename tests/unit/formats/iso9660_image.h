/* SPDX-License-Identifier: Apache-2.0 */
/* An image of ISO 9660 by hand: a folder with a file, and a file beside it. Tests change it. */
#ifndef TESTS_UNIT_FORMATS_ISO9660_IMAGE_H
#define TESTS_UNIT_FORMATS_ISO9660_IMAGE_H

#include "images.h"

enum { SECTOR = 2048, VOLUME = 16, END, PATHS_L, PATHS_M, ROOT, FOLDER, FILE_AT, INNER, FREE, SECTORS = 32, WHOLE = SECTORS * SECTOR, IS_FOLDER = 2, MORE = 0x80, PATHS_SIZE = 22 };

extern uint8_t iso_image[10 * WHOLE];
extern size_t iso_used; /* bytes of it */
extern unsigned iso_last_folder, iso_last_file, iso_last_inner, iso_behind_root; /* records; where the root goes on */

/** A folder with a file, and a file beside it. */
void iso_begin(void);
void iso_le(unsigned at, uint64_t value, unsigned width);
void iso_be(unsigned at, uint64_t value, unsigned width);
void iso_both(unsigned at, uint64_t value, unsigned width);
/** A record with @n bytes of identifier and room for @use bytes behind it; where the next one stands. */
unsigned iso_record(unsigned at, const char *identifier, unsigned n, unsigned sector, unsigned size, unsigned flags, unsigned use);
unsigned iso_dots(unsigned sector, unsigned above);
struct opened iso_open_right(void);
void iso_refuses(const char *words);

#endif
