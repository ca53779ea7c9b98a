/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/ingest/parcel.h"
#include "tests/unit/leaks.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct parcel parcel;

static void start(void)
{
	parcel_open(&parcel);
	parcel_write(&parcel, "source", sb_span_text("x"));
	parcel_source(&parcel, "source", ".", 0);
	parcel.drop.output_count = 0;
	parcel_write(&parcel, "release/a.bin", sb_span_text("a"));
	parcel_write(&parcel, "release/doc/b.txt", sb_span_text("b"));
}

static void stop(void)
{
	parcel_close(&parcel);
	no_leaks();
}

TestSuite(shipped, .init = start, .fini = stop);

Test(shipped, a_folder_is_paired_by_relative_path)
{
	cr_assert_eq(symlinkat("../../etc/passwd", parcel.dir, "release/doc/link"), 0);
	parcel_output(&parcel, "release", "out/tree");
	cr_assert_eq(parcel_take(&parcel), 0, "%s", parcel.err.msg);
	cr_assert_eq(parcel.taken.shipped_count, 3);
	cr_expect_str_eq(parcel.taken.shipped[0].path, "release/a.bin");
	cr_expect_str_eq(parcel.taken.shipped[0].built, "out/tree/a.bin");
	cr_expect(sb_span_equal(parcel.taken.shipped[0].blob.bytes, sb_span_text("a")));
	cr_expect_str_eq(parcel.taken.shipped[1].built, "out/tree/doc/b.txt");
	cr_expect_eq(parcel.taken.shipped[2].type, 'l');
	cr_expect_str_eq(parcel.taken.shipped[2].link, "../../etc/passwd");
}

Test(shipped, a_file_beside_a_rule_is_not_overlooked)
{
	parcel_output(&parcel, "release/a.bin", "out/a.bin");
	parcel_expect_failure(&parcel, "drop-unmatched-shipped", "release/doc");
	parcel_output(&parcel, "release/doc/b.txt", "out/b.txt");
	cr_assert_eq(parcel_take(&parcel), 0, "%s", parcel.err.msg);
	parcel_write(&parcel, "release/extra.bin", sb_span_text("x"));
	parcel_expect_failure(&parcel, "drop-unmatched-shipped", "release/extra.bin");
	cr_assert_eq(unlinkat(parcel.dir, "release/extra.bin", 0), 0);
	cr_assert_eq(symlinkat("a.bin", parcel.dir, "release/extra"), 0);
	parcel_expect_failure(&parcel, "drop-unmatched-shipped", "release/extra");
}

Test(shipped, sources_may_lie_beside_the_delivery)
{
	parcel_write(&parcel, "all/a.bin", sb_span_text("a"));
	parcel_write(&parcel, "all/src.patch", sb_span_text("s"));
	parcel_write(&parcel, "all/sub/more.patch", sb_span_text("m"));
	parcel_source(&parcel, "all/src.patch", ".", 0);
	parcel_source(&parcel, "all/sub/more.patch", ".", 0);
	parcel_output(&parcel, "all/a.bin", "out/a.bin");
	cr_expect_eq(parcel_take(&parcel), 0, "%s", parcel.err.msg);
}

Test(shipped, one_file_has_one_rule)
{
	parcel_output(&parcel, "release", "out/tree");
	parcel_output(&parcel, "release/a.bin", "out/a.bin");
	parcel_expect_failure(&parcel, "drop-double-match", "release/a.bin");
}

Test(shipped, nothing_to_compare_is_no_delivery)
{
	cr_assert_eq(mkdirat(parcel.dir, "empty", 0700), 0);
	parcel_output(&parcel, "empty", "out");
	parcel_expect_failure(&parcel, "drop-nothing-shipped", "no file");
	parcel.drop.output_count = 0;
	parcel_expect_failure(&parcel, "drop-nothing-shipped", "no file");
}

Test(shipped, missing_and_special_files_are_told)
{
	parcel_output(&parcel, "absent.bin", "out/x");
	parcel_expect_failure(&parcel, "drop-missing-file", "absent.bin");
	cr_assert_eq(symlinkat("release/a.bin", parcel.dir, "absent.bin"), 0);
	parcel_expect_failure(&parcel, "drop-unreadable-file", "absent.bin");
	parcel.drop.output_count = 0;
	cr_assert_eq(mkfifoat(parcel.dir, "release/pipe", 0600), 0);
	parcel_output(&parcel, "release", "out/tree");
	parcel_expect_failure(&parcel, "drop-shipped-special", "release/pipe");
}

Test(shipped, the_folder_of_a_rule_is_no_link)
{
	cr_assert_eq(symlinkat("release", parcel.dir, "alias"), 0);
	parcel_output(&parcel, "alias/a.bin", "out/a.bin");
	parcel_expect_failure(&parcel, "drop-unreadable-file", "alias/a.bin");
}

Test(shipped, folders_deeper_than_the_limit_are_refused)
{
	SB_BUF struct sb_buf path = {0};

	sb_buf_text(&path, "deep");
	for (unsigned i = 0; i < 66; i++)
		sb_buf_text(&path, "/d");
	sb_buf_text(&path, "/f");
	parcel_write(&parcel, path.data, sb_span_text("x"));
	parcel_output(&parcel, "deep", "out");
	cr_expect_eq(parcel_take(&parcel), SB_LIMIT, "%s", parcel.err.msg);
}
