/* SPDX-License-Identifier: Apache-2.0 */
/* What a drop manifest says of the build: docs/manifest.md. */
#include "manifests/drop_reading.h"

#include "verifier/model/model.h"

#include <stdlib.h>
#include <string.h>

/* 1980-01-01 is the first time that a zip archive can hold. */
#define DEFAULT_EPOCH INT64_C(315532800)
enum { MOST_JOBS = 1024, MOST_PIDS = 30000, MOST_INODES = 100000, MOST_AGE = 2000000000, MOST_UTS = 64 };

static const char *const build_keys[] = {"*path", "env", "*steps", "control", "allow", NULL};
static const char *const step_keys[] = {"run", "sh", "name", "cwd", "timeout", NULL};
static const char *const control_keys[] = {"epoch", "clock", "hostname", "user", "jobs", "locale", "timezone", "umask",
                                           "home",  "kernel", "cpus",    "seed", "domain", "kernel-version", "aslr", "order",
                                           "pid-offset", "file-times", "inode-offset", "source-age", NULL};

static int by_name(const void *a, const void *b)
{
	const struct sb_drop_env *x = a, *y = b;
	return strcmp(x->name, y->name);
}

static bool is_variable(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
	return name[0] != '\0' && !strchr("0123456789", name[0]) && name[strspn(name, allowed)] == '\0';
}

static void read_env(struct sb_drop_reading *in, struct sb_place build)
{
	struct sb_schema *s = &in->schema;
	struct sb_place place = sb_schema_key(s, build, "env");

	if (!place.node)
		return;
	if (place.node->type != SB_NODE_MAP) {
		sb_schema_problem(s, place, "wrong-type", "a mapping of names to texts is due here");
		return;
	}
	struct sb_drop_env *env = sb_arena_array(s->arena, place.node->count, sizeof *env);
	if (sb_drop_out_of_memory(in, env))
		return;
	for (size_t i = 0; i < place.node->count; i++) {
		const char *name = place.node->members[i].key;
		struct sb_place value = sb_schema_key(s, place, name);
		env[i] = (struct sb_drop_env){.name = name, .value = sb_schema_text(s, value, "")};
		if (!is_variable(name))
			sb_schema_problem(s, value, "bad-value", "this is no name of an environment variable");
	}
	qsort(env, place.node->count, sizeof *env, by_name);
	in->drop.env = env;
	in->drop.env_count = place.node->count;
}

static const char *const *read_argv(struct sb_drop_reading *in, struct sb_place run)
{
	if (!sb_schema_list(&in->schema, run))
		return NULL;
	const char **argv = sb_arena_array(in->schema.arena, run.node->count + 1, sizeof *argv);
	if (sb_drop_out_of_memory(in, argv))
		return NULL;
	if (run.node->count == 0)
		sb_schema_problem(&in->schema, run, "bad-value", "a command is due here");
	for (size_t i = 0; i < run.node->count; i++)
		argv[i] = sb_schema_text(&in->schema, sb_schema_item(&in->schema, run, i), "");
	return argv;
}

static void read_step(struct sb_drop_reading *in, struct sb_place place, struct sb_drop_step *out)
{
	struct sb_schema *s = &in->schema;

	if (!sb_schema_map(s, place, step_keys))
		return;
	struct sb_place run = sb_schema_key(s, place, "run"), sh = sb_schema_key(s, place, "sh");
	out->name = sb_drop_label(in, sb_schema_key(s, place, "name"));
	out->cwd = sb_schema_path(s, sb_schema_key(s, place, "cwd"), ".");
	out->timeout = sb_schema_duration(s, sb_schema_key(s, place, "timeout"), 0);
	if (!run.node == !sh.node) {
		sb_schema_problem(s, place, "missing-key", "a step has either `run: [argv…]` or `sh: text`");
	} else if (run.node) {
		out->kind = SB_STEP_RUN;
		out->argv = read_argv(in, run);
	} else {
		out->kind = SB_STEP_SHELL;
		out->script = sb_schema_text(s, sh, "");
	}
}

static void read_steps(struct sb_drop_reading *in, struct sb_place build)
{
	struct sb_place list;
	size_t count;
	struct sb_drop_step *steps = sb_drop_items(in, build, "steps", sizeof *steps, &count, &list);

	for (size_t i = 0; i < count; i++)
		read_step(in, sb_schema_item(&in->schema, list, i), &steps[i]);
	in->drop.steps = steps;
	in->drop.step_count = count;
}

/* A word that becomes a host name, user name, locale …: no blank, no slash unless it is a time zone. */
static const char *read_word(struct sb_drop_reading *in, struct sb_place map, const char *key, const char *absent)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@+-/:";
	struct sb_place place = sb_schema_key(&in->schema, map, key);
	const char *text = sb_schema_text(&in->schema, place, absent);

	if (text && (text[0] == '\0' || strlen(text) > 64 || text[strspn(text, allowed)] != '\0' || strstr(text, ".."))) {
		sb_schema_problem(&in->schema, place, "bad-value", "1 to 64 letters, digits and . _ @ + - / : are due here");
		return absent;
	}
	return text;
}

/* A word that an environment can have as this fact, and no other. */
static const char *read_fact(struct sb_drop_reading *in, struct sb_place map, const char *key, enum sb_knob knob, const char *due, const char *absent)
{
	const char *text = read_word(in, map, key, absent);

	if (!text || sb_fact_is_plausible(knob, sb_span_text(text)))
		return text;
	sb_schema_problem(&in->schema, sb_schema_key(&in->schema, map, key), "bad-value", "%s is due here", due);
	return absent;
}

