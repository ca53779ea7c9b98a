/* SPDX-License-Identifier: Apache-2.0 */
/* The page for evaluators and managers: the verdict in ten seconds, everything behind it below. */
#include "verifier/report/html.h"

#include <inttypes.h>
#include <string.h>

void sb_html_level(struct sb_html *page, enum sb_level level)
{
	sb_buf_printf(page->out, "<span class=\"lv %s\"><span aria-hidden=\"true\">%s</span> %s</span>", sb_level_name(level), sb_level_symbol(level),
	              sb_level_name(level));
}

void sb_html_heading(struct sb_html *page, const char *id, const char *title)
{
	sb_buf_printf(page->out, "<section id=\"%s\" aria-labelledby=\"h-%s\"><h2 id=\"h-%s\">%s</h2>\n", id, id, id, title);
}

void sb_html_shown(struct sb_html *page, uint64_t shown, uint64_t all, const char *what)
{
	if (shown >= all)
		return;
	sb_buf_text(page->out, "<p class=\"note\">Shown ");
	sb_add_number(page->out, shown);
	sb_buf_text(page->out, " of ");
	sb_add_count(page->out, all, what);
	sb_buf_text(page->out, "; the rest is in the JSON record.</p>\n");
}

void sb_html_digest(struct sb_html *page, const uint8_t sha256[SB_SHA256_BYTES])
{
	char hex[2 * SB_SHA256_BYTES + 1];

	sb_text_hex(sb_span_of(sha256, SB_SHA256_BYTES), hex);
	sb_buf_printf(page->out, "<code class=\"digest\" title=\"sha256 %s\">%.12s</code>", hex, hex);
}

/* What the page is about, as far as the record knows. */
static void add_subject(struct sb_html *page)
{
	const struct sb_result *result = page->result;

	if (result->delivery) {
		sb_add_foreign(page->out, result->delivery->name, SB_HTML_NAME_MOST);
		sb_buf_text(page->out, " ");
		sb_add_foreign(page->out, result->delivery->version, SB_HTML_NAME_MOST);
	} else if (page->summary.all.files == 1 && result->artifact_count) {
		sb_add_foreign(page->out, result->artifacts[0].name, SB_HTML_NAME_MOST);
	} else {
		sb_add_count(page->out, page->summary.all.files, "file");
	}
}

