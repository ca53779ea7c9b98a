/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a delivery is built, in the five headings under which the oversight of such builds reports: docs/hygiene.md. Each line has its evidence; what was
 * not looked at says so in words. Foreign text stands in code spans, as in Markdown.
 */
#include "verifier/report/made.h"
#include "verifier/report/summary.h"
#include "verifier/report/writers.h"

#include <inttypes.h>
#include <string.h>

enum { ROWS_MOST = 200, NAME_MOST = 400 };

struct sheet {
	const struct sb_result *result;
	const struct sb_lineage *lineage; /* or NULL */
	struct sb_buf *out;
};

static void heading(struct sheet *sheet, const char *title)
{
	sb_buf_printf(sheet->out, "\n## %s\n\n", title);
}

static void unexamined(struct sheet *sheet, const char *what)
{
	sb_buf_printf(sheet->out, "- not examined: %s\n", what);
}

/* A code span that no foreign text can end. */
static void foreign(struct sheet *sheet, struct sb_span raw)
{
	SB_BUF struct sb_buf shown = {0};

	sb_escape(&shown, raw);
	sb_pass_failure(sheet->out, &shown);
	sb_add_code_span(sheet->out, shown.data ? shown.data : "", NAME_MOST);
}

static void name(struct sheet *sheet, const char *raw)
{
	foreign(sheet, sb_span_text(raw ? raw : ""));
}

static void digest(struct sheet *sheet, const uint8_t sha256[SB_SHA256_BYTES])
{
	sb_buf_text(sheet->out, " sha256 ");
	sb_buf_hex(sheet->out, sb_span_of(sha256, SB_SHA256_BYTES));
}

static void rest(struct sheet *sheet, size_t count)
{
	if (count > ROWS_MOST)
		sb_buf_printf(sheet->out, "  - shown %d of %zu, the rest in the JSON record\n", ROWS_MOST, count);
}

static void names(struct sheet *sheet, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count && i < ROWS_MOST; i++) {
		sb_buf_text(sheet->out, "  - ");
		name(sheet, list[i]);
		sb_buf_text(sheet->out, "\n");
	}
	rest(sheet, count);
}

static void inputs(struct sheet *sheet, const struct sb_delivery *delivery)
{
	sb_buf_text(sheet->out, "- drop manifest, canonical form:");
	digest(sheet, delivery->manifest);
	sb_buf_text(sheet->out, "\n");
	for (size_t i = 0; i < delivery->input_count && i < ROWS_MOST; i++) {
		sb_buf_text(sheet->out, "- source as delivered: ");
		name(sheet, delivery->inputs[i].name);
		digest(sheet, delivery->inputs[i].sha256);
		sb_buf_text(sheet->out, "\n");
	}
	rest(sheet, delivery->input_count);
}

static void output(struct sheet *sheet, const struct sb_artifact *artifact)
{
	sb_buf_text(sheet->out, "- delivered file: ");
	name(sheet, artifact->name);
	if (artifact->shipped.kinds & SB_DIGEST_SHA256)
		digest(sheet, artifact->shipped.sha256);
	sb_buf_printf(sheet->out, ", %s", sb_level_name(artifact->level));
	if (artifact->rebuilt.kinds & SB_DIGEST_SHA256) {
		sb_buf_text(sheet->out, "; rebuilt");
		digest(sheet, artifact->rebuilt.sha256);
	} else {
		sb_buf_text(sheet->out, "; never rebuilt");
	}
	sb_buf_text(sheet->out, "\n");
}

