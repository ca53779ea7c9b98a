/* SPDX-License-Identifier: Apache-2.0 */
/* What a build may know of the machine: the same that /proc and /sys show it. */
#include "verifier/sandbox/answers.h"
#include "verifier/sandbox/masks.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

enum { WORD_BITS = 64, WORD_BYTES = 8, MOST_WORDS = 16 };

struct sb_answer sb_answer_uname(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	const struct sb_sandbox_plan *plan = answering->plan;
	struct utsname name = {.sysname = "Linux", .machine = "x86_64"};

	snprintf(name.nodename, sizeof(name.nodename), "%s", plan->hostname);
	snprintf(name.domainname, sizeof(name.domainname), "%s", plan->domain);
	snprintf(name.release, sizeof(name.release), "%s", plan->kernel);
	snprintf(name.version, sizeof(name.version), "%s", plan->kernel_version);
	return sb_answer_after(answering, sb_target_write(target, question->arguments[0], &name, sizeof(name)), 0);
}

struct sb_answer sb_answer_sched_getaffinity(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	uint64_t words[MOST_WORDS] = {0}, room = question->arguments[1] & UINT32_MAX;
	unsigned cpus = answering->plan->cpus, n = (cpus + WORD_BITS - 1) / WORD_BITS * WORD_BYTES;
	pid_t pid = (pid_t)question->arguments[0];

	if (room % WORD_BYTES || room * 8 < cpus || n > sizeof(words))
		return sb_answer_value(-EINVAL);
	if (pid < 0 || (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH))
		return sb_answer_value(-ESRCH);
	for (unsigned cpu = 0; cpu < cpus; cpu++)
		words[cpu / WORD_BITS] |= UINT64_C(1) << cpu % WORD_BITS;
	return sb_answer_after(answering, sb_target_write(target, question->arguments[2], words, n), n);
}

struct sb_answer sb_answer_getcpu(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	static const unsigned first = 0;
	enum sb_reach reach = SB_REACH_OK;

	for (unsigned i = 0; i < 2 && reach == SB_REACH_OK; i++)
		if (question->arguments[i])
			reach = sb_target_write(target, question->arguments[i], &first, sizeof(first));
	return sb_answer_after(answering, reach, 0);
}

struct sb_answer sb_answer_sysinfo(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	const struct sysinfo info = {.uptime = 1, .totalram = SB_SHOWN_MEMORY_KB, .freeram = SB_SHOWN_FREE_KB, .procs = 1, .mem_unit = 1024};

	return sb_answer_after(answering, sb_target_write(target, question->arguments[0], &info, sizeof(info)), 0);
}
