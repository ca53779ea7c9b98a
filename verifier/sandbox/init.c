/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/init.h"
#include "verifier/sandbox/beneath.h"
#include "verifier/sandbox/build.h"
#include "verifier/sandbox/channel.h"
#include "verifier/sandbox/listener.h"
#include "verifier/sandbox/root.h"
#include "verifier/sandbox/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/** Of init, once the environment stands. */
struct life {
	const struct sb_sandbox_plan *plan;
	int children;                 /* tells that one has ended */
	int offsets, last_pid;        /* files of the time and pid namespaces, opened while init may */
	struct sb_listener *listener; /* NULL: no call is answered by init */
	struct sb_file_clock files;
};

static int failed(const char *what, struct sb_err *err)
{
	return sb_fail_errno(err, "sandbox-setup", "cannot %s", what);
}

/**
 * Both clocks begin at zero for the build; before the first child, which is the one that enters the namespace, and after all else,
 * so that filling a large tree does not count. The build's time of day is told by its monotonic clock.
 */
static void enter_time(const struct life *life, struct sb_clock_rule *clock)
{
	const struct sb_sandbox_plan *plan = life->plan;
	struct timespec monotonic, boot;
	char text[128];

	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	*clock = (struct sb_clock_rule){.mode = plan->clock, .epoch = plan->spec->control.epoch, .add = plan->spec->control.epoch - monotonic.tv_sec};
	if (unshare(CLONE_NEWTIME) != 0) {
		sb_wall_off(plan->board, SB_WALL_TIME, "off", errno);
		return;
	}
	clock_gettime(CLOCK_BOOTTIME, &boot);
	/* -(s + ns) as whole seconds rounded down and what is left, which must not be negative */
	int n = snprintf(text, sizeof(text), "monotonic %lld %ld\nboottime %lld %ld\n", -(long long)monotonic.tv_sec - 1,
	                 1000000000 - monotonic.tv_nsec - 1, -(long long)boot.tv_sec - 1, 1000000000 - boot.tv_nsec - 1);
	if (write(life->offsets, text, (size_t)n) != n) {
		sb_wall_off(plan->board, SB_WALL_TIME, "off", errno);
		return;
	}
	clock->add = clock->epoch;
	clock->inside_ns = -((int64_t)monotonic.tv_sec * SB_CLOCK_NS + monotonic.tv_nsec + 1);
	sb_wall_on(plan->board, SB_WALL_TIME, "monotonic and boot time begin at 0");
}

/**
 * Every change of ids, those for the file system as well, clears the death signal and makes us dumpable: to be called after each. A
 * supervisor that died before is seen by the channel's hang-up.
 */
static int tie_to_supervisor(const struct sb_sandbox_plan *plan, struct sb_err *err)
{
	struct pollfd control = {.fd = plan->control};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return failed("tie init to its supervisor", err);
	if (poll(&control, 1, 0) > 0 && control.revents & (POLLHUP | POLLERR))
		_exit(1);
	return 0;
}

static int become_init(const struct sb_sandbox_plan *plan, struct sb_err *err)
{
	const struct sb_ids *ids = &plan->board->ids;

	if (ids->way != SB_IDS_ONE && (setresgid(ids->init, ids->init, ids->init) != 0 || setresuid(ids->init, ids->init, ids->init) != 0))
		return failed("become the init's user", err);
	if (ids->way != SB_IDS_ONE)
		sb_wall_on(plan->board, SB_WALL_TWO_IDS, ids->way == SB_IDS_HELPER ? "two subordinate ids" : NULL);
	else
		sb_wall_off_for(plan->board, SB_WALL_TWO_IDS, ids->why);
	return tie_to_supervisor(plan, err);
}

/** Here and not with the clone: the group that init is in by now is then the top that the build sees. */
static void enter_cgroup_namespace(const struct sb_sandbox_plan *plan)
{
	if (unshare(CLONE_NEWCGROUP) == 0)
		sb_wall_on(plan->board, SB_WALL_CGROUP, NULL);
	else
		sb_wall_off(plan->board, SB_WALL_CGROUP, "off", errno);
}

