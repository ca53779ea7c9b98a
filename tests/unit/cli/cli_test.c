/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/leaks.h"
#include <criterion/criterion.h>

#include "verifier/cli/exits.h"
#include "verifier/cli/options.h"
#include "verifier/cli/pages.h"
#include "verifier/cli/progress.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(cli, .fini = no_leaks);

enum { MOST_WORDS = 12 };

/** A command line being parsed. */
struct line {
	char *argv[MOST_WORDS + 1];
	int argc;
	struct sb_invocation call;
	struct sb_err err;
	int rc;
};

/* Parse "samebuild" and the words of @text, split at blanks; release with forget. */
static void parse(struct line *line, const char *text)
{
	*line = (struct line){.argv = {strdup("samebuild")}, .argc = 1, .call = {.arena = sb_arena_new(0)}};
	while (*text) {
		size_t n = strcspn(text, " ");
		cr_assert_lt(line->argc, MOST_WORDS);
		line->argv[line->argc++] = strndup(text, n);
		text += n + (text[n] == ' ');
	}
	line->rc = sb_options_parse(line->argc, line->argv, &line->call, &line->err);
}

static void forget(struct line *line)
{
	for (int i = 0; i < line->argc; i++)
		free(line->argv[i]);
	sb_arena_free(&line->call.arena);
}

Test(cli, lines_that_are_refused)
{
	static const char *const rows[][2] = {
		{"", "verb-missing"},
		{"-q", "verb-missing"},
		{"frobnicate", "verb-unknown"},
		{"attest", "verb-missing"},
		{"attest frobnicate", "verb-unknown"},
		{"compare", "operand-missing"},
		{"compare a", "operand-missing"},
		{"compare a b c", "operand-extra"},
		{"compare --fact f a b", "option-unknown"},
		{"compare -x a b", "option-unknown"},
		{"--facts f compare a b", "option-unknown"}, /* the verb's own, before the verb */
		{"compare --sign k a b", "option-unknown"},  /* another verb's */
		{"compare --facts", "option-value"},
		{"compare --facts=", "option-value"},
		{"compare --metadata=yes a b", "option-value"},
		{"compare --facts f --facts g a b", "option-repeated"},
		{"compare -q -q a b", "option-repeated"},
		{"compare -j", "option-value"},
		{"compare -j0 a b", "option-value"},
		{"compare -j-1 a b", "option-value"},
		{"compare -j2x a b", "option-value"},
		{"compare -j99999999999999999999 a b", "option-value"},
		{"compare --color=blue a b", "option-value"},
		{"compare -C /no/such/folder a b", "option-value"},
		{"compare --js a b", "option-unknown"}, /* nothing is abbreviated */
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct line line;
		parse(&line, rows[i][0]);
		cr_assert_neq(line.rc, 0, "\"%s\" was taken", rows[i][0]);
		cr_assert_str_eq(line.err.id, rows[i][1], "\"%s\": %s", rows[i][0], line.err.msg);
		cr_assert_eq(sb_exit_of(&line.err), SB_EXIT_USAGE, "\"%s\"", rows[i][0]);
		forget(&line);
	}
}

Test(cli, lines_that_are_taken)
{
	static const struct {
		const char *text;
		unsigned verbose, jobs;
		bool json, quiet;
		size_t words;
	} rows[] = {
		{"compare a b", 0, 0, false, false, 2},
		{"--json compare a b", 0, 0, true, false, 2},
		{"compare a b --json", 0, 0, true, false, 2},
		{"compare -qv -vj3 a b", 2, 3, false, true, 2},
		{"compare -j 3 a b", 0, 3, false, false, 2},
		{"compare --jobs=3 a b", 0, 3, false, false, 2},
		{"compare -- --json -q", 0, 0, false, false, 2}, /* operands, and no options */
		{"compare - b", 0, 0, false, false, 2},
		{"attest verify f --key a --key b", 0, 0, false, false, 1},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct line line;
		parse(&line, rows[i].text);
		cr_assert_eq(line.rc, 0, "\"%s\": %s", rows[i].text, line.err.msg);
		cr_assert_eq(line.call.verbose, rows[i].verbose, "\"%s\"", rows[i].text);
		cr_assert_eq(line.call.jobs, rows[i].jobs, "\"%s\"", rows[i].text);
		cr_assert_eq(line.call.json, rows[i].json, "\"%s\"", rows[i].text);
		cr_assert_eq(line.call.quiet, rows[i].quiet, "\"%s\"", rows[i].text);
		cr_assert_eq(line.call.word_count, rows[i].words, "\"%s\"", rows[i].text);
		forget(&line);
	}
}

