/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/binnmu.h"
#include "verifier/cli/exits.h"
#include "verifier/cli/inputs.h"
#include "verifier/cli/parsers.h"
#include "verifier/cli/solving.h"
#include "verifier/cli/verbs.h"
#include "verifier/ingest/ingest.h"
#include "verifier/recipe/recipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

/** What `init` looks at. */
struct looking {
	struct sb_invocation *call;
	const char *folder;     /* absolute, of the manifest */
	int dir;
	struct sb_unpack unpack;
	struct sb_recipe_in in;
	struct sb_vec sources;  /* struct sb_recipe_file */
	struct sb_recipe_file root;
	struct sb_fact_set facts; /* of an earlier release */
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* @path as the manifest must name it: relative to its folder, never above it. */
static int relative(struct looking *look, const char *path, const char **out, struct sb_err *err)
{
	char full[PATH_MAX];
	size_t n = strlen(look->folder);

	if (!realpath(path, full))
		return sb_fail_errno(err, "file-unreadable", "cannot open %s", path);
	if (strncmp(full, look->folder, n) != 0 || full[n] != '/')
		return sb_fail(err, SB_USAGE, "init-outside", "%s does not lie in the folder of the manifest, %s", path, look->folder);
	*out = sb_arena_copy(look->call->arena, sb_span_text(full + n + 1));
	return *out ? 0 : no_memory(err);
}

/* Take a file of the drop: into the manifest, and into the spools so that it can be looked at. */
static int take(struct looking *look, const char *path, struct sb_recipe_file *out, struct sb_err *err)
{
	struct sb_blob *blob = sb_vec_push(&look->unpack.spools);
	SB_CLOSING int fd = -1;
	struct sb_digest digest;

	if (!blob)
		return no_memory(err);
	blob->fd = -1;
	int rc = sb_path_open_file(look->dir, path, &fd, err);
	if (!rc)
		rc = sb_blob_take(fd, SB_LIMIT_OF(UNPACKED_TOTAL), blob, err);
	if (rc)
		return rc;
	sb_hash_span(blob->bytes, SB_DIGEST_SHA256, &digest);
	*out = (struct sb_recipe_file){.path = path};
	memcpy(out->sha256, digest.sha256, SB_SHA256_BYTES);
	look->unpack.budget.packed += blob->bytes.n;
	return 0;
}

static int add_source(struct looking *look, const char *path, struct sb_err *err)
{
	struct sb_recipe_file *source = sb_vec_push(&look->sources);
	return source ? take(look, path, source, err) : no_memory(err);
}

static const struct sb_blob *last_blob(const struct looking *look)
{
	return sb_vec_at(&look->unpack.spools, look->unpack.spools.count - 1);
}

static int unpack_last(struct looking *look, const char *path, struct sb_err *err)
{
	const struct sb_placement where = {.into = "."};
	return sb_ingest_archive(&look->unpack, (unsigned)(look->unpack.spools.count - 1), path, &where, err);
}

/* ---- Debian ---- */

static bool ends_in(const char *text, const char *ending)
{
	size_t n = strlen(text), tail = strlen(ending);
	return n >= tail && strcmp(text + n - tail, ending) == 0;
}

static bool entry_named(const struct looking *look, const char *ending, struct sb_span *out)
{
	for (size_t i = 0; i < look->unpack.entries.count; i++) {
		const struct sb_entry *entry = sb_vec_at(&look->unpack.entries, i);
		const struct sb_blob *spool = entry->type == SB_ENTRY_FILE ? sb_vec_at(&look->unpack.spools, entry->spool) : NULL;
		if (spool && ends_in(entry->path, ending))
			return sb_span_cut(spool->bytes, entry->offset, entry->size, out);
	}
	return false;
}

/* Each file that the .dsc names, checked against it; the one that holds debian/ is unpacked for its changelog. */
static int add_dsc_files(struct looking *look, const struct sb_dsc *dsc, struct sb_err *err)
{
	for (size_t i = 0; i < dsc->file_count; i++) {
		const struct sb_dsc_file *file = &dsc->files[i];
		int rc = add_source(look, file->name, err);
		if (rc)
			return rc;
		const struct sb_recipe_file *source = sb_vec_at(&look->sources, look->sources.count - 1);
		if (memcmp(source->sha256, file->sha256, SB_SHA256_BYTES) != 0)
			return sb_fail(err, SB_EVIDENCE, "digest-mismatch", "%s is not the file that the .dsc names", file->name);
		bool holds_debian = strstr(file->name, ".debian.tar") || (strstr(dsc->format, "native") && strstr(file->name, ".tar"));
		if (holds_debian && (rc = unpack_last(look, file->name, err)))
			return rc;
	}
	return 0;
}

/* All packages of a binary rebuild carry the same entry; it dates the build. */
static int find_binnmu(struct looking *look, const char **entry, struct sb_err *err)
{
	*entry = NULL;
	for (size_t i = 0; i < look->in.shipped_count; i++) {
		SB_CLOSING int fd = -1;
		if (!sb_binnmu_named(look->in.shipped[i]))
			continue;
		int rc = sb_path_open_file(look->dir, look->in.shipped[i], &fd, err);
		return rc ? rc : sb_binnmu_entry(fd, look->in.shipped[i], look->unpack.parsers, look->call->arena, entry, &look->in.epoch, err);
	}
	return 0;
}

static int write_debian(struct looking *look, const char *path, struct sb_buf *out, struct sb_err *err)
{
	struct sb_dsc dsc;
	struct sb_span changelog, newest;
	const char *name, *binnmu;

	int rc = relative(look, path, &name, err);
	if (!rc)
		rc = add_source(look, name, err);
	if (!rc)
		rc = sb_dsc_read(last_blob(look)->bytes, look->call->arena, &dsc, err);
	if (!rc)
		rc = add_dsc_files(look, &dsc, err);
	look->in.epoch = INT64_MIN;
	if (!rc && entry_named(look, "debian/changelog", &changelog) && !sb_recipe_changelog_date(changelog, &look->in.epoch, &newest))
		look->in.epoch = INT64_MIN;
	if (!rc)
		rc = find_binnmu(look, &binnmu, err);
	if (rc)
		return rc;
	look->in.name = dsc.source;
	look->in.version = dsc.version;
	look->in.sources = look->sources.items;
	look->in.source_count = look->sources.count;
	return sb_recipe_write_debian(&look->in, &dsc, binnmu, out, err);
}

/* ---- a folder with source archives ---- */

static bool is_shipped(const struct looking *look, const char *name)
{
	for (size_t i = 0; i < look->in.shipped_count; i++)
		if (strcmp(look->in.shipped[i], name) == 0)
			return true;
	return false;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int list_archives(struct looking *look, struct sb_vec *names, struct sb_err *err)
{
	SB_CLOSEDIR DIR *folder = fdopendir(openat(look->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (!folder)
		return sb_fail_errno(err, "file-unreadable", "cannot list the folder");
	int rc;
	for (const char *name; !(rc = sb_path_next(folder, &name, err)) && name;) {
		if (!sb_ingest_promises_archive(name) || is_shipped(look, name) || (look->in.root && strcmp(look->root.path, name) == 0))
			continue;
		const char **slot = sb_vec_push(names);
		if (!slot || !(*slot = sb_arena_copy(look->call->arena, sb_span_text(name))))
			return no_memory(err);
	}
	if (names->count)
		qsort(names->items, names->count, sizeof(char *), by_name);
	return rc;
}

/* What the build may take for the present: no file of the sources is newer. */
static int64_t newest_time(const struct sb_inventory *tree)
{
	int64_t newest = INT64_MIN;
	for (size_t i = 0; i < tree->count; i++)
		if (tree->entries[i].mtime > newest && tree->entries[i].mtime > 0)
			newest = tree->entries[i].mtime;
	return newest;
}

static int write_tree(struct looking *look, struct sb_buf *out, struct sb_err *err)
{
	SB_VEC struct sb_vec names = {.size = sizeof(char *)};
	struct sb_inventory tree;
	unsigned strip = 0;

	int rc = list_archives(look, &names, err);
	for (size_t i = 0; !rc && i < names.count; i++) {
		const char *name = *(const char **)sb_vec_at(&names, i);
		rc = add_source(look, name, err);
		if (!rc && i == 0)
			rc = unpack_last(look, name, err);
	}
	if (!rc)
		rc = sb_inventory_seal(look->unpack.entries.items, look->unpack.entries.count, look->call->arena, &tree, err);
	if (rc)
		return rc;
	const struct sb_recipe_system *system = names.count ? sb_recipe_recognise(&tree, &strip) : NULL;
	if (!system)
		return sb_fail(err, SB_USAGE, "init-unrecognised", "%s", names.count ? "no build system was recognised in the sources"
		                                                                     : "there is no source archive in the folder");
	look->in.name = sb_path_base(look->folder);
	look->in.version = "0";
	look->in.epoch = newest_time(&tree);
	look->in.epoch_guessed = true;
	look->in.sources = look->sources.items;
	look->in.source_count = look->sources.count;
	return sb_recipe_write_tree(&look->in, system, strip, out, err);
}

/* ---- the verb ---- */

static int collect_shipped(struct looking *look, struct sb_err *err)
{
	struct sb_invocation *call = look->call;
	const char **shipped = sb_arena_array(call->arena, call->arg_count + call->word_count, sizeof *shipped);
	int rc = shipped ? 0 : no_memory(err);

	for (size_t i = 0; !rc && sb_arg_nth(call, "shipped", i); i++)
		rc = relative(look, sb_arg_nth(call, "shipped", i), &shipped[look->in.shipped_count++], err);
	for (size_t i = 1; !rc && i < call->word_count; i++)
		rc = relative(look, call->words[i], &shipped[look->in.shipped_count++], err);
	look->in.shipped = shipped;
	return rc;
}

static int take_root(struct looking *look, struct sb_err *err)
{
	const char *path = sb_arg_value(look->call, "toolchain"), *name;
	SB_CLOSING int fd = -1;
	struct sb_digest digest;

	if (!path)
		return 0;
	int rc = relative(look, path, &name, err);
	if (!rc)
		rc = sb_path_open_file(look->dir, name, &fd, err);
	if (!rc)
		rc = sb_hash_fd(fd, SB_DIGEST_SHA256, &digest, err);
	if (rc)
		return rc;
	look->root.path = name;
	memcpy(look->root.sha256, digest.sha256, SB_SHA256_BYTES);
	look->in.root = &look->root;
	return 0;
}

/* A manifest that somebody has worked on is never replaced. */
static int put_manifest(struct looking *look, struct sb_span text, struct sb_err *err)
{
	int rc = sb_io_publish_new(look->dir, "drop.yaml", 0644, text, err);

	if (rc && rc != SB_NOMEM && errno == EEXIST)
		return sb_fail(err, SB_USAGE, "init-exists", "%s/drop.yaml is there already", look->folder);
	return rc;
}

static int look_and_write(struct looking *look, bool is_folder, struct sb_err *err)
{
	SB_BUF struct sb_buf text = {.ceiling = SB_LIMIT_OF(DOCUMENT_BYTES)};
	int rc = collect_shipped(look, err);
	bool given = false;

	if (!rc)
		rc = take_root(look, err);
	if (!rc)
		rc = sb_cli_load_fact_set(look->call, &look->facts, &given, err);
	look->in.facts = given ? &look->facts : NULL;
	if (!rc)
		rc = is_folder ? write_tree(look, &text, err) : write_debian(look, look->call->words[0], &text, err);
	if (!rc)
		rc = put_manifest(look, sb_buf_span(&text), err);
	if (rc)
		return rc;
	if (!look->call->json) {
		sb_buf_add(&look->call->out, text.data, text.len);
		sb_cli_say(look->call, "written: %s/drop.yaml", sb_cli_escape(look->call, look->folder));
		return 0;
	}
	struct sb_node *document = sb_cli_new_document(look->call, "samebuild-init/1");
	bool good = document && sb_node_put(look->call->arena, document, "manifest",
	                                    sb_node_text(look->call->arena, sb_arena_printf(look->call->arena, "%s/drop.yaml", look->folder)));
	return sb_cli_document(look->call, good ? document : NULL, err);
}

static int look_at_drop(struct sb_invocation *call, struct sb_parsers *parsers, struct sb_err *err)
{
	struct looking look = {.call = call, .sources = {.size = sizeof(struct sb_recipe_file)}, .in = {.jobs = 2}};
	struct stat st;
	char full[PATH_MAX];

	if (stat(call->words[0], &st) != 0 || !realpath(call->words[0], full))
		return sb_fail_errno(err, "file-unreadable", "cannot open %s", call->words[0]);
	if (!S_ISDIR(st.st_mode))
		*strrchr(full, '/') = '\0';
	look.folder = full[0] ? full : "/";
	SB_CLOSING int dir = open(look.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return sb_fail_errno(err, "file-unreadable", "cannot open %s", look.folder);
	look.dir = dir;
	look.unpack = (struct sb_unpack){.budget = {.most = SB_LIMIT_OF(UNPACKED_TOTAL)}, .most_entries = SB_LIMIT_OF(ENTRIES), .jobs = call->jobs,
	                                 .parsers = parsers, .arena = call->arena};
	sb_unpack_init(&look.unpack);
	int rc = look_and_write(&look, S_ISDIR(st.st_mode), err);
	sb_unpack_release(&look.unpack);
	sb_vec_release(&look.sources);
	return rc;
}

static int run(struct sb_invocation *call, struct sb_err *err)
{
	return sb_cli_with_parsers(call, look_at_drop, err);
}

static const struct sb_option init_options[] = {
	{"shipped", 0, "FILE", true},
	{"toolchain", 0, "FILE", false},
	{"facts", 0, "FILE", false},
	{0},
};

const struct sb_verb sb_verb_init = {
	.name = "init",
	.summary = "write a starter drop.yaml by looking at a drop",
	.operands = "DROP",
	.options = init_options,
	.least_words = 1,
	.most_words = 1000,
	.run = run,
};
