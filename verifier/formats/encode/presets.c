/* SPDX-License-Identifier: Apache-2.0 */
/* The presets of liblzma. Its encoders of .xz and .lzma have them in common. */
#include "verifier/formats/encode/lzma.h"

#include <stdio.h>

/* Source: liblzma, lzma/lzma_encoder_presets.c: from 6 on only the dictionary grows; of the extreme ones only 3 and 5 are not as all others. */
static const struct {
	uint32_t preset;
	const char *name;
} presets[SB_PRESETS] = {
	{6, "6 to 9"}, {0, "0"}, {1, "1"}, {2, "2"}, {3, "3"}, {4, "4"}, {5, "5"}, {3 | LZMA_PRESET_EXTREME, "3e or 5e"}, {6 | LZMA_PRESET_EXTREME, "extreme"},
};

bool sb_preset_options(unsigned setting, uint32_t dictionary, lzma_options_lzma *out)
{
	const lzma_filter filters[] = {{LZMA_FILTER_LZMA2, out}, {LZMA_VLI_UNKNOWN, NULL}};

	if (lzma_lzma_preset(out, presets[setting].preset))
		return false;
	out->dict_size = dictionary;
	return lzma_raw_encoder_memusage(filters) <= SB_LIMIT_OF(DECODER_MEMORY);
}

void sb_preset_describe(unsigned setting, char *out, size_t room)
{
	snprintf(out, room, "liblzma %s, preset %s", lzma_version_string(), presets[setting].name);
}

bool sb_lzma_put(struct sb_encoding_again *again, lzma_stream *stream, struct sb_span content, lzma_action action)
{
	uint8_t out[SB_ENCODER_PIECE];
	lzma_ret result;

	stream->next_in = content.p;
	stream->avail_in = content.n;
	do {
		stream->next_out = out;
		stream->avail_out = sizeof out;
		result = lzma_code(stream, action);
		if ((result != LZMA_OK && result != LZMA_STREAM_END) || !sb_encoder_gave(again, out, sizeof out - stream->avail_out))
			return false;
	} while (action == LZMA_RUN ? stream->avail_in != 0 : result != LZMA_STREAM_END);
	return true;
}
