/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a signature of a file: read or refused with an id, and never good by accident for two different files. */
#include "manifests/filesig.h"

#include <stdlib.h>
#include <string.h>

static void must(bool true_)
{
	if (!true_)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint8_t key[SB_PUBLIC_BYTES] = {0x03, 0xa1, 0x07, 0xbf, 0xf3, 0xce, 0x10, 0xbe, 0x1d, 0x70, 0xdd, 0x18, 0xe7, 0x4b, 0xc0, 0x99,
	                                             0x67, 0xe4, 0xd6, 0x30, 0x9b, 0xa5, 0x0d, 0x5f, 0x1d, 0xdc, 0x86, 0x64, 0x12, 0x55, 0x31, 0xb8};
	struct sb_span bytes = sb_span_of(data, n);
	struct sb_filesig signature = {0};
	struct sb_err err = {0};

	must(sb_hashing_start(NULL) == 0);
	if (sb_filesig_read(bytes, &signature, &err)) {
		must(signature.kind == SB_FILESIG_NONE && err.id);
		return 0;
	}
	must(sb_filesig_sniff(bytes) != SB_FILESIG_NONE && signature.kind != SB_FILESIG_NONE);
	must(signature.comment.n <= n);
	must(!(sb_filesig_good(&signature, key, sb_span_text("a file")) && sb_filesig_good(&signature, key, sb_span_text("another"))));
	return 0;
}
