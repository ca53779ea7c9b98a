/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy asks of a log. */
#ifndef MANIFESTS_POLICY_LOG_H
#define MANIFESTS_POLICY_LOG_H

#include "manifests/note.h"

/** Witnesses that one policy may name. */
#define SB_POLICY_WITNESSES 64

/** Statements count when they are in this log, below a head that enough witnesses have signed. */
struct sb_policy_log {
	struct sb_note_key key;
	const struct sb_note_key *witnesses; /* different keys, none of them the log's or of who signs statements */
	size_t witness_count, need;
	uint64_t max_head_age; /* seconds; the largest head that the evidence shows was seen by as many witnesses no longer ago than that; 0: not asked */
	bool veto; /* one who says that a file is different decides: all of the log must be there */
};

#endif
