/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of file system images share: numbers are written, images opened, and what was found in them is looked at. Each fails the test by itself. */
#ifndef TESTS_UNIT_FORMATS_IMAGES_H
#define TESTS_UNIT_FORMATS_IMAGES_H

#include "samples.h"

void put_le(uint8_t *at, uint64_t value, unsigned width);
void put_be(uint8_t *at, uint64_t value, unsigned width);

/** A view of @image in @format that must be right, whose regions tile the image. Release with finish_image. */
struct opened read_image(const char *format, struct sb_span image);
void finish_image(struct opened *opened);
/** @image is no @format: FORMAT, and these words are in the message. */
void refuse_image(const char *format, struct sb_span image, const char *words);
/** So too, at a limit. */
void limit_image(const char *format, struct sb_span image, const char *words);

void is_member(const struct opened *opened, size_t index, const char *name, enum sb_member_type type);
/** The region that begins at @offset, or NULL. */
const struct sb_region *region_at(const struct opened *opened, uint64_t offset);
/** In @image of @format, the region that begins at @offset is of this kind. */
void is_of_kind_in(const char *format, struct sb_span image, uint64_t offset, enum sb_region_kind kind);
void is_region(const struct opened *opened, uint64_t offset, uint64_t length, const char *name, uint32_t member, enum sb_region_kind kind);
/** A field of the region at @region, @at bytes behind its start. */
void is_field(struct opened *opened, uint64_t region, const char *name, enum sb_field_kind kind, uint64_t at, uint64_t length);
/** So too, and it follows from @length bytes at @over. */
void is_derived(struct opened *opened, uint64_t region, const char *name, enum sb_derive_algorithm algorithm, uint64_t at, uint64_t over, uint64_t length);

#endif
