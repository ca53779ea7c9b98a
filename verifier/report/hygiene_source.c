/* SPDX-License-Identifier: Apache-2.0 */
/* What was delivered and built, digest by digest, and what the build did with each file of the source. */
#include "verifier/report/made.h"
#include "verifier/report/sheet.h"
#include "verifier/report/summary.h"
#include "verifier/report/writers.h"

#include <inttypes.h>
#include <string.h>

static void inputs(struct sb_sheet *sheet, const struct sb_delivery *delivery)
{
	sb_buf_text(sheet->out, "- drop manifest, canonical form:");
	sb_sheet_digest(sheet, delivery->manifest);
	sb_buf_text(sheet->out, "\n");
	for (size_t i = 0; i < delivery->input_count && i < SB_SHEET_ROWS; i++) {
		sb_buf_text(sheet->out, "- source as delivered: ");
		sb_sheet_name(sheet, delivery->inputs[i].name);
		sb_sheet_digest(sheet, delivery->inputs[i].sha256);
		sb_buf_text(sheet->out, "\n");
	}
	sb_sheet_rest(sheet, delivery->input_count);
}

static void output(struct sb_sheet *sheet, const struct sb_artifact *artifact)
{
	sb_buf_text(sheet->out, "- delivered file: ");
	sb_sheet_name(sheet, artifact->name);
	if (artifact->shipped.kinds & SB_DIGEST_SHA256)
		sb_sheet_digest(sheet, artifact->shipped.sha256);
	sb_buf_printf(sheet->out, ", %s", sb_level_name(artifact->level));
	if (artifact->rebuilt.kinds & SB_DIGEST_SHA256) {
		sb_buf_text(sheet->out, "; rebuilt");
		sb_sheet_digest(sheet, artifact->rebuilt.sha256);
	} else {
		sb_buf_text(sheet->out, "; never rebuilt");
	}
	sb_buf_text(sheet->out, "\n");
}

void sb_sheet_integrity(struct sb_sheet *sheet)
{
	const struct sb_result *result = sheet->result;
	const char *root = sb_property_named(&result->environment.toolchain, "root"), *sha256 = sb_property_named(&result->environment.toolchain, "sha256");

	sb_sheet_heading(sheet, "End-to-end integrity");
	if (result->delivery)
		inputs(sheet, result->delivery);
	else
		sb_sheet_unexamined(sheet, "there is no drop, only two sides that were compared");
	if (root) {
		sb_buf_text(sheet->out, "- toolchain root: ");
		sb_sheet_name(sheet, root);
		if (sha256)
			sb_buf_printf(sheet->out, " sha256 %s", sha256);
		sb_buf_text(sheet->out, sha256 ? "\n" : ", which no digest pins\n");
	}
	if (sheet->lineage && sheet->lineage->documented) {
		sb_buf_text(sheet->out, "- trace of the build:");
		sb_sheet_digest(sheet, sheet->lineage->document);
		sb_buf_text(sheet->out, "\n");
	}
	for (size_t i = 0; i < result->artifact_count && i < SB_SHEET_ROWS; i++)
		output(sheet, &result->artifacts[i]);
	sb_sheet_rest(sheet, result->artifact_count);
	sb_buf_printf(sheet->out, "- verdict on the run: %s\n", sb_level_name(result->level));
}

static void place(struct sb_sheet *sheet, const struct sb_lineage_place *at)
{
	sb_buf_text(sheet->out, "    - ");
	if (at->part[0]) {
		sb_sheet_name(sheet, at->part);
		sb_buf_text(sheet->out, " ");
	}
	sb_buf_printf(sheet->out, "became bytes %" PRIu64 " to %" PRIu64, at->offset, at->offset + at->length);
	if (at->inside[0]) {
		sb_buf_text(sheet->out, " of ");
		sb_add_code_span(sheet->out, at->inside, SB_SHEET_NAME);
	}
	sb_buf_printf(sheet->out, ", %" PRIu64 " of them equal\n", at->equal);
}

static void prebuilt(struct sb_sheet *sheet, const struct sb_lineage_prebuilt *one)
{
	sb_buf_text(sheet->out, one->path[0] == '/' ? "- ready-made in the toolchain: " : "- ready-made in the drop: ");
	sb_sheet_name(sheet, one->path);
	sb_buf_text(sheet->out, ", ");
	sb_sheet_name(sheet, one->format);
	sb_sheet_digest(sheet, one->sha256);
	sb_buf_text(sheet->out, one->reached_count ? "; unverified input reaches the product:\n" : "; reaches no delivered file\n");
	for (size_t i = 0; i < one->reached_count && i < SB_SHEET_ROWS; i++) {
		const struct sb_lineage_reached *reached = &one->reached[i];
		sb_buf_text(sheet->out, "  - ");
		sb_sheet_name(sheet, reached->name);
		sb_buf_printf(sheet->out, ": %s%s\n", sb_inflow_words(reached->reach),
		              reached->reach != SB_INFLOW_DATA || reached->place_count ? "" :
		              reached->searched ? "; its bytes do not lie in it as they are" : "; not all of it could be searched");
		for (size_t k = 0; k < reached->place_count; k++)
			place(sheet, &reached->places[k]);
	}
	sb_sheet_rest(sheet, one->reached_count);
}

static void odd_outputs(struct sb_sheet *sheet)
{
	for (size_t i = 0; i < sheet->lineage->output_count && i < SB_SHEET_ROWS; i++) {
		const struct sb_lineage_output *output = &sheet->lineage->outputs[i];
		if (output->traced && !sb_is_sourceless(sheet->lineage, output))
			continue;
		sb_buf_text(sheet->out, output->traced ? "- made without any file of the source: " : "- nobody was seen to make ");
		sb_sheet_name(sheet, output->name);
		sb_buf_text(sheet->out, "\n");
	}
}

void sb_sheet_configuration(struct sb_sheet *sheet)
{
	const struct sb_lineage *lineage = sheet->lineage;

	sb_sheet_heading(sheet, "Configuration management");
	if (!lineage) {
		sb_sheet_unexamined(sheet, "there is no trace of the build");
		return;
	}
	sb_buf_text(sheet->out, "- ");
	sb_add_trust_sentence(lineage, sheet->out);
	sb_buf_text(sheet->out, "\n- ");
	sb_add_sources_sentence(lineage, sheet->out);
	sb_buf_text(sheet->out, "\n");
	if (lineage->unread_count)
		sb_buf_text(sheet->out, "- in the drop and never opened:\n");
	sb_sheet_names(sheet, lineage->unread, lineage->unread_count);
	if (lineage->copied_count)
		sb_buf_text(sheet->out, "- packaged as they are, never compiled:\n");
	sb_sheet_names(sheet, lineage->copied, lineage->copied_count);
	if (lineage->untold_count)
		sb_buf_text(sheet->out, "- it is not known whether these were read:\n");
	sb_sheet_names(sheet, lineage->untold, lineage->untold_count);
	for (size_t i = 0; i < lineage->prebuilt_count && i < SB_SHEET_ROWS; i++)
		prebuilt(sheet, &lineage->prebuilt[i]);
	sb_sheet_rest(sheet, lineage->prebuilt_count);
	odd_outputs(sheet);
}
