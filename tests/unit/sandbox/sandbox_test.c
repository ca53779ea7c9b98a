/* SPDX-License-Identifier: Apache-2.0 */
/* What the environment refuses before it starts anything; that it holds is shown through the built binary. */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "verifier/sandbox/sandbox.h"
#include "verifier/sandbox/spec.h"

#include <fcntl.h>
#include <string.h>

TestSuite(sandbox, .fini = no_leaks);

static const char *const run_true[] = {"true", NULL};
static const char *const run_nothing[] = {NULL};
static const char *const run_empty[] = {"", NULL};
static const struct sb_drop_step good_step = {.kind = SB_STEP_RUN, .argv = run_true};

static struct sb_sandbox_spec good(void)
{
	return (struct sb_sandbox_spec){
		.host_root = true,
		.build_path = "/build/acme",
		.steps = &good_step,
		.step_count = 1,
		.control = {.hostname = "build", .user = "builder", .locale = "C.UTF-8", .timezone = "UTC", .umask = 022},
		.log = -1,
	};
}

static void expect(const struct sb_sandbox_spec *spec, const char *id, const char *what)
{
	struct sb_err err = {0};
	int rc = sb_spec_check(spec, &err);

	if (!id) {
		cr_assert_eq(rc, 0, "%s: %s", what, err.msg);
		return;
	}
	cr_assert_eq(rc, SB_USAGE, "%s was taken", what);
	cr_assert_str_eq(err.id, id, "%s: %s", what, err.msg);
}

Test(sandbox, a_plain_spec_is_fine)
{
	struct sb_sandbox_spec spec = good();
	expect(&spec, NULL, "a plain spec");
}

Test(sandbox, one_root_and_only_one)
{
	const struct sb_inventory none = {0};
	const struct sb_tree tree = {.inventory = &none};
	struct sb_sandbox_spec spec = good();

	spec.root = &tree;
	expect(&spec, "sandbox-spec", "two roots");
	spec.host_root = false;
	expect(&spec, NULL, "a root of its own");
	spec.root = NULL;
	expect(&spec, "sandbox-spec", "no root");
}

Test(sandbox, build_paths)
{
	static const char *const bad[] = {"", "/", "build", "./build", "/build/../etc", "/build//x", "/build/", "/build/./x", "/build/a\nb"};
	static const char *const taken[] = {"/dev", "/dev/x", "/proc/self", "/sys/x", "/etc", "/etc/acme"};
	static const char *const fine[] = {"/build", "/home/vendor/src", "/develop", "/etcetera", "/b-u_i.l+d/x y"};
	struct sb_sandbox_spec spec = good();

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		spec.build_path = bad[i];
		expect(&spec, "sandbox-spec", bad[i]);
	}
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
		spec.build_path = taken[i];
		expect(&spec, "build-path-taken", taken[i]);
	}
	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
		spec.build_path = fine[i];
		expect(&spec, NULL, fine[i]);
	}
	char deep[2 * 300 + 1] = "";
	for (size_t i = 0; i < 300; i++)
		memcpy(deep + 2 * i, "/a", 3);
	spec.build_path = deep;
	expect(&spec, "sandbox-spec", "a path of 300 folders");
	deep[2 * 200] = 0;
	expect(&spec, NULL, "a path of 200 folders");
	spec.build_path = NULL;
	expect(&spec, "sandbox-spec", "no path");
}

Test(sandbox, names_that_end_up_in_files_and_system_calls)
{
	static const char *const bad[] = {"", "a b", "a:b", "a\nroot::0:0", "../x", "-x", "a/../b", "x\x1b[0m",
	                                  "0123456789012345678901234567890123456789012345678901234567890123456789"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct sb_sandbox_spec spec = good();
		spec.control.hostname = bad[i];
		expect(&spec, "sandbox-spec", bad[i]);
		spec = good();
		spec.control.user = bad[i];
		expect(&spec, "sandbox-spec", bad[i]);
		spec = good();
		spec.control.timezone = bad[i];
		expect(&spec, "sandbox-spec", bad[i]);
		spec = good();
		spec.control.locale = bad[i];
		expect(&spec, "sandbox-spec", bad[i]);
	}
	struct sb_sandbox_spec spec = good();
	spec.control.timezone = "Europe/Berlin";
	expect(&spec, NULL, "a time zone");
	spec.control.home = "relative";
	expect(&spec, "sandbox-spec", "a relative home");
	spec.control.home = "/home/../etc";
	expect(&spec, "sandbox-spec", "a home that climbs");
	spec = good();
	spec.control.umask = 01000;
	expect(&spec, "sandbox-spec", "no umask");
}

