/* SPDX-License-Identifier: Apache-2.0 */
/* Secret keys live in locked, guarded memory and are wiped on every path. */
#include "hashing/secret.h"

#include <sodium.h>
#include <string.h>

void *sb_guarded_alloc(size_t n)
{
	return sodium_malloc(n);
}

void sb_guarded_free(void *p)
{
	sodium_free(p);
}

/* sodium_malloc does not tell when locking failed, so it is asked for once more. */
bool sb_secrets_locked(void)
{
	void *probe = sodium_malloc(SB_SEED_BYTES);
	bool locked = probe && sodium_mlock(probe, SB_SEED_BYTES) == 0;
	sodium_free(probe);
	return locked;
}

bool sb_same_bytes(const void *a, const void *b, size_t n)
{
	return sodium_memcmp(a, b, n) == 0;
}

int sb_secret_from_seed(const uint8_t seed[32], struct sb_secret **out, struct sb_err *err)
{
	struct sb_secret *secret = sodium_malloc(sizeof *secret);

	if (!secret)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "no locked memory for a key");
	crypto_sign_ed25519_seed_keypair(secret->public_key, secret->key, seed);
	secret->signer = NULL;
	*out = secret;
	return 0;
}

int sb_secret_elsewhere(const uint8_t public_key[SB_PUBLIC_BYTES], const struct sb_signer *signer, void *state, struct sb_secret **out, struct sb_err *err)
{
	int rc = sb_public_check(public_key, err);
	struct sb_secret *secret = rc ? NULL : sodium_malloc(sizeof *secret);

	if (!secret)
		return rc ? rc : sb_fail(err, SB_NOMEM, "out-of-memory", "no locked memory for a key");
	*secret = (struct sb_secret){.signer = signer, .state = state};
	memcpy(secret->public_key, public_key, SB_PUBLIC_BYTES);
	*out = secret;
	return 0;
}

int sb_secret_here(const struct sb_secret *secret, struct sb_err *err)
{
	return secret->signer ? sb_fail(err, SB_USAGE, "key-elsewhere", "the secret key is kept elsewhere and cannot be written down") : 0;
}

void sb_guarded_release(struct sb_guarded *guarded)
{
	sodium_free(guarded->p);
	*guarded = (struct sb_guarded){0};
}

int sb_secret_generate(struct sb_secret **out, struct sb_err *err)
{
	uint8_t *seed = sodium_malloc(SB_SEED_BYTES);

	if (!seed)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "no locked memory for a key");
	randombytes_buf(seed, SB_SEED_BYTES);
	int rc = sb_secret_from_seed(seed, out, err);
	sodium_free(seed);
	return rc;
}

void sb_secret_free(struct sb_secret **secret)
{
	if (*secret && (*secret)->signer)
		(*secret)->signer->release((*secret)->state);
	sodium_free(*secret);
	*secret = NULL;
}

void sb_secret_public(const struct sb_secret *secret, uint8_t out[SB_PUBLIC_BYTES])
{
	memcpy(out, secret->public_key, SB_PUBLIC_BYTES);
}

/* Who keeps the key elsewhere may be anybody: what it answers is looked at like a stranger's signature. */
static int sign_elsewhere(const struct sb_secret *secret, struct sb_span message, uint8_t out[SB_SIGNATURE_BYTES], struct sb_err *err)
{
	uint8_t signature[SB_SIGNATURE_BYTES];
	int rc = secret->signer->sign(secret->state, secret->public_key, message, signature, err);

	if (!rc && !sb_signature_good(secret->public_key, message, signature))
		rc = sb_fail(err, SB_EVIDENCE, "signer-wrong", "what keeps the key gave a signature that is not good");
	if (!rc)
		memcpy(out, signature, sizeof signature);
	return rc;
}

int sb_sign(const struct sb_secret *secret, struct sb_span message, uint8_t out[SB_SIGNATURE_BYTES], struct sb_err *err)
{
	if (secret->signer)
		return sign_elsewhere(secret, message, out, err);
	if (crypto_sign_ed25519_detached(out, NULL, message.p, message.n, secret->key) == 0)
		return 0;
	return sb_fail(err, SB_INTERNAL, "signing-failed", "the signature could not be made");
}
