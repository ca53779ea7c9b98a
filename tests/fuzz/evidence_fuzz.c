/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an envelope, a bundle and a link: what is read as one form comes back from the other with the same bytes signed. */
#include "manifests/bundle.h"
#include "manifests/link.h"

#include <stdlib.h>
#include <string.h>

static void must(bool true_)
{
	if (!true_)
		abort();
}

static void check_envelope(struct sb_span line, struct sb_arena *arena)
{
	SB_BUF struct sb_buf bundle = {0}, back = {0};
	struct sb_dsse envelope, again;
	struct sb_node *top = NULL;
	struct sb_err err = {0};

	if (sb_dsse_read(line, arena, &envelope, &err)) {
		must(err.id != NULL);
		return;
	}
	must(envelope.count > 0);
	if (sb_bundle_write(line, &bundle, NULL))
		return;
	must(sb_node_read_json(sb_buf_span(&bundle), bundle.len, "bundle", arena, &top, NULL) == 0 && sb_bundle_is(top));
	must(sb_bundle_envelope(top, &back, NULL) == 0 && sb_dsse_read(sb_buf_span(&back), arena, &again, NULL) == 0);
	must(strcmp(again.type, envelope.type) == 0 && sb_span_equal(again.payload, envelope.payload) && again.count == envelope.count);
	must(memcmp(again.signatures[0].bytes, envelope.signatures[0].bytes, SB_SIGNATURE_BYTES) == 0);
}

static void check_document(struct sb_span text, struct sb_arena *arena)
{
	static const uint8_t key[SB_PUBLIC_BYTES] = {0x03, 0xa1, 0x07, 0xbf, 0xf3, 0xce, 0x10, 0xbe, 0x1d, 0x70, 0xdd, 0x18, 0xe7, 0x4b, 0xc0, 0x99,
	                                             0x67, 0xe4, 0xd6, 0x30, 0x9b, 0xa5, 0x0d, 0x5f, 0x1d, 0xdc, 0x86, 0x64, 0x12, 0x55, 0x31, 0xb8};
	SB_BUF struct sb_buf out = {0};
	struct sb_node *top = NULL;
	struct sb_link link;

	if (sb_node_read_json(text, 1 << 20, "document", arena, &top, NULL))
		return;
	if (sb_bundle_is(top) && sb_bundle_envelope(top, &out, NULL) == 0)
		check_envelope(sb_buf_span(&out), arena);
	if (sb_link_is(top) && sb_link_read(top, &link, NULL) == 0) {
		(void)sb_link_signed_by(&link, key);
		(void)sb_link_has_product(&link, key);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	SB_ARENA struct sb_arena *arena = sb_arena_new(64 << 20);

	must(arena && sb_hashing_start(NULL) == 0);
	check_envelope(sb_span_of(data, n), arena);
	check_document(sb_span_of(data, n), arena);
	return 0;
}
