/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_DEPOT_H
#define BASE_DEPOT_H

#include "base/io.h"

/**
 * Keeps blobs for long at little resident memory. Small ones move together: the first of them in memory, the rest in one unlinked spool.
 * Large ones, which are mapped already, stay where they are. While much is mapped, a thread gives back the pages that were read, so that
 * whoever reads kept bytes, in whatever order, reads them as if all were in memory. Calls may come from any thread.
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

/** Whoever reads much in one go calls this now and then, so that it does not depend on when the thread gets a turn. NULL is fine. */
void sb_depot_breathe(struct sb_depot *depot);

#endif
