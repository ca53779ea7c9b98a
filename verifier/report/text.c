/* SPDX-License-Identifier: Apache-2.0 */
/* For a person at a terminal: levels counted, the worst findings first, nothing cut without saying so. */
#include "verifier/report/builds.h"
#include "verifier/report/made.h"
#include "verifier/report/solving.h"
#include "verifier/report/summary.h"
#include "verifier/report/writers.h"

#include <inttypes.h>

enum { SHOWN = 10, NAME_MOST = 240, NOTE_MOST = 600 };

/** A colour never stands without the word. */
static const char *const colours[SB_LEVELS] = {
	[SB_LEVEL_UNDETERMINED] = "\033[33m",
	[SB_LEVEL_DIFFERENT] = "\033[31m",
	[SB_LEVEL_IMAGE_IDENTICAL] = "\033[33m",
	[SB_LEVEL_REPACKAGED] = "\033[33m",
	[SB_LEVEL_EXPLAINED] = "\033[32m",
	[SB_LEVEL_UNSIGNED_IDENTICAL] = "\033[32m",
	[SB_LEVEL_REPRODUCED] = "\033[32m",
	[SB_LEVEL_IDENTICAL] = "\033[32m",
};

struct page {
	const struct sb_result *result;
	const struct sb_report_options *options;
	struct sb_buf *out;
	struct sb_summary summary;
	bool told[SB_CAUSES]; /* how to mend it */
};

static void add_level(struct page *page, enum sb_level level)
{
	const char *end = page->options->colour ? "\033[0m" : "";

	sb_buf_text(page->out, page->options->colour ? colours[level] : "");
	if (page->options->unicode)
		sb_buf_printf(page->out, "%s ", sb_level_symbol(level));
	sb_buf_printf(page->out, "%s%s", sb_level_name(level), end);
}

/* Text on one line; what is too long for it says of how many bytes. */
static void add_cut(struct page *page, struct sb_span escaped, size_t most)
{
	size_t n = sb_cut_text(escaped, most);

	sb_buf_add(page->out, escaped.p, n);
	if (n < escaped.n)
		sb_buf_printf(page->out, "%s (the first %zu of %zu bytes)", page->options->unicode ? "…" : "...", n, escaped.n);
}

static void add_shown(struct page *page, const char *foreign)
{
	SB_BUF struct sb_buf shown = {0};

	sb_escape(&shown, sb_span_text(foreign));
	sb_pass_failure(page->out, &shown);
	add_cut(page, sb_buf_span(&shown), NAME_MOST);
}

static void add_counts(struct page *page)
{
	bool first = true;

	sb_buf_text(page->out, "  files     ");
	for (unsigned level = SB_LEVELS; level-- > 0;) {
		if (page->summary.level[level].files == 0)
			continue;
		sb_buf_text(page->out, first ? "" : "   ");
		add_level(page, (enum sb_level)level);
		sb_buf_printf(page->out, " %" PRIu64, page->summary.level[level].files);
		first = false;
	}
	sb_buf_text(page->out, first ? "none was compared\n" : "\n");
}

static void add_coverage(struct page *page)
{
	const struct sb_coverage *coverage = &page->summary.coverage;

	if (coverage->bytes == 0)
		return;
	sb_buf_text(page->out, "  bytes     ");
	sb_add_percent(page->out, coverage->equal, coverage->bytes);
	sb_buf_printf(page->out, " %% of %" PRIu64 " are equal; %" PRIu64 " differ for a proven reason, %" PRIu64 " for none, %" PRIu64 " could not be read\n", coverage->bytes,
	              coverage->claimed, coverage->residual, coverage->opaque);
}

/* Worst first; identical ones only where all files fit. */
static int add_artifacts(struct page *page, struct sb_err *err)
{
	SB_FREEING size_t *order = sb_artifacts_worst_first(page->result);
	size_t shown = 0, left = 0;

	if (!order)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < page->result->artifact_count; i++) {
		const struct sb_artifact *artifact = &page->result->artifacts[order[i]];
		if (artifact->level == SB_LEVEL_IDENTICAL && page->result->artifact_count > SHOWN)
			continue;
		if (shown >= SHOWN) {
			left++;
			continue;
		}
		shown++;
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
	return 0;
}

