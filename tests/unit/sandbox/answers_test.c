/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include "verifier/sandbox/answers.h"
#include "verifier/sandbox/filter.h"

#include <criterion/criterion.h>
#include <sys/syscall.h>

TestSuite(answers, .fini = no_leaks);

Test(answers, rows_of_one_number_have_one_answer)
{
	size_t count;
	const struct sb_call *calls = sb_calls(&count);

	cr_assert_gt(count, 10);
	for (size_t i = 0; i < count; i++) {
		cr_expect_eq(sb_call_find(calls[i].number)->answer, calls[i].answer, "row %zu", i);
		cr_expect_neq(calls[i].controls, 0, "row %zu is never in force", i);
		for (size_t k = 0; k < 2; k++)
			cr_expect(!calls[i].when[k].differs || calls[i].when[k].mask == UINT64_MAX, "row %zu", i);
	}
	cr_assert_null(sb_call_find(SYS_read));
}

Test(answers, each_group_makes_the_filter_longer)
{
	static const unsigned groups[] = {0, SB_ANSWERS_MACHINE, SB_ANSWERS_MACHINE | SB_ANSWERS_TIME,
	                                  SB_ANSWERS_MACHINE | SB_ANSWERS_TIME | SB_ANSWERS_RANDOM,
	                                  SB_ANSWERS_MACHINE | SB_ANSWERS_TIME | SB_ANSWERS_RANDOM | SB_ANSWERS_NAME,
	                                  SB_ANSWERS_MACHINE | SB_ANSWERS_TIME | SB_ANSWERS_RANDOM | SB_ANSWERS_NAME | SB_ANSWERS_TRACE};
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	unsigned before = 0;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		const struct sb_filter_wish wish = {.answers = groups[i]};
		struct sock_fprog program;

		cr_assert_eq(sb_filter_make(arena, &wish, &program, NULL), 0);
		cr_assert_gt(program.len, before);
		before = program.len;
	}
}
