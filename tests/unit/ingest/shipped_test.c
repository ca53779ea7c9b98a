/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/ingest/crate.h"
#include "tests/unit/leaks.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct crate crate;

static void start(void)
{
	crate_open(&crate);
	crate_write(&crate, "source", sb_span_text("x"));
	crate_source(&crate, "source", ".", 0);
	crate.drop.output_count = 0;
	crate_write(&crate, "release/a.bin", sb_span_text("a"));
	crate_write(&crate, "release/doc/b.txt", sb_span_text("b"));
}

static void stop(void)
{
	crate_close(&crate);
	no_leaks();
}

TestSuite(shipped, .init = start, .fini = stop);

Test(shipped, a_folder_is_paired_by_relative_path)
{
	cr_assert_eq(symlinkat("../../etc/passwd", crate.dir, "release/doc/link"), 0);
	crate_output(&crate, "release", "out/tree");
	cr_assert_eq(crate_take(&crate), 0, "%s", crate.err.msg);
	cr_assert_eq(crate.taken.shipped_count, 3);
	cr_expect_str_eq(crate.taken.shipped[0].path, "release/a.bin");
	cr_expect_str_eq(crate.taken.shipped[0].built, "out/tree/a.bin");
	cr_expect(sb_span_equal(crate.taken.shipped[0].blob.bytes, sb_span_text("a")));
	cr_expect_str_eq(crate.taken.shipped[1].built, "out/tree/doc/b.txt");
	cr_expect_eq(crate.taken.shipped[2].type, 'l');
	cr_expect_str_eq(crate.taken.shipped[2].link, "../../etc/passwd");
}

Test(shipped, a_file_beside_a_rule_is_not_overlooked)
{
	crate_output(&crate, "release/a.bin", "out/a.bin");
	crate_expect_failure(&crate, "drop-unmatched-shipped", "release/doc");
	crate_output(&crate, "release/doc/b.txt", "out/b.txt");
	cr_assert_eq(crate_take(&crate), 0, "%s", crate.err.msg);
	crate_write(&crate, "release/extra.bin", sb_span_text("x"));
	crate_expect_failure(&crate, "drop-unmatched-shipped", "release/extra.bin");
	cr_assert_eq(unlinkat(crate.dir, "release/extra.bin", 0), 0);
	cr_assert_eq(symlinkat("a.bin", crate.dir, "release/extra"), 0);
	crate_expect_failure(&crate, "drop-unmatched-shipped", "release/extra");
}

Test(shipped, sources_may_lie_beside_the_delivery)
{
	crate_write(&crate, "all/a.bin", sb_span_text("a"));
	crate_write(&crate, "all/src.patch", sb_span_text("s"));
	crate_write(&crate, "all/sub/more.patch", sb_span_text("m"));
	crate_source(&crate, "all/src.patch", ".", 0);
	crate_source(&crate, "all/sub/more.patch", ".", 0);
	crate_output(&crate, "all/a.bin", "out/a.bin");
	cr_expect_eq(crate_take(&crate), 0, "%s", crate.err.msg);
}

Test(shipped, one_file_has_one_rule)
{
	crate_output(&crate, "release", "out/tree");
	crate_output(&crate, "release/a.bin", "out/a.bin");
	crate_expect_failure(&crate, "drop-double-match", "release/a.bin");
}

Test(shipped, nothing_to_compare_is_no_delivery)
{
	cr_assert_eq(mkdirat(crate.dir, "empty", 0700), 0);
	crate_output(&crate, "empty", "out");
	crate_expect_failure(&crate, "drop-nothing-shipped", "no file");
	crate.drop.output_count = 0;
	crate_expect_failure(&crate, "drop-nothing-shipped", "no file");
}

Test(shipped, missing_and_special_files_are_told)
{
	crate_output(&crate, "absent.bin", "out/x");
	crate_expect_failure(&crate, "drop-missing-file", "absent.bin");
	cr_assert_eq(symlinkat("release/a.bin", crate.dir, "absent.bin"), 0);
	crate_expect_failure(&crate, "drop-unreadable-file", "absent.bin");
	crate.drop.output_count = 0;
	cr_assert_eq(mkfifoat(crate.dir, "release/pipe", 0600), 0);
	crate_output(&crate, "release", "out/tree");
	crate_expect_failure(&crate, "drop-shipped-special", "release/pipe");
}

Test(shipped, the_folder_of_a_rule_is_no_link)
{
	cr_assert_eq(symlinkat("release", crate.dir, "alias"), 0);
	crate_output(&crate, "alias/a.bin", "out/a.bin");
	crate_expect_failure(&crate, "drop-unreadable-file", "alias/a.bin");
}

Test(shipped, folders_deeper_than_the_limit_are_refused)
{
	SB_BUF struct sb_buf path = {0};

	sb_buf_text(&path, "deep");
	for (unsigned i = 0; i < 66; i++)
		sb_buf_text(&path, "/d");
	sb_buf_text(&path, "/f");
	crate_write(&crate, path.data, sb_span_text("x"));
	crate_output(&crate, "deep", "out");
	cr_expect_eq(crate_take(&crate), SB_LIMIT, "%s", crate.err.msg);
}