static int name_host(const struct sb_sandbox_plan *plan, struct sb_err *err)
{
	struct ifreq request = {.ifr_name = "lo"};
	SB_CLOSING int lo = -1;

	if (sethostname(plan->hostname, strlen(plan->hostname)) != 0 || setdomainname(plan->domain, strlen(plan->domain)) != 0)
		return failed("set the host name", err);
	lo = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	if (lo >= 0 && ioctl(lo, SIOCSIFFLAGS, &request) != 0)
		return failed("bring the loopback device up", err);
	return 0;
}

/** The build sees as many processors as it is told; the filter keeps it from asking for more. */
static int restrict_cpus(const struct sb_sandbox_plan *plan, struct sb_err *err)
{
	cpu_set_t ours, some;
	unsigned left = plan->cpus;

	if (sched_getaffinity(0, sizeof(ours), &ours) != 0)
		return failed("look at the processors", err);
	CPU_ZERO(&some);
	for (size_t cpu = 0; cpu < CPU_SETSIZE && left; cpu++)
		if (CPU_ISSET(cpu, &ours)) {
			CPU_SET(cpu, &some);
			left--;
		}
	return sched_setaffinity(0, sizeof(some), &some) == 0 ? 0 : failed("restrict the processors", err);
}

static void note_namespaces(const struct sb_sandbox_plan *plan)
{
	static const enum sb_wall always[] = {SB_WALL_USER, SB_WALL_PID, SB_WALL_MOUNT, SB_WALL_NET, SB_WALL_IPC, SB_WALL_UTS};

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		sb_wall_on(plan->board, always[i], NULL);
}

static int set_up(const struct sb_sandbox_plan *plan, struct sb_err *err)
{
	int rc;

	note_namespaces(plan);
	enter_cgroup_namespace(plan);
	rc = become_init(plan, err);
	if (rc == 0)
		rc = restrict_cpus(plan, err);
	if (rc == 0)
		rc = name_host(plan, err);
	if (rc == 0)
		rc = sb_root_enter(plan, err);
	return rc ? rc : tie_to_supervisor(plan, err);
}

/** Process numbers begin after the offset: written where the kernel lets us, else used up one by one. */
static int skip_pids(const struct life *life, struct sb_err *err)
{
	unsigned offset = life->plan->spec->control.pid_offset;

	if (!offset || (life->last_pid >= 0 && dprintf(life->last_pid, "%u", offset + 1) > 0))
		return 0;
	for (pid_t pid = 0; pid < (pid_t)offset + 1;) {
		pid = fork();
		if (pid == 0)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) < 0)
			return failed("use process numbers up", err);
	}
	return 0;
}

/** Rights over the files of others, as init has them over those of its own namespace. */
static int override_files(bool on, struct sb_err *err)
{
	const uint32_t bits = CAP_TO_MASK(CAP_DAC_OVERRIDE) | CAP_TO_MASK(CAP_DAC_READ_SEARCH);
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) != 0)
		return failed("ask for its capabilities", err);
	data[0].effective = on ? data[0].effective | (bits & data[0].permitted) : data[0].effective & ~bits;
	return syscall(SYS_capset, &head, data) == 0 ? 0 : failed("set its capabilities", err);
}

/** Init looks at files in the build's place: with the build's rights to them, and none of its own. */
static int see_as_build(const struct sb_sandbox_plan *plan, struct sb_err *err)
{
	setfsgid(plan->id);
	setfsuid(plan->id);
	int rc = override_files(false, err);
	return rc ? rc : tie_to_supervisor(plan, err);
}

/** The build is over; it may have locked its own folder. */
static void see_as_init(const struct sb_sandbox_plan *plan)
{
	setfsuid(plan->board->ids.init);
	setfsgid(plan->board->ids.init);
	if (override_files(true, NULL) != 0 || tie_to_supervisor(plan, NULL) != 0)
		_exit(1);
}

