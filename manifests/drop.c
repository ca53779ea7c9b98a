/* SPDX-License-Identifier: Apache-2.0 */
/* The drop manifest: docs/manifest.md. */
#include "manifests/drop.h"

#include "manifests/schema.h"

#include <stdlib.h>
#include <string.h>

#define SCHEMA "samebuild-drop/1"

/* Defaults that no key overrides: the same on every machine. 1980-01-01 is the first time that a zip archive can hold. */
enum { DEFAULT_WALL = 3600, DEFAULT_PROCESSES = 4096, MOST_JOBS = 1024, MOST_PIDS = 30000, MOST_INODES = 100000, MOST_AGE = 2000000000, MOST_UTS = 64 };
#define DEFAULT_EPOCH INT64_C(315532800)
#define DEFAULT_MEMORY (UINT64_C(4) << 30)
#define DEFAULT_DISK (UINT64_C(8) << 30)

static const char *const top_keys[] = {"*schema", "*name", "*version", "vendor", "*sources", "*toolchain", "*build", "limits", "*outputs", NULL};
static const char *const source_keys[] = {"*path", "*sha256", "into", "strip", "unpack", "kind", "reason", NULL};
static const char *const toolchain_keys[] = {"*root", "sha256", "packages", NULL};
static const char *const build_keys[] = {"*path", "env", "*steps", "control", "allow", NULL};
static const char *const step_keys[] = {"run", "sh", "name", "cwd", "timeout", NULL};
static const char *const control_keys[] = {"epoch", "clock", "hostname", "user", "jobs", "locale", "timezone", "umask",
                                           "home",  "kernel", "cpus",    "seed", "domain", "kernel-version", "aslr", "order",
                                           "pid-offset", "file-times", "inode-offset", "source-age", NULL};
static const char *const limit_keys[] = {"wall", "memory", "disk", "processes", "inodes", "file-size", "open-files", "log",
                                         "output-size", "output-file-size", "output-count", "unpacked", "entries", NULL};
static const char *const output_keys[] = {"*shipped", "*built", NULL};

/** One reading: what is looked at, and what comes of it. */
struct reading {
	struct sb_schema schema;
	struct sb_place top;
	struct sb_drop drop;
};

static bool out_of_memory(struct reading *in, const void *made)
{
	struct sb_err err;
	if (!made) {
		sb_fail(&err, SB_NOMEM, "out-of-memory", "out of memory");
		sb_problems_add(&in->schema.problems, &err);
	}
	return !made;
}

/* A text that a person sees in reports: short, one line. */
static const char *read_label(struct reading *in, struct sb_place place)
{
	const char *text = sb_schema_text(&in->schema, place, NULL);
	if (text && (text[0] == '\0' || strlen(text) > 200 || !sb_escape_is_plain(sb_span_text(text)))) {
		sb_schema_problem(&in->schema, place, "bad-value", "one line of 1 to 200 visible characters is due here");
		return NULL;
	}
	return text;
}

/* A word that becomes a host name, user name, locale …: no blank, no slash unless it is a time zone. */
static const char *read_word(struct reading *in, struct sb_place map, const char *key, const char *absent)
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

static void read_source(struct reading *in, struct sb_place place, struct sb_drop_source *out)
{
	static const char *const kinds[] = {"source", "blob", NULL};
	struct sb_schema *s = &in->schema;

	*out = (struct sb_drop_source){.unpack = true};
	if (!sb_schema_map(s, place, source_keys))
		return;
	out->line = place.node->line;
	out->column = place.node->column;
	out->path = sb_schema_path(s, sb_schema_key(s, place, "path"), "");
	sb_schema_sha256(s, sb_schema_key(s, place, "sha256"), out->sha256);
	out->into = sb_schema_path(s, sb_schema_key(s, place, "into"), ".");
	out->strip = (unsigned)sb_schema_uint(s, sb_schema_key(s, place, "strip"), 0, SB_LIMIT_OF(PATH_DEPTH), 0);
	out->unpack = sb_schema_bool(s, sb_schema_key(s, place, "unpack"), true);
	out->kind = sb_schema_word(s, sb_schema_key(s, place, "kind"), kinds, 0) == 1 ? SB_SOURCE_BLOB : SB_SOURCE_SOURCE;
	out->reason = read_label(in, sb_schema_key(s, place, "reason"));
	if (out->kind == SB_SOURCE_BLOB && !out->reason)
		sb_schema_problem(s, place, "missing-key", "a blob needs a reason");
}

