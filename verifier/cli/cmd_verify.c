/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/building.h"
#include "verifier/cli/exits.h"
#include "verifier/cli/input_manifests.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/output.h"
#include "verifier/cli/places.h"
#include "verifier/cli/policy_file.h"
#include "verifier/cli/runs.h"
#include "verifier/cli/solving.h"
#include "verifier/cli/verbs.h"
#include "verifier/pipeline/pipeline.h"

#include <inttypes.h>
#include <time.h>

enum { MOST_BUILDS = 100 };

enum { MOST_ROUNDS = 100 };

static void say_notices(struct sb_invocation *call, const struct sb_sources *sources)
{
	for (size_t i = 0; i < sources->notice_count && (call->verbose || i < 5); i++)
		sb_cli_say(call, "note: %s", sources->notices[i].text);
	if (sources->notice_count > 5 && !call->verbose)
		sb_cli_say(call, "note: and %zu more; -v shows all", sources->notice_count - 5);
}

static void add_summary(struct sb_invocation *call, const struct sb_drop *drop, const struct sb_verified *verified)
{
	const struct sb_environment *environment = &verified->result.environment;
	size_t walls = 0;

	for (size_t i = 0; i < environment->walls.count; i++)
		walls += strncmp(environment->walls.items[i].value, "off", 3) != 0;
	sb_buf_printf(&call->out, "  drop      %s %s: %zu sources, %zu entries, %zu prebuilt, %zu shipped files\n", sb_cli_escape(call, drop->name),
	              sb_cli_escape(call, drop->version), drop->source_count, verified->sources.inventory.count, verified->sources.prebuilt_count,
	              verified->sources.shipped_count);
	sb_buf_printf(&call->out, "  walls     %zu of %zu\n", walls, environment->walls.count);
	for (size_t i = 0; i < environment->walls.count; i++)
		if (strncmp(environment->walls.items[i].value, "off", 3) == 0)
			sb_buf_printf(&call->out, "            without %s (%s)\n", environment->walls.items[i].name, environment->walls.items[i].value);
	sb_buf_printf(&call->out, "  rebuild   %zu steps, log of %" PRIu64 " bytes\n", drop->step_count, verified->rebuilt.run.log_bytes);
}

static int make_context(struct sb_invocation *call, const struct sb_drop *drop, const struct sb_verified *verified, struct sb_run_context *out,
                        struct sb_err *err)
{
	const struct sb_delivery *delivery = verified->result.delivery;

	*out = (struct sb_run_context){
		.resource_uri = sb_arena_printf(call->arena, "pkg:generic/%s@%s", drop->name, drop->version),
		.has_source = true,
		.drops = delivery->inputs,
		.drop_count = delivery->input_count,
		.opaque = delivery->prebuilt,
		.opaque_count = delivery->prebuilt_count,
	};
	memcpy(out->manifest_sha256, drop->canonical_sha256, SB_SHA256_BYTES);
	memcpy(out->recipe_sha256, drop->recipe_sha256, SB_SHA256_BYTES);
	return out->resource_uri ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int sign(struct sb_invocation *call, const char *id, struct sb_err *err)
{
	const char *key = sb_arg_value(call, "sign"), *path = sb_arg_value(call, "attestation"), *folder = sb_run_folder(call, id);

	if (!key)
		return 0;
	if (!path)
		path = folder ? sb_arena_printf(call->arena, "%s/statement.intoto.jsonl", folder) : NULL;
	if (!path)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = sb_run_sign(call, id, key, path, err);
	if (!rc)
		sb_cli_say(call, "signed: %s", sb_cli_escape(call, path));
	return rc;
}

/* The first one is the reason that is told on stderr. */
static void tell_refusal(struct sb_invocation *call, const char *name, const char *reason, size_t *refused)
{
	if (!call->json)
		sb_buf_printf(&call->out, "  gate      %s: %s\n", sb_cli_escape(call, name), reason);
	if ((*refused)++ == 0)
		sb_cli_say(call, "refused by %s: %s [%s]", sb_cli_escape(call, sb_arg_value(call, "gate")), sb_cli_escape(call, name), reason);
}

/* What passes in spite of a difference is said aloud. */
static void tell_waivers(struct sb_invocation *call, const struct sb_policy *policy, const struct sb_gate_own *file)
{
	for (size_t i = 0; i < policy->waiver_count; i++) {
		const char *text = file->waivers >> i & 1 ? sb_attest_waiver_text(&policy->waivers[i], call->arena) : NULL;
		if (text && !call->json)
			sb_buf_printf(&call->out, "  waived    %s: %s\n", sb_cli_escape(call, file->name), text);
		if (file->waivers >> i & 1)
			sb_cli_say(call, "waived: %s: %s", sb_cli_escape(call, file->name), text ? text : "?");
	}
}

/** What --gate says of the run: every delivered file passes and nothing else was built in its place, or the first that does not is told. */
static int ask_gate(struct sb_invocation *call, const struct sb_policy *policy, const struct sb_result *result, const struct sb_run_context *run, bool *passed,
                    struct sb_err *err)
{
	struct sb_statement_context context = {.verifier_id = "", .resource_uri = run->resource_uri, .has_source = true, .opaque = run->opaque,
	                                       .opaque_count = run->opaque_count};
	struct sb_gate_own *files;
	size_t count, refused = 0;

