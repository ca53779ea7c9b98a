/* SPDX-License-Identifier: Apache-2.0 */
/* Which programs made it, and what of the machine they could see. */
#include "verifier/report/made.h"
#include "verifier/report/sheet.h"
#include "verifier/report/summary.h"
#include "verifier/report/writers.h"

#include <inttypes.h>
#include <string.h>

static void program(struct sb_sheet *sheet, const struct sb_lineage_program *one)
{
	sb_buf_printf(sheet->out, "- %s: ", sb_trade_name(one->trade));
	sb_sheet_name(sheet, one->path);
	if (one->hashed)
		sb_sheet_digest(sheet, one->sha256);
	if (one->package) {
		sb_buf_text(sheet->out, ", ");
		sb_sheet_name(sheet, one->package);
		sb_buf_text(sheet->out, " ");
		sb_sheet_name(sheet, one->version);
	} else {
		sb_buf_printf(sheet->out, ", of no package (%s)", sb_origin_name(one->origin));
	}
	sb_buf_printf(sheet->out, ", ran %" PRIu64 "×\n", one->runs);
}

static bool makes_programs(enum sb_trade trade)
{
	return trade == SB_TRADE_COMPILER || trade == SB_TRADE_ASSEMBLER || trade == SB_TRADE_LINKER || trade == SB_TRADE_ARCHIVER;
}

/* Whatever makes programs, and whatever no package brought. */
static void programs(struct sb_sheet *sheet)
{
	size_t shown = 0;

	for (size_t i = 0; i < sheet->lineage->program_count; i++) {
		const struct sb_lineage_program *one = &sheet->lineage->programs[i];
		if ((makes_programs(one->trade) || !one->package) && shown++ < SB_SHEET_ROWS)
			program(sheet, one);
	}
	sb_sheet_rest(sheet, shown);
}

static void packages(struct sb_sheet *sheet)
{
	const struct sb_lineage *lineage = sheet->lineage;
	size_t shown = 0;

	if (!lineage->declared)
		sb_sheet_unexamined(sheet, "the drop does not say which packages its toolchain consists of (toolchain.packages)");
	for (size_t i = 0; i < lineage->package_count; i++) {
		const struct sb_lineage_package *one = &lineage->packages[i];
		if (one->declared == SB_DECLARATION_YES || one->declared == SB_DECLARATION_NOTHING || shown++ >= SB_SHEET_ROWS)
			continue;
		sb_buf_printf(sheet->out, "- used and %s: ", sb_declaration_words(one->declared));
		sb_sheet_name(sheet, one->name);
		sb_buf_text(sheet->out, " ");
		sb_sheet_name(sheet, one->version);
		sb_buf_text(sheet->out, "\n");
	}
	sb_sheet_rest(sheet, shown);
	if (lineage->unused_count)
		sb_buf_text(sheet->out, "- declared, and nothing of it was used:\n");
	sb_sheet_names(sheet, lineage->unused, lineage->unused_count);
}

void sb_sheet_toolchain(struct sb_sheet *sheet)
{
	sb_sheet_heading(sheet, "Toolchain");
	if (!sheet->lineage) {
		sb_sheet_unexamined(sheet, "there is no trace of the build");
		return;
	}
	sb_buf_text(sheet->out, "- ");
	sb_add_toolchain_sentence(sheet->lineage, sheet->out);
	sb_buf_text(sheet->out, "\n");
	programs(sheet);
	packages(sheet);
	if (sheet->result->builds.present)
		sb_buf_printf(sheet->out, "- built %" PRIu64 " times, %zu files did not repeat\n", sheet->result->builds.count, sheet->result->builds.varied_count);
	else
		sb_sheet_unexamined(sheet, "whether the toolchain gives the same bytes twice (--repeat)");
}

static bool is_leak(enum sb_cause cause)
{
	return cause == SB_CAUSE_BUILD_PATH || cause == SB_CAUSE_USER || cause == SB_CAUSE_HOST || cause == SB_CAUSE_KERNEL || cause == SB_CAUSE_LOCALE ||
	       cause == SB_CAUSE_TIMEZONE;
}

static void leaks(struct sb_sheet *sheet)
{
	size_t shown = 0;

	for (size_t i = 0; i < sheet->result->finding_count; i++) {
		const struct sb_finding *finding = &sheet->result->findings[i];
		if (!is_leak(finding->cause) || shown++ >= SB_SHEET_ROWS)
			continue;
		sb_buf_printf(sheet->out, "- %s leaked into ", sb_cause_name(finding->cause));
		for (size_t k = 0; k < finding->where_count; k++) {
			sb_buf_text(sheet->out, k ? " › " : "");
			sb_sheet_name(sheet, finding->where[k]);
		}
		sb_buf_printf(sheet->out, " (%s)\n", finding->id);
	}
	sb_sheet_rest(sheet, shown);
	if (shown == 0)
		sb_buf_text(sheet->out, "- no path, user, host, kernel, locale or time zone explains a difference\n");
}

