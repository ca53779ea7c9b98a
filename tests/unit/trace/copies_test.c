/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include "tests/unit/trace/plot.h"
#include <criterion/criterion.h>

#include <string.h>

TestSuite(copies, .fini = no_leaks);

enum { PROGRAM = 200 };

/** A build that runs a program of the root and delivers the same bytes. */
struct scene {
	struct plot p;
	uint8_t program[PROGRAM];
	uint32_t tool, object, out, as, cc, ld, strip, cp;
};

static void is_program(struct scene *s, uint32_t file)
{
	struct sb_digest digest;

	sb_hash_span(sb_span_of(s->program, PROGRAM), SB_DIGEST_SHA256, &digest);
	memcpy(s->p.files[file].sha256, digest.sha256, SB_SHA256_BYTES);
	s->p.files[file].size = PROGRAM;
}

static void begin(struct scene *s)
{
	struct plot *p = &s->p;

	plot_begin(p);
	memset(s->program, 0x90, PROGRAM);
	s->program[7] = 0;
	s->cc = plot_file(p, "/usr/bin/cc1", SB_TRACE_ROOT);
	s->as = plot_file(p, "/usr/bin/as", SB_TRACE_ROOT);
	s->ld = plot_file(p, "/usr/bin/x86_64-linux-gnu-ld.bfd", SB_TRACE_ROOT);
	s->strip = plot_file(p, "/usr/bin/x86_64-linux-gnu-strip", SB_TRACE_ROOT);
	s->cp = plot_file(p, "/usr/bin/install", SB_TRACE_ROOT);
	s->tool = plot_file(p, "/usr/bin/tool", SB_TRACE_ROOT);
	is_program(s, s->tool);
	plot_process(p, SB_TRACE_NONE, s->tool);
	s->out = plot_file(p, "out/tool", SB_TRACE_BUILT);
	is_program(s, s->out);
	p->files[s->out].output = true;
	p->artifacts[p->in.artifact_count++] = (struct sb_trace_artifact){.name = "tool", .built = "out/tool", .bytes = sb_span_of(s->program, PROGRAM)};
}

static uint32_t step(struct scene *s, uint32_t image, uint32_t from, uint32_t to)
{
	uint32_t process = plot_process(&s->p, SB_TRACE_NONE, image);

	plot_edge(&s->p, process, from, SB_TRACE_READ);
	plot_edge(&s->p, process, to, SB_TRACE_WRITE);
	return process;
}

static uint32_t compile(struct scene *s)
{
	uint32_t source = plot_source(&s->p, "tool.c", "int main(void) { return 0; }", true);
	uint32_t text = plot_file(&s->p, "/tmp/*.s", SB_TRACE_BUILT), object = plot_file(&s->p, "tool.o", SB_TRACE_BUILT);

	step(s, s->cc, source, text);
	step(s, s->as, text, object);
	return object;
}

static size_t found(struct scene *s)
{
	cr_assert_eq(plot_run(&s->p, NULL), 0);
	size_t count = s->p.out.prebuilt_count;
	if (count)
		cr_assert_str_eq(s->p.out.prebuilt[0].path, "/usr/bin/tool");
	plot_end(&s->p);
	return count;
}

Test(copies, a_program_that_is_linked_again_is_no_copy)
{
	static struct scene s;
	begin(&s);
	step(&s, s.ld, compile(&s), s.out);
	cr_assert_eq(found(&s), 0);
}

Test(copies, nor_is_one_that_was_stripped_and_moved)
{
	static struct scene s;
	begin(&s);
	uint32_t linked = plot_file(&s.p, "b/tool", SB_TRACE_BUILT), moved = plot_file(&s.p, "p/tool", SB_TRACE_BUILT), text = plot_file(&s.p, "README", SB_TRACE_BUILT);
	step(&s, s.ld, compile(&s), linked);
	uint32_t moving = step(&s, s.cp, linked, moved);
	plot_edge(&s.p, moving, text, SB_TRACE_READ);
	step(&s, s.strip, moved, s.out);
	cr_assert_eq(found(&s), 0);
}

Test(copies, what_somebody_else_wrote_is_one)
{
	static struct scene s;
	begin(&s);
	uint32_t base64 = plot_file(&s.p, "/usr/bin/base64", SB_TRACE_ROOT);
	step(&s, base64, compile(&s), s.out);
	cr_assert_eq(found(&s), 1);
}

Test(copies, and_so_is_what_a_linker_made_of_what_nobody_compiled)
{
	static struct scene s;
	begin(&s);
	uint32_t base64 = plot_file(&s.p, "/usr/bin/base64", SB_TRACE_ROOT), blob = plot_file(&s.p, "blob", SB_TRACE_BUILT);
	step(&s, base64, plot_source(&s.p, "a.txt", "text", true), blob);
	uint32_t linking = step(&s, s.ld, compile(&s), s.out);
	plot_edge(&s.p, linking, blob, SB_TRACE_READ);
	cr_assert_eq(found(&s), 1);
}

Test(copies, what_was_read_on_the_way_is_one_whoever_wrote_it)
{
	static struct scene s;
	begin(&s);
	uint32_t linking = step(&s, s.ld, compile(&s), s.out);
	plot_edge(&s.p, linking, s.tool, SB_TRACE_READ);
	cr_assert_eq(found(&s), 1);
}
