/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_DEPOT_H
#define BASE_DEPOT_H

#include "base/io.h"
#include "base/reading.h"

/**
 * Keeps blobs for long at little resident memory. Small ones move together: the first of them in memory, the rest in one unlinked spool.
 * Large ones, which are mapped already, stay where they are. Kept bytes are read as if all were in memory; readers say how much they read, and
 * the pages are given back. For those who read a little here and there, a thread looks now and then. Calls may come from any thread.
 */
struct sb_depot;

/** NULL when out of memory. */
SB_MUST_USE struct sb_depot *sb_depot_new(void);
/** Releases all that was kept. Accepts NULL, nulls the pointer. */
void sb_depot_free(struct sb_depot **depot);

/**
 * From now on the bytes of @blob are the depot's and live as long as it does; they may move. The descriptor of a large blob stays the
 * blob's: releasing the blob closes it, and nothing else.
 * Errors: NOMEM, IO "spool-failed", TEMPORARY; @blob is as it was then.
 */
SB_MUST_USE int sb_depot_keep(struct sb_depot *depot, struct sb_blob *blob, struct sb_err *err);

/** For whoever reads much of what is kept; lives as long as @depot. NULL for NULL. */
struct sb_reading *sb_depot_reading(struct sb_depot *depot);

#endif
