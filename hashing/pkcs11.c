/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures by a token behind PKCS#11 (OASIS, version 3.0; mechanism CKM_EDDSA), found by p11-kit. The token is foreign: its answer is verified before it is used. */
#include "hashing/forms.h"
#include "hashing/secret.h"

#ifndef SB_WITH_P11KIT
int sb_secret_from_token(const char *uri, struct sb_span pin, struct sb_secret **out, struct sb_err *err)
{
	(void)uri;
	(void)pin;
	(void)out;
	return sb_fail(err, SB_ABSENT, "token-absent", "this samebuild was built without PKCS#11");
}
#else

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>
#include <string.h>

struct token {
	CK_FUNCTION_LIST **modules;
	CK_FUNCTION_LIST *module; /* one of them */
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	bool open;
};

static void release(void *state)
{
	struct token *token = state;

	if (token->open)
		token->module->C_CloseSession(token->session);
	if (token->modules)
		p11_kit_modules_finalize_and_release(token->modules);
	free(token);
}

static int failed(struct sb_err *err, const char *what, CK_RV rv)
{
	return sb_fail(err, SB_ABSENT, "token-failed", "the token %s: %s", what, p11_kit_strerror(rv));
}

/* ---- the token and the key that a URI means ---- */

static bool matches(struct token *token, P11KitUri *uri, CK_FUNCTION_LIST *module, CK_SLOT_ID slot)
{
	CK_TOKEN_INFO info;

	if (module->C_GetTokenInfo(slot, &info) != CKR_OK || !p11_kit_uri_match_token_info(uri, &info) || !(info.flags & CKF_TOKEN_INITIALIZED))
		return false;
	token->module = module;
	return true;
}

static bool find_slot(struct token *token, P11KitUri *uri, CK_SLOT_ID *slot)
{
	enum { MOST = 64 };
	CK_SLOT_ID slots[MOST];

	for (CK_FUNCTION_LIST **module = token->modules; *module; module++) {
		CK_ULONG count = MOST;
		if ((*module)->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK)
			continue;
		for (CK_ULONG i = 0; i < count; i++)
			if (matches(token, uri, *module, slots[i])) {
				*slot = slots[i];
				return true;
			}
	}
	return false;
}

static int open_session(struct token *token, P11KitUri *uri, struct sb_span pin, struct sb_err *err)
{
	SB_GUARDED struct sb_guarded copy = {sb_guarded_alloc(pin.n + 1), pin.n};
	CK_SLOT_ID slot;

	if (!copy.p)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "no locked memory for a PIN");
	if (!find_slot(token, uri, &slot))
		return sb_fail(err, SB_ABSENT, "token-absent", "no token is as the URI says");
	CK_RV rv = token->module->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &token->session);
	if (rv != CKR_OK)
		return failed(err, "cannot be opened", rv);
	token->open = true;
	memcpy(copy.p, pin.p, pin.n);
	rv = token->module->C_Login(token->session, CKU_USER, copy.p, pin.n);
	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_INVALID)
		return sb_fail(err, SB_EVIDENCE, "passphrase-wrong", "the PIN is wrong");
	return rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN ? 0 : failed(err, "does not let anybody in", rv);
}

/* The only object of this class that fits; the attributes of the URI, without its class, are asked of it too. */
static int find_object(struct token *token, CK_OBJECT_CLASS class, CK_ATTRIBUTE *wanted, CK_ULONG wanted_count, CK_OBJECT_HANDLE *out, struct sb_err *err)
{
	enum { MOST = 8 };
	CK_KEY_TYPE type = CKK_EC_EDWARDS;
	CK_ATTRIBUTE asked[MOST] = {{CKA_CLASS, &class, sizeof class}, {CKA_KEY_TYPE, &type, sizeof type}};
	CK_OBJECT_HANDLE found[2];
	CK_ULONG count = 2, got = 0;

	for (CK_ULONG i = 0; i < wanted_count && count < MOST; i++)
		if (wanted[i].type != CKA_CLASS)
			asked[count++] = wanted[i];
	CK_RV rv = token->module->C_FindObjectsInit(token->session, asked, count);
	if (rv != CKR_OK)
		return failed(err, "cannot be searched", rv);
	rv = token->module->C_FindObjects(token->session, found, 2, &got);
	token->module->C_FindObjectsFinal(token->session);
	if (rv != CKR_OK)
		return failed(err, "cannot be searched", rv);
	if (got != 1)
		return sb_fail(err, SB_ABSENT, "token-key-absent", got ? "more than one Ed25519 key is as the URI says" : "no Ed25519 key is as the URI says");
	*out = found[0];
	return 0;
}