static void attempts(struct sb_sheet *sheet)
{
	const struct sb_lineage *lineage = sheet->lineage;

	for (size_t i = 0; i < lineage->attempt_count && i < SB_SHEET_ROWS; i++) {
		const struct sb_lineage_attempt *one = &lineage->attempts[i];
		sb_buf_text(sheet->out, "- ");
		sb_sheet_name(sheet, one->kind);
		sb_buf_text(sheet->out, " by ");
		sb_sheet_name(sheet, one->program);
		sb_buf_text(sheet->out, ": ");
		sb_add_code_span(sheet->out, one->text, SB_SHEET_NAME);
		sb_buf_printf(sheet->out, ", %" PRIu64 "×\n", one->count);
	}
	sb_sheet_rest(sheet, lineage->attempt_count);
	if (lineage->attempt_count == 0)
		sb_buf_text(sheet->out, "- no attempt at the network, the clock, randomness or facts of the host was seen\n");
}

static bool is_ownerless(const struct sb_lineage_input *input)
{
	return input->origin == SB_ORIGIN_TOOLCHAIN && !input->package;
}

/* How many inputs from @first on lie in its folder, those that a package owns left out of *count. */
static size_t end_of_folder(const struct sb_lineage *lineage, size_t first, size_t *count)
{
	const char *path = lineage->inputs[first].path;
	size_t folder = (size_t)(sb_path_base(path) - path), end = first;

	for (*count = 0; end < lineage->input_count; end++) {
		const struct sb_lineage_input *input = &lineage->inputs[end];
		if (input->origin != SB_ORIGIN_TOOLCHAIN || strncmp(input->path, path, folder) != 0 || strchr(input->path + folder, '/'))
			break;
		*count += !input->package;
	}
	return end;
}

static void ownerless_files(struct sb_sheet *sheet, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++) {
		if (!is_ownerless(&sheet->lineage->inputs[i]))
			continue;
		sb_buf_text(sheet->out, "- read outside the drop, of no package: ");
		sb_sheet_name(sheet, sheet->lineage->inputs[i].path);
		sb_buf_text(sheet->out, "\n");
	}
}

/* Those of a folder that has many (the package database, caches) on one line. */
static void ownerless(struct sb_sheet *sheet)
{
	enum { MANY = 4 };
	size_t shown = 0, end, count;

	for (size_t i = 0; i < sheet->lineage->input_count; i = end) {
		const char *path = sheet->lineage->inputs[i].path;
		end = i + 1;
		if (!is_ownerless(&sheet->lineage->inputs[i]))
			continue;
		end = end_of_folder(sheet->lineage, i, &count);
		if (shown++ >= SB_SHEET_ROWS)
			continue;
		if (count <= MANY) {
			ownerless_files(sheet, i, end);
			continue;
		}
		sb_buf_printf(sheet->out, "- read outside the drop, of no package: %zu files in ", count);
		sb_sheet_foreign(sheet, sb_span_of(path, (size_t)(sb_path_base(path) - path)));
		sb_buf_text(sheet->out, "\n");
	}
	sb_sheet_rest(sheet, shown);
}

static void walls(struct sb_sheet *sheet)
{
	const struct sb_properties *walls = &sheet->result->environment.walls;

	if (walls->count == 0)
		sb_sheet_unexamined(sheet, "nothing is known of the environment of the build");
	for (size_t i = 0; i < walls->count; i++) {
		if (!walls->items[i].value || strncmp(walls->items[i].value, "off", 3) != 0)
			continue;
		sb_buf_text(sheet->out, "- built without the wall ");
		sb_sheet_name(sheet, walls->items[i].name);
		sb_buf_text(sheet->out, ": ");
		sb_sheet_name(sheet, walls->items[i].value);
		sb_buf_text(sheet->out, "\n");
	}
}

void sb_sheet_environment(struct sb_sheet *sheet)
{
	sb_sheet_heading(sheet, "Build-environment hygiene");
	walls(sheet);
	leaks(sheet);
	if (!sheet->lineage) {
		sb_sheet_unexamined(sheet, "attempts at the network, the clock, randomness and the host: there is no trace of the build");
		return;
	}
	attempts(sheet);
	ownerless(sheet);
}
