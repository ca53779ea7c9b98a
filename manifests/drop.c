/* SPDX-License-Identifier: Apache-2.0 */
/* The drop manifest: docs/manifest.md. */
#include "manifests/drop_reading.h"

#include <stdlib.h>
#include <string.h>

#define SCHEMA "samebuild-drop/1"

/* Defaults that no key overrides: the same on every machine. */
enum { DEFAULT_WALL = 3600, DEFAULT_PROCESSES = 4096 };
#define DEFAULT_MEMORY (UINT64_C(4) << 30)
#define DEFAULT_DISK (UINT64_C(8) << 30)

static const char *const top_keys[] = {"*schema", "*name", "*version", "vendor", "*sources", "*toolchain", "*build", "limits", "*outputs", NULL};
static const char *const source_keys[] = {"*path", "*sha256", "into", "strip", "unpack", "kind", "reason", NULL};
static const char *const toolchain_keys[] = {"*root", "sha256", "packages", NULL};
static const char *const limit_keys[] = {"wall", "memory", "disk", "processes", "inodes", "file-size", "open-files", "log",
                                         "output-size", "output-file-size", "output-count", "unpacked", "entries", NULL};
static const char *const output_keys[] = {"*shipped", "*built", NULL};

static void read_source(struct sb_drop_reading *in, struct sb_place place, struct sb_drop_source *out)
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
	out->reason = sb_drop_label(in, sb_schema_key(s, place, "reason"));
	if (out->kind == SB_SOURCE_BLOB && !out->reason)
		sb_schema_problem(s, place, "missing-key", "a blob needs a reason");
}

static void read_sources(struct sb_drop_reading *in)
{
	struct sb_place list;
	size_t count;
	struct sb_drop_source *sources = sb_drop_items(in, in->top, "sources", sizeof *sources, &count, &list);

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

static void read_packages(struct sb_drop_reading *in, struct sb_place toolchain)
{
	struct sb_schema *s = &in->schema;
	struct sb_place list = sb_schema_key(s, toolchain, "packages");

	if (!list.node || !sb_schema_list(s, list))
		return;
	const char **packages = sb_arena_array(s->arena, list.node->count + 1, sizeof *packages);
	if (sb_drop_out_of_memory(in, packages))
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

static void read_toolchain(struct sb_drop_reading *in)
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

/* A size that may be lowered and not raised: samebuild itself has to hold what comes. */
static uint64_t read_most(struct sb_drop_reading *in, struct sb_place place, uint64_t most)
{
	uint64_t value = sb_schema_size(&in->schema, place, 0);

	if (value > most)
		sb_schema_problem(&in->schema, place, "bad-value", "%llu bytes are the most here", (unsigned long long)most);
	return value;
}

static void read_limits(struct sb_drop_reading *in)
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

static void check_twins(struct sb_drop_reading *in, struct sb_place list, const struct sb_drop_output *outputs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(outputs[i].shipped, outputs[k].shipped) == 0) {
				sb_schema_problem(&in->schema, sb_schema_item(&in->schema, list, i), "drop-double-match",
				                  "%s has a rule already", outputs[i].shipped);
				return;
			}
}

static void read_outputs(struct sb_drop_reading *in)
{
	struct sb_schema *s = &in->schema;
	struct sb_place list;
	size_t count;
	struct sb_drop_output *outputs = sb_drop_items(in, in->top, "outputs", sizeof *outputs, &count, &list);

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

static int finish(struct sb_drop_reading *in, struct sb_err *err)
{
	SB_BUF struct sb_buf text = {0};

	digest_node(in->top.node, in->drop.canonical_sha256, &text);
	digest_node(sb_node_get(in->top.node, "build"), in->drop.recipe_sha256, &text);
	return sb_buf_ok(&text, err);
}

static bool check_schema(struct sb_drop_reading *in)
{
	struct sb_place place = sb_schema_key(&in->schema, in->top, "schema");
	const char *text = sb_schema_text(&in->schema, place, NULL);

	if (text && strcmp(text, SCHEMA) == 0)
		return true;
	if (text)
		sb_schema_problem(&in->schema, place, "drop-schema", "%s is not read by this version, which knows " SCHEMA, text);
	return !text; /* absent: reported as a missing key */
}

static void read_all(struct sb_drop_reading *in)
{
	if (!check_schema(in) || !sb_schema_map(&in->schema, in->top, top_keys))
		return;
	in->drop.name = sb_drop_label(in, sb_schema_key(&in->schema, in->top, "name"));
	in->drop.version = sb_drop_label(in, sb_schema_key(&in->schema, in->top, "version"));
	in->drop.vendor = sb_drop_label(in, sb_schema_key(&in->schema, in->top, "vendor"));
	read_sources(in);
	read_toolchain(in);
	sb_drop_read_build(in);
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
	SB_FREEING struct sb_drop_reading *in = calloc(1, sizeof *in);
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
