/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and heads of logs on the command line. */
#ifndef VERIFIER_CLI_LOGS_H
#define VERIFIER_CLI_LOGS_H

#include "verifier/cli/cli.h"
#include "verifier/log/log.h"

/** A vkey, or a file that holds one, of @type. Lives in call->arena. Errors: USAGE "vkey-malformed"; EVIDENCE "key-unsound". */
SB_MUST_USE int sb_logs_key(struct sb_invocation *call, const char *text, enum sb_note_type type, struct sb_note_key *out, struct sb_err *err);
/** --log. Errors: USAGE "option-missing" and those of a key. */
SB_MUST_USE int sb_logs_log_key(struct sb_invocation *call, struct sb_note_key *out, struct sb_err *err);
/** Every --witness. Errors: those of a key; USAGE "key-role" when one is twice, or the log's; LIMIT. */
SB_MUST_USE int sb_logs_witnesses(struct sb_invocation *call, const struct sb_note_key *log, const struct sb_note_key **out, size_t *count, struct sb_err *err);
/** The key of the log in @dir, whose secret half is @secret: its name is the origin of the head. Whether it signed that is for who reads it. */
SB_MUST_USE int sb_logs_own_key(struct sb_invocation *call, int dir, const struct sb_secret *secret, struct sb_note_key *out, struct sb_err *err);
/** Put what witnesses answered, in the file @path, onto the head. */
SB_MUST_USE int sb_logs_add_cosignatures(struct sb_invocation *call, int dir, const struct sb_note_key *log, const char *path, size_t *added, struct sb_err *err);
/** Text of ours for --json as it is, with its newlines: proofs, answers. NULL when out of memory. */
struct sb_node *sb_logs_text(struct sb_invocation *call, struct sb_span text);

#endif
