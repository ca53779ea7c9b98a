/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: the sections of the HTML page. One file without scripts, links or anything that is fetched, below 2 MB. */
#ifndef VERIFIER_REPORT_HTML_H
#define VERIFIER_REPORT_HTML_H

#include "verifier/report/summary.h"
#include "verifier/report/writers.h"

/** Bytes after which a list ends with "shown N of M"; sections that follow are bounded by themselves. */
enum { SB_HTML_ROOM_FINDINGS = 1200000, SB_HTML_ROOM_FILES = 1500000, SB_HTML_ROOM_PAGE = 1800000 };
/** Bytes of a foreign name that are shown; what is cut says so. */
enum { SB_HTML_NAME_MOST = 240, SB_HTML_NOTE_MOST = 1200, SB_HTML_GIST_MOST = 160 };

struct sb_html {
	const struct sb_result *result;
	const struct sb_report_options *options;
	struct sb_summary summary;
	struct sb_buf *out;
};

/** The style sheet: page.css. */
extern const char sb_html_style[];

/** Shipped bytes by level: the treemap and the same numbers as a table. Errors: NOMEM. */
SB_MUST_USE int sb_html_bytes(struct sb_html *page, struct sb_err *err);
/** The map alone. Errors: NOMEM. */
SB_MUST_USE int sb_html_treemap(struct sb_html *page, struct sb_err *err);
void sb_html_causes(struct sb_html *page);
void sb_html_freedom(struct sb_html *page);
void sb_html_installed(struct sb_html *page);
void sb_html_previous(struct sb_html *page);
void sb_html_builds(struct sb_html *page);
void sb_html_solving(struct sb_html *page);
/** New since the earlier run, where there was one. */
bool sb_html_is_fresh(const struct sb_html *page, const struct sb_finding *finding);
void sb_html_findings(struct sb_html *page);
void sb_html_way(struct sb_html *page, const struct sb_finding *finding);
/** At most @most bytes of the note; what is left out is told, by a mark alone for SB_HTML_GIST_MOST where all of it stands nearby. */
void sb_html_note(struct sb_html *page, const struct sb_finding *finding, size_t most);
/** Both sides of a difference, byte by byte or as text. */
void sb_html_sides(struct sb_html *page, const struct sb_finding *finding);
SB_MUST_USE int sb_html_provenance(struct sb_html *page, struct sb_err *err);
/** What each file was made of; nothing without a trace. */
void sb_html_made(struct sb_html *page);
void sb_html_environment(struct sb_html *page);
SB_MUST_USE int sb_html_files(struct sb_html *page, struct sb_err *err);

/** "● identical" in the colour of the level. */
void sb_html_level(struct sb_html *page, enum sb_level level);
void sb_html_heading(struct sb_html *page, const char *id, const char *title);
/** "Shown N of M; the rest is in the JSON record." when something was left out. */
void sb_html_shown(struct sb_html *page, uint64_t shown, uint64_t all, const char *what);
/** First 12 digits of a digest, all of them in its title. */
void sb_html_digest(struct sb_html *page, const uint8_t sha256[SB_SHA256_BYTES]);

#endif
