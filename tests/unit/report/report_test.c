/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "verifier/report/report.h"

#include <string.h>

TestSuite(report, .fini = no_leaks);

enum { MANY = 25 };

/** A result with up to MANY artifacts and findings, all alike. */
struct sample {
	struct sb_artifact artifacts[MANY];
	struct sb_finding findings[MANY];
	const char *where[2];
	struct sb_result result;
};

/* Whatever it says: a form of its own, which is never looked into. */
static const char graph[] = "graph graph graph graph graph graph graph graph graph graph graph graph graph graph graph graph graph graph graph graph "
                            "graph graph graph graph graph graph graph graph graph graph graph graph graph graph graph graph graph graph graph graph";

static void prepare(struct sample *sample, size_t artifacts, size_t findings)
{
	*sample = (struct sample){.where = {"file", "part"}};
	for (size_t i = 0; i < artifacts; i++)
		sample->artifacts[i] = (struct sb_artifact){.name = "file", .level = SB_LEVEL_DIFFERENT, .coverage = {8, 4, 0, 4, 0}, .members = 1};
	for (size_t i = 0; i < findings; i++)
		sample->findings[i] = (struct sb_finding){.id = "f1", .artifact = "file", .where = sample->where, .where_count = 2, .kind = "bytes", .primary = true,
		                                          .severity = SB_SEVERITY_MAJOR, .note = "something differs"};
	sample->result = (struct sb_result){.tool_version = "0", .rules = "r", .level = SB_LEVEL_DIFFERENT, .artifacts = sample->artifacts,
	                                    .artifact_count = artifacts, .findings = sample->findings, .finding_count = findings,
	                                    .trace_document = sb_span_text(graph)};
}

/* The text of a writer; released by the caller. */
static struct sb_buf written(const struct sample *sample, const char *format, struct sb_report_options options)
{
	struct sb_buf out = {0};

	cr_assert_eq(sb_report_format_named(format)->write(&sample->result, &options, &out, NULL), 0);
	sb_buf_add(&out, "", 1);
	cr_assert_not(out.bad);
	return out;
}

static bool has(const struct sb_buf *text, const char *word)
{
	return strstr((const char *)text->data, word) != NULL;
}

static size_t times(const struct sb_buf *text, const char *word)
{
	size_t n = 0;
	for (const char *at = (const char *)text->data; (at = strstr(at, word)); at++)
		n++;
	return n;
}

Test(report, formats_are_found_by_their_names_and_by_no_other)
{
	size_t count;
	const struct sb_report_format *const *formats = sb_report_formats(&count);

	cr_assert_geq(count, 2);
	for (size_t i = 0; i < count; i++) {
		cr_assert_eq(sb_report_format_named(formats[i]->name), formats[i]);
		cr_assert(formats[i]->media_type && formats[i]->summary && formats[i]->write);
	}
	cr_assert_null(sb_report_format_named(""));
	cr_assert_null(sb_report_format_named("TEXT"));
	cr_assert_null(sb_report_format_named("jso"));
}

Test(report, a_zeroed_result_is_shown_as_undecided)
{
	struct sample sample = {.result = {.tool_version = "0", .rules = ""}};
	struct sb_buf text = written(&sample, "text", (struct sb_report_options){0});

	cr_assert(has(&text, "none was compared") && has(&text, "level     undetermined"), "%s", (const char *)text.data);
	cr_assert_not(has(&text, "identical"));
	sb_buf_release(&text);
}

Test(report, nothing_is_cut_without_being_counted)
{
	struct sample sample;
	prepare(&sample, MANY, MANY);
	struct sb_buf text = written(&sample, "text", (struct sb_report_options){0});

	cr_assert(has(&text, "shown 10 of 25"), "%s", (const char *)text.data);
	cr_assert(has(&text, "and 15 more files below identical"), "%s", (const char *)text.data);
	cr_assert_eq(times(&text, "something differs"), 10);
	sb_buf_release(&text);
	text = written(&sample, "text", (struct sb_report_options){.most_findings = 3});
	cr_assert(has(&text, "shown 3 of 25"));
	sb_buf_release(&text);
	sample.result.findings_left_out = 100;
	text = written(&sample, "text", (struct sb_report_options){.most_findings = MANY});
	cr_assert(has(&text, "shown 25 of 125"), "%s", (const char *)text.data);
	sb_buf_release(&text);
}

Test(report, every_level_has_its_word_with_and_without_symbols_and_colours)
{
	for (unsigned level = 0; level < SB_LEVELS; level++) {
		struct sample sample;
		prepare(&sample, 1, 0);
		sample.result.level = sample.artifacts[0].level = (enum sb_level)level;
		for (unsigned dress = 0; dress < 4; dress++) {
			struct sb_report_options options = {.colour = dress & 1, .unicode = dress & 2};
			struct sb_buf text = written(&sample, "text", options);
			cr_assert_eq(times(&text, sb_level_name((enum sb_level)level)), 3, "%s", (const char *)text.data);
			cr_assert_eq(has(&text, "\033["), options.colour);
			sb_buf_release(&text);
		}
	}
}