static unsigned read_umask(struct sb_drop_reading *in, struct sb_place control)
{
	struct sb_place place = sb_schema_key(&in->schema, control, "umask");
	const char *text = sb_schema_text(&in->schema, place, "022");
	size_t digits = strspn(text, "01234567");

	if (text[digits] != '\0' || digits < 1 || digits > 4 || strtoul(text, NULL, 8) > 0777) {
		sb_schema_problem(&in->schema, place, "bad-value", "octal digits between \"000\" and \"777\" are due here");
		return 022;
	}
	return (unsigned)strtoul(text, NULL, 8);
}

/* What uname(2) can carry: "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)", "(none)". */
static const char *read_uts(struct sb_drop_reading *in, struct sb_place map, const char *key, const char *absent)
{
	struct sb_place place = sb_schema_key(&in->schema, map, key);
	const char *text = sb_schema_text(&in->schema, place, absent);

	if (text && (text[0] == '\0' || strlen(text) > MOST_UTS || !sb_escape_is_plain(sb_span_text(text)))) {
		sb_schema_problem(&in->schema, place, "bad-value", "1 to 64 visible characters are due here");
		return absent;
	}
	return text;
}

static void read_control(struct sb_drop_reading *in, struct sb_place build)
{
	static const char *const clocks[] = {"real", "shift", "frozen", NULL};
	static const char *const orders[] = {"sorted", "reversed", "shuffled", NULL};
	static const char *const file_times[] = {"shift", "real", NULL};
	static const char *const switches[] = {"off", "on", NULL};
	struct sb_schema *s = &in->schema;
	struct sb_place place = sb_schema_key(s, build, "control");
	struct sb_controls *out = &in->drop.control;

	if (place.node && !sb_schema_map(s, place, control_keys))
		place.node = NULL;
	out->epoch = (int64_t)sb_schema_uint(s, sb_schema_key(s, place, "epoch"), 0, UINT64_C(253402300799), (uint64_t)DEFAULT_EPOCH);
	out->clock = (enum sb_clock)sb_schema_word(s, sb_schema_key(s, place, "clock"), clocks, SB_CLOCK_SHIFT);
	out->file_times = (enum sb_file_times)sb_schema_word(s, sb_schema_key(s, place, "file-times"), file_times, SB_FILE_TIMES_SHIFT);
	out->hostname = read_word(in, place, "hostname", "build");
	out->user = read_word(in, place, "user", "builder");
	out->jobs = (unsigned)sb_schema_uint(s, sb_schema_key(s, place, "jobs"), 1, MOST_JOBS, 1);
	out->locale = read_fact(in, place, "locale", SB_KNOB_LOCALE, "a locale (\"C.UTF-8\", \"de_DE.UTF-8\")", "C.UTF-8");
	out->timezone = read_fact(in, place, "timezone", SB_KNOB_TIMEZONE, "a time zone (\"UTC\", \"CET-1\", \"Europe/Berlin\")", "UTC");
	out->umask = read_umask(in, place);
	out->home = read_word(in, place, "home", "/nonexistent");
	out->kernel = read_fact(in, place, "kernel", SB_KNOB_KERNEL, "a release of a kernel (\"6.1.0-13-amd64\")", NULL);
	out->domain = read_uts(in, place, "domain", "(none)");
	out->kernel_version = read_uts(in, place, "kernel-version", NULL);
	out->aslr = sb_schema_word(s, sb_schema_key(s, place, "aslr"), switches, 0) == 1;
	out->order = (enum sb_order)sb_schema_word(s, sb_schema_key(s, place, "order"), orders, SB_ORDER_SORTED);
	out->pid_offset = (unsigned)sb_schema_uint(s, sb_schema_key(s, place, "pid-offset"), 0, MOST_PIDS, 0);
	out->inode_offset = (unsigned)sb_schema_uint(s, sb_schema_key(s, place, "inode-offset"), 0, MOST_INODES, 0);
	out->source_age = sb_schema_uint(s, sb_schema_key(s, place, "source-age"), 0, MOST_AGE, 0);
	out->cpus = (unsigned)sb_schema_uint(s, sb_schema_key(s, place, "cpus"), 1, MOST_JOBS, 0);
	out->seed = sb_schema_uint(s, sb_schema_key(s, place, "seed"), 0, INT64_MAX, 0);
}

/* What a recipe needs although others must not have it; each is told in the record. */
static void read_allow(struct sb_drop_reading *in, struct sb_place build)
{
	static const char *const words[] = {"ptrace", NULL};
	struct sb_schema *s = &in->schema;
	struct sb_place list = sb_schema_key(s, build, "allow");

	if (!list.node || !sb_schema_list(s, list))
		return;
	for (size_t i = 0; i < list.node->count; i++)
		in->drop.allow_ptrace |= sb_schema_word(s, sb_schema_item(s, list, i), words, 1) == 0;
}

void sb_drop_read_build(struct sb_drop_reading *in)
{
	struct sb_schema *s = &in->schema;
	struct sb_place place = sb_schema_key(s, in->top, "build");
	bool there = place.node && sb_schema_map(s, place, build_keys);

	if (!there)
		place.node = NULL;
	struct sb_place path = sb_schema_key(s, place, "path");
	in->drop.build_path = sb_schema_text(s, path, "");
	if (path.node && !sb_path_is_clean_absolute(in->drop.build_path))
		sb_schema_problem(s, path, "bad-value", "an absolute path without \"..\" is due here");
	read_env(in, place);
	if (there)
		read_steps(in, place);
	read_control(in, place);
	read_allow(in, place);
}
