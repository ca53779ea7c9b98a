/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/proc.h"
#include "verifier/sandbox/beneath.h"
#include "verifier/sandbox/mount.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

static int mount_proc(int root, struct sb_err *err)
{
	/* processes that the build may not trace are not there: init, whose command line is that of the supervisor */
	const struct sb_mount_option options[] = {{"hidepid", "2"}};
	SB_CLOSING int mount = -1;
	int rc;

	if (sb_beneath_make_dir(root, "proc") != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot create /proc");
	rc = sb_mount_new("proc", options, 1, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, &mount, err);
	return rc == 0 ? sb_mount_attach(mount, root, "proc", err) : rc;
}

#define SEALED (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/** Folders of /proc that are the build's own: namespaced, or covered as a whole. Links ("self", "net") lead into those. */
static bool is_own(const char *name)
{
	return isdigit((unsigned char)name[0]) || strcmp(name, "sys") == 0 || strcmp(name, "sysvipc") == 0;
}

static const char *text_for(const struct sb_given_files *masks, const char *path)
{
	for (size_t i = 0; i < masks->count; i++)
		if (strcmp(masks->items[i].path, path) == 0)
			return masks->items[i].text;
	return "";
}

/** Cover one file: a mount of a file with our text, whose name is gone before the build starts. */
static int cover_file(int root, int store, const char *path, const char *text, struct sb_err *err)
{
	SB_CLOSING int mount = -1;
	int rc;

	if (sb_beneath_put_file(store, "text", text) != 0 || fchmodat(store, "text", 0444, 0) != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot write what covers /%s", path);
	rc = sb_mount_clone(store, "text", SEALED, &mount, err);
	return rc == 0 ? sb_mount_attach(mount, root, path, err) : rc;
}

static int cover_folder(int root, const char *path, struct sb_err *err)
{
	const struct sb_mount_option options[] = {{"size", "4096"}, {"nr_inodes", "2"}, {"mode", "0555"}};
	SB_CLOSING int mount = -1;
	int rc = sb_mount_new("tmpfs", options, 3, SEALED, &mount, err);

	return rc == 0 ? sb_mount_attach(mount, root, path, err) : rc;
}

/** Everything is covered that is not known to be harmless: newer kernels bring new files. */
static int cover_all(const struct sb_sandbox_plan *plan, int root, int store, struct sb_err *err)
{
	SB_CLOSEDIR DIR *folder = NULL;
	int fd = sb_beneath_open(root, "proc", O_RDONLY | O_DIRECTORY, 0), rc = 0;

	folder = fd < 0 ? NULL : fdopendir(fd);
	if (!folder)
		return sb_fail_errno(err, "sandbox-setup", "cannot list /proc");
	for (struct dirent *entry; rc == 0 && (entry = readdir(folder));) {
		char path[300];

		snprintf(path, sizeof(path), "proc/%s", entry->d_name);
		if (entry->d_type == DT_REG)
			rc = cover_file(root, store, path, text_for(&plan->masks, path), err);
		else if (entry->d_type == DT_DIR && entry->d_name[0] != '.' && !is_own(entry->d_name))
			rc = cover_folder(root, path, err);
	}
	return rc;
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

/** The kernel counts them for the caller's id as well, who is left the most of the usual 128. */
static void bound_watchers(int root)
{
	SB_CLOSING int fd = sb_beneath_open(root, "proc/sys/user/max_inotify_instances", O_WRONLY, 0);

	if (fd >= 0)
		(void)!write(fd, "32", 2);
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

/** Settings of the kernel tell machines apart, and those of our own namespaces are not the build's to change. */
static int cover_sysctls(const struct sb_sandbox_plan *plan, int root, struct sb_err *err)
{
	const struct sb_mount_option options[] = {{"size", "1048576"}, {"nr_inodes", "128"}, {"mode", "0555"}};
	SB_CLOSING int mount = -1;
	int rc = sb_mount_new("tmpfs", options, 3, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, &mount, err);
	struct mount_attr sealed = {.attr_set = MOUNT_ATTR_RDONLY};

	for (size_t i = 0; rc == 0 && i < plan->sysctls.count; i++)
		if (sb_beneath_put_file(mount, plan->sysctls.items[i].path, plan->sysctls.items[i].text) != 0)
			rc = sb_fail_errno(err, "sandbox-setup", "cannot write /proc/sys/%s", plan->sysctls.items[i].path);
	if (rc == 0 && mount_setattr(mount, "", AT_EMPTY_PATH, &sealed, sizeof(sealed)) != 0)
		rc = sb_fail_errno(err, "sandbox-setup", "cannot seal /proc/sys");
	return rc == 0 ? sb_mount_attach(mount, root, "proc/sys", err) : rc;
}

int sb_proc_make(const struct sb_sandbox_plan *plan, int root, struct sb_err *err)
{
	int rc = mount_proc(root, err);

	if (rc != 0)
		return rc;
	forbid_user_namespaces(plan, root);
	bound_watchers(root);
	bound_shared_memory(plan, root);
	rc = mask(plan, root, err);
	if (rc == 0)
		rc = cover_sysctls(plan, root, err);
	if (rc == 0)
		sb_wall_on(plan->board, SB_WALL_PROC_MASKS, NULL);
	return rc;
}