	memcpy(context.manifest_sha256, run->manifest_sha256, SB_SHA256_BYTES);
	int rc = sb_attest_gate_own(policy, (int64_t)time(NULL), result, &context, call->arena, &files, &count, err);
	for (size_t i = 0; !rc && i < count; i++)
		if (files[i].reason)
			tell_refusal(call, files[i].name, files[i].reason, &refused);
		else
			tell_waivers(call, policy, &files[i]);
	for (size_t i = 0; !rc && i < result->artifact_count; i++)
		if (result->artifacts[i].shipped.kinds == 0) /* what was built and not delivered: nobody states anything of it */
			tell_refusal(call, result->artifacts[i].name, "extra", &refused);
	*passed = !rc && count > 0 && refused == 0;
	if (!rc && !call->json)
		sb_buf_printf(&call->out, "  gate      %s: %s\n", sb_cli_escape(call, sb_arg_value(call, "gate")), *passed ? "passed" : "refused");
	return rc;
}

/** What is asked of a run. */
struct asked {
	const struct sb_policy *policy; /* when it is over; NULL: nothing */
	bool passed;
	bool given;                     /* facts to begin with */
	struct sb_fact_set facts;
	uint64_t solve;                 /* rebuilds under facts that are inferred */
	struct sb_cli_roots roots;
};

static int conclude(struct sb_invocation *call, const struct sb_drop *drop, const struct sb_verified *verified, struct asked *asked, struct sb_err *err)
{
	struct sb_run_context context;
	const char *id = NULL;

	int rc = make_context(call, drop, verified, &context, err);
	if (!rc)
		rc = sb_run_keep(call, &verified->result, &context, &id, err);
	if (!rc)
		rc = sb_cli_keep_facts(call, id, &verified->result.solving, err);
	if (rc)
		return rc;
	if (!call->json)
		add_summary(call, drop, verified);
	rc = sb_output_write(call, &verified->result, err);
	if (!rc)
		rc = sb_input_manifests_write(call, &verified->result, err);
	int signing = sign(call, id, rc ? NULL : err); /* a report that cannot be written keeps nothing from being signed, nor the other way round */
	rc = rc ? rc : signing;
	if (!rc && asked->policy)
		rc = ask_gate(call, asked->policy, &verified->result, &context, &asked->passed, err);
	if (!rc && !call->json)
		sb_buf_printf(&call->out, "  run       %s    next: samebuild report %s -o json=-\n", id, id);
	return rc;
}

/* A gate that was asked decides; it cannot turn what is undetermined into anything else. */
static int exit_of(enum sb_level level, const struct asked *asked)
{
	if (!asked->policy || level == SB_LEVEL_UNDETERMINED)
		return sb_exit_of_level(level);
	return asked->passed ? SB_EXIT_OK : SB_EXIT_BELOW;
}

static int verify(struct sb_invocation *call, const struct sb_loaded_drop *loaded, struct sb_store *store, struct sb_parsers *parsers,
                  struct asked *asked, struct sb_err *err)
{
	uint64_t repeat = 1;
	struct sb_verify_in in = {.dir = loaded->dir, .drop = &loaded->drop, .store = store, .log = -1, .trace = true, .jobs = call->jobs, .parsers = parsers,
	                          .progress = call->progress, .solve = (unsigned)asked->solve, .given = asked->given ? &asked->facts : NULL,
	                          .roots = asked->roots.items, .root_count = asked->roots.count,
	                          .digests = sb_place_cache(call->arena, "root")};
	struct sb_verified verified = {0};

