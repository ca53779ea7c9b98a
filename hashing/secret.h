/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the room: what a secret key consists of. */
#ifndef HASHING_SECRET_H
#define HASHING_SECRET_H

#include "hashing/hashing.h"

enum { SB_SEED_BYTES = 32 };

/** Who signs when the key is not ours to hold. */
struct sb_signer {
	/** Errors: ABSENT, FORMAT, USAGE, NOMEM. The answer is verified by the caller. */
	int (*sign)(void *state, const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_span message, uint8_t out[SB_SIGNATURE_BYTES], struct sb_err *err);
	void (*release)(void *state);
};

/** Allocated by sodium_malloc only. @key is seed and public half, as libsodium wants it; unused when there is a @signer. */
struct sb_secret {
	uint8_t key[64];
	uint8_t public_key[SB_PUBLIC_BYTES];
	const struct sb_signer *signer; /* NULL: the key is here */
	void *state;
};

/** A secret that @signer keeps. Takes ownership of @state on success. Errors: EVIDENCE "key-unsound", NOMEM. */
SB_MUST_USE int sb_secret_elsewhere(const uint8_t public_key[SB_PUBLIC_BYTES], const struct sb_signer *signer, void *state, struct sb_secret **out,
                                    struct sb_err *err);
/** USAGE "key-elsewhere" when the key itself is not here. */
SB_MUST_USE int sb_secret_here(const struct sb_secret *secret, struct sb_err *err);

/** Bytes in guarded memory, wiped when they go out of scope. */
struct sb_guarded {
	uint8_t *p;
	size_t n;
};
void sb_guarded_release(struct sb_guarded *guarded);
#define SB_GUARDED __attribute__((cleanup(sb_guarded_release)))

#endif