static void add_head(struct sb_html *page)
{
	sb_buf_text(page->out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	                       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
	                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
	                       "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	sb_buf_printf(page->out, "%s: ", sb_level_name(page->result->level));
	add_subject(page);
	sb_buf_text(page->out, " – samebuild</title>\n<style>\n");
	sb_buf_text(page->out, sb_html_style);
	sb_buf_text(page->out, "</style>\n</head>\n");
}

static void add_key(struct sb_html *page, const char *value, const char *what)
{
	sb_buf_printf(page->out, "<div><dt>%s</dt><dd>%s</dd></div>\n", what, value);
}

static void add_keys(struct sb_html *page)
{
	const struct sb_summary *summary = &page->summary;
	SB_BUF struct sb_buf value = {0};

	sb_buf_text(page->out, "<dl class=\"keys\">\n");
	sb_add_number(&value, summary->all.files);
	add_key(page, value.data ? value.data : "", summary->all.files == 1 ? "file compared" : "files compared");
	value.len = 0;
	sb_add_percent(&value, summary->coverage.equal, summary->coverage.bytes);
	sb_buf_text(&value, "&#8239;%");
	add_key(page, value.data ? value.data : "", "of all bytes equal");
	value.len = 0;
	sb_add_number(&value, summary->coverage.residual + summary->coverage.opaque);
	add_key(page, value.data ? value.data : "", "bytes unaccounted for");
	value.len = 0;
	sb_add_number(&value, summary->freedom);
	add_key(page, value.data ? value.data : "", "bytes free to the vendor");
	sb_pass_failure(page->out, &value);
	sb_buf_text(page->out, "</dl>\n");
}

/* Where the verdict stands among all levels, best first; what lies left of the line is good enough. */
static void add_ladder(struct sb_html *page)
{
	sb_buf_text(page->out, "<ol class=\"ladder\" aria-label=\"All levels, best first\">\n");
	for (unsigned level = SB_LEVELS; level-- > 0;) {
		bool here = level == (unsigned)page->result->level;
		sb_buf_printf(page->out, "<li class=\"%s%s\"%s title=\"%s\">%s</li>\n", sb_level_name((enum sb_level)level),
		              level == SB_LEVEL_EXPLAINED ? " last-pass" : "", here ? " aria-current=\"true\"" : "", sb_level_meaning((enum sb_level)level),
		              sb_level_name((enum sb_level)level));
	}
	sb_buf_text(page->out, "</ol>\n");
}

static void add_verdict(struct sb_html *page)
{
	enum sb_level level = page->result->level;

	sb_buf_printf(page->out, "<header class=\"verdict %s\">\n<p class=\"over\">Is the binary that was shipped the binary that this source builds?</p>\n",
	              sb_level_name(level));
	sb_buf_text(page->out, "<p class=\"subject\">");
	add_subject(page);
	if (page->result->delivery && page->result->delivery->vendor[0]) {
		sb_buf_text(page->out, " <span class=\"by\">by ");
		sb_add_foreign(page->out, page->result->delivery->vendor, SB_HTML_NAME_MOST);
		sb_buf_text(page->out, "</span>");
	}
	sb_buf_printf(page->out, "</p>\n<h1><span class=\"sym\" aria-hidden=\"true\">%s</span> %s</h1>\n<p class=\"lead\">", sb_level_symbol(level), sb_level_name(level));
	sb_add_sentence(&page->summary, page->result, page->out);
	sb_buf_text(page->out, "</p>\n");
	add_ladder(page);
	add_keys(page);
	sb_buf_text(page->out, "</header>\n");
}

static void add_navigation(struct sb_html *page)
{
	static const char *const sections[][2] = {{"bytes", "Bytes"}, {"causes", "Causes"}, {"freedom", "Freedom"}, {"findings", "Findings"},
	                                          {"files", "Files"}, {"provenance", "Provenance"}, {"environment", "Environment"}};

	sb_buf_text(page->out, "<nav aria-label=\"Sections\"><ul>\n");
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
		sb_buf_printf(page->out, "<li><a href=\"#%s\">%s</a></li>\n", sections[i][0], sections[i][1]);
	sb_buf_text(page->out, "</ul></nav>\n");
}

static void add_foot(struct sb_html *page)
{
	sb_buf_text(page->out, "</main>\n<footer><p>samebuild ");
	sb_add_foreign(page->out, page->result->tool_version, SB_HTML_NAME_MOST);
	sb_buf_text(page->out, ". This page is one rendering of a result record; the record (<code>-o json=PATH</code>) is the complete and the attested form. "
	                       "Names and values from outside are escaped: <code>\\x1b</code> stands for one byte.</p>\n<details><summary>Versions of the rules</summary><p>");
	sb_add_foreign(page->out, page->result->rules, SB_HTML_NOTE_MOST);
	sb_buf_text(page->out, "</p></details></footer>\n</body>\n</html>\n");
}

static int write_html(const struct sb_result *result, const struct sb_report_options *options, struct sb_buf *out, struct sb_err *err)
{
	struct sb_html page = {.result = result, .options = options, .out = out};

	int rc = sb_summarize(result, &page.summary, err);
	if (rc)
		return rc;
	add_head(&page);
	sb_buf_text(out, "<body>\n<a class=\"skip\" href=\"#findings\">Skip to the findings</a>\n");
	add_verdict(&page);
	add_navigation(&page);
	sb_buf_text(out, "<main>\n");
	rc = sb_html_bytes(&page, err);
	if (rc)
		return rc;
	sb_html_installed(&page);
	sb_html_previous(&page);
	sb_html_builds(&page);
	sb_html_solving(&page);
	sb_html_causes(&page);
	sb_html_freedom(&page);
	sb_html_findings(&page);
	rc = sb_html_files(&page, err);
	if (!rc)
		rc = sb_html_provenance(&page, err);
	if (rc)
		return rc;
	sb_html_made(&page);
	sb_html_environment(&page);
	add_foot(&page);
	return sb_buf_ok(out, err);
}

const struct sb_report_format sb_report_html = {
	.name = "html",
	.media_type = "text/html; charset=utf-8",
	.summary = "one page for evaluators: no scripts, nothing fetched",
	.write = write_html,
};
