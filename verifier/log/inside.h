/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: names and files of a log. */
#ifndef VERIFIER_LOG_INSIDE_H
#define VERIFIER_LOG_INSIDE_H

#include "verifier/log/log.h"

/** Level that stands for bundles of entries. */
#define SB_LOG_ENTRIES UINT32_MAX

/** "tile/<level>/x001/234" and, when @width is below SB_LOG_TILE, ".p/<width>". */
void sb_log_tile_name(unsigned level, uint64_t index, unsigned width, char out[SB_LOG_NAME]);
/** How many hashes (or entries) tile @index of @level has in a tree of @size leaves: 0 to SB_LOG_TILE. */
unsigned sb_log_tile_width(unsigned level, uint64_t index, uint64_t size);
/**
 * Read a tile of hashes: at least @width of them, in @out, which is emptied first. A partial tile that is gone may be the beginning of the full one.
 * Errors: EVIDENCE "log-damaged".
 */
SB_MUST_USE int sb_log_tile_read(const struct sb_log_files *files, unsigned level, uint64_t index, unsigned width, struct sb_buf *out, struct sb_err *err);
/** Likewise a bundle of entries: at least @width; where each begins is for sb_log_bundle_next. */
SB_MUST_USE int sb_log_bundle_read(const struct sb_log_files *files, uint64_t index, unsigned width, struct sb_buf *out, struct sb_err *err);
/** Take the next entry of a bundle; false when it is cut off. */
bool sb_log_bundle_next(struct sb_span *rest, struct sb_span *entry);

/** Write a file of the log so that it is durable with all its folders. Errors: TEMPORARY "log-unwritable". */
SB_MUST_USE int sb_log_publish(int dir, const char *name, struct sb_span bytes, struct sb_err *err);
/** One writer at a time: the lock ends with the descriptor. Errors: TEMPORARY "log-locked". */
SB_MUST_USE int sb_log_lock(int dir, int *lock, struct sb_err *err);

/** Root of the tree of @width hashes, each a complete subtree of the same height. */
void sb_log_row_root(const uint8_t *hashes, unsigned width, uint8_t out[SB_MERKLE_BYTES]);

/** Keep two heads that one log has signed and that cannot both be: two notes in the folder @name beneath @dir, called by their digests. Errors: TEMPORARY. */
SB_MUST_USE int sb_log_keep_both(int dir, const char *name, struct sb_span first, struct sb_span second, struct sb_err *err);

int sb_log_damaged(struct sb_err *err, const char *what, const char *name);

#endif