	int rc = sb_arg_number(call, "repeat", 1, MOST_BUILDS, 1, &repeat, err);
	in.vary = sb_arg_given(call, "vary");
	in.repeat = in.vary && repeat < 2 ? 2 : (unsigned)repeat;
	if (!rc)
		rc = sb_pipeline_verify(&in, &verified, err);
	say_notices(call, &verified.sources);
	if (rc == SB_FAILED || call->verbose)
		sb_building_say_log(call, &verified.rebuilt);
	if (!rc)
		rc = conclude(call, &loaded->drop, &verified, asked, err);
	enum sb_level level = verified.result.level;
	sb_verified_release(&verified);
	return rc ? rc : exit_of(level, asked);
}

static int run(struct sb_invocation *call, struct sb_err *err)
{
	struct sb_loaded_drop loaded = {.dir = -1};
	const struct sb_parsers_options options = {.progress = call->progress};
	struct sb_parsers *parsers = NULL; /* started before anything foreign or secret is there */
	const char *gate = sb_arg_value(call, "gate");
	struct sb_store *store = NULL;
	struct sb_policy_file policy;
	struct asked asked = {.policy = gate ? &policy.policy : NULL};

	int rc = sb_output_check(call, err);
	if (!rc)
		rc = sb_arg_number(call, "solve", 0, MOST_ROUNDS, 0, &asked.solve, err);
	if (!rc)
		rc = sb_cli_load_fact_set(call, &asked.facts, &asked.given, err);
	if (!rc)
		rc = sb_cli_open_roots(call, &asked.roots, err);
	if (!rc && gate)
		rc = sb_policy_file_load(call, gate, (int64_t)time(NULL), true, &policy, err);
	if (!rc)
		rc = sb_parsers_start(&options, &parsers, err);
	if (!rc && sb_arg_given(call, "sign"))
		rc = sb_cli_check_secret(call, sb_arg_value(call, "sign"), err); /* before the build, not after an hour of it */
	if (!rc)
		rc = sb_cli_load_drop(call, call->words[0], &loaded, err);
	if (!rc)
		rc = sb_cli_open_store(call, &store, err);
	if (!rc)
		rc = verify(call, &loaded, store, parsers, &asked, err);
	sb_cli_close_roots(&asked.roots);
	sb_parsers_stop(&parsers);
	sb_store_close(&store);
	sb_close_fd(&loaded.dir);
	return rc;
}

static const struct sb_option verify_options[] = {
	{"output", 'o', "FORMAT=PATH", true},
	{"gate", 0, "POLICY", false},
	{"input-manifests", 0, "DIR", false},
	{"repeat", 0, "N", false},
	{"vary", 0, NULL, false},
	{"solve", 0, "N", false},
	{"facts", 0, "FILE", false},
	{"toolchain", 0, "FILE", true},
	{"sign", 0, "KEY", false},
	{"attestation", 0, "PATH", false},
	{"verifier", 0, "URI", false},
	{"passphrase-fd", 0, "N", false},
	{"store", 0, "DIR", false},
	{0},
};

const struct sb_verb sb_verb_verify = {
	.name = "verify",
	.summary = "rebuild a drop and compare the result with what was delivered",
	.operands = "DROP",
	.options = verify_options,
	.least_words = 1,
	.most_words = 1,
	.stoppable = true,
	.run = run,
};
