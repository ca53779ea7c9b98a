/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/parsing/stream.h"

#include "verifier/parsing/wire.h"

#include <endian.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LENGTH = 4, LEAST_ROOM = 4096 };

/* Wait until the core has read a half. Nothing else can come while an answer is being given. */
static void wait_taken(struct sb_stream *out)
{
	uint64_t word[SB_WIRE_HEAD / sizeof(uint64_t)];

	if (recv(SB_WIRE_CHANNEL, word, sizeof word, 0) <= 0)
		_exit(0);
	out->unread--;
}

static void hand_over(struct sb_stream *out, bool last)
{
	const struct sb_wire_piece piece = {.half = out->half, .length = out->used, .last = last};

	if (send(SB_WIRE_CHANNEL, &piece, sizeof piece, MSG_NOSIGNAL) != (ssize_t)sizeof piece)
		_exit(0);
	out->unread++;
	sb_reading_more(out->reading, out->used);
	out->half ^= 1;
	out->used = 0;
	if (!last && out->unread == 2)
		wait_taken(out);
}

static void put(struct sb_stream *out, const void *bytes, size_t n)
{
	const uint8_t *from = bytes;

	while (n) {
		if (out->used == SB_WIRE_HALF)
			hand_over(out, false);
		size_t room = SB_WIRE_HALF - out->used, now = n < room ? n : room;
		memcpy(out->window + out->half * (size_t)SB_WIRE_HALF + out->used, from, now);
		out->used += now;
		from += now;
		n -= now;
	}
}

void sb_stream_uint(struct sb_stream *out, uint64_t value, unsigned width)
{
	uint64_t low_first = htole64(value);

	put(out, &low_first, width);
}

void sb_stream_bytes(struct sb_stream *out, struct sb_span bytes)
{
	sb_stream_uint(out, bytes.n, LENGTH);
	put(out, bytes.p, bytes.n);
}

static void put_text(struct sb_stream *out, const char *text)
{
	sb_stream_bytes(out, text ? sb_span_text(text) : (struct sb_span){0});
}

void sb_stream_outcome(struct sb_stream *out, int rc, const struct sb_err *err)
{
	sb_stream_uint(out, (uint64_t)(unsigned)-rc, 1);
	if (!rc)
		return;
	put_text(out, err->msg);
	put_text(out, err->id);
	sb_stream_uint(out, err->offset, 8);
	sb_stream_uint(out, err->limit, 1);
}

/* Who adds something to these must send it too, here and in feed.c. */
_Static_assert(sizeof(struct sb_region) == 48 && sizeof(struct sb_member) == 192 && sizeof(struct sb_notice) == 32, "a record has grown");
_Static_assert(sizeof(struct sb_field) == 104, "a field has grown");

static void put_region(struct sb_stream *out, const struct sb_region *region)
{
	sb_stream_uint(out, region->offset, 8);
	sb_stream_uint(out, region->length, 8);
	sb_stream_uint(out, region->kind, 1);
	sb_stream_uint(out, region->loaded, 1);
	sb_stream_uint(out, region->member, 4);
	sb_stream_uint(out, region->tag, 4);
	sb_stream_uint(out, region->align, 4);
	put_text(out, region->name);
}

static void put_slices(struct sb_stream *out, const struct sb_member *member)
{
	sb_stream_uint(out, member->slice_count, 4);
	for (uint32_t i = 0; i < member->slice_count; i++) {
		const struct sb_slice *slice = &member->slices[i];
		sb_stream_uint(out, slice->codec, 1);
		sb_stream_uint(out, slice->offset, 8);
		sb_stream_uint(out, slice->length, 8);
		sb_stream_uint(out, slice->whole, 8);
		sb_stream_uint(out, slice->skip, 8);
		sb_stream_uint(out, slice->size, 8);
	}
}

