/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/proc.h"
#include "verifier/sandbox/beneath.h"
#include "verifier/sandbox/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mount.h>
#include <sys/stat.h>

static int mount_proc(int root, struct sb_err *err)
{
	SB_CLOSING int mount = -1;
	int rc;

	if (sb_beneath_make_dir(root, "proc") != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot create /proc");
	rc = sb_mount_new("proc", NULL, 0, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, &mount, err);
	return rc == 0 ? sb_mount_attach(mount, root, "proc", err) : rc;
}

static bool is_there(int root, const char *path)
{
	SB_CLOSING int fd = sb_beneath_open(root, path, O_PATH, 0);

	return fd >= 0;
}

/** Cover one file: a mount of a file with our text, whose name is gone before the build starts. */
static int cover(int root, int store, const struct sb_given_file *mask, struct sb_err *err)
{
	SB_CLOSING int mount = -1;
	int rc;

	if (!is_there(root, mask->path))
		return 0;
	if (sb_beneath_put_file(store, "text", mask->text) != 0 || fchmodat(store, "text", 0444, 0) != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot write what covers /%s", mask->path);
	rc = sb_mount_clone(store, "text", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, &mount, err);
	return rc == 0 ? sb_mount_attach(mount, root, mask->path, err) : rc;
}

/** Folders of /proc that only describe hardware. */
static int cover_folders(int root, struct sb_err *err)
{
	static const char *const folders[] = {"proc/acpi", "proc/bus", "proc/driver", "proc/fs", "proc/irq", "proc/scsi", "proc/tty"};
	const struct sb_mount_option options[] = {{"size", "4096"}, {"nr_inodes", "2"}, {"mode", "0555"}};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		SB_CLOSING int mount = -1;
		int rc;

		if (!is_there(root, folders[i]))
			continue;
		rc = sb_mount_new("tmpfs", options, 3, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, &mount, err);
		if (rc == 0)
			rc = sb_mount_attach(mount, root, folders[i], err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int cover_all(const struct sb_sandbox_plan *plan, int root, int store, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < plan->masks.count; i++)
		rc = cover(root, store, &plan->masks.items[i], err);
	return rc == 0 ? cover_folders(root, err) : rc;
}

/** The texts lie in a file system that is attached below the root only while they are cloned from it. */
static int mask(const struct sb_sandbox_plan *plan, int root, struct sb_err *err)
{
	const struct sb_mount_option options[] = {{"size", "4194304"}, {"nr_inodes", "512"}, {"mode", "0755"}};
	SB_CLOSING int store = -1;
	char place[64];
	int rc = sb_mount_new("tmpfs", options, 3, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, &store, err);

	if (rc == 0 && sb_beneath_make_dir(root, "tmp") != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot create /tmp");
	if (rc == 0)
		rc = sb_mount_attach(store, root, "tmp", err);
	if (rc == 0)
		rc = cover_all(plan, root, store, err);
	snprintf(place, sizeof(place), "/proc/self/fd/%d", store);
	if (rc == 0 && umount2(place, MNT_DETACH) != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot detach the masks' file system");
	return rc;
}

/** A limit of our own user namespace, so it needs no privilege; to be written before /proc/sys is read-only. */
static void forbid_user_namespaces(const struct sb_sandbox_plan *plan, int root)
{
	SB_CLOSING int fd = sb_beneath_open(root, "proc/sys/user/max_user_namespaces", O_WRONLY, 0);

	if (fd >= 0 && write(fd, "0", 1) == 1)
		sb_wall_on(plan->board, SB_WALL_NESTED, "0");
	else
		sb_wall_off(plan->board, SB_WALL_NESTED, "off: user.max_user_namespaces cannot be written", errno);
}

/** Shared memory of System V outlives processes and is in nobody's file system: the namespace may hold as much as a process. */
static void bound_shared_memory(const struct sb_sandbox_plan *plan, int root)
{
	SB_CLOSING int fd = sb_beneath_open(root, "proc/sys/kernel/shmall", O_WRONLY, 0);
	char pages[24];
	int n = snprintf(pages, sizeof(pages), "%" PRIu64, plan->bounds.memory / (uint64_t)sysconf(_SC_PAGESIZE));

	if (fd >= 0)
		(void)!write(fd, pages, (size_t)n);
}

static int freeze_sysctls(int root, struct sb_err *err)
{
	SB_CLOSING int sys = sb_beneath_open(root, "proc/sys", O_PATH | O_DIRECTORY, 0);
	SB_CLOSING int mount = -1;
	int rc;

	if (sys < 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot open /proc/sys");
	rc = sb_mount_clone(sys, ".", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, &mount, err);
	return rc == 0 ? sb_mount_attach(mount, root, "proc/sys", err) : rc;
}

int sb_proc_make(const struct sb_sandbox_plan *plan, int root, struct sb_err *err)
{
	int rc = mount_proc(root, err);

	if (rc != 0)
		return rc;
	forbid_user_namespaces(plan, root);
	bound_shared_memory(plan, root);
	rc = mask(plan, root, err);
	if (rc == 0)
		rc = freeze_sysctls(root, err);
	if (rc == 0)
		sb_wall_on(plan->board, SB_WALL_PROC_MASKS, NULL);
	return rc;
}