static void add_extents(struct page *page, const struct sb_finding *finding)
{
	const struct sb_extent *a = &finding->shipped, *b = &finding->rebuilt;
	bool preview = (a->preview && a->preview[0]) || (b->preview && b->preview[0]);

	if (!preview)
		return;
	sb_buf_printf(page->out, "      shipped %s, rebuilt %s", a->present && a->preview ? a->preview : "nothing", b->present && b->preview ? b->preview : "nothing");
	if (a->present && b->present && a->offset == b->offset)
		sb_buf_printf(page->out, ", at offset %" PRIu64, a->offset);
	sb_buf_text(page->out, "\n");
}

static void add_cause(struct page *page, const struct sb_finding *finding)
{
	const char *cause = sb_cause_name(finding->cause), *mend = sb_report_mend(page->options, finding->cause);

	if (finding->rule > SB_RULE_HINT)
		sb_buf_printf(page->out, " [%s, %s]\n", cause, sb_rule_name(finding->rule));
	else if (finding->rule == SB_RULE_HINT)
		sb_buf_printf(page->out, " [probably %s, not proven]\n", cause);
	else
		sb_buf_printf(page->out, " [%s]\n", cause);
	add_extents(page, finding);
	if (mend && !page->told[finding->cause])
		sb_buf_printf(page->out, "      mend it: %s (samebuild explain %s)\n", mend, cause);
	page->told[finding->cause] = true;
}

static void add_finding(struct page *page, const struct sb_finding *finding)
{
	sb_buf_printf(page->out, "  %-8s  ", sb_severity_name(finding->severity));
	for (size_t i = 0; i < finding->where_count; i++) {
		sb_buf_text(page->out, i ? (page->options->unicode ? " › " : " > ") : "");
		add_shown(page, finding->where[i]);
	}
	sb_buf_text(page->out, "\n      ");
	add_cut(page, sb_span_text(finding->note), NOTE_MOST);
	add_cause(page, finding);
}

static void add_findings(struct page *page)
{
	const struct sb_result *result = page->result;
	const struct sb_summary *summary = &page->summary;
	size_t most = page->options->most_findings ? page->options->most_findings : SHOWN, shown = 0;

	for (size_t i = 0; i < result->finding_count && shown < most; i++) {
		if (!result->findings[i].primary)
			continue;
		add_finding(page, &result->findings[i]);
		shown++;
	}
	if (summary->findings)
		sb_buf_printf(page->out, "  findings  shown %zu of %" PRIu64 "; %" PRIu64 " that follow from others are folded; all are in the JSON record\n", shown,
		              summary->findings, summary->listed - summary->primary);
}

static void add_freedom(struct page *page)
{
	const struct sb_summary *summary = &page->summary;

	if (summary->freedom == 0)
		return;
	sb_buf_printf(page->out, "  freedom   %" PRIu64 " bytes chosen by the vendor, %" PRIu64 " of them loaded at run time (", summary->freedom,
	              summary->loaded);
	for (size_t i = 0; i < page->result->freedom_count; i++) {
		bool again = i && page->result->freedom[i].cause == page->result->freedom[i - 1].cause;
		if (!again)
			sb_buf_printf(page->out, "%s%s", i ? ", " : "", sb_cause_name(page->result->freedom[i].cause));
	}
	sb_buf_text(page->out, ")\n");
}

static void add_limits(struct page *page)
{
	size_t shown = 0;

	for (; shown < page->result->limit_count && shown < SHOWN; shown++) {
		sb_buf_text(page->out, "  limit     ");
		add_shown(page, page->result->limits[shown].name);
		sb_buf_text(page->out, " in ");
		add_shown(page, page->result->limits[shown].where);
		sb_buf_text(page->out, "\n");
	}
	if (shown < page->result->limit_count)
		sb_buf_printf(page->out, "  limit     and %zu more\n", page->result->limit_count - shown);
}

static void add_beside(struct page *page)
{
	const struct sb_installed *installed = &page->result->installed;

	for (unsigned pairing = 0; installed->present && pairing < SB_PAIRINGS; pairing++) {
		sb_buf_printf(page->out, "  pair      %-27s   ", sb_pairing_words((enum sb_pairing)pairing));
		add_level(page, installed->level[pairing]);
		sb_buf_text(page->out, "\n");
	}
	if (!page->result->previous.present)
		return;
	sb_buf_text(page->out, "  previous  ");
	sb_add_previous_sentence(&page->result->previous, page->out);
	sb_buf_text(page->out, "\n");
}