static void integrity(struct sheet *sheet)
{
	const struct sb_result *result = sheet->result;
	const char *root = sb_property_named(&result->environment.toolchain, "root"), *sha256 = sb_property_named(&result->environment.toolchain, "sha256");

	heading(sheet, "End-to-end integrity");
	if (result->delivery)
		inputs(sheet, result->delivery);
	else
		unexamined(sheet, "there is no drop, only two sides that were compared");
	if (root) {
		sb_buf_text(sheet->out, "- toolchain root: ");
		name(sheet, root);
		if (sha256)
			sb_buf_printf(sheet->out, " sha256 %s", sha256);
		sb_buf_text(sheet->out, sha256 ? "\n" : ", which no digest pins\n");
	}
	if (sheet->lineage && sheet->lineage->documented) {
		sb_buf_text(sheet->out, "- trace of the build:");
		digest(sheet, sheet->lineage->document);
		sb_buf_text(sheet->out, "\n");
	}
	for (size_t i = 0; i < result->artifact_count && i < ROWS_MOST; i++)
		output(sheet, &result->artifacts[i]);
	rest(sheet, result->artifact_count);
	sb_buf_printf(sheet->out, "- verdict on the run: %s\n", sb_level_name(result->level));
}

static void place(struct sheet *sheet, const struct sb_lineage_place *at)
{
	sb_buf_text(sheet->out, "    - ");
	if (at->part[0]) {
		name(sheet, at->part);
		sb_buf_text(sheet->out, " ");
	}
	sb_buf_printf(sheet->out, "became bytes %" PRIu64 " to %" PRIu64, at->offset, at->offset + at->length);
	if (at->inside[0]) {
		sb_buf_text(sheet->out, " of ");
		sb_add_code_span(sheet->out, at->inside, NAME_MOST);
	}
	sb_buf_printf(sheet->out, ", %" PRIu64 " of them equal\n", at->equal);
}

static void prebuilt(struct sheet *sheet, const struct sb_lineage_prebuilt *one)
{
	sb_buf_text(sheet->out, one->path[0] == '/' ? "- ready-made in the toolchain: " : "- ready-made in the drop: ");
	name(sheet, one->path);
	sb_buf_text(sheet->out, ", ");
	name(sheet, one->format);
	digest(sheet, one->sha256);
	sb_buf_text(sheet->out, one->reached_count ? "; unverified input reaches the product:\n" : "; reaches no delivered file\n");
	for (size_t i = 0; i < one->reached_count && i < ROWS_MOST; i++) {
		const struct sb_lineage_reached *reached = &one->reached[i];
		sb_buf_text(sheet->out, "  - ");
		name(sheet, reached->name);
		sb_buf_printf(sheet->out, ": %s%s\n", sb_inflow_words(reached->reach),
		              reached->reach != SB_INFLOW_DATA || reached->place_count ? "" :
		              reached->searched ? "; its bytes do not lie in it as they are" : "; not all of it could be searched");
		for (size_t k = 0; k < reached->place_count; k++)
			place(sheet, &reached->places[k]);
	}
	rest(sheet, one->reached_count);
}

static void odd_outputs(struct sheet *sheet)
{
	for (size_t i = 0; i < sheet->lineage->output_count && i < ROWS_MOST; i++) {
		const struct sb_lineage_output *output = &sheet->lineage->outputs[i];
		if (output->traced && !sb_is_sourceless(sheet->lineage, output))
			continue;
		sb_buf_text(sheet->out, output->traced ? "- made without any file of the source: " : "- nobody was seen to make ");
		name(sheet, output->name);
		sb_buf_text(sheet->out, "\n");
	}
}

static void configuration(struct sheet *sheet)
{
	const struct sb_lineage *lineage = sheet->lineage;

	heading(sheet, "Configuration management");
	if (!lineage) {
		unexamined(sheet, "there is no trace of the build");
		return;
	}
	sb_buf_text(sheet->out, "- ");
	sb_add_trust_sentence(lineage, sheet->out);
	sb_buf_text(sheet->out, "\n- ");
	sb_add_sources_sentence(lineage, sheet->out);
	sb_buf_text(sheet->out, "\n");
	if (lineage->unread_count)
		sb_buf_text(sheet->out, "- in the drop and never opened:\n");
	names(sheet, lineage->unread, lineage->unread_count);
	if (lineage->copied_count)
		sb_buf_text(sheet->out, "- packaged as they are, never compiled:\n");
	names(sheet, lineage->copied, lineage->copied_count);
	if (lineage->untold_count)
		sb_buf_text(sheet->out, "- it is not known whether these were read:\n");
	names(sheet, lineage->untold, lineage->untold_count);
	for (size_t i = 0; i < lineage->prebuilt_count && i < ROWS_MOST; i++)
		prebuilt(sheet, &lineage->prebuilt[i]);
	rest(sheet, lineage->prebuilt_count);
	odd_outputs(sheet);
}

