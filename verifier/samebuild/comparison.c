/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/samebuild/library.h"

#include "manifests/manifests.h"
#include "verifier/report/report.h"

#include <stdlib.h>

static int read_facts(const struct samebuild_compare_options *options, struct samebuild_comparison *to, struct sb_err *err)
{
	to->facts = SB_FACTS_NONE;
	if (!options->facts)
		return 0;
	return sb_facts_read(sb_span_text(options->facts), options->facts_name ? options->facts_name : "facts", to->arena, &to->facts, err);
}

static int open_both(const char *shipped, const char *rebuilt, const struct samebuild_compare_options *options, struct samebuild_comparison *to,
                     struct sb_err *err)
{
	if (!(to->arena = sb_arena_new(0)))
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = read_facts(options, to, err);
	if (!rc)
		rc = sb_compare_open_paths(shipped, rebuilt, options->metadata, options->jobs, &to->session->progress.progress, &to->paths, err);
	to->paths.in.parsers = to->session->parsers;
	return rc;
}

static int open_comparison(struct samebuild *session, const char *shipped, const char *rebuilt, const struct samebuild_compare_options *options,
                           struct samebuild_comparison **out, struct sb_err *err)
{
	if (options->size != sizeof *options)
		return sb_fail(err, SB_USAGE, "library-options", "options of %zu bytes, %zu are known", options->size, sizeof *options);
	struct samebuild_comparison *comparison = calloc(1, sizeof *comparison);
	if (!comparison)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	comparison->session = session;
	int rc = open_both(shipped, rebuilt, options, comparison, err);
	if (rc)
		samebuild_close(&comparison);
	else
		*out = comparison;
	return rc;
}

int samebuild_open(struct samebuild *session, const char *shipped, const char *rebuilt, const struct samebuild_compare_options *options,
                   struct samebuild_comparison **out, struct samebuild_error *error)
{
	const struct samebuild_compare_options usual = {.size = sizeof usual};
	struct sb_err err = {0};

	int rc = open_comparison(session, shipped, rebuilt, options ? options : &usual, out, &err);
	return rc ? sb_library_fail(&err, error) : 0;
}

int samebuild_run(struct samebuild_comparison *comparison, struct samebuild_error *error)
{
	struct sb_err err = {0};
	int rc = comparison->tried ? sb_fail(&err, SB_USAGE, "library-order", "the comparison ran before") : 0;

	comparison->tried = true;
	if (!rc)
		rc = sb_pipeline_compare(&comparison->paths.in, &comparison->facts, comparison->arena, &comparison->result, &err);
	if (rc)
		return sb_library_fail(&err, error);
	comparison->ran = true;
	return 0;
}

enum samebuild_level samebuild_level(const struct samebuild_comparison *comparison)
{
	return comparison->ran ? (enum samebuild_level)comparison->result.level : SAMEBUILD_UNDETERMINED;
}

static int write_report(struct samebuild_comparison *comparison, const char *format, struct sb_err *err)
{
	const struct sb_report_options options = {.unicode = true};
	const struct sb_report_format *row = sb_report_format_named(format);

	if (!comparison->ran)
		return sb_fail(err, SB_USAGE, "library-order", "the comparison has not run");
	if (!row)
		return sb_fail(err, SB_USAGE, "report-format", "there is no format %s", format);
	sb_buf_release(&comparison->text);
	return row->write(&comparison->result, &options, &comparison->text, err);
}

int samebuild_report(struct samebuild_comparison *comparison, const char *format, const char **text, size_t *length, struct samebuild_error *error)
{
	struct sb_err err = {0};

	int rc = write_report(comparison, format, &err);
	if (rc)
		return sb_library_fail(&err, error);
	*text = comparison->text.data;
	if (length)
		*length = comparison->text.len;
	return 0;
}

void samebuild_close(struct samebuild_comparison **comparison)
{
	if (!*comparison)
		return;
	sb_compare_close_paths(&(*comparison)->paths);
	sb_buf_release(&(*comparison)->text);
	sb_arena_free(&(*comparison)->arena);
	free(*comparison);
	*comparison = NULL;
}

const struct sb_result *sb_samebuild_result(const struct samebuild_comparison *comparison)
{
	return comparison->ran ? &comparison->result : NULL;
}
