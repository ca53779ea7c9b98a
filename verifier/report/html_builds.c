/* SPDX-License-Identifier: Apache-2.0 */
/* The section of further builds; nothing when there were none. */
#include "verifier/report/builds.h"
#include "verifier/report/html.h"

enum { ROWS_MOST = 200 };

static void add_repeats(struct sb_html *page, const struct sb_builds *builds)
{
	size_t shown = 0;

	if (builds->varied_count == 0)
		return;
	sb_buf_text(page->out, "<ul class=\"places\">\n");
	for (; shown < builds->varied_count && shown < ROWS_MOST; shown++) {
		sb_buf_text(page->out, "<li><code>");
		sb_add_foreign(page->out, builds->varied[shown], SB_HTML_NAME_MOST);
		sb_buf_text(page->out, "</code></li>\n");
	}
	sb_buf_text(page->out, "</ul>\n");
	sb_html_shown(page, shown, builds->varied_count, "file");
}

static void add_axes(struct sb_html *page, const struct sb_variation *variation)
{
	sb_buf_text(page->out, "<div class=\"scroll\"><table class=\"numbers\"><caption>What was varied</caption>\n<thead><tr><th scope=\"col\">Axis</th>"
	                       "<th scope=\"col\" class=\"words\">State</th><th scope=\"col\" class=\"words\">Control</th><th scope=\"col\" class=\"words\">Varied</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < variation->axis_count && i < ROWS_MOST; i++) {
		const struct sb_axis *axis = &variation->axes[i];
		sb_buf_text(page->out, "<tr><th scope=\"row\">");
		sb_add_foreign(page->out, axis->name, SB_HTML_NAME_MOST);
		sb_buf_printf(page->out, "</th><td class=\"words\">%s</td><td class=\"words\"><code>", sb_axis_state_name(axis->state));
		sb_add_markup(page->out, axis->control);
		sb_buf_text(page->out, "</code></td><td class=\"words\"><code>");
		sb_add_markup(page->out, axis->varied);
		sb_buf_text(page->out, "</code></td></tr>\n");
	}
	sb_buf_text(page->out, "</tbody></table></div>\n");
}

static void add_leak(struct sb_html *page, const struct sb_leak *leak)
{
	SB_BUF struct sb_buf axes = {0};

	sb_add_axes(leak, &axes);
	sb_pass_failure(page->out, &axes);
	sb_buf_text(page->out, "<p class=\"says\"><strong>");
	sb_add_foreign(page->out, axes.data ? axes.data : "", SB_HTML_NAME_MOST);
	sb_buf_text(page->out, "</strong>: ");
	for (size_t i = 0; i < leak->where_count; i++) {
		sb_buf_text(page->out, i ? " › <code>" : "<code>");
		sb_add_foreign(page->out, leak->where[i], SB_HTML_NAME_MOST);
		sb_buf_text(page->out, "</code>");
	}
	if (leak->control.present && leak->varied.present && leak->control.preview && leak->varied.preview) {
		sb_buf_text(page->out, " <code>");
		sb_add_markup(page->out, leak->control.preview);
		sb_buf_text(page->out, "</code> → <code>");
		sb_add_markup(page->out, leak->varied.preview);
		sb_buf_text(page->out, "</code>");
	}
	sb_buf_text(page->out, ". To mend it: ");
	sb_add_markup(page->out, leak->mend);
	sb_buf_text(page->out, ".</p>\n");
}

static void add_files(struct sb_html *page, const struct sb_variation *variation)
{
	size_t shown = 0;

	if (variation->file_count == 0)
		return;
	sb_buf_text(page->out, "<ul class=\"places\">\n");
	for (; shown < variation->file_count && shown < ROWS_MOST; shown++) {
		const struct sb_varying *file = &variation->files[shown];
		sb_buf_text(page->out, "<li><code>");
		sb_add_foreign(page->out, file->name[0] ? file->name : "the build", SB_HTML_NAME_MOST);
		sb_buf_printf(page->out, "</code> %s\n", sb_varying_words(file->state));
		for (size_t i = 0; i < file->leak_count && i < ROWS_MOST; i++)
			add_leak(page, &file->leaks[i]);
		sb_buf_text(page->out, "</li>\n");
	}
	sb_buf_text(page->out, "</ul>\n");
	sb_html_shown(page, shown, variation->file_count, "file");
}

void sb_html_builds(struct sb_html *page)
{
	const struct sb_builds *builds = &page->result->builds;

	if (!builds->present)
		return;
	sb_html_heading(page, "builds", "Built again");
	sb_buf_text(page->out, "<p>");
	sb_add_builds_sentence(builds, page->out);
	sb_buf_text(page->out, " This changes no level.</p>\n");
	add_repeats(page, builds);
	if (builds->variation) {
		sb_buf_text(page->out, "<p>");
		sb_add_variation_sentence(builds->variation, page->out);
		sb_buf_text(page->out, "</p>\n");
		add_files(page, builds->variation);
		add_axes(page, builds->variation);
	}
	sb_buf_text(page->out, "</section>\n");
}
