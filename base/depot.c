/* SPDX-License-Identifier: Apache-2.0 */
#include "base/depot.h"

#include "base/cleanup.h"
#include "base/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/** Small blobs share chunks; that many of them stay in memory. */
enum { CHUNK = 4 << 20, IN_MEMORY = 8 };
/** Below this much that is mapped nobody watches; so much may be read until pages are given back. */
enum { WATCHED_FROM = 48 << 20, RESIDENT = 32 << 20, PAUSE_MS = 3 };

struct range {
	void *p;
	size_t n;
	bool mapped; /* shared and read-only: its pages can be read again */
};

struct sb_depot {
	pthread_mutex_t lock;
	pthread_cond_t over;
	struct sb_vec ranges; /* struct range */
	uint8_t *chunk;       /* that is filled now */
	size_t used, chunks;
	int spool;            /* behind the chunks that are not in memory */
	off_t spooled;        /* where the chunk lies in it; -1: in memory */
	uint64_t mapped;      /* bytes */
	struct sb_reading reading;
	bool watching, stop;
	pthread_t watcher;
};

/* ---- giving pages back ---- */

/* Pages of files that are in memory, as the kernel counts them for this process. */
static uint64_t resident_files(int statm)
{
	char text[128];
	unsigned long long total, resident, shared;
	ssize_t n = pread(statm, text, sizeof text - 1, 0);

	if (n <= 0)
		return UINT64_MAX;
	text[n] = '\0';
	return sscanf(text, "%llu %llu %llu", &total, &resident, &shared) == 3 ? shared * (uint64_t)sysconf(_SC_PAGESIZE) : UINT64_MAX;
}

/* The lock is held. */
static void give_back(struct sb_depot *depot)
{
	for (size_t i = 0; depot->mapped > WATCHED_FROM && i < depot->ranges.count; i++) {
		const struct range *range = sb_vec_at(&depot->ranges, i);
		if (range->mapped)
			madvise(range->p, range->n, MADV_DONTNEED);
	}
}

static void give_back_for_readers(void *ctx)
{
	struct sb_depot *depot = ctx;

	pthread_mutex_lock(&depot->lock);
	give_back(depot);
	pthread_mutex_unlock(&depot->lock);
}

struct sb_reading *sb_depot_reading(struct sb_depot *depot)
{
	return depot ? &depot->reading : NULL;
}

static void *watch(void *arg)
{
	struct sb_depot *depot = arg;
	SB_CLOSING int statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

	pthread_mutex_lock(&depot->lock);
	while (!depot->stop) {
		struct timespec until;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += PAUSE_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		pthread_cond_timedwait(&depot->over, &depot->lock, &until);
		if (!depot->stop && resident_files(statm) > RESIDENT)
			give_back(depot);
	}
	pthread_mutex_unlock(&depot->lock);
	return NULL;
}

/* Without a thread everything works; memory is then what the kernel makes of it. */
static void watch_if_large(struct sb_depot *depot)
{
	if (!depot->watching && depot->mapped > WATCHED_FROM)
		depot->watching = pthread_create(&depot->watcher, NULL, watch, depot) == 0;
}

struct sb_depot *sb_depot_new(void)
{
	struct sb_depot *depot = calloc(1, sizeof *depot);

	if (!depot)
		return NULL;
	depot->spool = -1;
	depot->ranges.size = sizeof(struct range);
	depot->reading = (struct sb_reading){.most = RESIDENT, .give_back = give_back_for_readers, .ctx = depot};
	pthread_mutex_init(&depot->lock, NULL);
	pthread_cond_init(&depot->over, NULL);
	return depot;
}

void sb_depot_free(struct sb_depot **depot)
{
	struct sb_depot *old = *depot;

	if (!old)
		return;
	pthread_mutex_lock(&old->lock);
	old->stop = true;
	pthread_cond_signal(&old->over);
	pthread_mutex_unlock(&old->lock);
	if (old->watching)
		pthread_join(old->watcher, NULL);
	for (size_t i = 0; i < old->ranges.count; i++) {
		const struct range *range = sb_vec_at(&old->ranges, i);
		if (range->mapped)
			munmap(range->p, range->n);
		else
			free(range->p);
	}
	sb_vec_release(&old->ranges);
	sb_close_fd(&old->spool);
	pthread_cond_destroy(&old->over);
	pthread_mutex_destroy(&old->lock);
	free(old);
	*depot = NULL;
}

/* ---- keeping ---- */

