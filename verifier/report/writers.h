/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: every row of the table. */
#ifndef VERIFIER_REPORT_WRITERS_H
#define VERIFIER_REPORT_WRITERS_H

#include "verifier/report/report.h"

extern const struct sb_report_format sb_report_text, sb_report_json;

#endif
