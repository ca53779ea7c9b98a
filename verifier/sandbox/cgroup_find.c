/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/cgroup_find.h"
#include "verifier/sandbox/own_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#define CLOSING_FILE __attribute__((cleanup(close_file)))
#define PREFIX "samebuild-"
#define PATH_ROOM 1024 /* groups have short names: a longer path is told as absent */

static void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

/** "cpu,memory" holds "memory". */
static bool lists(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = words; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (strncmp(at, word, n) == 0 && (at[n] == 0 || at[n] == ',' || at[n] == '\n'))
			return true;
	return false;
}

/** Our path in the hierarchy, from /proc/self/cgroup: lines "4:memory:/path", the unified one "0::/path". */
static bool own_path(const char *controller, char *out, size_t n)
{
	CLOSING_FILE FILE *file = fopen("/proc/self/cgroup", "re");
	char line[PATH_ROOM + 256];

	while (file && fgets(line, sizeof(line), file)) {
		char *words = strchr(line, ':'), *path = words ? strchr(words + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = 0;
		path[strcspn(path, "\n")] = 0;
		if (controller ? lists(words + 1, controller) : strncmp(line, "0:", 2) == 0 && !words[1])
			return (size_t)snprintf(out, n, "%s", path) < n;
	}
	return false;
}

struct hierarchy {
	char root[PATH_ROOM], point[PATH_ROOM];
};

/** A line of /proc/self/mountinfo: "36 35 98:0 /root /point options … - type source superoptions" (proc(5)). */
static bool is_hierarchy(const char *line, const char *controller, struct hierarchy *out)
{
	char type[32], options[512];
	const char *dash = strstr(line, " - ");

	if (!dash || sscanf(line, "%*d %*d %*s %1023s %1023s", out->root, out->point) != 2 ||
	    sscanf(dash, " - %31s %*s %511s", type, options) != 2)
		return false;
	return controller ? strcmp(type, "cgroup") == 0 && lists(options, controller) : strcmp(type, "cgroup2") == 0;
}

static bool find_hierarchy(const char *controller, struct hierarchy *out)
{
	CLOSING_FILE FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[4096];

	while (file && fgets(line, sizeof(line), file))
		if (is_hierarchy(line, controller, out))
			return true;
	return false;
}

int sb_cgroup_own(const char *controller, bool *top)
{
	struct hierarchy found;
	char path[PATH_ROOM], whole[2 * PATH_ROOM];
	size_t shared;

	errno = ENOENT;
	if (!own_path(controller, path, sizeof(path)) || !find_hierarchy(controller, &found))
		return -1;
	shared = strcmp(found.root, "/") == 0 ? 0 : strlen(found.root);
	if (strncmp(path, found.root, shared) != 0 || (path[shared] != '/' && path[shared]) || strstr(path, "/..")) {
		errno = ENOENT; /* what is mounted here does not hold us */
		return -1;
	}
	if (top)
		*top = strspn(path + shared, "/") == strlen(path + shared);
	snprintf(whole, sizeof(whole), "%s%s", found.point, path + shared);
	return open(whole, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static uint64_t least_unified(void)
{
	SB_CLOSING int at = sb_cgroup_own(NULL, NULL);
	uint64_t least = UINT64_MAX;
	char text[64];

	/* the topmost group has no such file, and above it are none at all */
	while (at >= 0 && sb_cgroup_get(at, "memory.max", text, sizeof(text))) {
		uint64_t value = text[0] == 'm' ? UINT64_MAX : strtoull(text, NULL, 10);
		int above = openat(at, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		least = value < least ? value : least;
		close(at);
		at = above;
	}
	return least;
}

uint64_t sb_cgroup_memory_around(void)
{
	SB_CLOSING int old = sb_cgroup_own("memory", NULL);
	uint64_t least = least_unified(), value = 0;
	char text[8192];

	if (old >= 0 && sb_cgroup_get(old, "memory.stat", text, sizeof(text)))
		value = sb_cgroup_value(text, "hierarchical_memory_limit");
	return value && value < least ? value : least;
}

/* ---- names ---- */

/** Start time of a process in clock ticks since boot, field 22 of /proc/PID/stat; the name before it may hold anything. */
static bool start_time(int pid, unsigned long long *out)
{
	char path[32], text[1024];
	const char *end;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	SB_CLOSING int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = 0;
	end = strrchr(text, ')');
	return end && sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", out) == 1;
}

/** Pids mean something in one pid namespace only; containers may share a folder of groups, and /proc may be that of another namespace. */
static bool pid_namespace(unsigned long long *out)
{
	struct stat st;

	if (!sb_own_proc() || stat("/proc/self/ns/pid", &st) != 0)
		return false;
	*out = st.st_ino;
	return true;
}

bool sb_cgroup_name(char *out, size_t n)
{
	unsigned long long start, space;

	if (!start_time(getpid(), &start) || !pid_namespace(&space))
		return false;
	return (size_t)snprintf(out, n, PREFIX "%llu-%d-%llu-%ld", space, (int)getpid(), start, syscall(SYS_gettid)) < n;
}

static bool is_dead(const char *name)
{
	unsigned long long space, start, ours, now;
	int pid, thread, end = 0;

	if (sscanf(name, PREFIX "%llu-%d-%llu-%d%n", &space, &pid, &start, &thread, &end) != 4 || name[end] || pid <= 0)
		return false;
	if (!pid_namespace(&ours) || ours != space)
		return false;
	if (kill(pid, 0) != 0 && errno == ESRCH)
		return true;
	return start_time(pid, &now) && now != start;
}

/* ---- removal ---- */

static void end_processes(int group)
{
	CLOSING_FILE FILE *file = NULL;
	int fd, pid;

	if (sb_cgroup_put(group, "cgroup.kill", "1"))
		return;
	fd = openat(group, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "re");
	while (file && fscanf(file, "%d", &pid) == 1)
		if (pid > 0)
			kill(pid, SIGKILL);
}

void sb_cgroup_drop(int above, const char *name)
{
	const struct timespec pause = {.tv_nsec = 5000000};

	for (int attempt = 0; attempt < 200; attempt++) {
		if (unlinkat(above, name, AT_REMOVEDIR) == 0 || errno != EBUSY)
			return;
		nanosleep(&pause, NULL);
	}
}

void sb_cgroup_sweep(int above)
{
	SB_CLOSEDIR DIR *folder = NULL;
	int fd = openat(above, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	folder = fd < 0 ? NULL : fdopendir(fd);
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		if (!is_dead(entry->d_name))
			continue;
		SB_CLOSING int group = openat(above, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (group >= 0)
			end_processes(group);
		sb_cgroup_drop(above, entry->d_name);
	}
}

/* ---- files ---- */

bool sb_cgroup_put(int group, const char *file, const char *text)
{
	SB_CLOSING int fd = openat(group, file, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

bool sb_cgroup_get(int group, const char *file, char *out, size_t n)
{
	SB_CLOSING int fd = openat(group, file, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, out, n - 1);

	out[got > 0 ? got : 0] = 0;
	return got > 0;
}

uint64_t sb_cgroup_value(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (strncmp(line, key, n) == 0 && line[n] == ' ')
			return strtoull(line + n + 1, NULL, 10);
	return 0;
}
