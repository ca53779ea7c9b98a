/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the walls: parse what is mapped, answer, know nothing else. */
#include "verifier/parsing/worker.h"

#include "verifier/parsing/stream.h"
#include "verifier/parsing/wire.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/** Inputs up to this size may stay in memory, and so much of larger ones; a look every so many nanoseconds of CPU time. */
enum { LARGE = 32 << 20, EVERY = 5000000 };

struct worker {
	const struct sb_parsers_options *options;
	struct sb_stream out;
	struct sb_reading reading; /* of the input */
	struct sb_worker_memory *memory; /* of the input */
	struct sb_span input;
	struct sb_arena *arena; /* of the view */
	struct sb_view view;
	bool open;
};

/* Give back the pages of a large input that were read: they are a file's, and come again when they are wanted. */
static void give_back(void *ctx)
{
	const struct sb_worker_memory *memory = ctx;
	void *mapped = memory->mapped;

	if (mapped && memory->length > LARGE)
		madvise(mapped, memory->length, MADV_DONTNEED);
}

/* Every few milliseconds of CPU time, for parsers that read here and there and do not say so. */
static void on_timer(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	give_back(info->si_value.sival_ptr);
}

/* Without the timer everything works; memory is then what the kernel makes of it. */
void sb_worker_start_timer(struct sb_worker_memory *memory)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF, .sigev_value.sival_ptr = memory};
	const struct sigaction action = {.sa_sigaction = on_timer, .sa_flags = SA_SIGINFO | SA_RESTART};
	const struct itimerspec often = {.it_interval.tv_nsec = EVERY, .it_value.tv_nsec = EVERY};
	timer_t timer;

	if (sigaction(SIGPROF, &action, NULL) == 0 && timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer) == 0)
		(void)timer_settime(timer, 0, &often, NULL);
}

/* The next request; the end of the channel is the end of the worker. */
static void hear(struct sb_wire_request *request, int *fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = {request, sizeof *request};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	ssize_t n = recvmsg(SB_WIRE_CHANNEL, &message, MSG_CMSG_CLOEXEC);

	if (n < (ssize_t)SB_WIRE_HEAD)
		_exit(n == 0 ? 0 : 1);
	request->payload[(size_t)n < sizeof *request ? (size_t)n - SB_WIRE_HEAD : SB_WIRE_PAYLOAD - 1] = '\0';
	const struct cmsghdr *found = CMSG_FIRSTHDR(&message);
	*fd = -1;
	if (found && found->cmsg_level == SOL_SOCKET && found->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(found), sizeof *fd);
}

static void close_view(struct worker *worker)
{
	if (worker->open)
		sb_view_release(&worker->view);
	worker->open = false;
	sb_arena_free(&worker->arena);
}

static void take_input(struct worker *worker, const struct sb_wire_request *request, int fd)
{
	uint64_t inside = request->a % 4096;

	close_view(worker);
	void *old = worker->memory->mapped;
	worker->memory->mapped = NULL;
	if (old)
		munmap(old, worker->memory->length);
	worker->input = (struct sb_span){0};
	worker->memory->length = (size_t)(request->b + inside);
	if (request->b == 0)
		return;
	void *mapped = mmap(NULL, worker->memory->length, PROT_READ, MAP_SHARED, fd, (off_t)(request->a - inside));
	if (mapped == MAP_FAILED)
		_exit(1);
	close(fd);
	worker->input = sb_span_of((const uint8_t *)mapped + inside, (size_t)request->b);
	worker->memory->mapped = mapped;
}

static const struct sb_format *row(const struct worker *worker, uint64_t index)
{
	size_t count;
	const struct sb_format *const *table = sb_formats_table(&count);
	return index >= count ? NULL : worker->options->formats ? worker->options->formats[index] : table[index];
}

static void answer_confirm(struct worker *worker, const struct sb_wire_request *request)
{
	const struct sb_format *format = row(worker, request->a);
	sb_stream_uint(&worker->out, format && format->confirm && format->confirm(worker->input), 1);
}

static void answer_open(struct worker *worker, const struct sb_wire_request *request)
{
	const struct sb_format *format = row(worker, request->a);
	struct sb_err err = {.code = SB_INTERNAL};

	close_view(worker);
	worker->arena = sb_arena_new(0);
	int rc = worker->arena && format ? sb_view_open_read(format, worker->input, (const char *)request->payload, worker->arena, &worker->reading,
	                                                      &worker->view, &err) : SB_NOMEM;
	worker->open = rc == 0;
	sb_stream_outcome(&worker->out, rc, &err);
	if (!rc && request->b == 0)
		sb_stream_view(&worker->out, &worker->view);
}

