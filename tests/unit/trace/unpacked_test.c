/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include "tests/unit/trace/plot.h"
#include <criterion/criterion.h>

#include <string.h>

TestSuite(unpacked, .fini = no_leaks);

/** An archive of the drop that one program took apart, and a compiler. */
struct scene {
	struct plot p;
	uint32_t archive, unpacking, compiling;
};

static void begin(struct scene *s, const char *unpacker)
{
	plot_begin(&s->p);
	uint32_t image = plot_file(&s->p, unpacker, SB_TRACE_ROOT), cc = plot_file(&s->p, "/usr/bin/cc1", SB_TRACE_ROOT);
	s->archive = plot_source(&s->p, "a.tar", "archive", true);
	s->unpacking = plot_process(&s->p, SB_TRACE_NONE, image);
	s->compiling = plot_process(&s->p, SB_TRACE_NONE, cc);
	plot_edge(&s->p, s->unpacking, s->archive, SB_TRACE_READ);
}

/* What the unpacker wrote to @path: the content of @text, or of something that is gone. */
static uint32_t unpack(struct scene *s, const char *path, const char *text)
{
	uint32_t file = plot_file(&s->p, path, SB_TRACE_BUILT);
	struct sb_digest digest;

	plot_edge(&s->p, s->unpacking, file, SB_TRACE_WRITE);
	s->p.files[file].digested = text != NULL;
	if (!text)
		return file;
	sb_hash_span(sb_span_text(text), SB_DIGEST_SHA256, &digest);
	memcpy(s->p.files[file].sha256, digest.sha256, SB_SHA256_BYTES);
	s->p.files[file].size = strlen(text);
	return file;
}

