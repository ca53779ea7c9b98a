/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the table in verbs.c, each defined in its cmd_<verb>.c. */
#ifndef VERIFIER_CLI_VERBS_H
#define VERIFIER_CLI_VERBS_H

#include "verifier/cli/cli.h"

extern const struct sb_verb sb_verb_check, sb_verb_verify, sb_verb_rebuild, sb_verb_compare, sb_verb_report, sb_verb_shell;
extern const struct sb_verb sb_verb_doctor, sb_verb_attest_sign, sb_verb_attest_verify, sb_verb_attest_show;
extern const struct sb_verb sb_verb_key_import; /* cmd_key.c */
extern const struct sb_verb sb_verb_attest_summary; /* cmd_attest_summary.c */
extern const struct sb_verb sb_verb_attest_convert; /* cmd_convert.c */
extern const struct sb_verb sb_verb_key_new, sb_verb_key_show, sb_verb_key_export, sb_verb_store_check;
extern const struct sb_verb sb_verb_gate, sb_verb_policy_check, sb_verb_policy_explain, sb_verb_policy_sign;
extern const struct sb_verb sb_verb_trust_init, sb_verb_trust_show, sb_verb_trust_update;   /* cmd_trust.c */
extern const struct sb_verb sb_verb_trust_rotate, sb_verb_trust_revoke, sb_verb_trust_sign; /* cmd_trust_make.c */
extern const struct sb_verb sb_verb_attest_bundle; /* cmd_bundle.c */
extern const struct sb_verb sb_verb_log_init, sb_verb_log_append, sb_verb_log_prove, sb_verb_log_verify, sb_verb_log_witness; /* cmd_log.c */
extern const struct sb_verb sb_verb_explain, sb_verb_help, sb_verb_version;
extern const struct sb_verb sb_verb_init, sb_verb_toolchain_debian; /* cmd_init.c, cmd_toolchain.c */

#endif
