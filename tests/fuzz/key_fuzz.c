/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a key file: read or refused, never both, and a key that is read comes back from every form. */
#include "hashing/hashing.h"

#include <stdlib.h>
#include <string.h>

static void must(bool true_)
{
	if (!true_)
		abort();
}

static void check_public(struct sb_span bytes)
{
	uint8_t key[SB_PUBLIC_BYTES] = {7}, again[SB_PUBLIC_BYTES];
	struct sb_err err = {0};
	size_t count;

	if (sb_public_parse(bytes, key, &err)) {
		must(key[0] == 7 && err.id);
		return;
	}
	must(sb_key_sniff(bytes) != SB_KEY_UNKNOWN && sb_public_check(key, NULL) == 0);
	const struct sb_key_form *forms = sb_key_forms(&count);
	for (size_t i = 0; i < count; i++) {
		struct sb_buf text = {.ceiling = 1 << 16};
		if (forms[i].kind != SB_KEY_PUBLIC)
			continue;
		forms[i].write_public(key, "n", &text);
		must(sb_public_parse(sb_buf_span(&text), again, NULL) == 0 && memcmp(key, again, sizeof key) == 0);
		sb_buf_release(&text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct sb_span bytes = sb_span_of(data, n);
	struct sb_secret *secret = NULL;
	struct sb_err err = {0};

	must(sb_hashing_start(NULL) == 0);
	check_public(bytes);
	/* Without a passphrase: deriving a key from one takes seconds. */
	int rc = sb_secret_parse(bytes, sb_span_of(NULL, 0), &secret, &err);
	must(rc ? !secret && err.id : secret && sb_key_sniff(bytes) >= SB_KEY_SECRET);
	sb_secret_free(&secret);
	return 0;
}
