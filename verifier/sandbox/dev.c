/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/dev.h"
#include "verifier/sandbox/beneath.h"
#include "verifier/sandbox/mount.h"
#include "verifier/sandbox/random_device.h"

#include <fcntl.h>
#include <sys/mount.h>

static int node(int root, const char *name, struct sb_err *err)
{
	SB_CLOSING int mount = -1;
	char from[32];
	int rc;

	snprintf(from, sizeof(from), "/dev/%s", name);
	if (sb_beneath_put_file(root, from + 1, "") != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot create %s", from);
	rc = sb_mount_clone(AT_FDCWD, from, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, &mount, err);
	return rc == 0 ? sb_mount_attach(mount, root, from + 1, err) : rc;
}

static int links(int root, struct sb_err *err)
{
	static const char *const pairs[][2] = {
		{"dev/fd", "/proc/self/fd"}, {"dev/stdin", "/proc/self/fd/0"},
		{"dev/stdout", "/proc/self/fd/1"}, {"dev/stderr", "/proc/self/fd/2"},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (sb_beneath_put_link(root, pairs[i][0], pairs[i][1]) != 0)
			return sb_fail_errno(err, "sandbox-setup", "cannot create /%s", pairs[i][0]);
	return 0;
}

static int shared_memory(int root, struct sb_err *err)
{
	const struct sb_mount_option options[] = {{"size", "67108864"}, {"nr_inodes", "16384"}, {"mode", "1777"}};
	SB_CLOSING int mount = -1;
	int rc;

	if (sb_beneath_make_dir(root, "dev/shm") != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot create /dev/shm");
	rc = sb_mount_new("tmpfs", options, 3, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, &mount, err);
	return rc == 0 ? sb_mount_attach(mount, root, "dev/shm", err) : rc;
}

int sb_dev_make(const struct sb_sandbox_plan *plan, int root, struct sb_err *err)
{
	/* 0755: in a sticky folder that all may write, opening /dev/null with O_CREAT fails (fs.protected_regular) */
	const struct sb_mount_option options[] = {{"size", "4194304"}, {"nr_inodes", "64"}, {"mode", "0755"}};
	static const char *const nodes[] = {"null", "zero", "full", "random", "urandom"};
	bool seeded = plan->answers & SB_ANSWERS_RANDOM;
	size_t count = sizeof(nodes) / sizeof(nodes[0]) - (seeded ? 2 : 0);
	SB_CLOSING int mount = -1;
	int rc;

	if (sb_beneath_make_dir(root, "dev") != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot create /dev");
	rc = sb_mount_new("tmpfs", options, 3, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, &mount, err);
	if (rc == 0)
		rc = sb_mount_attach(mount, root, "dev", err);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = node(root, nodes[i], err);
	if (rc == 0 && seeded)
		rc = sb_random_device_make(root, plan->spec->control.seed, err);
	if (rc == 0)
		rc = links(root, err);
	return rc == 0 ? shared_memory(root, err) : rc;
}
