/* SPDX-License-Identifier: Apache-2.0 */
/* System calls that reach for the kernel, the machine's state, or memory placement; other calling conventions. */
#include "abuse.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/reboot.h>
#include <stdint.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static long key_session(void) { return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1); }
static long key_add(void) { return syscall(SYS_add_key, "user", "abuse", "x", 1, KEY_SPEC_PROCESS_KEYRING); }
static long key_request(void) { return syscall(SYS_request_key, "user", "abuse", NULL, KEY_SPEC_PROCESS_KEYRING); }

static long ring_setup(void)
{
	uint32_t params[30] = {0};

	return syscall(SYS_io_uring_setup, 1, params);
}

static long ring_enter(void) { return syscall(SYS_io_uring_enter, 0, 0, 0, 0, NULL, 0); }
static long ring_register(void) { return syscall(SYS_io_uring_register, 0, 0, NULL, 0); }

static long aio_setup(void)
{
	unsigned long context = 0;

	return syscall(SYS_io_setup, 1, &context);
}

static long aio_submit(void) { return syscall(SYS_io_submit, 0, 0, NULL); }

static long bpf_map(void)
{
	union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static long perf_event(void)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .exclude_kernel = 1, .exclude_hv = 1};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static long fault_handler(void) { return syscall(SYS_userfaultfd, O_CLOEXEC | 1); }
static long kexec(void) { return syscall(SYS_kexec_load, 0, 0, NULL, 0); }
static long kexec_file(void) { return syscall(SYS_kexec_file_load, 0, 0, 0, NULL, 0); }

/** As many as a user may have by the kernel's default, of which others need some. */
static long all_watchers(void)
{
	for (unsigned i = 0; i < 100; i++)
		if (inotify_init1(IN_CLOEXEC) < 0)
			return -1;
	return 0;
}

static long few_watchers(void)
{
	for (unsigned i = 0; i < 20; i++)
		if (inotify_init1(IN_CLOEXEC) < 0)
			return -1;
	return 0;
}

static long module_init(void) { return syscall(SYS_init_module, "", 0, ""); }
static long module_init_file(void) { return syscall(SYS_finit_module, 0, "", 0); }
static long module_delete(void) { return syscall(SYS_delete_module, "abuse", O_NONBLOCK); }
static long port_level(void) { return syscall(SYS_iopl, 3); }
static long port_permission(void) { return syscall(SYS_ioperm, 0x80, 1, 1); }

static long local_descriptors(void)
{
	char table[16];

	return syscall(SYS_modify_ldt, 0, table, sizeof(table));
}

static long kernel_log(void) { return syscall(SYS_syslog, 10, NULL, 0); }
static long cookie(void) { return syscall(SYS_lookup_dcookie, 1L, NULL, 0L); }

static long splice_memory(void)
{
	int ends[2];
	char byte = 'x';
	struct iovec data = {&byte, 1};

	return pipe(ends) != 0 ? -1 : vmsplice(ends[1], &data, 1, 0);
}

static long secret_memory(void) { return syscall(447, 0); }

static long set_day(void)
{
	struct timespec then = {.tv_sec = 1};

	return syscall(SYS_settimeofday, &then, NULL);
}

static long set_clock(void)
{
	struct timespec then = {.tv_sec = 1};

	return clock_settime(CLOCK_REALTIME, &then);
}

static long read_adjustment(void)
{
	struct timex query = {0};

	return adjtimex(&query);
}

static long read_clock_adjustment(void)
{
	struct timex query = {0};

	return clock_adjtime(CLOCK_REALTIME, &query);
}

static long set_host(void) { return sethostname("evil", 4); }
static long set_domain(void) { return setdomainname("evil", 4); }
static long quota(void) { return syscall(SYS_quotactl, 0x80000100, NULL, 0, NULL); }
static long quota_fd(void) { return syscall(443, 0, 0x80000100, 0, NULL); }
static long swap_on(void) { return syscall(SYS_swapon, "/tmp", 0); }
static long swap_off(void) { return syscall(SYS_swapoff, "/tmp"); }
/* The command that switches Ctrl-Alt-Del off: harmless should it get through. */
static long restart(void) { return syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_OFF, NULL); }
static long accounting(void) { return acct(NULL); }
static long hang_up(void) { return vhangup(); }

static long bind_memory(void) { return syscall(SYS_mbind, 0, 0, 0, NULL, 0, 0); }
static long memory_policy(void) { return syscall(SYS_set_mempolicy, 0, NULL, 0); }
static long migrate(void) { return syscall(SYS_migrate_pages, 0, 0, NULL, NULL); }
static long move_none(void) { return syscall(SYS_move_pages, 0, 0, NULL, NULL, NULL, 0); }
static long home_node(void) { return syscall(450, 0, 0, 0, 0); }
static long own_label(void) { return syscall(460, 100, NULL, 0, 0); }
static long use_library(void) { return syscall(SYS_uselib, "/usr/bin/env"); }

