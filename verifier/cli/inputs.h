/* SPDX-License-Identifier: Apache-2.0 */
/* What several verbs read from the command line: manifests, facts, keys, passphrases, the store. */
#ifndef VERIFIER_CLI_INPUTS_H
#define VERIFIER_CLI_INPUTS_H

#include "hashing/hashing.h"
#include "manifests/manifests.h"
#include "verifier/cli/cli.h"

/** Text in guarded memory: keys before they are read. */
struct sb_guarded_text {
	char *p;
	size_t n;
};

/** A manifest and the folder that its paths are relative to; close dir. */
struct sb_loaded_drop {
	int dir;
	struct sb_drop drop;
};
/** Errors: those of sb_drop_read; "drop-unreadable" (3) when the file is not there. Problems go to call->problems. */
SB_MUST_USE int sb_cli_load_drop(struct sb_invocation *call, const char *path, struct sb_loaded_drop *out, struct sb_err *err);

/** Text of --facts, in call->arena; NULL without. Errors: FORMAT "facts-malformed". */
SB_MUST_USE int sb_cli_load_facts(struct sb_invocation *call, const char **out, struct sb_err *err);

/** Open a file to be judged. Errors: IO "file-unreadable"; FORMAT "not-a-regular-file": a FIFO and /dev/null would read as an empty file. */
SB_MUST_USE int sb_cli_open_regular(const char *path, int *out, struct sb_err *err);

/** Whole file, at most @most bytes, in call->arena, NUL-terminated. "-" is stdin. */
SB_MUST_USE int sb_cli_load_file(struct sb_invocation *call, const char *path, size_t most, struct sb_span *out, struct sb_err *err);

/**
 * Ask for a passphrase on the terminal without echo, or read a line from --passphrase-fd; @twice: ask again and compare. *out is
 * guarded memory, free with sb_guarded_free. USAGE "passphrase-needed" when there is neither.
 */
SB_MUST_USE int sb_cli_passphrase(struct sb_invocation *call, bool twice, char **out, struct sb_err *err);

/**
 * A key file of any form into guarded memory; the caller frees out->p with sb_guarded_free. One with a secret key must be the user's own and closed to others.
 * Errors: USAGE "key-exposed", "key-unreadable" (also: a secret key on stdin); NOMEM.
 */
SB_MUST_USE int sb_cli_read_key(struct sb_invocation *call, const char *path, struct sb_guarded_text *out, struct sb_err *err);
/** Public key in the file @path, in any form. Errors: as sb_cli_read_key, sb_public_parse. */
SB_MUST_USE int sb_cli_load_public(struct sb_invocation *call, const char *path, uint8_t out[SB_PUBLIC_BYTES], struct sb_err *err);

/** Whether sb_cli_load_secret has a chance: the file can be read, is not exposed, and there is a way to the passphrase. Errors: as there. */
SB_MUST_USE int sb_cli_check_secret(struct sb_invocation *call, const char *key, struct sb_err *err);
/**
 * Secret key: a file in any secret form, or "agent:SHA256:…" for one that the ssh-agent of SSH_AUTH_SOCK holds, or a "pkcs11:" URI. A passphrase is asked for
 * when it is needed. Errors: as sb_cli_read_key, sb_secret_parse, sb_secret_from_agent.
 */
SB_MUST_USE int sb_cli_load_secret(struct sb_invocation *call, const char *key, struct sb_secret **out, struct sb_err *err);

/** The store: --store, else $XDG_DATA_HOME/samebuild/store, else ~/.local/share/samebuild/store. */
SB_MUST_USE int sb_cli_open_store(struct sb_invocation *call, struct sb_store **out, struct sb_err *err);

#endif
