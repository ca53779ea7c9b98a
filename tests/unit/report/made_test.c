/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "verifier/report/report.h"

#include <string.h>

TestSuite(made, .fini = no_leaks);

static const char *const unread[] = {"doc/`a`\n.txt"};
static const uint32_t numbers[] = {0, 1};
static const struct sb_lineage_input inputs[] = {
	{.path = "<b>.c", .origin = SB_ORIGIN_SOURCE},
	{.path = "/etc/odd", .origin = SB_ORIGIN_TOOLCHAIN},
};
static const struct sb_lineage_place places[] = {{.inside = "", .part = ".text", .from = 64, .offset = 4096, .length = 100, .equal = 92}};
static const struct sb_lineage_reached reached[] = {{.name = "bin", .reach = SB_INFLOW_DATA, .searched = true, .places = places, .place_count = 1}};
static const struct sb_lineage_prebuilt prebuilt[] = {{.path = "blob.o", .format = "ELF", .use = SB_USE_READ, .reached = reached, .reached_count = 1}};
static const struct sb_lineage_program programs[] = {
	{.path = "/usr/bin/ld", .trade = SB_TRADE_LINKER, .origin = SB_ORIGIN_TOOLCHAIN, .package = "binutils", .version = "2.40", .runs = 3},
	{.path = "tools/gen", .trade = SB_TRADE_OTHER, .origin = SB_ORIGIN_SOURCE, .runs = 1},
};
static const struct sb_lineage_attempt attempts[] = {{.kind = "network", .program = "/usr/bin/curl", .text = "connect 192.0.2.1 port 80", .count = 2}};

/** A run of one delivered file with a trace. */
struct sample {
	struct sb_lineage_output output;
	struct sb_lineage lineage;
	struct sb_delivery delivery;
	struct sb_artifact artifact;
	struct sb_result result;
};

static void prepare(struct sample *s)
{
	*s = (struct sample){.output = {.name = "bin", .built = "out/bin", .traced = true}, .delivery = {.name = "acme", .version = "1", .vendor = ""},
	                     .artifact = {.name = "bin", .level = SB_LEVEL_IDENTICAL, .shipped = {.kinds = SB_DIGEST_BOTH}, .rebuilt = {.kinds = SB_DIGEST_BOTH},
	                                  .members = 1}};
	s->output.inputs[SB_INFLOW_DATA] = (struct sb_lineage_list){numbers, 2};
	s->lineage = (struct sb_lineage){.trusted = true, .inputs = inputs, .input_count = 2, .outputs = &s->output, .output_count = 1, .prebuilt = prebuilt,
	                                 .prebuilt_count = 1, .sources = 3, .unread = unread, .unread_count = 1, .programs = programs, .program_count = 2,
	                                 .attempts = attempts, .attempt_count = 1};
	s->result = (struct sb_result){.tool_version = "0", .rules = "r", .level = SB_LEVEL_IDENTICAL, .artifacts = &s->artifact, .artifact_count = 1,
	                               .delivery = &s->delivery, .lineage = &s->lineage};
}

static struct sb_buf written(const struct sample *s, const char *format)
{
	const struct sb_report_options options = {.unicode = true};
	struct sb_buf out = {0};

	cr_assert_eq(sb_report_format_named(format)->write(&s->result, &options, &out, NULL), 0);
	sb_buf_add(&out, "", 1);
	cr_assert_not(out.bad);
	return out;
}

static void assert_has(const struct sb_buf *text, const char *const *words)
{
	for (; *words; words++)
		cr_assert_not_null(strstr(text->data, *words), "%s is not in %s", *words, text->data);
}

Test(made, hygiene_has_five_headings_with_evidence)
{
	static const char *const words[] = {
		"\n## End-to-end integrity\n", "\n## Configuration management\n", "\n## Component lifecycle\n", "\n## Toolchain\n", "\n## Build-environment hygiene\n",
		"2 of 3 source files were read", "doc/`a`\\x0a.txt", "unverified input reaches the product", "` .text ` became bytes 4096 to 4196, 92 of them equal",
		"linker: ` /usr/bin/ld `", "of no package (source), ran 1×", "` network ` by ` /usr/bin/curl `: ` connect 192.0.2.1 port 80 `, 2×",
		"of no package: ` /etc/odd `", "not examined: no earlier delivery", "not examined: the drop does not say which packages", NULL};
	struct sample s;
	prepare(&s);
	SB_BUF struct sb_buf text = written(&s, "hygiene");
	assert_has(&text, words);
}

Test(made, without_a_trace_nothing_is_said_to_be_fine)
{
	static const char *const words[] = {"not examined: there is no trace of the build", "not examined: attempts at the network", NULL};
	struct sample s;
	prepare(&s);
	s.result.lineage = NULL;
	SB_BUF struct sb_buf text = written(&s, "hygiene");
	assert_has(&text, words);
	cr_assert_null(strstr(text.data, "no attempt"));
	SB_BUF struct sb_buf html = written(&s, "html");
	cr_assert_null(strstr(html.data, "id=\"made\""));
}

Test(made, every_form_says_when_a_trace_must_not_be_trusted)
{
	static const char *const forms[] = {"text", "html", "hygiene", "markdown"};
	static const char *const reasons[] = {"read-unseen: a\\x0ab"};
	struct sample s;
	prepare(&s);
	s.lineage.trusted = false;
	s.lineage.reasons = reasons;
	s.lineage.reason_count = 1;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		SB_BUF struct sb_buf text = written(&s, forms[i]);
		cr_assert(strstr(text.data, "MUST NOT BE TRUSTED") || strstr(text.data, "must not be trusted"), "%s", forms[i]);
	}
}

Test(made, the_page_shows_what_each_file_was_made_of)
{
	static const char *const words[] = {"id=\"made\"", "Made of", "&lt;b&gt;.c", ".text", " at 4096, 100 bytes, 92 equal", "none: source", NULL};
	struct sample s;
	prepare(&s);
	SB_BUF struct sb_buf html = written(&s, "html");
	assert_has(&html, words);
	cr_assert_null(strstr(html.data, "<b>"));
	s.output.traced = false;
	SB_BUF struct sb_buf again = written(&s, "html");
	cr_assert_not_null(strstr(again.data, "nobody was seen to make it"));
}
