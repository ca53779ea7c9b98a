/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include "tests/unit/trace/plot.h"
#include <criterion/criterion.h>

#include <string.h>

TestSuite(lineage, .fini = no_leaks);

enum { BLOB = 240 };

/** A build of twenty programs, each of one source, by make, cc1 and ld; a prebuilt object goes into the one of number 7. */
struct twenty {
	struct plot plot;
	char names[20][3][16];
	uint8_t blob[BLOB], linked[4096];
	uint32_t make, cc, ld, makefile;
};

static void fill_blob(struct twenty *t)
{
	uint32_t state = 1;

	for (size_t i = 0; i < sizeof t->linked; i++) {
		state = state * 1664525 + 1013904223;
		t->linked[i] = (uint8_t)(state >> 24);
	}
	memcpy(t->blob, t->linked + 1000, BLOB);
	for (size_t i = 20; i + 4 < BLOB; i += 24) /* what a linker patches */
		memset(t->linked + 1000 + i, 0x5a, 4);
}

static void build_one(struct twenty *t, unsigned i, uint32_t blob)
{
	struct plot *p = &t->plot;
	char *source = t->names[i][0], *object = t->names[i][1], *program = t->names[i][2];
	snprintf(source, 16, "src/%02u.c", i);
	snprintf(object, 16, "src/%02u.o", i);
	snprintf(program, 16, "out/bin%02u", i);
	uint32_t c = plot_source(p, source, "int main(void) { return 0; }\n", true), o = plot_file(p, object, SB_TRACE_BUILT), b = plot_file(p, program, SB_TRACE_BUILT);
	uint32_t compiling = plot_process(p, t->make, t->cc), linking = plot_process(p, t->make, t->ld);
	plot_edge(p, compiling, c, SB_TRACE_READ);
	plot_edge(p, compiling, o, SB_TRACE_WRITE);
	plot_edge(p, linking, o, SB_TRACE_READ);
	plot_edge(p, linking, b, SB_TRACE_WRITE);
	if (i == 7)
		plot_edge(p, linking, blob, SB_TRACE_READ);
	p->files[b].output = true;
	p->artifacts[i] = (struct sb_trace_artifact){.name = program + 4, .built = program};
	if (i == 7)
		p->artifacts[i].bytes = sb_span_of(t->linked, sizeof t->linked);
	p->in.artifact_count = i + 1;
}

static void build_twenty(struct twenty *t)
{
	struct plot *p = &t->plot;
	plot_begin(p);
	fill_blob(t);
	uint32_t image = plot_file(p, "/usr/bin/make", SB_TRACE_ROOT);
	t->cc = plot_file(p, "/usr/libexec/gcc/x86_64-linux-gnu/12/cc1", SB_TRACE_ROOT);
	t->ld = plot_file(p, "/usr/bin/x86_64-linux-gnu-ld.bfd", SB_TRACE_ROOT);
	t->makefile = plot_source(p, "Makefile", "all:\n", true);
	uint32_t blob = plot_source(p, "vendor/blob.o", "x", true);
	plot_source(p, "doc/never.txt", "nobody\n", false);
	t->make = plot_process(p, SB_TRACE_NONE, image);
	plot_edge(p, t->make, t->makefile, SB_TRACE_READ);
	for (unsigned i = 0; i < 20; i++)
		build_one(t, i, blob);
	p->prebuilt[0] = (struct sb_trace_readymade){.path = "vendor/blob.o", .format = "ELF", .bytes = sb_span_of(t->blob, BLOB)};
	p->in.prebuilt_count = 1;
}

