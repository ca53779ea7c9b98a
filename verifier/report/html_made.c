/* SPDX-License-Identifier: Apache-2.0 */
/* What each file was made of: the graph of the build file by file, then what is wrong with it. Nothing without a trace. */
#include "verifier/report/html.h"
#include "verifier/report/made.h"

#include <inttypes.h>

enum { FILES_MOST = 100, INPUTS_MOST = 60, ROWS_MOST = 200 };

static void add_code(struct sb_html *page, const char *raw)
{
	sb_buf_text(page->out, "<code>");
	sb_add_foreign(page->out, raw, SB_HTML_NAME_MOST);
	sb_buf_text(page->out, "</code>");
}

static bool has_room(const struct sb_html *page)
{
	return page->out->len < SB_HTML_ROOM_PAGE;
}

/* Sources first: they are the first of the inputs. */
static void add_column(struct sb_html *page, const char *title, const struct sb_lineage_list *list)
{
	const struct sb_lineage *lineage = page->result->lineage;
	size_t shown = 0;

	sb_buf_printf(page->out, "<div><h3>%s</h3><ul>\n", title);
	for (; shown < list->count && shown < INPUTS_MOST && has_room(page); shown++) {
		const struct sb_lineage_input *input = &lineage->inputs[list->items[shown]];
		sb_buf_printf(page->out, "<li%s>", input->origin == SB_ORIGIN_UNKNOWN || input->origin == SB_ORIGIN_BUILT ? " class=\"warn\"" : "");
		add_code(page, input->path);
		if (input->package) {
			sb_buf_text(page->out, " <span class=\"dim\">");
			sb_add_foreign(page->out, input->package, SB_HTML_NAME_MOST);
			sb_buf_text(page->out, "</span>");
		}
		sb_buf_text(page->out, "</li>\n");
	}
	if (list->count == 0)
		sb_buf_text(page->out, "<li class=\"dim\">nothing</li>\n");
	if (shown < list->count)
		sb_buf_printf(page->out, "<li>and %zu more; the rest is in the JSON record</li>\n", list->count - shown);
	sb_buf_text(page->out, "</ul></div>\n");
}

static void add_output(struct sb_html *page, const struct sb_lineage_output *output)
{
	sb_buf_text(page->out, "<details class=\"finding info\"><summary>");
	add_code(page, output->name);
	if (!output->traced) {
		sb_buf_text(page->out, " <strong>nobody was seen to make it</strong></summary></details>\n");
		return;
	}
	sb_buf_text(page->out, " ");
	sb_add_count(page->out, sb_count_inputs(page->result->lineage, &output->inputs[SB_INFLOW_DATA], SB_ORIGIN_SOURCE), "source");
	sb_buf_text(page->out, "</summary>\n<div class=\"flow\">\n");
	add_column(page, "Started by", &output->inputs[SB_INFLOW_CONTROL]);
	sb_buf_text(page->out, "<span class=\"arrow\" aria-hidden=\"true\">→</span>\n");
	add_column(page, "Made with", &output->inputs[SB_INFLOW_RUN]);
	sb_buf_text(page->out, "<span class=\"arrow\" aria-hidden=\"true\">→</span>\n");
	add_column(page, "Made of", &output->inputs[SB_INFLOW_DATA]);
	sb_buf_text(page->out, "</div></details>\n");
}

static void add_outputs(struct sb_html *page)
{
	const struct sb_lineage *lineage = page->result->lineage;
	size_t shown = 0;

	for (; shown < lineage->output_count && shown < FILES_MOST && has_room(page); shown++)
		add_output(page, &lineage->outputs[shown]);
	sb_html_shown(page, shown, lineage->output_count, "file");
}

static void add_reached(struct sb_html *page, const struct sb_lineage_prebuilt *prebuilt, const struct sb_lineage_reached *reached)
{
	sb_buf_text(page->out, "<tr><th scope=\"row\">");
	add_code(page, prebuilt->path);
	sb_buf_text(page->out, "</th><td class=\"words\">");
	sb_add_foreign(page->out, prebuilt->format, SB_HTML_NAME_MOST);
	sb_buf_printf(page->out, "</td><td class=\"words\">%s</td><td class=\"words\">", sb_inflow_words(reached->reach));
	add_code(page, reached->name);
	for (size_t i = 0; i < reached->place_count && i < 8; i++) {
		const struct sb_lineage_place *place = &reached->places[i];
		sb_buf_text(page->out, "<br>");
		if (place->part[0])
			add_code(page, place->part);
		sb_buf_printf(page->out, " at %" PRIu64 ", %" PRIu64 " bytes, %" PRIu64 " equal", place->offset, place->length, place->equal);
		if (place->inside[0]) {
			sb_buf_text(page->out, " in <code>");
			sb_add_markup(page->out, place->inside);
			sb_buf_text(page->out, "</code>");
		}
	}
	sb_buf_text(page->out, "</td></tr>\n");
}

