/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/options.h"

/* Parsed here and kept in fields of the invocation, not among its args. */
const struct sb_option sb_common_options[] = {
	{"help", 'h', NULL, false},
	{"version", 'V', NULL, false},
	{"quiet", 'q', NULL, false},
	{"verbose", 'v', NULL, true},
	{"json", 0, NULL, false},
	{"color", 0, "WHEN", false},
	{"directory", 'C', "DIR", false},
	{"jobs", 'j', "N", false},
	{0},
};

enum { MOST_JOBS = 1024 };

struct parser {
	struct sb_invocation *call;
	char **argv;
	int argc, at;       /* argv[at] is next */
	unsigned seen;      /* common options met, by their index */
	const char **words;
};

static int fail_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* ---- verbs ---- */

static bool is_group(const char *word)
{
	size_t count, n = strlen(word);
	const struct sb_verb *const *verbs = sb_verbs(&count);

	for (size_t i = 0; i < count; i++)
		if (strncmp(verbs[i]->name, word, n) == 0 && verbs[i]->name[n] == ' ')
			return true;
	return false;
}

/* The words that could stand at this place: first words, or the second words of @group. NULL-terminated, in the arena. */
static const char **candidates(struct sb_arena *arena, const char *group)
{
	size_t count, kept = 0, n = group ? strlen(group) : 0;
	const struct sb_verb *const *verbs = sb_verbs(&count);
	const char **out = sb_arena_array(arena, count + 1, sizeof *out);

	for (size_t i = 0; out && i < count; i++) {
		const char *name = verbs[i]->name;
		if (group && (strncmp(name, group, n) != 0 || name[n] != ' '))
			continue;
		const char *word = group ? name + n + 1 : name;
		size_t length = strcspn(word, " ");
		if (kept == 0 || strncmp(out[kept - 1], word, length) != 0 || out[kept - 1][length] != '\0')
			out[kept++] = sb_arena_copy(arena, sb_span_of(word, length));
	}
	return out;
}

static const char *joined(struct sb_arena *arena, const char **words)
{
	SB_BUF struct sb_buf text = {0};
	for (size_t i = 0; words && words[i]; i++)
		sb_buf_printf(&text, "%s%s", i ? ", " : "", words[i]);
	const char *out = text.data ? sb_arena_copy(arena, sb_buf_span(&text)) : NULL;
	return out ? out : "";
}

static int fail_verb(struct parser *parser, const char *word, struct sb_err *err)
{
	struct sb_invocation *call = parser->call;
	const char **words = candidates(call->arena, call->group);
	const char *near = words ? sb_text_nearest(word, words) : NULL;
	const char *group = call->group ? call->group : "";

	if (near)
		return sb_fail(err, SB_USAGE, "verb-unknown", "there is no verb \"%s%s%s\"; did you mean \"%s%s%s\"?", group,
		               group[0] ? " " : "", word, group, group[0] ? " " : "", near);
	return sb_fail(err, SB_USAGE, "verb-unknown", "there is no verb \"%s%s%s\"; there are %s", group, group[0] ? " " : "", word,
	               joined(call->arena, words));
}

static int take_word(struct parser *parser, const char *word, struct sb_err *err)
{
	struct sb_invocation *call = parser->call;

	if (call->verb) {
		parser->words[call->word_count++] = word;
		return 0;
	}
	const char *name = call->group ? sb_arena_printf(call->arena, "%s %s", call->group, word) : word;
	if (!name)
		return fail_memory(err);
	call->verb = sb_verb_named(name);
	if (call->verb)
		return 0;
	if (call->group || !is_group(word))
		return fail_verb(parser, word, err);
	call->group = word;
	return 0;
}

/* ---- options ---- */

static const struct sb_option *find(const struct sb_option *options, const char *name, size_t n, char letter)
{
	for (; options && options->name; options++)
		if (letter ? options->letter == letter : strncmp(options->name, name, n) == 0 && options->name[n] == '\0')
			return options;
	return NULL;
}

static const struct sb_option *lookup(const struct parser *parser, const char *name, size_t n, char letter)
{
	const struct sb_option *option = find(sb_common_options, name, n, letter);
	return option || !parser->call->verb ? option : find(parser->call->verb->options, name, n, letter);
}

