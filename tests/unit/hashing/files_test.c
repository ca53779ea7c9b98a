/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hashing/scratch.h"
#include "tests/unit/leaks.h"

static void start(void)
{
	cr_assert_eq(sb_hashing_start(NULL), 0);
}

TestSuite(files, .init = start, .fini = no_leaks);

enum { COUNT = 300 };

static char names[COUNT][16];
static struct sb_hash_job jobs[COUNT];

/* Sizes around a read's length, and many small ones. */
static size_t size_of(size_t i)
{
	return i == 7 ? 131072 : i == 8 ? 131073 : i == 299 ? 700000 : i * 3;
}

static void make_files(const struct scratch *scratch)
{
	uint8_t *bytes = malloc(700000);

	cr_assert_not_null(bytes);
	for (size_t i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof names[i], "f%zu", i);
		memset(bytes, (int)i, size_of(i));
		scratch_write(scratch, names[i], bytes, size_of(i));
		jobs[i] = (struct sb_hash_job){.path = names[i]};
	}
	free(bytes);
}

Test(files, any_number_of_threads_gives_the_digests_of_the_bytes)
{
	struct scratch scratch = scratch_make();
	uint8_t *bytes = malloc(700000);

	cr_assert_not_null(bytes);
	make_files(&scratch);
	for (unsigned threads = 0; threads < 9; threads++) {
		for (size_t i = 0; i < COUNT; i++)
			jobs[i].digest = (struct sb_digest){0};
		cr_assert_eq(sb_hash_files(scratch.dir, jobs, COUNT, SB_DIGEST_BOTH, threads, NULL), 0);
		for (size_t i = 0; i < COUNT; i++) {
			struct sb_digest due;
			memset(bytes, (int)i, size_of(i));
			sb_hash_span(sb_span_of(bytes, size_of(i)), SB_DIGEST_BOTH, &due);
			cr_assert(sb_digest_equal(&due, &jobs[i].digest), "file %zu on %u threads", i, threads);
			cr_assert_eq(jobs[i].digest.kinds, SB_DIGEST_BOTH);
		}
	}
	free(bytes);
	scratch_remove(&scratch);
}

Test(files, the_first_failure_is_told_whatever_the_schedule)
{
	struct scratch scratch = scratch_make();

	make_files(&scratch);
	cr_assert_eq(unlinkat(scratch.dir, "f41", 0), 0);
	cr_assert_eq(unlinkat(scratch.dir, "f42", 0), 0);
	cr_assert_eq(unlinkat(scratch.dir, "f200", 0), 0);
	for (unsigned round = 0; round < 40; round++) {
		struct sb_err err = {0};
		cr_assert_eq(sb_hash_files(scratch.dir, jobs, COUNT, SB_DIGEST_BOTH, round % 5, &err), SB_IO);
		cr_assert(strstr(err.msg, "f41"), "%s", err.msg);
	}
	scratch_remove(&scratch);
}

Test(files, only_regular_files_beneath_the_folder)
{
	static const char *const refused[] = {"link", "fifo", "../x", "/etc/hostname", "sub", "to-sub/inner"};
	struct scratch scratch = scratch_make();

	scratch_write(&scratch, "f", "x", 1);
	cr_assert_eq(symlinkat("f", scratch.dir, "link"), 0);
	cr_assert_eq(mkfifoat(scratch.dir, "fifo", 0600), 0);
	cr_assert_eq(mkdirat(scratch.dir, "sub", 0700), 0);
	scratch_write(&scratch, "sub/inner", "x", 1);
	cr_assert_eq(symlinkat("sub", scratch.dir, "to-sub"), 0);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct sb_hash_job job = {.path = refused[i]};
		struct sb_err err = {0};
		cr_expect_lt(sb_hash_files(scratch.dir, &job, 1, SB_DIGEST_BOTH, 1, &err), 0, "%s", refused[i]);
		cr_expect_not_null(err.id);
		cr_expect_eq(job.digest.kinds, 0, "%s", refused[i]);
	}
	scratch_remove(&scratch);
}

Test(files, no_files_is_no_work)
{
	cr_expect_eq(sb_hash_files(-1, NULL, 0, SB_DIGEST_BOTH, 2, NULL), 0);
}
