/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that a trace takes note of: lengths and times of files, shared memory, sockets. */
#include "verifier/sandbox/answers.h"
#include "verifier/sandbox/lookup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RESOLVER_PORT = 53 };

enum sb_trace_attempt_kind sb_call_attempt(int number, const char **name)
{
	static const struct {
		int number;
		enum sb_trace_attempt_kind kind;
		const char *name;
	} rows[] = {
		{SYS_clock_gettime, SB_TRACE_ATTEMPT_CLOCK, "clock_gettime"},
		{SYS_gettimeofday, SB_TRACE_ATTEMPT_CLOCK, "gettimeofday"},
		{SYS_time, SB_TRACE_ATTEMPT_CLOCK, "time"},
		{SYS_getrandom, SB_TRACE_ATTEMPT_RANDOM, "getrandom"},
		{SYS_uname, SB_TRACE_ATTEMPT_HOST_FACT, "uname"},
		{SYS_sched_getaffinity, SB_TRACE_ATTEMPT_HOST_FACT, "sched_getaffinity"},
		{SYS_getcpu, SB_TRACE_ATTEMPT_HOST_FACT, "getcpu"},
		{SYS_sysinfo, SB_TRACE_ATTEMPT_HOST_FACT, "sysinfo"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].number == number) {
			*name = rows[i].name;
			return rows[i].kind;
		}
	return SB_TRACE_ATTEMPT_UNKNOWN;
}

/* ---- files ---- */

static int cut(const struct sb_tracing *tracing, const struct sb_kin *kin, const struct sb_found *found, uint64_t length)
{
	char link[32], path[PATH_MAX];
	SB_CLOSING int fd = -1;

	snprintf(link, sizeof(link), "self/fd/%d", found->fd);
	fd = openat(tracing->proc, link, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)length) != 0)
		return -errno;
	const struct sb_writing writing = {.process = kin->process, .key = sb_tracing_key(&found->st),
	                                   .path = sb_tracing_path(tracing, tracing->proc, link, path, sizeof(path)) ? path : NULL};
	sb_recorder_write(tracing->recorder, &writing);
	return 0;
}

/** truncate(path, length): done in the process's place, so that it is the file that was noted. */
struct sb_answer sb_answer_truncate(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	const struct sb_wanted wanted = {.folder = AT_FDCWD, .address = question->arguments[0]};
	const struct sb_kin *kin = sb_tracing_who(answering->tracing, target);
	uint64_t length = question->arguments[1];
	struct sb_answer answer = sb_answer_kernel();
	struct sb_found found;

	if (!kin)
		return answer;
	if (length > INT64_MAX)
		return sb_answer_value(-EINVAL);
	if (length > answering->plan->bounds.file_size)
		return sb_answer_value(-EFBIG);
	sb_lookup(target, &wanted, &found);
	if (found.how == SB_FOUND_NOTHING)
		answer = sb_answer_value(-found.error);
	else if (found.how == SB_FOUND && S_ISREG(found.st.st_mode))
		answer = sb_answer_value(cut(answering->tracing, kin, &found, length));
	else if (found.how == SB_FOUND)
		answer = sb_answer_value(S_ISDIR(found.st.st_mode) ? -EISDIR : -EINVAL);
	else if (found.how == SB_FOUND_UNSEEN)
		sb_tracing_doubt(answering->tracing, "path-unseen", found.path, false);
	sb_found_release(&found);
	return answer;
}

/** The access time of a source is a witness until somebody sets it. */
static void note_times(struct sb_tracing *tracing, const struct sb_kin *kin, const struct stat *st)
{
	const struct sb_tree *source = tracing->plan->spec->source;
	uint32_t at = sb_recorder_find(tracing->recorder, sb_tracing_key(st));
	size_t count;
	struct sb_recorded_file *files = sb_recorder_files(tracing->recorder, &count);

	for (; at != SB_TRACE_NONE; at = files[at].older)
		if (files[at].origin == SB_TRACE_SOURCE) {
			files[at].times_set = true;
			sb_tracing_attempt(tracing, kin, SB_TRACE_ATTEMPT_TIMES, source->inventory->entries[files[at].source].path);
		}
}

static struct sb_answer set_times(struct sb_answering *answering, const struct sb_target *target, const struct sb_wanted *wanted)
{
	const struct sb_kin *kin = sb_tracing_who(answering->tracing, target);
	struct sb_found found;

	if (!kin)
		return sb_answer_kernel();
	sb_lookup(target, wanted, &found);
	if (found.how == SB_FOUND)
		note_times(answering->tracing, kin, &found.st);
	sb_found_release(&found);
	return sb_answer_kernel();
}

/** utime(path, times), utimes(path, times) */
struct sb_answer sb_answer_set_times(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	const struct sb_wanted wanted = {.folder = AT_FDCWD, .address = question->arguments[0]};

	return set_times(answering, target, &wanted);
}

