/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/listener.h"
#include "verifier/sandbox/answers.h"
#include "verifier/sandbox/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Since Linux 6.6: the one who waits is woken on the processor of the one who answers. */
#ifndef SECCOMP_ADDFD_FLAG_SEND
#define SECCOMP_ADDFD_FLAG_SEND (1UL << 1) /* since Linux 5.14 */
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

enum { PARKED = 4096, MS = 1000000, NOTICES = 50 * MS }; /* between looks at notices, of which the kernel keeps 16,384 */

/** The kernel may know longer structures than we do. */
union notice {
	struct seccomp_notif head;
	uint8_t room[512];
};
union reply {
	struct seccomp_notif_resp head;
	uint8_t room[512];
};

struct parked {
	int listener; /* -1: free */
	uint64_t id;
	pid_t pid;
	const struct sb_call *call;
	uint64_t arguments[SB_CALL_ARGUMENTS], caller;
	int64_t since, due;
};

struct sb_listener {
	struct sb_answering answering;
	int proc;
	int fds[SB_LISTENERS]; /* -1: free */
	struct parked parked[PARKED];
	size_t slots;          /* of parked: none beyond is in use */
	int64_t noticed;       /* when the kernel's notices were taken last; 0: it gives none */
};

static int broken(const char *what, struct sb_err *err)
{
	return sb_fail_errno(err, "sandbox-listener", "cannot %s a question of the build", what);
}

static int check_sizes(struct sb_err *err)
{
	struct seccomp_notif_sizes sizes;

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0)
		return sb_fail_errno(err, "sandbox-listener", "the kernel does not tell the sizes of its notifications");
	if (sizes.seccomp_notif > sizeof(union notice) || sizes.seccomp_notif_resp > sizeof(union reply))
		return sb_fail(err, SB_ABSENT, "sandbox-listener", "the kernel's notifications are longer than this version knows");
	return 0;
}

static int make_patch(struct sb_answering *answering, struct sb_err *err)
{
	struct sb_span image = sb_vdso_own();
	struct sb_vdso vdso;

	if (!answering->plan->stubs)
		return 0;
	if (sb_vdso_read(image, &vdso) && sb_vdso_patch_make(image, &vdso, answering->plan->stubs, &answering->clock, &answering->patch))
		return 0;
	return sb_fail(err, SB_ABSENT, "sandbox-listener", "the vDSO of this kernel cannot be patched");
}

