/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the steps of sb_ingest_run. */
#ifndef VERIFIER_INGEST_UNPACK_H
#define VERIFIER_INGEST_UNPACK_H

#include "verifier/ingest/ingest.h"

/** What unpacks archives of the drop under its limits, entries in @arena. Release with sb_unpack_release. */
struct sb_unpack sb_ingest_unpack_of(const struct sb_ingest_in *in, struct sb_arena *arena);

/** Add a sentence for the person; printf-like, foreign parts already escaped. */
SB_MUST_USE int sb_ingest_note(struct sb_unpack *unpack, struct sb_err *err, const char *id, const char *fmt, ...) SB_PRINTF(4, 5);
/** One more sentence when some were left out, so that nothing is cut in silence. */
SB_MUST_USE int sb_ingest_note_rest(struct sb_unpack *unpack, struct sb_err *err);

/**
 * What a failure of a lower room means for an archive of a drop: "archive-damaged", "archive-limit", "archive-parser-failed" when its parser died
 * or lied, "archive-parser-limit" when it took too long or too much memory. Returns the code, which is FORMAT for a failed parser.
 */
SB_MUST_USE int sb_ingest_refuse(int rc, struct sb_err *err);

/**
 * Would another system take @name for something else: device names and trailing dots or spaces (Windows), characters with separate
 * accents (macOS may compose them)?
 */
bool sb_ingest_name_is_foreign(struct sb_span name);

/** Name @member in the way in; by its number, @ordinal + 1, when it has no name. */
void sb_ingest_within(struct sb_err *err, const struct sb_member *member, size_t ordinal);

/**
 * Turn member @ordinal of @view into an entry of @unpack, or into nothing when stripping leaves nothing of its name. Encoded content is left
 * to sb_ingest_contents.
 * @spool  index of the blob behind the view.
 */
SB_MUST_USE int sb_ingest_member(struct sb_unpack *unpack, struct sb_view *view, size_t ordinal, unsigned spool,
                                 const struct sb_placement *where, struct sb_err *err);

/**
 * Check the entries from index @first on as the members of one archive: repeated names, paths through links, hard link targets.
 * @ordinals  for each of them its position among the members, from 1.
 */
SB_MUST_USE int sb_ingest_check_tree(struct sb_unpack *unpack, size_t first, const size_t *ordinals, struct sb_err *err);

/** Bits by which @bytes are an archive or a compressed file that is unpacked here; 0: none. Archives of objects are not, nor are file systems. */
unsigned sb_ingest_probe_packed(struct sb_span bytes, const char *name);

/** Bytes of a regular file that points into @spools (struct sb_blob); empty for anything else. */
struct sb_span sb_ingest_content(const struct sb_vec *spools, const struct sb_entry *entry);

/** Length of the common beginning: what was checked about the folders of one sorted path need not be checked again for the next. */
size_t sb_ingest_shared(const char *a, const char *b);

/** Decode what lies encoded in @source for the entries from index @first on. Arguments as above. Errors: FORMAT archive-*, LIMIT, NOMEM, IO. */
SB_MUST_USE int sb_ingest_contents(struct sb_unpack *unpack, const struct sb_view *view, struct sb_source *source, size_t first,
                                   const size_t *ordinals, struct sb_err *err);

/** Verify what a zip or cpio says of its members' content: "archive-damaged". Arguments as above. */
SB_MUST_USE int sb_ingest_check_sums(const struct sb_unpack *unpack, struct sb_view *view, size_t first, const size_t *ordinals,
                                     struct sb_err *err);

/** Fill blake2b of the regular entries from index @first on, in parallel. */
SB_MUST_USE int sb_ingest_hash_entries(struct sb_unpack *unpack, size_t first, struct sb_err *err);

/**
 * Make one tree of all sources: drops entries for the top itself and folders that an earlier source brought already. Anything else
 * that two sources bring to one path is "drop-overlap" (3).
 */
SB_MUST_USE int sb_ingest_merge(struct sb_unpack *unpack, struct sb_err *err);

/** Open a file of the drop beneath @dir. "drop-missing-file", "drop-unreadable-file" (3). */
SB_MUST_USE int sb_ingest_open(int dir, const char *path, int *fd, struct sb_err *err);
/** Take what @fd holds, with both digests; @path names it in errors. */
SB_MUST_USE int sb_ingest_read(int fd, const char *path, struct sb_blob *blob, struct sb_digest *digest, struct sb_err *err);
/** Open and take a file of the drop beneath @dir, with both digests. "drop-missing-file" (3) when it is not there. */
SB_MUST_USE int sb_ingest_take(int dir, const char *path, struct sb_blob *blob, struct sb_digest *digest, struct sb_err *err);
/** "digest-mismatch" with both values when @digest is not @expected. */
SB_MUST_USE int sb_ingest_expect(const char *path, const struct sb_digest *digest, const uint8_t expected[SB_SHA256_BYTES],
                                 struct sb_err *err);

SB_MUST_USE int sb_ingest_root(const struct sb_ingest_in *in, struct sb_sources *out, struct sb_err *err);
SB_MUST_USE int sb_ingest_shipped(const struct sb_ingest_in *in, struct sb_sources *out, struct sb_err *err);
/** Append @more (struct sb_ingest_notice) to those of @out. Errors: NOMEM. */
SB_MUST_USE int sb_ingest_add_notices(const struct sb_vec *more, struct sb_sources *out, struct sb_err *err);
/** Tell when the clock of the build begins before a file that the recipe unpacks itself. Errors: NOMEM. */
SB_MUST_USE int sb_ingest_note_clock(const struct sb_ingest_in *in, struct sb_sources *sources, struct sb_err *err);
/** Look into the archives that lie in the tree; one that cannot be read is told as "packed-unread" and no failure. Errors: NOMEM, IO, INTERRUPTED. */
SB_MUST_USE int sb_ingest_packed(const struct sb_ingest_in *in, struct sb_sources *out, struct sb_err *err);
SB_MUST_USE int sb_ingest_prebuilt(const struct sb_ingest_in *in, struct sb_sources *out, struct sb_err *err);

#endif
