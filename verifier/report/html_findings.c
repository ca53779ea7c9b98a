/* SPDX-License-Identifier: Apache-2.0 */
/* What differs, worst first: each unproven finding by itself, proven ones together by their cause and rule. */
#include "verifier/report/html.h"

enum { SHOWN_MOST = 250, PLACES_MOST = 25, PARTS_MOST = 12 };

static bool proven(const struct sb_finding *finding)
{
	return finding->rule > SB_RULE_HINT;
}

static void add_part(struct sb_html *page, const char *part)
{
	sb_buf_text(page->out, "<li><code>");
	sb_add_foreign(page->out, part, SB_HTML_NAME_MOST);
	sb_buf_text(page->out, "</code></li>");
}

void sb_html_way(struct sb_html *page, const struct sb_finding *finding)
{
	size_t left = finding->where_count > PARTS_MOST ? finding->where_count - PARTS_MOST : 0;

	sb_buf_text(page->out, "<ol class=\"way\" aria-label=\"The way in\">");
	for (size_t i = 0; i < finding->where_count; i++) {
		if (left && i == PARTS_MOST / 2)
			sb_buf_printf(page->out, "<li>… %zu more …</li>", left);
		if (!left || i < PARTS_MOST / 2 || i >= PARTS_MOST / 2 + left)
			add_part(page, finding->where[i]);
	}
	sb_buf_text(page->out, "</ol>\n");
}

/* The name that a person looks for: the last part that is a path, and what is behind it. */
static void add_short_way(struct sb_html *page, const struct sb_finding *finding)
{
	size_t from = 0;

	for (size_t i = 0; i < finding->where_count; i++)
		if (strchr(finding->where[i], '/'))
			from = i;
	if (finding->where_count - from > 3)
		from = finding->where_count - 3;
	for (size_t i = from; i < finding->where_count; i++) {
		sb_buf_text(page->out, i > from ? "<span class=\"in\">›</span>" : "");
		sb_buf_text(page->out, "<code>");
		sb_add_foreign(page->out, finding->where[i], 80);
		sb_buf_text(page->out, "</code>");
	}
}

void sb_html_note(struct sb_html *page, const struct sb_finding *finding, size_t most)
{
	struct sb_span note = sb_span_text(finding->note);
	size_t n = sb_cut_text(note, most);
	SB_BUF struct sb_buf shown = {0};

	sb_buf_add(&shown, note.p, n);
	sb_pass_failure(page->out, &shown);
	sb_add_markup(page->out, shown.data ? shown.data : "");
	if (n < note.n && most == SB_HTML_GIST_MOST)
		sb_buf_text(page->out, "…");
	else if (n < note.n)
		sb_buf_printf(page->out, "… (the first %zu of %zu bytes)", n, note.n);
}

static void add_reason(struct sb_html *page, const struct sb_finding *finding)
{
	const char *mend = sb_report_mend(page->options, finding->cause), *cause = sb_cause_name(finding->cause);

	sb_buf_text(page->out, "<dl class=\"reason\"><div><dt>Cause</dt><dd>");
	if (finding->cause == SB_CAUSE_UNEXPLAINED)
		sb_buf_text(page->out, "unexplained: no rule owns these bytes");
	else
		sb_buf_printf(page->out, "%s, %s", cause, finding->rule == SB_RULE_HINT ? "probably; not proven" : finding->rule == SB_RULE_NONE ? "certain" : "proven");
	sb_buf_text(page->out, "</dd></div>");
	if (mend) {
		sb_buf_text(page->out, "<div><dt>Mend</dt><dd>");
		sb_add_markup(page->out, mend);
		sb_buf_text(page->out, "</dd></div>");
	}
	sb_buf_printf(page->out, "<div><dt>More</dt><dd><code>samebuild explain %s</code></dd></div></dl>\n", cause);
}

static void add_finding(struct sb_html *page, const struct sb_finding *finding, bool open)
{
	const char *severity = sb_severity_name(finding->severity);

	sb_buf_printf(page->out, "<details class=\"finding %s\"%s><summary><span class=\"sev %s\">%s</span><span class=\"what\">", severity, open ? " open" : "", severity,
	              severity);
	add_short_way(page, finding);
	sb_buf_text(page->out, sb_html_is_fresh(page, finding) ? " <span class=\"badge new\">new</span>" : "");
	sb_buf_text(page->out, "<span class=\"gist\">");
	sb_html_note(page, finding, SB_HTML_GIST_MOST);
	sb_buf_text(page->out, "</span></span></summary>\n<div class=\"body\">\n");
	sb_html_way(page, finding);
	sb_buf_text(page->out, "<p class=\"says\">");
	sb_html_note(page, finding, SB_HTML_NOTE_MOST);
	sb_buf_text(page->out, "</p>\n");
	sb_html_sides(page, finding);
	add_reason(page, finding);
	sb_buf_text(page->out, "</div></details>\n");
}

