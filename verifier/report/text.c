/* SPDX-License-Identifier: Apache-2.0 */
/* For a person at a terminal: levels counted, the worst findings first, nothing cut without saying so. */
#include "verifier/report/writers.h"

#include <inttypes.h>

enum { SHOWN = 10 };

/** How a level looks: a symbol and a colour never stand without the word. */
static const struct look {
	const char *symbol, *colour;
} looks[SB_LEVELS] = {
	[SB_LEVEL_UNDETERMINED] = {"?", "\033[33m"},   [SB_LEVEL_DIFFERENT] = {"✗", "\033[31m"},          [SB_LEVEL_IMAGE_IDENTICAL] = {"○", "\033[33m"},
	[SB_LEVEL_REPACKAGED] = {"◔", "\033[33m"},     [SB_LEVEL_EXPLAINED] = {"◑", "\033[32m"},          [SB_LEVEL_UNSIGNED_IDENTICAL] = {"◎", "\033[32m"},
	[SB_LEVEL_REPRODUCED] = {"◉", "\033[32m"},     [SB_LEVEL_IDENTICAL] = {"●", "\033[32m"},
};

struct page {
	const struct sb_result *result;
	const struct sb_report_options *options;
	struct sb_buf *out;
};

static void add_level(struct page *page, enum sb_level level)
{
	const struct look *look = &looks[level];
	const char *end = page->options->colour ? "\033[0m" : "";

	sb_buf_text(page->out, page->options->colour ? look->colour : "");
	if (page->options->unicode)
		sb_buf_printf(page->out, "%s ", look->symbol);
	sb_buf_printf(page->out, "%s%s", sb_level_name(level), end);
}

static void add_shown(struct page *page, const char *foreign)
{
	sb_escape(page->out, sb_span_text(foreign));
}

static void add_counts(struct page *page)
{
	uint64_t count[SB_LEVELS] = {0};
	bool first = true;

	for (size_t i = 0; i < page->result->artifact_count; i++)
		count[page->result->artifacts[i].level]++;
	if (page->result->equal.present)
		count[SB_LEVEL_IDENTICAL] += page->result->equal.files;
	sb_buf_text(page->out, "  files     ");
	for (unsigned level = SB_LEVELS; level-- > 0;) {
		if (count[level] == 0)
			continue;
		sb_buf_text(page->out, first ? "" : "   ");
		add_level(page, (enum sb_level)level);
		sb_buf_printf(page->out, " %" PRIu64, count[level]);
		first = false;
	}
	sb_buf_text(page->out, first ? "none was compared\n" : "\n");
}

static void add_artifacts(struct page *page)
{
	size_t shown = 0, most = SHOWN, left = 0;

	for (size_t i = 0; i < page->result->artifact_count; i++) {
		const struct sb_artifact *artifact = &page->result->artifacts[i];
		if (artifact->level == SB_LEVEL_IDENTICAL && page->result->artifact_count > most)
			continue;
		if (shown++ >= most) {
			left++;
			continue;
		}
		sb_buf_text(page->out, "            ");
		add_shown(page, artifact->name);
		sb_buf_text(page->out, "   ");
		add_level(page, artifact->level);
		if (artifact->level != SB_LEVEL_IDENTICAL)
			sb_buf_printf(page->out, "   %" PRIu64 " of %" PRIu64 " bytes equal", artifact->coverage.equal, artifact->coverage.bytes);
		sb_buf_text(page->out, "\n");
	}
	if (left)
		sb_buf_printf(page->out, "            and %zu more files below identical\n", left);
}

static void add_extents(struct page *page, const struct sb_finding *finding)
{
	const struct sb_extent *a = &finding->shipped, *b = &finding->rebuilt;
	bool preview = (a->preview && a->preview[0]) || (b->preview && b->preview[0]);

	if (!preview)
		return;
	sb_buf_printf(page->out, "      %s → %s", a->present && a->preview ? a->preview : "nothing", b->present && b->preview ? b->preview : "nothing");
	if (a->present && b->present && a->offset == b->offset)
		sb_buf_printf(page->out, "   at offset %" PRIu64, a->offset);
	sb_buf_text(page->out, "\n");
}

