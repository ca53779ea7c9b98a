/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/parsing/feed.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { TICK = 100 }; /* ms; the channel's own timeout */

static void fail(struct sb_feed *feed, int rc)
{
	feed->rc = rc;
	feed->piece = (struct sb_span){0};
	feed->last = true;
}

void sb_feed_bad(struct sb_feed *feed)
{
	if (!feed->rc)
		fail(feed, sb_fail(&feed->err, SB_INTERNAL, "parser-failed", "the parser gave an answer that makes no sense"));
}

void sb_feed_no_memory(struct sb_feed *feed)
{
	if (!feed->rc)
		fail(feed, sb_fail(&feed->err, SB_NOMEM, "out-of-memory", "out of memory"));
}

bool sb_feed_ask(struct sb_worker *worker, struct sb_wire_request *request, size_t n, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
	struct iovec part = {request, SB_WIRE_HEAD + n};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t sent;

	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof control;
		memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
	}
	do
		sent = sendmsg(worker->channel, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)part.iov_len;
}

/* ---- pieces ---- */

/* Wait for a word; interrupted by a stop, ended by silence. */
static bool hear(struct sb_feed *feed, struct sb_wire_piece *piece)
{
	const struct sb_parsers_options *options = &feed->worker->parsers->options;
	uint64_t patience = options->silence ? options->silence : SB_LIMIT_OF(PARSER_SILENCE), waited = 0;
	ssize_t n;

	while ((n = recv(feed->worker->channel, piece, sizeof *piece, 0)) < 0 && (errno == EAGAIN || errno == EINTR)) {
		if (sb_stopping(options->progress)) {
			fail(feed, sb_fail(&feed->err, SB_INTERRUPTED, "interrupted", "stopped on request"));
			return false;
		}
		waited += errno == EAGAIN ? TICK : 0;
		if (waited >= patience) {
			fail(feed, sb_fail_limit(&feed->err, SB_LIMIT_ROW_PARSER_SILENCE, waited));
			return false;
		}
	}
	if (n <= 0)
		fail(feed, sb_fail(&feed->err, SB_INTERNAL, "parser-failed", "the parser died"));
	else if (n != (ssize_t)sizeof *piece || piece->half > 1 || piece->length > SB_WIRE_HALF || piece->last > 1)
		sb_feed_bad(feed);
	return !feed->rc;
}

/* The next piece, once this one is read. False when there is none. */
static bool advance(struct sb_feed *feed)
{
	struct sb_wire_request taken = {.ask = SB_ASK_TAKEN};
	struct sb_wire_piece piece;

	if (feed->last || feed->rc || (feed->begun && !sb_feed_ask(feed->worker, &taken, 0, -1))) {
		sb_feed_bad(feed);
		return false;
	}
	if (sb_stopping(feed->worker->parsers->options.progress)) {
		fail(feed, sb_fail(&feed->err, SB_INTERRUPTED, "interrupted", "stopped on request"));
		return false;
	}
	if (!hear(feed, &piece))
		return false;
	feed->begun = true;
	feed->last = piece.last != 0;
	feed->piece = sb_span_of(feed->worker->window + piece.half * SB_WIRE_HALF, (size_t)piece.length);
	return true;
}

static void take(struct sb_feed *feed, void *out, size_t n)
{
	uint8_t *to = out;

	memset(out, 0, n);
	while (n && !feed->rc) {
		if (feed->piece.n == 0 && !advance(feed))
			return;
		size_t now = n < feed->piece.n ? n : feed->piece.n;
		memcpy(to, feed->piece.p, now);
		feed->piece = sb_span_of(feed->piece.p + now, feed->piece.n - now);
		to += now;
		n -= now;
	}
}

uint64_t sb_feed_uint(struct sb_feed *feed, unsigned width)
{
	uint64_t value = 0; /* the worker writes the low byte first */

	if (feed->piece.n >= width) {
		memcpy(&value, feed->piece.p, width);
		feed->piece = sb_span_of(feed->piece.p + width, feed->piece.n - width);
	} else {
		take(feed, &value, width);
	}
	return feed->rc ? 0 : le64toh(value);
}

struct sb_span sb_feed_chunk(struct sb_feed *feed, size_t n)
{
	struct sb_span out = feed->piece;

