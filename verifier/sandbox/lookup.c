/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/lookup.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void sb_found_release(struct sb_found *found)
{
	sb_close_fd(&found->fd);
	if (found->folder >= 0)
		close(found->folder);
	found->folder = AT_FDCWD;
}

const char *sb_lookup_own(const struct sb_target *target, const char *path)
{
	static const char *const own[] = {"/proc/self/", "/proc/thread-self/"};
	char numbered[32];

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strncmp(path, own[i], strlen(own[i])) == 0)
			return path + strlen(own[i]);
	snprintf(numbered, sizeof(numbered), "/proc/%d/", (int)target->pid);
	return strncmp(path, numbered, strlen(numbered)) == 0 ? path + strlen(numbered) : NULL;
}

static bool is_number(const char *text)
{
	if (!*text)
		return false;
	while (isdigit((unsigned char)*text))
		text++;
	return !*text;
}

/** "fd/3" or "exe" of the asker's folder in /proc, when that is what the path says; NULL: it says something else. */
static const char *own_link(const struct sb_target *target, const char *path, char *out, size_t size)
{
	static const char *const streams[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
	const char *rest = sb_lookup_own(target, path);

	for (int i = 0; i < 3; i++)
		if (strcmp(path, streams[i]) == 0) {
			snprintf(out, size, "%d/fd/%d", (int)target->pid, i);
			return out;
		}
	if (strncmp(path, "/dev/fd/", 8) == 0 && is_number(path + 8))
		rest = path + 5;
	if (!rest || (strcmp(rest, "exe") != 0 && !(strncmp(rest, "fd/", 3) == 0 && is_number(rest + 3))))
		return NULL;
	snprintf(out, size, "%d/%s", (int)target->pid, rest);
	return out;
}

static void fail(struct sb_found *out, int error)
{
	out->how = SB_FOUND_NOTHING;
	out->error = error;
}

/** The kernel's two reasons for not taking a path. */
static bool take_path(const struct sb_target *target, uint64_t address, struct sb_found *out)
{
	size_t length = 0;
	char first;
	enum sb_reach reach = sb_target_read_text(target, address, out->path, sizeof(out->path), &length);

	if (reach != SB_REACH_OK)
		out->path[0] = 0; /* what was read of it may not end */
	switch (reach) {
	case SB_REACH_OK:
		return true;
	case SB_REACH_FAULT:
		fail(out, sb_target_read(target, address, &first, 1) == SB_REACH_OK && sb_target_read(target, address + PATH_MAX - 1, &first, 1) == SB_REACH_OK
		                  ? ENAMETOOLONG
		                  : EFAULT);
		return false;
	case SB_REACH_GONE:
	case SB_REACH_DENIED:
		break;
	}
	out->how = SB_FOUND_GONE;
	return false;
}

/** Where a relative path begins. */
static bool take_folder(const struct sb_target *target, int number, struct sb_found *out)
{
	char link[48];

	if (number == AT_FDCWD)
		snprintf(link, sizeof(link), "%d/cwd", (int)target->pid);
	else
		snprintf(link, sizeof(link), "%d/fd/%d", (int)target->pid, number);
	out->folder = number < 0 && number != AT_FDCWD ? -1 : openat(target->proc, link, O_PATH | O_CLOEXEC);
	if (out->folder >= 0)
		return true;
	out->folder = AT_FDCWD;
	if (!sb_target_waits(target))
		out->how = SB_FOUND_GONE;
	else
		fail(out, number == AT_FDCWD ? ENOENT : EBADF);
	return false;
}

static void settle(int fd, struct sb_found *out)
{
	out->fd = fd;
	out->how = SB_FOUND;
	if (fd < 0 || fstat(fd, &out->st) != 0)
		fail(out, errno);
}

/** A link of /proc on the way: the asker's own, a circle of links, or something that means another thing here. */
static void follow_magic(const struct sb_target *target, struct sb_found *out)
{
	char name[64];
	const char *own = own_link(target, out->path, name, sizeof(name));
	SB_CLOSING int probe = -1;

	if (own) {
		settle(openat(target->proc, own, O_PATH | O_CLOEXEC), out);
		return;
	}
	probe = openat(out->folder, out->path, O_PATH | O_CLOEXEC);
	if (probe < 0 && errno == ELOOP)
		fail(out, ELOOP);
	else
		out->how = SB_FOUND_UNSEEN;
}

void sb_lookup(const struct sb_target *target, const struct sb_wanted *wanted, struct sb_found *out)
{
	const struct open_how how = {.flags = O_PATH | O_CLOEXEC | (wanted->stays ? O_NOFOLLOW : 0),
	                             .resolve = RESOLVE_NO_MAGICLINKS | (wanted->resolve & ~(uint64_t)RESOLVE_CACHED)};

	out->how = SB_FOUND_NOTHING;
	out->fd = -1;
	out->folder = AT_FDCWD;
	if (!take_path(target, wanted->address, out))
		return;
	if (!out->path[0] && !wanted->may_be_empty) {
		fail(out, ENOENT);
		return;
	}
	if (out->path[0] != '/' && !take_folder(target, wanted->folder, out))
		return;
	if (!out->path[0]) {
		settle(dup(out->folder), out);
		return;
	}
	int fd = (int)syscall(SYS_openat2, out->folder, out->path, &how, sizeof(how));
	if (fd < 0 && errno == ELOOP && !(wanted->resolve & (RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS)))
		follow_magic(target, out);
	else
		settle(fd, out);
}

bool sb_lookup_changed(const struct sb_target *target, const struct sb_wanted *wanted, const struct sb_found *found)
{
	char again[PATH_MAX];
	size_t n = strlen(found->path) + 1;

	return found->how != SB_FOUND_GONE && n > 1 && sb_target_differs(target, wanted->address, found->path, again, n);
}