static int find_devices(struct sb_answering *answering, int proc, struct sb_err *err)
{
	const char *const scratches[SB_SCRATCHES] = {answering->plan->work_mount, "/tmp", "/var/tmp", "/dev/shm"};
	struct stat st;

	if (fstatat(proc, "", &st, AT_EMPTY_PATH) != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot look at /proc");
	answering->proc_device = st.st_dev;
	for (size_t i = 0; i < SB_SCRATCHES; i++) {
		if (stat(scratches[i], &st) != 0)
			return sb_fail_errno(err, "sandbox-setup", "cannot look at %s", scratches[i]);
		answering->scratches[i] = st.st_dev;
	}
	return 0;
}

int sb_listener_new(struct sb_listener **out, const struct sb_sandbox_plan *plan, const struct sb_clock_rule *clock,
                    const struct sb_file_clock *files, struct sb_err *err)
{
	void *memory = mmap(NULL, sizeof(struct sb_listener), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sb_listener *made = memory == MAP_FAILED ? NULL : memory;
	int rc;

	if (!made)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	made->answering.plan = plan;
	made->answering.clock = *clock;
	made->answering.files = *files;
	for (size_t i = 0; i < SB_LISTENERS; i++)
		made->fds[i] = -1;
	made->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	rc = made->proc < 0 ? sb_fail_errno(err, "sandbox-setup", "cannot open /proc") : check_sizes(err);
	if (rc == 0 && (plan->answers & SB_ANSWERS_FILES))
		rc = find_devices(&made->answering, made->proc, err);
	if (rc == 0 && (plan->answers & SB_ANSWERS_TRACE))
		rc = sb_tracing_new(&made->answering.tracing, plan, made->proc, err);
	if (rc == 0 && made->answering.tracing && made->answering.tracing->events.fd >= 0)
		made->noticed = sb_clock_monotonic();
	if (rc == 0)
		rc = make_patch(&made->answering, err);
	if (rc == 0 && (plan->answers & SB_ANSWERS_RANDOM)) {
		made->answering.streams = sb_streams_new();
		if (!made->answering.streams)
			rc = sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	}
	*out = made;
	if (rc != 0)
		sb_listener_free(out);
	return rc;
}

void sb_listener_free(struct sb_listener **listener)
{
	struct sb_listener *old = *listener;

	if (!old)
		return;
	for (size_t i = 0; i < SB_LISTENERS; i++)
		sb_close_fd(&old->fds[i]);
	sb_close_fd(&old->proc);
	sb_streams_free(&old->answering.streams);
	sb_tracing_free(&old->answering.tracing);
	munmap(old, sizeof(*old));
	*listener = NULL;
}

int sb_listener_add(struct sb_listener *listener, int fd, struct sb_err *err)
{
	for (size_t i = 0; i < SB_LISTENERS; i++)
		if (listener->fds[i] < 0) {
			ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP); /* faster, where the kernel has it */
			listener->fds[i] = fd;
			return 0;
		}
	close(fd);
	return sb_fail(err, SB_LIMIT, "sandbox-leftovers", "%d steps have left processes behind that still run", SB_LISTENERS);
}

void sb_listener_step(struct sb_listener *listener, size_t step, pid_t root)
{
	if (listener->answering.tracing)
		sb_tracing_step(listener->answering.tracing, step, root);
}

void sb_listener_finish(struct sb_listener *listener)
{
	if (!listener->answering.tracing)
		return;
	sb_tracing_settle(listener->answering.tracing);
	sb_kernel_events_end(&listener->answering.tracing->events, listener->answering.tracing->recorder);
	sb_witness_take(listener->answering.tracing);
}

size_t sb_listener_watch(const struct sb_listener *listener, struct pollfd *rows)
{
	size_t count = 0;

	for (size_t i = 0; i < SB_LISTENERS; i++)
		if (listener->fds[i] >= 0)
			rows[count++] = (struct pollfd){.fd = listener->fds[i], .events = POLLIN};
	return count;
}

int sb_listener_timeout(const struct sb_listener *listener)
{
	int64_t first = INT64_MAX, now;

	for (size_t i = 0; i < listener->slots; i++)
		if (listener->parked[i].listener >= 0 && listener->parked[i].due < first)
			first = listener->parked[i].due;
	if (listener->noticed && listener->noticed + NOTICES < first)
		first = listener->noticed + NOTICES;
	if (first == INT64_MAX)
		return -1;
	now = sb_clock_monotonic();
	return first <= now ? 0 : (int)((first - now) / MS) + 1;
}

/* ---- parked questions ---- */

static void unpark(struct sb_listener *listener, struct parked *slot)
{
	slot->listener = -1;
	listener->answering.parked--;
	while (listener->slots && listener->parked[listener->slots - 1].listener < 0)
		listener->slots--;
}

/** NULL when all places are taken. */
static struct parked *park(struct sb_listener *listener)
{
	for (size_t i = 0; i < listener->slots; i++)
		if (listener->parked[i].listener < 0)
			return &listener->parked[i];
	return listener->slots < PARKED ? &listener->parked[listener->slots++] : NULL;
}

/* ---- one question ---- */

/** The kernel says ENOENT when the one who asked is gone, by a signal or for good: then nobody waits. */
static int send_answer(int fd, uint64_t id, struct sb_answer answer, struct sb_err *err)
{
	union reply reply = {.room = {0}};

	reply.head.id = id;
	if (answer.kind == SB_ANSWER_KERNEL)
		reply.head.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (answer.value < 0)
		reply.head.error = (int32_t)answer.value;
	else
		reply.head.val = answer.value;
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &reply) == 0 || errno == ENOENT)
		return 0;
	return broken("answer", err);
}

/**
 * Of what may be written ours is closed before the process can go on: what it closes is then closed, and may be run. EMFILE and the like are its
 * own failure.
 */
static int send_descriptor(int fd, uint64_t id, const struct sb_answer *answer, struct sb_err *err)
{
	SB_CLOSING int ours = (int)answer->value;
	struct seccomp_notif_addfd wish = {.id = id, .srcfd = (uint32_t)ours, .newfd_flags = answer->closes_on_exec ? O_CLOEXEC : 0,
	                                   .flags = answer->at_once ? SECCOMP_ADDFD_FLAG_SEND : 0};
	int theirs = ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &wish);

	if (theirs < 0 && errno == EINVAL && wish.flags) {
		wish.flags = 0; /* before Linux 5.14 */
		theirs = ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &wish);
	}
	if ((theirs < 0 && errno == ENOENT) || (theirs >= 0 && wish.flags))
		return 0;
	if (theirs < 0 && errno != EMFILE && errno != ENFILE && errno != ENOMEM)
		return broken("hand a descriptor over for", err);
	if (theirs < 0)
		theirs = -errno;
	sb_close_fd(&ours);
	return send_answer(fd, id, sb_answer_value(theirs), err);
}