	if (feed->rc || n > out.n) {
		sb_feed_bad(feed);
		return (struct sb_span){0};
	}
	feed->piece = sb_span_of(out.p + n, out.n - n);
	return sb_span_of(out.p, n);
}

void sb_feed_finish(struct sb_feed *feed)
{
	while (!feed->rc && !feed->last && feed->piece.n == 0)
		advance(feed);
	if (feed->piece.n)
		sb_feed_bad(feed);
}

/* ---- records ---- */

/* What a worker makes the core remember is bounded. */
bool sb_feed_keep(struct sb_feed *feed, uint64_t bytes)
{
	feed->records += bytes;
	if (!feed->rc && feed->records > sb_limit(feed->worker->ceilings.records)->value)
		fail(feed, sb_fail_limit(&feed->err, feed->worker->ceilings.records, feed->records));
	return !feed->rc;
}

char *sb_feed_text(struct sb_feed *feed, struct sb_arena *arena, size_t *n)
{
	size_t length = (size_t)sb_feed_uint(feed, 4);
	char *text = sb_feed_keep(feed, length + 1) ? sb_arena_alloc(arena, length + 1) : NULL;

	*n = text ? length : 0;
	if (text)
		take(feed, text, length);
	else
		sb_feed_no_memory(feed);
	return feed->rc ? NULL : text;
}

/* Escaped text holds backslashes, and nothing that would be escaped but those. */
static bool is_escaped(struct sb_span text)
{
	while (text.n) {
		const uint8_t *slash = memchr(text.p, '\\', text.n);
		size_t plain = slash ? (size_t)(slash - text.p) : text.n;
		if (!sb_escape_is_plain(sb_span_of(text.p, plain)))
			return false;
		plain += slash != NULL;
		text = sb_span_of(text.p + plain, text.n - plain);
	}
	return true;
}

char *sb_feed_shown(struct sb_feed *feed, struct sb_arena *arena)
{
	size_t n;
	char *text = sb_feed_text(feed, arena, &n);

	if (!text || is_escaped(sb_span_of(text, n)))
		return text;
	text = sb_feed_keep(feed, 4 * n) ? sb_escape_copy(arena, sb_span_of(text, n)) : NULL;
	if (!text)
		sb_feed_no_memory(feed);
	return text;
}

static struct sb_span span(struct sb_feed *feed, struct sb_arena *arena)
{
	size_t n;
	const char *text = sb_feed_text(feed, arena, &n);
	return text ? sb_span_of(text, n) : sb_span_of("", 0);
}

/* FNV-1a; only the number of copies depends on it. */
static unsigned hash(const char *text)
{
	unsigned value = 2166136261U;
	while (*text)
		value = (value ^ (uint8_t)*text++) * 16777619U;
	return value;
}

/* Names of regions and fields repeat: one that was kept lately is used again. */
static const char *name(struct sb_feed *feed, struct sb_arena *arena)
{
	char text[256];
	size_t n = (size_t)sb_feed_uint(feed, 4);

	if (n >= sizeof text) {
		char *kept = sb_feed_keep(feed, n + 1) ? sb_arena_alloc(arena, n + 1) : NULL;
		if (!kept)
			sb_feed_no_memory(feed);
		else
			take(feed, kept, n);
		return kept ? kept : "";
	}
	take(feed, text, n);
	text[n] = '\0';
	const char **slot = &feed->names[hash(text) % (sizeof feed->names / sizeof *feed->names)];
	if (!*slot || strcmp(*slot, text) != 0)
		*slot = sb_feed_keep(feed, n + 1) ? sb_arena_copy(arena, sb_span_of(text, strlen(text))) : NULL;
	if (!*slot)
		sb_feed_no_memory(feed);
	return *slot ? *slot : "";
}

static const char *text_or_null(struct sb_feed *feed, struct sb_arena *arena)
{
	struct sb_span text = span(feed, arena);
	return text.n ? (const char *)text.p : NULL;
}

static uint64_t below(struct sb_feed *feed, unsigned most)
{
	uint64_t value = sb_feed_uint(feed, 1);
	if (value > most)
		sb_feed_bad(feed);
	return value > most ? 0 : value;
}

bool sb_feed_flag(struct sb_feed *feed)
{
	return below(feed, 1) == 1;
}

