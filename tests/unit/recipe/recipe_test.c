/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include "verifier/recipe/recipe.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(recipe, .fini = no_leaks);

#define ENTRY "hostname (3.23+nmu1+b1) sid; urgency=low, binary-only=yes\n\n  * Rebuild\n\n -- A Builder <a@example.org>  Mon, 19 Dec 2022 14:33:11 +0100\n"

static const char *const packages[] = {"hostname_3.23+nmu1_amd64.deb", "hostname-doc_3.23+nmu1_all.deb"};

static struct sb_recipe_in debian_drop(const struct sb_recipe_file *sources, size_t shipped)
{
	return (struct sb_recipe_in){.name = "hostname", .version = "3.23+nmu1", .sources = sources, .source_count = 2, .shipped = packages,
	                             .shipped_count = shipped, .jobs = 2, .epoch = 1671456791};
}

/* What init writes is only right when our own strict reader takes it. */
static int write_and_read(const struct sb_recipe_in *in, const char *binnmu, struct sb_arena *arena, struct sb_drop *drop)
{
	SB_BUF struct sb_buf text = {0};
	struct sb_dsc dsc = {.source = "hostname", .version = "3.23+nmu1", .format = "3.0 (native)"};
	int rc = sb_recipe_write_debian(in, &dsc, binnmu, &text, NULL);
	return rc ? rc : sb_drop_read(sb_buf_span(&text), "drop.yaml", arena, drop, NULL, NULL);
}

Test(recipe, a_debian_manifest_is_read_back)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	const struct sb_recipe_file sources[] = {{.path = "hostname_3.23+nmu1.dsc"}, {.path = "hostname_3.23+nmu1.tar.xz"}};
	const struct sb_recipe_in in = debian_drop(sources, 2);
	struct sb_drop drop;

	cr_assert_eq(write_and_read(&in, NULL, arena, &drop), 0);
	cr_assert_eq(drop.source_count, 2);
	cr_assert_not(drop.sources[0].unpack);
	cr_assert(drop.toolchain.host);
	cr_assert_str_eq(drop.build_path, "/build/reproducible-path");
	cr_assert_eq(drop.control.epoch, 1671456791);
	cr_assert_eq(drop.step_count, 3, "unpack, -B and -A");
	cr_assert_str_eq(drop.steps[0].argv[0], "dpkg-source");
	cr_assert_str_eq(drop.steps[1].argv[3], "-B");
	cr_assert_str_eq(drop.steps[2].argv[3], "-A");
	cr_assert_str_eq(drop.steps[1].cwd, "hostname-3.23+nmu1");
	cr_assert_str_eq(drop.outputs[1].built, packages[1]);
}

Test(recipe, one_architecture_is_built_once)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	const struct sb_recipe_file sources[] = {{.path = "h.dsc"}, {.path = "h.tar.xz"}};
	const struct sb_recipe_in in = debian_drop(sources, 1);
	struct sb_drop drop;

	cr_assert_eq(write_and_read(&in, NULL, arena, &drop), 0);
	cr_assert_eq(drop.step_count, 2);
	cr_assert_str_eq(drop.steps[1].argv[3], "-B");
}

Test(recipe, a_binary_rebuild_gets_its_entry_and_an_empty_line)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	const struct sb_recipe_file sources[] = {{.path = "h.dsc"}, {.path = "h.tar.xz"}};
	const struct sb_recipe_in in = debian_drop(sources, 1);
	struct sb_drop drop;

	cr_assert_eq(write_and_read(&in, ENTRY, arena, &drop), 0);
	cr_assert_eq(drop.step_count, 3);
	cr_assert_eq(drop.steps[1].kind, SB_STEP_SHELL);
	cr_assert_not_null(strstr(drop.steps[1].script, "<<'=END='\n" ENTRY "\n=END=\n"), "%s", drop.steps[1].script);
}

Test(recipe, hostile_names_stay_names)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	const struct sb_recipe_file sources[] = {{.path = "a\"}, {path: b.dsc"}, {.path = "back\\slash # &anchor *x.tar.xz"}};
	const struct sb_recipe_in in = debian_drop(sources, 1);
	struct sb_drop drop;

	cr_assert_eq(write_and_read(&in, NULL, arena, &drop), 0);
	cr_assert_eq(drop.source_count, 2);
	cr_assert_str_eq(drop.sources[0].path, sources[0].path);
	cr_assert_str_eq(drop.sources[1].path, sources[1].path);
}