static void put_member(struct sb_stream *out, const struct sb_member *member)
{
	sb_stream_bytes(out, member->name);
	sb_stream_uint(out, member->type, 1);
	sb_stream_uint(out, member->has_mode, 1);
	sb_stream_uint(out, member->mode, 4);
	sb_stream_uint(out, member->uid, 8);
	sb_stream_uint(out, member->gid, 8);
	sb_stream_uint(out, (uint64_t)member->mtime, 8);
	sb_stream_uint(out, member->mtime_ns, 4);
	sb_stream_bytes(out, member->link);
	sb_stream_uint(out, member->rdev_major, 8);
	sb_stream_uint(out, member->rdev_minor, 8);
	sb_stream_uint(out, member->codec, 1);
	sb_stream_uint(out, member->offset, 8);
	sb_stream_uint(out, member->length, 8);
	sb_stream_uint(out, member->size, 8);
	put_slices(out, member);
	sb_stream_uint(out, member->xattrs.p != NULL, 1);
	sb_stream_bytes(out, member->xattrs);
	sb_stream_uint(out, member->signature, 1);
	sb_stream_uint(out, member->stem, 4);
	put_text(out, member->packing);
	put_text(out, member->refusal);
	put_text(out, member->refusal_id);
}

static void put_notice(struct sb_stream *out, const struct sb_notice *notice)
{
	put_text(out, notice->id);
	put_text(out, notice->text);
	sb_stream_uint(out, notice->offset, 8);
	sb_stream_uint(out, notice->member, 4);
	sb_stream_uint(out, notice->refuse_drop, 1);
}

void sb_stream_view(struct sb_stream *out, const struct sb_view *view)
{
	sb_stream_uint(out, view->unlinked, 1);
	sb_stream_uint(out, view->members.count, 4);
	for (size_t i = 0; i < view->members.count; i++)
		put_member(out, sb_view_member(view, i));
	sb_stream_uint(out, view->regions.count, 4);
	for (size_t i = 0; i < view->regions.count; i++)
		put_region(out, sb_view_region(view, i));
	sb_stream_uint(out, view->notices.count, 4);
	for (size_t i = 0; i < view->notices.count; i++)
		put_notice(out, sb_vec_at(&view->notices, i));
}

static void put_pieces(struct sb_stream *out, const struct sb_derivation *derived)
{
	sb_stream_uint(out, derived->piece_count, 4);
	for (uint32_t i = 0; i < derived->piece_count; i++) {
		sb_stream_uint(out, derived->pieces[i].offset, 8);
		sb_stream_uint(out, derived->pieces[i].length, 8);
	}
}

void sb_stream_fields(struct sb_stream *out, const struct sb_vec *fields)
{
	sb_stream_uint(out, fields->count, 4);
	for (size_t i = 0; i < fields->count; i++) {
		const struct sb_field *field = sb_vec_at(fields, i);
		sb_stream_uint(out, field->offset, 8);
		sb_stream_uint(out, field->length, 8);
		sb_stream_uint(out, field->kind, 1);
		sb_stream_uint(out, field->encoding, 1);
		sb_stream_uint(out, field->derived.algorithm, 1);
		sb_stream_uint(out, field->derived.over_offset, 8);
		sb_stream_uint(out, field->derived.over_length, 8);
		sb_stream_uint(out, field->derived.decoded, 4);
		sb_stream_uint(out, field->derived.unpacked, 1);
		sb_stream_uint(out, field->derived.inside.p != NULL, 1);
		sb_stream_bytes(out, field->derived.inside);
		sb_stream_uint(out, field->derived.base, 8);
		put_pieces(out, &field->derived);
		put_text(out, field->name);
	}
}

static int lend(void *ctx, uint8_t **p, size_t *n, struct sb_err *err)
{
	struct sb_stream *out = ctx;

	(void)err;
	if (SB_WIRE_HALF - out->used < LENGTH + LEAST_ROOM)
		hand_over(out, false);
	*p = out->window + out->half * (size_t)SB_WIRE_HALF + out->used + LENGTH;
	*n = SB_WIRE_HALF - out->used - LENGTH;
	return 0;
}

static int took(void *ctx, size_t n, struct sb_err *err)
{
	struct sb_stream *out = ctx;

	(void)err;
	if (n == 0)
		return 0;
	sb_stream_uint(out, n, LENGTH);
	out->used += n;
	return 0;
}

struct sb_outlet sb_stream_outlet(struct sb_stream *out)
{
	return (struct sb_outlet){.ctx = out, .room = lend, .took = took};
}

void sb_stream_end(struct sb_stream *out)
{
	hand_over(out, true);
	out->half = out->unread = 0; /* the core reads all of it before it asks again */
}
