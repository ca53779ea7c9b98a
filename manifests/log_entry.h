/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in a log of ours: docs/formats/log-entry.md. An entry names a signed statement and the files it is about; the statement travels by itself. */
#ifndef MANIFESTS_LOG_ENTRY_H
#define MANIFESTS_LOG_ENTRY_H

#include "manifests/dsse.h"

struct sb_log_entry {
	uint8_t pae[SB_SHA256_BYTES]; /* of what was signed: DSSE's encoding of type and payload */
	const char *type;             /* predicateType of the statement */
	const uint8_t (*subjects)[SB_SHA256_BYTES]; /* sorted, each once; 1 to SB_LIMIT_LOG_SUBJECTS */
	size_t count;
};

/** Errors: EVIDENCE "entry-malformed": one entry has one spelling. Strings live in @arena. LIMIT; NOMEM. */
SB_MUST_USE int sb_log_entry_read(struct sb_span text, struct sb_arena *arena, struct sb_log_entry *out, struct sb_err *err);
void sb_log_entry_write(const struct sb_log_entry *entry, struct sb_buf *out);

/**
 * The entries of an envelope, in order: one for every SB_LIMIT_LOG_SUBJECTS files that its statement is about. Nobody's signature is checked. In @arena.
 * Errors: EVIDENCE "entry-no-statement" when it holds no in-toto statement whose subjects have a SHA-256; NOMEM.
 */
SB_MUST_USE int sb_log_entries_of(const struct sb_dsse *envelope, struct sb_arena *arena, struct sb_log_entry **out, size_t *count, struct sb_err *err);
/** The hash of its leaf in a log. Errors: NOMEM, LIMIT. */
SB_MUST_USE int sb_log_entry_leaf(const struct sb_log_entry *entry, uint8_t out[SB_MERKLE_BYTES], struct sb_err *err);
/** Is it about this file? */
bool sb_log_entry_names(const struct sb_log_entry *entry, const uint8_t sha256[SB_SHA256_BYTES]);

#endif
