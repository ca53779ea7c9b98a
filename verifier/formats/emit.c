/* SPDX-License-Identifier: Apache-2.0 */
/* The phrases that formats share. */
#include "verifier/formats/emit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

int sb_no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

int sb_damaged(struct sb_err *err, const char *id, uint64_t offset, const char *text)
{
	int rc = sb_fail(err, SB_FORMAT, id, "%s", text);
	if (err)
		err->offset = offset;
	return rc;
}

int sb_emit_layout(struct sb_view *view, const struct sb_region *region, const struct sb_layout_row *rows, size_t count,
		   struct sb_err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < count; i++) {
		const struct sb_layout_row *row = &rows[i];
		if ((uint64_t)row->at + row->length > region->length)
			continue;
		struct sb_field field = {
			.offset = region->offset + row->at,
			.length = row->length,
			.kind = row->kind,
			.encoding = row->encoding,
			.name = row->name,
			.derived.algorithm = row->algorithm,
		};
		if (row->decoded)
			field.derived.decoded = region->member;
		if (!row->decoded && row->algorithm != SB_DERIVE_NONE) {
			field.derived.over_offset = region->offset;
			field.derived.over_length = row->over;
		}
		rc = sb_emit_field(view, &field, err);
	}
	return rc;
}

int sb_emit_remark(struct sb_view *view, struct sb_notice notice, struct sb_err *err, const char *fmt, ...)
{
	char text[768];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	if (!(notice.text = sb_arena_copy(view->arena, sb_span_text(text))))
		return sb_no_memory(err);
	return sb_emit_notice(view, &notice, err);
}

int sb_keep(struct sb_view *view, struct sb_span raw, struct sb_span *out, struct sb_err *err)
{
	const char *copy = sb_arena_copy(view->arena, raw);
	if (!copy)
		return sb_no_memory(err);
	*out = sb_span_of(copy, raw.n);
	return 0;
}

int sb_emit_rest(struct sb_view *view, uint64_t at, const char *zeros, struct sb_err *err)
{
	struct sb_region rest = {.offset = at, .length = view->file.n - at, .kind = SB_REGION_PADDING, .name = zeros};
	struct sb_span bytes;

	if (!sb_span_cut(view->file, at, rest.length, &bytes) || sb_reading_all_zero(view->reading, bytes))
		return sb_emit_region(view, &rest, err);
	rest.kind = SB_REGION_OVERLAY;
	rest.name = "overlay";
	int rc = sb_emit_remark(view, (struct sb_notice){.id = "archive-trailing", .offset = at, .refuse_drop = true},
				err, "%llu bytes follow the end", (unsigned long long)rest.length);
	return rc ? rc : sb_emit_region(view, &rest, err);
}

unsigned sb_magic(struct sb_span file, uint64_t at, const void *magic, size_t n)
{
	struct sb_span found;
	return sb_span_cut(file, at, n, &found) && memcmp(found.p, magic, n) == 0 ? (unsigned)(8 * n) : 0;
}

/* "a.tar.xz" → "a.tar", "a.txz" → "a.tar"; what has no such suffix is simply the payload. */
static char *payload_name(struct sb_arena *arena, const char *hint, const char *const *suffixes)
{
	size_t n = strlen(hint);

	for (; *suffixes; suffixes++) {
		size_t tail = strlen(*suffixes);
		if (n <= tail || strcasecmp(hint + n - tail, *suffixes) != 0)
			continue;
		const char *end = (*suffixes)[1] == 't' ? ".tar" : "";
		return sb_arena_printf(arena, "%.*s%s", (int)(n - tail), hint, end);
	}
	return sb_arena_copy(arena, sb_span_text("payload"));
}

int sb_emit_payload(struct sb_view *view, const char *hint, const char *const *suffixes, const struct sb_member *member,
		    struct sb_err *err)
{
	struct sb_member payload = *member;
	const char *name = payload_name(view->arena, hint, suffixes);

	if (!name)
		return sb_no_memory(err);
	payload.name = sb_span_text(name);
	payload.type = SB_MEMBER_PART;
	return sb_emit_member(view, &payload, err);
}

/* Two plain slices that are one. */
static bool joins(const struct sb_slice *last, const struct sb_slice *next)
{
	if (last->codec != next->codec || !sb_slice_is_plain(last))
		return false;
	return sb_slice_is_absent(last) || (last->skip == 0 && next->skip == 0 && last->size == last->length && next->size == next->length &&
						last->offset + last->length == next->offset);
}

static size_t join_slices(struct sb_slice *out, const struct sb_slice *slices, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		struct sb_slice *last = n ? &out[n - 1] : NULL;
		if (slices[i].size == 0)
			continue;
		if (last && joins(last, &slices[i])) {
			last->length += slices[i].length;
			last->whole += slices[i].whole;
			last->size += slices[i].size;
		} else {
			out[n++] = slices[i];
		}
	}
	return n;
}

/* The range that holds all of them. */
static void enclose(struct sb_member *member)
{
	uint64_t from = UINT64_MAX, to = 0;

	member->size = 0;
	for (uint32_t i = 0; i < member->slice_count; i++) {
		const struct sb_slice *slice = &member->slices[i];
		member->size += slice->size;
		if (sb_slice_is_absent(slice))
			continue;
		from = slice->offset < from ? slice->offset : from;
		to = slice->offset + slice->length > to ? slice->offset + slice->length : to;
	}
	member->offset = to ? from : 0;
	member->length = to ? to - from : 0;
}

int sb_emit_sliced(struct sb_view *view, struct sb_member *member, const struct sb_slice *slices, size_t count, struct sb_err *err)
{
	struct sb_slice *kept = sb_arena_array(view->arena, count, sizeof *kept);

	if (!kept)
		return sb_no_memory(err);
	member->slices = kept;
	member->slice_count = (uint32_t)join_slices(kept, slices, count);
	member->codec = SB_CODEC_SLICES;
	enclose(member);
	bool plain = member->slice_count == 0 || (member->slice_count == 1 && kept->codec == SB_CODEC_NONE && kept->skip == 0 && kept->size == kept->length);
	if (plain) {
		member->codec = SB_CODEC_NONE;
		member->slices = NULL;
		member->slice_count = 0;
	}
	return sb_emit_member(view, member, err);
}

enum sb_member_type sb_type_of_mode(uint64_t mode)
{
	switch (mode & 0170000) {
	case 0100000:
		return SB_MEMBER_FILE;
	case 0040000:
		return SB_MEMBER_DIR;
	case 0120000:
		return SB_MEMBER_SYMLINK;
	case 0020000:
		return SB_MEMBER_CHAR;
	case 0060000:
		return SB_MEMBER_BLOCK;
	case 0010000:
		return SB_MEMBER_FIFO;
	case 0140000:
		return SB_MEMBER_SOCKET;
	}
	return SB_MEMBER_UNKNOWN;
}
