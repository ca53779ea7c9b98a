/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JUnit XML as Ant wrote it, the form that GitLab, Jenkins and their like read: a test case for each file. Below `explained` it has failed,
 * undetermined is an error, and nothing is ever skipped. No times but the build's: the same record gives the same bytes.
 */
#include "verifier/report/groups.h"
#include "verifier/report/summary.h"
#include "verifier/report/writers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAME_MOST = 4096, LISTED_MOST = 10 };

struct suite {
	const struct sb_result *result;
	const size_t *by_artifact;
	struct sb_buf *out;
};

static const char *control(const struct sb_result *result, const char *name)
{
	const struct sb_properties *controls = &result->environment.controls;

	for (size_t i = 0; i < controls->count; i++)
		if (strcmp(controls->items[i].name, name) == 0)
			return controls->items[i].value;
	return NULL;
}

/* The epoch of the build as the schema wants it, without a zone; 1970 where nothing was built. */
static void add_timestamp(const struct sb_result *result, struct sb_buf *out)
{
	const char *text = control(result, "epoch");
	uint64_t epoch = 0;
	struct tm at;
	char shown[32] = "1970-01-01T00:00:00";

	if (text && sb_text_uint(sb_span_text(text), &epoch) && epoch < UINT64_C(253402300800)) {
		time_t seconds = (time_t)epoch;
		if (gmtime_r(&seconds, &at))
			strftime(shown, sizeof shown, "%Y-%m-%dT%H:%M:%S", &at);
	}
	sb_buf_text(out, shown);
}

static void add_finding(struct suite *suite, const struct sb_finding *finding)
{
	SB_BUF struct sb_buf line = {0};

	sb_buf_printf(&line, "%s: ", sb_severity_name(finding->severity));
	sb_add_way(finding, " › ", &line);
	sb_buf_printf(&line, ": %s [%s, %s]\n", finding->note, sb_cause_name(finding->cause), sb_rule_name(finding->rule));
	sb_pass_failure(suite->out, &line);
	sb_add_markup(suite->out, line.data ? line.data : "");
}

static void add_findings(struct suite *suite, const struct sb_artifact *artifact)
{
	size_t count, shown = 0, primary = 0;
	const size_t *of = sb_findings_of(suite->result, suite->by_artifact, artifact->name, &count);

	for (size_t i = 0; i < count; i++) {
		const struct sb_finding *finding = &suite->result->findings[of[i]];
		primary += finding->primary;
		if (finding->primary && shown < LISTED_MOST) {
			add_finding(suite, finding);
			shown++;
		}
	}
	if (primary > shown)
		sb_buf_printf(suite->out, "shown %zu of %zu, the rest in the JSON record\n", shown, primary);
}

static void add_verdict(struct suite *suite, const struct sb_artifact *artifact)
{
	const char *element = artifact->level == SB_LEVEL_UNDETERMINED ? "error" : "failure", *level = sb_level_name(artifact->level);

	sb_buf_printf(suite->out, "<%s type=\"%s\" message=\"%s: %s\">", element, level, level, sb_level_meaning(artifact->level));
	add_findings(suite, artifact);
	sb_buf_printf(suite->out, "</%s>", element);
}

static void add_case(struct suite *suite, const struct sb_artifact *artifact)
{
	sb_buf_text(suite->out, "<testcase classname=\"samebuild\" time=\"0\" name=\"");
	sb_add_foreign(suite->out, artifact->name, NAME_MOST);
	sb_buf_text(suite->out, "\">");
	if (!sb_level_passes(artifact->level))
		add_verdict(suite, artifact);
	sb_buf_text(suite->out, "</testcase>\n");
}

