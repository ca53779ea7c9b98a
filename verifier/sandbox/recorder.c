/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/recorder.h"

#include <string.h>
#include <sys/mman.h>

enum {
	FILES = 1 << 20, PROCESSES = 1 << 18, EDGES = 1 << 23, ATTEMPTS = 1 << 20, DOUBTS = 1 << 12, NAMES = 1 << 20, TEXTS = 1 << 28,
	FILE_SLOTS = FILES, EDGE_SLOTS = 2 * EDGES, ATTEMPT_SLOTS = 2 * ATTEMPTS,
};

/* Untouched pages cost nothing. An index holds 1 + the place of what it leads to. */
struct sb_recorder {
	uint32_t file_count, process_count, edge_count, attempt_count, doubt_count, name_count;
	uint64_t text_length, limits;
	bool witnessed;
	uint32_t file_index[FILE_SLOTS], edge_index[EDGE_SLOTS], attempt_index[ATTEMPT_SLOTS];
	struct sb_recorded_file files[FILES];
	struct sb_recorded_process processes[PROCESSES];
	struct sb_trace_edge edges[EDGES];
	struct sb_recorded_attempt attempts[ATTEMPTS];
	struct sb_recorded_doubt doubts[DOUBTS];
	struct sb_recorded_name names[NAMES];
	char texts[TEXTS];
};

