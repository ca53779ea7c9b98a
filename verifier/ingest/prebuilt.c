/* SPDX-License-Identifier: Apache-2.0 */
/* Binaries that came with the sources: nothing that they become was built from what was evaluated. */
#include "verifier/ingest/unpack.h"

#include <string.h>

/** First bytes of compiled things. Sources: gABI; ar(5); JVMS 4.1; WebAssembly core 5.5; PE/COFF 3.3; Mach-O loader.h; DTSpec 5.2. */
static const struct signature {
	const char *name;
	size_t length;
	unsigned char bytes[8];
} signatures[] = {
	{"ELF", 4, {0x7f, 'E', 'L', 'F'}},
	{"ar archive", 8, {'!', '<', 'a', 'r', 'c', 'h', '>', '\n'}},
	{"Java class", 4, {0xca, 0xfe, 0xba, 0xbe}},
	{"WebAssembly", 4, {0, 'a', 's', 'm'}},
	{"Mach-O", 4, {0xcf, 0xfa, 0xed, 0xfe}},
	{"Mach-O", 4, {0xce, 0xfa, 0xed, 0xfe}},
	{"device tree", 4, {0xd0, 0x0d, 0xfe, 0xed}},
	{"U-Boot image", 4, {0x27, 0x05, 0x19, 0x56}},
	{"squashfs", 4, {'h', 's', 'q', 's'}},
};

/* PE: "MZ", and the offset at 0x3c leads to "PE\0\0" (PE/COFF 3.1, 3.2): two letters alone would name text files. */
static bool is_pe(struct sb_span bytes)
{
	struct sb_rd rd = sb_rd_of(bytes, false);
	struct sb_span at;

	if (!sb_span_starts(bytes, "MZ", 2))
		return false;
	sb_rd_seek(&rd, 0x3c);
	uint64_t offset = sb_rd_uint(&rd, 4);
	return !rd.bad && sb_span_cut(bytes, offset, 4, &at) && memcmp(at.p, "PE\0\0", 4) == 0;
}

static const char *recognise(struct sb_span bytes)
{
	for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
		if (sb_span_starts(bytes, signatures[i].bytes, signatures[i].length))
			return signatures[i].name;
	return is_pe(bytes) ? "PE" : NULL;
}

static struct sb_span content(const struct sb_sources *sources, const struct sb_entry *entry)
{
	const struct sb_blob *spool = sb_vec_at(&sources->spools, entry->spool);
	struct sb_span bytes = {0};
	return sb_span_cut(spool->bytes, entry->offset, entry->size, &bytes) ? bytes : (struct sb_span){0};
}

int sb_ingest_prebuilt(const struct sb_ingest_in *in, struct sb_sources *out, struct sb_err *err)
{
	SB_VEC struct sb_vec found = {.size = sizeof(struct sb_prebuilt)};

	for (size_t i = 0; i < out->inventory.count; i++) {
		const struct sb_entry *entry = &out->inventory.entries[i];
		if (entry->type != SB_ENTRY_FILE)
			continue;
		const struct sb_drop_source *source = &in->drop->sources[entry->origin];
		const char *format = recognise(content(out, entry));
		if (!format && source->kind != SB_SOURCE_BLOB)
			continue;
		struct sb_prebuilt *slot = sb_vec_push(&found);
		if (!slot)
			return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
		*slot = (struct sb_prebuilt){
			.path = entry->path, .format = format ? format : "data", .reason = source->reason, .size = entry->size};
		memcpy(slot->blake2b, entry->blake2b, sizeof slot->blake2b);
	}
	out->prebuilt = sb_arena_array(out->arena, found.count, sizeof *out->prebuilt);
	if (!out->prebuilt)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (found.count)
		memcpy(out->prebuilt, found.items, found.count * sizeof *out->prebuilt);
	out->prebuilt_count = found.count;
	return 0;
}
