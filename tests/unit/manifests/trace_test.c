/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "manifests/manifests.h"

#include <string.h>

TestSuite(trace_document, .fini = no_leaks);

static const struct sb_trace_file files[] = {
	{.origin = SB_TRACE_SOURCE, .path = "a\nb.c", .from = "a\nb.c", .digested = true, .size = 3, .sha256 = {1}, .gitoid = {2}, .witness = true, .witness_read = true},
	{.origin = SB_TRACE_ROOT, .path = "/usr/bin/cc", .digested = true, .sha256 = {3}, .final = true},
	{.origin = SB_TRACE_CHANNEL, .path = "pipe"},
	{.origin = SB_TRACE_BUILT, .path = "out/a", .digested = true, .final = true, .output = true},
};
static const struct sb_trace_process processes[] = {
	{.parent = SB_TRACE_NONE, .image = 1, .argv = "cc\0-c\0a", .argv_length = 7, .argv_sha256 = {9}, .cwd = "."},
	{.parent = 0, .image = SB_TRACE_NONE, .adopted = true, .argv = "", .argv_cut = true, .cwd = "sub", .step = 2},
};
static const struct sb_trace_edge edges[] = {{0, 0, SB_TRACE_READ}, {0, 1, SB_TRACE_EXEC}, {0, 2, SB_TRACE_HOLD | SB_TRACE_WRITE}, {1, 3, SB_TRACE_WRITE}};
static const struct sb_trace_attempt attempts[] = {{SB_TRACE_ATTEMPT_NETWORK, 0, "connect", 2}, {SB_TRACE_ATTEMPT_ABSENT, 1, "/x", 1}};
static const char *const witnesses[] = {"access-times"};
static const struct sb_trace_doubt doubts[] = {{"read-unseen", "x", true}};

static struct sb_trace sample(void)
{
	return (struct sb_trace){.present = true, .trusted = true, .witnesses = witnesses, .witness_count = 1, .files = files, .file_count = 4, .processes = processes,
	                         .process_count = 2, .edges = edges, .edge_count = 4, .attempts = attempts, .attempt_count = 2};
}

Test(trace_document, a_trace_comes_back_as_it_was)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	SB_BUF struct sb_buf one = {0};
	SB_BUF struct sb_buf two = {0};
	struct sb_trace trace = sample(), back = {0};
	struct sb_err err = {0};
	cr_assert_eq(sb_trace_write(&trace, &one, NULL), 0);
	cr_assert_eq(sb_trace_read(sb_buf_span(&one), arena, &back, &err), 0, "%s %s", err.where, err.msg);
	cr_assert(back.present && back.trusted);
	cr_assert_eq(back.processes[0].argv_length, 7);
	cr_assert_eq(memcmp(back.processes[0].argv, "cc\0-c\0a", 8), 0);
	cr_assert_str_eq(back.files[0].from, "a\nb.c");
	cr_assert_null(back.files[1].from);
	cr_assert_not(back.files[2].digested);
	cr_assert_eq(back.edges[2].uses, SB_TRACE_HOLD | SB_TRACE_WRITE);
	cr_assert_eq(sb_trace_write(&back, &two, NULL), 0);
	cr_assert_str_eq(one.data, two.data);
}

Test(trace_document, one_that_leads_nowhere_is_refused)
{
	for (int row = 0; row < 7; row++) {
		SB_ARENA struct sb_arena *arena = sb_arena_new(0);
		SB_BUF struct sb_buf text = {0};
		struct sb_trace trace = sample(), back = {0};
		struct sb_trace_edge edge[4];
		struct sb_trace_process process[2];
		struct sb_trace_attempt attempt[2];
		memcpy(edge, edges, sizeof edge);
		memcpy(process, processes, sizeof process);
		memcpy(attempt, attempts, sizeof attempt);
		trace.edges = edge;
		trace.processes = process;
		trace.attempts = attempt;
		if (row == 0)
			edge[3].file = 4;
		if (row == 1)
			edge[3].process = 2;
		if (row == 2)
			edge[1].uses = 0;
		if (row == 3)
			edge[1] = edge[0];
		if (row == 4)
			process[1].parent = 1;
		if (row == 5)
			trace.doubts = doubts, trace.doubt_count = 1;
		if (row == 6)
			attempt[1].process = 2;
		cr_assert_eq(sb_trace_write(&trace, &text, NULL), 0);
		cr_assert_eq(sb_trace_read(sb_buf_span(&text), arena, &back, NULL), SB_FORMAT, "row %d", row);
		cr_assert_not(back.present);
	}
}

Test(trace_document, a_cut_one_is_never_read)
{
	SB_BUF struct sb_buf text = {0};
	struct sb_trace trace = sample();
	cr_assert_eq(sb_trace_write(&trace, &text, NULL), 0);
	for (size_t n = 0; n < text.len; n += 7) {
		SB_ARENA struct sb_arena *arena = sb_arena_new(0);
		struct sb_trace back = {0};
		cr_assert_neq(sb_trace_read(sb_span_of(text.data, n), arena, &back, NULL), 0, "%zu bytes", n);
	}
}