static int begin_answering(struct life *life, struct sb_err *err)
{
	struct sb_clock_rule clock;

	enter_time(life, &clock);
	clock_gettime(CLOCK_REALTIME, &life->files.began); /* after the clock has begun: no file may be ahead of it */
	int rc = skip_pids(life, err);
	if (rc == 0 && (life->plan->answers & (SB_ANSWERS_FILES | SB_ANSWERS_TRACE)))
		rc = see_as_build(life->plan, err);
	sb_close_fd(&life->offsets);
	sb_close_fd(&life->last_pid);
	return rc == 0 && life->plan->answers ? sb_listener_new(&life->listener, life->plan, &clock, &life->files, err) : rc;
}

/** stdin is empty, stdout and stderr are the log. A person has a terminal of its own, or the caller's streams. Never the caller's session. */
static void set_streams(const struct sb_sandbox_plan *plan, bool person)
{
	if (person && plan->terminal >= 0) {
		if (sb_terminal_take(plan->terminal) != 0)
			_exit(1);
		return;
	}
	setsid(); /* of a new process: cannot fail */
	if (person)
		return;
	int null = open("/dev/null", O_RDONLY);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	dup2(plan->log, STDOUT_FILENO);
	dup2(plan->log, STDERR_FILENO);
}

/** Reap everything; true with *status when @wanted has ended. */
static bool reap(pid_t wanted, int *status)
{
	bool ended = false;
	int now;
	pid_t pid;

	while ((pid = waitpid(-1, &now, WNOHANG)) > 0)
		if (pid == wanted) {
			*status = now;
			ended = true;
		}
	return ended;
}

/** Wait for the step, looking after orphans and questions; the supervisor's death ends us by the signal, its hang-up too. */
static int wait_for(const struct life *life, pid_t pid, struct sb_err *err)
{
	bool ended = reap(pid, &life->plan->board->status);
	struct signalfd_siginfo info;
	int rc = 0;

	while (rc == 0 && !ended) {
		struct pollfd watch[2 + SB_LISTENERS] = {{.fd = life->children, .events = POLLIN}, {.fd = life->plan->control, .events = POLLIN}};
		size_t listeners = life->listener ? sb_listener_watch(life->listener, watch + 2) : 0;

		if (poll(watch, 2 + listeners, life->listener ? sb_listener_timeout(life->listener) : -1) < 0) {
			if (errno == EINTR)
				continue;
			return failed("wait for the step", err);
		}
		if (watch[1].revents & (POLLHUP | POLLERR | POLLIN))
			_exit(1);
		if (watch[0].revents & POLLIN) {
			while (read(life->children, &info, sizeof(info)) > 0)
				;
			ended = reap(pid, &life->plan->board->status);
		}
		if (life->listener)
			rc = sb_listener_serve(life->listener, watch + 2, listeners, err);
	}
	return rc;
}

/** What is needed to name a limit, before everything is ended. */
static void note_state(const struct sb_sandbox_plan *plan)
{
	struct rusage usage;
	struct statvfs st;

	if (getrusage(RUSAGE_CHILDREN, &usage) == 0)
		plan->board->largest = (uint64_t)usage.ru_maxrss * 1024;
	if (statvfs(plan->work_mount, &st) != 0)
		return;
	plan->board->disk_full = st.f_bfree == 0;
	plan->board->inodes_full = st.f_ffree == 0;
}

static int hand_over(const struct sb_sandbox_plan *plan, enum sb_word word, const char *path, struct sb_err *err)
{
	SB_CLOSING int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot open %s", path);
	if (!sb_channel_say(plan->control, word, fd))
		_exit(1);
	return 0;
}

/** The supervisor keeps an eye on what processes and files use. */
static int say_ready(const struct sb_sandbox_plan *plan, struct sb_err *err)
{
	int rc = hand_over(plan, SB_WORD_PROC, "/proc", err);

	return rc ? rc : hand_over(plan, SB_WORD_READY, plan->work_mount, err);
}

