/* SPDX-License-Identifier: Apache-2.0 */
/* Binaries that came with the sources: nothing that they become was built from what was evaluated. */
#include "verifier/ingest/unpack.h"

#include <stdlib.h>
#include <string.h>

/** First bytes of compiled things. Sources: gABI; ar(5); JVMS 4.1; WebAssembly core 5.5; DTSpec 5.2. */
static const struct signature {
	const char *name;
	size_t length;
	unsigned char bytes[8];
} signatures[] = {
	{"ELF", 4, {0x7f, 'E', 'L', 'F'}},
	{"ar archive", 8, {'!', '<', 'a', 'r', 'c', 'h', '>', '\n'}},
	{"Java class", 4, {0xca, 0xfe, 0xba, 0xbe}},
	{"WebAssembly", 4, {0, 'a', 's', 'm'}},
	{"device tree", 4, {0xd0, 0x0d, 0xfe, 0xed}},
	{"U-Boot image", 4, {0x27, 0x05, 0x19, 0x56}},
	{"squashfs", 4, {'h', 's', 'q', 's'}},
};

/** Compiled things that the table of formats knows by more than their first bytes, and what they are called here. */
static const struct kind {
	const char *format, *name;
} kinds[] = {
	{"pe", "PE"},
	{"wasm", "WebAssembly"},
	{"macho", "Mach-O"},
	{"universal", "Mach-O"},
	{"class", "Java class"},
	{"pyc", "Python bytecode"},
	{"bitcode", "LLVM bitcode"},
};

static const char *recognise(struct sb_span bytes)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const struct sb_format *format = sb_formats_named(kinds[i].format);
		if (format && format->probe(bytes, "") > 0)
			return kinds[i].name;
	}
	for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
		if (sb_span_starts(bytes, signatures[i].bytes, signatures[i].length))
			return signatures[i].name;
	return NULL;
}

static bool ends_in(const char *path, const char *ending)
{
	size_t n = strlen(path), tail = strlen(ending);
	return n >= tail && strcmp(path + n - tail, ending) == 0;
}

/* A .jar is one thing to a build: it is told, and not each class in it. */
static bool is_java_archive(const struct sb_sources *sources, const char *path)
{
	size_t n = strlen(path);

	if (!ends_in(path, ".jar"))
		return false;
	for (size_t i = 0; i < sources->packed.count; i++) {
		const struct sb_entry *entry = &sources->packed.entries[i];
		if (strncmp(entry->path, path, n) == 0 && strncmp(entry->path + n, SB_PACKED "/", 2) == 0 && recognise(sb_ingest_content(&sources->packed_spools, entry)))
			return true;
	}
	return false;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Nobody knows what is in it. */
static bool is_unread(const struct sb_sources *sources, const char *path)
{
	return sources->unread_count && bsearch(&path, sources->unread, sources->unread_count, sizeof *sources->unread, by_text);
}

static const char *format_of(const struct sb_sources *sources, const struct sb_entry *entry, struct sb_span bytes)
{
	const char *format = recognise(bytes);

	if (!format && is_unread(sources, entry->path))
		return SB_PREBUILT_UNREAD;
	if (strstr(entry->path, ".jar" SB_PACKED "/"))
		return NULL;
	return !format && is_java_archive(sources, entry->path) ? "Java archive" : format;
}

static int add(const struct sb_entry *entry, const char *format, const char *reason, struct sb_span bytes, struct sb_vec *found, struct sb_err *err)
{
	struct sb_prebuilt *slot = sb_vec_push(found);

	if (!slot)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*slot = (struct sb_prebuilt){.path = entry->path, .format = format, .reason = reason, .bytes = bytes};
	return 0;
}

/* A declared blob is one whatever it looks like; of what is packed in it only what is compiled is told beside it. */
static int list_tree(const struct sb_ingest_in *in, const struct sb_sources *sources, struct sb_vec *found, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < sources->inventory.count; i++) {
		const struct sb_entry *entry = &sources->inventory.entries[i];
		const struct sb_drop_source *source = &in->drop->sources[entry->origin];
		struct sb_span bytes = sb_ingest_content(&sources->spools, entry);
		const char *format = format_of(sources, entry, bytes);
		if (entry->type == SB_ENTRY_FILE && (format || source->kind == SB_SOURCE_BLOB))
			rc = add(entry, format ? format : "data", source->reason, bytes, found, err);
	}
	return rc;
}

static int list_packed(const struct sb_ingest_in *in, const struct sb_sources *sources, struct sb_vec *found, struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < sources->packed.count; i++) {
		const struct sb_entry *entry = &sources->packed.entries[i];
		struct sb_span bytes = sb_ingest_content(&sources->packed_spools, entry);
		const char *format = format_of(sources, entry, bytes);
		if (format)
			rc = add(entry, format, in->drop->sources[entry->origin].reason, bytes, found, err);
	}
	return rc;
}

static int by_path(const void *a, const void *b)
{
	const struct sb_prebuilt *x = a, *y = b;
	return strcmp(x->path, y->path);
}

int sb_ingest_prebuilt(const struct sb_ingest_in *in, struct sb_sources *out, struct sb_err *err)
{
	SB_VEC struct sb_vec found = {.size = sizeof(struct sb_prebuilt)};
	int rc = list_tree(in, out, &found, err);

	if (!rc)
		rc = list_packed(in, out, &found, err);
	if (rc)
		return rc;
	out->prebuilt = sb_arena_array(out->arena, found.count, sizeof *out->prebuilt);
	if (!out->prebuilt)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (found.count) {
		memcpy(out->prebuilt, found.items, found.count * sizeof *out->prebuilt);
		qsort(out->prebuilt, found.count, sizeof *out->prebuilt, by_path);
	}
	out->prebuilt_count = found.count;
	return 0;
}
