/* SPDX-License-Identifier: Apache-2.0 */
/* The pool from outside: its start, its end, and workers on request. */
#include "verifier/parsing/pool.h"

#include "verifier/parsing/nursery.h"
#include "verifier/parsing/wire.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TICK = 100 }; /* ms: how often a stop is looked for */

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* ---- the nursery ---- */

/* It reads nothing foreign and answers at once: one that stays silent is stuck in a library, and is ended. -1 then. */
static ssize_t hear_nursery(const struct sb_parsers *parsers, struct msghdr *message, const struct sb_progress *progress)
{
	uint64_t patience = parsers->options.silence ? parsers->options.silence : SB_LIMIT_OF(PARSER_SILENCE);
	struct pollfd door = {.fd = parsers->door, .events = POLLIN};

	for (uint64_t waited = 0; waited < patience && !sb_stopping(progress); waited += TICK) {
		if (poll(&door, 1, TICK) <= 0)
			continue;
		ssize_t n = recvmsg(parsers->door, message, MSG_CMSG_CLOEXEC);
		if (n >= 0 || errno != EINTR)
			return n;
	}
	kill(parsers->pid, SIGKILL);
	return -1;
}

static int read_birth(struct sb_parsers *parsers, struct sb_err *err)
{
	const struct sb_progress *progress = parsers->options.progress;
	struct sb_nursery_birth birth;
	struct iovec part = {&birth, sizeof birth};
	ssize_t n = hear_nursery(parsers, &(struct msghdr){.msg_iov = &part, .msg_iovlen = 1}, progress);

	if (n < 0 && sb_stopping(progress))
		return sb_fail(err, SB_INTERRUPTED, "interrupted", "stopped on request");
	if (n != (ssize_t)sizeof birth || birth.length > sizeof birth.text || (birth.length && birth.text[birth.length - 1] != '\0'))
		return sb_fail(err, SB_IO, "parser-start", "the process that parsers are forked from did not start");
	if (birth.rc)
		return sb_fail(err, SB_IO, "parser-start", "%.300s", birth.text);
	parsers->walls.items = sb_arena_array(parsers->arena, birth.length, sizeof *parsers->walls.items);
	char *text = sb_arena_copy(parsers->arena, sb_span_of(birth.text, birth.length));
	if (!parsers->walls.items || !text)
		return no_memory(err);
	for (char *end = text + birth.length; text < end;) {
		struct sb_property *wall = &parsers->walls.items[parsers->walls.count++];
		wall->name = text;
		text += strlen(text) + 1;
		wall->value = text < end ? text : "";
		text += strlen(wall->value) + 1;
	}
	return 0;
}

static int fork_nursery(struct sb_parsers *parsers, struct sb_err *err)
{
	pid_t parent = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return sb_fail_errno(err, "parser-start", "no socket for the process that parsers are forked from");
	parsers->pid = fork();
	if (parsers->pid == 0) {
		close(ends[0]);
		sb_nursery_run(&parsers->options, ends[1], parent);
	}
	close(ends[1]);
	parsers->door = ends[0];
	return parsers->pid > 0 ? read_birth(parsers, err) : sb_fail_errno(err, "parser-start", "the process that parsers are forked from cannot be made");
}

int sb_parsers_start(const struct sb_parsers_options *options, struct sb_parsers **out, struct sb_err *err)
{
	struct sb_parsers *parsers = calloc(1, sizeof *parsers);

	if (!parsers)
		return no_memory(err);
	if (options)
		parsers->options = *options;
	parsers->door = -1;
	pthread_mutex_init(&parsers->lock, NULL);
	parsers->arena = sb_arena_new(0);
	int rc = parsers->arena ? fork_nursery(parsers, err) : no_memory(err);
	if (rc)
		sb_parsers_stop(&parsers);
	else
		*out = parsers;
	return rc;
}

void sb_parsers_stop(struct sb_parsers **parsers)
{
	struct sb_parsers *old = *parsers;

	if (!old)
		return;
	sb_close_fd(&old->door);
	while (old->pid > 0 && waitpid(old->pid, NULL, 0) < 0 && errno == EINTR)
		;
	pthread_mutex_destroy(&old->lock);
	sb_arena_free(&old->arena);
	free(old);
	*parsers = NULL;
}

struct sb_properties sb_parsers_walls(const struct sb_parsers *parsers)
{
	return parsers ? parsers->walls : (struct sb_properties){0};
}

/* ---- workers ---- */

