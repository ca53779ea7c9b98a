/* SPDX-License-Identifier: Apache-2.0 */
/* What members of one side hold. Those that differ have been decoded; those that are equal are decoded here, behind the same walls. */
#include "verifier/explain/signed.h"

bool sb_contents_begin(struct sb_explaining *in, const struct sb_pair *pair, unsigned side, struct sb_contents *out)
{
	*out = (struct sb_contents){.in = in, .pair = pair, .side = side, .parser = sb_parser_side_new(in->comparison->parsers),
	                            .budget = {.packed = pair->bytes[side].n, .most = SB_LIMIT_OF(UNPACKED_TOTAL)}, .blob.fd = -1};
	if (!out->parser) {
		in->no_memory = true;
		return false;
	}
	sb_source_init(&out->source, out->parser, in->comparison->reading, pair->bytes[side], NULL);
	return true;
}

bool sb_contents_of(struct sb_contents *contents, const struct sb_member *member, struct sb_span *out)
{
	const struct sb_pair *child = sb_child_of(contents->in, contents->pair, contents->side, member);
	struct sb_decoding decoding = {.member = member, .blob.fd = -1};

	if (child && child->decoded) {
		*out = child->bytes[contents->side];
		return true;
	}
	if (member->codec == SB_CODEC_NONE)
		return sb_span_cut(contents->pair->bytes[contents->side], member->offset, member->length, out);
	sb_blob_release(&contents->blob);
	if (sb_parsing_decode(contents->parser, &contents->source, &decoding, 1, &contents->budget, NULL))
		return false;
	contents->blob = decoding.blob;
	*out = decoding.blob.bytes;
	return decoding.rc == 0 && decoding.consumed == member->length;
}

void sb_contents_end(struct sb_contents *contents)
{
	sb_blob_release(&contents->blob);
	sb_source_close(&contents->source);
	sb_parser_side_free(&contents->parser);
}