/* CKA_EC_POINT: an OCTET STRING of the key, or the bare key as older tokens give it. CKA_EC_PARAMS: the name of the curve or its object identifier. */
static int read_public(struct token *token, CK_OBJECT_HANDLE object, uint8_t out[SB_PUBLIC_BYTES], struct sb_err *err)
{
	static const uint8_t name[14] = {0x13, 0x0c, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9'}, oid[5] = {0x06, 0x03, 0x2b, 0x65, 0x70};
	uint8_t point[64], curve[64];
	CK_ATTRIBUTE asked[2] = {{CKA_EC_POINT, point, sizeof point}, {CKA_EC_PARAMS, curve, sizeof curve}};
	CK_RV rv = token->module->C_GetAttributeValue(token->session, object, asked, 2);

	if (rv != CKR_OK)
		return failed(err, "does not tell the public key", rv);
	struct sb_span key = sb_span_of(point, asked[0].ulValueLen), of = sb_span_of(curve, asked[1].ulValueLen);
	if (key.n == 2 + SB_PUBLIC_BYTES && key.p[0] == 0x04 && key.p[1] == SB_PUBLIC_BYTES)
		key = sb_span_of(key.p + 2, SB_PUBLIC_BYTES);
	if (key.n != SB_PUBLIC_BYTES || (!sb_span_equal(of, sb_span_of(name, sizeof name)) && !sb_span_equal(of, sb_span_of(oid, sizeof oid))))
		return sb_fail(err, SB_ABSENT, "token-key-absent", "the key of the token is not of Ed25519");
	memcpy(out, key.p, SB_PUBLIC_BYTES);
	return 0;
}

/* The public half is an object of its own with the same id. */
static int find_key(struct token *token, P11KitUri *uri, uint8_t public_key[SB_PUBLIC_BYTES], struct sb_err *err)
{
	CK_ULONG wanted = 0;
	CK_ATTRIBUTE *attributes = p11_kit_uri_get_attributes(uri, &wanted);
	uint8_t id[256];
	CK_ATTRIBUTE by_id = {CKA_ID, id, sizeof id};
	CK_OBJECT_HANDLE public_object;

	int rc = find_object(token, CKO_PRIVATE_KEY, attributes, wanted, &token->key, err);
	if (rc)
		return rc;
	CK_RV rv = token->module->C_GetAttributeValue(token->session, token->key, &by_id, 1);
	if (rv != CKR_OK)
		return failed(err, "does not tell the id of the key", rv);
	rc = find_object(token, CKO_PUBLIC_KEY, &by_id, 1, &public_object, err);
	return rc ? rc : read_public(token, public_object, public_key, err);
}

static int sign(void *state, const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_span message, uint8_t out[SB_SIGNATURE_BYTES], struct sb_err *err)
{
	struct token *token = state;
	CK_MECHANISM mechanism = {CKM_EDDSA, NULL, 0};
	CK_ULONG n = SB_SIGNATURE_BYTES;
	union {
		const uint8_t *read_only;
		CK_BYTE *bytes; /* PKCS#11 knows no const */
	} data = {.read_only = message.p};

	(void)public_key;
	CK_RV rv = token->module->C_SignInit(token->session, &mechanism, token->key);
	if (rv == CKR_OK)
		rv = token->module->C_Sign(token->session, data.bytes, message.n, out, &n);
	if (rv != CKR_OK)
		return failed(err, "does not sign", rv);
	return n == SB_SIGNATURE_BYTES ? 0 : sb_fail(err, SB_EVIDENCE, "signer-wrong", "the token gave a signature of another length");
}

static const struct sb_signer signer = {sign, release};

/* A PIN in the URI would stand in the list of processes. */
static int parse_uri(const char *text, P11KitUri *uri, struct sb_err *err)
{
	if (p11_kit_uri_parse(text, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, uri) != P11_KIT_URI_OK || p11_kit_uri_any_unrecognized(uri))
		return sb_fail(err, SB_USAGE, "token-uri", "the URI of the key cannot be read");
	if (p11_kit_uri_get_pin_value(uri) || p11_kit_uri_get_pin_source(uri))
		return sb_fail(err, SB_USAGE, "token-uri", "the PIN is not given in the URI, but on the terminal or by --passphrase-fd");
	return 0;
}

static int find(struct token *token, P11KitUri *uri, const char *text, struct sb_span pin, uint8_t public_key[SB_PUBLIC_BYTES], struct sb_err *err)
{
	int rc = parse_uri(text, uri, err);

	if (!rc && !(token->modules = p11_kit_modules_load_and_initialize(0)))
		rc = sb_fail(err, SB_ABSENT, "token-absent", "p11-kit finds no module: %s", p11_kit_message());
	if (!rc)
		rc = open_session(token, uri, pin, err);
	return rc ? rc : find_key(token, uri, public_key, err);
}

int sb_secret_from_token(const char *uri_text, struct sb_span pin, struct sb_secret **out, struct sb_err *err)
{
	struct token *token = calloc(1, sizeof *token);
	P11KitUri *uri = p11_kit_uri_new();
	uint8_t public_key[SB_PUBLIC_BYTES];
	int rc = token && uri ? find(token, uri, uri_text, pin, public_key, err) : sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");

	p11_kit_uri_free(uri);
	if (!rc)
		rc = sb_secret_elsewhere(public_key, &signer, token, out, err);
	if (rc && token)
		release(token);
	return rc;
}

#endif
