/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base.h"
#include "tests/unit/leaks.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

TestSuite(base, .fini = no_leaks);

Test(base, a_reader_gives_zero_and_stays_bad_after_the_first_short_read)
{
	static const uint8_t bytes[] = {1, 2, 3, 4};
	struct sb_rd rd = sb_rd_of(sb_span_of(bytes, 4), true);
	cr_assert_eq(sb_rd_uint(&rd, 2), 0x0102);
	cr_assert_eq(sb_rd_uint(&rd, 4), 0);
	cr_assert(rd.bad);
	cr_assert_eq(sb_rd_uint(&rd, 1), 0);
	struct sb_rd le = sb_rd_of(sb_span_of(bytes, 4), false);
	cr_assert_eq(sb_rd_uint(&le, 4), 0x04030201);
	cr_assert_not(le.bad);
	cr_assert_eq(sb_rd_uint(&le, 9), 0);
	cr_assert(le.bad);
}

Test(base, a_cut_never_wraps)
{
	static const uint8_t bytes[8];
	struct sb_span out;
	cr_assert(sb_span_cut(sb_span_of(bytes, 8), 8, 0, &out));
	cr_assert_not(sb_span_cut(sb_span_of(bytes, 8), 1, UINT64_MAX, &out));
	cr_assert_not(sb_span_cut(sb_span_of(bytes, 8), UINT64_MAX, 1, &out));
	cr_assert_not(sb_span_cut(sb_span_of(bytes, 8), 9, 0, &out));
}

Test(base, spans_of_zero_bytes_are_told_apart_from_others)
{
	static const uint8_t zeros[9] = {0}, last[9] = {0, 0, 0, 0, 0, 0, 0, 0, 1};
	cr_assert(sb_span_all_zero(sb_span_of(zeros, 9)));
	cr_assert_not(sb_span_all_zero(sb_span_of(last, 9)));
	cr_assert_eq(sb_span_common_prefix(sb_span_of(zeros, 9), sb_span_of(last, 9)), 8);
	cr_assert_lt(sb_span_compare(sb_span_of(zeros, 9), sb_span_of(last, 9)), 0);
	cr_assert_lt(sb_span_compare(sb_span_of(zeros, 8), sb_span_of(zeros, 9)), 0);
}

Test(base, escaping_shows_text_and_hides_nothing)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{"plain é", "plain é"}, {"a\\b", "a\\\\b"},       {"\x1b[31m", "\\x1b[31m"},      {"a\nb", "a\\x0ab"},
		{"\xff", "\\xff"},      {"\xc0\x80", "\\xc0\\x80"}, {"\xe2\x80\xae", "\\xe2\\x80\\xae"}, {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
		{"\xc2\x85", "\\xc2\\x85"}, {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, {"\xe2\x82", "\\xe2\\x82"}, {"\x7f", "\\x7f"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		SB_BUF struct sb_buf out = {0};
		sb_escape(&out, sb_span_text(rows[i].text));
		cr_assert_str_eq(out.data, rows[i].shown, "row %zu: %s", i, out.data);
		cr_assert_eq(sb_escape_is_plain(sb_span_text(rows[i].text)), strcmp(rows[i].text, rows[i].shown) == 0);
	}
}

Test(base, foreign_names_become_relative_paths_or_a_fault)
{
	static const struct {
		const char *name, *path;
		enum sb_path_fault fault;
	} rows[] = {
		{"a/b", "a/b", SB_PATH_FINE},   {"./a//b/", "a/b", SB_PATH_FINE}, {"a/./b", "a/b", SB_PATH_FINE}, {".", ".", SB_PATH_FINE},
		{"./", ".", SB_PATH_FINE},      {"", NULL, SB_PATH_EMPTY},        {"/a", NULL, SB_PATH_ABSOLUTE}, {"..", NULL, SB_PATH_PARENT},
		{"a/../b", NULL, SB_PATH_PARENT}, {"...", "...", SB_PATH_FINE},   {"a..b", "a..b", SB_PATH_FINE},
	};
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *path = NULL;
		enum sb_path_fault fault;
		cr_assert_eq(sb_path_normalise(sb_span_text(rows[i].name), arena, &path, &fault, NULL), 0);
		cr_assert_eq(fault, rows[i].fault, "row %zu", i);
		if (rows[i].path)
			cr_assert_str_eq(path, rows[i].path);
	}
	const char *path;
	enum sb_path_fault fault;
	cr_assert_eq(sb_path_normalise(sb_span_of("a\0b", 3), arena, &path, &fault, NULL), 0);
	cr_assert_eq(fault, SB_PATH_NUL);
}

Test(base, clean_absolute_paths)
{
	cr_assert(sb_path_is_clean_absolute("/build/acme-1.0"));
	static const char *const bad[] = {"", "/", "build", "/a/", "//a", "/a//b", "/a/../b", "/a/./b", "/a\nb", "/.."};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_assert_not(sb_path_is_clean_absolute(bad[i]), "%s", bad[i]);
}

