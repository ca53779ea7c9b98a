/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: primary findings of one place and one cause as one issue, for programs that track issues from run to run. */
#ifndef VERIFIER_REPORT_GROUPS_H
#define VERIFIER_REPORT_GROUPS_H

#include "verifier/model/model.h"

/** An issue: what has the same artifact, way in and cause. */
struct sb_group {
	const struct sb_finding *first; /* the worst of them */
	uint64_t count;
	char fingerprint[65];           /* of artifact, way in and cause; never of offsets, so that it stays the same when bytes move */
};

struct sb_groups {
	struct sb_group *items; /* in the order of the findings */
	size_t count;
	uint64_t findings;      /* primary ones, in all groups */
};

/** Shown by GitHub; GitLab takes no more either without getting slow. The rest is told in words. */
enum { SB_GROUPS_SHOWN = 5000 };

/** Errors: NOMEM. Release with sb_groups_release. */
SB_MUST_USE int sb_groups_make(const struct sb_result *result, struct sb_groups *out, struct sb_err *err);
void sb_groups_release(struct sb_groups *groups);

/** Indexes of all findings, those of one artifact side by side and in their order. NULL when out of memory; free() it. */
SB_MUST_USE size_t *sb_findings_by_artifact(const struct sb_result *result);
/** The part of @sorted that belongs to artifact @name: its start, and in *count its length. */
const size_t *sb_findings_of(const struct sb_result *result, const size_t *sorted, const char *name, size_t *count);

/** The way in as one line: "a.deb › data.tar › ./usr/bin/x". */
void sb_add_way(const struct sb_finding *finding, const char *between, struct sb_buf *out);

#endif