/* The items of list @key under @map; at least one. NULL when there is none. */
static void *read_items(struct reading *in, struct sb_place map, const char *key, size_t size, size_t *count, struct sb_place *list)
{
	*list = sb_schema_key(&in->schema, map, key);
	*count = 0;
	if (!list->node || !sb_schema_list(&in->schema, *list))
		return NULL;
	if (list->node->count == 0 || list->node->count > 10000) {
		sb_schema_problem(&in->schema, *list, "bad-value", "between 1 and 10000 entries are due here");
		return NULL;
	}
	void *items = sb_arena_array(in->schema.arena, list->node->count, size);
	if (!out_of_memory(in, items))
		*count = list->node->count;
	return items;
}

static void read_sources(struct reading *in)
{
	struct sb_place list;
	size_t count;
	struct sb_drop_source *sources = read_items(in, in->top, "sources", sizeof *sources, &count, &list);

	for (size_t i = 0; i < count; i++)
		read_source(in, sb_schema_item(&in->schema, list, i), &sources[i]);
	in->drop.sources = sources;
	in->drop.source_count = count;
}

/* "gcc-12", "libc6:amd64", "make=4.3-4.1": names of Debian packages (Policy 5.6.7), and what else may be said of one. */
static bool is_package(const char *text)
{
	size_t name = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+-.");
	size_t arch = text[name] == ':' ? 1 + strspn(text + name + 1, "abcdefghijklmnopqrstuvwxyz0123456789-") : 0;
	const char *rest = text + name + arch;

	return name > 0 && arch != 1 && (rest[0] == '\0' || (rest[0] == '=' && rest[1] && sb_escape_is_plain(sb_span_text(rest)) && !strchr(rest, ' ')));
}

static void read_packages(struct reading *in, struct sb_place toolchain)
{
	struct sb_schema *s = &in->schema;
	struct sb_place list = sb_schema_key(s, toolchain, "packages");

	if (!list.node || !sb_schema_list(s, list))
		return;
	const char **packages = sb_arena_array(s->arena, list.node->count + 1, sizeof *packages);
	if (out_of_memory(in, packages))
		return;
	for (size_t i = 0; i < list.node->count; i++) {
		struct sb_place item = sb_schema_item(s, list, i);
		packages[i] = sb_schema_text(s, item, "");
		if (!is_package(packages[i]))
			sb_schema_problem(s, item, "bad-value", "the name of a package is due here, with `:arch` and `=version` where they matter");
	}
	in->drop.toolchain.packages = packages;
	in->drop.toolchain.package_count = list.node->count;
}

static void read_toolchain(struct reading *in)
{
	struct sb_schema *s = &in->schema;
	struct sb_place place = sb_schema_key(s, in->top, "toolchain");

	if (!place.node || !sb_schema_map(s, place, toolchain_keys))
		return;
	struct sb_place digest = sb_schema_key(s, place, "sha256");
	in->drop.toolchain.root = sb_schema_path(s, sb_schema_key(s, place, "root"), "");
	in->drop.toolchain.host = strcmp(in->drop.toolchain.root, "host") == 0;
	if (in->drop.toolchain.host && digest.node)
		sb_schema_problem(s, digest, "bad-value", "`root: host` has no digest");
	else if (!in->drop.toolchain.host && !digest.node)
		sb_schema_problem(s, place, "missing-key", "a root archive needs its sha256");
	else
		sb_schema_sha256(s, digest, in->drop.toolchain.sha256);
	read_packages(in, place);
}

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

static void read_env(struct reading *in, struct sb_place build)
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
	if (out_of_memory(in, env))
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

static const char *const *read_argv(struct reading *in, struct sb_place run)
{
	if (!sb_schema_list(&in->schema, run))
		return NULL;
	const char **argv = sb_arena_array(in->schema.arena, run.node->count + 1, sizeof *argv);
	if (out_of_memory(in, argv))
		return NULL;
	if (run.node->count == 0)
		sb_schema_problem(&in->schema, run, "bad-value", "a command is due here");
	for (size_t i = 0; i < run.node->count; i++)
		argv[i] = sb_schema_text(&in->schema, sb_schema_item(&in->schema, run, i), "");
	return argv;
}

