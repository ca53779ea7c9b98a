/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blobs that no format describes, in which known things lie at aligned places: behind a vendor's header, one behind the other as they are
 * written to flash. The known things are members, the rest is compared raw. Nothing is guessed: a thing is known by its magic and by what its
 * own format's probe says, and is as long as it states itself or goes on to the next one.
 */
#include "verifier/formats/rows.h"
#include "verifier/formats/tiles.h"

#include <string.h>

/* Vendors' headers are 32 to 256 bytes long or fill a block; what is flashed begins with a block. */
enum { NEAR = 4096, NEAR_STEP = 16, STEP = 256, MOST_MEMBERS = 1024, SMALLEST = 512 };
/* How far a probe looks, which may cost no more than this much to be read of any file. */
enum { PROBED = 4 << 20 };

/** How long a thing is. */
enum extent {
	TO_NEXT, /* it does not say: to the next known thing */
	TO_END,  /* it owns what follows itself */
	STATED,  /* a number in its header, plus what that does not count */
};

struct known {
	const char *magic;
	uint8_t length;            /* of the magic */
	const struct sb_format *format; /* NULL: none is here, the magic decides */
	const char *name;
	enum extent extent;
	uint8_t at, width, more;   /* of STATED: where the number stands, and what is added */
	bool big_endian;
};

static const struct known table[] = {
	{"\x27\x05\x19\x56", 4, &sb_format_uimage, "uimage", STATED, 12, 4, 64, true},
	{"HDR0", 4, &sb_format_trx, "trx", STATED, 4, 4, 0, false},
	{"\xd0\x0d\xfe\xed", 4, &sb_format_fit, "fit", TO_END, 0, 0, 0, false},
	{"\xd0\x0d\xfe\xed", 4, &sb_format_dtb, "dtb", STATED, 4, 4, 0, true},
	{"ANDROID!", 8, &sb_format_android, "android", TO_END, 0, 0, 0, false},
	{"hsqs", 4, NULL, "squashfs", STATED, 40, 8, 0, false},
	{"-rom1fs-", 8, NULL, "romfs", STATED, 8, 4, 0, true},
	{"\x45\x3d\xcd\x28", 4, NULL, "cramfs", STATED, 4, 4, 0, false},
	{"UBI#\x01", 5, NULL, "ubi", TO_END, 0, 0, 0, false},
	{"070701", 6, &sb_format_cpio, "cpio", TO_END, 0, 0, 0, false},
	{"\xfd" "7zXZ\0\0", 7, &sb_format_xz, "xz", TO_NEXT, 0, 0, 0, false},
	{"\x1f\x8b\x08", 3, &sb_format_gzip, "gzip", TO_NEXT, 0, 0, 0, false},
};

static uint64_t extent_of(struct sb_span rest, const struct known *known)
{
	struct sb_rd rd = sb_rd_of(rest, known->big_endian);
	uint64_t length;

	if (known->extent != STATED)
		return rest.n;
	sb_rd_seek(&rd, known->at);
	length = sb_rd_uint(&rd, known->width);
	return !rd.bad && sb_add(length, known->more, &length) && length > known->more && length <= rest.n ? length : 0;
}

/* A gzip header without a name says little: those of the usual packers say a little more, RFC 1952, 2.3.1. */
static bool is_likely(struct sb_span rest, const struct known *known)
{
	return known->format != &sb_format_gzip || (rest.n > 18 && (rest.p[3] & ~0x0c) == 0 && (rest.p[8] & ~0x06) == 0 && (rest.p[9] == 3 || rest.p[9] == 0 || rest.p[9] == 0xff));
}

/* What lies at the start of @rest, and its length; NULL when nothing that is known does. */
static const struct known *known_at(struct sb_span rest, uint64_t *length)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct known *known = &table[i];
		if (!sb_span_starts(rest, known->magic, known->length) || !is_likely(rest, known) || (known->format && !known->format->probe(rest, "")))
			continue;
		*length = extent_of(rest, known);
		if (*length)
			return known;
	}
	return NULL;
}

/* The next known thing at or behind @at and before @end; false when there is none. */
static bool find(struct sb_reading *reading, struct sb_span file, uint64_t at, uint64_t end, uint64_t *found, const struct known **known, uint64_t *length)
{
	for (uint64_t step; at < end; at += step) {
		step = at < NEAR ? NEAR_STEP : STEP;
		at = (at + step - 1) / step * step;
		if (at >= end)
			return false;
		sb_reading_more(reading, (size_t)step);
		*known = known_at(sb_span_of(file.p + at, file.n - at), length);
		*found = at;
		if (*known)
			return true;
	}
	return false;
}

static int add(struct sb_tiles *tiles, struct sb_view *view, const struct known *known, uint64_t at, uint64_t length, struct sb_err *err)
{
	const char *name = sb_arena_printf(view->arena, "%s %zu", known->name, view->members.count + 1);
	return name ? sb_tiles_add_part(tiles, view, name, at, length, err) : sb_no_memory(err);
}

static int add_all(struct sb_tiles *tiles, struct sb_view *view, struct sb_err *err)
{
	const struct known *known, *next = NULL;
	uint64_t at, length, behind = 0, behind_length = 0;
	bool more = find(view->reading, view->file, NEAR_STEP, view->file.n, &at, &known, &length);
	int rc = 0;

	while (!rc && more) {
		if (view->members.count == MOST_MEMBERS)
			return sb_damaged(err, "archive-damaged", at, "more known things than a firmware has");
		more = find(view->reading, view->file, at + (known->extent == TO_NEXT ? STEP : length), view->file.n, &behind, &next, &behind_length);
		if (known->extent == TO_NEXT && more)
			length = behind - at;
		rc = add(tiles, view, known, at, length, err);
		at = behind;
		known = next;
		length = behind_length;
	}
	return rc ? rc : sb_tiles_emit(tiles, view, err);
}

static int open_blob(struct sb_view *view, const char *hint, struct sb_err *err)
{
	SB_TILES struct sb_tiles tiles = {0};
	(void)hint;
	return add_all(&tiles, view, err);
}

/* The weakest of all: only where nobody else knows the file. */
static unsigned probe(struct sb_span file, const char *hint)
{
	const struct known *known;
	uint64_t at, length;

	(void)hint;
	return file.n >= SMALLEST && find(NULL, file, NEAR_STEP, file.n < PROBED ? file.n : PROBED, &at, &known, &length) ? 1 : 0;
}

const struct sb_format sb_format_raw = {
	.name = "raw",
	.spec = "none: what is known by the magics of other formats, at aligned places",
	.version = 1,
	.probe = probe,
	.open = open_blob,
	.container = true,
	.last_resort = true,
};