int sb_recorder_new(struct sb_recorder **out, struct sb_err *err)
{
	void *memory = mmap(NULL, sizeof(struct sb_recorder), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*out = memory;
	(*out)->text_length = 1; /* offset 0 is the empty text */
	return 0;
}

void sb_recorder_free(struct sb_recorder **recorder)
{
	if (*recorder)
		munmap(*recorder, sizeof(**recorder));
	*recorder = NULL;
}

static void full(struct sb_recorder *recorder, enum sb_limit_row row)
{
	recorder->limits |= UINT64_C(1) << row;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t x = (a * UINT64_C(0x9e3779b97f4a7c15)) ^ (b + UINT64_C(0xbf58476d1ce4e5b9));

	x = (x ^ (x >> 29)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 32);
}

/* ---- texts ---- */

uint64_t sb_recorder_name(struct sb_recorder *recorder, struct sb_span text)
{
	uint64_t at = recorder->text_length;

	if (text.n == 0)
		return 0;
	if (text.n >= SB_LIMIT_OF(TRACE_NAMES) - at) {
		full(recorder, SB_LIMIT_ROW_TRACE_NAMES);
		return 0;
	}
	memcpy(recorder->texts + at, text.p, text.n);
	recorder->text_length += text.n + 1;
	return at;
}

const char *sb_recorder_text(const struct sb_recorder *recorder, uint64_t offset)
{
	return recorder->texts + offset;
}

static uint64_t keep(struct sb_recorder *recorder, const char *text)
{
	return text ? sb_recorder_name(recorder, sb_span_text(text)) : 0;
}

/* ---- files ---- */

static bool same_key(struct sb_file_key a, struct sb_file_key b)
{
	return a.device == b.device && a.inode == b.inode;
}

static uint32_t *place_of(const struct sb_recorder *recorder, struct sb_file_key key)
{
	union {
		const uint32_t *read;
		uint32_t *write;
	} place = {.read = &recorder->file_index[mix(key.device, key.inode) % FILE_SLOTS]};

	return place.write;
}

uint32_t sb_recorder_find(const struct sb_recorder *recorder, struct sb_file_key key)
{
	uint32_t at = *place_of(recorder, key);

	while (at && !same_key(recorder->files[at - 1].key, key))
		at = recorder->files[at - 1].chain == SB_TRACE_NONE ? 0 : recorder->files[at - 1].chain + 1;
	return at ? at - 1 : SB_TRACE_NONE;
}

/** In front of all others with its place in the index, so that the newest version is found first. */
static uint32_t add_file(struct sb_recorder *recorder, const struct sb_recorded_file *file)
{
	uint32_t *place = place_of(recorder, file->key), at = recorder->file_count;

	if (at >= SB_LIMIT_OF(TRACE_FILES)) {
		full(recorder, SB_LIMIT_ROW_TRACE_FILES);
		return SB_TRACE_NONE;
	}
	recorder->files[at] = *file;
	recorder->files[at].chain = *place ? *place - 1 : SB_TRACE_NONE;
	*place = at + 1;
	recorder->file_count++;
	return at;
}

uint32_t sb_recorder_meet(struct sb_recorder *recorder, struct sb_file_key key, enum sb_trace_origin origin, const char *path)
{
	uint32_t found = sb_recorder_find(recorder, key);

	if (found != SB_TRACE_NONE)
		return found;
	const struct sb_recorded_file file = {.key = key, .older = SB_TRACE_NONE, .origin = origin, .path = keep(recorder, path)};
	return add_file(recorder, &file);
}

void sb_recorder_source(struct sb_recorder *recorder, struct sb_file_key key, uint32_t source, struct timespec stamped)
{
	const struct sb_recorded_file file = {
		.key = key, .older = SB_TRACE_NONE, .origin = SB_TRACE_SOURCE, .source = source, .stamped = stamped};

	if (sb_recorder_find(recorder, key) == SB_TRACE_NONE)
		(void)add_file(recorder, &file);
}

bool sb_recorder_is_settled(const struct sb_recorder *recorder, struct sb_file_key key)
{
	uint32_t at = sb_recorder_find(recorder, key);

	return at != SB_TRACE_NONE && (recorder->files[at].read || recorder->files[at].origin == SB_TRACE_SOURCE);
}

/** Whoever has read the old version may have it open still, and so read the new one. */
static void pass_readers_on(struct sb_recorder *recorder, uint32_t old, uint32_t new)
{
	for (uint32_t i = 0, count = recorder->edge_count; i < count; i++)
		if (recorder->edges[i].file == old && recorder->edges[i].uses & (SB_TRACE_READ | SB_TRACE_EXEC))
			sb_recorder_use(recorder, recorder->edges[i].process, new, SB_TRACE_READ);
}

static uint32_t next_version(struct sb_recorder *recorder, const struct sb_writing *writing, uint32_t old)
{
	const struct sb_recorded_file file = {
		.key = writing->key, .older = old, .origin = SB_TRACE_BUILT, .path = keep(recorder, writing->path)};
	uint32_t new = add_file(recorder, &file);

	if (!writing->alone)
		pass_readers_on(recorder, old, new);
	if (!writing->alone || !writing->truncates)
		sb_recorder_use(recorder, writing->process, old, SB_TRACE_READ);
	return new;
}

uint32_t sb_recorder_write(struct sb_recorder *recorder, const struct sb_writing *writing)
{
	uint32_t at = sb_recorder_meet(recorder, writing->key, SB_TRACE_BUILT, writing->path);
	bool source = at != SB_TRACE_NONE && recorder->files[at].origin == SB_TRACE_SOURCE;

	/* a version that others may be reading while it is written cannot be told from the next one; a source is never written to */
	if (source || (writing->alone && sb_recorder_is_settled(recorder, writing->key)))
		at = next_version(recorder, writing, at);
	if (writing->exclusive && at != SB_TRACE_NONE)
		recorder->files[at].temporary = true;
	sb_recorder_use(recorder, writing->process, at, SB_TRACE_WRITE);
	return at;
}

/* ---- edges ---- */

static uint32_t *edge_place(const struct sb_recorder *recorder, uint32_t process, uint32_t file)
{
	union {
		const uint32_t *read;
		uint32_t *write;
	} place;
	uint64_t at = mix(process, file) % EDGE_SLOTS;

	for (;; at = (at + 1) % EDGE_SLOTS) {
		uint32_t edge = recorder->edge_index[at];

		if (!edge || (recorder->edges[edge - 1].process == process && recorder->edges[edge - 1].file == file))
			break;
	}
	place.read = &recorder->edge_index[at];
	return place.write;
}

void sb_recorder_use(struct sb_recorder *recorder, uint32_t process, uint32_t file, unsigned uses)
{
	if (process == SB_TRACE_NONE || file == SB_TRACE_NONE)
		return;
	if (uses & (SB_TRACE_READ | SB_TRACE_EXEC))
		recorder->files[file].read = true;
	uint32_t *place = edge_place(recorder, process, file);
	if (*place) {
		recorder->edges[*place - 1].uses |= uses;
		return;
	}
	if (recorder->edge_count >= SB_LIMIT_OF(TRACE_EDGES)) {
		full(recorder, SB_LIMIT_ROW_TRACE_EDGES);
		return;
	}
	recorder->edges[recorder->edge_count] = (struct sb_trace_edge){.process = process, .file = file, .uses = uses};
	*place = ++recorder->edge_count;
}

unsigned sb_recorder_uses(const struct sb_recorder *recorder, uint32_t process, uint32_t file)
{
	uint32_t at = process == SB_TRACE_NONE || file == SB_TRACE_NONE ? 0 : *edge_place(recorder, process, file);

	return at ? recorder->edges[at - 1].uses : 0;
}

/* ---- the rest ---- */

uint32_t sb_recorder_process(struct sb_recorder *recorder, const struct sb_recorded_process *process)
{
	uint32_t at = recorder->process_count;

	if (at >= SB_LIMIT_OF(TRACE_PROCESSES)) {
		full(recorder, SB_LIMIT_ROW_TRACE_PROCESSES);
		return SB_TRACE_NONE;
	}
	recorder->processes[at] = *process;
	recorder->process_count++;
	return at;
}

static uint64_t hash_text(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	while (*text)
		h = (h ^ (uint8_t)*text++) * UINT64_C(0x100000001b3);
	return h;
}

void sb_recorder_attempt(struct sb_recorder *recorder, uint32_t process, enum sb_trace_attempt_kind kind, const char *text)
{
	uint64_t at = mix(hash_text(text), process * UINT64_C(16) + kind) % ATTEMPT_SLOTS;

	for (; recorder->attempt_index[at]; at = (at + 1) % ATTEMPT_SLOTS) {
		struct sb_recorded_attempt *row = &recorder->attempts[recorder->attempt_index[at] - 1];

		if (row->process == process && row->kind == kind && strcmp(sb_recorder_text(recorder, row->text), text) == 0) {
			row->count++;
			return;
		}
	}
	if (recorder->attempt_count >= SB_LIMIT_OF(TRACE_ATTEMPTS)) {
		full(recorder, SB_LIMIT_ROW_TRACE_ATTEMPTS);
		return;
	}
	recorder->attempts[recorder->attempt_count] =
		(struct sb_recorded_attempt){.kind = kind, .process = process, .text = keep(recorder, text), .count = 1};
	recorder->attempt_index[at] = ++recorder->attempt_count;
}

void sb_recorder_doubt(struct sb_recorder *recorder, const char *id, const char *text, bool integrity)
{
	for (uint32_t i = 0; i < recorder->doubt_count; i++)
		if (strcmp(recorder->doubts[i].id, id) == 0 && strcmp(sb_recorder_text(recorder, recorder->doubts[i].text), text) == 0)
			return;
	if (recorder->doubt_count < DOUBTS)
		recorder->doubts[recorder->doubt_count++] = (struct sb_recorded_doubt){.id = id, .text = keep(recorder, text), .integrity = integrity};
}

void sb_recorder_final_name(struct sb_recorder *recorder, uint32_t file, const char *path)
{
	struct sb_recorded_file *row = &recorder->files[file];

	if (recorder->name_count >= NAMES) {
		full(recorder, SB_LIMIT_ROW_TRACE_FILES);
		return;
	}
	uint64_t kept = keep(recorder, path);
	recorder->names[recorder->name_count++] = (struct sb_recorded_name){.file = file, .path = kept};
	if (!row->final || strcmp(path, sb_recorder_text(recorder, row->path)) < 0)
		row->path = kept;
	row->final = true;
}

void sb_recorder_witnessed(struct sb_recorder *recorder)
{
	recorder->witnessed = true;
}

bool sb_recorder_is_witnessed(const struct sb_recorder *recorder)
{
	return recorder->witnessed;
}

const struct sb_recorded_file *sb_recorder_seen(const struct sb_recorder *recorder, size_t *count)
{
	*count = recorder->file_count;
	return recorder->files;
}

struct sb_recorded_file *sb_recorder_files(struct sb_recorder *recorder, size_t *count)
{
	*count = recorder->file_count;
	return recorder->files;
}

const struct sb_recorded_process *sb_recorder_processes(const struct sb_recorder *recorder, size_t *count)
{
	*count = recorder->process_count;
	return recorder->processes;
}

struct sb_recorded_process *sb_recorder_settle_processes(struct sb_recorder *recorder, size_t *count)
{
	*count = recorder->process_count;
	return recorder->processes;
}

struct sb_recorded_attempt *sb_recorder_settle_attempts(struct sb_recorder *recorder, size_t *count)
{
	*count = recorder->attempt_count;
	return recorder->attempts;
}

const struct sb_trace_edge *sb_recorder_edges(const struct sb_recorder *recorder, size_t *count)
{
	*count = recorder->edge_count;
	return recorder->edges;
}

const struct sb_recorded_attempt *sb_recorder_attempts(const struct sb_recorder *recorder, size_t *count)
{
	*count = recorder->attempt_count;
	return recorder->attempts;
}

const struct sb_recorded_doubt *sb_recorder_doubts(const struct sb_recorder *recorder, size_t *count)
{
	*count = recorder->doubt_count;
	return recorder->doubts;
}

const struct sb_recorded_name *sb_recorder_names(const struct sb_recorder *recorder, size_t *count)
{
	*count = recorder->name_count;
	return recorder->names;
}

uint64_t sb_recorder_limits(const struct sb_recorder *recorder)
{
	return recorder->limits;
}
