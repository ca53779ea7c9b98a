/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "base/io.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { EMPTY = 64, SMALL = 4 << 20, PIECE = 256 << 10 };

int sb_io_spool(int *fd, struct sb_err *err)
{
	const char *named = getenv("TMPDIR");
	const char *const folders[] = {named && named[0] == '/' ? named : "/var/tmp", "/var/tmp", "/tmp"};

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		*fd = open(folders[i], O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
		if (*fd >= 0)
			return 0;
	}
	*fd = memfd_create("spool", MFD_CLOEXEC);
	return *fd >= 0 ? 0 : sb_fail_errno(err, "spool-failed", "no temporary file can be made");
}

int sb_blob_map(int fd, struct sb_blob *out, struct sb_err *err)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return sb_fail_errno(err, "spool-failed", "cannot look at the spool");
	if (st.st_size == 0) {
		*out = (struct sb_blob){.fd = fd};
		return 0;
	}
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return sb_fail_errno(err, "spool-failed", "cannot map the spool");
	*out = (struct sb_blob){.bytes = sb_span_of(p, (size_t)st.st_size), .fd = fd, .mapped = true};
	return 0;
}

static int add_to_spool(int spool, struct sb_span bytes, struct sb_err *err)
{
	int rc = sb_io_write(spool, bytes, err);
	return rc && rc != SB_NOMEM ? sb_reidentify(err, "spool-failed") : rc;
}

/* Move what @start holds and the rest of @from into a spool. */
static int take_large(int from, struct sb_span start, uint64_t most, struct sb_blob *out, struct sb_err *err)
{
	SB_CLOSING int spool = -1;
	SB_FREEING char *piece = malloc(PIECE);
	uint64_t total = start.n;
	size_t got = 0;

	if (!piece)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = sb_io_spool(&spool, err);
	if (!rc)
		rc = add_to_spool(spool, start, err);
	while (!rc && (rc = sb_io_read(from, piece, PIECE, &got, err)) == 0 && got > 0) {
		total += got;
		rc = total > most ? sb_fail(err, SB_LIMIT, "limit-exceeded", "a file is larger than %llu bytes", (unsigned long long)most)
		                  : add_to_spool(spool, sb_span_of(piece, got), err);
	}
	if (!rc)
		rc = sb_blob_map(spool, out, err);
	if (!rc)
		sb_steal_fd(&spool);
	return rc;
}

/* How much to ask for at first: the file's size and one byte, so that its end is seen by the same read. Files that say they are empty mostly are. 0: it is large. */
static size_t first_room(int fd)
{
	struct stat st;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < 0)
		return SMALL;
	return st.st_size >= SMALL ? 0 : st.st_size ? (size_t)st.st_size + 1 : EMPTY;
}

int sb_blob_take(int fd, uint64_t most, struct sb_blob *out, struct sb_err *err)
{
	size_t room = first_room(fd), got;
	SB_FREEING char *small = room ? malloc(room) : NULL;

	if (room == 0)
		return take_large(fd, (struct sb_span){0}, most, out, err);
	if (!small)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	int rc = sb_io_read(fd, small, room, &got, err);
	if (rc)
		return rc;
	if (got > most)
		return sb_fail(err, SB_LIMIT, "limit-exceeded", "a file is larger than %llu bytes", (unsigned long long)most);
	if (got == room)
		return take_large(fd, sb_span_of(small, got), most, out, err);
	*out = (struct sb_blob){.bytes = sb_span_of(small, got), .fd = -1};
	sb_steal_p(&small);
	return 0;
}

int sb_blob_copy(struct sb_span bytes, struct sb_blob *out, struct sb_err *err)
{
	uint8_t *p = malloc(bytes.n ? bytes.n : 1);
	if (!p)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (bytes.n)
		memcpy(p, bytes.p, bytes.n);
	*out = (struct sb_blob){.bytes = sb_span_of(p, bytes.n), .fd = -1};
	return 0;
}

void sb_blob_give_back(const struct sb_blob *blob)
{
	union {
		const uint8_t *read_only;
		void *mapped;
	} bytes = {.read_only = blob->bytes.p};

	if (blob->mapped)
		madvise(bytes.mapped, blob->bytes.n, MADV_DONTNEED);
}

void sb_blob_release(struct sb_blob *blob)
{
	union {
		const uint8_t *read_only;
		void *owned;
	} bytes = {.read_only = blob->bytes.p};

	if (blob->kept)
		; /* not ours any more */
	else if (blob->mapped)
		munmap(bytes.owned, blob->bytes.n);
	else
		free(bytes.owned);
	if (blob->fd > 0)
		close(blob->fd);
	*blob = (struct sb_blob){.fd = -1};
}