static void add_properties(struct suite *suite)
{
	const struct sb_result *result = suite->result;

	sb_buf_printf(suite->out, "<properties>\n<property name=\"level\" value=\"%s\"/>\n", sb_level_name(result->level));
	sb_buf_printf(suite->out, "<property name=\"findings\" value=\"%" PRIu64 "\"/>\n", result->finding_count + result->findings_left_out);
	if (result->installed.present)
		sb_buf_printf(suite->out, "<property name=\"deviates\" value=\"%s\"/>\n", sb_deviant_name(result->installed.deviates));
	for (unsigned pairing = 0; result->installed.present && pairing < SB_PAIRINGS; pairing++)
		sb_buf_printf(suite->out, "<property name=\"level of the pair %s\" value=\"%s\"/>\n", sb_pairing_name((enum sb_pairing)pairing),
		              sb_level_name(result->installed.level[pairing]));
	if (result->previous.present) {
		sb_buf_text(suite->out, "<property name=\"previous\" value=\"");
		sb_add_previous_sentence(&result->previous, suite->out);
		sb_buf_text(suite->out, "\"/>\n");
	}
	for (size_t i = 0; i < result->artifact_count; i++) {
		sb_buf_text(suite->out, "<property name=\"level of ");
		sb_add_foreign(suite->out, result->artifacts[i].name, NAME_MOST);
		sb_buf_printf(suite->out, "\" value=\"%s\"/>\n", sb_level_name(result->artifacts[i].level));
	}
	sb_buf_text(suite->out, "</properties>\n");
}

/** How many test cases have which end. */
struct ends {
	size_t tests, failures, errors;
};

static void count_end(struct ends *ends, enum sb_level level)
{
	ends->tests++;
	ends->errors += level == SB_LEVEL_UNDETERMINED;
	ends->failures += level != SB_LEVEL_UNDETERMINED && !sb_level_passes(level);
}

static void add_pair(struct suite *suite, enum sb_pairing pairing, enum sb_level level)
{
	const char *element = level == SB_LEVEL_UNDETERMINED ? "error" : "failure";

	sb_buf_printf(suite->out, "<testcase classname=\"samebuild\" time=\"0\" name=\"%s\">", sb_pairing_words(pairing));
	if (!sb_level_passes(level))
		sb_buf_printf(suite->out, "<%s type=\"%s\" message=\"%s: %s\"></%s>", element, sb_level_name(level), sb_level_name(level), sb_level_meaning(level), element);
	sb_buf_text(suite->out, "</testcase>\n");
}

static void add_suite(struct suite *suite)
{
	const struct sb_result *result = suite->result;
	struct ends ends = {0};
	bool equal = result->equal.present && result->equal.files;

	for (size_t i = 0; i < result->artifact_count; i++)
		count_end(&ends, result->artifacts[i].level);
	for (unsigned pairing = 0; result->installed.present && pairing < SB_PAIRINGS; pairing++)
		count_end(&ends, result->installed.level[pairing]);
	if (equal)
		count_end(&ends, SB_LEVEL_IDENTICAL);
	/* A run in which nothing was compared has no file that could fail for it. */
	bool nothing = ends.tests == 0;
	if (nothing)
		count_end(&ends, SB_LEVEL_UNDETERMINED);
	sb_buf_printf(suite->out, "<testsuite id=\"0\" package=\"samebuild\" name=\"samebuild\" hostname=\"localhost\" time=\"0\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" timestamp=\"",
	              ends.tests, ends.failures, ends.errors);
	add_timestamp(result, suite->out);
	sb_buf_text(suite->out, "\">\n");
	add_properties(suite);
	for (size_t i = 0; i < result->artifact_count; i++)
		add_case(suite, &result->artifacts[i]);
	for (unsigned pairing = 0; result->installed.present && pairing < SB_PAIRINGS; pairing++)
		add_pair(suite, (enum sb_pairing)pairing, result->installed.level[pairing]);
	if (equal)
		sb_buf_printf(suite->out, "<testcase classname=\"samebuild\" time=\"0\" name=\"%" PRIu64 " equal files\"></testcase>\n", result->equal.files);
	if (nothing)
		sb_buf_text(suite->out, "<testcase classname=\"samebuild\" time=\"0\" name=\"nothing was compared\"><error type=\"undetermined\" message=\"nothing was compared\"></error></testcase>\n");
	sb_buf_text(suite->out, "<system-out></system-out>\n<system-err></system-err>\n</testsuite>\n");
}

static int write_junit(const struct sb_result *result, const struct sb_report_options *options, struct sb_buf *out, struct sb_err *err)
{
	SB_FREEING size_t *sorted = sb_findings_by_artifact(result);
	struct suite suite = {.result = result, .by_artifact = sorted, .out = out};

	(void)options;
	if (!sorted)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sb_buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
	add_suite(&suite);
	sb_buf_text(out, "</testsuites>\n");
	return sb_buf_ok(out, err);
}

const struct sb_report_format sb_report_junit = {
	.name = "junit",
	.media_type = "application/xml",
	.summary = "JUnit XML, a test case for each file",
	.write = write_junit,
};