static int fail_unknown(struct parser *parser, const char *name, size_t n, struct sb_err *err)
{
	const char *words[64] = {NULL};
	size_t kept = 0;
	const struct sb_option *tables[] = {sb_common_options, parser->call->verb ? parser->call->verb->options : NULL};
	const char *word = sb_arena_copy(parser->call->arena, sb_span_of(name, n));

	for (size_t t = 0; t < 2; t++)
		for (const struct sb_option *option = tables[t]; option && option->name && kept < 63; option++)
			words[kept++] = option->name;
	const char *near = word ? sb_text_nearest(word, words) : NULL;
	const char *verb = parser->call->verb ? parser->call->verb->name : NULL;
	if (near)
		return sb_fail(err, SB_USAGE, "option-unknown", "there is no option --%s; did you mean --%s?", word, near);
	if (verb)
		return sb_fail(err, SB_USAGE, "option-unknown", "%s has no option --%.*s", verb, (int)n, name);
	return sb_fail(err, SB_USAGE, "option-unknown", "there is no option --%.*s before the verb", (int)n, name);
}

static int take_number(const char *value, uint64_t least, uint64_t most, const char *name, uint64_t *out, struct sb_err *err)
{
	uint64_t number;
	if (!sb_text_uint(sb_span_text(value), &number) || number < least || number > most)
		return sb_fail(err, SB_USAGE, "option-value", "--%s takes a whole number from %llu to %llu, not \"%s\"", name,
		               (unsigned long long)least, (unsigned long long)most, value);
	*out = number;
	return 0;
}

static int take_color(struct sb_invocation *call, const char *value, struct sb_err *err)
{
	static const char *const words[] = {"auto", "always", "never", NULL};
	for (size_t i = 0; words[i]; i++)
		if (strcmp(words[i], value) == 0) {
			call->color = words[i];
			return 0;
		}
	return sb_fail(err, SB_USAGE, "option-value", "--color takes auto, always or never, not \"%s\"", value);
}

static int apply_common(struct sb_invocation *call, const struct sb_option *option, const char *value, struct sb_err *err)
{
	uint64_t jobs = 0;
	int rc = 0;

	if (strcmp(option->name, "help") == 0)
		call->help = true;
	else if (strcmp(option->name, "version") == 0)
		call->version = true;
	else if (strcmp(option->name, "quiet") == 0)
		call->quiet = true;
	else if (strcmp(option->name, "verbose") == 0)
		call->verbose++;
	else if (strcmp(option->name, "json") == 0)
		call->json = true;
	else if (strcmp(option->name, "color") == 0)
		rc = take_color(call, value, err);
	else if (strcmp(option->name, "directory") == 0)
		rc = chdir(value) == 0 ? 0 : sb_fail_errno(err, "option-value", "cannot change to the directory %s", value);
	else if ((rc = take_number(value, 1, MOST_JOBS, "jobs", &jobs, err)) == 0)
		call->jobs = (unsigned)jobs;
	return rc;
}

static int refuse_repeat(struct parser *parser, const struct sb_option *option, bool common, struct sb_err *err)
{
	bool again = false;

	if (option->repeats)
		return 0;
	if (common) {
		unsigned bit = 1u << (option - sb_common_options);
		again = parser->seen & bit;
		parser->seen |= bit;
	} else {
		again = sb_arg_given(parser->call, option->name);
	}
	return again ? sb_fail(err, SB_USAGE, "option-repeated", "--%s is given twice", option->name) : 0;
}

/* @value is what followed "=" or the letter, or NULL. */
static int take_option(struct parser *parser, const struct sb_option *option, const char *value, struct sb_err *err)
{
	struct sb_invocation *call = parser->call;
	bool common = find(sb_common_options, option->name, strlen(option->name), 0) == option;

	if (!option->argument && value)
		return sb_fail(err, SB_USAGE, "option-value", "--%s takes no value", option->name);
	if (option->argument && !value && parser->at < parser->argc)
		value = parser->argv[parser->at++];
	if (option->argument && (!value || !value[0]))
		return sb_fail(err, SB_USAGE, "option-value", "--%s needs a value: %s", option->name, option->argument);
	int rc = refuse_repeat(parser, option, common, err);
	if (rc)
		return rc;
	if (common)
		return apply_common(call, option, value, err);
	call->args[call->arg_count++] = (struct sb_arg){.option = option, .value = value};
	return 0;
}