Test(lineage, a_prebuilt_object_in_one_of_twenty_programs_is_traced_to_that_one_and_to_its_bytes)
{
	static struct twenty t;
	struct sb_err err = {0};
	build_twenty(&t);
	cr_assert_eq(plot_run(&t.plot, &err), 0, "%s", err.msg);
	const struct sb_lineage *out = &t.plot.out;
	cr_assert(out->trusted);
	cr_assert_eq(out->prebuilt_count, 1);
	cr_assert_eq(out->prebuilt[0].use, SB_USE_READ);
	cr_assert_eq(out->prebuilt[0].reached_count, 1);
	cr_assert_str_eq(out->prebuilt[0].reached[0].name, "bin07");
	cr_assert_eq(out->prebuilt[0].reached[0].reach, SB_INFLOW_DATA);
	cr_assert(out->prebuilt[0].reached[0].searched);
	cr_assert_eq(out->prebuilt[0].reached[0].place_count, 1);
	const struct sb_lineage_place *place = &out->prebuilt[0].reached[0].places[0];
	cr_assert_eq(place->offset, 1000);
	cr_assert_eq(place->length, BLOB);
	cr_assert_lt(place->equal, BLOB);
	cr_assert_gt(place->equal * 2, BLOB);
	plot_end(&t.plot);
}

Test(lineage, each_program_has_its_own_source_and_no_other)
{
	static struct twenty t;
	build_twenty(&t);
	cr_assert_eq(plot_run(&t.plot, NULL), 0);
	for (unsigned i = 0; i < 20; i++) {
		const struct sb_lineage_output *output = &t.plot.out.outputs[i];
		cr_assert(output->traced);
		cr_assert_eq(output->inputs[SB_INFLOW_DATA].count, i == 7 ? 2 : 1);
		cr_assert_eq(plot_inflow(&t.plot, output->name, t.names[i][0]), SB_INFLOW_DATA);
		cr_assert_eq(plot_inflow(&t.plot, output->name, "Makefile"), SB_INFLOW_CONTROL);
		cr_assert_eq(plot_inflow(&t.plot, output->name, "/usr/bin/x86_64-linux-gnu-ld.bfd"), SB_INFLOW_RUN);
		cr_assert_eq(plot_inflow(&t.plot, output->name, "/usr/bin/make"), SB_INFLOW_CONTROL);
	}
	cr_assert_eq(t.plot.out.unread_count, 1);
	cr_assert_str_eq(t.plot.out.unread[0], "doc/never.txt");
	cr_assert_eq(t.plot.out.sources, 23);
	plot_end(&t.plot);
}

Test(lineage, programs_are_named_by_trade_with_how_often_they_ran)
{
	static struct twenty t;
	build_twenty(&t);
	cr_assert_eq(plot_run(&t.plot, NULL), 0);
	cr_assert_eq(t.plot.out.program_count, 3);
	cr_assert_eq(t.plot.out.programs[0].trade, SB_TRADE_COMPILER);
	cr_assert_eq(t.plot.out.programs[0].runs, 20);
	cr_assert_eq(t.plot.out.programs[1].trade, SB_TRADE_LINKER);
	cr_assert_eq(t.plot.out.programs[2].trade, SB_TRADE_INTERPRETER);
	plot_end(&t.plot);
}

