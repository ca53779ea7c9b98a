/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: how a file of the drop gets into each delivered file. */
#ifndef VERIFIER_TRACE_REACH_H
#define VERIFIER_TRACE_REACH_H

#include "verifier/trace/leaks.h"
#include "verifier/trace/lineage.h"

enum { SB_REACH_ROWS = 64 };

/** How what an archive holds gets into each output otherwise than as members that are known. */
struct sb_reach_row {
	size_t archive;  /* 1 + index of the use; 0: nothing is kept here */
	bool strict;     /* as of sb_leaks_follow */
	uint8_t *inflow; /* enum sb_inflow, by output */
};

struct sb_reaching {
	const struct sb_analysis *a;
	struct sb_leaks leaks;
	struct sb_reach_row rows[SB_REACH_ROWS]; /* those that were asked for last */
};

/** Errors: NOMEM. Release with sb_reaching_release, also after a failure. */
SB_MUST_USE int sb_reaching_init(struct sb_reaching *reaching, const struct sb_analysis *a, struct sb_err *err);
void sb_reaching_release(struct sb_reaching *reaching);

/** By the file that @use became, and, when it lies in an archive, by what else became of that; into @row, by output. Errors: NOMEM. */
SB_MUST_USE int sb_reaching_ask(struct sb_reaching *reaching, struct sb_source_use *use, uint8_t *row, struct sb_err *err);

/** Whether input @number got into @output in that way. */
bool sb_reach_is_in(const struct sb_lineage_output *output, enum sb_inflow inflow, uint32_t number);

#endif
