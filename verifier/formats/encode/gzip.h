/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the room: deflate as GNU gzip and Info-ZIP make it. They look for matches as zlib does, but end a block early where little is found in it, and
 * the former looks beyond the end of the content. Three steps: search finds matches, block collects them and chooses a form, code makes prefix codes.
 * Source: RFC 1951 for the format; what GNU gzip 1.12 and Zip 3.0 write for the choices.
 */
#ifndef VERIFIER_FORMATS_ENCODE_GZIP_H
#define VERIFIER_FORMATS_ENCODE_GZIP_H

#include "verifier/formats/encode/encoder.h"

/* ---- prefix codes ---- */

enum { SB_LITERALS = 286, SB_DISTANCES = 30, SB_END_OF_BLOCK = 256, SB_CODE_MOST = 288, SB_CODE_BITS = 15 };

/** A prefix code: of each symbol its word, first bit lowest, and how many bits it has; 0: the symbol does not occur. */
struct sb_prefix_code {
	uint16_t word[SB_CODE_MOST];
	uint8_t bits[SB_CODE_MOST];
};

/**
 * The code of @symbols symbols that occur @often times, in words of at most @longest bits. At least two have one: where fewer occur, the first others.
 * Returns how many symbols there are up to the last one with a word.
 */
unsigned sb_prefix_code_make(const uint16_t *often, unsigned symbols, unsigned longest, struct sb_prefix_code *out);
/** The words of a code whose bits are set. Source: RFC 1951, 3.2.2. */
void sb_prefix_code_words(struct sb_prefix_code *code, unsigned symbols);

/* ---- blocks ---- */

/** Bits on their way to where they are held against those that are expected. */
struct sb_bits {
	struct sb_encoding_again *again;
	uint64_t held;
	unsigned count; /* of the bits held */
	size_t used;
	uint8_t bytes[SB_ENCODER_PIECE];
	bool parted;    /* others came out; whatever comes then is dropped */
};

/** A literal byte, or a match of so many bytes beyond the shortest. */
struct sb_symbol {
	uint16_t distance; /* 0: a literal */
	uint8_t value;
};

enum { SB_SYMBOLS_MOST = 0x7fff, SB_MATCH_LEAST = 3, SB_MATCH_MOST = 258 };

struct sb_block {
	struct sb_symbol symbols[SB_SYMBOLS_MOST];
	unsigned count, matches;
	uint16_t literals[SB_LITERALS], distances[SB_DISTANCES]; /* how often each occurs */
};

void sb_block_begin(struct sb_block *block);
/** There must be room. */
void sb_block_add(struct sb_block *block, struct sb_symbol symbol);
/** Little was found in the @n bytes of the block: another code may do better with what follows. Asked at every 4,096th symbol. */
bool sb_block_is_poor(const struct sb_block *block, uint64_t n);
/** Out in the shortest of the three forms. @stored is the content of the block, or without bytes when it is not at hand any more. */
void sb_block_write(const struct sb_block *block, struct sb_span stored, bool last, struct sb_bits *bits);
/** Whole bytes out. False when other bytes came out than are expected. */
SB_MUST_USE bool sb_bits_flush(struct sb_bits *bits);
/** The last byte filled up with zeros. */
void sb_bits_align(struct sb_bits *bits);

/* ---- matches ---- */

enum { SB_WINDOW = 1 << 15, SB_HASHES = 1 << 15 };

/** How hard a level tries. */
struct sb_effort {
	uint16_t good;  /* a match of that length at hand: a quarter of the tries is enough */
	uint16_t lazy;  /* and of that one: none. Of a level that is not lazy: longer ones are not remembered whole */
	uint16_t nice;  /* a match of that length ends the search */
	uint16_t tries;
	bool is_lazy;   /* whether the next byte begins a longer match is looked at first */
	bool parts;     /* poor blocks end early */
};

/** The content on its way through two windows, of which the lower one is left when the upper one is nearly read. */
struct sb_search {
	uint8_t bytes[2 * SB_WINDOW];
	uint16_t newest[SB_HASHES], older[SB_WINDOW]; /* places with one hash, newest first; 0: none */
	unsigned at, ahead;  /* the place, and how many bytes are known from it on */
	unsigned found;      /* where the bytes of the last match stood before */
	int64_t block;       /* where the block begins; below 0: its first bytes have left the window */
	bool ended;
	bool past;           /* a match may go on in what lies behind the content, and is cut after it was chosen */
	const struct sb_effort *effort;
};

/** Take in what fits of @content, and cut it off, until enough is known to go on. False when more must come first. */
SB_MUST_USE bool sb_search_fill(struct sb_search *search, struct sb_span *content, bool last);
/** Remember the place. Returns the newest one before it with the same hash; 0: none. */
unsigned sb_search_remember(struct sb_search *search);
/** Whether a match may begin at the remembered place @candidate. */
bool sb_search_reaches(const struct sb_search *search, unsigned candidate);
/** The longest match that is longer than @least, the newest of that length, becomes the one that was found. Returns its length, or @least. */
unsigned sb_search_longest(struct sb_search *search, unsigned candidate, unsigned least);

#endif
