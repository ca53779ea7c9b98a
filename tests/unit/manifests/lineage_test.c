/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "manifests/manifests.h"

#include <string.h>

TestSuite(lineage, .fini = no_leaks);

/** A record whose trace has one of everything. */
struct sample {
	struct sb_artifact artifact;
	struct sb_lineage_input inputs[2];
	uint32_t numbers[2];
	struct sb_lineage_output output;
	struct sb_lineage_place place;
	struct sb_lineage_reached reached;
	struct sb_lineage_prebuilt prebuilt;
	struct sb_lineage_program program;
	struct sb_lineage_package package;
	struct sb_lineage_attempt attempt;
	struct sb_lineage lineage;
	struct sb_result result;
};

static const char *const unread[] = {"a.c", "b\n.c"};
static const char *const copied[] = {"README"};
static const char *const unused[] = {"perl"};
static const char *const witnesses[] = {"access-times"};
static const char *const reasons[] = {"events were lost"};

static void fill(struct sample *s)
{
	*s = (struct sample){
		.artifact = {.name = "app", .level = SB_LEVEL_IDENTICAL, .shipped = {.kinds = SB_DIGEST_BOTH, .size = 3},
	                     .rebuilt = {.kinds = SB_DIGEST_BOTH, .size = 3}, .coverage = {.bytes = 3, .equal = 3}, .members = 1},
		.inputs = {{.path = "main.c", .origin = SB_ORIGIN_SOURCE, .hashed = true, .sha256 = {1}, .size = 7},
	                   {.path = "/usr/bin/ld", .origin = SB_ORIGIN_TOOLCHAIN, .package = "binutils"}},
		.numbers = {0, 1},
		.place = {.inside = "", .part = ".text", .from = 64, .offset = 4096, .length = 32, .equal = 28},
		.program = {.path = "/usr/bin/ld", .trade = SB_TRADE_LINKER, .origin = SB_ORIGIN_TOOLCHAIN, .hashed = true, .package = "binutils",
	                    .version = "2.40", .runs = 3},
		.package = {.name = "binutils", .arch = "amd64", .version = "2.40", .declared = SB_DECLARATION_OTHER_VERSION, .files = 1},
		.attempt = {.kind = "network", .program = "/usr/bin/curl", .text = "connect 192.0.2.1 port 80", .count = 2},
	};
	s->output = (struct sb_lineage_output){.name = "app", .built = "out/app", .traced = true};
	s->output.inputs[SB_INFLOW_DATA] = (struct sb_lineage_list){&s->numbers[0], 1};
	s->output.inputs[SB_INFLOW_RUN] = (struct sb_lineage_list){&s->numbers[1], 1};
	s->reached = (struct sb_lineage_reached){.name = "app", .reach = SB_INFLOW_DATA, .searched = true, .places = &s->place, .place_count = 1};
	s->prebuilt = (struct sb_lineage_prebuilt){.path = "blob.o", .format = "ELF", .size = 900, .use = SB_USE_READ, .reached = &s->reached, .reached_count = 1};
	s->lineage = (struct sb_lineage){
		.trusted = true, .witnesses = witnesses, .witness_count = 1, .processes = 4, .files = 9, .edges = 20, .documented = true, .document = {2},
		.inputs = s->inputs, .input_count = 2, .outputs = &s->output, .output_count = 1, .prebuilt = &s->prebuilt, .prebuilt_count = 1, .sources = 5,
		.unread = unread, .unread_count = 2, .copied = copied, .copied_count = 1, .programs = &s->program, .program_count = 1,
		.packages = &s->package, .package_count = 1, .unused = unused, .unused_count = 1, .declared = true, .attempts = &s->attempt,
		.attempt_count = 1, .left_out = 3};
	s->result = (struct sb_result){.tool_version = "0", .rules = "r/1", .level = SB_LEVEL_IDENTICAL, .artifacts = &s->artifact, .artifact_count = 1,
	                               .lineage = &s->lineage};
}

Test(lineage, a_trace_comes_back_as_it_was)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	SB_BUF struct sb_buf one = {0};
	SB_BUF struct sb_buf two = {0};
	struct sample s;
	struct sb_result back = {0};
	struct sb_err err = {0};
	fill(&s);
	cr_assert_eq(sb_record_write(&s.result, &one, NULL), 0);
	cr_assert_eq(sb_record_read(sb_buf_span(&one), arena, &back, &err), 0, "%s %s", err.where, err.msg);
	cr_assert_str_eq(back.lineage->unread[1], "b\n.c");
	cr_assert_eq(back.lineage->prebuilt[0].reached[0].places[0].offset, 4096);
	cr_assert_null(back.lineage->inputs[0].package);
	cr_assert_not(back.lineage->inputs[1].hashed);
	cr_assert_eq(sb_record_write(&back, &two, NULL), 0);
	cr_assert_str_eq(one.data, two.data);
}

Test(lineage, a_record_without_a_trace_has_none)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	SB_BUF struct sb_buf text = {0};
	struct sample s;
	struct sb_result back = {0};
	fill(&s);
	s.result.lineage = NULL;
	cr_assert_eq(sb_record_write(&s.result, &text, NULL), 0);
	cr_assert_not_null(strstr(text.data, "\"trace\":null"));
	cr_assert_eq(sb_record_read(sb_buf_span(&text), arena, &back, NULL), 0);
	cr_assert_null(back.lineage);
}

Test(lineage, a_trace_that_contradicts_itself_is_refused)
{
	static const uint32_t twice[] = {1, 1};

	for (int row = 0; row < 6; row++) {
		SB_ARENA struct sb_arena *arena = sb_arena_new(0);
		SB_BUF struct sb_buf text = {0};
		struct sample s;
		struct sb_result back = {0};
		fill(&s);
		if (row == 0)
			s.numbers[0] = 2;
		if (row == 1)
			s.output.inputs[SB_INFLOW_DATA] = (struct sb_lineage_list){twice, 2};
		if (row == 2)
			s.place.equal = 33;
		if (row == 3)
			s.lineage.sources = 2;
		if (row == 4)
			s.lineage.reasons = reasons, s.lineage.reason_count = 1;
		if (row == 5)
			s.attempt.text = "\033[2J";
		cr_assert_eq(sb_record_write(&s.result, &text, NULL), 0);
		cr_assert_neq(sb_record_read(sb_buf_span(&text), arena, &back, NULL), 0, "row %d", row);
	}
}

/* Every word of a closed list, put in the place of another: what is not known is refused, never taken as something else. */
Test(lineage, unknown_words_are_refused)
{
	static const char *const words[] = {"\"toolchain\"", "\"linker\"", "\"other-version\"", "\"use\":\"read\"", "\"reach\":\"data\""};
	struct sample s;
	SB_BUF struct sb_buf text = {0};
	fill(&s);
	cr_assert_eq(sb_record_write(&s.result, &text, NULL), 0);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		SB_ARENA struct sb_arena *arena = sb_arena_new(0);
		struct sb_result back = {0};
		char *copy = sb_arena_copy(arena, sb_buf_span(&text)), *at = strstr(copy, words[i]);
		cr_assert_not_null(at, "%s", words[i]);
		at[strlen(words[i]) - 2] = '?';
		cr_assert_neq(sb_record_read(sb_span_text(copy), arena, &back, NULL), 0, "%s", words[i]);
	}
}
