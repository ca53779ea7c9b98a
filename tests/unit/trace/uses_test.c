/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include "tests/unit/trace/plot.h"
#include <criterion/criterion.h>

#include "verifier/trace/trades.h"

#include <string.h>

TestSuite(uses, .fini = no_leaks);

static bool listed(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool is_copied(const struct plot *p, const char *path)
{
	return listed(p->out.copied, p->out.copied_count, path);
}

static void same_content(struct plot *p, uint32_t copy, uint32_t of)
{
	memcpy(p->files[copy].sha256, p->files[of].sha256, SB_SHA256_BYTES);
	p->files[copy].size = p->files[of].size;
}

/* cp of two files into one folder: the copy of one is compiled, that of the other is not. */
Test(uses, a_copy_that_is_compiled_was_read)
{
	static struct plot p;
	plot_begin(&p);
	uint32_t cp = plot_file(&p, "/usr/bin/cp", SB_TRACE_ROOT), cc = plot_file(&p, "/usr/bin/cc1", SB_TRACE_ROOT);
	uint32_t a = plot_source(&p, "a.c", "x", true), b = plot_source(&p, "README", "x", true);
	uint32_t a2 = plot_file(&p, "obj/a.c", SB_TRACE_BUILT), b2 = plot_file(&p, "out/README", SB_TRACE_BUILT);
	same_content(&p, a2, a);
	same_content(&p, b2, b);
	uint32_t copying = plot_process(&p, SB_TRACE_NONE, cp), compiling = plot_process(&p, SB_TRACE_NONE, cc);
	plot_edge(&p, copying, a, SB_TRACE_READ);
	plot_edge(&p, copying, b, SB_TRACE_READ);
	plot_edge(&p, copying, a2, SB_TRACE_WRITE);
	plot_edge(&p, copying, b2, SB_TRACE_WRITE);
	plot_edge(&p, compiling, a2, SB_TRACE_READ);
	cr_assert_eq(plot_run(&p, NULL), 0);
	cr_assert_eq(p.out.copied_count, 1);
	cr_assert(is_copied(&p, "README"));
	plot_end(&p);
}

/* tar into a pipe, and out of it somewhere else: what was packed is found again by its content. */
Test(uses, what_went_through_an_archive_is_followed)
{
	static struct plot p;
	plot_begin(&p);
	uint32_t tar = plot_file(&p, "/usr/bin/tar", SB_TRACE_ROOT), cc = plot_file(&p, "/usr/bin/cc1", SB_TRACE_ROOT), sum = plot_file(&p, "/usr/bin/md5sum", SB_TRACE_ROOT);
	uint32_t a = plot_source(&p, "a.c", "x", true), b = plot_source(&p, "b.txt", "x", true), pipe = plot_file(&p, "pipe", SB_TRACE_CHANNEL);
	uint32_t a2 = plot_file(&p, "copy/a.c", SB_TRACE_BUILT), b2 = plot_file(&p, "copy/b.txt", SB_TRACE_BUILT);
	same_content(&p, a2, a);
	same_content(&p, b2, b);
	uint32_t packing = plot_process(&p, SB_TRACE_NONE, tar), unpacking = plot_process(&p, SB_TRACE_NONE, tar);
	uint32_t compiling = plot_process(&p, SB_TRACE_NONE, cc), summing = plot_process(&p, SB_TRACE_NONE, sum);
	plot_edge(&p, packing, a, SB_TRACE_READ);
	plot_edge(&p, packing, b, SB_TRACE_READ);
	plot_edge(&p, packing, pipe, SB_TRACE_WRITE);
	plot_edge(&p, unpacking, pipe, SB_TRACE_READ);
	plot_edge(&p, unpacking, a2, SB_TRACE_WRITE);
	plot_edge(&p, unpacking, b2, SB_TRACE_WRITE);
	plot_edge(&p, compiling, a2, SB_TRACE_READ);
	plot_edge(&p, summing, b2, SB_TRACE_READ);
	cr_assert_eq(plot_run(&p, NULL), 0);
	cr_assert_eq(p.out.copied_count, 1);
	cr_assert(is_copied(&p, "b.txt"));
	plot_end(&p);
}

/* An archive that something else reads may have given up anything. */
Test(uses, what_cannot_be_told_apart_counts_as_read)
{
	static struct plot p;
	plot_begin(&p);
	uint32_t tar = plot_file(&p, "/usr/bin/tar", SB_TRACE_ROOT), java = plot_file(&p, "/usr/bin/java", SB_TRACE_ROOT);
	uint32_t own = plot_source(&p, "tools/cp", "x", true), a = plot_source(&p, "a.c", "x", true), b = plot_source(&p, "b.c", "x", true);
	uint32_t archive = plot_file(&p, "a.tar", SB_TRACE_BUILT), copy = plot_file(&p, "b2.c", SB_TRACE_BUILT);
	uint32_t packing = plot_process(&p, SB_TRACE_NONE, tar), reading = plot_process(&p, SB_TRACE_NONE, java), copying = plot_process(&p, SB_TRACE_NONE, own);
	plot_edge(&p, packing, a, SB_TRACE_READ);
	plot_edge(&p, packing, archive, SB_TRACE_WRITE);
	plot_edge(&p, reading, archive, SB_TRACE_READ);
	plot_edge(&p, copying, b, SB_TRACE_READ);
	plot_edge(&p, copying, copy, SB_TRACE_WRITE);
	cr_assert_eq(plot_run(&p, NULL), 0);
	cr_assert_eq(p.out.copied_count, 0, "a drop's own cp may do anything");
	cr_assert_eq(p.out.unread_count, 0);
	plot_end(&p);
}

/* The kernel says that somebody read it, and nobody was seen: then it is not called unread. */
Test(uses, the_witness_is_heard)
{
	static struct plot p;
	plot_begin(&p);
	uint32_t a = plot_source(&p, "a.c", "x", true);
	plot_source(&p, "b.c", "x", true);
	p.files[a].witness_read = true;
	cr_assert_eq(plot_run(&p, NULL), 0);
	cr_assert_eq(p.out.unread_count, 1);
	cr_assert_str_eq(p.out.unread[0], "b.c");
	plot_end(&p);
}

Test(uses, programs_are_known_by_their_names)
{
	static const struct row {
		const char *path;
		enum sb_trade trade;
		enum sb_carriage carriage;
	} rows[] = {
		{"/usr/bin/x86_64-linux-gnu-gcc-12", SB_TRADE_COMPILER, SB_CARRIAGE_NONE},
		{"/usr/bin/x86_64-linux-gnu-as", SB_TRADE_ASSEMBLER, SB_CARRIAGE_NONE},
		{"/usr/bin/x86_64-linux-gnu-ld.bfd", SB_TRADE_LINKER, SB_CARRIAGE_NONE},
		{"/usr/bin/gcc-ar-12", SB_TRADE_ARCHIVER, SB_CARRIAGE_NONE},
		{"/usr/bin/python3.11", SB_TRADE_INTERPRETER, SB_CARRIAGE_NONE},
		{"/usr/bin/cp", SB_TRADE_CARRIER, SB_CARRIAGE_MOVER},
		{"/usr/bin/apt-file", SB_TRADE_OTHER, SB_CARRIAGE_NONE},
		{"/usr/bin/git-cp", SB_TRADE_OTHER, SB_CARRIAGE_NONE},
		{"/usr/bin/cp2", SB_TRADE_CARRIER, SB_CARRIAGE_NONE},
		{"", SB_TRADE_OTHER, SB_CARRIAGE_NONE},
		{"12", SB_TRADE_OTHER, SB_CARRIAGE_NONE},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cr_assert_eq(sb_trade_of(rows[i].path), rows[i].trade, "%s", rows[i].path);
		cr_assert_eq(sb_carriage_of(rows[i].path), rows[i].carriage, "%s", rows[i].path);
	}
}
