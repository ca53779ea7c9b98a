/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/ids.h"
#include "verifier/sandbox/forbidden.h"
#include "verifier/sandbox/own_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUILD_ID 1000
/* First ids above the range that systemd hands to containers: nobody's, and never 0, which RLIMIT_NPROC exempts. */
#define OUTER_ID 1879048192
#define USER_HELPER "/usr/bin/newuidmap"
#define GROUP_HELPER "/usr/bin/newgidmap"

static bool capable(unsigned capability)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	if (syscall(SYS_capget, &head, data) != 0)
		return false;
	return data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

/**
 * First of at least two subordinate ids of @user in a file of lines "name:first:count" or "uid:first:count" (subuid(5)).
 * Ranges that begin at 0 are no ranges of an ordinary user.
 */
static bool find_range(const char *path, const char *name, uid_t uid, unsigned *first)
{
	FILE *file = fopen(path, "re");
	char line[512], number[16], who[256];
	unsigned start, count;
	bool found = false;

	snprintf(number, sizeof(number), "%u", (unsigned)uid);
	while (file && !found && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%255[^:]:%u:%u", who, &start, &count) != 3 || count < 2 || start == 0)
			continue;
		if ((name && strcmp(who, name) == 0) || strcmp(who, number) == 0) {
			*first = start;
			found = true;
		}
	}
	if (file)
		fclose(file);
	return found;
}

/** Two ids that this namespace has: those of our choice, or in a container with few of them a pair near its end that is not nobody's. */
static bool find_pair(const char *map, unsigned *first)
{
	FILE *file = fopen(map, "re");
	unsigned long long start, count;
	bool found = false;

	while (file && !found && fscanf(file, "%llu %*u %llu", &start, &count) == 2) {
		found = start <= OUTER_ID && OUTER_ID - start + 1 < count;
		if (found)
			*first = OUTER_ID;
		else if (count >= 16) /* and go on, for a better one */
			*first = (unsigned)(start + count - 8);
	}
	if (file)
		fclose(file);
	return found || *first != 0;
}

struct sb_ids sb_ids_single(bool root_inside, const char *why)
{
	unsigned id = root_inside ? 0 : BUILD_ID;
	struct sb_ids ids = {.way = SB_IDS_ONE, .init = id, .build = id, .uid = geteuid(), .gid = getegid()};

	snprintf(ids.why, sizeof(ids.why), "%s", why);
	return ids;
}

struct sb_ids sb_ids_choose(bool root_inside)
{
	struct sb_ids two = {.init = root_inside ? 1 : 0, .build = root_inside ? 0 : BUILD_ID};
	const struct passwd *account;
	unsigned user = 0, group = 0;

	if (capable(CAP_SETUID) && capable(CAP_SETGID)) {
		if (!find_pair("/proc/self/uid_map", &user) || !find_pair("/proc/self/gid_map", &group))
			return sb_ids_single(root_inside, "the user namespace that we are in has too few ids");
		two.way = SB_IDS_ROOT;
		two.uid = user;
		two.gid = group;
		return two;
	}
	if (access(USER_HELPER, X_OK) != 0 || access(GROUP_HELPER, X_OK) != 0)
		return sb_ids_single(root_inside, USER_HELPER " is not there (Debian: package uidmap)");
	account = getpwuid(getuid());
	if (!find_range("/etc/subuid", account ? account->pw_name : NULL, getuid(), &user) ||
	    !find_range("/etc/subgid", account ? account->pw_name : NULL, getuid(), &group))
		return sb_ids_single(root_inside, "this user has no range in /etc/subuid and /etc/subgid");
	two.way = SB_IDS_HELPER;
	two.uid = user;
	two.gid = group;
	return two;
}

/* ---- maps ---- */

static int put(pid_t pid, const char *file, const char *text, struct sb_err *err)
{
	char path[64];
	size_t n = strlen(text);

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	SB_CLOSING int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, text, n) == (ssize_t)n)
		return 0;
	return sb_forbidden_map(file, errno, err);
}

static int map_single(const struct sb_ids *ids, pid_t pid, struct sb_err *err)
{
	char users[32], groups[32];

	snprintf(users, sizeof(users), "%u %u 1\n", ids->build, (unsigned)ids->uid);
	snprintf(groups, sizeof(groups), "%u %u 1\n", ids->build, (unsigned)ids->gid);
	int rc = put(pid, "setgroups", "deny", err);
	if (rc == 0)
		rc = put(pid, "uid_map", users, err);
	return rc ? rc : put(pid, "gid_map", groups, err);
}

static int map_as_root(const struct sb_ids *ids, pid_t pid, struct sb_err *err)
{
	char users[64], groups[64];

	snprintf(users, sizeof(users), "%u %u 1\n%u %u 1\n", ids->build, (unsigned)ids->uid, ids->init, (unsigned)ids->uid + 1);
	snprintf(groups, sizeof(groups), "%u %u 1\n%u %u 1\n", ids->build, (unsigned)ids->gid, ids->init, (unsigned)ids->gid + 1);
	int rc = put(pid, "uid_map", users, err);
	return rc ? rc : put(pid, "gid_map", groups, err);
}

/** Run @helper for @pid with both lines; it needs no environment and says nothing. */
static bool help(const char *helper, pid_t pid, const struct sb_ids *ids, unsigned first)
{
	char target[16], build[16], build_outer[16], init[16], init_outer[16];
	static char one[] = "1";
	char path[32];
	char *argv[] = {path, target, build, build_outer, one, init, init_outer, one, NULL};
	char *none[] = {NULL};
	posix_spawn_file_actions_t files;
	pid_t child = -1;
	int status = -1;

	snprintf(path, sizeof(path), "%s", helper);
	snprintf(target, sizeof(target), "%d", (int)pid);
	snprintf(build, sizeof(build), "%u", ids->build);
	snprintf(build_outer, sizeof(build_outer), "%u", first);
	snprintf(init, sizeof(init), "%u", ids->init);
	snprintf(init_outer, sizeof(init_outer), "%u", first + 1);
	if (posix_spawn_file_actions_init(&files) != 0)
		return false;
	bool ready = posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0) == 0;
	bool started = ready && posix_spawn(&child, helper, &files, NULL, argv, none) == 0;
	posix_spawn_file_actions_destroy(&files);
	if (!started)
		return false;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int map_by_helper(const struct sb_ids *ids, pid_t pid, struct sb_err *err)
{
	if (!help(USER_HELPER, pid, ids, ids->uid))
		return sb_fail(err, SB_ABSENT, "ids-helper", USER_HELPER " does not map the ids %u and %u", ids->uid, ids->uid + 1);
	if (!help(GROUP_HELPER, pid, ids, ids->gid))
		return sb_fail(err, SB_ABSENT, "ids-helper", GROUP_HELPER " does not map the ids %u and %u", ids->gid, ids->gid + 1);
	return 0;
}

int sb_ids_map(const struct sb_ids *ids, pid_t pid, struct sb_err *err)
{
	if (!sb_own_proc()) /* and the maps of some other process would be written */
		return sb_forbidden_map("uid_map", ENOENT, err);
	switch (ids->way) {
	case SB_IDS_ONE:
		return map_single(ids, pid, err);
	case SB_IDS_HELPER:
		return map_by_helper(ids, pid, err);
	case SB_IDS_ROOT:
		return map_as_root(ids, pid, err);
	}
	return sb_fail(err, SB_INTERNAL, "internal", "no way to map ids");
}
