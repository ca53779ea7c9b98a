/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as every container of a signature: read or refused with a sentence, and what is returned lies in what was given. */
#include "verifier/signature/signature.h"

#include <stdlib.h>

static void must(bool true_)
{
	if (!true_)
		abort();
}

static bool lies_in(struct sb_span part, struct sb_span whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void read_cms(struct sb_span bytes)
{
	struct sb_cms cms;
	const char *why = NULL;

	if (!sb_cms_read(bytes, &cms, &why)) {
		must(why != NULL);
		return;
	}
	must(cms.signers > 0 && cms.signers <= SB_CMS_SIGNERS && sb_der_is_whole(bytes) && lies_in(cms.type, bytes) && lies_in(cms.content, bytes));
	for (size_t i = 0; i < cms.signers; i++)
		must(lies_in(cms.signer[i].signature, bytes) && lies_in(cms.signer[i].message_digest, bytes));
	must(sb_cms_states(NULL, &cms, &bytes, 1) || cms.signer[0].message_digest.n || cms.signers > 1);
}

static void read_packet(struct sb_span bytes)
{
	struct sb_pgp_signature signature;
	const char *why = NULL;

	if (sb_pgp_read(bytes, &signature, &why)) {
		uint8_t before = signature.left[0];
		bool stated = sb_pgp_states(NULL, &signature, &bytes, 1);
		signature.left[0] = (uint8_t)(before + 1);
		must(lies_in(signature.hashed, bytes) && !(stated && sb_pgp_states(NULL, &signature, &bytes, 1)));
	} else {
		must(why != NULL);
	}
}

static void read_text(struct sb_span bytes)
{
	struct sb_pgp_cleartext text;
	struct sb_buf packet = {.ceiling = 1 << 16};
	const char *why = NULL;

	if (sb_pgp_unarmor(bytes, &packet, &why))
		read_packet(sb_buf_span(&packet));
	else
		must(why != NULL);
	sb_buf_release(&packet);
	why = NULL;
	must(sb_pgp_read_cleartext(bytes, &text, &why) || why != NULL);
	sb_pgp_cleartext_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct sb_span bytes = sb_span_of(data, n);

	read_cms(bytes);
	read_packet(bytes);
	read_text(bytes);
	return 0;
}