static void fill_rights(struct msghdr *message, void *control, size_t room, const int *fds, size_t count)
{
	struct cmsghdr *head = control;

	*head = (struct cmsghdr){.cmsg_len = CMSG_LEN(count * sizeof *fds), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(head), fds, count * sizeof *fds);
	message->msg_control = control;
	message->msg_controllen = room;
}

/* One question to the nursery and its answer; -1 when it is gone. */
static int ask(struct sb_parsers *parsers, struct sb_nursery_ask *question, const int *fds, struct sb_nursery_answer *answer, int *got)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct iovec part = {question, sizeof *question}, reply = {answer, sizeof *answer};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t n;

	if (fds)
		fill_rights(&message, &control, sizeof control.room, fds, 2);
	pthread_mutex_lock(&parsers->lock);
	n = sendmsg(parsers->door, &message, MSG_NOSIGNAL);
	message = (struct msghdr){.msg_iov = &reply, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	if (n > 0) /* never left halfway for a stop: the next question would get this one's answer */
		n = hear_nursery(parsers, &message, NULL);
	pthread_mutex_unlock(&parsers->lock);
	const struct cmsghdr *found = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	*got = -1;
	if (found && found->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(got, CMSG_DATA(found), sizeof *got);
	return n == (ssize_t)sizeof *answer ? 0 : -1;
}

/* The core's half of what is shared: it may read it. */
static int make_window(struct sb_worker *worker, int *fd, struct sb_err *err)
{
	*fd = memfd_create("window", MFD_CLOEXEC);
	if (*fd < 0 || ftruncate(*fd, 2 * (off_t)SB_WIRE_HALF) != 0)
		return sb_fail_errno(err, "parser-start", "no memory to share with a parser");
	void *window = mmap(NULL, 2 * (size_t)SB_WIRE_HALF, PROT_READ, MAP_SHARED, *fd, 0);
	if (window == MAP_FAILED)
		return sb_fail_errno(err, "parser-start", "no memory to share with a parser");
	worker->window = window;
	return 0;
}

static int be_born(struct sb_worker *worker, struct sb_err *err)
{
	const struct sb_parsers_options *options = &worker->parsers->options;
	struct sb_nursery_ask question = {.data = options->data ? options->data : sb_limit(worker->ceilings.memory)->value, .seconds = SB_LIMIT_OF(PARSER_SECONDS)};
	struct sb_nursery_answer answer;
	SB_CLOSING int window = -1;
	SB_CLOSING int inner = -1;
	const struct timeval tick = {.tv_usec = 100 * 1000}; /* how often a silent worker makes the core look up */
	int ends[2];

	question.address = SB_LIMIT_OF(UNPACKED_TOTAL) + question.data + (UINT64_C(1) << 30);
	int rc = make_window(worker, &window, err);
	if (rc)
		return rc;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return sb_fail_errno(err, "parser-start", "no socket for a parser");
	worker->channel = ends[0];
	inner = ends[1];
	if (setsockopt(worker->channel, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick) != 0)
		return sb_fail_errno(err, "parser-start", "no socket for a parser");
	if (ask(worker->parsers, &question, (const int[]){inner, window}, &answer, &worker->pidfd) != 0)
		return sb_fail(err, SB_IO, "parser-start", "the process that parsers are forked from is gone");
	if (answer.pid > 0) {
		worker->pid = (pid_t)answer.pid;
		return 0;
	}
	errno = (int)-answer.pid;
	return sb_fail_errno(err, "parser-start", "a parser cannot be started");
}

int sb_worker_start(struct sb_parsers *parsers, struct sb_parser_ceilings ceilings, struct sb_worker **out, struct sb_err *err)
{
	struct sb_worker *worker = calloc(1, sizeof *worker);

	if (!worker)
		return no_memory(err);
	worker->parsers = parsers;
	worker->ceilings = ceilings;
	worker->channel = worker->pidfd = -1;
	int rc = be_born(worker, err);
	if (rc)
		sb_worker_end(&worker);
	else
		*out = worker;
	return rc;
}

int sb_worker_end(struct sb_worker **worker)
{
	struct sb_worker *old = *worker;
	struct sb_nursery_answer answer = {.status = -1};
	int fd = -1;

	if (old->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, old->pidfd, SIGKILL, NULL, 0);
	if (old->pid > 0 && ask(old->parsers, &(struct sb_nursery_ask){.end = (uint64_t)old->pid}, NULL, &answer, &fd) != 0)
		answer.status = -1;
	sb_close_fd(&fd);
	sb_close_fd(&old->pidfd);
	sb_close_fd(&old->channel);
	if (old->window)
		munmap(old->window, 2 * (size_t)SB_WIRE_HALF);
	free(old);
	*worker = NULL;
	return (int)answer.status;
}
