/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/gate_sign.h"

#include "verifier/cli/inputs.h"
#include "verifier/cli/output.h"

int sb_gate_sign_check(struct sb_invocation *call, struct sb_err *err)
{
	const char *key = sb_arg_value(call, "sign");
	bool told = sb_arg_given(call, "attestation") && sb_arg_given(call, "verifier");

	if (!key)
		return 0;
	if (!told)
		return sb_fail(err, SB_USAGE, "option-missing", "gate --sign needs --attestation PATH and --verifier URI");
	return sb_cli_check_secret(call, key, err);
}

int sb_gate_sign(struct sb_invocation *call, const struct sb_gated *gated, const struct sb_gate_in *in, struct sb_err *err)
{
	const char *key = sb_arg_value(call, "sign"), *policy = sb_arg_value(call, "policy");
	struct sb_gate_signing signing = {.in = in, .verifier_id = sb_arg_value(call, "verifier"), .policy_uri = policy ? sb_path_base(policy) : ""};
	SB_BUF struct sb_buf lines = {0};
	struct sb_secret *secret = NULL;

	if (!key)
		return 0;
	int rc = sb_cli_load_secret(call, key, &secret, err);
	signing.secret = secret;
	if (!rc)
		rc = sb_attest_sign_gate(gated, &signing, call->arena, &lines, err);
	sb_secret_free(&secret);
	if (!rc)
		rc = sb_output_publish(sb_arg_value(call, "attestation"), sb_buf_span(&lines), err);
	else
		return rc;
	if (!rc || rc == SB_NOMEM)
		return rc;
	if (err)
		err->code = SB_TEMPORARY;
	return sb_reidentify(err, "report-unwritable");
}
