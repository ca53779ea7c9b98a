/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include "verifier/toolchain/tool.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

TestSuite(tool, .fini = no_leaks, .timeout = 60);

/* Run in a folder of its own; what the tool said is in @said. */
static int run(const char *const *argv, struct sb_progress *progress, char **said, struct sb_err *err)
{
	char folder[] = "/tmp/samebuild-tool-XXXXXX";
	size_t n = 0;

	cr_assert_not_null(mkdtemp(folder));
	SB_CLOSING int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = sb_tool_run(dir, argv, "log", 1700000000, progress, err);
	if (said && sb_io_slurp(dir, "log", 65536, said, &n, NULL) != 0)
		*said = NULL;
	cr_assert_eq(sb_path_remove_tree(AT_FDCWD, folder, NULL), 0);
	return rc;
}

Test(tool, gets_the_date_and_nothing_to_read)
{
	SB_FREEING char *said = NULL;
	cr_assert_eq(run((const char *const[]){"sh", "-c", "cat; echo $SOURCE_DATE_EPOCH $LC_ALL; pwd >&2", NULL}, NULL, &said, NULL), 0);
	cr_assert(said && strncmp(said, "1700000000 C.UTF-8\n/tmp/samebuild-tool-", 39) == 0, "%s", said);
}

Test(tool, that_is_absent_is_told_from_one_that_ends_with_the_same_status)
{
	struct sb_err err = {0};
	cr_assert_eq(run((const char *const[]){"samebuild-no-such-tool", NULL}, NULL, NULL, &err), SB_ABSENT);
	cr_assert_str_eq(err.id, "tool-absent");
	cr_assert_eq(run((const char *const[]){"sh", "-c", "echo one; echo why not; echo; exit 127", NULL}, NULL, NULL, &err), SB_FAILED);
	cr_assert_str_eq(err.id, "toolchain-failed");
	cr_assert_not_null(strstr(err.msg, "why not"), "%s", err.msg);
}

Test(tool, that_dies_by_a_signal_has_failed)
{
	cr_assert_eq(run((const char *const[]){"sh", "-c", "kill -9 $$", NULL}, NULL, NULL, NULL), SB_FAILED);
}

static volatile sig_atomic_t stop;

/* Called after each look at the tool: by the tenth it has set its trap. */
static void stop_at_the_tenth(struct sb_progress *self, const char *stage, const char *what, uint64_t done, uint64_t total)
{
	static int calls;
	(void)self, (void)stage, (void)what, (void)done, (void)total;
	stop = ++calls >= 10;
}

Test(tool, stopped_may_clean_up_and_leaves_nobody)
{
	struct sb_progress progress = {.step = stop_at_the_tenth, .stop = &stop};
	SB_FREEING char *said = NULL;
	struct timespec begin, end;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	cr_assert_eq(run((const char *const[]){"bash", "-c", "trap 'sleep 2; echo cleaned; exit' TERM; sleep 600 & wait", NULL},
	                 &progress, &said, NULL), SB_INTERRUPTED);
	clock_gettime(CLOCK_MONOTONIC, &end);
	cr_assert(said && strstr(said, "cleaned"), "%s", said);
	cr_assert_lt(end.tv_sec - begin.tv_sec, 20);
}
