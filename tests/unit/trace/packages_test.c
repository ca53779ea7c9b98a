/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "verifier/trace/packages.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

TestSuite(packages, .fini = no_leaks);

Test(packages, a_file_has_the_owner_that_names_it_wherever_usr_stands)
{
	const struct sb_package_list lists[] = {
		{"libc6:amd64", sb_span_text("/.\n/lib/x86_64-linux-gnu/libc.so.6\n/usr/share/doc/libc6/copyright\n")},
		{"make", sb_span_text("/usr/bin/make\n/usr/bin/ma\n")},
		{"other", sb_span_text("/usr/bin/make")},
	};
	const struct sb_package_base base = {.lists = lists, .count = 3};
	struct sb_owned files[] = {{"/usr/lib/x86_64-linux-gnu/libc.so.6", 9}, {"/bin/make", 9}, {"/usr/bin/mak", 9}, {"/usr/share/doc/libc6/copyright", 9}};
	cr_assert_eq(sb_packages_own(&base, files, 4, NULL), 0);
	cr_assert_str_eq(files[0].path, "/bin/make");
	cr_assert_eq(files[0].package, 1);
	cr_assert_eq(files[1].package, SIZE_MAX);
	cr_assert_eq(files[2].package, 0);
	cr_assert_eq(files[3].package, 0);
}

Test(packages, names_come_from_the_status_and_never_from_a_broken_part_of_it)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	const struct sb_package_list lists[] = {{"libc6:amd64", {0}}, {"libc6:i386", {0}}, {"make", {0}}, {"stray", {0}}};
	const struct sb_package_base base = {.lists = lists, .count = 4, .status = sb_span_text(
		"Package: libc6\nArchitecture: i386\nVersion: 2.36-9\n\n\nPackage: libc6\nArchitecture: amd64\nVersion: 2.36-8\n\n"
		"Package: make\nPackage: make\nVersion: 6\nArchitecture: amd64\n\nPackage: unknown\nArchitecture: all\nVersion: 1\n")};
	struct sb_package_name *names;
	cr_assert_eq(sb_packages_name(&base, arena, &names, NULL), 0);
	cr_assert_str_eq(names[0].version, "2.36-8");
	cr_assert_str_eq(names[1].version, "2.36-9");
	cr_assert_str_eq(names[1].name, "libc6");
	cr_assert_str_eq(names[2].version, "");
	cr_assert_str_eq(names[2].name, "make");
	cr_assert_str_eq(names[3].name, "stray");
}

Test(packages, the_database_of_this_machine_knows_its_dpkg)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_package_base base;
	struct sb_owned file = {"/usr/bin/dpkg", 0};
	SB_CLOSING int dpkg = open("/var/lib/dpkg", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(dpkg, 0);
	cr_assert_eq(sb_package_base_of_folder(dpkg, arena, &base, NULL), 0);
	cr_assert_eq(sb_packages_own(&base, &file, 1, NULL), 0);
	cr_assert_neq(file.package, SIZE_MAX);
	cr_assert_str_eq(base.lists[file.package].package, "dpkg");
}

Test(packages, a_root_without_a_database_has_no_packages)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_package_base base = {.count = 3};
	SB_CLOSING int dir = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_eq(sb_package_base_of_folder(dir, arena, &base, NULL), 0);
	cr_assert_eq(base.count, 0);
	cr_assert_eq(sb_package_base_of_folder(-1, arena, &base, NULL), 0);
}

Test(packages, a_database_in_a_tree_is_read_from_its_spools)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	static const char text[] = "/usr/bin/gcc\nPackage: gcc\nArchitecture: amd64\nVersion: 12\n";
	const struct sb_blob spool = {.bytes = sb_span_of(text, sizeof text - 1), .fd = -1};
	const struct sb_entry entries[] = {
		{.path = "var/lib/dpkg/info/gcc.list", .type = SB_ENTRY_FILE, .offset = 0, .size = 13},
		{.path = "var/lib/dpkg/info/gcc.md5sums", .type = SB_ENTRY_FILE, .offset = 0, .size = 13},
		{.path = "var/lib/dpkg/status", .type = SB_ENTRY_FILE, .offset = 13, .size = sizeof text - 14},
		{.path = "var/lib/dpkg/info/far.list", .type = SB_ENTRY_FILE, .offset = 1 << 20, .size = 13},
	};
	struct sb_inventory inventory;
	struct sb_package_base base;
	struct sb_package_name *names;
	cr_assert_eq(sb_inventory_seal(entries, 4, arena, &inventory, NULL), 0);
	const struct sb_tree root = {.inventory = &inventory, .spools = &spool, .spool_count = 1};
	cr_assert_eq(sb_package_base_of_tree(&root, arena, &base, NULL), 0);
	cr_assert_eq(base.count, 2);
	cr_assert_eq(base.lists[0].text.n, 0, "what lies outside its spool is empty");
	cr_assert_eq(sb_packages_name(&base, arena, &names, NULL), 0);
	cr_assert_str_eq(names[1].version, "12");
}