int sb_feed_outcome(struct sb_feed *feed, struct sb_err *why)
{
	int rc = -(int)below(feed, (unsigned)-SB_FAILED);
	char msg[sizeof why->msg];

	if (!rc)
		return 0;
	size_t n = (size_t)sb_feed_uint(feed, 4);
	if (n >= sizeof msg)
		sb_feed_bad(feed);
	else
		take(feed, msg, n);
	msg[feed->rc ? 0 : n] = '\0';
	const char *id = sb_feed_id(feed);
	uint64_t offset = sb_feed_uint(feed, 8), limit = below(feed, SB_LIMIT_ROWS);
	if (feed->rc)
		return 0;
	if (rc == SB_NOMEM)
		return sb_fail_limit(why, feed->worker->ceilings.memory, sb_limit(feed->worker->ceilings.memory)->value + 1);
	if (rc == SB_INTERRUPTED || rc == SB_IO || rc == SB_TEMPORARY)
		rc = SB_INTERNAL; /* nothing a parser could know of */
	rc = sb_fail(why, (enum sb_rc)rc, rc == SB_LIMIT ? "limit-exceeded" : rc == SB_FORMAT ? (id ? id : "archive-damaged") : "parser-failed", "%s", msg);
	why->offset = offset;
	why->limit = (unsigned)limit;
	return rc;
}

static void read_slices(struct sb_feed *feed, struct sb_arena *arena, struct sb_member *out)
{
	uint32_t count = (uint32_t)sb_feed_uint(feed, 4);
	struct sb_slice *slices;

	if (!count || !sb_feed_keep(feed, (uint64_t)count * sizeof *slices))
		return;
	if (!(slices = sb_arena_array(arena, count, sizeof *slices))) {
		sb_feed_no_memory(feed);
		return;
	}
	for (uint32_t i = 0; i < count && !feed->rc; i++) {
		slices[i].codec = (enum sb_codec)below(feed, SB_CODEC_ERASED);
		slices[i].offset = sb_feed_uint(feed, 8);
		slices[i].length = sb_feed_uint(feed, 8);
		slices[i].whole = sb_feed_uint(feed, 8);
		slices[i].skip = sb_feed_uint(feed, 8);
		slices[i].size = sb_feed_uint(feed, 8);
	}
	out->slices = slices;
	out->slice_count = count;
}

static void read_member(struct sb_feed *feed, struct sb_arena *arena, struct sb_member *out)
{
	out->name = span(feed, arena);
	out->type = (enum sb_member_type)below(feed, SB_MEMBER_PART);
	out->has_mode = below(feed, 1);
	out->mode = (uint32_t)sb_feed_uint(feed, 4);
	out->uid = sb_feed_uint(feed, 8);
	out->gid = sb_feed_uint(feed, 8);
	out->mtime = (int64_t)sb_feed_uint(feed, 8);
	out->mtime_ns = (uint32_t)sb_feed_uint(feed, 4);
	out->link = span(feed, arena);
	out->rdev_major = sb_feed_uint(feed, 8);
	out->rdev_minor = sb_feed_uint(feed, 8);
	out->codec = (enum sb_codec)below(feed, SB_CODEC_LAST);
	out->offset = sb_feed_uint(feed, 8);
	out->length = sb_feed_uint(feed, 8);
	out->size = sb_feed_uint(feed, 8);
	read_slices(feed, arena, out);
	bool has_xattrs = sb_feed_flag(feed);
	struct sb_span xattrs = span(feed, arena);
	out->xattrs = has_xattrs ? xattrs : (struct sb_span){0};
	out->signature = below(feed, 1);
	out->stem = (uint32_t)sb_feed_uint(feed, 4);
	out->packing = text_or_null(feed, arena);
	out->refusal = text_or_null(feed, arena);
	out->refusal_id = sb_feed_id(feed);
	if (out->stem > out->name.n)
		sb_feed_bad(feed);
}

static void read_region(struct sb_feed *feed, struct sb_arena *arena, struct sb_region *out)
{
	out->offset = sb_feed_uint(feed, 8);
	out->length = sb_feed_uint(feed, 8);
	out->kind = (enum sb_region_kind)below(feed, SB_REGION_LAYOUT);
	out->loaded = below(feed, 1);
	out->member = (uint32_t)sb_feed_uint(feed, 4);
	out->tag = (uint32_t)sb_feed_uint(feed, 4);
	out->align = (uint32_t)sb_feed_uint(feed, 4);
	out->name = name(feed, arena);
	if (out->length == 0)
		sb_feed_bad(feed);
}

