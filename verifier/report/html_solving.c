/* SPDX-License-Identifier: Apache-2.0 */
/* The section of rebuilds under facts; nothing when there were none. */
#include "verifier/report/html.h"
#include "verifier/report/solving.h"

#include <inttypes.h>

enum { ROWS_MOST = 100 };

static void open_table(struct sb_html *page, const char *caption, const char *const *heads, size_t count)
{
	sb_buf_printf(page->out, "<div class=\"scroll\"><table class=\"numbers\"><caption>%s</caption>\n<thead><tr>", caption);
	for (size_t i = 0; i < count; i++)
		sb_buf_printf(page->out, "<th scope=\"col\"%s>%s</th>", i ? " class=\"words\"" : "", heads[i]);
	sb_buf_text(page->out, "</tr></thead>\n<tbody>\n");
}

static void add_cell(struct sb_html *page, const char *escaped)
{
	size_t n = sb_cut_text(sb_span_text(escaped), SB_HTML_NOTE_MOST);
	SB_BUF struct sb_buf shown = {0};

	sb_buf_add(&shown, escaped, n);
	sb_pass_failure(page->out, &shown);
	sb_buf_text(page->out, "<td class=\"words\"><code>");
	sb_add_markup(page->out, shown.data ? shown.data : "");
	sb_buf_text(page->out, escaped[n] ? "…</code></td>" : "</code></td>");
}

static void add_facts(struct sb_html *page, const struct sb_solving *solving, const struct sb_fact_set *facts)
{
	static const char *const heads[] = {"Fact", "Value", "Read from"};

	open_table(page, "The vendor's environment, as far as it was found", heads, 3);
	for (unsigned knob = 0; knob < SB_KNOBS; knob++) {
		const char *value = facts->value[knob];
		const struct sb_evidence *seen = value ? sb_solving_evidence(solving, (enum sb_knob)knob, value) : NULL;
		if (!value)
			continue;
		sb_buf_printf(page->out, "<tr><th scope=\"row\">%s</th>", sb_knob_name((enum sb_knob)knob));
		add_cell(page, value);
		add_cell(page, seen ? seen->where : "");
		sb_buf_text(page->out, "</tr>\n");
	}
	sb_buf_text(page->out, "</tbody></table></div>\n");
}

static void add_rebuilds(struct sb_html *page, const struct sb_solving *solving)
{
	static const char *const heads[] = {"Rebuild", "End", "Bytes that differ", "Facts", "Why it failed"};
	size_t shown = 0;

	open_table(page, "Rebuilds under facts", heads, 5);
	for (; shown < solving->trial_count && shown < ROWS_MOST; shown++) {
		const struct sb_trial *trial = &solving->trials[shown];
		sb_buf_printf(page->out, "<tr><th scope=\"row\">%zu</th><td class=\"words\">%s</td><td>", shown + 1, sb_trial_end_name(trial->end));
		sb_add_number(page->out, trial->differ);
		sb_buf_text(page->out, "</td><td class=\"words\">");
		for (unsigned knob = 0, told = 0; knob < SB_KNOBS; knob++)
			if (trial->facts.value[knob])
				sb_buf_printf(page->out, "%s%s", told++ ? ", " : "", sb_knob_name((enum sb_knob)knob));
		sb_buf_text(page->out, "</td>");
		add_cell(page, trial->why);
		sb_buf_text(page->out, "</tr>\n");
	}
	sb_buf_text(page->out, "</tbody></table></div>\n");
	sb_html_shown(page, shown, solving->trial_count, "rebuild");
}

static void add_needed(struct sb_html *page, const struct sb_solving *solving)
{
	static const char *const heads[] = {"Needed", "Version", "Ours", "Read from"};
	size_t shown = 0;

	open_table(page, "What no control gives: tools of other versions, other flags", heads, 4);
	for (; shown < solving->needed_count && shown < ROWS_MOST; shown++) {
		const struct sb_needed *needed = &solving->needed[shown];
		sb_buf_text(page->out, "<tr>");
		add_cell(page, needed->what);
		add_cell(page, needed->version);
		add_cell(page, needed->ours);
		add_cell(page, needed->where);
		sb_buf_text(page->out, "</tr>\n");
	}
	sb_buf_text(page->out, "</tbody></table></div>\n");
	sb_html_shown(page, shown, solving->needed_count, "tool");
}

void sb_html_solving(struct sb_html *page)
{
	const struct sb_solving *solving = &page->result->solving;
	const struct sb_fact_set *facts = sb_solving_best(solving);

	if (!solving->present)
		return;
	sb_html_heading(page, "solved", "Solved");
	sb_buf_text(page->out, "<p>");
	sb_add_solving_sentence(solving, page->out);
	sb_buf_text(page->out, " Only equal bytes raise a level.</p>\n");
	if (facts)
		add_facts(page, solving, facts);
	if (solving->trial_count)
		add_rebuilds(page, solving);
	if (solving->needed_count)
		add_needed(page, solving);
	sb_buf_text(page->out, "</section>\n");
}
