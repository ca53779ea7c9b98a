/* SPDX-License-Identifier: Apache-2.0 */
/* The public face of the room: what stages call. */
#ifndef VERIFIER_FORMATS_FORMATS_H
#define VERIFIER_FORMATS_FORMATS_H

#include "verifier/formats/format.h"

/** The table, in order; *count rows. */
const struct sb_format *const *sb_formats_table(size_t *count);
/** The format whose probe matches most bits of @file, or NULL. One that has to be confirmed may decode some of it. */
const struct sb_format *sb_formats_probe(struct sb_span file, const char *hint);
/** The same without decoding anything. @otherwise: what it is when the answer has to be confirmed and is not. */
const struct sb_format *sb_formats_guess(struct sb_span file, const char *hint, const struct sb_format **otherwise);
const struct sb_format *sb_formats_named(const char *name);

/**
 * Describe @file as @format. @file is borrowed for the life of @view; everything else lives in @arena.
 * Checks the tiling afterwards: a hole or overlap is INTERNAL "tiling-violated".
 * Errors: FORMAT (offset set), LIMIT, NOMEM; @view is then unusable and the bytes must be treated as opaque.
 */
SB_MUST_USE int sb_view_open(const struct sb_format *format, struct sb_span file, const char *hint, struct sb_arena *arena,
                             struct sb_view *view, struct sb_err *err);
/** The same of a mapped @file, of which is said how much was read. */
SB_MUST_USE int sb_view_open_read(const struct sb_format *format, struct sb_span file, const char *hint, struct sb_arena *arena,
                                  struct sb_reading *reading, struct sb_view *view, struct sb_err *err);
/** Fill view->fields for @region, sorted by offset. No fields when the format has no describe(). */
SB_MUST_USE int sb_view_describe(struct sb_view *view, const struct sb_region *region, struct sb_err *err);
/** view->fields as an unordered list becomes what sb_view_describe promises. Errors: INTERNAL "tiling-violated". */
SB_MUST_USE int sb_view_settle(struct sb_view *view, const struct sb_region *region, struct sb_err *err);
/** Name of the innermost thing at @offset of @region, in @arena; NULL when there is none or the format does not say. */
const char *sb_view_locate(const struct sb_view *view, const struct sb_region *region, uint64_t offset, struct sb_arena *arena);
/** As acted_on of the format; true where the answer does not come. */
SB_MUST_USE bool sb_view_acted_on(struct sb_view *view, const struct sb_place *place);
/** Does a file of this format hold what was packed, and say how? Only then may times, fill and stated sizes be the packer's. */
static inline bool sb_format_packs(const struct sb_format *format)
{
	return format->archive || format->container || format->compression;
}
/** Who answers what can be asked of an executable file; NULL when the format is none. Call it with @view and no other. */
static inline const struct sb_image_format *sb_view_image(const struct sb_view *view)
{
	return view->source && view->format->image ? view->source->image : view->format->image;
}
/** The same of who says what a file means. */
static inline const struct sb_meaning_format *sb_view_meaning(const struct sb_view *view)
{
	return view->source && view->format->meaning ? view->source->meaning : view->format->meaning;
}
/** A view without parts yet, with the ceilings of the room. */
void sb_view_init(struct sb_view *view, const struct sb_format *format, struct sb_span file, struct sb_arena *arena);
/** What nobody has to trust a format in: regions tile the file, members lie inside. Errors: INTERNAL "tiling-violated". */
SB_MUST_USE int sb_view_check(const struct sb_view *view, struct sb_err *err);
void sb_view_release(struct sb_view *view);

static inline const struct sb_region *sb_view_region(const struct sb_view *view, size_t i)
{
	return (const struct sb_region *)sb_vec_at(&view->regions, i);
}
/** The region that holds the byte at @offset; NULL beyond the end. Regions ascend and tile. */
const struct sb_region *sb_view_region_at(const struct sb_view *view, uint64_t offset);
/** The first region of that name, or NULL. */
const struct sb_region *sb_view_region_named(const struct sb_view *view, const char *name);
/** The same of one kind: what a format calls its headers and containers, a section of the file may be called too. */
const struct sb_region *sb_view_region_of(const struct sb_view *view, enum sb_region_kind kind, const char *name);
static inline const struct sb_member *sb_view_member(const struct sb_view *view, size_t i)
{
	return (const struct sb_member *)sb_vec_at(&view->members, i);
}

/** Number that a field holds, by its encoding; false when it does not hold one. */
SB_MUST_USE bool sb_field_number(struct sb_span bytes, enum sb_encoding encoding, uint64_t *out);
/** Seconds since 1970 of a date that exists and is written in the one form of its encoding; false for any other. */
SB_MUST_USE bool sb_calendar_seconds(struct sb_span bytes, enum sb_encoding encoding, uint64_t *out);

/** A time as precise as it is written: @seconds since 1970, a multiple of @unit (1, 2 or a day). */
struct sb_moment {
	uint64_t seconds, unit;
};
/** What a field of kind TIME says; what has no time zone counts as UTC. False for an encoding that is not known, or a time that does not exist. */
SB_MUST_USE bool sb_field_moment(struct sb_span bytes, enum sb_encoding encoding, struct sb_moment *out);

/** How much may come out of decoding; shared by everything of one run. */
struct sb_unpack_budget {
	uint64_t packed;     /* size of the outermost input */
	uint64_t unpacked;   /* so far; updated atomically */
	uint64_t most;       /* SB_LIMIT_UNPACKED_TOTAL or the manifest's */
};

/**
 * Decode the content of @member of @file into a private blob (memory when small, spool when large).
 * @consumed  encoded bytes that the decoder used; less than member->length means that something follows the stream.
 * Errors: FORMAT "decode-failed" (offset), LIMIT (ratio, member size, total), IO, NOMEM, ABSENT (codec not built in).
 */
