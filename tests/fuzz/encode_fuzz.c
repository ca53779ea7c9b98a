/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an encoded form, and any setting: decoded, encoded again, and the same only where all of the content was encoded. */
#include "format_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum sb_codec codecs[] = {SB_CODEC_DEFLATE, SB_CODEC_ZLIB, SB_CODEC_BZIP2, SB_CODEC_XZ, SB_CODEC_LZMA, SB_CODEC_ZSTD};
	enum { HEAD = 2 };

	if (n < HEAD)
		return 0;
	struct sb_span file = sb_span_of(data + HEAD, n - HEAD);
	struct sb_member member = {.codec = codecs[data[0] % (sizeof codecs / sizeof *codecs)], .length = file.n, .size = UINT64_MAX};
	unsigned setting = data[1] % sb_encoder_settings(member.codec);
	struct sb_unpack_budget budget = {.packed = file.n, .most = 1 << 20};
	SB_BLOB struct sb_blob content = {.fd = -1};
	struct sb_encoded_again again;
	struct sb_err err = {0};
	uint64_t used = 0;

	if (sb_formats_decode(file, &member, &budget, &content, &used, &err))
		return 0;
	member.size = content.bytes.n;
	fuzz_check_code(sb_formats_encode_again(file, &member, setting, &again, &err), &err);
	must(!again.same || (again.content == member.size && used == file.n));
	member.size++;
	fuzz_check_code(sb_formats_encode_again(file, &member, setting, &again, &err), &err);
	must(!again.same);
	return 0;
}
