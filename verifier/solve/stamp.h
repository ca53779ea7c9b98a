/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the ways in which programs write the time. */
#ifndef VERIFIER_SOLVE_STAMP_H
#define VERIFIER_SOLVE_STAMP_H

#include "base/base.h"

/** What a text says of the time. */
struct sb_stamp {
	bool day, clock, year; /* what it says; year: only that */
	bool minutes;        /* seconds of the minute are not said */
	bool zone;           /* seconds are UTC; else they are local time taken for UTC */
	int64_t seconds;     /* since 1970; without a day, of one day; without a clock, at midnight */
	int zone_minutes;    /* east of UTC, when it says so by letters */
	struct sb_span zone_name; /* "CET"; empty when it is not named */
	size_t n;            /* bytes of text */
};

/** How many forms there are; longer ones come first, since they hold shorter ones. */
unsigned sb_stamp_forms(void);
/** Read form @form at the beginning of @text. False when it is not there. A day exists in the calendar and lies between 1990 and 2099. */
SB_MUST_USE bool sb_stamp_read(unsigned form, struct sb_span text, struct sb_stamp *out);
/** Minutes east of UTC of a zone as date(1) names it; false for unknown letters. */
SB_MUST_USE bool sb_zone_minutes(struct sb_span name, int *minutes);

#endif