Test(report, foreign_names_are_escaped)
{
	struct sample sample;
	prepare(&sample, 1, 1);
	sample.artifacts[0].name = sample.where[0] = "\033[31m\xe2\x80\xae\n\xff";
	sample.where[1] = "two\nlines";
	struct sb_buf text = written(&sample, "text", (struct sb_report_options){.unicode = true});

	cr_assert_not(has(&text, "\033") || has(&text, "\xe2\x80\xae") || has(&text, "\xff") || has(&text, "two\nlines"), "%s", (const char *)text.data);
	cr_assert(has(&text, "\\x1b[31m") && has(&text, "two\\x0alines"), "%s", (const char *)text.data);
	sb_buf_release(&text);
}

Test(report, a_hint_is_never_shown_as_proof)
{
	struct sample sample;
	prepare(&sample, 1, 2);
	sample.findings[0].cause = sample.findings[1].cause = SB_CAUSE_TIMESTAMP;
	sample.findings[0].rule = SB_RULE_HINT;
	sample.findings[1].rule = SB_RULE_STRUCTURAL;
	struct sb_buf text = written(&sample, "text", (struct sb_report_options){0});

	cr_assert_eq(times(&text, "[probably timestamp, not proven]"), 1, "%s", (const char *)text.data);
	cr_assert_eq(times(&text, "[timestamp, structural]"), 1, "%s", (const char *)text.data);
	sb_buf_release(&text);
}

Test(report, findings_that_follow_from_others_are_folded_and_counted)
{
	struct sample sample;
	prepare(&sample, 1, 3);
	sample.findings[1].primary = sample.findings[2].primary = false;
	struct sb_buf text = written(&sample, "text", (struct sb_report_options){0});

	cr_assert_eq(times(&text, "something differs"), 1);
	cr_assert(has(&text, "shown 1 of 3; 2 that follow"), "%s", (const char *)text.data);
	sb_buf_release(&text);
}

Test(report, json_is_the_record_and_one_newline)
{
	struct sample sample;
	SB_BUF struct sb_buf record = {0};
	SB_BUF struct sb_buf out = {0};
	const struct sb_report_options options = {.colour = true, .unicode = true};

	prepare(&sample, 2, 3);
	cr_assert_eq(sb_record_write(&sample.result, &record, NULL), 0);
	cr_assert_eq(sb_report_format_named("json")->write(&sample.result, &options, &out, NULL), 0);
	cr_assert_eq(out.len, record.len + 1);
	cr_assert_arr_eq(out.data, record.data, record.len);
	cr_assert_eq(out.data[record.len], '\n');
}

Test(report, a_full_buffer_is_an_error_and_no_shorter_report)
{
	size_t count;
	const struct sb_report_format *const *formats = sb_report_formats(&count);
	const struct sb_report_options options = {0};
	struct sample sample;

	prepare(&sample, MANY, MANY);
	for (size_t i = 0; i < count; i++) {
		SB_BUF struct sb_buf small = {.ceiling = 100};
		struct sb_err err = {0};
		cr_assert_neq(formats[i]->write(&sample.result, &options, &small, &err), 0, "%s", formats[i]->name);
		cr_assert_not_null(err.id);
	}
}

Test(report, every_form_of_a_zeroed_result_says_undetermined)
{
	struct sample sample = {.result = {.tool_version = "0", .rules = ""}};
	size_t count;
	const struct sb_report_format *const *formats = sb_report_formats(&count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(formats[i]->name, "trace") == 0)
			continue; /* the graph of a build has no verdict in it */
		struct sb_buf text = written(&sample, formats[i]->name, (struct sb_report_options){0});
		cr_assert(has(&text, "undetermined") || strcmp(formats[i]->name, "codequality") == 0, "%s", formats[i]->name);
		sb_buf_release(&text);
	}
}

Test(report, a_form_that_outgrows_its_buffer_is_an_error_whatever_the_place)
{
	struct sample sample;
	size_t count;
	const struct sb_report_format *const *formats = sb_report_formats(&count);

	prepare(&sample, MANY, MANY);
	for (size_t i = 0; i < count; i++) {
		for (size_t ceiling = 1; ceiling < 200; ceiling += 3) {
			struct sb_buf out = {.ceiling = ceiling};
			struct sb_err err = {0};
			cr_assert_eq(formats[i]->write(&sample.result, &(struct sb_report_options){0}, &out, &err), SB_LIMIT, "%s at %zu", formats[i]->name, ceiling);
			sb_buf_release(&out);
		}
	}
}

Test(report, a_run_without_a_trace_document_has_no_such_form)
{
	struct sample sample = {.result = {.tool_version = "0", .rules = ""}};
	struct sb_report_options options = {0};
	struct sb_err err = {0};
	SB_BUF struct sb_buf out = {0};
	cr_assert_eq(sb_report_format_named("trace")->write(&sample.result, &options, &out, &err), SB_ABSENT);
	cr_assert_str_eq(err.id, "trace-absent");
	cr_assert_eq(out.len, 0);
}