static int add_range(struct sb_depot *depot, const struct range *range, struct sb_err *err)
{
	struct range *slot = sb_vec_push(&depot->ranges);

	if (!slot)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	*slot = *range;
	depot->mapped += range->mapped ? range->n : 0;
	watch_if_large(depot);
	return 0;
}

/* The next chunk of the spool, mapped for reading; what goes there is written by descriptor. */
static int map_chunk(struct sb_depot *depot, struct range *out, struct sb_err *err)
{
	off_t at = (off_t)(depot->chunks - IN_MEMORY) * CHUNK;
	int rc = depot->spool < 0 ? sb_io_spool(&depot->spool, err) : 0;

	if (rc)
		return rc;
	if (ftruncate(depot->spool, at + CHUNK) != 0)
		return sb_fail_errno(err, "spool-failed", "cannot lengthen the spool");
	void *p = mmap(NULL, CHUNK, PROT_READ, MAP_SHARED, depot->spool, at);
	if (p == MAP_FAILED)
		return sb_fail_errno(err, "spool-failed", "cannot map the spool");
	*out = (struct range){p, CHUNK, true};
	depot->spooled = at;
	return 0;
}

static int begin_chunk(struct sb_depot *depot, struct sb_err *err)
{
	struct range range = {.n = CHUNK};
	int rc = 0;

	if (depot->chunks < IN_MEMORY) {
		range.p = malloc(CHUNK);
		rc = range.p ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
		depot->spooled = -1;
	} else {
		rc = map_chunk(depot, &range, err);
	}
	if (rc)
		return rc;
	rc = add_range(depot, &range, err);
	if (rc) {
		if (range.mapped)
			munmap(range.p, range.n);
		else
			free(range.p);
		return rc;
	}
	depot->chunk = range.p;
	depot->used = 0;
	depot->chunks++;
	return 0;
}

static int write_at(int fd, struct sb_span bytes, off_t at, struct sb_err *err)
{
	while (bytes.n) {
		ssize_t n = pwrite(fd, bytes.p, bytes.n, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return sb_fail_errno(err, "spool-failed", "cannot write the spool");
		bytes = sb_span_of(bytes.p + n, bytes.n - (size_t)n);
		at += n;
	}
	return 0;
}

static int move_small(struct sb_depot *depot, struct sb_span bytes, struct sb_span *out, struct sb_err *err)
{
	int rc = !depot->chunk || CHUNK - depot->used < bytes.n ? begin_chunk(depot, err) : 0;

	if (rc)
		return rc;
	uint8_t *to = depot->chunk + depot->used;
	if (depot->spooled < 0)
		memcpy(to, bytes.p, bytes.n);
	else
		rc = write_at(depot->spool, bytes, depot->spooled + (off_t)depot->used, err);
	if (rc)
		return rc;
	depot->used += bytes.n;
	*out = sb_span_of(to, bytes.n);
	return 0;
}

/* Private memory that is too large to share a chunk is copied into a mapping of its own. */
static int spool_large(struct sb_blob *blob, struct sb_err *err)
{
	SB_CLOSING int fd = -1;
	struct sb_blob mapped = {.fd = -1};
	int rc = sb_io_spool(&fd, err);

	if (!rc)
		rc = sb_io_write(fd, blob->bytes, err);
	if (!rc)
		rc = sb_blob_map(fd, &mapped, err);
	if (rc)
		return rc;
	sb_steal_fd(&fd);
	sb_blob_release(blob);
	*blob = mapped;
	return 0;
}

static int keep_mapped(struct sb_depot *depot, struct sb_blob *blob, struct sb_err *err)
{
	union {
		const uint8_t *read_only;
		void *owned;
	} bytes = {.read_only = blob->bytes.p};
	int rc = add_range(depot, &(struct range){bytes.owned, blob->bytes.n, true}, err);

	blob->kept = rc == 0;
	return rc;
}

int sb_depot_keep(struct sb_depot *depot, struct sb_blob *blob, struct sb_err *err)
{
	struct sb_span kept;
	int rc = !blob->mapped && !blob->kept && blob->bytes.n > CHUNK ? spool_large(blob, err) : 0;

	if (rc || blob->kept || blob->bytes.n == 0)
		return rc;
	pthread_mutex_lock(&depot->lock);
	if (blob->mapped) {
		rc = keep_mapped(depot, blob, err);
	} else {
		rc = move_small(depot, blob->bytes, &kept, err);
		if (!rc) {
			sb_blob_release(blob);
			*blob = (struct sb_blob){.bytes = kept, .fd = -1, .kept = true};
		}
	}
	pthread_mutex_unlock(&depot->lock);
	return rc;
}