/** The child's filter asks init from its first call on, so its listener comes first. A child that fails before that has said why. */
static int meet(const struct life *life, int channel, struct sb_err *err)
{
	int fd = -1;

	if (sb_channel_hear(channel, &fd) != SB_WORD_LISTENER || fd < 0)
		return 0;
	return sb_listener_add(life->listener, fd, err);
}

static int run_step(const struct life *life, size_t step, struct sb_err *err)
{
	const struct sb_sandbox_plan *plan = life->plan;
	bool person = plan->spec->interactive && step + 1 == plan->spec->step_count;
	int channel[2] = {-1, -1}, rc = 0;

	if (life->listener && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) != 0)
		return failed("make a channel to a step", err);
	pid_t pid = fork();
	if (pid == 0) {
		set_streams(plan, person);
		sb_build_step(plan, step, channel[1]);
	}
	sb_close_fd(&channel[1]);
	if (pid < 0) {
		rc = failed("start a step", err);
	} else if (life->listener) {
		sb_listener_step(life->listener, step, pid);
		rc = meet(life, channel[0], err);
	}
	sb_close_fd(&channel[0]);
	return rc == 0 ? wait_for(life, pid, err) : rc;
}

static int run_steps(const struct life *life, struct sb_err *err)
{
	const struct sb_sandbox_plan *plan = life->plan;

	for (size_t step = 0; step < plan->spec->step_count; step++) {
		plan->board->step = step;
		if (!sb_channel_say(plan->control, SB_WORD_STEP, -1))
			_exit(1);
		int rc = run_step(life, step, err);
		if (rc != 0)
			return rc;
		note_state(plan);
		if (plan->board->err.code || plan->board->status != 0)
			break;
	}
	plan->board->finished = true;
	return 0;
}

static void end_everything(void)
{
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

static _Noreturn void leave(const struct sb_sandbox_plan *plan, int build)
{
	sb_channel_say(plan->control, SB_WORD_DONE, build);
	_exit(0);
}

/** Other runs of this program may be under way: their channels held open here would keep their init from seeing its supervisor die. */
static void keep_only(const int *kept, size_t count)
{
	unsigned from = 3;

	for (;;) {
		unsigned next = ~0U;

		for (size_t i = 0; i < count; i++)
			if (kept[i] >= 0 && (unsigned)kept[i] >= from && (unsigned)kept[i] < next)
				next = (unsigned)kept[i];
		if (next > from)
			syscall(SYS_close_range, from, next == ~0U ? next : next - 1, 0);
		if (next == ~0U)
			return;
		from = next + 1;
	}
}

_Noreturn void sb_init_run(const struct sb_sandbox_plan *plan)
{
	struct life life = {.plan = plan, .children = -1};
	struct sb_err err = {0};
	sigset_t child;
	int rc;

	keep_only((const int[]){plan->control, plan->log, plan->terminal}, 3);
	if (!sb_channel_say(plan->control, SB_WORD_BORN, -1) || sb_channel_hear(plan->control, NULL) != SB_WORD_GO)
		_exit(1);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_SETMASK, &child, NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGIO, SIG_IGN); /* of a lease that somebody breaks */
	clock_gettime(CLOCK_REALTIME_COARSE, &life.files.made);
	life.offsets = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	life.last_pid = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
	life.children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	rc = life.children < 0 ? failed("watch for children", &err) : set_up(plan, &err);
	if (rc == 0)
		rc = begin_answering(&life, &err);
	if (rc == 0)
		rc = say_ready(plan, &err);
	if (rc == 0)
		rc = run_steps(&life, &err);
	if (rc != 0)
		plan->board->err = err;
	end_everything();
	see_as_init(plan);
	if (rc == 0 && life.listener)
		sb_listener_finish(life.listener);
	/* the build may have put a link in the place of any folder on the way: to /proc/1, say */
	leave(plan, rc == 0 ? sb_beneath_open(AT_FDCWD, plan->spec->build_path + 1, O_RDONLY | O_DIRECTORY, 0) : -1);
}