/* gen is built from gen.c and run: table.c and the program are made by it. A temporary file is renamed, a pipe carries what a third program reads. */
Test(lineage, generators_pipes_and_renames_are_followed)
{
	static struct plot p;
	plot_begin(&p);
	uint32_t cc = plot_file(&p, "/usr/bin/cc1", SB_TRACE_ROOT), sed = plot_file(&p, "/usr/bin/sed", SB_TRACE_ROOT), sh = plot_file(&p, "/usr/bin/dash", SB_TRACE_ROOT);
	uint32_t genc = plot_source(&p, "gen.c", "x", true), list = plot_source(&p, "list.txt", "x", true), script = plot_source(&p, "build.sh", "x", true);
	uint32_t gen = plot_file(&p, "gen", SB_TRACE_BUILT), table = plot_file(&p, "table.c", SB_TRACE_BUILT), program = plot_file(&p, "out/app", SB_TRACE_BUILT);
	uint32_t pipe = plot_file(&p, "pipe", SB_TRACE_CHANNEL), other = plot_file(&p, "out/other", SB_TRACE_BUILT);
	uint32_t shell = plot_process(&p, SB_TRACE_NONE, sh);
	plot_edge(&p, shell, script, SB_TRACE_READ);
	plot_edge(&p, shell, pipe, SB_TRACE_HOLD);
	uint32_t first = plot_process(&p, shell, cc), left = plot_process(&p, shell, sed), right = plot_process(&p, shell, gen), last = plot_process(&p, shell, cc);
	plot_edge(&p, first, genc, SB_TRACE_READ);
	plot_edge(&p, first, gen, SB_TRACE_WRITE);
	plot_edge(&p, left, list, SB_TRACE_READ);
	plot_edge(&p, left, pipe, SB_TRACE_WRITE);
	plot_edge(&p, right, pipe, SB_TRACE_READ);
	plot_edge(&p, right, table, SB_TRACE_WRITE);
	plot_edge(&p, last, table, SB_TRACE_READ);
	plot_edge(&p, last, program, SB_TRACE_WRITE);
	plot_edge(&p, shell, other, SB_TRACE_WRITE);
	p.files[program].output = p.files[other].output = true;
	p.artifacts[0] = (struct sb_trace_artifact){.name = "app", .built = "out/app"};
	p.artifacts[1] = (struct sb_trace_artifact){.name = "other", .built = "out/other"};
	p.artifacts[2] = (struct sb_trace_artifact){.name = "gone", .built = "out/gone"};
	p.in.artifact_count = 3;
	cr_assert_eq(plot_run(&p, NULL), 0);
	cr_assert_eq(plot_inflow(&p, "app", "list.txt"), SB_INFLOW_DATA);
	cr_assert_eq(plot_inflow(&p, "app", "gen.c"), SB_INFLOW_RUN);
	cr_assert_eq(plot_inflow(&p, "app", "build.sh"), SB_INFLOW_CONTROL);
	cr_assert_eq(plot_inflow(&p, "other", "build.sh"), SB_INFLOW_DATA);
	cr_assert_eq(plot_inflow(&p, "other", "list.txt"), SB_INFLOW_CONTROL, "a shell may have read the pipe that it made");
	cr_assert_not(p.out.outputs[2].traced);
	plot_end(&p);
}

/* A tool that came ready-made and was run: none of its bytes are looked for, and yet it is named. */
Test(lineage, a_prebuilt_tool_that_ran_is_named)
{
	static struct plot p;
	plot_begin(&p);
	uint32_t tool = plot_source(&p, "tools/pack", "x", true), text = plot_source(&p, "text", "x", true), image = plot_file(&p, "out/image", SB_TRACE_BUILT);
	uint32_t packing = plot_process(&p, SB_TRACE_NONE, tool);
	plot_edge(&p, packing, text, SB_TRACE_READ);
	plot_edge(&p, packing, image, SB_TRACE_WRITE);
	p.files[image].output = true;
	p.artifacts[0] = (struct sb_trace_artifact){.name = "image", .built = "out/image"};
	p.in.artifact_count = 1;
	p.prebuilt[0] = (struct sb_trace_readymade){.path = "tools/pack", .format = "ELF"};
	p.in.prebuilt_count = 1;
	cr_assert_eq(plot_run(&p, NULL), 0);
	cr_assert_eq(p.out.prebuilt[0].reached_count, 1);
	cr_assert_eq(p.out.prebuilt[0].reached[0].reach, SB_INFLOW_RUN);
	cr_assert_not(p.out.prebuilt[0].reached[0].searched);
	cr_assert_eq(p.out.programs[0].origin, SB_ORIGIN_SOURCE);
	plot_end(&p);
}

Test(lineage, a_trace_with_doubts_is_not_trusted)
{
	static struct twenty t;
	static const struct sb_trace_doubt doubts[] = {{"read-unseen", "a\nb", true}};
	build_twenty(&t);
	t.plot.trace.doubts = doubts;
	t.plot.trace.doubt_count = 1; /* whatever the head of the trace says */
	cr_assert_eq(plot_run(&t.plot, NULL), 0);
	cr_assert_not(t.plot.out.trusted);
	cr_assert_str_eq(t.plot.out.reasons[0], "read-unseen: a\\x0ab");
	plot_end(&t.plot);
}

Test(lineage, without_a_trace_nothing_is_known)
{
	static struct twenty t;
	build_twenty(&t);
	t.plot.trace.present = false;
	cr_assert_eq(plot_run(&t.plot, NULL), 0);
	cr_assert_not(t.plot.out.trusted);
	cr_assert_eq(t.plot.out.output_count, 0);
	plot_end(&t.plot);
}