static void answer_describe(struct worker *worker, const struct sb_wire_request *request)
{
	for (uint64_t i = 0; i < request->count; i++) {
		struct sb_err err = {.code = SB_INTERNAL};
		uint64_t index;
		memcpy(&index, request->payload + i * sizeof index, sizeof index);
		bool known = worker->open && index < worker->view.regions.count;
		int rc = known ? sb_view_describe(&worker->view, sb_view_region(&worker->view, (size_t)index), &err) : SB_INTERNAL;
		sb_stream_outcome(&worker->out, rc, &err);
		if (!rc)
			sb_stream_fields(&worker->out, &worker->view.fields);
	}
}

static void answer_locate(struct worker *worker, const struct sb_wire_request *request)
{
	bool known = worker->open && request->a < worker->view.regions.count;
	const char *name = known ? sb_view_locate(&worker->view, sb_view_region(&worker->view, (size_t)request->a), request->b, worker->arena) : NULL;
	sb_stream_uint(&worker->out, name != NULL, 1);
	if (name)
		sb_stream_bytes(&worker->out, sb_span_text(name));
}

static struct sb_member read_item(const struct sb_wire_request *request, uint64_t i)
{
	struct sb_wire_item item;

	memcpy(&item, request->payload + i * sizeof item, sizeof item);
	return (struct sb_member){.codec = (enum sb_codec)item.codec, .offset = item.offset, .length = item.length, .size = item.size};
}

static void answer_decode(struct worker *worker, const struct sb_wire_request *request)
{
	for (uint64_t i = 0; i < request->count; i++) {
		struct sb_err err = {.code = SB_INTERNAL};
		const struct sb_member member = read_item(request, i);
		uint64_t consumed = 0;
		const struct sb_outlet outlet = sb_stream_outlet(&worker->out);
		int rc = sb_formats_decode_into(worker->input, &member, &outlet, &consumed, &err);
		sb_stream_uint(&worker->out, 0, 4); /* no further bytes */
		sb_stream_outcome(&worker->out, rc, &err);
		sb_stream_uint(&worker->out, consumed, 8);
	}
}

static void answer_encode_again(struct worker *worker, const struct sb_wire_request *request)
{
	struct sb_err err = {.code = SB_INTERNAL};
	const struct sb_member member = read_item(request, 0);
	struct sb_encoded_again again;
	int rc = sb_formats_encode_again(worker->input, &member, (unsigned)request->a, &again, &err);

	sb_stream_outcome(&worker->out, rc, &err);
	sb_stream_uint(&worker->out, again.same, 1);
	sb_stream_uint(&worker->out, again.form, 8);
	sb_stream_uint(&worker->out, again.content, 8);
}

static void answer_acted_on(struct worker *worker, const struct sb_wire_request *request)
{
	if (!worker->open || !worker->view.format->acted_on) /* the core never asks this */
		return;
	const struct sb_place place = sb_worker_place(&worker->view, request);
	sb_stream_uint(&worker->out, !place.region || worker->view.format->acted_on(&worker->view, &place), 1);
}

_Noreturn void sb_worker_serve(const struct sb_parsers_options *options, uint8_t *window, struct sb_worker_memory *memory)
{
	struct worker worker = {.options = options, .memory = memory,
	                        .reading = {.most = LARGE, .give_back = give_back, .ctx = memory}};
	struct sb_wire_request request;

	worker.out = (struct sb_stream){.window = window, .reading = &worker.reading};
	for (;;) {
		int fd;
		hear(&request, &fd);
		switch (request.ask) {
		case SB_ASK_INPUT:
			take_input(&worker, &request, fd);
			continue;
		case SB_ASK_CONFIRM:
			answer_confirm(&worker, &request);
			break;
		case SB_ASK_OPEN:
			answer_open(&worker, &request);
			break;
		case SB_ASK_DESCRIBE:
			answer_describe(&worker, &request);
			break;
		case SB_ASK_LOCATE:
			answer_locate(&worker, &request);
			break;
		case SB_ASK_ACTED_ON:
			answer_acted_on(&worker, &request);
			break;
		case SB_ASK_DECODE:
			answer_decode(&worker, &request);
			break;
		case SB_ASK_ENCODE_AGAIN:
			answer_encode_again(&worker, &request);
			break;
		case SB_ASK_SEVERITY:
		case SB_ASK_SHOW:
		case SB_ASK_REFERENCES:
		case SB_ASK_ROWS:
		case SB_ASK_ANCHORS:
		case SB_ASK_FACTS:
			sb_worker_answer_image(&worker.out, worker.open ? &worker.view : NULL, &request);
			break;
		case SB_ASK_GISTS:
		case SB_ASK_CLAUSES:
		case SB_ASK_TELL:
			sb_worker_answer_meaning(&worker.out, worker.open ? &worker.view : NULL, &request);
			break;
		default: /* late word that a half was read */
			continue;
		}
		sb_stream_end(&worker.out);
	}
}
