/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures that are no statements. They prove who signed which bytes, and never a level. */
#include "verifier/attest/attest.h"

#include "manifests/filesig.h"
#include "manifests/link.h"

/* Of a link about some hundred thousand files; what is larger is no link, and costs no memory before that is known. */
enum { MOST_LINK_VALUES = 262144 };

static const char of_file[] = "the holder of the key signed these bytes; nothing is said of how they were built";
static const char of_link[] = "the holder of the key says that a step of this name made these files; nothing is said of what was compared";

static int unsigned_by(const uint8_t key[SB_PUBLIC_BYTES], struct sb_err *err)
{
	char fingerprint[SB_FINGERPRINT_TEXT];

	sb_public_fingerprint(key, fingerprint);
	return sb_fail(err, SB_EVIDENCE, "signature-bad", "there is no good signature by %s", fingerprint);
}

static int verify_file(const struct sb_attest_foreign_in *in, struct sb_attest_foreign *out, struct sb_err *err)
{
	static const char *const names[] = {"", "minisign", "signify", "sshsig"};
	struct sb_filesig signature;
	int rc = sb_filesig_read(in->text, &signature, err);

	if (rc)
		return rc;
	if (in->artifact_count != 1)
		return sb_fail(err, SB_EVIDENCE, "subject-absent", "a signature of a file is about one file");
	for (size_t i = 0; i < in->key_count; i++)
		if (!sb_filesig_good(&signature, in->keys[i], in->artifacts[0]))
			return unsigned_by(in->keys[i], err);
	*out = (struct sb_attest_foreign){.kind = names[signature.kind], .proves = of_file};
	return 0;
}

static int verify_link(const struct sb_attest_foreign_in *in, const struct sb_node *top, struct sb_attest_foreign *out, struct sb_err *err)
{
	struct sb_link link;
	int rc = sb_link_read(top, &link, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < in->key_count; i++)
		if (!sb_link_signed_by(&link, in->keys[i]))
			return unsigned_by(in->keys[i], err);
	for (size_t i = 0; i < in->artifact_count; i++) {
		struct sb_digest digest;
		sb_hash_span(in->artifacts[i], SB_DIGEST_SHA256, &digest);
		if (!sb_link_has_product(&link, digest.sha256))
			return sb_fail(err, SB_EVIDENCE, "subject-absent", "the link is signed, but not about this file");
	}
	*out = (struct sb_attest_foreign){.kind = "in-toto-link", .proves = of_link};
	return 0;
}

/* A link stands alone in its file; the lines of our statements are objects too. */
static bool read_link(struct sb_span text, struct sb_arena *arena, struct sb_node **top)
{
	return text.n && text.p[0] == '{' && sb_json_values(text) <= MOST_LINK_VALUES && sb_node_read_json(text, SB_LIMIT_OF(RECORD_BYTES), "link", arena, top, NULL) == 0 && sb_link_is(*top);
}

bool sb_attest_is_foreign(struct sb_span text, struct sb_arena *arena)
{
	struct sb_node *top = NULL;
	return sb_filesig_sniff(text) != SB_FILESIG_NONE || read_link(text, arena, &top);
}

int sb_attest_verify_foreign(const struct sb_attest_foreign_in *in, struct sb_arena *arena, struct sb_attest_foreign *out, struct sb_err *err)
{
	struct sb_node *top = NULL;

	if (in->key_count == 0 || in->artifact_count == 0)
		return sb_fail(err, SB_USAGE, "operand-missing", "a key and a file are needed");
	if (sb_filesig_sniff(in->text) != SB_FILESIG_NONE)
		return verify_file(in, out, err);
	if (read_link(in->text, arena, &top))
		return verify_link(in, top, out, err);
	return sb_fail(err, SB_EVIDENCE, "filesig-malformed", "neither a signature of a file nor a link");
}