static long file_system_of(void)
{
	char buffer[64];

	return syscall(SYS_ustat, 0, buffer);
}

static long old_sysctl(void) { return syscall(SYS__sysctl, NULL); }

static long terminal(unsigned long request)
{
	return syscall(SYS_ioctl, 0, request, "x");
}

static long type_letter(void) { return terminal(0x5412); }
static long type_letter_high(void) { return terminal(0x100005412); }
static long select_text(void) { return terminal(0x541C); }
static long select_text_high(void) { return terminal(0xffffffff0000541C); }

#if defined(__x86_64__)
static long failing(long result)
{
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

static long i386(long number, long a)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(0L), "d"(0L), "S"(0L), "D"(0L) : "memory", "r8", "r9", "r10", "r11");
	return failing((int)result);
}

static long i386_getpid(void) { return i386(20, 0); }
static long i386_unshare(void) { return i386(310, 0x10000000); }
static long x32_getpid(void) { return syscall(0x40000000 | SYS_getpid); }
static long x32_unshare(void) { return syscall(0x40000000 | SYS_unshare, 0x10000000); }
#endif

static const struct attempt rows[] = {
	{"keyctl", key_session, {EPERM}, CONTROL},
	{"add_key", key_add, {EPERM}, CONTROL},
	{"request_key", key_request, {EPERM}, 0},
	{"io_uring_setup", ring_setup, {ENOSYS}, 0},
	{"io_uring_enter", ring_enter, {ENOSYS}, 0},
	{"io_uring_register", ring_register, {ENOSYS}, 0},
	{"io_setup", aio_setup, {ENOSYS}, CONTROL},
	{"io_submit", aio_submit, {ENOSYS}, 0},
	{"bpf", bpf_map, {EPERM}, 0},
	{"perf_event_open", perf_event, {EPERM}, 0},
	{"userfaultfd", fault_handler, {EPERM}, CONTROL},
	{"inotify instances, 100", all_watchers, {EMFILE}, 0},
	{"inotify instances, 20", few_watchers, {SUCCEEDS}, 0},
	{"kexec_load", kexec, {EPERM}, 0},
	{"kexec_file_load", kexec_file, {EPERM}, 0},
	{"init_module", module_init, {EPERM}, 0},
	{"finit_module", module_init_file, {EPERM}, 0},
	{"delete_module", module_delete, {EPERM}, 0},
	{"iopl", port_level, {EPERM}, 0},
	{"ioperm", port_permission, {EPERM}, 0},
	{"modify_ldt", local_descriptors, {EPERM}, 0},
	{"syslog", kernel_log, {EPERM}, 0},
	{"lookup_dcookie", cookie, {EPERM}, 0},
	{"vmsplice", splice_memory, {EPERM}, CONTROL},
	{"memfd_secret", secret_memory, {ENOSYS}, 0},
	{"settimeofday", set_day, {EPERM}, 0},
	{"clock_settime", set_clock, {EPERM}, 0},
	{"adjtimex reading the real time", read_adjustment, {EPERM}, CONTROL},
	{"clock_adjtime reading the real time", read_clock_adjustment, {EPERM}, CONTROL},
	{"sethostname", set_host, {EPERM}, 0},
	{"setdomainname", set_domain, {EPERM}, 0},
	{"quotactl", quota, {EPERM}, 0},
	{"quotactl_fd", quota_fd, {EPERM}, 0},
	{"swapon", swap_on, {EPERM}, 0},
	{"swapoff", swap_off, {EPERM}, 0},
	{"reboot", restart, {EPERM}, 0},
	{"acct", accounting, {EPERM}, 0},
	{"vhangup", hang_up, {EPERM}, 0},
	{"mbind", bind_memory, {EPERM}, 0},
	{"set_mempolicy", memory_policy, {EPERM}, CONTROL},
	{"migrate_pages", migrate, {EPERM}, 0},
	{"move_pages", move_none, {EPERM}, 0},
	{"set_mempolicy_home_node", home_node, {EPERM}, 0},
	{"lsm_set_self_attr", own_label, {EPERM}, 0},
	{"uselib", use_library, {EPERM}, 0},
	{"ustat", file_system_of, {EPERM}, 0},
	{"_sysctl", old_sysctl, {EPERM}, 0},
	{"TIOCSTI", type_letter, {EPERM}, 0},
	{"TIOCSTI with high bits", type_letter_high, {EPERM}, 0},
	{"TIOCLINUX", select_text, {EPERM}, 0},
	{"TIOCLINUX with high bits", select_text_high, {EPERM}, 0},
#if defined(__x86_64__)
	{"i386 getpid", i386_getpid, {ENOSYS}, 0},
	{"i386 unshare", i386_unshare, {ENOSYS}, 0},
	{"x32 getpid", x32_getpid, {ENOSYS}, 0},
	{"x32 unshare", x32_unshare, {ENOSYS}, 0},
#endif
};

const struct family family_kernel = FAMILY("kernel", rows);