static void read_step(struct reading *in, struct sb_place place, struct sb_drop_step *out)
{
	struct sb_schema *s = &in->schema;

	if (!sb_schema_map(s, place, step_keys))
		return;
	struct sb_place run = sb_schema_key(s, place, "run"), sh = sb_schema_key(s, place, "sh");
	out->name = read_label(in, sb_schema_key(s, place, "name"));
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

static void read_steps(struct reading *in, struct sb_place build)
{
	struct sb_place list;
	size_t count;
	struct sb_drop_step *steps = read_items(in, build, "steps", sizeof *steps, &count, &list);

	for (size_t i = 0; i < count; i++)
		read_step(in, sb_schema_item(&in->schema, list, i), &steps[i]);
	in->drop.steps = steps;
	in->drop.step_count = count;
}

static unsigned read_umask(struct reading *in, struct sb_place control)
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
static const char *read_uts(struct reading *in, struct sb_place map, const char *key, const char *absent)
{
	struct sb_place place = sb_schema_key(&in->schema, map, key);
	const char *text = sb_schema_text(&in->schema, place, absent);

	if (text && (text[0] == '\0' || strlen(text) > MOST_UTS || !sb_escape_is_plain(sb_span_text(text)))) {
		sb_schema_problem(&in->schema, place, "bad-value", "1 to 64 visible characters are due here");
		return absent;
	}
	return text;
}

static void read_control(struct reading *in, struct sb_place build)
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
	out->locale = read_word(in, place, "locale", "C.UTF-8");
	out->timezone = read_word(in, place, "timezone", "UTC");
	out->umask = read_umask(in, place);
	out->home = read_word(in, place, "home", "/nonexistent");
	out->kernel = read_word(in, place, "kernel", NULL);
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
static void read_allow(struct reading *in, struct sb_place build)
{
	static const char *const words[] = {"ptrace", NULL};
	struct sb_schema *s = &in->schema;
	struct sb_place list = sb_schema_key(s, build, "allow");

	if (!list.node || !sb_schema_list(s, list))
		return;
	for (size_t i = 0; i < list.node->count; i++)
		in->drop.allow_ptrace |= sb_schema_word(s, sb_schema_item(s, list, i), words, 1) == 0;
}

static void read_build(struct reading *in)
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

/* A size that may be lowered and not raised: samebuild itself has to hold what comes. */
static uint64_t read_most(struct reading *in, struct sb_place place, uint64_t most)
{
	uint64_t value = sb_schema_size(&in->schema, place, 0);

	if (value > most)
		sb_schema_problem(&in->schema, place, "bad-value", "%llu bytes are the most here", (unsigned long long)most);
	return value;
}

static void read_limits(struct reading *in)
{
	struct sb_schema *s = &in->schema;
	struct sb_place place = sb_schema_key(s, in->top, "limits");
	struct sb_drop_limits *out = &in->drop.limits;

	if (place.node && !sb_schema_map(s, place, limit_keys))
		place.node = NULL;
	out->wall = sb_schema_duration(s, sb_schema_key(s, place, "wall"), DEFAULT_WALL);
	out->memory = sb_schema_size(s, sb_schema_key(s, place, "memory"), DEFAULT_MEMORY);
	out->disk = sb_schema_size(s, sb_schema_key(s, place, "disk"), DEFAULT_DISK);
	out->processes = sb_schema_uint(s, sb_schema_key(s, place, "processes"), 1, 1000000, DEFAULT_PROCESSES);
	out->inodes = sb_schema_uint(s, sb_schema_key(s, place, "inodes"), 64, UINT32_MAX, 0);
	out->file_size = sb_schema_size(s, sb_schema_key(s, place, "file-size"), 0);
	out->open_files = sb_schema_uint(s, sb_schema_key(s, place, "open-files"), 16, 1048576, 0);
	out->log = read_most(in, sb_schema_key(s, place, "log"), SB_LIMIT_OF(LOG_BYTES));
	out->output_size = read_most(in, sb_schema_key(s, place, "output-size"), SB_LIMIT_OF(OUTPUT_BYTES));
	out->output_file_size = read_most(in, sb_schema_key(s, place, "output-file-size"), SB_LIMIT_OF(OUTPUT_BYTES));
	out->output_count = sb_schema_uint(s, sb_schema_key(s, place, "output-count"), 1, SB_LIMIT_OF(ENTRIES), 0);
	out->unpacked = sb_schema_size(s, sb_schema_key(s, place, "unpacked"), SB_LIMIT_OF(UNPACKED_TOTAL));
	out->entries = sb_schema_uint(s, sb_schema_key(s, place, "entries"), 1, SB_LIMIT_OF(ENTRIES), SB_LIMIT_OF(ENTRIES));
}

static void check_twins(struct reading *in, struct sb_place list, const struct sb_drop_output *outputs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(outputs[i].shipped, outputs[k].shipped) == 0) {
				sb_schema_problem(&in->schema, sb_schema_item(&in->schema, list, i), "drop-double-match",
				                  "%s has a rule already", outputs[i].shipped);
				return;
			}
}