/** futimesat(folder, path, times), utimensat(folder, path, times, flags): without a path it is the descriptor itself. */
struct sb_answer sb_answer_set_times_at(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	const struct sb_wanted wanted = {.folder = (int)question->arguments[0], .address = question->arguments[1],
	                                 .stays = question->arguments[3] & AT_SYMLINK_NOFOLLOW, .may_be_empty = true};
	const struct sb_kin *kin = sb_tracing_who(answering->tracing, target);
	char link[48];
	struct stat st;

	if (wanted.address || !kin)
		return kin ? set_times(answering, target, &wanted) : sb_answer_kernel();
	snprintf(link, sizeof(link), "%d/fd/%d", (int)target->pid, wanted.folder);
	if (fstatat(target->proc, link, &st, 0) == 0)
		note_times(answering->tracing, kin, &st);
	return sb_answer_kernel();
}

/* ---- what processes share beside files ---- */

static void join(struct sb_tracing *tracing, const struct sb_kin *kin, const char *channel)
{
	sb_recorder_use(tracing->recorder, kin->process, sb_tracing_channel(tracing, channel), SB_TRACE_READ | SB_TRACE_WRITE);
}

/** shmget(key, …), msgget(key, …), semget(key, …), and what uses their numbers */
struct sb_answer sb_answer_shared_memory(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	const struct sb_kin *kin = sb_tracing_who(answering->tracing, target);

	(void)question;
	if (kin)
		join(answering->tracing, kin, "memory");
	return sb_answer_kernel();
}

/** bind(socket, …), listen(socket, …): from then on, whoever connects or sends to an address may reach somebody. */
struct sb_answer sb_answer_wait_for_peers(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	const struct sb_kin *kin = sb_tracing_who(answering->tracing, target);

	(void)question;
	answering->tracing->listening = true;
	if (kin)
		join(answering->tracing, kin, "sockets");
	return sb_answer_kernel();
}

/** A process that means to reach the network. Addresses of this host's own files are none of it. */
static void note_address(struct sb_tracing *tracing, const struct sb_kin *kin, const struct sb_target *target, const char *call, uint64_t address,
                         uint64_t length)
{
	union {
		struct sockaddr any;
		struct sockaddr_in four;
		struct sockaddr_in6 six;
	} peer = {.any = {0}};
	char host[INET6_ADDRSTRLEN] = "", text[128];
	unsigned port = 0;

	if (!address || length < sizeof(peer.four) || sb_target_read(target, address, &peer, length < sizeof(peer) ? length : sizeof(peer)) != SB_REACH_OK)
		return;
	if (peer.any.sa_family == AF_INET) {
		inet_ntop(AF_INET, &peer.four.sin_addr, host, sizeof(host));
		port = ntohs(peer.four.sin_port);
	} else if (peer.any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &peer.six.sin6_addr, host, sizeof(host));
		port = ntohs(peer.six.sin6_port);
	} else {
		return;
	}
	snprintf(text, sizeof(text), "%s %s port %u", call, host, port);
	sb_tracing_attempt(tracing, kin, port == RESOLVER_PORT ? SB_TRACE_ATTEMPT_RESOLVER : SB_TRACE_ATTEMPT_NETWORK, text);
}

static struct sb_answer reach_out(struct sb_answering *answering, const struct sb_target *target, const char *call, uint64_t address, uint64_t length)
{
	struct sb_tracing *tracing = answering->tracing;
	const struct sb_kin *kin = sb_tracing_who(tracing, target);

	if (!kin)
		return sb_answer_kernel();
	note_address(tracing, kin, target, call, address, length);
	if (tracing->listening)
		join(tracing, kin, "sockets");
	return sb_answer_kernel();
}

/** connect(socket, address, length) */
struct sb_answer sb_answer_connect(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	return reach_out(answering, target, "connect", question->arguments[1], question->arguments[2] & UINT32_MAX);
}

/** sendto(socket, bytes, count, flags, address, length) */
struct sb_answer sb_answer_sendto(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	return reach_out(answering, target, "send", question->arguments[4], question->arguments[5] & UINT32_MAX);
}

/** socket(family, SOCK_DGRAM, …): it can send to anybody who waits without a call that names them. */
struct sb_answer sb_answer_datagrams(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	const struct sb_kin *kin = sb_tracing_who(answering->tracing, target);

	(void)question;
	if (kin)
		join(answering->tracing, kin, "sockets");
	return sb_answer_kernel();
}

/** prctl(PR_SET_CHILD_SUBREAPER, …): from then on a parent need not be who made a process. */
struct sb_answer sb_answer_take_in(struct sb_answering *answering, const struct sb_target *target, const struct sb_question *question)
{
	struct sb_kin *kin = sb_tracing_who(answering->tracing, target);

	(void)question;
	if (kin)
		kin->reaps = true;
	return sb_answer_kernel();
}
