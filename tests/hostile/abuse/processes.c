/* SPDX-License-Identifier: Apache-2.0 */
/* Init is process 1: the build must neither stop, read, write nor starve it. */
#include "abuse.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static long pidfd_of_init(void) { return syscall(SYS_pidfd_open, 1, 0); }

static long kill_init(void) { return kill(1, SIGKILL); }
static long stop_init(void) { return kill(1, SIGSTOP); }
static long terminate_init(void) { return kill(1, SIGTERM); }
static long kill_init_by_pidfd(void) { return syscall(SYS_pidfd_send_signal, pidfd_of_init(), SIGKILL, NULL, 0); }

static long queue_to_init(void)
{
	siginfo_t info = {.si_signo = SIGKILL, .si_code = SI_QUEUE};

	return syscall(SYS_rt_sigqueueinfo, 1, SIGKILL, &info);
}

static long attach_init(void) { return ptrace(PTRACE_ATTACH, 1, NULL, NULL); }
static long seize_own_child(void) { return ptrace(PTRACE_SEIZE, stopped_child(), NULL, NULL); }
static long trace_me(void) { return ptrace(PTRACE_TRACEME, 0, NULL, NULL); }

static char letters[8] = "abcdefg";

static long read_from(int pid)
{
	char copy[8];
	struct iovec here = {copy, sizeof(copy)}, there = {letters, sizeof(letters)};

	return process_vm_readv(pid, &here, 1, &there, 1, 0);
}

static long read_init(void) { return read_from(1); }
static long read_own_child(void) { return read_from(stopped_child()); }

static long write_own_child(void)
{
	struct iovec here = {letters, sizeof(letters)};

	return process_vm_writev(stopped_child(), &here, 1, &here, 1, 0);
}

static long advise_init(void)
{
	struct iovec there = {letters, 4096};

	return syscall(SYS_process_madvise, pidfd_of_init(), &there, 1, 21, 0);
}

static long take_descriptor(void)
{
	int pidfd = (int)syscall(SYS_pidfd_open, stopped_child(), 0);

	return syscall(438, pidfd, 2, 0);
}

static long take_descriptor_of_init(void) { return syscall(438, pidfd_of_init(), 3, 0); }
static long compare(void) { return syscall(SYS_kcmp, getpid(), stopped_child(), 1, 0, 0); }

static long starve_init(void) { return setpriority(PRIO_PROCESS, 1, 19); }

static long idle_init(void)
{
	struct sched_param param = {0};

	return sched_setscheduler(1, SCHED_IDLE, &param);
}

static long limit_init(void)
{
	struct rlimit none = {1, 1};

	return (long)prlimit(1, RLIMIT_CPU, &none, NULL);
}

static long block_init(void) { return syscall(SYS_ioprio_set, 1, 1, 3 << 13); }

static long be_nicer_than_all(void) { return setpriority(PRIO_PROCESS, 0, -20); }

static long real_time(int policy)
{
	struct sched_param param = {.sched_priority = 1};

	return sched_setscheduler(0, policy, &param);
}

static long be_fifo(void) { return real_time(SCHED_FIFO); }
static long be_round_robin(void) { return real_time(SCHED_RR); }

static long meet_deadlines(void)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attr = {.size = 48, .policy = 6, .runtime = 10000000, .deadline = 20000000, .period = 20000000};

	return syscall(SYS_sched_setattr, 0, &attr, 0);
}

static long real_time_io(void) { return syscall(SYS_ioprio_set, 1, 0, 1 << 13); }

/** Succeeds without effect: the mask of processors stays what it was. */
static long widen_affinity(void)
{
	cpu_set_t before, all, after;

	for (size_t i = 0; i < CPU_SETSIZE; i++)
		CPU_SET(i, &all);
	if (sched_getaffinity(0, sizeof(before), &before) != 0 || sched_setaffinity(0, sizeof(all), &all) != 0)
		return -1;
	sched_getaffinity(0, sizeof(after), &after);
	errno = E2BIG;
	return CPU_EQUAL(&before, &after) ? 0 : -1;
}

