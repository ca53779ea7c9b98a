/* SPDX-License-Identifier: Apache-2.0 */
/* The build's own entries in /proc: what would undo a wall, a limit or a control. */
#include "abuse.h"

#include <errno.h>
#include <fcntl.h>

static long own_memory(void) { return opens("/proc/self/mem", O_RDWR); }
static long own_thread_memory(void) { return opens("/proc/thread-self/mem", O_RDWR); }
static long spare_from_oom(void) { return writes("/proc/self/oom_score_adj", "-1000"); }
static long spare_from_oom_old(void) { return writes("/proc/self/oom_adj", "-17"); }
static long own_name(void) { return writes("/proc/self/comm", "init"); }
static long time_offsets(void) { return writes("/proc/self/timens_offsets", "monotonic 1 0\n"); }
static long uid_map(void) { return writes("/proc/self/uid_map", "0 0 1\n"); }
static long gid_map(void) { return writes("/proc/self/gid_map", "0 0 1\n"); }
static long allow_setgroups(void) { return writes("/proc/self/setgroups", "allow"); }
static long login_uid(void) { return writes("/proc/self/loginuid", "0"); }
static long clear_refs(void) { return writes("/proc/self/clear_refs", "1"); }
static long label(void) { return writes("/proc/self/attr/current", "unconfined"); }
static long label_exec(void) { return writes("/proc/self/attr/exec", "exec unconfined"); }
static long dump_more(void) { return writes("/proc/self/coredump_filter", "0xff"); }
static long autogroup(void) { return writes("/proc/self/autogroup", "-20"); }
static long fail_nth(void) { return writes("/proc/self/fail-nth", "1"); }

/* The mount is read-only before anybody asks Landlock or the file. */
#define GUARDED {EROFS, EACCES, ENOENT}
static const struct attempt rows[] = {
	{"own memory for writing", own_memory, GUARDED, 0},
	{"memory of the own thread for writing", own_thread_memory, GUARDED, 0},
	{"be spared by the OOM killer", spare_from_oom, GUARDED, 0},
	{"be spared by the OOM killer, old file", spare_from_oom_old, GUARDED, 0},
	{"change the own name", own_name, GUARDED, 0},
	{"move the time namespace", time_offsets, GUARDED, 0},
	{"map users", uid_map, GUARDED, 0},
	{"map groups", gid_map, GUARDED, 0},
	{"allow setgroups", allow_setgroups, GUARDED, 0},
	{"change the login user", login_uid, GUARDED, 0},
	{"clear referenced pages", clear_refs, GUARDED, 0},
	{"change the security label", label, GUARDED, 0},
	{"change the security label at exec", label_exec, GUARDED, 0},
	{"change what is dumped", dump_more, GUARDED, 0},
	{"raise the session's weight", autogroup, GUARDED, 0},
	{"inject faults", fail_nth, GUARDED, 0},
};

const struct family family_own_proc = FAMILY("own proc", rows);