Test(sandbox, variables)
{
	static const struct sb_drop_env bad[] = {{"", "x"}, {"A B", "x"}, {"1A", "x"}, {"A=B", "x"}, {"OUT", "/etc"}, {"JOBS", "9"}, {"A\n", "x"}};
	const struct sb_drop_env fine = {"_CFLAGS2", "-O2 \n anything=at all"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct sb_sandbox_spec spec = good();
		spec.env = &bad[i];
		spec.env_count = 1;
		expect(&spec, "sandbox-spec", bad[i].name);
	}
	struct sb_sandbox_spec spec = good();
	spec.env = &fine;
	spec.env_count = 1;
	expect(&spec, NULL, fine.name);
}

Test(sandbox, steps_and_outputs)
{
	const struct sb_drop_step bad[] = {{.kind = SB_STEP_RUN},
	                                   {.kind = SB_STEP_RUN, .argv = run_nothing},
	                                   {.kind = SB_STEP_RUN, .argv = run_empty},
	                                   {.kind = SB_STEP_SHELL},
	                                   {.kind = SB_STEP_RUN, .argv = run_true, .cwd = "/etc"},
	                                   {.kind = SB_STEP_RUN, .argv = run_true, .cwd = "../x"},
	                                   {.kind = SB_STEP_RUN, .argv = run_true, .cwd = "a/../../x"}};
	static const char *const outputs[] = {"/etc/passwd", "../x", "a/../../x", "", "a//b"};
	struct sb_sandbox_spec spec = good();

	spec.step_count = 0;
	expect(&spec, "sandbox-spec", "no step");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		spec = good();
		spec.steps = &bad[i];
		expect(&spec, "sandbox-spec", bad[i].cwd ? bad[i].cwd : "a step without a command");
	}
	for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
		spec = good();
		spec.outputs = &outputs[i];
		spec.output_count = 1;
		expect(&spec, "sandbox-spec", outputs[i]);
	}
}

Test(sandbox, sources_that_bring_an_output_folder)
{
	struct sb_entry entry = {.path = "out", .type = SB_ENTRY_DIR};
	const struct sb_inventory inventory = {.entries = &entry, .count = 1};
	const struct sb_tree tree = {.inventory = &inventory};
	struct sb_sandbox_spec spec = good();

	spec.source = &tree;
	expect(&spec, "out-occupied", "out");
	entry.path = "outer";
	expect(&spec, NULL, "outer");
}

Test(sandbox, what_was_delivered_lies_out_of_sight_of_a_build)
{
	static const struct {
		const char *folder, *name;
		bool apart;
	} places[] = {{"/usr", "x", false}, {"/usr/lib", ".", false}, {"/", "usr/bin/ls", false}, {"/", "usr", false}, {"/", ".", false}, {"/", "usrx/a", true},
	              {"/tmp", "usr/bin/ls", true}, {"/tmp", ".", true}, {"/var", "lib/dpkg/status", false}, {"/var", "lib/dpkgs", true}, {"/bin", "x", false}};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		SB_CLOSING int folder = open(places[i].folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		struct sb_err err = {0};
		int rc = sb_sandbox_check_apart(folder, places[i].name, &err);

		cr_assert(places[i].apart ? rc == 0 : rc == SB_USAGE && strcmp(err.id, "drop-visible") == 0, "%s of %s: %s", places[i].name, places[i].folder, err.msg);
	}
}
