/* SPDX-License-Identifier: Apache-2.0 */
/* What a recipe gives the build besides files. A binary that is written as text fits into a line of a script, or into a variable. */
#include "verifier/pipeline/line.h"

#include <ctype.h>
#include <string.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* Each word on a line of its own, as text that encodes something stands in a file: a shell reads them apart. */
static void add_words(struct sb_buf *out, const char *text)
{
	static const char between[] = " \t\"'|;<>()&`";

	for (const char *at = text; *at; at++) {
		bool parts = strchr(between, *at) || (*at == '=' && isalnum((unsigned char)at[1]));
		sb_buf_add(out, parts ? "\n" : at, 1);
	}
	sb_buf_add(out, "\n", 1);
}

/* A text as it is given, and with its words apart. */
struct words {
	struct sb_buf whole, apart;
};

static void add(struct words *words, const char *text)
{
	if (words->whole.len)
		sb_buf_add(&words->whole, "\n", 1);
	sb_buf_add(&words->whole, text, strlen(text));
	add_words(&words->apart, text);
}

/* Both end up in the arena, or nowhere. */
static int keep(struct words *words, const char *path, struct sb_arena *arena, struct sb_trace_text *out, struct sb_err *err)
{
	int rc = sb_buf_ok(&words->whole, err);

	if (!rc)
		rc = sb_buf_ok(&words->apart, err);
	const char *whole = rc ? NULL : sb_arena_copy(arena, sb_buf_span(&words->whole)), *apart = rc ? NULL : sb_arena_copy(arena, sb_buf_span(&words->apart));
	*out = (struct sb_trace_text){.path = path, .whole = sb_span_of(whole, words->whole.len), .apart = sb_span_of(apart, words->apart.len)};
	sb_buf_release(&words->whole);
	sb_buf_release(&words->apart);
	return rc || (whole && apart && path) ? rc : no_memory(err);
}

static int take_step(const struct sb_drop_step *step, size_t number, struct sb_arena *arena, struct sb_trace_text *out, struct sb_err *err)
{
	struct words words = {0};

	if (step->script)
		add(&words, step->script);
	for (const char *const *argument = step->argv; argument && *argument; argument++)
		add(&words, *argument);
	return keep(&words, sb_arena_printf(arena, "build.steps[%zu]", number), arena, out, err);
}

static int take_variable(const struct sb_drop_env *variable, struct sb_arena *arena, struct sb_trace_text *out, struct sb_err *err)
{
	struct words words = {0};

	add(&words, variable->value);
	return keep(&words, sb_arena_printf(arena, "build.env.%s", variable->name), arena, out, err);
}

int sb_line_texts(const struct sb_drop *drop, struct sb_arena *arena, struct sb_trace_in *out, struct sb_err *err)
{
	size_t count = drop->step_count + drop->env_count;
	struct sb_trace_text *texts = sb_arena_array(arena, count, sizeof *texts);
	int rc = texts ? 0 : no_memory(err);

	for (size_t i = 0; !rc && i < drop->step_count; i++)
		rc = take_step(&drop->steps[i], i, arena, &texts[i], err);
	for (size_t i = 0; !rc && i < drop->env_count; i++)
		rc = take_variable(&drop->env[i], arena, &texts[drop->step_count + i], err);
	out->texts = texts;
	out->text_count = count;
	return rc;
}
