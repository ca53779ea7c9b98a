/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include "verifier/sandbox/listener.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

TestSuite(listener, .fini = no_leaks);

static struct sb_board board;
static const struct sb_sandbox_plan plan = {.board = &board, .answers = SB_ANSWERS_MACHINE};
static const struct sb_clock_rule clock_rule = {.mode = SB_CLOCK_REAL};

static const struct sb_file_clock files;

static struct sb_listener *listener_new(void)
{
	struct sb_listener *listener = NULL;
	struct sb_err err = {0};

	cr_assert_eq(sb_listener_new(&listener, &plan, &clock_rule, &files, &err), 0, "%s", err.msg);
	return listener;
}

Test(listener, without_questions_it_waits_for_ever)
{
	struct sb_listener *listener = listener_new();
	struct pollfd rows[SB_LISTENERS];

	cr_assert_eq(sb_listener_watch(listener, rows), 0);
	cr_assert_eq(sb_listener_timeout(listener), -1);
	cr_assert_eq(sb_listener_serve(listener, rows, 0, NULL), 0);
	sb_listener_free(&listener);
	cr_assert_null(listener);
	sb_listener_free(&listener);
}

/* Who cannot receive must say so: the build would get ENOSYS for calls that it was promised answers to. */
Test(listener, a_listener_that_is_none_fails_aloud)
{
	struct sb_listener *listener = listener_new();
	struct pollfd rows[SB_LISTENERS];
	struct sb_err err = {0};
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], "x", 1), 1);
	cr_assert_eq(sb_listener_add(listener, ends[0], NULL), 0);
	cr_assert_eq(sb_listener_watch(listener, rows), 1);
	rows[0].revents = POLLIN;
	cr_assert_eq(sb_listener_serve(listener, rows, 1, &err), SB_IO);
	cr_assert_str_eq(err.id, "sandbox-listener");
	close(ends[1]);
	sb_listener_free(&listener);
}

Test(listener, one_whose_processes_are_gone_is_dropped)
{
	struct sb_listener *listener = listener_new();
	struct pollfd rows[SB_LISTENERS];
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(sb_listener_add(listener, ends[0], NULL), 0);
	cr_assert_eq(sb_listener_watch(listener, rows), 1);
	rows[0].revents = POLLHUP;
	cr_assert_eq(sb_listener_serve(listener, rows, 1, NULL), 0);
	cr_assert_eq(sb_listener_watch(listener, rows), 0);
	close(ends[1]);
	sb_listener_free(&listener);
}

Test(listener, there_is_room_for_so_many_and_no_more)
{
	struct sb_listener *listener = listener_new();
	struct sb_err err = {0};

	for (int i = 0; i < SB_LISTENERS; i++)
		cr_assert_eq(sb_listener_add(listener, dup(0), NULL), 0);
	cr_assert_eq(sb_listener_add(listener, dup(0), &err), SB_LIMIT);
	cr_assert_str_eq(err.id, "sandbox-leftovers");
	sb_listener_free(&listener);
}
