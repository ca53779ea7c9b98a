/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/mount.h"
#include "verifier/sandbox/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>

/** EPERM here means that the proc we see is partly covered: the kernel does not let a user namespace look underneath. */
static int refused(const char *type, struct sb_err *err)
{
	if (strcmp(type, "proc") == 0 && errno == EPERM)
		return sb_fail(err, SB_ABSENT, "proc-masked",
		               "a fresh /proc is forbidden here: this container covers parts of its own /proc (podman and docker: "
		               "--security-opt unmask=ALL or systempaths=unconfined)");
	return sb_fail_errno(err, "sandbox-setup", "cannot mount a %s", type);
}

int sb_mount_new(const char *type, const struct sb_mount_option *options, size_t count, unsigned attributes, int *out,
                 struct sb_err *err)
{
	SB_CLOSING int context = fsopen(type, FSOPEN_CLOEXEC);

	if (context < 0)
		return refused(type, err);
	for (size_t i = 0; i < count; i++)
		if (fsconfig(context, FSCONFIG_SET_STRING, options[i].key, options[i].value, 0) != 0)
			return sb_fail_errno(err, "sandbox-setup", "%s does not take %s=%s", type, options[i].key, options[i].value);
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0)
		return refused(type, err);
	*out = fsmount(context, FSMOUNT_CLOEXEC, attributes);
	return *out < 0 ? refused(type, err) : 0;
}

int sb_mount_clone(int dir, const char *path, unsigned attributes, int *out, struct sb_err *err)
{
	struct mount_attr attr = {.attr_set = attributes};
	SB_CLOSING int tree = open_tree(dir, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);

	if (tree < 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot show %s to the build", path);
	if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot restrict the mount of %s", path);
	*out = sb_steal_fd(&tree);
	return 0;
}

int sb_mount_attach(int mount, int root, const char *path, struct sb_err *err)
{
	SB_CLOSING int target = sb_beneath_open(root, path, O_PATH, 0);

	if (target < 0 || move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot attach a mount at /%s", path);
	return 0;
}

int sb_mount_restrict(const char *path, unsigned attributes, struct sb_err *err)
{
	struct mount_attr attr = {.attr_set = attributes};

	if (mount_setattr(AT_FDCWD, path, 0, &attr, sizeof(attr)) != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot restrict the mount at %s", path);
	return 0;
}