static void add_leak(struct page *page, const struct sb_leak *leak)
{
	sb_buf_text(page->out, "              ");
	sb_add_axes(leak, page->out);
	for (size_t i = 0; i < leak->where_count; i++) {
		sb_buf_text(page->out, i == 0 ? " in " : page->options->unicode ? " › " : " > ");
		add_shown(page, leak->where[i]);
	}
	if (leak->control.present && leak->varied.present && leak->control.preview && leak->varied.preview)
		sb_buf_printf(page->out, ": %s, then %s", leak->control.preview, leak->varied.preview);
	sb_buf_printf(page->out, "\n                mend it: %s (samebuild explain %s)\n", leak->mend, sb_cause_name(leak->cause));
}

static void add_variation(struct page *page, const struct sb_variation *variation)
{
	size_t shown = 0, told = 0;

	sb_buf_text(page->out, "            ");
	sb_add_variation_sentence(variation, page->out);
	sb_buf_text(page->out, "\n");
	for (; shown < variation->file_count && told < SHOWN; shown++) {
		const struct sb_varying *file = &variation->files[shown];
		sb_buf_text(page->out, "            ");
		add_shown(page, file->name[0] ? file->name : "the build");
		sb_buf_printf(page->out, " %s\n", sb_varying_words(file->state));
		for (size_t i = 0; i < file->leak_count && told < 2 * SHOWN; i++, told++)
			add_leak(page, &file->leaks[i]);
		told += file->leak_count == 0;
	}
	if (shown < variation->file_count)
		sb_buf_printf(page->out, "            and %zu more files; all are in the JSON record\n", variation->file_count - shown);
}

static void add_builds(struct page *page)
{
	const struct sb_builds *builds = &page->result->builds;
	size_t shown = 0;

	if (!builds->present)
		return;
	sb_buf_text(page->out, "  builds    ");
	sb_add_builds_sentence(builds, page->out);
	sb_buf_text(page->out, "\n");
	for (; shown < builds->varied_count && shown < SHOWN; shown++) {
		sb_buf_text(page->out, "            ");
		add_shown(page, builds->varied[shown]);
		sb_buf_text(page->out, "\n");
	}
	if (shown < builds->varied_count)
		sb_buf_printf(page->out, "            and %zu more\n", builds->varied_count - shown);
	if (builds->variation)
		add_variation(page, builds->variation);
}

static void add_made(struct page *page)
{
	const struct sb_lineage *lineage = page->result->lineage;

	if (!lineage)
		return;
	sb_buf_text(page->out, "  made of   ");
	sb_add_sources_sentence(lineage, page->out);
	if (lineage->attempt_count) {
		sb_buf_text(page->out, "\n  tried     ");
		sb_add_attempts(lineage, page->out);
	}
	if (!lineage->trusted) {
		sb_buf_text(page->out, "\n  trace     ");
		sb_add_trust_sentence(lineage, page->out);
	}
	sb_buf_text(page->out, "\n");
}

static void add_verdict(struct page *page)
{
	sb_buf_text(page->out, "  level     ");
	add_level(page, page->result->level);
	sb_buf_text(page->out, "\n            ");
	sb_add_sentence(&page->summary, page->result, page->out);
	sb_buf_text(page->out, "\n");
}

static int write_text(const struct sb_result *result, const struct sb_report_options *options, struct sb_buf *out, struct sb_err *err)
{
	struct page page = {.result = result, .options = options, .out = out};

	int rc = sb_summarize(result, &page.summary, err);
	if (rc)
		return rc;
	add_counts(&page);
	add_coverage(&page);
	rc = add_artifacts(&page, err);
	if (rc)
		return rc;
	add_findings(&page);
	add_freedom(&page);
	add_limits(&page);
	add_beside(&page);
	add_builds(&page);
	sb_text_solving(&result->solving, out);
	add_made(&page);
	add_verdict(&page);
	return sb_buf_ok(out, err);
}

const struct sb_report_format sb_report_text = {
	.name = "text",
	.media_type = "text/plain; charset=utf-8",
	.summary = "a page for people: levels, the worst findings first",
	.write = write_text,
};
