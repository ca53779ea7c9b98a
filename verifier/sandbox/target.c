/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

enum { PIECE = 4096 }; /* a page, or divides one */

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

/** A move that went wrong, or moved less, by errno. */
static enum sb_reach reach_of(ssize_t moved)
{
	if (moved >= 0 || errno == EFAULT || errno == EIO)
		return SB_REACH_FAULT;
	return errno == EPERM || errno == EACCES ? SB_REACH_DENIED : SB_REACH_GONE;
}

/** An address of another process: not to be looked at here. */
static void *foreign(uint64_t address)
{
	union {
		uint64_t number;
		void *pointer;
	} same = {.number = address};

	return same.pointer;
}

/** Whoever has the number now: what was read counts only when the question still stands afterwards. */
static enum sb_reach read_unasked(const struct sb_target *target, uint64_t address, void *out, size_t n)
{
	const struct iovec here = {.iov_base = out, .iov_len = n}, there = {.iov_base = foreign(address), .iov_len = n};
	ssize_t moved = process_vm_readv(target->pid, &here, 1, &there, 1, 0);

	return moved == (ssize_t)n ? SB_REACH_OK : reach_of(moved);
}

enum sb_reach sb_target_read(const struct sb_target *target, uint64_t address, void *out, size_t n)
{
	enum sb_reach reach = read_unasked(target, address, out, n);

	return sb_target_waits(target) ? reach : SB_REACH_GONE;
}

bool sb_target_differs(const struct sb_target *target, uint64_t address, const void *bytes, void *room, size_t n)
{
	return read_unasked(target, address, room, n) == SB_REACH_OK && memcmp(room, bytes, n) != 0 && sb_target_waits(target);
}

enum sb_reach sb_target_write(const struct sb_target *target, uint64_t address, const void *bytes, size_t n)
{
	union {
		const void *from;
		void *base; /* is only read */
	} local = {.from = bytes};
	const struct iovec here = {.iov_base = local.base, .iov_len = n}, there = {.iov_base = foreign(address), .iov_len = n};

	if (!sb_target_waits(target))
		return SB_REACH_GONE;
	ssize_t moved = process_vm_writev(target->pid, &here, 1, &there, 1, 0);
	return moved == (ssize_t)n ? SB_REACH_OK : reach_of(moved);
}

enum sb_reach sb_target_patch(const struct sb_target *target, uint64_t address, const void *bytes, size_t n)
{
	SB_CLOSING int mem = open_file(target, "mem", O_RDWR);

	if (mem < 0)
		return errno == ESRCH || errno == ENOENT ? SB_REACH_GONE : SB_REACH_DENIED;
	if (address > INT64_MAX)
		return SB_REACH_FAULT;
	ssize_t moved = pwrite(mem, bytes, n, (off_t)address);
	return moved == (ssize_t)n ? SB_REACH_OK : reach_of(moved);
}

/** Piece by piece: what follows the text's last page may not be there. */
static enum sb_reach read_text(const struct sb_target *target, uint64_t address, char *out, size_t size, size_t *length)
{
	for (size_t got = 0; got < size;) {
		size_t piece = PIECE - (address + got) % PIECE;
		const char *end;

		if (piece > size - got)
			piece = size - got;
		enum sb_reach reach = read_unasked(target, address + got, out + got, piece);
		if (reach != SB_REACH_OK)
			return reach;
		end = memchr(out + got, 0, piece);
		if (end) {
			*length = (size_t)(end - out);
			return SB_REACH_OK;
		}
		got += piece;
	}
	return SB_REACH_FAULT;
}

enum sb_reach sb_target_read_text(const struct sb_target *target, uint64_t address, char *out, size_t size, size_t *length)
{
	enum sb_reach reach = read_text(target, address, out, size, length);

	return sb_target_waits(target) ? reach : SB_REACH_GONE;
}
