/* SPDX-License-Identifier: Apache-2.0 */
/* The time of day, for those who ask the kernel rather than the vDSO. */
#include "verifier/sandbox/answers.h"

struct sb_answer sb_answer_clock_gettime(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	struct timespec now = sb_clock_at(&answering->clock, question->now);
	enum sb_reach reach = sb_target_write(target, question->arguments[1], &now, sizeof(now));

	return sb_answer_after(answering, reach, 0);
}

struct sb_answer sb_answer_gettimeofday(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	static const int no_zone[2] = {0, 0};
	struct timespec now = sb_clock_at(&answering->clock, question->now);
	int64_t time[2] = {now.tv_sec, now.tv_nsec / 1000};
	enum sb_reach reach = SB_REACH_OK;

	if (question->arguments[0])
		reach = sb_target_write(target, question->arguments[0], time, sizeof(time));
	if (reach == SB_REACH_OK && question->arguments[1])
		reach = sb_target_write(target, question->arguments[1], no_zone, sizeof(no_zone));
	return sb_answer_after(answering, reach, 0);
}

struct sb_answer sb_answer_time(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	int64_t now = sb_clock_at(&answering->clock, question->now).tv_sec;
	enum sb_reach reach = SB_REACH_OK;

	if (question->arguments[0])
		reach = sb_target_write(target, question->arguments[0], &now, sizeof(now));
	return sb_answer_after(answering, reach, now);
}
