/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/forbidden.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static long switch_value(const char *path)
{
	char text[32];
	SB_CLOSING int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return -1;
	text[n] = 0;
	return strtol(text, NULL, 10);
}

void sb_forbidden_look(struct sb_switches *out)
{
	*out = (struct sb_switches){
		.most_namespaces = switch_value("/proc/sys/user/max_user_namespaces"),
		.userns_clone = switch_value("/proc/sys/kernel/unprivileged_userns_clone"),
		.apparmor = switch_value("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
		.privileged = geteuid() == 0,
		.confined = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) > 0,
	};
}

void sb_forbidden_clone_text(const struct sb_switches *switches, int number, char *out, size_t n)
{
	if (switches->most_namespaces == 0)
		snprintf(out, n, "user namespaces are switched off: user.max_user_namespaces is 0 (to get them: sysctl user.max_user_namespaces=10000)");
	else if (number == ENOSPC)
		snprintf(out, n, "no further user namespace may be made: user.max_user_namespaces (%ld here) or the depth of 32 is reached",
		         switches->most_namespaces);
	else if (switches->userns_clone == 0 && !switches->privileged)
		snprintf(out, n, "user namespaces are for root only: kernel.unprivileged_userns_clone is 0 (to get them: sysctl "
		                 "kernel.unprivileged_userns_clone=1)");
	else if (number == ENOSYS && switches->confined)
		snprintf(out, n, "the seccomp profile of this container hides clone3 (docker and podman: --security-opt seccomp=unconfined)");
	else if (number == ENOSYS)
		snprintf(out, n, "this kernel has no clone3 (it came with Linux 5.3), or something hides it");
	else if (number == EPERM && switches->confined)
		snprintf(out, n, "the seccomp profile of this container forbids new user namespaces (docker and podman: --security-opt "
		                 "seccomp=unconfined)");
	else if (number == EPERM)
		snprintf(out, n, "a user namespace is forbidden: a security module (AppArmor, SELinux), or this process is in a chroot");
	else if (number == EINVAL)
		snprintf(out, n, "this kernel was built without a namespace that a build needs (CONFIG_USER_NS, PID_NS, NET_NS, IPC_NS, UTS_NS)");
	else
		snprintf(out, n, "a user namespace cannot be made: %s", strerror(number));
}

void sb_forbidden_map_text(const struct sb_switches *switches, const char *file, int number, char *out, size_t n)
{
	if (switches->apparmor == 1 && !switches->privileged)
		snprintf(out, n, "AppArmor takes all rights from user namespaces: kernel.apparmor_restrict_unprivileged_userns is 1 (give samebuild a "
		                 "profile with \"userns,\", or sysctl kernel.apparmor_restrict_unprivileged_userns=0)");
	else if (number == ENOENT)
		snprintf(out, n, "/proc does not show our own child: it is not mounted, or that of another pid namespace");
	else
		snprintf(out, n, "the ids of a user namespace cannot be mapped (%s: %s): a security module or the profile of a container forbids it",
		         file, strerror(number));
}

int sb_forbidden_clone(int number, struct sb_err *err)
{
	struct sb_switches switches;
	char text[256];

	sb_forbidden_look(&switches);
	sb_forbidden_clone_text(&switches, number, text, sizeof(text));
	return sb_fail(err, SB_ABSENT, "no-user-namespaces", "%s", text);
}

int sb_forbidden_map(const char *file, int number, struct sb_err *err)
{
	struct sb_switches switches;
	char text[256];

	sb_forbidden_look(&switches);
	sb_forbidden_map_text(&switches, file, number, text, sizeof(text));
	return sb_fail(err, SB_ABSENT, "no-user-namespaces", "%s", text);
}

int sb_forbidden_setup(const struct sb_err *why, struct sb_err *err)
{
	struct sb_switches switches;

	sb_forbidden_look(&switches);
	if (switches.apparmor == 1 && !switches.privileged && why->id && strcmp(why->id, "sandbox-setup") == 0)
		return sb_forbidden_map("rights", EPERM, err);
	if (err)
		*err = *why;
	return why->code;
}
