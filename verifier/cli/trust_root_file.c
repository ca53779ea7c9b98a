/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/trust_root_file.h"

#include "verifier/cli/inputs.h"

int sb_root_file_slurp(struct sb_invocation *call, const char *path, struct sb_span *out, struct sb_err *err)
{
	int rc = sb_cli_load_file(call, path, (size_t)SB_LIMIT_OF(DOCUMENT_BYTES), out, err);

	if (!rc || rc == SB_NOMEM)
		return rc;
	if (err)
		err->code = SB_EVIDENCE;
	(void)sb_reidentify(err, "root-unreadable");
	return SB_EVIDENCE;
}

int sb_root_file_load(struct sb_invocation *call, const char *path, struct sb_root_file *out, struct sb_err *err)
{
	struct sb_digest digest;
	struct sb_span file;
	int rc = sb_root_file_slurp(call, path, &file, err);

	if (rc)
		return rc;
	sb_hash_span(file, SB_DIGEST_SHA256, &digest);
	memcpy(out->sha256, digest.sha256, SB_SHA256_BYTES);
	return sb_trust_root_read(file, sb_path_base(path), call->arena, &out->root, err);
}