static void read_outputs(struct reading *in)
{
	struct sb_schema *s = &in->schema;
	struct sb_place list;
	size_t count;
	struct sb_drop_output *outputs = read_items(in, in->top, "outputs", sizeof *outputs, &count, &list);

	for (size_t i = 0; i < count; i++) {
		struct sb_place place = sb_schema_item(s, list, i);
		outputs[i] = (struct sb_drop_output){.shipped = "", .built = ""};
		if (!sb_schema_map(s, place, output_keys))
			continue;
		outputs[i].shipped = sb_schema_path(s, sb_schema_key(s, place, "shipped"), "");
		outputs[i].built = sb_schema_path(s, sb_schema_key(s, place, "built"), "");
		outputs[i].line = place.node->line;
		outputs[i].column = place.node->column;
	}
	check_twins(in, list, outputs, count);
	in->drop.outputs = outputs;
	in->drop.output_count = count;
}

static void digest_node(const struct sb_node *node, uint8_t out[SB_SHA256_BYTES], struct sb_buf *text)
{
	struct sb_digest digest;
	text->len = 0;
	if (node)
		sb_node_write_json(node, text);
	sb_hash_span(sb_buf_span(text), SB_DIGEST_SHA256, &digest);
	memcpy(out, digest.sha256, SB_SHA256_BYTES);
}

static int finish(struct reading *in, struct sb_err *err)
{
	SB_BUF struct sb_buf text = {0};

	digest_node(in->top.node, in->drop.canonical_sha256, &text);
	digest_node(sb_node_get(in->top.node, "build"), in->drop.recipe_sha256, &text);
	return sb_buf_ok(&text, err);
}

static bool check_schema(struct reading *in)
{
	struct sb_place place = sb_schema_key(&in->schema, in->top, "schema");
	const char *text = sb_schema_text(&in->schema, place, NULL);

	if (text && strcmp(text, SCHEMA) == 0)
		return true;
	if (text)
		sb_schema_problem(&in->schema, place, "drop-schema", "%s is not read by this version, which knows " SCHEMA, text);
	return !text; /* absent: reported as a missing key */
}

static void read_all(struct reading *in)
{
	if (!check_schema(in) || !sb_schema_map(&in->schema, in->top, top_keys))
		return;
	in->drop.name = read_label(in, sb_schema_key(&in->schema, in->top, "name"));
	in->drop.version = read_label(in, sb_schema_key(&in->schema, in->top, "version"));
	in->drop.vendor = read_label(in, sb_schema_key(&in->schema, in->top, "vendor"));
	read_sources(in);
	read_toolchain(in);
	read_build(in);
	read_limits(in);
	read_outputs(in);
}

static bool ends_in(const char *name, const char *ending)
{
	size_t n = strlen(name), tail = strlen(ending);
	return n >= tail && strcmp(name + n - tail, ending) == 0;
}

static int read_tree(struct sb_span text, const char *name, struct sb_arena *arena, struct sb_node **out, struct sb_err *err)
{
	return ends_in(name, ".json") ? sb_node_read_json(text, SB_LIMIT_OF(DOCUMENT_BYTES), name, arena, out, err)
	                              : sb_node_read_yaml(text, name, arena, out, err);
}

int sb_drop_read(struct sb_span text, const char *name, struct sb_arena *arena, struct sb_drop *out, struct sb_problems *problems,
                 struct sb_err *err)
{
	SB_FREEING struct reading *in = calloc(1, sizeof *in);
	struct sb_err failed = {0};

	if (!in)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	in->schema = (struct sb_schema){.document = name, .arena = arena};
	in->top.way = "";
	int rc = read_tree(text, name, arena, &in->top.node, &failed);
	if (rc) {
		if (problems)
			sb_problems_add(problems, &failed);
		if (err)
			*err = failed;
		return rc;
	}
	read_all(in);
	rc = sb_schema_end(&in->schema, problems, err);
	if (!rc)
		rc = finish(in, err);
	if (!rc)
		*out = in->drop;
	return rc;
}