/* The well-known gitoid of an empty file, and that of "hello world" and a newline: git hash-object of a repository with SHA-256. */
Test(trace_document, gitoids_are_those_of_git)
{
	uint8_t id[SB_SHA256_BYTES];
	char hex[2 * SB_SHA256_BYTES + 1];
	sb_gitoid((struct sb_span){0}, id);
	sb_text_hex(sb_span_of(id, sizeof id), hex);
	cr_assert_str_eq(hex, "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813");
	sb_gitoid(sb_span_text("hello world"), id);
	sb_text_hex(sb_span_of(id, sizeof id), hex);
	cr_assert_str_eq(hex, "fee53a18d32820613c0527aa79be5cb30173c823a9b448fa4817767cc84c6f03");
}

static const uint32_t numbers[] = {0, 1, 2, 3};
static const struct sb_lineage_input inputs[] = {
	{.path = "b.c", .origin = SB_ORIGIN_SOURCE, .hashed = true, .sha256 = {5}, .has_gitoid = true, .gitoid = {9}},
	{.path = "a.c", .origin = SB_ORIGIN_SOURCE, .hashed = true, .sha256 = {6}, .has_gitoid = true, .gitoid = {1}},
	{.path = "c.c", .origin = SB_ORIGIN_SOURCE, .hashed = true, .sha256 = {5}, .has_gitoid = true, .gitoid = {9}},
	{.path = "/dev/null", .origin = SB_ORIGIN_DEVICE},
};

Test(trace_document, an_input_manifest_has_each_id_once_in_order)
{
	struct sb_lineage lineage = {.inputs = inputs, .input_count = 4};
	struct sb_lineage_output output = {.name = "a", .built = "a", .traced = true};
	output.inputs[SB_INFLOW_DATA] = (struct sb_lineage_list){numbers, 4};
	SB_BUF struct sb_buf text = {0};
	cr_assert(sb_omnibor_write(&lineage, &output, &text));
	cr_assert_str_eq(text.data, "gitoid:blob:sha256\n0100000000000000000000000000000000000000000000000000000000000000\n"
	                            "0900000000000000000000000000000000000000000000000000000000000000\n");
	output.left_out = 1;
	cr_assert_not(sb_omnibor_write(&lineage, &output, &text), "not all inputs are listed");
	struct sb_lineage_input unknown[4];
	memcpy(unknown, inputs, sizeof unknown);
	unknown[1].has_gitoid = false;
	lineage.inputs = unknown;
	output.left_out = 0;
	cr_assert_not(sb_omnibor_write(&lineage, &output, &text), "one of them has no id");
}

/** A run that was traced, and what a party says of it. */
struct run {
	struct sb_artifact artifact;
	struct sb_lineage lineage;
	struct sb_named_digest drop;
	struct sb_result result;
	struct sb_statement_context context;
};

static void prepare(struct run *run)
{
	*run = (struct run){
		.artifact = {.name = "app", .level = SB_LEVEL_DIFFERENT, .shipped = {.kinds = SB_DIGEST_BOTH, .sha256 = {1}}, .rebuilt = {.kinds = SB_DIGEST_BOTH, .sha256 = {2}},
	                     .members = 1},
		.lineage = {.trusted = true, .inputs = inputs, .input_count = 4},
		.drop = {.name = "acme.tar", .sha256 = {7}},
		.context = {.verifier_id = "https://lab.example/", .resource_uri = "pkg:generic/acme@1", .has_source = true, .drop_count = 1},
	};
	run->context.drops = &run->drop;
	run->result = (struct sb_result){.tool_version = "0", .rules = "r", .artifacts = &run->artifact, .artifact_count = 1, .lineage = &run->lineage};
}

Test(trace_document, provenance_lists_what_the_trace_saw)
{
	static const char *const words[] = {"\"predicateType\":\"https://slsa.dev/provenance/v1\"", "\"buildType\":\"https://samebuild.dev/rebuild/v1\"",
	                                    "\"name\":\"acme.tar\"", "\"annotations\":{\"origin\":\"source\"}", "\"id\":\"https://lab.example/\"",
	                                    "\"resourceUri\":\"pkg:generic/acme@1\"", "\"sha256\":\"02000000"};
	struct run run;
	SB_BUF struct sb_buf text = {0};
	prepare(&run);
	cr_assert_eq(sb_provenance_write(&run.result, &run.context, &text, NULL), 0);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		cr_assert_not_null(strstr(text.data, words[i]), "%s", words[i]);
	cr_assert_null(strstr(text.data, "/dev/null"), "a device has no digest");
}

Test(trace_document, there_is_no_provenance_of_what_is_not_known)
{
	static const char *const ids[] = {"provenance-builder", "provenance-untraced", "provenance-untraced", "provenance-untraced", "statement-empty"};
	for (size_t row = 0; row < sizeof ids / sizeof *ids; row++) {
		struct run run;
		struct sb_err err = {0};
		SB_BUF struct sb_buf text = {0};
		prepare(&run);
		if (row == 0)
			run.context.verifier_id = NULL;
		if (row == 1)
			run.result.lineage = NULL;
		if (row == 2)
			run.lineage.trusted = false;
		if (row == 3)
			run.lineage.left_out = 1;
		if (row == 4)
			run.artifact.rebuilt.kinds = 0;
		cr_assert_neq(sb_provenance_write(&run.result, &run.context, &text, &err), 0);
		cr_assert_str_eq(err.id, ids[row]);
		cr_assert_eq(text.len, 0);
	}
}
