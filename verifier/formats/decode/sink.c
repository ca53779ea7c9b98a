/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/formats/decode/codec.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

/* A piece is large enough for few system calls and small enough to stay in the cache between decoder and write. */
enum { FIRST = 64 << 10, SMALL = 1 << 20, PIECE = 512 << 10 };

int sb_sink_open(struct sb_sink *sink, uint64_t packed, uint64_t expect, struct sb_unpack_budget *budget,
		 struct sb_err *err)
{
	size_t room = expect < SMALL ? (size_t)expect + 1 : expect == UINT64_MAX ? FIRST : PIECE;

	*sink = (struct sb_sink){.bytes = malloc(room), .room = room, .spool = -1, .packed = packed, .expect = expect, .budget = budget};
	return sink->bytes ? 0 : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

static int spill(struct sb_sink *sink, struct sb_err *err)
{
	int rc = sink->spool < 0 ? sb_io_spool(&sink->spool, err) : 0;
	if (!rc)
		rc = sb_io_write(sink->spool, sb_span_of(sink->bytes, sink->used), err);
	if (!rc)
		sink->used = 0;
	return rc && rc != SB_NOMEM ? sb_reidentify(err, "spool-failed") : rc;
}

/* The size was no secret: what fills a first piece and promised more goes to the spool at once. */
static bool grows(const struct sb_sink *sink)
{
	return sink->spool < 0 && sink->room < SMALL && sink->room != PIECE;
}

static int grow(struct sb_sink *sink, struct sb_err *err)
{
	size_t room = sink->room < SMALL / 4 ? sink->room * 4 : SMALL;
	uint8_t *bytes = realloc(sink->bytes, room);

	if (!bytes)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	sink->bytes = bytes;
	sink->room = room;
	return 0;
}

int sb_sink_room(struct sb_sink *sink, uint8_t **p, size_t *n, struct sb_err *err)
{
	if (sink->outlet)
		return sink->outlet->room(sink->outlet->ctx, p, n, err);
	if (sink->used == sink->room) {
		int rc = grows(sink) ? grow(sink, err) : spill(sink, err);
		if (rc)
			return rc;
	}
	/* After the first spill only so much of a large buffer is used as the cache holds. */
	size_t most = sink->spool >= 0 && sink->room > PIECE ? PIECE : sink->room;
	if (sink->used >= most) {
		int rc = spill(sink, err);
		if (rc)
			return rc;
	}
	*p = sink->bytes + sink->used;
	*n = most - sink->used;
	return 0;
}

static bool over_ratio(uint64_t unpacked, uint64_t packed, uint64_t most)
{
	return unpacked > SB_LIMIT_OF(UNPACK_FLOOR) && unpacked / most > packed;
}

int sb_sink_took(struct sb_sink *sink, size_t n, struct sb_err *err)
{
	if (sink->outlet)
		return sink->outlet->took(sink->outlet->ctx, n, err);
	sink->used += n;
	sink->total += n;
	if (sink->total > SB_LIMIT_OF(MEMBER_BYTES))
		return sb_fail_limit(err, SB_LIMIT_ROW_MEMBER_BYTES, sink->total);
	if (over_ratio(sink->total, sink->packed, SB_LIMIT_OF(UNPACK_RATIO_MEMBER)))
		return sb_fail_limit(err, SB_LIMIT_ROW_UNPACK_RATIO_MEMBER,
				     sink->packed ? sink->total / sink->packed : sink->total);
	if (!sink->budget)
		return 0;
	uint64_t all = __atomic_add_fetch(&sink->budget->unpacked, n, __ATOMIC_RELAXED);
	if (all > sink->budget->most)
		return sb_fail_limit(err, SB_LIMIT_ROW_UNPACKED_TOTAL, all);
	if (over_ratio(all, sink->budget->packed, SB_LIMIT_OF(UNPACK_RATIO_TOTAL)))
		return sb_fail_limit(err, SB_LIMIT_ROW_UNPACK_RATIO_TOTAL,
				     sink->budget->packed ? all / sink->budget->packed : all);
	return 0;
}

int sb_sink_put(struct sb_sink *sink, struct sb_span bytes, struct sb_err *err)
{
	while (bytes.n) {
		uint8_t *room;
		size_t n;
		int rc = sb_sink_room(sink, &room, &n, err);
		if (rc)
			return rc;
		n = n < bytes.n ? n : bytes.n;
		memcpy(room, bytes.p, n);
		bytes = sb_span_of(bytes.p + n, bytes.n - n);
		rc = sb_sink_took(sink, n, err);
		if (rc)
			return rc;
	}
	return 0;
}

int sb_sink_finish(struct sb_sink *sink, struct sb_blob *out, struct sb_err *err)
{
	if (sink->spool < 0) {
		uint8_t *fitting =
			sink->used < sink->room / 2 ? realloc(sink->bytes, sink->used ? sink->used : 1) : NULL;
		*out = (struct sb_blob){.bytes = sb_span_of(fitting ? fitting : sink->bytes, sink->used), .fd = -1};
		sink->bytes = NULL;
		return 0;
	}
	int rc = spill(sink, err);
	if (!rc)
		rc = sb_blob_map(sink->spool, out, err);
	if (!rc)
		sb_steal_fd(&sink->spool);
	return rc;
}

void sb_sink_release(struct sb_sink *sink)
{
	free(sink->bytes);
	sb_close_fd(&sink->spool);
	*sink = (struct sb_sink){.spool = -1};
}
