/* SPDX-License-Identifier: Apache-2.0 */
/* The table of verbs, in the order of `samebuild help`. Adding one is its cmd_<verb>.c, its man page and one row here. */
#include "verifier/cli/verbs.h"

static const struct sb_verb *const verbs[] = {
	&sb_verb_init,
	&sb_verb_check,
	&sb_verb_verify,
	&sb_verb_rebuild,
	&sb_verb_compare,
	&sb_verb_report,
	&sb_verb_shell,
	&sb_verb_gate,
	&sb_verb_policy_check,
	&sb_verb_policy_explain,
	&sb_verb_policy_sign,
	&sb_verb_trust_init,
	&sb_verb_trust_show,
	&sb_verb_trust_update,
	&sb_verb_trust_rotate,
	&sb_verb_trust_revoke,
	&sb_verb_trust_sign,
	&sb_verb_attest_sign,
	&sb_verb_attest_verify,
	&sb_verb_attest_show,
	&sb_verb_attest_bundle,
	&sb_verb_attest_summary,
	&sb_verb_attest_convert,
	&sb_verb_key_new,
	&sb_verb_key_show,
	&sb_verb_key_import,
	&sb_verb_key_export,
	&sb_verb_log_init,
	&sb_verb_log_append,
	&sb_verb_log_prove,
	&sb_verb_log_verify,
	&sb_verb_log_witness,
	&sb_verb_store_check,
	&sb_verb_toolchain_debian,
	&sb_verb_doctor,
	&sb_verb_explain,
	&sb_verb_help,
	&sb_verb_version,
};

const struct sb_verb *const *sb_verbs(size_t *count)
{
	*count = sizeof verbs / sizeof *verbs;
	return verbs;
}

const struct sb_verb *sb_verb_named(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	return NULL;
}