Test(cli, json_is_known_even_when_the_mistake_comes_first)
{
	struct line line;
	parse(&line, "compare --nonsense a b --json");
	cr_assert(line.rc && line.call.json);
	forget(&line);
	parse(&line, "compare --nonsense a -- --json"); /* an operand */
	cr_assert(line.rc && !line.call.json);
	forget(&line);
}

Test(cli, values_of_options_by_name_and_number)
{
	struct line line;
	uint64_t number = 0;

	parse(&line, "attest verify f --key a --key=b --passphrase-fd 7");
	cr_assert_neq(line.rc, 0); /* attest verify signs nothing */
	forget(&line);
	parse(&line, "attest verify f --key a --key=b");
	cr_assert_str_eq(sb_arg_nth(&line.call, "key", 0), "a");
	cr_assert_str_eq(sb_arg_nth(&line.call, "key", 1), "b");
	cr_assert_null(sb_arg_nth(&line.call, "key", 2));
	cr_assert(sb_arg_given(&line.call, "key") && !sb_arg_given(&line.call, "level"));
	cr_assert_eq(sb_arg_number(&line.call, "level", 1, 9, 5, &number, NULL), 0);
	cr_assert_eq(number, 5);
	forget(&line);
}

Test(cli, exit_codes_of_levels)
{
	static const int codes[SB_LEVELS] = {5, 1, 1, 1, 0, 0, 0, 0};

	for (unsigned level = 0; level < SB_LEVELS; level++)
		cr_assert_eq(sb_exit_of_level((enum sb_level)level), codes[level], "%s", sb_level_name((enum sb_level)level));
	int wild = 99;
	enum sb_level level;
	memcpy(&level, &wild, sizeof level);
	cr_assert_eq(sb_exit_of_level(level), SB_EXIT_INTERNAL);
}

Test(cli, the_worse_of_two_exit_codes)
{
	static const int order[] = {70, 6, 3, 4, 5, 1, 0}; /* the contract's, worst first */

	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		for (size_t k = 0; k < sizeof order / sizeof *order; k++)
			cr_assert_eq(sb_exit_worse(order[i], order[k]), order[i < k ? i : k]);
	cr_assert_eq(sb_exit_worse(0, 42), SB_EXIT_INTERNAL); /* unknown: the worst */
	cr_assert_eq(sb_exit_worse(-1, 0), SB_EXIT_INTERNAL);
	cr_assert_eq(sb_exit_worse(0, 75), 75);
	cr_assert_eq(sb_exit_worse(1, 75), 75);
	cr_assert_eq(sb_exit_worse(0, 130), 130);
}

Test(cli, a_failure_is_never_exit_code_0)
{
	size_t count;
	const struct sb_page *pages = sb_pages(&count);
	struct sb_err err = {0};

	cr_assert_eq(sb_exit_of(&err), SB_EXIT_INTERNAL);
	sb_fail(&err, SB_FORMAT, "no-such-row", "x");
	cr_assert_eq(sb_exit_of(&err), SB_EXIT_INTERNAL);
	cr_assert_gt(count, 50);
	for (size_t i = 0; i < count; i++) {
		if (pages[i].kind != SB_PAGE_ERROR)
			continue;
		sb_fail(&err, SB_FORMAT, pages[i].id, "x");
		int code = sb_exit_of(&err);
		cr_assert(code >= 2 && sb_exit_worse(code, 0) == code, "%s: %d", pages[i].id, code);
		cr_assert(pages[i].hint && pages[i].hint[0] && pages[i].title[0], "%s has no hint", pages[i].id);
		sb_fail(&err, SB_INTERRUPTED, pages[i].id, "x");
		cr_assert_eq(sb_exit_of(&err), SB_EXIT_INT);
		sb_fail(&err, SB_TEMPORARY, pages[i].id, "x");
		cr_assert_eq(sb_exit_of(&err), SB_EXIT_TEMPORARY);
		sb_fail(&err, SB_INTERNAL, pages[i].id, "x");
		cr_assert_eq(sb_exit_of(&err), SB_EXIT_INTERNAL);
	}
}

