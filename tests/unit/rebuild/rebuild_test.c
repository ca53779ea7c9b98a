/* SPDX-License-Identifier: Apache-2.0 */
/* Ends of a build and what is kept of its log; each case runs a shell in the real environment. */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "verifier/rebuild/rebuild.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

TestSuite(rebuild, .fini = no_leaks, .timeout = 120);

/** A drop without sources and with one shell step. */
struct site {
	struct sb_drop_step step;
	struct sb_drop_output output;
	struct sb_drop drop;
	struct sb_inventory nothing;
	struct sb_tree source;
	struct sb_rebuilt made;
	struct sb_err err;
};

static int build(struct site *site, const char *script, int log)
{
	*site = (struct site){.step = {.kind = SB_STEP_SHELL, .script = script, .cwd = "."}, .output = {.shipped = "prog", .built = "out/prog"}};
	site->drop = (struct sb_drop){
		.name = "acme", .version = "1", .build_path = "/build/acme", .steps = &site->step, .step_count = 1, .outputs = &site->output, .output_count = 1,
		.toolchain = {.host = true},
		.control = {.epoch = 1700000000, .hostname = "host", .user = "somebody", .locale = "C.UTF-8", .timezone = "UTC", .jobs = 3, .umask = 022, .home = "/nonexistent"},
		.limits = {.wall = 60, .memory = 1 << 28, .disk = 1 << 26, .processes = 64},
	};
	site->source = (struct sb_tree){.inventory = &site->nothing};
	const struct sb_rebuild_in in = {.drop = &site->drop, .source = &site->source, .log = log};
	int rc = sb_rebuild_run(&in, &site->made, &site->err);
	if (rc == SB_ABSENT)
		cr_skip_test("no build is possible here: %s", site->err.msg);
	return rc;
}

static bool tail_is(const struct site *site, const char *text)
{
	return site->made.log_tail.len == strlen(text) && memcmp(site->made.log_tail.data, text, strlen(text)) == 0;
}

Test(rebuild, a_finished_build_gives_its_outputs_and_its_facts)
{
	struct site site;
	cr_assert_eq(build(&site, "echo made; printf content > out/prog", -1), 0, "%s", site.err.msg);
	const struct sb_entry *entry = sb_inventory_find(&site.made.run.outputs, "out/prog");
	struct sb_span bytes;

	cr_assert_not_null(entry);
	cr_assert(sb_span_cut(site.made.run.spools[entry->spool].bytes, entry->offset, entry->size, &bytes));
	cr_assert(sb_span_equal(bytes, sb_span_text("content")));
	cr_assert(tail_is(&site, "made\n"));
	cr_assert_eq(site.made.run.end, SB_END_DONE);
	cr_assert_eq(site.made.facts.epoch, 1700000000);
	cr_assert_eq(site.made.facts.jobs, 3);
	cr_assert_str_eq(site.made.facts.path, "/build/acme");
	cr_assert_str_eq(site.made.facts.user, "somebody");
	cr_assert_str_eq(site.made.facts.host, "host");
	cr_assert(site.made.facts.kernel && site.made.facts.kernel[0]);
	cr_assert(site.made.run.environment.present);
	cr_assert_eq(site.made.log_digest.kinds, 0); /* no store, no digest */
	sb_rebuild_release(&site.made);
}

Test(rebuild, a_failed_step_is_named_with_its_status_and_its_log)
{
	struct site site;
	cr_assert_eq(build(&site, "echo about to fail; exit 7", -1), SB_FAILED);
	cr_assert_str_eq(site.err.id, "build-step-failed");
	cr_assert(strstr(site.err.msg, "step 1 of 1") && strstr(site.err.msg, "status 7"), "%s", site.err.msg);
	cr_assert(tail_is(&site, "about to fail\n"));
	sb_rebuild_release(&site.made);
}

Test(rebuild, a_step_that_dies_by_a_signal)
{
	struct site site;
	cr_assert_eq(build(&site, "kill -9 $$", -1), SB_FAILED);
	cr_assert(strstr(site.err.msg, "signal 9"), "%s", site.err.msg);
	sb_rebuild_release(&site.made);
}

Test(rebuild, the_tail_is_twenty_lines_and_starts_at_a_line)
{
	struct site site;
	cr_assert_eq(build(&site, "i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); done", -1), 0, "%s", site.err.msg);
	cr_assert(site.made.log_tail.len && memcmp(site.made.log_tail.data, "line 80\n", 8) == 0, "%.*s", (int)site.made.log_tail.len,
	          (const char *)site.made.log_tail.data);
	cr_assert_eq(memcmp(site.made.log_tail.data + site.made.log_tail.len - 8, "line 99\n", 8), 0);
	sb_rebuild_release(&site.made);
	cr_assert_eq(build(&site, "i=0; while [ $i -lt 3000 ]; do printf 0123456789; i=$((i+1)); done", -1), 0);
	cr_assert(site.made.log_tail.len > 0 && site.made.log_tail.len <= 8192, "%zu", site.made.log_tail.len);
	sb_rebuild_release(&site.made);
	cr_assert_eq(build(&site, "true", -1), 0);
	cr_assert_eq(site.made.log_tail.len, 0);
	sb_rebuild_release(&site.made);
}

Test(rebuild, the_raw_log_goes_to_the_given_descriptor)
{
	struct site site;
	char text[64] = "";
	FILE *log = tmpfile();

	cr_assert_not_null(log);
	cr_assert_eq(build(&site, "printf 'a\\033[31m\\n'; echo b >&2", fileno(log)), 0);
	cr_assert_eq(site.made.run.log_bytes, 9);
	rewind(log);
	cr_assert_eq(fread(text, 1, sizeof text, log), 9);
	cr_assert_str_eq(text, "a\033[31m\nb\n");
	fclose(log);
	sb_rebuild_release(&site.made);
}

Test(rebuild, releasing_twice_and_nothing_is_fine)
{
	struct site site;
	cr_assert_eq(build(&site, "true", -1), 0);
	sb_rebuild_release(&site.made);
	struct sb_rebuilt none = {0};
	sb_rebuild_release(&none);
}
