/* SPDX-License-Identifier: Apache-2.0 */
/* Why bytes differ and what to mend first; and how many bytes the vendor could choose. */
#include "verifier/report/html.h"

static void add_bar(struct sb_html *page, const struct sb_cause_count *cause, uint64_t most)
{
	sb_buf_printf(page->out, "<span class=\"meter\" aria-hidden=\"true\"><span class=\"%s\" style=\"width:%.1f%%\"></span></span>",
	              cause->unproven ? "residual" : "claimed", most ? 100.0 * (double)cause->findings / (double)most : 0);
}

static void add_mend(struct sb_html *page, enum sb_cause cause)
{
	const char *mend = sb_report_mend(page->options, cause);

	if (mend)
		sb_add_markup(page->out, mend);
	sb_buf_printf(page->out, "%s<code>samebuild explain %s</code>", mend ? "<br>" : "", sb_cause_name(cause));
}

static void add_cause(struct sb_html *page, const struct sb_cause_count *cause, bool first, uint64_t most)
{
	sb_buf_printf(page->out, "<tr><th scope=\"row\">%s%s</th><td>", sb_cause_name(cause->cause), first ? "<span class=\"badge\">mend first</span>" : "");
	add_bar(page, cause, most);
	sb_buf_text(page->out, "<b>");
	sb_add_number(page->out, cause->findings);
	sb_buf_text(page->out, "</b></td><td>");
	sb_add_number(page->out, cause->artifacts);
	sb_buf_text(page->out, "</td><td class=\"words\">");
	if (cause->unproven == 0)
		sb_buf_text(page->out, "<span class=\"ok\">proven</span>");
	else if (cause->unproven == cause->findings)
		sb_buf_text(page->out, "<span class=\"bad\">not proven</span>");
	else {
		sb_buf_text(page->out, "<span class=\"bad\">");
		sb_add_number(page->out, cause->unproven);
		sb_buf_text(page->out, " not proven</span>");
	}
	sb_buf_text(page->out, "</td><td class=\"words\">");
	add_mend(page, cause->cause);
	sb_buf_text(page->out, "</td></tr>\n");
}

void sb_html_causes(struct sb_html *page)
{
	uint64_t most = 0;

	for (size_t i = 0; i < page->summary.cause_count; i++)
		most = page->summary.causes[i].findings > most ? page->summary.causes[i].findings : most;
	sb_html_heading(page, "causes", "Causes, and what to mend first");
	if (page->summary.cause_count == 0) {
		sb_buf_text(page->out, "<p>Nothing differs.</p>\n</section>\n");
		return;
	}
	sb_buf_text(page->out, "<div class=\"scroll\"><table class=\"numbers causes\"><caption class=\"away\">Findings by cause</caption>\n<thead><tr><th scope=\"col\">Cause</th>"
	                       "<th scope=\"col\">Findings</th><th scope=\"col\">Files</th><th scope=\"col\" class=\"words\">Reason</th>"
	                       "<th scope=\"col\" class=\"words\">How to mend it in the build</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < page->summary.cause_count; i++)
		add_cause(page, &page->summary.causes[i], i == 0, most);
	sb_buf_text(page->out, "</tbody></table></div>\n<p class=\"note\">A cause that is not proven is the most probable one; it excuses nothing.</p>\n</section>\n");
}

void sb_html_freedom(struct sb_html *page)
{
	const struct sb_result *result = page->result;

	sb_html_heading(page, "freedom", "Freedom: bytes that the vendor could choose");
	if (result->freedom_count == 0) {
		sb_buf_text(page->out, "<p>None: no byte was accepted on a reason that leaves a choice.</p>\n</section>\n");
		return;
	}
	sb_buf_text(page->out, "<div class=\"scroll\"><table class=\"numbers\"><caption class=\"away\">Freedom budget</caption>\n<thead><tr><th scope=\"col\">Cause</th>"
	                       "<th scope=\"col\">Bytes</th><th scope=\"col\" class=\"words\">At run time</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < result->freedom_count && i < 2 * SB_CAUSES; i++) {
		sb_buf_printf(page->out, "<tr><th scope=\"row\">%s</th><td>", sb_cause_name(result->freedom[i].cause));
		sb_add_number(page->out, result->freedom[i].bytes);
		sb_buf_printf(page->out, "</td><td class=\"words\">%s</td></tr>\n", result->freedom[i].loaded ? "loaded" : "not loaded");
	}
	sb_buf_text(page->out, "</tbody>\n<tfoot><tr><th scope=\"row\">All</th><td>");
	sb_add_number(page->out, page->summary.freedom);
	sb_buf_text(page->out, "</td><td class=\"words\">");
	sb_add_number(page->out, page->summary.loaded);
	sb_buf_text(page->out, " of them loaded</td></tr></tfoot></table></div>\n"
	                       "<p class=\"note\">Accepted differences are not all equal: a checksum leaves no choice, a signature or a path does. "
	                       "This is how much room was left.</p>\n</section>\n");
}