static void add_prebuilt(struct sb_html *page)
{
	const struct sb_lineage *lineage = page->result->lineage;
	size_t shown = 0, all = 0;

	for (size_t i = 0; i < lineage->prebuilt_count; i++)
		all += lineage->prebuilt[i].reached_count;
	if (all == 0)
		return;
	sb_buf_text(page->out, "<h3>Ready-made in the drop, and in a delivered file</h3>\n<div class=\"scroll\"><table class=\"numbers\"><thead><tr><th scope=\"col\">File</th>"
	                       "<th scope=\"col\" class=\"words\">Form</th><th scope=\"col\" class=\"words\">How</th><th scope=\"col\" class=\"words\">Delivered file</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < lineage->prebuilt_count; i++)
		for (size_t k = 0; k < lineage->prebuilt[i].reached_count && shown < ROWS_MOST && has_room(page); k++, shown++)
			add_reached(page, &lineage->prebuilt[i], &lineage->prebuilt[i].reached[k]);
	sb_buf_text(page->out, "</tbody></table></div>\n");
	sb_html_shown(page, shown, all, "way in");
}

/* A long list is opened by whoever wants it. */
static void add_names(struct sb_html *page, const char *title, const char *const *names, size_t count)
{
	enum { SHORT = 8 };
	size_t shown = 0;

	if (count == 0)
		return;
	if (count > SHORT)
		sb_buf_printf(page->out, "<details class=\"finding info\"><summary>%s: %zu files</summary>\n<ul class=\"places\">\n", title, count);
	else
		sb_buf_printf(page->out, "<h3>%s</h3>\n<ul class=\"places\">\n", title);
	for (; shown < count && shown < ROWS_MOST && has_room(page); shown++) {
		sb_buf_text(page->out, "<li>");
		add_code(page, names[shown]);
		sb_buf_text(page->out, "</li>\n");
	}
	sb_buf_text(page->out, count > SHORT ? "</ul></details>\n" : "</ul>\n");
	sb_html_shown(page, shown, count, "file");
}

static void add_program(struct sb_html *page, const struct sb_lineage_program *program)
{
	sb_buf_text(page->out, "<tr><th scope=\"row\">");
	add_code(page, program->path);
	sb_buf_printf(page->out, "</th><td class=\"words\">%s</td><td class=\"words\">", sb_trade_name(program->trade));
	if (program->package) {
		sb_add_foreign(page->out, program->package, SB_HTML_NAME_MOST);
		sb_buf_text(page->out, " ");
		sb_add_foreign(page->out, program->version ? program->version : "", SB_HTML_NAME_MOST);
	} else {
		sb_buf_printf(page->out, "none: %s", sb_origin_name(program->origin));
	}
	sb_buf_text(page->out, "</td><td>");
	sb_add_number(page->out, program->runs);
	sb_buf_text(page->out, "</td><td class=\"words\">");
	if (program->hashed)
		sb_html_digest(page, program->sha256);
	sb_buf_text(page->out, "</td></tr>\n");
}

static void add_programs(struct sb_html *page)
{
	const struct sb_lineage *lineage = page->result->lineage;
	size_t shown = 0;

	sb_buf_text(page->out, "<h3>Programs that ran</h3>\n<div class=\"scroll\"><table class=\"numbers\"><thead><tr><th scope=\"col\">Program</th>"
	                       "<th scope=\"col\" class=\"words\">Trade</th><th scope=\"col\" class=\"words\">Package</th><th scope=\"col\">Runs</th>"
	                       "<th scope=\"col\" class=\"words\">SHA-256</th></tr></thead>\n<tbody>\n");
	for (; shown < lineage->program_count && shown < ROWS_MOST && has_room(page); shown++)
		add_program(page, &lineage->programs[shown]);
	sb_buf_text(page->out, "</tbody></table></div>\n");
	sb_html_shown(page, shown, lineage->program_count, "program");
}

static void add_attempts(struct sb_html *page)
{
	const struct sb_lineage *lineage = page->result->lineage;
	size_t shown = 0;

	if (lineage->attempt_count == 0)
		return;
	sb_buf_text(page->out, "<h3>Attempts</h3>\n<ul class=\"places\">\n");
	for (; shown < lineage->attempt_count && shown < ROWS_MOST && has_room(page); shown++) {
		const struct sb_lineage_attempt *attempt = &lineage->attempts[shown];
		sb_buf_text(page->out, "<li>");
		sb_add_foreign(page->out, attempt->kind, SB_HTML_NAME_MOST);
		sb_buf_text(page->out, " by ");
		add_code(page, attempt->program);
		sb_buf_text(page->out, ": <code>");
		sb_add_markup(page->out, attempt->text);
		sb_buf_printf(page->out, "</code> %" PRIu64 "×</li>\n", attempt->count);
	}
	sb_buf_text(page->out, "</ul>\n");
	sb_html_shown(page, shown, lineage->attempt_count, "attempt");
}

void sb_html_made(struct sb_html *page)
{
	const struct sb_lineage *lineage = page->result->lineage;
	SB_BUF struct sb_buf trust = {0};

	if (!lineage)
		return;
	sb_html_heading(page, "made", "What the files were made of");
	sb_add_trust_sentence(lineage, &trust);
	sb_pass_failure(page->out, &trust);
	sb_buf_printf(page->out, "<p%s>", lineage->trusted ? "" : " class=\"bad\"");
	sb_add_markup(page->out, trust.data ? trust.data : "");
	sb_buf_text(page->out, "</p>\n<p>");
	sb_add_sources_sentence(lineage, page->out);
	sb_buf_text(page->out, " ");
	sb_add_toolchain_sentence(lineage, page->out);
	sb_buf_text(page->out, "</p>\n");
	add_outputs(page);
	add_prebuilt(page);
	add_names(page, "In the drop and never opened", lineage->unread, lineage->unread_count);
	add_names(page, "Packaged as they are, never compiled", lineage->copied, lineage->copied_count);
	add_names(page, "Not known whether they were read", lineage->untold, lineage->untold_count);
	add_programs(page);
	add_attempts(page);
	sb_buf_text(page->out, "</section>\n");
}
