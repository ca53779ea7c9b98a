/* SPDX-License-Identifier: Apache-2.0 */
/* A drop made by a test: a folder of its own, tar archives written field by field, and the manifest as a struct. */
#ifndef TESTS_UNIT_INGEST_PARCEL_H
#define TESTS_UNIT_INGEST_PARCEL_H

#include "verifier/ingest/ingest.h"

#include <criterion/criterion.h>

struct parcel {
	char path[64];
	int dir;
	struct sb_drop_source sources[4];
	struct sb_drop_output outputs[4];
	struct sb_drop drop;
	struct sb_parsers *parsers; /* NULL: archives are parsed by the test itself */
	struct sb_sources taken;
	struct sb_err err;
};

/** A folder with a delivered file "shipped" and a rule for it. */
void parcel_open(struct parcel *parcel);
void parcel_close(struct parcel *parcel);
void parcel_write(const struct parcel *parcel, const char *name, struct sb_span bytes);
/** Add a source that lies there, with its right digest. */
struct sb_drop_source *parcel_source(struct parcel *parcel, const char *name, const char *into, unsigned strip);
void parcel_output(struct parcel *parcel, const char *shipped, const char *built);
/** Run ingest; on success parcel->taken is filled, and released by parcel_close or the next run. */
int parcel_take(struct parcel *parcel);
/** The regular file, folder or link at @path in the inventory, with its content compared when @content is given. */
void parcel_expect(const struct parcel *parcel, const char *path, const char *content);
void parcel_expect_failure(struct parcel *parcel, const char *id, const char *where_or_says);

/** One ustar member: @type '0' file with @body, '5' folder, '2' and '1' links to @body. */
void tar_add(struct sb_buf *tar, char type, const char *name, const char *body, unsigned mode);
void tar_end(struct sb_buf *tar);

#endif
