/* SPDX-License-Identifier: Apache-2.0 */
/* From encoded bytes by their decoder to an encoder, and back to the encoded bytes. */
#include "verifier/formats/encode/encoder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENCODERS = 8 };

static const struct sb_encoder *const encoders[ENCODERS] = {
	&sb_encoder_deflate, &sb_encoder_gzip, &sb_encoder_info_zip, &sb_encoder_zlib, &sb_encoder_bzip2, &sb_encoder_xz, &sb_encoder_lzma, &sb_encoder_zstd,
};

unsigned sb_encoder_settings(enum sb_codec codec)
{
	unsigned settings = 0;

	for (size_t i = 0; i < ENCODERS; i++)
		settings += encoders[i]->codec == codec ? encoders[i]->settings : 0;
	return settings;
}

/* A setting of a codec is one of the first encoder that has any left. NULL when there are not so many. */
static const struct sb_encoder *encoder_of(enum sb_codec codec, unsigned *setting)
{
	for (size_t i = 0; i < ENCODERS; i++) {
		if (encoders[i]->codec != codec)
			continue;
		if (*setting < encoders[i]->settings)
			return encoders[i];
		*setting -= encoders[i]->settings;
	}
	return NULL;
}

void sb_encoder_describe(enum sb_codec codec, unsigned setting, char *out, size_t room)
{
	const struct sb_encoder *encoder = encoder_of(codec, &setting);

	if (encoder)
		encoder->describe(setting, out, room);
	else
		snprintf(out, room, "no encoder");
}

bool sb_encoder_gave(struct sb_encoding_again *again, const uint8_t *bytes, size_t n)
{
	if (n > again->expected.n - again->at || memcmp(again->expected.p + again->at, bytes, n) != 0)
		return false;
	again->at += n;
	return true;
}

/** Decoded bytes on their way to the encoder. */
struct passage {
	const struct sb_encoder *encoder;
	struct sb_encoding_again again;
	uint64_t content;
	bool parted;
	uint8_t piece[64 << 10];
};

static int room(void *ctx, uint8_t **p, size_t *n, struct sb_err *err)
{
	struct passage *passage = ctx;

	(void)err;
	*p = passage->piece;
	*n = sizeof passage->piece;
	return 0;
}

/* What need not be decoded any further ends the decoder. */
static int took(void *ctx, size_t n, struct sb_err *err)
{
	struct passage *passage = ctx;

	passage->content += n;
	passage->parted = n > passage->again.size - (passage->content - n) ||
	                  !passage->encoder->put(&passage->again, sb_span_of(passage->piece, n), false);
	return passage->parted ? sb_fail(err, SB_FORMAT, "decode-failed", "the encoder gives other bytes") : 0;
}

static int pass(struct passage *passage, struct sb_span file, const struct sb_member *member, struct sb_encoded_again *out, struct sb_err *err)
{
	const struct sb_outlet outlet = {.ctx = passage, .room = room, .took = took};
	struct sb_encoding_again *again = &passage->again;
	uint64_t consumed = 0;
	int rc = sb_formats_decode_into(file, member, &outlet, &consumed, err);

	if (passage->parted)
		rc = 0;
	else if (!rc)
		out->same = passage->content == again->size && passage->encoder->put(again, sb_span_of("", 0), true) && again->at == again->expected.n;
	out->content = passage->content;
	return rc;
}

int sb_formats_encode_again(struct sb_span file, const struct sb_member *member, unsigned setting, struct sb_encoded_again *out, struct sb_err *err)
{
	const struct sb_encoder *encoder = encoder_of(member->codec, &setting);
	struct sb_span in;

	*out = (struct sb_encoded_again){0};
	if (!encoder || !sb_span_cut(file, member->offset, member->length, &in))
		return sb_fail(err, SB_INTERNAL, "decode-failed", "an encoder or a place that there is not");
	struct passage *passage = calloc(1, sizeof *passage);
	if (!passage)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	passage->encoder = encoder;
	passage->again = (struct sb_encoding_again){.expected = in, .size = member->size};
	int rc = encoder->open(&passage->again, setting, err);
	if (!rc)
		rc = pass(passage, file, member, out, err);
	else if (rc == SB_FORMAT)
		rc = 0;
	out->form = passage->again.form;
	if (passage->again.own)
		encoder->close(&passage->again);
	free(passage);
	return rc;
}
