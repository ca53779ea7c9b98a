/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than Debian 12's headers; Documentation/userspace-api/landlock.rst, "Previous limitations". */
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)  /* ABI 3 */
#define ACCESS_IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */
#define SCOPE_ABSTRACT_SOCKETS 1             /* ABI 6 */
#define SCOPE_SIGNALS 2                      /* ABI 6 */

/** struct landlock_ruleset_attr as of ABI 6; older kernels take a prefix of it. */
struct ruleset {
	uint64_t fs, net, scoped;
};

long sb_landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi > 0 ? abi : 0;
}

static uint64_t all_access(long abi)
{
	uint64_t access = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

	if (abi >= 2)
		access |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		access |= ACCESS_TRUNCATE;
	if (abi >= 5)
		access |= ACCESS_IOCTL_DEV;
	return access;
}

static int allow(int ruleset, const char *path, uint64_t access, struct sb_err *err)
{
	SB_CLOSING int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};

	if (fd < 0 || syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot write a Landlock rule for %s", path);
	return 0;
}

static int allow_all(int ruleset, uint64_t all, const char *work, struct sb_err *err)
{
	const uint64_t read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
	const uint64_t write = all & ~(uint64_t)(LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK);
	const struct {
		const char *path;
		uint64_t access;
	} rules[] = {
		{"/", read | LANDLOCK_ACCESS_FS_EXECUTE},
		{work, write}, {"/tmp", write}, {"/var/tmp", write}, {"/dev/shm", write},
		{"/dev", (read | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE | ACCESS_IOCTL_DEV) & all},
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(rules) / sizeof(rules[0]); i++)
		rc = allow(ruleset, rules[i].path, rules[i].access, err);
	return rc;
}

int sb_landlock_enter(long abi, const char *work, struct sb_err *err)
{
	const uint64_t all = all_access(abi);
	struct ruleset attr = {.fs = all, .scoped = abi >= 6 ? SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS : 0};
	size_t size = abi >= 6 ? sizeof(attr) : sizeof(attr.fs);
	SB_CLOSING int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	int rc;

	if (ruleset < 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot create a Landlock ruleset");
	rc = allow_all(ruleset, all, work, err);
	if (rc == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot enter the Landlock ruleset");
	return rc;
}
