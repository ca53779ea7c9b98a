/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of digits that follow each other in memory: what their data is. The walker has seen to it that they do. */
#include "verifier/formats/decode/codec.h"
#include "verifier/formats/records/records.h"

static int run(struct sb_span in, bool motorola, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	struct sb_digits_reader reader = {.file = in, .motorola = motorola};
	uint8_t bytes[SB_RECORD_MOST];
	struct sb_digits_record record;
	int rc = 0;

	for (*used = 0; !rc && *used < in.n; *used = reader.at) {
		bool good = sb_digits_next(&reader, &record) && sb_digits_read(&reader, &record, bytes);
		if (!good || (record.kind != SB_RECORD_DATA && record.kind != SB_RECORD_BASE))
			return sb_fail(err, SB_FORMAT, "decode-failed", "a line with a wrong checksum, or no line of data");
		if (record.kind == SB_RECORD_DATA && record.size)
			rc = sb_sink_put(sink, sb_span_of(bytes, record.size), err);
	}
	return rc;
}

int sb_codec_ihex(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	return run(in, false, sink, used, err);
}

int sb_codec_srec(struct sb_span in, struct sb_sink *sink, uint64_t *used, struct sb_err *err)
{
	return run(in, true, sink, used, err);
}
