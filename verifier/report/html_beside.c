/* SPDX-License-Identifier: Apache-2.0 */
/* The sections of a comparison of three things and of one with an earlier run; nothing when there is neither. */
#include "verifier/report/html.h"

enum { ROWS_MOST = 100 };

void sb_html_installed(struct sb_html *page)
{
	const struct sb_installed *installed = &page->result->installed;

	if (!installed->present)
		return;
	sb_html_heading(page, "installed", "What runs in the network");
	sb_buf_printf(page->out, "<p>%s</p>\n<div class=\"scroll\"><table class=\"numbers\"><caption class=\"away\">The three pairs</caption>\n<thead><tr><th scope=\"col\">Pair</th>"
	                         "<th scope=\"col\" class=\"words\">Level</th></tr></thead>\n<tbody>\n", sb_deviant_sentence(installed->deviates));
	for (unsigned pairing = 0; pairing < SB_PAIRINGS; pairing++) {
		sb_buf_printf(page->out, "<tr><th scope=\"row\">%s</th><td class=\"words\">", sb_pairing_words((enum sb_pairing)pairing));
		sb_html_level(page, installed->level[pairing]);
		sb_buf_text(page->out, "</td></tr>\n");
	}
	sb_buf_text(page->out, "</tbody></table></div>\n<p class=\"note\">The worst pair is the verdict. Files of the second and third pair are listed as "
	                       "<code>installed-shipped//NAME</code> and <code>installed-rebuilt//NAME</code>, the installed side under “shipped”.</p>\n</section>\n");
}

static void add_change(struct sb_html *page, enum sb_change change)
{
	sb_buf_printf(page->out, "<td class=\"words\">%s</td>", change == SB_CHANGE_UNKNOWN ? "–" : sb_change_name(change));
}

static void add_files(struct sb_html *page, const struct sb_previous *previous)
{
	size_t shown = 0, changed = 0;

	sb_buf_text(page->out, "<div class=\"scroll\"><table class=\"numbers files\"><caption>Files that changed</caption>\n<thead><tr><th scope=\"col\">File</th>"
	                       "<th scope=\"col\" class=\"words\">Delivered</th><th scope=\"col\" class=\"words\">Rebuilt</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < previous->artifact_count; i++) {
		const struct sb_changed *file = &previous->artifacts[i];
		if (file->shipped == SB_CHANGE_SAME && file->rebuilt == SB_CHANGE_SAME)
			continue;
		changed++;
		if (shown == ROWS_MOST)
			continue;
		shown++;
		sb_buf_text(page->out, "<tr><th scope=\"row\"><code>");
		sb_add_foreign(page->out, file->name, SB_HTML_NAME_MOST);
		sb_buf_text(page->out, "</code></th>");
		add_change(page, file->shipped);
		add_change(page, file->rebuilt);
		sb_buf_text(page->out, "</tr>\n");
	}
	sb_buf_text(page->out, "</tbody></table></div>\n");
	sb_html_shown(page, shown, changed, "changed file");
}

static void add_gone(struct sb_html *page, const struct sb_previous *previous)
{
	size_t shown = 0;

	if (previous->gone_count == 0)
		return;
	sb_buf_text(page->out, "<h3>Findings that are gone</h3>\n<ul class=\"places\">\n");
	for (; shown < previous->gone_count && shown < ROWS_MOST; shown++) {
		const struct sb_finding *finding = &previous->gone[shown];
		sb_buf_printf(page->out, "<li><span class=\"sev %s\">%s</span> ", sb_severity_name(finding->severity), sb_severity_name(finding->severity));
		sb_html_way(page, finding);
		sb_buf_text(page->out, "<p class=\"says\">");
		sb_html_note(page, finding, SB_HTML_NOTE_MOST);
		sb_buf_text(page->out, "</p></li>\n");
	}
	sb_buf_text(page->out, "</ul>\n");
	sb_html_shown(page, shown, previous->gone_count, "finding");
}

void sb_html_previous(struct sb_html *page)
{
	const struct sb_previous *previous = &page->result->previous;

	if (!previous->present)
		return;
	sb_html_heading(page, "previous", "Since the last evaluated delivery");
	sb_buf_text(page->out, "<p>");
	sb_add_previous_sentence(previous, page->out);
	sb_buf_text(page->out, " Record ");
	sb_html_digest(page, previous->record);
	sb_buf_text(page->out, ". This changes no level.</p>\n");
	add_files(page, previous);
	add_gone(page, previous);
	sb_buf_text(page->out, "</section>\n");
}

bool sb_html_is_fresh(const struct sb_html *page, const struct sb_finding *finding)
{
	const struct sb_previous *previous = &page->result->previous;

	for (size_t i = 0; previous->present && i < previous->fresh_count && i < page->result->finding_count; i++)
		if (strcmp(previous->fresh[i], finding->id) == 0)
			return true;
	return false;
}
