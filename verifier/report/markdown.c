/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For merge requests and job summaries (GitHub flavoured): the verdict, a table of levels, the worst findings, below 60 kB. Foreign text stands
 * in code spans only, between more backticks than it holds in a row, and never in a table, where a bar would end its cell.
 */
#include "verifier/report/builds.h"
#include "verifier/report/groups.h"
#include "verifier/report/made.h"
#include "verifier/report/solving.h"
#include "verifier/report/summary.h"
#include "verifier/report/writers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 10, SPAN_MOST = 400, NOTE_MOST = 600, PREVIEW_MOST = 160 };

struct page {
	const struct sb_result *result;
	const struct sb_report_options *options;
	struct sb_summary summary;
	struct sb_buf *out;
};

static void add_name(struct page *page, const char *raw)
{
	SB_BUF struct sb_buf shown = {0};

	sb_escape(&shown, sb_span_text(raw));
	sb_pass_failure(page->out, &shown);
	sb_add_code_span(page->out, shown.data ? shown.data : "", SPAN_MOST);
}

static void add_levels(struct page *page)
{
	sb_buf_text(page->out, "| level | files | bytes | % |\n|---|---:|---:|---:|\n");
	for (unsigned level = SB_LEVELS; level-- > 0;) {
		const struct sb_tally *tally = &page->summary.level[level];
		sb_buf_printf(page->out, "| %s %s | ", sb_level_symbol((enum sb_level)level), sb_level_name((enum sb_level)level));
		sb_add_number(page->out, tally->files);
		sb_buf_text(page->out, " | ");
		sb_add_number(page->out, tally->bytes);
		sb_buf_text(page->out, " | ");
		sb_add_percent(page->out, tally->bytes, page->summary.all.bytes);
		sb_buf_text(page->out, " |\n");
	}
	sb_buf_text(page->out, "| **all** | ");
	sb_add_number(page->out, page->summary.all.files);
	sb_buf_text(page->out, " | ");
	sb_add_number(page->out, page->summary.all.bytes);
	sb_buf_text(page->out, " | |\n\n");
}

static int add_files(struct page *page, struct sb_err *err)
{
	SB_FREEING size_t *order = sb_artifacts_worst_first(page->result);
	size_t shown = 0, below = 0;

	if (!order)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	for (size_t i = 0; i < page->result->artifact_count; i++) {
		const struct sb_artifact *artifact = &page->result->artifacts[order[i]];
		if (sb_level_passes(artifact->level))
			continue;
		below++;
		if (shown == SHOWN)
			continue;
		sb_buf_printf(page->out, "%s- %s **%s** ", shown ? "" : "### Files below explained\n\n", sb_level_symbol(artifact->level), sb_level_name(artifact->level));
		add_name(page, artifact->name);
		sb_buf_text(page->out, "\n");
		shown++;
	}
	if (below > shown)
		sb_buf_printf(page->out, "\nShown %zu of %zu files, the rest in the JSON record.\n", shown, below);
	sb_buf_text(page->out, below ? "\n" : "");
	return 0;
}

static void add_preview(struct page *page, const struct sb_finding *finding)
{
	const char *old = finding->rebuilt.preview, *new = finding->shipped.preview;

	if (!(old && old[0]) && !(new && new[0]))
		return;
	sb_buf_text(page->out, "   shipped ");
	sb_add_code_span(page->out, new && new[0] ? new : "nothing", PREVIEW_MOST);
	sb_buf_text(page->out, ", rebuilt ");
	sb_add_code_span(page->out, old && old[0] ? old : "nothing", PREVIEW_MOST);
	sb_buf_text(page->out, "\n");
}

static void add_finding(struct page *page, const struct sb_finding *finding, size_t number)
{
	SB_BUF struct sb_buf way = {0};
	const char *mend = sb_report_mend(page->options, finding->cause);

	sb_add_way(finding, " › ", &way);
	sb_pass_failure(page->out, &way);
	sb_buf_printf(page->out, "%zu. **%s**, %s%s: ", number, sb_severity_name(finding->severity), sb_cause_name(finding->cause),
	              finding->rule == SB_RULE_HINT ? " (probable)" : "");
	sb_add_code_span(page->out, way.data ? way.data : "", SPAN_MOST);
	sb_buf_text(page->out, "\n   ");
	sb_add_code_span(page->out, finding->note, NOTE_MOST);
	sb_buf_text(page->out, "\n");
	add_preview(page, finding);
	if (mend && finding->rule <= SB_RULE_HINT)
		sb_buf_printf(page->out, "   To mend it: %s.\n", mend);
}

