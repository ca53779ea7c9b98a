/* SPDX-License-Identifier: Apache-2.0 */
/* One invocation: parse, run the verb, print its result, map what happened to an exit code. */
#include "hashing/hashing.h"
#include "verifier/cli/cli.h"
#include "verifier/cli/errors.h"
#include "verifier/cli/exits.h"
#include "verifier/cli/help.h"
#include "verifier/cli/options.h"
#include "verifier/cli/progress.h"
#include "verifier/cli/signals.h"

#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>

static bool wants_colour(const struct sb_invocation *call, int fd)
{
	const char *no = getenv("NO_COLOR"), *force = getenv("CLICOLOR_FORCE"), *term = getenv("TERM");

	if (call->color && strcmp(call->color, "always") == 0)
		return true;
	if ((call->color && strcmp(call->color, "never") == 0) || (no && no[0]))
		return false;
	if (force && force[0] && strcmp(force, "0") != 0)
		return true;
	return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

static void look_at_terminal(struct sb_invocation *call)
{
	call->terminal_out = isatty(STDOUT_FILENO);
	call->colour_out = !call->json && wants_colour(call, STDOUT_FILENO);
	call->colour_err = wants_colour(call, STDERR_FILENO);
	call->unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static int show_help(struct sb_invocation *call)
{
	size_t count;
	const struct sb_help *helps = sb_helps(&count);
	const char *wanted = call->verb ? call->verb->name : call->group ? call->group : "";

	for (size_t i = 0; i < count; i++)
		if (strcmp(helps[i].name, wanted) == 0)
			sb_buf_text(&call->out, helps[i].text);
	return SB_EXIT_OK;
}

static int run_verb(struct sb_invocation *call, struct sb_err *err)
{
	if (call->help)
		return show_help(call);
	if (call->version)
		return sb_verb_named("version")->run(call, err);
	if (call->verb->stoppable)
		sb_signals_watch();
	int rc = sb_hashing_start(err);
	return rc ? rc : call->verb->run(call, err);
}

/* stdout is the result: a result that cannot be written is no success. */
static int print_result(struct sb_invocation *call, int code)
{
	if (call->out.len && (fwrite(call->out.data, 1, call->out.len, stdout) != call->out.len || fflush(stdout) != 0)) {
		fputs("samebuild: error[write-failed]: cannot write the result to stdout\n", stderr);
		return sb_exit_worse(code, SB_EXIT_TEMPORARY);
	}
	return code;
}

static int invoke(int argc, char **argv, struct sb_invocation *call)
{
	struct sb_err err = {0};
	struct sb_meter meter;
	const char *term = getenv("TERM");

	int code = sb_options_parse(argc, argv, call, &err);
	look_at_terminal(call);
	sb_meter_init(&meter, isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0, call->quiet, sb_signals_flag());
	call->progress = &meter.progress;
	if (code == 0)
		code = run_verb(call, &err);
	sb_meter_clear(&meter);
	if (code < 0) {
		call->out.len = 0;
		code = sb_errors_show(call, &err);
	}
	return print_result(call, sb_signals_exit() ? sb_signals_exit() : code);
}

/*
 * A file that we open must never become somebody's stdin, stdout or stderr: messages would land in it. A result that is sent to a
 * stdout which was closed must fail, so what stands in for it cannot be written.
 */
static bool keep_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	if (!keep_standard_descriptors())
		return SB_EXIT_INTERNAL;

	struct sb_invocation call = {.arena = sb_arena_new(0), .problems = calloc(1, sizeof *call.problems)};
	int code = SB_EXIT_INTERNAL;

	setlocale(LC_CTYPE, "");
	sb_signals_survive_pipe();
	if (call.arena && call.problems)
		code = invoke(argc, argv, &call);
	else
		fputs("samebuild: out of memory\n", stderr);
	sb_buf_release(&call.out);
	free(call.problems);
	sb_arena_free(&call.arena);
	return code;
}
