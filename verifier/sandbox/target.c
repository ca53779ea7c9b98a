/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/ioctl.h>

bool sb_target_waits(const struct sb_target *target)
{
	return ioctl(target->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &target->id) == 0;
}

static int open_file(const struct sb_target *target, const char *name, int flags)
{
	char path[64];
	SB_CLOSING int fd = -1;

	snprintf(path, sizeof(path), "%d/%s", (int)target->pid, name);
	fd = openat(target->proc, path, flags | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && !sb_target_waits(target)) {
		errno = ESRCH;
		return -1;
	}
	return sb_steal_fd(&fd);
}

int sb_target_open(const struct sb_target *target, const char *name)
{
	return open_file(target, name, O_RDONLY);
}

static enum sb_reach reach(struct sb_target *target)
{
	if (target->mem < 0)
		target->mem = open_file(target, "mem", O_RDWR);
	if (target->mem >= 0)
		return SB_REACH_OK;
	return errno == ESRCH || errno == ENOENT ? SB_REACH_GONE : SB_REACH_DENIED;
}

static enum sb_reach done(ssize_t moved, size_t n)
{
	return moved >= 0 && (size_t)moved == n ? SB_REACH_OK : SB_REACH_FAULT;
}

enum sb_reach sb_target_read(struct sb_target *target, uint64_t address, void *out, size_t n)
{
	enum sb_reach state = reach(target);

	if (state != SB_REACH_OK)
		return state;
	return address > INT64_MAX ? SB_REACH_FAULT : done(pread(target->mem, out, n, (off_t)address), n);
}

enum sb_reach sb_target_write(struct sb_target *target, uint64_t address, const void *bytes, size_t n)
{
	enum sb_reach state = reach(target);

	if (state != SB_REACH_OK)
		return state;
	return address > INT64_MAX ? SB_REACH_FAULT : done(pwrite(target->mem, bytes, n, (off_t)address), n);
}

void sb_target_release(struct sb_target *target)
{
	sb_close_fd(&target->mem);
}
