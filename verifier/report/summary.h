/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what every report counts, counted once. No two formats can disagree about a number that is taken from here. */
#ifndef VERIFIER_REPORT_SUMMARY_H
#define VERIFIER_REPORT_SUMMARY_H

#include "verifier/model/model.h"

/** Files and delivered bytes. */
struct sb_tally {
	uint64_t files, bytes;
};

/** What is known of one cause. */
struct sb_cause_count {
	enum sb_cause cause;
	uint64_t findings, unproven; /* unproven: those that no rule owns */
	uint64_t artifacts;          /* that have one */
	enum sb_severity worst;
};

struct sb_summary {
	struct sb_tally level[SB_LEVELS], all; /* equal files of two directories are identical ones */
	struct sb_coverage coverage;           /* of all files */
	uint64_t listed, primary;              /* findings in the record, and those that follow from no other */
	uint64_t findings;                     /* listed and left out */
	uint64_t severity[SB_SEVERITIES];      /* of the primary ones */
	struct sb_cause_count causes[SB_CAUSES]; /* first to be mended first */
	size_t cause_count;
	uint64_t freedom, loaded;              /* bytes; loaded of them at run time */
	uint64_t missing, extra;               /* artifacts that one side only has */
};

/** Errors: NOMEM. */
SB_MUST_USE int sb_summarize(const struct sb_result *result, struct sb_summary *out, struct sb_err *err);

/** Delivered bytes of a file; of one that was not delivered, those that were rebuilt. */
uint64_t sb_artifact_bytes(const struct sb_artifact *artifact);

/** Which side of a level an artifact is on: explained or better. */
bool sb_level_passes(enum sb_level level);

/** The verdict in one sentence, with its full stop; numbers and words only, nothing foreign. */
void sb_add_sentence(const struct sb_summary *summary, const struct sb_result *result, struct sb_buf *out);

/** Who of three deviates, in a sentence. */
const char *sb_deviant_sentence(enum sb_deviant deviant);
const char *sb_pairing_words(enum sb_pairing pairing);

/** Files by what became of them since an earlier run. */
struct sb_changes {
	uint64_t shipped[SB_CHANGES], rebuilt[SB_CHANGES];
};
void sb_count_changes(const struct sb_previous *previous, struct sb_changes *out);
/** What changed since an earlier run; numbers and words only. */
void sb_add_previous_sentence(const struct sb_previous *previous, struct sb_buf *out);

/** "1,234,567". */
void sb_add_number(struct sb_buf *out, uint64_t number);
/** "1 file", "2 files": the plural is @one with an s. */
void sb_add_count(struct sb_buf *out, uint64_t number, const char *one);
/** @part of @whole in percent with one decimal; never 100.0 or 0.0 unless it is all or nothing. */
void sb_add_percent(struct sb_buf *out, uint64_t part, uint64_t whole);

/** How a level looks beside its word, and what it says in a few words. */
const char *sb_level_symbol(enum sb_level level);
const char *sb_level_meaning(enum sb_level level);

/** Indexes of the artifacts, worst level first, then by name. NULL when out of memory; free() it. */
SB_MUST_USE size_t *sb_artifacts_worst_first(const struct sb_result *result);

#endif