Test(base, a_buffer_stops_at_its_ceiling_and_says_so_once_and_for_all)
{
	SB_BUF struct sb_buf buf = {.ceiling = 4};
	struct sb_err err = {0};
	sb_buf_text(&buf, "abcd");
	cr_assert_eq(sb_buf_ok(&buf, &err), 0);
	sb_buf_text(&buf, "e");
	sb_buf_text(&buf, "");
	cr_assert_eq(sb_buf_ok(&buf, &err), SB_LIMIT);
	cr_assert_str_eq(err.id, "limit-buffer");
	cr_assert_str_eq(buf.data, "abcd");
}

Test(base, an_arena_refuses_what_goes_over_its_ceiling)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(1000);
	cr_assert_not_null(sb_arena_alloc(arena, 900));
	cr_assert_null(sb_arena_alloc(arena, 101));
	cr_assert_null(sb_arena_array(arena, SIZE_MAX / 2, 4));
	cr_assert_not_null(sb_arena_alloc(arena, 100));
	char *large = sb_arena_printf(arena, "%s", "");
	cr_assert_null(large);
}

struct counted {
	int seen[100];
};

static int fail_at_odd_tens(void *ctx, size_t i, struct sb_err *err)
{
	((struct counted *)ctx)->seen[i]++;
	return i % 20 == 10 ? sb_fail(err, SB_FORMAT, "archive-empty", "%zu", i) : 0;
}

Test(base, a_pool_reports_the_lowest_failure_for_every_number_of_threads)
{
	for (unsigned jobs = 1; jobs < 9; jobs++) {
		struct counted counted = {0};
		struct sb_err err = {0};
		cr_assert_eq(sb_pool_run(jobs, 100, fail_at_odd_tens, &counted, &err), SB_FORMAT);
		cr_assert_str_eq(err.msg, "10", "jobs %u", jobs);
		for (int i = 0; i <= 10; i++)
			cr_assert_eq(counted.seen[i], 1);
	}
}

/** Work that only ends when two threads are at it at once. */
struct meeting {
	struct sb_pool *pool;
	pthread_barrier_t both;
};

static int meet(void *ctx, size_t i, struct sb_err *err)
{
	struct meeting *meeting = ctx;

	(void)i;
	(void)err;
	pthread_barrier_wait(&meeting->both);
	return 0;
}

static int split_the_second(void *ctx, size_t i, struct sb_err *err)
{
	struct meeting *meeting = ctx;
	return i == 0 ? 0 : sb_pool_share(meeting->pool, 2, meet, meeting, err);
}

Test(base, whoever_is_idle_takes_part_in_what_another_thread_splits, .timeout = 30)
{
	struct meeting meeting = {.pool = sb_pool_new(2)};

	cr_assert_not_null(meeting.pool);
	cr_assert_eq(sb_pool_jobs(meeting.pool), 2);
	pthread_barrier_init(&meeting.both, NULL, 2);
	for (unsigned i = 0; i < 100; i++)
		cr_assert_eq(sb_pool_share(meeting.pool, 2, split_the_second, &meeting, NULL), 0);
	sb_pool_free(&meeting.pool);
	pthread_barrier_destroy(&meeting.both);
}

/** A tree of work: each leaf counts, and one of them fails. */
struct branching {
	struct sb_pool *pool;
	unsigned leaves;
};

static int leaf(void *ctx, size_t i, struct sb_err *err)
{
	struct branching *tree = ctx;

	__atomic_add_fetch(&tree->leaves, 1, __ATOMIC_RELAXED);
	return i == 5 ? sb_fail(err, SB_FORMAT, "archive-empty", "leaf") : 0;
}

static int branch(void *ctx, size_t i, struct sb_err *err)
{
	struct branching *tree = ctx;
	return sb_pool_share(tree->pool, i % 7, leaf, tree, err);
}

Test(base, work_within_work_is_all_done_and_fails_alike_for_every_number_of_threads, .timeout = 60)
{
	for (unsigned jobs = 1; jobs < 9; jobs++) {
		struct branching tree = {.pool = sb_pool_new(jobs)};
		cr_assert_eq(sb_pool_share(tree.pool, 6, branch, &tree, NULL), 0);
		cr_assert_eq(tree.leaves, 0 + 1 + 2 + 3 + 4 + 5);
		cr_assert_eq(sb_pool_share(tree.pool, 7, branch, &tree, NULL), SB_FORMAT, "the seventh has a leaf that fails");
		sb_pool_free(&tree.pool);
	}
}

