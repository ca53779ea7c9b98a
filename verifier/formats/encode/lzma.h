/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what the encoders of liblzma share. */
#ifndef VERIFIER_FORMATS_ENCODE_LZMA_H
#define VERIFIER_FORMATS_ENCODE_LZMA_H

#include "verifier/formats/encode/encoder.h"

#include <lzma.h>

/** Presets that differ in more than their dictionary, which the encoded form says. */
enum { SB_PRESETS = 9 };

/** Options of a preset with another dictionary. False when an encoder with them takes too much memory, or does not exist. */
SB_MUST_USE bool sb_preset_options(unsigned setting, uint32_t dictionary, lzma_options_lzma *out);
void sb_preset_describe(unsigned setting, char *out, size_t room);
/** @content through @stream: all of it, or with LZMA_FINISH to the end of what @stream encodes. False when other bytes come out, or none can. */
SB_MUST_USE bool sb_lzma_put(struct sb_encoding_again *again, lzma_stream *stream, struct sb_span content, lzma_action action);

#endif
