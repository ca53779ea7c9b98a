/* SPDX-License-Identifier: Apache-2.0 */
/* Lineages of several builds become one: nothing that one of them saw is lost, and nothing is trusted that one of them doubts. */
#include "tests/unit/leaks.h"
#include "verifier/trace/trace.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(join, .fini = no_leaks);

static const uint32_t both_inputs[] = {0, 1}, second_input[] = {1};

/* Each build read its own source and one in common; of the ready-made one it made another file. */
static struct sb_lineage part(const struct sb_lineage_input *inputs, const struct sb_lineage_output *output, const struct sb_lineage_prebuilt *prebuilt,
                              const char *const *unread, size_t unread_count)
{
	return (struct sb_lineage){.trusted = true, .processes = 2, .files = 3, .edges = 4, .inputs = inputs, .input_count = 2, .outputs = output, .output_count = 1,
	                           .prebuilt = prebuilt, .prebuilt_count = 1, .sources = 4, .unread = unread, .unread_count = unread_count};
}

static const struct sb_lineage_input first_inputs[] = {{.path = "a.c", .origin = SB_ORIGIN_SOURCE}, {.path = "z.h", .origin = SB_ORIGIN_SOURCE}};
static const struct sb_lineage_input second_inputs[] = {{.path = "m.c", .origin = SB_ORIGIN_SOURCE}, {.path = "z.h", .origin = SB_ORIGIN_SOURCE}};
static const struct sb_lineage_output zeta = {.name = "zeta", .built = "zeta", .traced = true, .inputs = {[SB_INFLOW_DATA] = {both_inputs, 2}}};
static const struct sb_lineage_output alpha = {.name = "alpha", .built = "alpha", .traced = true, .inputs = {[SB_INFLOW_DATA] = {both_inputs, 2}, [SB_INFLOW_RUN] = {second_input, 1}}};
static const struct sb_lineage_reached in_zeta = {.name = "zeta", .reach = SB_INFLOW_DATA}, in_alpha = {.name = "alpha", .reach = SB_INFLOW_DATA};
static const struct sb_lineage_prebuilt first_blob = {.path = "blob", .format = "ELF", .use = SB_USE_COPIED, .reached = &in_zeta, .reached_count = 1};
static const struct sb_lineage_prebuilt second_blob = {.path = "blob", .format = "ELF", .use = SB_USE_READ, .reached = &in_alpha, .reached_count = 1};
static const char *const first_unread[] = {"README", "m.c"}, *const second_unread[] = {"README", "a.c"};

Test(join, what_one_build_saw_is_kept)
{
	struct sb_arena *arena = sb_arena_new(0);
	struct sb_lineage parts[] = {part(first_inputs, &zeta, &first_blob, first_unread, 2), part(second_inputs, &alpha, &second_blob, second_unread, 2)}, out;
	struct sb_err err = {0};

	cr_assert_eq(sb_trace_join(parts, 2, arena, &out, &err), 0, "%s", err.msg);
	cr_expect(out.trusted && out.processes == 4 && out.files == 6 && out.edges == 8 && out.sources == 4);
	cr_assert_eq(out.input_count, 3);
	cr_expect_str_eq(out.inputs[1].path, "m.c");
	cr_assert_eq(out.output_count, 2);
	cr_expect_str_eq(out.outputs[0].name, "alpha");
	cr_expect_eq(out.outputs[0].inputs[SB_INFLOW_DATA].items[0], 1);
	cr_expect_eq(out.outputs[0].inputs[SB_INFLOW_RUN].items[0], 2);
	cr_expect_eq(out.outputs[1].inputs[SB_INFLOW_DATA].items[0], 0);
	cr_expect_eq(out.outputs[1].inputs[SB_INFLOW_DATA].items[1], 2);
	cr_assert_eq(out.prebuilt_count, 1);
	cr_assert_eq(out.prebuilt[0].reached_count, 2);
	cr_expect_str_eq(out.prebuilt[0].reached[0].name, "alpha");
	cr_expect_eq(out.prebuilt[0].use, SB_USE_READ);
	cr_assert_eq(out.unread_count, 1);
	cr_expect_str_eq(out.unread[0], "README");
	sb_arena_free(&arena);
}

Test(join, a_build_without_a_trace_makes_all_doubtful)
{
	struct sb_arena *arena = sb_arena_new(0);
	struct sb_lineage parts[] = {part(first_inputs, &zeta, &first_blob, first_unread, 2), {0}}, out;
	struct sb_err err = {0};

	cr_assert_eq(sb_trace_join(parts, 2, arena, &out, &err), 0, "%s", err.msg);
	cr_expect(!out.trusted && out.unread_count == 0 && out.prebuilt_count == 1 && out.output_count == 1);
	sb_arena_free(&arena);
}

Test(join, one_build_is_itself)
{
	struct sb_arena *arena = sb_arena_new(0);
	struct sb_lineage only = part(first_inputs, &zeta, &first_blob, first_unread, 2), out;
	struct sb_err err = {0};

	cr_assert_eq(sb_trace_join(&only, 1, arena, &out, &err), 0);
	cr_expect(out.trusted && out.inputs == first_inputs && out.outputs == &zeta && out.unread_count == 2);
	sb_arena_free(&arena);
}