Test(cli, verbs_are_whole_rows_with_names_of_their_own)
{
	size_t count;
	const struct sb_verb *const *verbs = sb_verbs(&count);

	for (size_t i = 0; i < count; i++) {
		cr_assert(verbs[i]->run && verbs[i]->summary && verbs[i]->operands && verbs[i]->most_words >= verbs[i]->least_words, "%s", verbs[i]->name);
		cr_assert_eq(sb_verb_named(verbs[i]->name), verbs[i]);
		for (const struct sb_option *option = verbs[i]->options; option && option->name; option++)
			for (const struct sb_option *common = sb_common_options; common->name; common++)
				cr_assert(strcmp(option->name, common->name) != 0 && (!option->letter || option->letter != common->letter), "%s: --%s", verbs[i]->name,
				          option->name);
	}
	cr_assert_null(sb_verb_named("attest"));
	cr_assert_null(sb_verb_named(""));
}

/** What a meter prints while it is used: stderr goes into a file meanwhile. */
struct watched {
	struct sb_meter meter;
	int before, file;
};

static void watch(struct watched *watched, bool terminal, bool quiet)
{
	char name[] = "/tmp/samebuild-meter-XXXXXX";

	watched->before = dup(STDERR_FILENO);
	watched->file = mkstemp(name);
	cr_assert_geq(watched->file, 0);
	unlink(name);
	dup2(watched->file, STDERR_FILENO);
	sb_meter_init(&watched->meter, terminal, quiet, NULL);
}

static void say(struct watched *watched, const char *what, uint64_t done, int64_t later)
{
	watched->meter.last -= later;
	sb_step(&watched->meter.progress, "compare", what, done, 214);
}

/* The text so far, NUL-terminated; stderr is what it was. */
static void unwatch(struct watched *watched, char *out, size_t room)
{
	fflush(stderr);
	dup2(watched->before, STDERR_FILENO);
	ssize_t n = pread(watched->file, out, room - 1, 0);
	out[n > 0 ? n : 0] = '\0';
	close(watched->before);
	close(watched->file);
}

Test(cli, progress_is_a_plain_line_every_half_minute_where_nobody_can_redraw)
{
	struct watched watched;
	char text[1000];

	watch(&watched, false, false);
	say(&watched, "early", 0, 0);
	say(&watched, "usr/lib/\x1b[31mlibfoo.so", 11, 30000);
	say(&watched, "too soon", 12, 1000);
	sb_meter_clear(&watched.meter);
	unwatch(&watched, text, sizeof text);
	cr_assert_str_eq(text, "samebuild: compare usr/lib/\\x1b[31mlibfoo.so (12 of 214)\n");
}

Test(cli, progress_on_a_terminal_is_one_line_redrawn_ten_times_a_second_at_most)
{
	struct watched watched;
	char text[1000], name[400];

	memset(name, 'n', sizeof name);
	memcpy(name + sizeof name - 10, "/libfoo.so", 10);
	name[sizeof name - 1] = '\0';
	watch(&watched, true, false);
	say(&watched, "first", 0, 0);
	say(&watched, "too soon", 1, 0);
	say(&watched, name, 12, 100);
	sb_meter_clear(&watched.meter);
	unwatch(&watched, text, sizeof text);
	cr_assert(strncmp(text, "\r\033[K[1/214] compare first\r\033[K[13/214] compare nnn", 49) == 0, "%s", text);
	cr_assert_not(strstr(text, "too soon"));
	cr_assert(strstr(text, "n/libfoo.s\r\033[K"), "the end of a long name is shown, and cleared: %s", text);
	cr_assert_lt(strlen(text), 130);
}

Test(cli, progress_is_silent_when_asked_to_be)
{
	struct watched watched;
	char text[100];

	watch(&watched, false, true);
	say(&watched, "x", 1, 60000);
	sb_meter_clear(&watched.meter);
	unwatch(&watched, text, sizeof text);
	cr_assert_str_empty(text);
}