Test(base, published_files_are_whole_or_absent)
{
	char folder[] = "/tmp/samebuild-base-XXXXXX";
	cr_assert_not_null(mkdtemp(folder));
	SB_CLOSING int dir = open(folder, O_RDONLY | O_DIRECTORY);
	SB_FREEING char *text = NULL;
	size_t n;
	cr_assert_eq(sb_io_publish(dir, "a", 0640, sb_span_text("one"), NULL), 0);
	cr_assert_eq(sb_io_publish(dir, "a", 0640, sb_span_text("two"), NULL), 0);
	cr_assert_eq(sb_io_slurp(dir, "a", 100, &text, &n, NULL), 0);
	cr_assert_str_eq(text, "two");
	cr_assert_neq(sb_io_publish(dir, "absent/a", 0640, sb_span_text("x"), NULL), 0);
	struct sb_err err = {0};
	SB_CLOSING int fd = -1;
	cr_assert_eq(symlinkat("/etc/passwd", dir, "link"), 0);
	cr_assert_eq(sb_path_open_file(dir, "link", &fd, &err), SB_USAGE);
	cr_assert_str_eq(err.id, "path-escapes");
	cr_assert_eq(sb_path_open_file(dir, "../etc/passwd", &fd, &err), SB_USAGE);
	cr_assert_eq(mkfifoat(dir, "fifo", 0600), 0);
	cr_assert_eq(sb_path_open_file(dir, "fifo", &fd, &err), SB_FORMAT);
	cr_assert_eq(sb_path_remove_tree(AT_FDCWD, folder, NULL), 0);
}

Test(base, a_blob_keeps_its_bytes_when_the_file_changes)
{
	char path[] = "/tmp/samebuild-blob-XXXXXX";
	SB_CLOSING int fd = mkstemp(path);
	SB_BLOB struct sb_blob blob = {.fd = -1};
	cr_assert_eq(sb_io_write(fd, sb_span_text("before"), NULL), 0);
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	cr_assert_eq(sb_blob_take(fd, 100, &blob, NULL), 0);
	cr_assert_eq(pwrite(fd, "after!", 6, 0), 6);
	cr_assert(sb_span_equal(blob.bytes, sb_span_text("before")));
	struct sb_blob none = {.fd = -1};
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	cr_assert_eq(sb_blob_take(fd, 5, &none, NULL), SB_LIMIT);
	unlink(path);
}

Test(base, errors_carry_the_way_in)
{
	struct sb_err err = {0};
	cr_assert_eq(sb_fail(&err, SB_FORMAT, "archive-empty", "%s", "why"), SB_FORMAT);
	sb_within(&err, "inner");
	cr_assert_eq(sb_within(&err, "outer"), SB_FORMAT);
	cr_assert_str_eq(err.where, "outer > inner");
	char longer[2000];
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	sb_fail(&err, SB_IO, "read-failed", "%s", longer);
	cr_assert_eq(strlen(err.msg), sizeof err.msg - 1);
	cr_assert_str_eq(err.msg + sizeof err.msg - 4, "...");
}

Test(base, words_that_were_meant)
{
	static const char *const words[] = {"strip", "into", "sha256", NULL};
	cr_assert_str_eq(sb_text_nearest("stripp", words), "strip");
	cr_assert_str_eq(sb_text_nearest("sah256", words), "sha256");
	cr_assert_null(sb_text_nearest("vendor", words));
	cr_assert_eq(sb_text_distance("ab", "ba"), 1);
}

Test(base, numbers_and_digits)
{
	uint64_t value;
	uint8_t bytes[2];
	cr_assert(sb_text_uint(sb_span_text("18446744073709551615"), &value));
	cr_assert_not(sb_text_uint(sb_span_text("18446744073709551616"), &value));
	cr_assert_not(sb_text_uint(sb_span_text(""), &value));
	cr_assert_not(sb_text_uint(sb_span_text("-1"), &value));
	cr_assert(sb_text_unhex(sb_span_text("aBcD"), bytes, 2));
	cr_assert_eq(bytes[1], 0xcd);
	cr_assert_not(sb_text_unhex(sb_span_text("abc"), bytes, 2));
	cr_assert_not(sb_text_unhex(sb_span_text("abcg"), bytes, 2));
}

Test(text, globs_fit_as_a_whole_and_cost_no_more_than_the_product)
{
	static const struct {
		const char *glob, *text;
		bool fits;
	} rows[] = {
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "a/b", true}, {"a", "a", true}, {"a", "ab", false}, {"a*", "a", true}, {"*a", "ba", true},
		{"*a", "ab", false}, {"a*c", "abbc", true}, {"a*c", "abbcd", false}, {"?", "", false}, {"a?c", "abc", true}, {"*ab*ab*", "xabyabz", true},
		{"*ab*ab*", "xabyaz", false}, {"[a]", "a", false}, {"pkg:generic/acme@4.*", "pkg:generic/acme@4.2.1", true}, {"**", "x", true}, {"a\\*", "a*", false},
	};
	char text[4096], glob[4096];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_expect_eq(sb_text_fits(rows[i].glob, rows[i].text), rows[i].fits, "%s over %s", rows[i].glob, rows[i].text);
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	for (size_t i = 0; i < sizeof glob; i++)
		glob[i] = i % 2 ? 'a' : '*';
	glob[sizeof glob - 2] = 'b';
	glob[sizeof glob - 1] = '\0';
	cr_expect_not(sb_text_fits(glob, text));
}
