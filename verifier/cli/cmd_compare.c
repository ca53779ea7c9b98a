/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/exits.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/output.h"
#include "verifier/cli/runs.h"
#include "verifier/cli/verbs.h"
#include "verifier/judge/judge.h"
#include "verifier/samebuild/inside.h"

#include <sys/stat.h>

/** What one call compares with: shared by its pairs. */
struct comparing {
	struct sb_invocation *call;
	struct samebuild *session;
	const char *facts; /* text, or NULL */
	struct samebuild_comparison *comparison[SB_PAIRINGS];
	struct sb_result pairs[SB_PAIRINGS]; /* what they found */
};

static void step(void *context, const char *stage, const char *what, uint64_t done, uint64_t total)
{
	sb_step(context, stage, what, done, total);
}

static int compare_pair(struct comparing *with, enum sb_pairing pairing, const char *shipped, const char *rebuilt, struct sb_err *err)
{
	const struct sb_invocation *call = with->call;
	const struct samebuild_compare_options options = {
		.size = sizeof options,
		.jobs = call->jobs,
		.metadata = sb_arg_given(call, "metadata"),
		.facts = pairing == SB_PAIRING_INSTALLED_SHIPPED ? NULL : with->facts, /* what was delivered was not built here */
		.facts_name = sb_arg_value(call, "facts"),
	};
	struct samebuild_error error;

	if (samebuild_open(with->session, shipped, rebuilt, &options, &with->comparison[pairing], &error) ||
	    samebuild_run(with->comparison[pairing], &error))
		return sb_samebuild_fail(&error, err);
	with->pairs[pairing] = *sb_samebuild_result(with->comparison[pairing]);
	return 0;
}

/* The same bytes compare in the same way: a copy of what was delivered needs no third comparison. */
static int compare_installed(struct comparing *with, const char *installed, struct sb_result *out, struct sb_err *err)
{
	const char *const *words = with->call->words;
	struct sb_result *third = &with->pairs[SB_PAIRING_INSTALLED_REBUILT];

	int rc = compare_pair(with, SB_PAIRING_INSTALLED_SHIPPED, installed, words[0], err);
	if (rc)
		return rc;
	if (with->pairs[SB_PAIRING_INSTALLED_SHIPPED].level == SB_LEVEL_IDENTICAL)
		third->level = with->pairs[SB_PAIRING_SHIPPED_REBUILT].level;
	else
		rc = compare_pair(with, SB_PAIRING_INSTALLED_REBUILT, installed, words[1], err);
	return rc ? rc : sb_judge_installed(with->pairs, with->call->arena, out, err);
}

/* An id or folder of a run, or the file of a record. */
static int load_previous(struct sb_invocation *call, const char *name, struct sb_result *out, uint8_t digest[SB_SHA256_BYTES], struct sb_err *err)
{
	struct sb_span record = {0};
	struct sb_digest hash;
	struct stat st;

	int rc = 0;
	if (stat(name, &st) == 0 && S_ISREG(st.st_mode)) {
		rc = sb_cli_load_file(call, name, SB_LIMIT_OF(RECORD_BYTES), &record, err);
		rc = rc ? rc : sb_record_read(record, call->arena, out, err);
	} else {
		rc = sb_run_load(call, name, out, NULL, &record, err);
	}
	if (rc)
		return rc;
	sb_hash_span(record, SB_DIGEST_SHA256, &hash);
	memcpy(digest, hash.sha256, SB_SHA256_BYTES);
	return 0;
}

static int compare_all(struct comparing *with, struct sb_result *result, struct sb_err *err)
{
	struct sb_invocation *call = with->call;
	const char *installed = sb_arg_value(call, "installed"), *previous = sb_arg_value(call, "previous");
	struct sb_result earlier = {0};
	uint8_t record[SB_SHA256_BYTES];

	int rc = previous ? load_previous(call, previous, &earlier, record, err) : 0;
	if (!rc)
		rc = compare_pair(with, SB_PAIRING_SHIPPED_REBUILT, call->words[0], call->words[1], err);
	*result = with->pairs[SB_PAIRING_SHIPPED_REBUILT];
	if (!rc && installed)
		rc = compare_installed(with, installed, result, err);
	if (!rc && previous)
		rc = sb_judge_previous(&earlier, record, call->arena, result, err);
	return rc;
}

static int compare(struct sb_invocation *call, struct samebuild *session, struct sb_err *err)
{
	struct comparing with = {.call = call, .session = session};
	struct sb_result result = {0};

	int rc = sb_cli_load_facts(call, &with.facts, err);
	if (!rc)
		rc = compare_all(&with, &result, err);
	if (!rc)
		rc = sb_output_write(call, &result, err);
	for (unsigned pairing = 0; pairing < SB_PAIRINGS; pairing++)
		samebuild_close(&with.comparison[pairing]);
	return rc ? rc : sb_exit_of_level(result.level);
}

/* Stdin can be read once; with --installed each side belongs to two pairs. */
static int check_stdin(const struct sb_invocation *call, struct sb_err *err)
{
	const char *installed = sb_arg_value(call, "installed"), *facts = sb_arg_value(call, "facts");
	bool named = installed && strcmp(installed, "-") == 0, facts_named = facts && strcmp(facts, "-") == 0;

	for (size_t i = 0; i < call->word_count; i++)
		named |= strcmp(call->words[i], "-") == 0;
	if (named && (installed || facts_named))
		return sb_fail(err, SB_USAGE, "not-comparable", installed ? "with --installed each file is read for two pairs: none of them can be stdin" : "stdin cannot be a side and the facts");
	return 0;
}

/* Parsers come from a process that was there before anything foreign was. */
static int run(struct sb_invocation *call, struct sb_err *err)
{
	const struct samebuild_options options = {.size = sizeof options, .stop = call->progress->stop, .progress = step, .context = call->progress};
	struct samebuild *session = NULL;
	struct samebuild_error error;

	int rc = sb_output_check(call, err);
	if (!rc)
		rc = check_stdin(call, err);
	if (rc)
		return rc;
	if (samebuild_new(&options, &session, &error))
		return sb_samebuild_fail(&error, err);
	rc = compare(call, session, err);
	samebuild_free(&session);
	return rc;
}

static const struct sb_option compare_options[] = {
	{"output", 'o', "FORMAT=PATH", true},
	{"facts", 0, "FILE", false},
	{"metadata", 0, NULL, false},
	{"installed", 0, "FILE", false},
	{"previous", 0, "RUN", false},
	{0},
};

const struct sb_verb sb_verb_compare = {
	.name = "compare",
	.summary = "compare two files or two directories",
	.operands = "SHIPPED REBUILT",
	.options = compare_options,
	.least_words = 2,
	.most_words = 2,
	.stoppable = true,
	.run = run,
};