static void read_notice(struct sb_feed *feed, struct sb_arena *arena, struct sb_notice *out)
{
	out->id = sb_feed_id(feed);
	out->text = sb_feed_shown(feed, arena);
	out->offset = sb_feed_uint(feed, 8);
	out->member = (uint32_t)sb_feed_uint(feed, 4);
	out->refuse_drop = below(feed, 1);
}

void sb_feed_view(struct sb_feed *feed, struct sb_view *view)
{
	view->unlinked = sb_feed_flag(feed);
	uint64_t members = sb_feed_uint(feed, 4);
	for (uint64_t i = 0; i < members && sb_feed_keep(feed, sizeof(struct sb_member)); i++) {
		struct sb_member *slot = sb_vec_push(&view->members);
		if (slot)
			read_member(feed, view->arena, slot);
		else
			sb_feed_no_memory(feed);
	}
	uint64_t regions = sb_feed_uint(feed, 4);
	for (uint64_t i = 0; i < regions && sb_feed_keep(feed, sizeof(struct sb_region)); i++) {
		struct sb_region *slot = sb_vec_push(&view->regions);
		if (slot)
			read_region(feed, view->arena, slot);
		else
			sb_feed_no_memory(feed);
	}
	uint64_t notices = sb_feed_uint(feed, 4);
	for (uint64_t i = 0; i < notices && sb_feed_keep(feed, sizeof(struct sb_notice)); i++) {
		struct sb_notice *slot = sb_vec_push(&view->notices);
		if (slot)
			read_notice(feed, view->arena, slot);
		else
			sb_feed_no_memory(feed);
	}
}

static void read_pieces(struct sb_feed *feed, struct sb_arena *arena, struct sb_derivation *out)
{
	uint64_t n = sb_feed_uint(feed, 4), room;
	struct sb_range *pieces = NULL;

	if (n == 0 || feed->rc)
		return;
	if (sb_mul(n, sizeof *pieces, &room) && sb_feed_keep(feed, room))
		pieces = sb_arena_array(arena, (size_t)n, sizeof *pieces);
	if (!pieces)
		sb_feed_no_memory(feed);
	for (uint64_t i = 0; i < n && !feed->rc; i++) {
		pieces[i].offset = sb_feed_uint(feed, 8);
		pieces[i].length = sb_feed_uint(feed, 8);
	}
	out->pieces = pieces;
	out->piece_count = feed->rc ? 0 : (uint32_t)n;
}

void sb_feed_fields(struct sb_feed *feed, struct sb_arena *arena, struct sb_arena *scratch, struct sb_field **out, size_t *count)
{
	uint64_t n = sb_feed_uint(feed, 4), room;
	struct sb_field *fields = NULL;

	*count = 0;
	if (sb_mul(n, sizeof *fields, &room) && sb_feed_keep(feed, room))
		fields = sb_arena_array(scratch, (size_t)n, sizeof *fields);
	if (!fields)
		sb_feed_no_memory(feed);
	for (uint64_t i = 0; i < n && !feed->rc; i++) {
		fields[i].offset = sb_feed_uint(feed, 8);
		fields[i].length = sb_feed_uint(feed, 8);
		fields[i].kind = (enum sb_field_kind)below(feed, SB_FIELD_INODE);
		fields[i].encoding = (enum sb_encoding)below(feed, SB_ENC_PDF_TIME);
		fields[i].derived.algorithm = (enum sb_derive_algorithm)below(feed, SB_DERIVE_POSITION);
		fields[i].derived.over_offset = sb_feed_uint(feed, 8);
		fields[i].derived.over_length = sb_feed_uint(feed, 8);
		fields[i].derived.decoded = (uint32_t)sb_feed_uint(feed, 4);
		fields[i].derived.unpacked = below(feed, 1);
		bool has_inside = sb_feed_flag(feed);
		struct sb_span inside = span(feed, arena);
		fields[i].derived.inside = has_inside ? inside : (struct sb_span){0};
		fields[i].derived.base = sb_feed_uint(feed, 8);
		read_pieces(feed, arena, &fields[i].derived);
		fields[i].name = name(feed, arena);
	}
	*out = fields;
	*count = feed->rc ? 0 : (size_t)n;
}