static void add_findings(struct page *page)
{
	size_t shown = 0;

	for (size_t i = 0; i < page->result->finding_count && shown < SHOWN; i++) {
		if (!page->result->findings[i].primary)
			continue;
		if (shown == 0)
			sb_buf_text(page->out, "### Worst findings\n\n");
		add_finding(page, &page->result->findings[i], ++shown);
	}
	if (page->summary.findings) {
		sb_buf_printf(page->out, "\nShown %zu of ", shown);
		sb_add_count(page->out, page->summary.findings, "finding");
		sb_buf_text(page->out, "; ");
		sb_add_number(page->out, page->summary.listed - page->summary.primary);
		sb_buf_text(page->out, " follow from others and are folded; all are in the JSON record.\n");
	}
}

static void add_beside(struct page *page)
{
	const struct sb_installed *installed = &page->result->installed;

	if (installed->present) {
		sb_buf_text(page->out, "| pair | level |\n|---|---|\n");
		for (unsigned pairing = 0; pairing < SB_PAIRINGS; pairing++)
			sb_buf_printf(page->out, "| %s | %s %s |\n", sb_pairing_words((enum sb_pairing)pairing), sb_level_symbol(installed->level[pairing]),
			              sb_level_name(installed->level[pairing]));
		sb_buf_text(page->out, "\n");
	}
	if (page->result->previous.present) {
		sb_add_previous_sentence(&page->result->previous, page->out);
		sb_buf_text(page->out, "\n\n");
	}
}

static void add_leak(struct page *page, const struct sb_varying *file, const struct sb_leak *leak)
{
	SB_BUF struct sb_buf axes = {0};

	sb_add_axes(leak, &axes);
	sb_pass_failure(page->out, &axes);
	sb_buf_text(page->out, "- ");
	add_name(page, file->name[0] ? file->name : "the build");
	sb_buf_printf(page->out, " %s ", sb_varying_words(file->state));
	add_name(page, axes.data ? axes.data : "");
	sb_buf_text(page->out, "\n");
}

static void add_builds(struct page *page)
{
	const struct sb_builds *builds = &page->result->builds;
	const struct sb_variation *variation = builds->variation;
	size_t shown = 0, leaks = 0;

	if (!builds->present)
		return;
	sb_add_builds_sentence(builds, page->out);
	sb_buf_text(page->out, variation ? " " : "");
	if (variation)
		sb_add_variation_sentence(variation, page->out);
	sb_buf_text(page->out, "\n\n");
	for (size_t i = 0; variation && i < variation->file_count; i++) {
		for (size_t k = 0; k < variation->files[i].leak_count; k++, leaks++)
			if (shown < SHOWN && ++shown)
				add_leak(page, &variation->files[i], &variation->files[i].leaks[k]);
	}
	if (leaks)
		sb_buf_printf(page->out, "\nShown %zu of %zu, the rest in the JSON record.\n\n", shown, leaks);
}

static void add_made(struct page *page)
{
	const struct sb_lineage *lineage = page->result->lineage;

	if (!lineage)
		return;
	sb_buf_text(page->out, "### Made of\n\n- ");
	sb_add_sources_sentence(lineage, page->out);
	sb_buf_text(page->out, "\n- ");
	sb_add_toolchain_sentence(lineage, page->out);
	sb_buf_text(page->out, "\n- attempts that a hermetic build does not make: ");
	sb_add_attempts(lineage, page->out);
	sb_buf_text(page->out, lineage->trusted ? "\n\n" : "\n- **the trace of the build must not be trusted**\n\n");
}

static int write_markdown(const struct sb_result *result, const struct sb_report_options *options, struct sb_buf *out, struct sb_err *err)
{
	struct page page = {.result = result, .options = options, .out = out};

	int rc = sb_summarize(result, &page.summary, err);
	if (rc)
		return rc;
	sb_buf_printf(out, "## %s samebuild: %s\n\n", sb_level_symbol(result->level), sb_level_name(result->level));
	sb_add_sentence(&page.summary, result, out);
	sb_buf_text(out, "\n\n");
	add_beside(&page);
	add_builds(&page);
	sb_markdown_solving(&result->solving, out);
	add_levels(&page);
	rc = add_files(&page, err);
	if (rc)
		return rc;
	add_made(&page);
	add_findings(&page);
	return sb_buf_ok(out, err);
}

const struct sb_report_format sb_report_markdown = {
	.name = "markdown",
	.media_type = "text/markdown; charset=utf-8",
	.summary = "a short page for merge requests and job summaries",
	.write = write_markdown,
};
