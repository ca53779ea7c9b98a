/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/exits.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/output.h"
#include "verifier/cli/runs.h"
#include "verifier/cli/verbs.h"
#include "verifier/pipeline/pipeline.h"

#include <sys/stat.h>

/** What one call compares with: shared by its pairs. */
struct comparing {
	struct sb_invocation *call;
	struct sb_parsers *parsers;
	struct sb_facts facts;
	struct sb_compare_paths paths[SB_PAIRINGS]; /* names of a result lie there */
	struct sb_result pairs[SB_PAIRINGS];
};

static int compare_pair(struct comparing *with, enum sb_pairing pairing, const char *shipped, const char *rebuilt, struct sb_err *err)
{
	struct sb_invocation *call = with->call;
	struct sb_compare_paths *paths = &with->paths[pairing];
	const struct sb_facts none = SB_FACTS_NONE;
	/* What was delivered was not built here: nothing is known of its environment. */
	const struct sb_facts *facts = pairing == SB_PAIRING_INSTALLED_SHIPPED ? &none : &with->facts;

	int rc = sb_compare_open_paths(shipped, rebuilt, sb_arg_given(call, "metadata"), call->jobs, call->progress, paths, err);
	if (rc)
		return rc;
	paths->in.parsers = with->parsers;
	return sb_pipeline_compare(&paths->in, facts, call->arena, &with->pairs[pairing], err);
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

static int compare(struct sb_invocation *call, struct sb_parsers *parsers, struct sb_err *err)
{
	struct comparing with = {.call = call, .parsers = parsers};
	struct sb_result result = {0};

	int rc = sb_cli_load_facts(call, &with.facts, err);
	if (!rc)
		rc = compare_all(&with, &result, err);
	if (!rc)
		rc = sb_output_write(call, &result, err);
	for (unsigned pairing = 0; pairing < SB_PAIRINGS; pairing++)
		sb_compare_close_paths(&with.paths[pairing]);
	return rc ? rc : sb_exit_of_level(result.level);
}

/* Parsers come from a process that was there before anything foreign was. */
static int run(struct sb_invocation *call, struct sb_err *err)
{
	const struct sb_parsers_options options = {.progress = call->progress};
	struct sb_parsers *parsers = NULL;

	int rc = sb_output_check(call, err);
	if (!rc)
		rc = sb_parsers_start(&options, &parsers, err);
	if (!rc)
		rc = compare(call, parsers, err);
	sb_parsers_stop(&parsers);
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
