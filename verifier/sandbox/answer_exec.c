/* SPDX-License-Identifier: Apache-2.0 */
/* New programs. The kernel runs them; which one it was is seen when it asks for the first time. */
#include "verifier/sandbox/answers.h"
#include "verifier/sandbox/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** By its first bytes. Reading them is no use of the file: its access time stays. */
static enum sb_pending kind_of(const struct sb_tracing *tracing, int found)
{
	char link[32], head[4] = {0};
	SB_CLOSING int fd = -1;

	snprintf(link, sizeof(link), "self/fd/%d", found);
	fd = openat(tracing->proc, link, O_RDONLY | O_NONBLOCK | O_NOATIME | O_CLOEXEC);
	if (fd < 0) /* another's: of the root, whose times nobody changes */
		fd = openat(tracing->proc, link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || read(fd, head, sizeof(head)) < 2)
		return fd < 0 ? SB_PENDING_BINARY : SB_PENDING_OTHER; /* a program may be run and not read */
	if (memcmp(head, "\177ELF", 4) == 0)
		return SB_PENDING_BINARY;
	return memcmp(head, "#!", 2) == 0 ? SB_PENDING_SCRIPT : SB_PENDING_OTHER;
}

static struct sb_answer exec_wanted(struct sb_answering *answering, const struct sb_target *target, const struct sb_wanted *wanted)
{
	struct sb_tracing *tracing = answering->tracing;
	struct sb_kin *kin = sb_tracing_who(tracing, target);
	struct sb_answer answer = sb_answer_kernel();
	struct sb_found found;

	if (!kin)
		return answer;
	sb_lookup(target, wanted, &found);
	if (found.how != SB_FOUND_NOTHING)
		sb_tracing_settle_children(tracing, kin);
	if (found.how == SB_FOUND && S_ISREG(found.st.st_mode) && found.st.st_mode & 0111)
		sb_tracing_expect(kin, kind_of(tracing, found.fd), sb_tracing_file(tracing, found.fd, &found.st));
	else if (found.how == SB_FOUND_NOTHING)
		answer = sb_answer_value(-found.error);
	else if (found.how == SB_FOUND_UNSEEN)
		sb_tracing_doubt(tracing, "path-unseen", found.path, false);
	if (found.how == SB_FOUND_NOTHING && found.error == ENOENT && found.path[0] == '/')
		sb_tracing_attempt(tracing, kin, SB_TRACE_ATTEMPT_ABSENT, found.path);
	if (sb_lookup_changed(target, wanted, &found))
		sb_tracing_doubt(tracing, "path-rewritten", found.path, true);
	sb_found_release(&found);
	return answer;
}

/** execve(path, arguments, variables) */
struct sb_answer sb_answer_execve(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	const struct sb_wanted wanted = {.folder = AT_FDCWD, .address = question->arguments[0]};

	return exec_wanted(answering, target, &wanted);
}

/** execveat(folder, path, arguments, variables, flags) */
struct sb_answer sb_answer_execveat(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	const struct sb_wanted wanted = {.folder = (int)question->arguments[0], .address = question->arguments[1],
	                                 .stays = question->arguments[4] & AT_SYMLINK_NOFOLLOW,
	                                 .may_be_empty = question->arguments[4] & AT_EMPTY_PATH};

	return exec_wanted(answering, target, &wanted);
}