SB_MUST_USE int sb_formats_decode(struct sb_span file, const struct sb_member *member, struct sb_unpack_budget *budget,
                                  struct sb_blob *out, uint64_t *consumed, struct sb_err *err);

/** Where decoded bytes go as they come, instead of a blob. */
struct sb_outlet {
	void *ctx;
	int (*room)(void *ctx, uint8_t **p, size_t *n, struct sb_err *err); /* room for at least one byte */
	int (*took)(void *ctx, size_t n, struct sb_err *err);               /* @n bytes of the room were filled */
};
/** As sb_formats_decode, but nothing is collected and no limit but the decoder's own is judged: that is for who reads the other end. */
SB_MUST_USE int sb_formats_decode_into(struct sb_span file, const struct sb_member *member, const struct sb_outlet *outlet, uint64_t *consumed,
                                       struct sb_err *err);

/**
 * Collects decoded bytes: in memory while they are few, then in an unlinked spool; judges the limits on the way. The decoder writes straight
 * into the room that the sink offers, so that nothing is copied twice.
 */
struct sb_sink {
	const struct sb_outlet *outlet;  /* instead of all below, or NULL */
	uint8_t *bytes;                  /* memory of a small result, later the piece that is filled next */
	size_t used, room;
	int spool;                       /* -1 while everything is in memory */
	uint64_t total, packed;          /* decoded so far, encoded size of the member */
	uint64_t expect;                 /* decoded size as declared, UINT64_MAX: unknown; decoders of single blocks need it */
	struct sb_unpack_budget *budget; /* may be NULL */
};

/** @expect  decoded size as declared, UINT64_MAX when unknown: only a hint for the first allocation. */
SB_MUST_USE int sb_sink_open(struct sb_sink *sink, uint64_t packed, uint64_t expect, struct sb_unpack_budget *budget, struct sb_err *err);
/** Room for at least one byte at *p. Errors: NOMEM, IO. */
SB_MUST_USE int sb_sink_room(struct sb_sink *sink, uint8_t **p, size_t *n, struct sb_err *err);
/** @n bytes of the room were filled. Errors: LIMIT. */
SB_MUST_USE int sb_sink_took(struct sb_sink *sink, size_t n, struct sb_err *err);
/** Copy @bytes into as many rooms as it takes. Errors: as of both above. */
SB_MUST_USE int sb_sink_put(struct sb_sink *sink, struct sb_span bytes, struct sb_err *err);
/** Hand the collected bytes to @out; the sink is empty afterwards. */
SB_MUST_USE int sb_sink_finish(struct sb_sink *sink, struct sb_blob *out, struct sb_err *err);
void sb_sink_release(struct sb_sink *sink);

/** What a slice gives to its member, cut out of its decoded bytes as they come. */
struct sb_slice_cut {
	const struct sb_slice *slice;
	uint64_t seen; /* decoded bytes so far */
};
/** The next decoded bytes. Errors: FORMAT "decode-failed" when they are more than the slice declares; as of sb_sink_put. */
SB_MUST_USE int sb_slice_put(struct sb_slice_cut *cut, struct sb_span bytes, struct sb_sink *sink, struct sb_err *err);
/** There are no more. Errors: FORMAT "decode-failed" when they are fewer than the slice declares. */
SB_MUST_USE int sb_slice_end(const struct sb_slice_cut *cut, struct sb_err *err);
/** Does a slice need no decoder? */
static inline bool sb_slice_is_plain(const struct sb_slice *slice)
{
	return slice->codec == SB_CODEC_NONE || slice->codec == SB_CODEC_HOLE || slice->codec == SB_CODEC_ERASED;
}
/** Is nothing of a slice in the file? */
static inline bool sb_slice_is_absent(const struct sb_slice *slice)
{
	return slice->codec == SB_CODEC_HOLE || slice->codec == SB_CODEC_ERASED;
}
/** A plain slice of @file to @sink. Errors: INTERNAL when it lies outside; as of sb_sink_put. */
SB_MUST_USE int sb_slice_copy(struct sb_span file, const struct sb_slice *slice, struct sb_sink *sink, struct sb_err *err);

/*
 * Encoders at hand. A content has many encoded forms, and a form that one fixed encoder gives for it says nothing that the content does not say:
 * whoever packed it so chose the encoder, and not one byte.
 */

/** How many settings of an encoder for @codec are known; they are numbered from 0. None: 0. */
unsigned sb_encoder_settings(enum sb_codec codec);
/** "zlib 1.2.13, level 6" into @out, cut when it is too short. One that is not known is "no encoder". */
void sb_encoder_describe(enum sb_codec codec, unsigned setting, char *out, size_t room);

/** What came of encoding a content again. */
struct sb_encoded_again {
	bool same;        /* to the last byte what lies there */
	uint64_t form;    /* what the form itself says of how it was made: dictionary, checks, division into blocks. One encoder: forms of two contents agree in it */
	uint64_t content; /* bytes of the content that were encoded until that was known */
};

/**
 * Decode @member of @file, encode what comes with @setting, and compare with the encoded bytes as it goes. Ends at the first byte that differs.
 * @member  codec, offset, length and size count; a content that is not as long as the size says is not the same.
 * Errors: FORMAT "decode-failed"; LIMIT, NOMEM. An encoder that needs more memory than DECODER_MEMORY does not give the same.
 */
SB_MUST_USE int sb_formats_encode_again(struct sb_span file, const struct sb_member *member, unsigned setting, struct sb_encoded_again *out,
                                        struct sb_err *err);

#endif