static void lifecycle(struct sheet *sheet)
{
	heading(sheet, "Component lifecycle");
	if (sheet->result->previous.present) {
		sb_buf_text(sheet->out, "- ");
		sb_add_previous_sentence(&sheet->result->previous, sheet->out);
		sb_buf_text(sheet->out, "\n");
	} else {
		unexamined(sheet, "no earlier delivery was given to compare with");
	}
	unexamined(sheet, "versions and support of third-party components (that is the census)");
}

static void program(struct sheet *sheet, const struct sb_lineage_program *one)
{
	sb_buf_printf(sheet->out, "- %s: ", sb_trade_name(one->trade));
	name(sheet, one->path);
	if (one->hashed)
		digest(sheet, one->sha256);
	if (one->package) {
		sb_buf_text(sheet->out, ", ");
		name(sheet, one->package);
		sb_buf_text(sheet->out, " ");
		name(sheet, one->version);
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
static void programs(struct sheet *sheet)
{
	size_t shown = 0;

	for (size_t i = 0; i < sheet->lineage->program_count; i++) {
		const struct sb_lineage_program *one = &sheet->lineage->programs[i];
		if ((makes_programs(one->trade) || !one->package) && shown++ < ROWS_MOST)
			program(sheet, one);
	}
	rest(sheet, shown);
}

static void packages(struct sheet *sheet)
{
	const struct sb_lineage *lineage = sheet->lineage;
	size_t shown = 0;

	if (!lineage->declared)
		unexamined(sheet, "the drop does not say which packages its toolchain consists of (toolchain.packages)");
	for (size_t i = 0; i < lineage->package_count; i++) {
		const struct sb_lineage_package *one = &lineage->packages[i];
		if (one->declared == SB_DECLARATION_YES || one->declared == SB_DECLARATION_NOTHING || shown++ >= ROWS_MOST)
			continue;
		sb_buf_printf(sheet->out, "- used and %s: ", sb_declaration_words(one->declared));
		name(sheet, one->name);
		sb_buf_text(sheet->out, " ");
		name(sheet, one->version);
		sb_buf_text(sheet->out, "\n");
	}
	rest(sheet, shown);
	if (lineage->unused_count)
		sb_buf_text(sheet->out, "- declared, and nothing of it was used:\n");
	names(sheet, lineage->unused, lineage->unused_count);
}

static void toolchain(struct sheet *sheet)
{
	heading(sheet, "Toolchain");
	if (!sheet->lineage) {
		unexamined(sheet, "there is no trace of the build");
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
		unexamined(sheet, "whether the toolchain gives the same bytes twice (--repeat)");
}

static bool is_leak(enum sb_cause cause)
{
	return cause == SB_CAUSE_BUILD_PATH || cause == SB_CAUSE_USER || cause == SB_CAUSE_HOST || cause == SB_CAUSE_KERNEL || cause == SB_CAUSE_LOCALE ||
	       cause == SB_CAUSE_TIMEZONE;
}

static void leaks(struct sheet *sheet)
{
	size_t shown = 0;

	for (size_t i = 0; i < sheet->result->finding_count; i++) {
		const struct sb_finding *finding = &sheet->result->findings[i];
		if (!is_leak(finding->cause) || shown++ >= ROWS_MOST)
			continue;
		sb_buf_printf(sheet->out, "- %s leaked into ", sb_cause_name(finding->cause));
		for (size_t k = 0; k < finding->where_count; k++) {
			sb_buf_text(sheet->out, k ? " › " : "");
			name(sheet, finding->where[k]);
		}
		sb_buf_printf(sheet->out, " (%s)\n", finding->id);
	}
	rest(sheet, shown);
	if (shown == 0)
		sb_buf_text(sheet->out, "- no path, user, host, kernel, locale or time zone explains a difference\n");
}

static void attempts(struct sheet *sheet)
{
	const struct sb_lineage *lineage = sheet->lineage;

	for (size_t i = 0; i < lineage->attempt_count && i < ROWS_MOST; i++) {
		const struct sb_lineage_attempt *one = &lineage->attempts[i];
		sb_buf_text(sheet->out, "- ");
		name(sheet, one->kind);
		sb_buf_text(sheet->out, " by ");
		name(sheet, one->program);
		sb_buf_text(sheet->out, ": ");
		sb_add_code_span(sheet->out, one->text, NAME_MOST);
		sb_buf_printf(sheet->out, ", %" PRIu64 "×\n", one->count);
	}
	rest(sheet, lineage->attempt_count);
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

static void ownerless_files(struct sheet *sheet, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++) {
		if (!is_ownerless(&sheet->lineage->inputs[i]))
			continue;
		sb_buf_text(sheet->out, "- read outside the drop, of no package: ");
		name(sheet, sheet->lineage->inputs[i].path);
		sb_buf_text(sheet->out, "\n");
	}
}

/* Those of a folder that has many (the package database, caches) on one line. */
static void ownerless(struct sheet *sheet)
{
	enum { MANY = 4 };
	size_t shown = 0, end, count;

	for (size_t i = 0; i < sheet->lineage->input_count; i = end) {
		const char *path = sheet->lineage->inputs[i].path;
		end = i + 1;
		if (!is_ownerless(&sheet->lineage->inputs[i]))
			continue;
		end = end_of_folder(sheet->lineage, i, &count);
		if (shown++ >= ROWS_MOST)
			continue;
		if (count <= MANY) {
			ownerless_files(sheet, i, end);
			continue;
		}
		sb_buf_printf(sheet->out, "- read outside the drop, of no package: %zu files in ", count);
		foreign(sheet, sb_span_of(path, (size_t)(sb_path_base(path) - path)));
		sb_buf_text(sheet->out, "\n");
	}
	rest(sheet, shown);
}

static void walls(struct sheet *sheet)
{
	const struct sb_properties *walls = &sheet->result->environment.walls;

	if (walls->count == 0)
		unexamined(sheet, "nothing is known of the environment of the build");
	for (size_t i = 0; i < walls->count; i++) {
		if (!walls->items[i].value || strncmp(walls->items[i].value, "off", 3) != 0)
			continue;
		sb_buf_text(sheet->out, "- built without the wall ");
		name(sheet, walls->items[i].name);
		sb_buf_text(sheet->out, ": ");
		name(sheet, walls->items[i].value);
		sb_buf_text(sheet->out, "\n");
	}
}

static void environment(struct sheet *sheet)
{
	heading(sheet, "Build-environment hygiene");
	walls(sheet);
	leaks(sheet);
	if (!sheet->lineage) {
		unexamined(sheet, "attempts at the network, the clock, randomness and the host: there is no trace of the build");
		return;
	}
	attempts(sheet);
	ownerless(sheet);
}

static int write_hygiene(const struct sb_result *result, const struct sb_report_options *options, struct sb_buf *out, struct sb_err *err)
{
	struct sheet sheet = {.result = result, .lineage = result->lineage, .out = out};

	(void)options;
	sb_buf_text(out, "# Build hygiene");
	if (result->delivery) {
		sb_buf_text(out, ": ");
		name(&sheet, result->delivery->name);
		sb_buf_text(out, " ");
		name(&sheet, result->delivery->version);
	}
	sb_buf_text(out, "\n");
	integrity(&sheet);
	configuration(&sheet);
	lifecycle(&sheet);
	toolchain(&sheet);
	environment(&sheet);
	return sb_buf_ok(out, err);
}

const struct sb_report_format sb_report_hygiene = {
	.name = "hygiene",
	.media_type = "text/markdown; charset=utf-8",
	.summary = "how it is built, in five headings, each line with its evidence",
	.write = write_hygiene,
};