static void add_finding(struct page *page, const struct sb_finding *finding)
{
	sb_buf_printf(page->out, "  %-8s  ", sb_severity_name(finding->severity));
	for (size_t i = 0; i < finding->where_count; i++) {
		sb_buf_text(page->out, i ? (page->options->unicode ? " › " : " > ") : "");
		add_shown(page, finding->where[i]);
	}
	sb_buf_printf(page->out, "\n      %s", finding->note);
	if (finding->rule > SB_RULE_HINT)
		sb_buf_printf(page->out, " [%s, %s]\n", sb_cause_name(finding->cause), sb_rule_name(finding->rule));
	else if (finding->cause == SB_CAUSE_UNEXPLAINED)
		sb_buf_text(page->out, " [unexplained]\n");
	else
		sb_buf_printf(page->out, " [probably %s, not proven]\n", sb_cause_name(finding->cause));
	add_extents(page, finding);
}

static void add_findings(struct page *page)
{
	const struct sb_result *result = page->result;
	size_t most = page->options->most_findings ? page->options->most_findings : SHOWN, shown = 0, primary = 0;

	for (size_t i = 0; i < result->finding_count; i++)
		primary += result->findings[i].primary;
	for (size_t i = 0; i < result->finding_count && shown < most; i++) {
		if (!result->findings[i].primary)
			continue;
		add_finding(page, &result->findings[i]);
		shown++;
	}
	uint64_t total = result->finding_count + result->findings_left_out, folded = result->finding_count - primary;
	if (total)
		sb_buf_printf(page->out, "  findings  shown %zu of %" PRIu64 "; %" PRIu64 " that follow from others are folded; all are in the JSON record\n", shown,
		              total, folded);
}

static void add_freedom(struct page *page)
{
	uint64_t bytes = 0, loaded = 0;

	for (size_t i = 0; i < page->result->freedom_count; i++) {
		bytes += page->result->freedom[i].bytes;
		loaded += page->result->freedom[i].loaded ? page->result->freedom[i].bytes : 0;
	}
	if (bytes == 0)
		return;
	sb_buf_printf(page->out, "  freedom   %" PRIu64 " bytes chosen by the vendor, %" PRIu64 " of them loaded at run time (", bytes, loaded);
	for (size_t i = 0; i < page->result->freedom_count; i++) {
		bool again = i && page->result->freedom[i].cause == page->result->freedom[i - 1].cause;
		if (!again)
			sb_buf_printf(page->out, "%s%s", i ? ", " : "", sb_cause_name(page->result->freedom[i].cause));
	}
	sb_buf_text(page->out, ")\n");
}

static void add_limits(struct page *page)
{
	for (size_t i = 0; i < page->result->limit_count && i < SHOWN; i++) {
		sb_buf_text(page->out, "  limit     ");
		add_shown(page, page->result->limits[i].name);
		sb_buf_text(page->out, " in ");
		add_shown(page, page->result->limits[i].where);
		sb_buf_text(page->out, "\n");
	}
}

static int write_text(const struct sb_result *result, const struct sb_report_options *options, struct sb_buf *out, struct sb_err *err)
{
	struct page page = {.result = result, .options = options, .out = out};

	add_counts(&page);
	add_artifacts(&page);
	add_findings(&page);
	add_freedom(&page);
	add_limits(&page);
	sb_buf_text(out, "  level     ");
	add_level(&page, result->level);
	sb_buf_text(out, "\n");
	return sb_buf_ok(out, err);
}

const struct sb_report_format sb_report_text = {
	.name = "text",
	.media_type = "text/plain; charset=utf-8",
	.summary = "a page for people: levels, the worst findings first",
	.write = write_text,
};
