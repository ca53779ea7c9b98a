/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/toolchain/lock.h"

#include <stdlib.h>
#include <string.h>

/** A package of apt's index. */
struct known {
	const char *name, *version, *arch, *sha256;
};

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static bool field(struct sb_span line, const char *name, struct sb_arena *arena, const char **out)
{
	size_t n = strlen(name);
	if (!sb_span_starts(line, name, n))
		return true;
	*out = sb_arena_copy(arena, sb_span_of(line.p + n, line.n - n));
	return *out != NULL;
}

/* Only four fields of each paragraph are wanted: the index has tens of megabytes. */
static int read_index(struct sb_span index, struct sb_arena *arena, struct sb_vec *out, struct sb_err *err)
{
	struct known now = {0};

	while (index.n) {
		struct sb_span line = sb_span_take_line(&index);
		if (!field(line, "Package: ", arena, &now.name) || !field(line, "Version: ", arena, &now.version) ||
		    !field(line, "Architecture: ", arena, &now.arch) || !field(line, "SHA256: ", arena, &now.sha256))
			return no_memory(err);
		if (line.n && index.n)
			continue;
		if (now.name && now.version && now.arch && now.sha256) {
			struct known *slot = sb_vec_push(out);
			if (!slot)
				return no_memory(err);
			*slot = now;
		}
		now = (struct known){0};
	}
	return 0;
}

static int by_identity(const void *a, const void *b)
{
	const struct known *x = a, *y = b;
	int order = strcmp(x->name, y->name);
	if (!order)
		order = strcmp(x->version, y->version);
	return order ? order : strcmp(x->arch, y->arch);
}

/* "name version arch", as dpkg-query was asked for. */
static bool read_installed(struct sb_span line, struct sb_arena *arena, struct known *out)
{
	const char *word[3];
	for (unsigned i = 0; i < 3; i++) {
		const uint8_t *end = line.n ? memchr(line.p, ' ', line.n) : NULL;
		size_t n = end ? (size_t)(end - line.p) : line.n;
		if (n == 0 || !(word[i] = sb_arena_copy(arena, sb_span_of(line.p, n))))
			return false;
		line = sb_span_of(line.p + n + (end != NULL), line.n - n - (end != NULL));
	}
	*out = (struct known){word[0], word[1], word[2], NULL};
	return true;
}

static struct sb_node *package_node(struct sb_arena *arena, const struct known *package)
{
	struct sb_node *map = sb_node_map(arena);
	bool good = sb_node_put(arena, map, "name", sb_node_text(arena, package->name)) &&
	            sb_node_put(arena, map, "version", sb_node_text(arena, package->version)) &&
	            sb_node_put(arena, map, "arch", sb_node_text(arena, package->arch)) &&
	            sb_node_put(arena, map, "sha256", sb_node_text(arena, package->sha256));
	return good ? map : NULL;
}

static int list_packages(struct sb_span installed, const struct sb_vec *index, struct sb_arena *arena, struct sb_node *list, struct sb_err *err)
{
	while (installed.n) {
		struct sb_span line = sb_span_take_line(&installed);
		struct known package;
		if (line.n == 0)
			continue;
		if (!read_installed(line, arena, &package))
			return sb_fail(err, SB_FAILED, "toolchain-lock", "the list of installed packages cannot be read");
		const struct known *found = index->count ? bsearch(&package, index->items, index->count, index->size, by_identity) : NULL;
		if (!found)
			return sb_fail(err, SB_FAILED, "toolchain-lock", "no index has %s %s %s", package.name, package.version, package.arch);
		if (!sb_node_push(arena, list, package_node(arena, found)))
			return no_memory(err);
	}
	return 0;
}

/* "digest  path" lines of sha256sum; only the file's name matters. */
static int list_releases(struct sb_span releases, struct sb_arena *arena, struct sb_node *list, struct sb_err *err)
{
	while (releases.n) {
		struct sb_span line = sb_span_take_line(&releases);
		struct sb_node *map = sb_node_map(arena);
		char *text = sb_arena_copy(arena, line);
		if (line.n < 66)
			continue;
		if (!text || !sb_node_put(arena, map, "name", sb_node_text(arena, sb_path_base(text + 66))))
			return no_memory(err);
		text[64] = '\0';
		if (!sb_node_put(arena, map, "sha256", sb_node_text(arena, text)) || !sb_node_push(arena, list, map))
			return no_memory(err);
	}
	return 0;
}

static int add_lists(const struct sb_lock_in *in, const struct sb_vec *known, struct sb_arena *arena, struct sb_node *top, struct sb_err *err)
{
	struct sb_node *packages = sb_node_list(arena), *indices = sb_node_list(arena);
	int rc = packages && indices ? list_packages(in->installed, known, arena, packages, err) : no_memory(err);

	if (!rc)
		rc = list_releases(in->releases, arena, indices, err);
	if (!rc && packages->count == 0)
		rc = sb_fail(err, SB_FAILED, "toolchain-lock", "the root has no packages");
	if (!rc && (!sb_node_put(arena, top, "packages", packages) || !sb_node_put(arena, top, "indices", indices)))
		rc = no_memory(err);
	return rc;
}

static bool add_facts(const struct sb_lock_in *in, struct sb_arena *arena, struct sb_node *top)
{
	struct sb_span rest = in->tool;
	char *tool = sb_arena_copy(arena, sb_span_take_line(&rest));

	return tool && sb_node_put(arena, top, "schema", sb_node_text(arena, "samebuild-toolchain-lock/1")) &&
	       sb_node_put(arena, top, "suite", sb_node_text(arena, in->suite)) && sb_node_put(arena, top, "epoch", sb_node_int(arena, in->epoch)) &&
	       sb_node_put(arena, top, "tool", sb_node_text(arena, tool)) &&
	       sb_node_put(arena, top, "root", sb_node_hex(arena, in->root->sha256, SB_SHA256_BYTES));
}

int sb_toolchain_lock(const struct sb_lock_in *in, struct sb_buf *out, size_t *packages, struct sb_err *err)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(0);
	SB_VEC struct sb_vec known = {.size = sizeof(struct known)};
	struct sb_node *top = arena ? sb_node_map(arena) : NULL;

	int rc = top && add_facts(in, arena, top) ? read_index(in->index, arena, &known, err) : no_memory(err);
	if (!rc && known.count)
		qsort(known.items, known.count, known.size, by_identity);
	if (!rc)
		rc = add_lists(in, &known, arena, top, err);
	if (rc)
		return rc;
	*packages = sb_node_get(top, "packages")->count;
	sb_node_write_json(top, out);
	sb_buf_text(out, "\n");
	return sb_buf_ok(out, err);
}
