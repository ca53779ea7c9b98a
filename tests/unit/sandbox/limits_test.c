/* SPDX-License-Identifier: Apache-2.0 */
/* Limits as numbers and as words; that they hold is shown through the built binary. */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "verifier/sandbox/bounds.h"
#include "verifier/sandbox/cgroup_find.h"
#include "verifier/sandbox/sandbox.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

TestSuite(limits, .fini = no_leaks);

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

Test(limits, what_the_machine_has_is_given_as_asked)
{
	const struct sb_drop_limits asked = {.memory = 4 * GIB, .disk = 8 * GIB, .wall = 7};
	struct sb_bounds bounds = sb_bounds_choose(&asked, 0, 64 * GIB);

	cr_assert_eq(bounds.memory, 4 * GIB);
	cr_assert_eq(bounds.disk, 8 * GIB);
	cr_assert_eq(bounds.wall, 7);
	cr_assert_eq(bounds.file_size, bounds.disk, "one file may be as large as all of them");
	cr_assert(bounds.ceiling >= bounds.memory + bounds.disk);
}

Test(limits, a_small_machine_lowers_both_and_keeps_something_for_others)
{
	const struct sb_drop_limits asked = {.memory = 4 * GIB, .disk = 8 * GIB};

	for (uint64_t machine = 256 * MIB; machine <= 32 * GIB; machine += 256 * MIB) {
		struct sb_bounds bounds = sb_bounds_choose(&asked, 100 * MIB, machine);

		cr_assert(bounds.memory <= 4 * GIB && bounds.disk <= 8 * GIB);
		cr_assert(bounds.asked_memory == 4 * GIB && bounds.asked_disk == 8 * GIB);
		if (machine >= GIB) {
			cr_assert(bounds.ceiling <= machine - machine / 8, "%llu of %llu", (unsigned long long)bounds.ceiling, (unsigned long long)machine);
			cr_assert(bounds.memory > 0 && bounds.disk > 0);
		}
	}
}

Test(limits, a_root_in_memory_counts)
{
	const struct sb_drop_limits asked = {.memory = 64 * GIB, .disk = GIB};
	struct sb_bounds without = sb_bounds_choose(&asked, 0, 16 * GIB), with = sb_bounds_choose(&asked, 2 * GIB, 16 * GIB);

	cr_assert_eq(without.memory - with.memory, 2 * GIB);
	cr_assert_eq(without.ceiling, with.ceiling);
}

Test(limits, values_that_are_not_set_have_defaults)
{
	const struct sb_drop_limits none = {0};
	struct sb_bounds bounds = sb_bounds_choose(&none, 0, 64 * GIB);

	cr_assert(bounds.wall && bounds.memory && bounds.disk && bounds.inodes && bounds.processes && bounds.file_size && bounds.open_files && bounds.log);
	cr_assert(bounds.output_size && bounds.output_file_size && bounds.output_count);
}

static void told(const char *want, struct sb_limit_met limit)
{
	char text[200];

	sb_sandbox_limit_text(&limit, text, sizeof(text));
	cr_assert_str_eq(text, want);
}

Test(limits, words)
{
	told("memory: 512 MiB allowed, 512 MiB used, the kernel ended the build",
	     (struct sb_limit_met){.name = "memory", .value = 512 * MIB, .used = 512 * MIB, .how = "the kernel ended the build"});
	told("memory: 1.5 GiB allowed, 1.9 GiB used, the build was ended",
	     (struct sb_limit_met){.name = "memory", .value = 1536 * MIB, .used = 2047 * MIB, .how = "the build was ended"});
	told("disk: 1000 bytes allowed, 0 bytes used", (struct sb_limit_met){.name = "disk", .value = 1000, .used = 0, .how = NULL});
	told("wall: 90 s allowed, 90 s used, the build was ended", (struct sb_limit_met){.name = "wall", .value = 90, .used = 90, .how = "the build was ended"});
	told("processes: 4096 allowed, 4096 used", (struct sb_limit_met){.name = "processes", .value = 4096, .used = 4096, .how = NULL});
	told("disk: 3 GiB allowed (8 GiB asked, which this machine does not have), 3 GiB used, no space was left",
	     (struct sb_limit_met){.name = "disk", .value = 3 * GIB, .used = 3 * GIB, .asked = 8 * GIB, .how = "no space was left"});
	told("open-files: 64 allowed, and its log ends with \"Too many open files\"",
	     (struct sb_limit_met){.name = "open-files", .value = 64, .used = SB_LIMIT_USE_UNKNOWN, .how = "Too many open files"});
}

Test(limits, values_of_a_group)
{
	const char *text = "anon 5\nanon_thp 7\nshmem 18446744073709551615\nlast 9";

	cr_assert_eq(sb_cgroup_value(text, "anon"), 5);
	cr_assert_eq(sb_cgroup_value(text, "shmem"), UINT64_MAX);
	cr_assert_eq(sb_cgroup_value(text, "last"), 9);
	cr_assert_eq(sb_cgroup_value(text, "an"), 0);
	cr_assert_eq(sb_cgroup_value("", "anon"), 0);
}

static bool is_there(const char *folder, const char *name)
{
	char path[400];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return stat(path, &st) == 0;
}

static void make(const char *folder, const char *name)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	cr_assert_eq(mkdir(path, 0700), 0);
}

/** The sweep takes groups for folders, which is all that it needs of them here. */
Test(limits, only_what_dead_runs_left_is_swept)
{
	char folder[] = "/tmp/samebuild-unit-XXXXXX", mine[96], dead[96], other[96], reused[96];
	unsigned long long space, start;
	int pid;
	long thread;

	cr_assert(mkdtemp(folder));
	cr_assert(sb_cgroup_name(mine, sizeof(mine)));
	cr_assert_eq(sscanf(mine, "samebuild-%llu-%d-%llu-%ld", &space, &pid, &start, &thread), 4, "%s", mine);
	cr_assert_eq(pid, getpid());
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	cr_assert_eq(waitpid(child, NULL, 0), child);
	snprintf(dead, sizeof(dead), "samebuild-%llu-%d-%llu-%d", space, (int)child, start, (int)child);
	snprintf(other, sizeof(other), "samebuild-%llu-%d-%llu-%d", space + 1, (int)child, start, (int)child);
	snprintf(reused, sizeof(reused), "samebuild-%llu-%d-%llu-%d", space, (int)getpid(), start + 1, (int)getpid());
	const char *const all[] = {mine, dead, other, reused, "samebuild-1", "samebuild-1-2-3-4x", "other"};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		make(folder, all[i]);
	SB_CLOSING int above = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	sb_cgroup_sweep(above);
	cr_assert(!is_there(folder, dead), "a dead run's group is still there");
	cr_assert(!is_there(folder, reused), "another process has the pid by now");
	cr_assert(is_there(folder, mine) && is_there(folder, other) && is_there(folder, "samebuild-1") && is_there(folder, "samebuild-1-2-3-4x") &&
	          is_there(folder, "other"), "something was swept that is in use");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		unlinkat(above, all[i], AT_REMOVEDIR);
	rmdir(folder);
}