static bool is_in(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

#define IS_UNREAD(s, name) is_in((s)->p.out.unread, (s)->p.out.unread_count, name)
#define IS_UNTOLD(s, name) is_in((s)->p.out.untold, (s)->p.out.untold_count, name)
#define IS_COPIED(s, name) is_in((s)->p.out.copied, (s)->p.out.copied_count, name)

Test(unpacked, what_was_compiled_is_an_input_and_what_was_not_opened_is_unread)
{
	static struct scene s;
	begin(&s, "/usr/bin/tar");
	plot_member(&s.p, "a.tar!/a/x.c", "int x;");
	plot_member(&s.p, "a.tar!/a/README", "read me");
	uint32_t x = unpack(&s, "top/x.c", "int x;"), out = plot_file(&s.p, "x.o", SB_TRACE_BUILT);
	unpack(&s, "top/README", "read me");
	plot_edge(&s.p, s.compiling, x, SB_TRACE_READ);
	plot_edge(&s.p, s.compiling, out, SB_TRACE_WRITE);
	s.p.files[out].output = true;
	s.p.artifacts[s.p.in.artifact_count++] = (struct sb_trace_artifact){.name = "x.o", .built = "x.o"};
	cr_assert_eq(plot_run(&s.p, NULL), 0);
	cr_assert_eq(s.p.out.sources, 3);
	cr_assert(IS_UNREAD(&s, "a.tar!/a/README"));
	cr_assert_not(IS_UNREAD(&s, "a.tar!/a/x.c"));
	cr_assert_eq(plot_inflow(&s.p, "x.o", "a.tar!/a/x.c"), SB_INFLOW_DATA);
	cr_assert_eq(plot_inflow(&s.p, "x.o", "a.tar"), SB_INFLOW_DATA);
	cr_assert_eq(plot_inflow(&s.p, "x.o", "a.tar!/a/README"), SB_INFLOW_NONE);
	plot_end(&s.p);
}

Test(unpacked, what_never_became_a_file_is_unread_unless_its_archive_was_read_by_somebody_else)
{
	static struct scene s;
	begin(&s, "/usr/bin/tar");
	plot_member(&s.p, "a.tar!/a/x.c", "int x;");
	cr_assert_eq(plot_run(&s.p, NULL), 0);
	cr_assert(IS_UNREAD(&s, "a.tar!/a/x.c"));
	plot_end(&s.p);

	begin(&s, "/usr/bin/python3.11");
	plot_member(&s.p, "a.tar!/a/x.c", "int x;");
	cr_assert_eq(plot_run(&s.p, NULL), 0);
	cr_assert(IS_UNTOLD(&s, "a.tar!/a/x.c"));
	cr_assert_eq(s.p.out.unread_count, 0);
	plot_end(&s.p);
}

Test(unpacked, of_two_copies_the_one_that_was_read_counts)
{
	static struct scene s;
	begin(&s, "/usr/bin/tar");
	plot_member(&s.p, "a.tar!/a/x.c", "int x;");
	unpack(&s, "deeper/a/x.c", "int x;");
	uint32_t read = unpack(&s, "top/x.c", "int x;");
	plot_edge(&s.p, s.compiling, read, SB_TRACE_READ);
	cr_assert_eq(plot_run(&s.p, NULL), 0);
	cr_assert_eq(s.p.out.unread_count + s.p.out.untold_count + s.p.out.copied_count, 0);
	plot_end(&s.p);
}

Test(unpacked, a_version_that_is_gone_is_known_by_who_wrote_it)
{
	static struct scene s;
	begin(&s, "/usr/bin/tar");
	plot_member(&s.p, "a.tar!/a/x.c", "int x;");
	unpack(&s, "a/x.c", NULL);
	cr_assert_eq(plot_run(&s.p, NULL), 0);
	cr_assert(IS_UNREAD(&s, "a.tar!/a/x.c"));
	plot_end(&s.p);

	begin(&s, "/usr/bin/python3.11");
	plot_member(&s.p, "a.tar!/a/x.c", "int x;");
	unpack(&s, "a/x.c", NULL);
	cr_assert_eq(plot_run(&s.p, NULL), 0);
	cr_assert(IS_UNTOLD(&s, "a.tar!/a/x.c"));
	plot_end(&s.p);
}

/* A file of the same name with other content is another file, and so is one in another folder. */
Test(unpacked, neither_name_nor_content_is_enough)
{
	static struct scene s;
	begin(&s, "/usr/bin/python3.11");
	plot_member(&s.p, "a.tar!/a/lib/x.c", "int x;");
	uint32_t other = unpack(&s, "a/lib/x.c", "int y;"), elsewhere = unpack(&s, "a/bin/x.c", "int x;");
	plot_edge(&s.p, s.compiling, other, SB_TRACE_READ);
	plot_edge(&s.p, s.compiling, elsewhere, SB_TRACE_READ);
	cr_assert_eq(plot_run(&s.p, NULL), 0);
	cr_assert(IS_UNTOLD(&s, "a.tar!/a/lib/x.c"));
	plot_end(&s.p);
}

Test(unpacked, what_lies_in_an_inner_archive_follows_that_one)
{
	static struct scene s;
	begin(&s, "/usr/bin/tar");
	plot_member(&s.p, "a.tar!/a/b.zip", "zip");
	plot_member(&s.p, "a.tar!/a/b.zip!/y.c", "int y;");
	plot_member(&s.p, "a.tar!/a/c.zip", "other zip");
	plot_member(&s.p, "a.tar!/a/c.zip!/z.c", "int z;");
	unpack(&s, "a/c.zip", "other zip");
	uint32_t inner = unpack(&s, "a/b.zip", "zip");
	plot_edge(&s.p, s.compiling, inner, SB_TRACE_READ); /* a program that may know zip */
	cr_assert_eq(plot_run(&s.p, NULL), 0);
	cr_assert(IS_UNTOLD(&s, "a.tar!/a/b.zip!/y.c"));
	cr_assert(IS_UNREAD(&s, "a.tar!/a/c.zip!/z.c"));
	cr_assert_not(IS_COPIED(&s, "a.tar!/a/c.zip"));
	plot_end(&s.p);
}

/* A pipe that nobody was given to read goes to who made it. */
Test(unpacked, what_went_on_through_a_pipe_is_not_known)
{
	static struct scene s;
	begin(&s, "/usr/bin/tar");
	plot_member(&s.p, "a.tar!/a/x.c", "int x;");
	uint32_t pipe = plot_file(&s.p, "pipe", SB_TRACE_CHANNEL), sh = plot_file(&s.p, "/usr/bin/dash", SB_TRACE_ROOT);
	plot_edge(&s.p, s.unpacking, pipe, SB_TRACE_WRITE);
	plot_edge(&s.p, plot_process(&s.p, SB_TRACE_NONE, sh), pipe, SB_TRACE_HOLD);
	cr_assert_eq(plot_run(&s.p, NULL), 0);
	cr_assert(IS_UNTOLD(&s, "a.tar!/a/x.c"));
	plot_end(&s.p);
}

/* Nor what became a file that is no member. */
Test(unpacked, what_else_came_out_of_an_archive_may_be_any_member)
{
	static struct scene s;
	begin(&s, "/usr/bin/tar");
	plot_member(&s.p, "a.tar!/a/x.c", "int x;");
	plot_member(&s.p, "a.tar!/a/y.c", "int y;");
	unpack(&s, "a/y.c", "int y;");
	unpack(&s, "other", "something else");
	cr_assert_eq(plot_run(&s.p, NULL), 0);
	cr_assert(IS_UNTOLD(&s, "a.tar!/a/x.c"));
	cr_assert(IS_UNREAD(&s, "a.tar!/a/y.c"));
	plot_end(&s.p);
}