/* Findings of one proven cause and rule. */
struct fold {
	enum sb_cause cause;
	enum sb_rule rule;
	uint64_t places;
};

static bool belongs(const struct fold *fold, const struct sb_finding *finding)
{
	return finding->primary && finding->cause == fold->cause && finding->rule == fold->rule;
}

static uint64_t add_places(struct sb_html *page, const struct fold *fold)
{
	uint64_t shown = 0;

	for (size_t i = 0; i < page->result->finding_count && shown < PLACES_MOST && page->out->len < SB_HTML_ROOM_FINDINGS; i++) {
		const struct sb_finding *finding = &page->result->findings[i];
		if (!belongs(fold, finding))
			continue;
		sb_buf_text(page->out, "<li>");
		sb_html_way(page, finding);
		sb_buf_text(page->out, "<p class=\"says\">");
		sb_html_note(page, finding, SB_HTML_NOTE_MOST);
		sb_buf_text(page->out, "</p></li>\n");
		shown++;
	}
	return shown;
}

static void add_fold(struct sb_html *page, const struct fold *fold, bool open)
{
	sb_buf_printf(page->out, "<details class=\"finding info\"%s><summary><span class=\"sev info\">proven</span><span class=\"what\"><b>%s</b> <span class=\"dim\">%s, ",
	              open ? " open" : "", sb_cause_name(fold->cause), sb_rule_name(fold->rule));
	sb_add_count(page->out, fold->places, "place");
	sb_buf_text(page->out, "</span></span></summary>\n<div class=\"body\"><ul class=\"places\">\n");
	uint64_t shown = add_places(page, fold);
	sb_buf_text(page->out, "</ul>\n");
	sb_html_shown(page, shown, fold->places, "place");
	sb_buf_text(page->out, "</div></details>\n");
}

static uint64_t add_unproven(struct sb_html *page, uint64_t *all)
{
	uint64_t shown = 0;

	for (size_t i = 0; i < page->result->finding_count; i++) {
		const struct sb_finding *finding = &page->result->findings[i];
		if (!finding->primary || proven(finding))
			continue;
		++*all;
		if (shown < SHOWN_MOST && page->out->len < SB_HTML_ROOM_FINDINGS)
			add_finding(page, finding, shown++ == 0);
	}
	return shown;
}

static void add_proven(struct sb_html *page, bool open)
{
	uint64_t places[SB_CAUSES][SB_RULES] = {{0}};

	for (size_t i = 0; i < page->result->finding_count; i++) {
		const struct sb_finding *finding = &page->result->findings[i];
		places[finding->cause][finding->rule] += finding->primary && proven(finding);
	}
	for (unsigned cause = 0; cause < SB_CAUSES; cause++) {
		for (unsigned rule = 0; rule < SB_RULES; rule++) {
			const struct fold fold = {(enum sb_cause)cause, (enum sb_rule)rule, places[cause][rule]};
			if (fold.places == 0)
				continue;
			add_fold(page, &fold, open);
			open = false;
		}
	}
}

static void add_folded(struct sb_html *page)
{
	uint64_t folded = page->summary.listed - page->summary.primary;

	if (folded == 0)
		return;
	sb_buf_text(page->out, "<p class=\"note\">");
	sb_add_count(page->out, folded, "further finding");
	sb_buf_text(page->out, folded == 1 ? " follows" : " follow");
	sb_buf_text(page->out, " from these, such as a checksum over bytes that differ; the JSON record lists them.</p>\n");
}

void sb_html_findings(struct sb_html *page)
{
	const struct sb_summary *summary = &page->summary;
	uint64_t all = 0, shown;

	sb_html_heading(page, "findings", "Findings, worst first");
	if (summary->findings == 0) {
		sb_buf_text(page->out, "<p>None.</p>\n</section>\n");
		return;
	}
	sb_buf_text(page->out, "<p class=\"counts\">");
	for (unsigned severity = 0; severity < SB_SEVERITIES; severity++) {
		const char *name = sb_severity_name((enum sb_severity)severity);
		sb_buf_printf(page->out, "<span class=\"sev %s\">", name);
		sb_add_number(page->out, summary->severity[severity]);
		sb_buf_printf(page->out, " %s</span> ", name);
	}
	sb_buf_text(page->out, "</p>\n");
	shown = add_unproven(page, &all);
	sb_html_shown(page, shown, all + page->result->findings_left_out, "unproven finding");
	add_proven(page, shown == 0);
	add_folded(page);
	sb_buf_text(page->out, "</section>\n");
}
