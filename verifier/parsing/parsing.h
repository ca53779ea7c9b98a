/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parsing and decoding of foreign bytes in processes that can do nothing else. A worker sees one side of one artifact, answers with records
 * that are checked like any foreign input, and is replaced when it dies, hangs or exceeds a limit; its bytes are then opaque, never equal.
 */
#ifndef VERIFIER_PARSING_PARSING_H
#define VERIFIER_PARSING_PARSING_H

#include "verifier/formats/formats.h"

/** Makes workers: a process of its own that has nothing, not even the files of whoever started it. Calls may come from any thread. */
struct sb_parsers;

/** All zero: as the product has it. */
struct sb_parsers_options {
	const struct sb_format *const *formats; /* as many as in the table of the product, and in their places: how tests get a hostile one in */
	unsigned silence;                       /* ms without a word after which a worker counts as hung; 0: SB_LIMIT_PARSER_SILENCE */
	uint64_t data;                          /* bytes of heap of a worker; 0: SB_LIMIT_PARSER_MEMORY */
	struct sb_progress *progress;           /* asked for a stop; may be NULL */
};

/**
 * Start the process that workers are forked from. The caller must have no threads and should hold nothing foreign or secret yet.
 * Errors: IO "parser-start", NOMEM.
 */
SB_MUST_USE int sb_parsers_start(const struct sb_parsers_options *options, struct sb_parsers **out, struct sb_err *err);
/** Ends it and all workers. Accepts NULL, nulls the pointer. Nothing that came from the pool may be used afterwards but plain data. */
void sb_parsers_stop(struct sb_parsers **parsers);
/** Walls around the workers; borrowed from @parsers. Of NULL: nothing, since there are no workers. */
struct sb_properties sb_parsers_walls(const struct sb_parsers *parsers);

/** One side of one artifact, or one archive of a drop: the workers that see it, and no others do. */
struct sb_parser_side;
/** @parsers  NULL: everything is done in this process, without walls. NULL when out of memory. */
SB_MUST_USE struct sb_parser_side *sb_parser_side_new(struct sb_parsers *parsers);
/** Limits of one worker of a side: of its heap, and of what it makes the core remember of one file. */
struct sb_parser_ceilings {
	enum sb_limit_row memory, records; /* PARSER_MEMORY and PARTS_BYTES unless said */
};
/** Before the side is used. */
void sb_parser_side_allow(struct sb_parser_side *side, struct sb_parser_ceilings ceilings);
/** End the workers, and keep what is needed to ask about views again. */
void sb_parser_side_rest(struct sb_parser_side *side);
/** Accepts NULL, nulls the pointer. Views of the side must not be asked afterwards. */
void sb_parser_side_free(struct sb_parser_side **side);

/** Foreign bytes as a worker gets them: by a descriptor that it can only read. */
struct sb_source {
	struct sb_span bytes;
	int fd;          /* read-only, owned; -1: not made yet */
	int origin;      /* borrowed until sb_source_close; -1: none, the bytes are copied */
	uint64_t offset; /* of the bytes in either */
	uint64_t id;     /* among the sources of its side */
	struct sb_reading *reading; /* of the bytes, or NULL */
};
/** @blob  what the bytes lie in, or NULL; a large one is handed on by descriptor, anything else by a copy. */
void sb_source_init(struct sb_source *source, struct sb_parser_side *side, struct sb_reading *reading, struct sb_span bytes,
                    const struct sb_blob *blob);
/** The part @bytes of @whole, which must stay open until this source is closed. */
void sb_source_cut(struct sb_source *source, struct sb_parser_side *side, struct sb_span bytes, const struct sb_source *whole);
/**
 * Where the bytes come from goes away, and views may still be asked: keep the descriptor that a worker was given while *room lasts, which
 * then shrinks; it is shared by threads.
 */
void sb_source_rest(struct sb_source *source, unsigned *room);
/** Give the descriptors back. Views of the source can still be asked: then the bytes are copied. */
void sb_source_close(struct sb_source *source);

/**
 * sb_formats_probe, of which a worker does what wants decoding; *out is NULL when no format recognises it.
 * Errors: INTERNAL "parser-failed", LIMIT, INTERRUPTED, NOMEM, IO.
 */
SB_MUST_USE int sb_parsing_probe(struct sb_parser_side *side, struct sb_source *source, const char *hint, const struct sb_format **out,
                                 struct sb_err *err);

/**
 * sb_view_open in a worker: the view holds the same parts, and describing and locating go back to a worker.
 * Errors: as sb_view_open; INTERNAL "parser-failed" when the worker died, hung or answered nonsense, LIMIT "limit-exceeded" when it ran into a
 * ceiling of its own; INTERRUPTED, NOMEM, IO.
 * @source  must live as long as the view.
 */
SB_MUST_USE int sb_parsing_open(struct sb_parser_side *side, struct sb_source *source, const struct sb_format *format, const char *hint,
                                struct sb_arena *arena, struct sb_view *view, struct sb_err *err);

/** One member to decode, and what came of it. */
struct sb_decoding {
	const struct sb_member *member;
	struct sb_blob blob;   /* when rc is 0; the caller's */
	uint64_t consumed;
	int rc;                /* FORMAT, LIMIT, INTERNAL "parser-failed", IO */
	struct sb_err why;
};
/** Decode members of @source in one go. After INTERNAL in one of them the others are still tried. Errors: NOMEM, INTERRUPTED. */
SB_MUST_USE int sb_parsing_decode(struct sb_parser_side *side, struct sb_source *source, struct sb_decoding *items, size_t count,
                                  struct sb_unpack_budget *budget, struct sb_err *err);

/**
 * sb_formats_encode_again of the file of @view, in a worker where there is one. After a failure @out says that nothing was the same.
 * Errors: as sb_formats_encode_again; as of sb_parsing_open.
 */
SB_MUST_USE int sb_parsing_encode_again(const struct sb_view *view, const struct sb_member *member, unsigned setting, struct sb_encoded_again *out,
                                        struct sb_err *err);

/** Fields of several regions of one view. */
struct sb_description {
	const struct sb_region *region;
	struct sb_field *fields; /* in the scratch arena; their names in the view's */
	size_t count;
	int rc;                  /* of describing; no fields then */
};
/** sb_view_describe of many regions in one go. Errors: NOMEM, INTERRUPTED, INTERNAL "parser-failed". */
SB_MUST_USE int sb_parsing_describe(struct sb_view *view, struct sb_description *items, size_t count, struct sb_arena *scratch, struct sb_err *err);

#endif
