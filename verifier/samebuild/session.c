/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/samebuild/library.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

const char *samebuild_version(void)
{
	return SB_VERSION;
}

const char *samebuild_level_name(enum samebuild_level level)
{
	return sb_level_name((enum sb_level)level);
}

static void step(struct sb_progress *progress, const char *stage, const char *what, uint64_t done, uint64_t total)
{
	struct sb_library_progress *to = (struct sb_library_progress *)(void *)progress;
	to->step(to->context, stage, what, done, total);
}

/* A fork takes one thread along, and whatever locks the others hold. Where /proc is absent nobody can tell. */
static bool has_other_threads(void)
{
	SB_CLOSEDIR DIR *tasks = opendir("/proc/self/task");
	unsigned count = 0;

	while (tasks && readdir(tasks))
		count++;
	return count > 3; /* ".", ".." and this one */
}

static int start_parsers(const struct samebuild_options *options, struct samebuild *session, struct sb_err *err)
{
	const struct sb_parsers_options parsers = {.silence = options->parser_silence, .data = options->parser_memory, .progress = &session->progress.progress};

	if (options->in_process)
		return 0;
	if (has_other_threads())
		return sb_fail(err, SB_USAGE, "caller-has-threads", "parsers are forked, and the program has further threads");
	return sb_parsers_start(&parsers, &session->parsers, err);
}

static int start(const struct samebuild_options *options, struct samebuild **out, struct sb_err *err)
{
	struct samebuild *session = calloc(1, sizeof *session);

	if (!session)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	session->progress = (struct sb_library_progress){.progress = {.step = options->progress ? step : NULL, .stop = options->stop}, .step = options->progress,
	                                                 .context = options->context};
	int rc = sb_hashing_start(err);
	if (!rc)
		rc = start_parsers(options, session, err);
	if (rc)
		samebuild_free(&session);
	else
		*out = session;
	return rc;
}

int samebuild_new(const struct samebuild_options *options, struct samebuild **out, struct samebuild_error *error)
{
	const struct samebuild_options usual = {.size = sizeof usual};
	struct sb_err err = {0};

	int rc = options && options->size != sizeof *options
	             ? sb_fail(&err, SB_USAGE, "library-options", "options of %zu bytes, %zu are known", options->size, sizeof *options)
	             : start(options ? options : &usual, out, &err);
	return rc ? sb_library_fail(&err, error) : 0;
}

void samebuild_free(struct samebuild **session)
{
	if (!*session)
		return;
	sb_parsers_stop(&(*session)->parsers);
	free(*session);
	*session = NULL;
}