Test(lineage, a_graph_that_leads_nowhere_is_refused)
{
	for (int row = 0; row < 5; row++) {
		static struct twenty t;
		struct sb_err err = {0};
		build_twenty(&t);
		struct plot *p = &t.plot;
		if (row == 0)
			p->edges[3].file = (uint32_t)p->trace.file_count;
		if (row == 1)
			p->edges[3].process = (uint32_t)p->trace.process_count;
		if (row == 2)
			p->processes[2].parent = 2;
		if (row == 3)
			p->processes[2].image = (uint32_t)p->trace.file_count;
		if (row == 4)
			p->edges[3].uses = 0;
		cr_assert_eq(plot_run(p, &err), SB_INTERNAL, "row %d", row);
		cr_assert_str_eq(err.id, "trace-malformed");
		cr_assert_eq(p->out.output_count, 0);
		plot_end(p);
	}
}

Test(lineage, attempts_of_one_program_are_one_and_searches_are_none)
{
	static struct twenty t;
	build_twenty(&t);
	t.plot.attempts[0] = (struct sb_trace_attempt){SB_TRACE_ATTEMPT_NETWORK, 0, "connect 192.0.2.1 port 80", 1};
	t.plot.attempts[1] = (struct sb_trace_attempt){SB_TRACE_ATTEMPT_RANDOM, 1, "getrandom", 2};
	t.plot.attempts[2] = (struct sb_trace_attempt){SB_TRACE_ATTEMPT_RANDOM, 3, "getrandom", 5};
	t.plot.attempts[3] = (struct sb_trace_attempt){SB_TRACE_ATTEMPT_ABSENT, 3, "/usr/local/include/stdio.h", 5};
	t.plot.trace.attempt_count = 4;
	cr_assert_eq(plot_run(&t.plot, NULL), 0);
	cr_assert_eq(t.plot.out.attempt_count, 2);
	cr_assert_str_eq(t.plot.out.attempts[0].kind, "network");
	cr_assert_eq(t.plot.out.attempts[1].count, 7);
	plot_end(&t.plot);
}

Test(lineage, what_is_declared_is_held_against_what_was_used)
{
	static struct twenty t;
	static const struct sb_package_list lists[] = {
		{"binutils", {0}}, {"cpp-12", {0}}, {"make", {0}},
	};
	struct sb_package_list copy[3];
	static const char *const declared[] = {"binutils=2.40-1", "cpp-12:amd64=12.2.0-14", "perl"};
	memcpy(copy, lists, sizeof copy);
	copy[0].text = sb_span_text("/.\n/usr/bin/x86_64-linux-gnu-ld.bfd\n");
	copy[1].text = sb_span_text("/usr/libexec/gcc/x86_64-linux-gnu/12/cc1\n");
	copy[2].text = sb_span_text("/bin/make\n/usr/bin/make\n");
	build_twenty(&t);
	t.plot.packages = (struct sb_package_base){.lists = copy, .count = 3,
		.status = sb_span_text("Package: binutils\nArchitecture: amd64\nVersion: 2.40-2\n\nPackage: cpp-12\nArchitecture: amd64\nVersion: 12.2.0-14\n\nbroken\n\n"
	                               "Package: make\nArchitecture: amd64\nVersion: 4.3\n")};
	t.plot.in.declared = declared;
	t.plot.in.declared_count = 3;
	cr_assert_eq(plot_run(&t.plot, NULL), 0);
	cr_assert_eq(t.plot.out.package_count, 3);
	cr_assert_eq(t.plot.out.packages[0].declared, SB_DECLARATION_OTHER_VERSION);
	cr_assert_eq(t.plot.out.packages[1].declared, SB_DECLARATION_YES);
	cr_assert_eq(t.plot.out.packages[2].declared, SB_DECLARATION_NO);
	cr_assert_str_eq(t.plot.out.packages[2].version, "4.3");
	cr_assert_eq(t.plot.out.unused_count, 1);
	cr_assert_str_eq(t.plot.out.unused[0], "perl");
	cr_assert_str_eq(t.plot.out.programs[0].package, "cpp-12");
	plot_end(&t.plot);
}
