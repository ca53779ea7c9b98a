/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: one row an encoder, of which a codec may have several, and what its output is held against. */
#ifndef VERIFIER_FORMATS_ENCODE_ENCODER_H
#define VERIFIER_FORMATS_ENCODE_ENCODER_H

#include "verifier/formats/formats.h"

/** An encoding on its way. */
struct sb_encoding_again {
	struct sb_span expected;    /* the encoded bytes that lie there */
	uint64_t size;              /* of the content */
	size_t at;                  /* so many of them came out */
	uint64_t form;              /* as in struct sb_encoded_again */
	void *own;                  /* of the encoder */
};

struct sb_encoder {
	enum sb_codec codec;
	unsigned settings;
	/** *own is set when something is to be closed. Errors: FORMAT when such a form is none of this encoder; NOMEM. */
	int (*open)(struct sb_encoding_again *again, unsigned setting, struct sb_err *err);
	/** The next bytes of the content, or with @last its end. False as soon as another byte comes out than is expected, or none can. */
	bool (*put)(struct sb_encoding_again *again, struct sb_span content, bool last);
	void (*close)(struct sb_encoding_again *again);
	void (*describe)(unsigned setting, char *out, size_t room);
};

extern const struct sb_encoder sb_encoder_deflate, sb_encoder_gzip, sb_encoder_info_zip, sb_encoder_zlib, sb_encoder_bzip2, sb_encoder_xz, sb_encoder_lzma, sb_encoder_zstd;

/** The next @n bytes came out: are they those that are expected? */
SB_MUST_USE bool sb_encoder_gave(struct sb_encoding_again *again, const uint8_t *bytes, size_t n);

/** Room for what comes out of an encoder at once. */
enum { SB_ENCODER_PIECE = 8 << 10 };

#endif
