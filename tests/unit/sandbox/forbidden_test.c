/* SPDX-License-Identifier: Apache-2.0 */
/* Each switch that can forbid an environment has its own sentence; machines that have them are not at hand in tests. */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "verifier/sandbox/forbidden.h"

#include <errno.h>

TestSuite(forbidden, .fini = no_leaks);

static const struct sb_switches plain = {.most_namespaces = 10000, .userns_clone = -1, .apparmor = -1};

static void clone_says(struct sb_switches switches, int number, const char *part)
{
	char text[256];

	sb_forbidden_clone_text(&switches, number, text, sizeof(text));
	cr_assert(strstr(text, part), "\"%s\" is not in \"%s\"", part, text);
	cr_assert(strlen(text) < sizeof(text) - 1, "cut: %s", text);
}

static void map_says(struct sb_switches switches, int number, const char *part)
{
	char text[256];

	sb_forbidden_map_text(&switches, "uid_map", number, text, sizeof(text));
	cr_assert(strstr(text, part), "\"%s\" is not in \"%s\"", part, text);
	cr_assert(strlen(text) < sizeof(text) - 1, "cut: %s", text);
}

Test(forbidden, clone)
{
	struct sb_switches none = plain, debian = plain, container = plain;

	none.most_namespaces = 0;
	debian.userns_clone = 0;
	container.confined = true;
	clone_says(none, ENOSPC, "user.max_user_namespaces is 0");
	clone_says(none, EPERM, "user.max_user_namespaces is 0");
	clone_says(plain, ENOSPC, "user.max_user_namespaces (10000 here)");
	clone_says(debian, EPERM, "kernel.unprivileged_userns_clone is 0");
	clone_says(container, EPERM, "seccomp=unconfined");
	clone_says(container, ENOSYS, "hides clone3");
	clone_says(plain, ENOSYS, "5.3");
	clone_says(plain, EPERM, "chroot");
	clone_says(plain, EINVAL, "CONFIG_USER_NS");
	clone_says(plain, ENOMEM, "memory");
}

Test(forbidden, a_switch_that_does_not_hold_for_root_is_not_blamed)
{
	struct sb_switches root = plain;
	char text[256];

	root.userns_clone = 0;
	root.apparmor = 1;
	root.privileged = true;
	sb_forbidden_clone_text(&root, EPERM, text, sizeof(text));
	cr_assert(!strstr(text, "unprivileged_userns_clone"), "%s", text);
	sb_forbidden_map_text(&root, "uid_map", EPERM, text, sizeof(text));
	cr_assert(!strstr(text, "apparmor_restrict"), "%s", text);
}

Test(forbidden, maps)
{
	struct sb_switches ubuntu = plain;

	ubuntu.apparmor = 1;
	map_says(ubuntu, EPERM, "kernel.apparmor_restrict_unprivileged_userns is 1");
	map_says(plain, EPERM, "uid_map");
	map_says(plain, ENOENT, "another pid namespace");
}

Test(forbidden, all_of_them_end_as_the_same_error)
{
	struct sb_err err = {0};

	cr_assert_eq(sb_forbidden_clone(EPERM, &err), SB_ABSENT);
	cr_assert_str_eq(err.id, "no-user-namespaces");
	cr_assert_eq(sb_forbidden_map("gid_map", EPERM, &err), SB_ABSENT);
	cr_assert_str_eq(err.id, "no-user-namespaces");
}

Test(forbidden, other_failures_of_the_set_up_are_told_as_they_are)
{
	struct sb_err why = {0}, err = {0};
	int rc = sb_fail(&why, SB_ABSENT, "proc-masked", "covered");

	cr_assert_eq(sb_forbidden_setup(&why, &err), rc);
	cr_assert_str_eq(err.id, "proc-masked");
	cr_assert_str_eq(err.msg, "covered");
}
