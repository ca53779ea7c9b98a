/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/streams.h"

#include <string.h>
#include <sys/mman.h>

enum { PROCESSES = 1 << 14, KINDS = 1 << 16 };

struct process {
	pid_t pid; /* 0: none */
	struct sb_random random;
};

/** How many images of a kind there were. */
struct kind {
	uint64_t key, count; /* count 0: none */
};

/* Untouched pages cost nothing. */
struct sb_streams {
	struct process processes[PROCESSES];
	struct kind kinds[KINDS];
};

struct sb_streams *sb_streams_new(void)
{
	void *memory = mmap(NULL, sizeof(struct sb_streams), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void sb_streams_free(struct sb_streams **streams)
{
	if (*streams)
		munmap(*streams, sizeof(**streams));
	*streams = NULL;
}

static struct process *slot_of(struct sb_streams *streams, pid_t pid)
{
	return &streams->processes[(uint32_t)pid % PROCESSES];
}

struct sb_random *sb_streams_find(struct sb_streams *streams, pid_t pid)
{
	struct process *slot = slot_of(streams, pid);

	return slot->pid == pid ? &slot->random : NULL;
}

struct sb_random *sb_streams_begin(struct sb_streams *streams, pid_t pid, const struct sb_random_kind *kind)
{
	struct process *slot = slot_of(streams, pid);
	uint64_t key;

	memcpy(&key, kind->key, sizeof(key));
	struct kind *row = &streams->kinds[key % KINDS];
	if (row->count == 0 || row->key != key)
		*row = (struct kind){.key = key};
	*slot = (struct process){.pid = pid, .random = sb_random_of(kind, ++row->count)};
	return &slot->random;
}