/** Who asks for the time, for chance, for the machine. */
static void note_attempt(struct sb_listener *listener, const struct parked *question)
{
	const struct sb_target target = {
		.proc = listener->proc, .listener = question->listener, .id = question->id, .pid = question->pid};
	const char *name;
	enum sb_trace_attempt_kind kind = sb_call_attempt(question->call->number, &name);
	const struct sb_kin *kin = kind == SB_TRACE_ATTEMPT_UNKNOWN ? NULL : sb_tracing_who(listener->answering.tracing, &target);

	if (kin)
		sb_tracing_attempt(listener->answering.tracing, kin, kind, name);
}

static struct sb_answer ask(struct sb_listener *listener, const struct parked *question, int64_t now)
{
	const struct sb_target target = {
		.proc = listener->proc, .listener = question->listener, .id = question->id, .pid = question->pid};
	const struct sb_question asked = {.arguments = question->arguments, .caller = question->caller, .since = question->since, .now = now};

	return question->call->answer(&listener->answering, &target, &asked);
}

static int first_answer(struct sb_listener *listener, int fd, const struct seccomp_notif *notice, struct sb_err *err)
{
	struct parked question = {.listener = fd, .id = notice->id, .pid = (pid_t)notice->pid, .call = sb_call_find(notice->data.nr),
	                          .caller = notice->data.instruction_pointer, .since = sb_clock_monotonic()};
	struct sb_answer answer = sb_answer_kernel();

	memcpy(question.arguments, notice->data.args, sizeof(question.arguments));
	if (question.call && notice->pid && listener->answering.tracing)
		note_attempt(listener, &question);
	if (question.call && notice->pid)
		answer = ask(listener, &question, question.since);
	if (answer.kind == SB_ANSWER_DESCRIPTOR)
		return send_descriptor(fd, notice->id, &answer, err);
	if (answer.kind != SB_ANSWER_LATER)
		return send_answer(fd, notice->id, answer, err);
	struct parked *slot = park(listener);
	if (!slot)
		return send_answer(fd, notice->id, sb_answer_value(-EAGAIN), err);
	question.due = answer.value;
	*slot = question;
	listener->answering.parked++;
	return 0;
}

static int serve_parked(struct sb_listener *listener, struct sb_err *err)
{
	int64_t now = sb_clock_monotonic();
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < listener->slots; i++) {
		struct parked *slot = &listener->parked[i];

		if (slot->listener < 0 || slot->due > now)
			continue;
		struct sb_answer answer = ask(listener, slot, now);
		if (answer.kind == SB_ANSWER_LATER && ioctl(slot->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &slot->id) == 0) {
			slot->due = answer.value;
			continue;
		}
		if (answer.kind != SB_ANSWER_LATER)
			rc = send_answer(slot->listener, slot->id, answer, err);
		unpark(listener, slot);
	}
	return rc;
}

/* ---- one listener ---- */

/** ENOENT: who asked was killed meanwhile. */
static int serve_one(struct sb_listener *listener, int fd, struct sb_err *err)
{
	union notice notice = {.room = {0}}; /* the kernel wants zeroes */

	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &notice) == 0)
		return first_answer(listener, fd, &notice.head, err);
	return errno == ENOENT || errno == EINTR ? 0 : broken("receive", err);
}

/** The last process under this filter is gone, and with it all that was parked. */
static void drop(struct sb_listener *listener, int fd)
{
	for (size_t i = listener->slots; i-- > 0;)
		if (i < listener->slots && listener->parked[i].listener == fd)
			unpark(listener, &listener->parked[i]);
	for (size_t i = 0; i < SB_LISTENERS; i++)
		if (listener->fds[i] == fd)
			sb_close_fd(&listener->fds[i]);
}

static void take_notices(struct sb_listener *listener)
{
	int64_t now = sb_clock_monotonic();

	if (now - listener->noticed < NOTICES)
		return;
	sb_kernel_events_take(&listener->answering.tracing->events, listener->answering.tracing->recorder);
	listener->noticed = now;
}

int sb_listener_serve(struct sb_listener *listener, const struct pollfd *rows, size_t count, struct sb_err *err)
{
	int rc = listener->slots ? serve_parked(listener, err) : 0;

	if (listener->noticed)
		take_notices(listener);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (rows[i].revents & POLLIN)
			rc = serve_one(listener, rows[i].fd, err);
		else if (rows[i].revents)
			drop(listener, rows[i].fd);
	}
	return rc;
}
