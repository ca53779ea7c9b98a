/* SPDX-License-Identifier: Apache-2.0 */
/* How many bytes are at which level, and that no byte was left out. */
#include "verifier/report/html.h"

static void add_row(struct sb_html *page, enum sb_level level)
{
	const struct sb_tally *tally = &page->summary.level[level];

	sb_buf_printf(page->out, "<tr%s><th scope=\"row\">", tally->files ? "" : " class=\"zero\"");
	sb_html_level(page, level);
	sb_buf_text(page->out, "</th><td>");
	sb_add_number(page->out, tally->files);
	sb_buf_text(page->out, "</td><td>");
	sb_add_number(page->out, tally->bytes);
	sb_buf_text(page->out, "</td><td>");
	sb_add_percent(page->out, tally->bytes, page->summary.all.bytes);
	sb_buf_text(page->out, "</td></tr>\n");
}

static void add_table(struct sb_html *page)
{
	sb_buf_text(page->out, "<div class=\"scroll\"><table class=\"numbers\"><caption>Delivered files and bytes by level, best first</caption>\n<thead><tr><th scope=\"col\">Level</th>"
	                       "<th scope=\"col\">Files</th><th scope=\"col\">Bytes</th><th scope=\"col\">%</th></tr></thead>\n<tbody>\n");
	for (unsigned level = SB_LEVELS; level-- > 0;)
		add_row(page, (enum sb_level)level);
	sb_buf_text(page->out, "</tbody>\n<tfoot><tr><th scope=\"row\">All</th><td>");
	sb_add_number(page->out, page->summary.all.files);
	sb_buf_text(page->out, "</td><td>");
	sb_add_number(page->out, page->summary.all.bytes);
	sb_buf_text(page->out, "</td><td></td></tr></tfoot></table></div>\n");
}

static const struct part {
	const char *name, *meaning;
	size_t offset; /* of its count in struct sb_coverage */
} parts[] = {
	{"equal", "the same on both sides", offsetof(struct sb_coverage, equal)},
	{"claimed", "differ for a proven reason", offsetof(struct sb_coverage, claimed)},
	{"residual", "differ, and nothing explains them", offsetof(struct sb_coverage, residual)},
	{"opaque", "differ, and could not be read", offsetof(struct sb_coverage, opaque)},
};
enum { PARTS = sizeof parts / sizeof *parts };

static uint64_t part_of(const struct sb_coverage *coverage, const struct part *part)
{
	uint64_t bytes;
	memcpy(&bytes, (const char *)coverage + part->offset, sizeof bytes);
	return bytes;
}

/* A bar whose parts keep a visible width each, and the sum in words. */
static void add_coverage(struct sb_html *page)
{
	const struct sb_coverage *coverage = &page->summary.coverage;

	sb_buf_text(page->out, "<h3>Coverage: every byte has one owner</h3>\n<div class=\"bar\" aria-hidden=\"true\">");
	for (size_t i = 0; i < PARTS; i++) {
		double share = coverage->bytes ? 1000.0 * (double)part_of(coverage, &parts[i]) / (double)coverage->bytes : 0;
		if (part_of(coverage, &parts[i]))
			sb_buf_printf(page->out, "<span class=\"%s\" style=\"flex-grow:%.0f\"></span>", parts[i].name, share < 1 ? 1 : share);
	}
	sb_buf_text(page->out, "</div>\n<div class=\"scroll\"><table class=\"numbers\"><caption class=\"away\">Bytes by what is known of them</caption>\n"
	                       "<thead class=\"away\"><tr><th scope=\"col\">Kind</th><th scope=\"col\">Meaning</th><th scope=\"col\">Bytes</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < PARTS; i++) {
		uint64_t bytes = part_of(coverage, &parts[i]);
		sb_buf_printf(page->out, "<tr%s><th scope=\"row\"><span class=\"dot %s\"></span>%s</th><td class=\"words\">%s</td><td>", bytes ? "" : " class=\"zero\"",
		              parts[i].name, parts[i].name, parts[i].meaning);
		sb_add_number(page->out, bytes);
		sb_buf_text(page->out, "</td></tr>\n");
	}
	sb_buf_text(page->out, "</tbody>\n<tfoot><tr><th scope=\"row\">All</th><td class=\"words\">counted once, unpacked</td><td>");
	sb_add_number(page->out, coverage->bytes);
	sb_buf_text(page->out, "</td></tr></tfoot></table></div>\n");
}

int sb_html_bytes(struct sb_html *page, struct sb_err *err)
{
	sb_html_heading(page, "bytes", "Delivered bytes by level");
	int rc = sb_html_treemap(page, err);
	if (rc)
		return rc;
	sb_buf_text(page->out, "<div class=\"two\"><div>\n");
	add_table(page);
	sb_buf_text(page->out, "</div><div>\n");
	add_coverage(page);
	sb_buf_text(page->out, "</div></div>\n</section>\n");
	return 0;
}
