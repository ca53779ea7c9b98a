/* SPDX-License-Identifier: Apache-2.0 */
/* Archives for the tests of this room: written by libarchive, by the compression libraries, or by hand. */
#ifndef TESTS_UNIT_FORMATS_SAMPLES_H
#define TESTS_UNIT_FORMATS_SAMPLES_H

#include "base/cleanup.h"
#include "verifier/formats/formats.h"

/** One way to write an archive: names as libarchive knows them. */
struct sample {
	const char *format; /* ours */
	const char *writer; /* libarchive's format */
	const char *filter; /* libarchive's filter or NULL */
	const char *hint;
};

extern const struct sample samples[];
extern const size_t sample_count;

/** Bytes of the text that the samples' largest member holds. */
extern const char sample_text[];

/** Write the sample's archive to @out, in a block of exactly its size so that a sanitizer sees each step outside. */
struct sb_span make_sample(const struct sample *sample);
/** Compress @plain by @filter of libarchive. */
struct sb_span make_compressed(struct sb_span plain, const char *filter);
void free_sample(struct sb_span bytes);
struct sb_span exact_copy(struct sb_span bytes);

/** A view that is opened and checked in one go; release with close_view. */
struct opened {
	struct sb_arena *arena;
	struct sb_view view;
	struct sb_err err;
	int rc;
};
struct opened open_as(const char *format, struct sb_span bytes, const char *hint);
void close_view(struct opened *opened);
/** The notice with @id, or NULL. */
const struct sb_notice *notice_of(const struct opened *opened, const char *id);
/** True when some notice refuses a drop. */
bool refused(const struct opened *opened);
/** The first region called @name that belongs to @member (0: none), or NULL. */
const struct sb_region *region_of(const struct opened *opened, const char *name, uint32_t member);
/** The field called @name of @region, or NULL. */
const struct sb_field *field_of(struct opened *opened, const struct sb_region *region, const char *name);
/** Content of a member as text equals @text. */
bool content_is(const struct opened *opened, size_t member, const char *text);

#endif