static int take_long(struct parser *parser, const char *text, struct sb_err *err)
{
	size_t n = strcspn(text, "=");
	const struct sb_option *option = lookup(parser, text, n, 0);

	if (!option)
		return fail_unknown(parser, text, n, err);
	return take_option(parser, option, text[n] == '=' ? text + n + 1 : NULL, err);
}

static int take_short(struct parser *parser, const char *letters, struct sb_err *err)
{
	for (; *letters; letters++) {
		const struct sb_option *option = lookup(parser, NULL, 0, *letters);
		if (!option)
			return sb_fail(err, SB_USAGE, "option-unknown", "there is no option -%c%s", *letters,
			               parser->call->verb ? "" : " before the verb");
		const char *value = option->argument && letters[1] ? letters + 1 : NULL;
		int rc = take_option(parser, option, value, err);
		if (rc || option->argument)
			return rc;
	}
	return 0;
}

/* ---- the whole line ---- */

static int check_words(const struct sb_invocation *call, struct sb_err *err)
{
	const struct sb_verb *verb = call->verb;

	if (call->help || call->version)
		return 0;
	if (!verb && call->group)
		return sb_fail(err, SB_USAGE, "verb-missing", "%s needs one more word: %s", call->group,
		               joined(call->arena, candidates(call->arena, call->group)));
	if (!verb)
		return sb_fail(err, SB_USAGE, "verb-missing", "nothing was asked for");
	if (call->word_count < verb->least_words)
		return sb_fail(err, SB_USAGE, "operand-missing", "%s needs %s", verb->name, verb->operands);
	if (call->word_count > verb->most_words)
		return sb_fail(err, SB_USAGE, "operand-extra", "%s takes no \"%s\"%s%s", verb->name, call->words[verb->most_words],
		               verb->operands[0] ? " after " : "", verb->operands);
	return 0;
}

int sb_options_parse(int argc, char **argv, struct sb_invocation *call, struct sb_err *err)
{
	struct parser parser = {.call = call, .argv = argv, .argc = argc, .at = 1};
	bool ended = false;
	int rc = 0;

	call->args = sb_arena_array(call->arena, (size_t)argc + 1, sizeof *call->args);
	parser.words = sb_arena_array(call->arena, (size_t)argc + 1, sizeof *parser.words);
	if (!call->args || !parser.words)
		return fail_memory(err);
	call->words = parser.words;
	/* The form of an error must not depend on whether --json stands before or after the mistake. */
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		call->json |= strcmp(argv[i], "--json") == 0;
	while (!rc && parser.at < argc) {
		const char *word = argv[parser.at++];
		if (ended || word[0] != '-' || word[1] == '\0')
			rc = take_word(&parser, word, err);
		else if (word[1] != '-')
			rc = take_short(&parser, word + 1, err);
		else if (word[2] == '\0')
			ended = true;
		else
			rc = take_long(&parser, word + 2, err);
	}
	return rc ? rc : check_words(call, err);
}

const char *sb_arg_nth(const struct sb_invocation *call, const char *name, size_t nth)
{
	for (size_t i = 0; i < call->arg_count; i++)
		if (strcmp(call->args[i].option->name, name) == 0 && nth-- == 0)
			return call->args[i].value;
	return NULL;
}

const char *sb_arg_value(const struct sb_invocation *call, const char *name)
{
	const char *value = NULL;
	for (size_t i = 0; i < call->arg_count; i++)
		if (strcmp(call->args[i].option->name, name) == 0)
			value = call->args[i].value;
	return value;
}

bool sb_arg_given(const struct sb_invocation *call, const char *name)
{
	for (size_t i = 0; i < call->arg_count; i++)
		if (strcmp(call->args[i].option->name, name) == 0)
			return true;
	return false;
}

int sb_arg_number(const struct sb_invocation *call, const char *name, uint64_t least, uint64_t most, uint64_t otherwise, uint64_t *out,
                  struct sb_err *err)
{
	const char *value = sb_arg_value(call, name);

	if (value)
		return take_number(value, least, most, name, out, err);
	*out = otherwise;
	return 0;
}