#define INIT_FILE(what, path, how) static long init_##what(void) { return opens("/proc/1/" path, how); }
INIT_FILE(root, "root/.", O_RDONLY)
INIT_FILE(cwd, "cwd/.", O_RDONLY)
INIT_FILE(exe, "exe", O_RDONLY)
INIT_FILE(mem, "mem", O_RDWR)
INIT_FILE(fds, "fd", O_RDONLY)
INIT_FILE(fdinfo, "fdinfo", O_RDONLY)
INIT_FILE(environ, "environ", O_RDONLY)
INIT_FILE(maps, "maps", O_RDONLY)
INIT_FILE(auxv, "auxv", O_RDONLY)
INIT_FILE(ns, "ns/mnt", O_RDONLY)
INIT_FILE(task, "task/1/mem", O_RDWR)
INIT_FILE(map_files, "map_files", O_RDONLY)
INIT_FILE(io, "io", O_RDONLY)
INIT_FILE(oom, "oom_score_adj", O_WRONLY)
INIT_FILE(cmdline, "cmdline", O_RDONLY)
INIT_FILE(status, "status", O_RDONLY)

static long reads(const char *path)
{
	char byte[64];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : read(fd, byte, sizeof(byte));
}

static long init_stack(void) { return reads("/proc/1/stack"); }
static long init_syscall(void) { return reads("/proc/1/syscall"); }

static const struct attempt rows[] = {
	{"SIGKILL to init", kill_init, {EPERM, SUCCEEDS}, 0},
	{"SIGSTOP to init", stop_init, {EPERM, SUCCEEDS}, 0},
	{"SIGTERM to init", terminate_init, {EPERM, SUCCEEDS}, 0},
	{"SIGKILL to init by pidfd", kill_init_by_pidfd, {EPERM, SUCCEEDS}, 0},
	{"queue SIGKILL to init", queue_to_init, {EPERM, SUCCEEDS}, 0},
	{"ptrace init", attach_init, {EPERM}, 0},
	{"ptrace an own child", seize_own_child, {EPERM}, CONTROL},
	{"be traced", trace_me, {EPERM}, CONTROL},
	{"process_vm_readv of init", read_init, {EPERM}, 0},
	{"process_vm_readv of an own child", read_own_child, {EPERM}, CONTROL},
	{"process_vm_writev of an own child", write_own_child, {EPERM}, CONTROL},
	{"process_madvise of init", advise_init, {EPERM}, 0},
	{"pidfd_getfd of an own child", take_descriptor, {EPERM}, CONTROL},
	{"pidfd_getfd of init", take_descriptor_of_init, {EPERM}, 0},
	{"kcmp", compare, {EPERM}, CONTROL},
	{"renice init", starve_init, {EPERM}, 0},
	{"schedule init as idle", idle_init, {EPERM}, 0},
	{"limit init", limit_init, {EPERM}, 0},
	{"idle input and output for init", block_init, {EPERM}, 0},
	{"nice below 0", be_nicer_than_all, {EACCES, EPERM}, 0},
	{"SCHED_FIFO", be_fifo, {EPERM}, 0},
	{"SCHED_RR", be_round_robin, {EPERM}, 0},
	{"SCHED_DEADLINE", meet_deadlines, {EPERM}, 0},
	{"real-time input and output", real_time_io, {EPERM}, 0},
	{"widen the set of processors", widen_affinity, {SUCCEEDS}, 0},
	{"/proc/1/root", init_root, {ENOENT}, 0},
	{"/proc/1/cwd", init_cwd, {ENOENT}, 0},
	{"/proc/1/exe", init_exe, {ENOENT}, 0},
	{"/proc/1/mem", init_mem, {ENOENT}, 0},
	{"/proc/1/fd", init_fds, {ENOENT}, 0},
	{"/proc/1/fdinfo", init_fdinfo, {ENOENT}, 0},
	{"/proc/1/environ", init_environ, {ENOENT}, 0},
	{"/proc/1/maps", init_maps, {ENOENT}, 0},
	{"/proc/1/auxv", init_auxv, {ENOENT}, 0},
	{"/proc/1/ns/mnt", init_ns, {ENOENT}, 0},
	{"/proc/1/task/1/mem", init_task, {ENOENT}, 0},
	{"/proc/1/map_files", init_map_files, {ENOENT}, 0},
	{"/proc/1/io", init_io, {ENOENT}, 0},
	{"/proc/1/oom_score_adj", init_oom, {ENOENT}, 0},
	{"/proc/1/cmdline", init_cmdline, {ENOENT}, 0},
	{"/proc/1/status", init_status, {ENOENT}, 0},
	{"/proc/1/stack", init_stack, {ENOENT}, 0},
	{"/proc/1/syscall", init_syscall, {ENOENT}, 0},
};

const struct family family_processes = FAMILY("processes", rows);