Test(recipe, names_that_are_not_plain_are_refused)
{
	static const char *const names[] = {"new\nline.dsc", "tab\t.dsc", "\xe2\x80\xa8.dsc", "\x7f.dsc", "\xff.dsc"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		SB_ARENA struct sb_arena *arena = sb_arena_new(0);
		const struct sb_recipe_file sources[] = {{.path = names[i]}, {.path = "h.tar.xz"}};
		const struct sb_recipe_in in = debian_drop(sources, 1);
		struct sb_drop drop;
		cr_expect_eq(write_and_read(&in, NULL, arena, &drop), SB_USAGE, "name %zu", i);
	}
}

Test(recipe, the_date_of_the_newest_entry)
{
	int64_t epoch = 0;
	struct sb_span entry;

	cr_assert(sb_recipe_changelog_date(sb_span_text(ENTRY "\nolder (1) sid; urgency=low\n\n -- B <b@example.org>  Thu, 01 Jan 1970 00:00:00 +0000\n"),
	                                   &epoch, &entry));
	cr_assert_eq(epoch, 1671456791);
	cr_assert_eq(entry.n, strlen(ENTRY));
}

Test(recipe, zones_west_of_greenwich_are_later)
{
	int64_t epoch = 0;
	struct sb_span entry;

	cr_assert(sb_recipe_changelog_date(sb_span_text("x (1) sid; urgency=low\n\n -- B <b@example.org>  Thu, 01 Jan 1970 00:00:00 -0130\n"), &epoch, &entry));
	cr_assert_eq(epoch, 5400);
}

Test(recipe, what_is_no_date_is_none)
{
	static const char *const texts[] = {
		"", " -- B <b@example.org>", " -- B <b@example.org>  Thu, 01 Foo 1970 00:00:00 +0000\n", " -- B  Thu, 01 Jan 1970 00:00:00 +0000\n",
		" -- B <b@example.org>  Thu, 01 Jan 1969 00:00:00 +0000\n", " -- B <b@example.org>  Thu, 01 Jan 1970 00:00:00 *0000\n",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		int64_t epoch;
		struct sb_span entry;
		cr_expect_not(sb_recipe_changelog_date(sb_span_text(texts[i]), &epoch, &entry), "text %zu", i);
	}
}

static const struct sb_recipe_system *recognise(const char *const *paths, size_t count, unsigned *strip)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	struct sb_entry entries[8] = {0};
	struct sb_inventory tree;

	for (size_t i = 0; i < count; i++)
		entries[i] = (struct sb_entry){.path = paths[i], .type = SB_ENTRY_FILE, .mode = 0644};
	cr_assert_eq(sb_inventory_seal(entries, count, arena, &tree, NULL), 0);
	return sb_recipe_recognise(&tree, strip);
}

Test(recipe, the_only_folder_is_stripped)
{
	unsigned strip = 9;
	const struct sb_recipe_system *system = recognise((const char *const[]){"acme-1.0/CMakeLists.txt", "acme-1.0/src/main.c"}, 2, &strip);
	cr_assert_not_null(system);
	cr_assert_str_eq(system->name, "CMake");
	cr_assert_eq(strip, 1);
}

Test(recipe, a_tree_without_a_folder_is_not_stripped)
{
	unsigned strip = 9;
	const struct sb_recipe_system *system = recognise((const char *const[]){"Makefile", "configure", "src/main.c"}, 3, &strip);
	cr_assert_not_null(system);
	cr_assert_str_eq(system->name, "autotools", "configure writes the Makefile");
	cr_assert_eq(strip, 0);
}

Test(recipe, configure_that_is_there_is_not_made_again)
{
	unsigned strip;
	cr_assert_str_eq(recognise((const char *const[]){"a/configure.ac", "a/Makefile.am"}, 2, &strip)->marker, "configure.ac");
	cr_assert_str_eq(recognise((const char *const[]){"a/configure", "a/configure.ac"}, 2, &strip)->marker, "configure");
}

Test(recipe, an_unknown_tree_is_not_guessed)
{
	unsigned strip;
	cr_assert_null(recognise((const char *const[]){"acme/src/Makefile", "acme/readme"}, 2, &strip));
}

Test(recipe, what_cannot_be_guessed_is_refused_by_the_reader)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	SB_BUF struct sb_buf text = {0};
	const struct sb_recipe_file source = {.path = "acme-1.0.tar.xz"};
	const struct sb_recipe_in in = {.name = "acme", .version = "1.0", .sources = &source, .source_count = 1, .jobs = 2, .epoch = INT64_MIN};
	struct sb_err err = {0};
	struct sb_drop drop;
	unsigned strip;

	const struct sb_recipe_system *system = recognise((const char *const[]){"acme-1.0/Makefile"}, 1, &strip);
	cr_assert_eq(sb_recipe_write_tree(&in, system, strip, &text, NULL), 0);
	cr_assert_eq(sb_drop_read(sb_buf_span(&text), "drop.yaml", arena, &drop, NULL, &err), SB_USAGE);
	cr_assert_str_eq(err.id, "drop-todo");
}
