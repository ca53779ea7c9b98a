/* SPDX-License-Identifier: Apache-2.0 */
#include "manifests/filesig.h"

#include <string.h>

static const char comment_mark[] = "untrusted comment: ", trusted_mark[] = "trusted comment: ";
static const char ssh_begin[] = "-----BEGIN SSH SIGNATURE-----", ssh_end[] = "-----END SSH SIGNATURE-----";
static const char ssh_magic[6] = {'S', 'S', 'H', 'S', 'I', 'G'};
/* Comments as minisign bounds them: src/minisign.h. */
enum { COMMENT_MOST = 1024, TRUSTED_MOST = 8192, COLUMNS = 70, NUMBERED = 2 + 8 + SB_SIGNATURE_BYTES };

static int malformed(struct sb_err *err, const char *what)
{
	return sb_fail(err, SB_EVIDENCE, "filesig-malformed", "%s", what);
}

/* Legacy minisign and signify sign the bytes themselves: they must not be those that a signature elsewhere covers. */
static bool is_ambiguous(struct sb_span file)
{
	static const char *const starts[] = {"DSSEv1 ", "SSHSIG", "cosignature/"};

	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		if (sb_span_starts(file, starts[i], strlen(starts[i])))
			return true;
	return false;
}

/* ---- minisign and signify ---- */

/* The next line of @rest, without its end; false when there is none. */
static bool take_line(struct sb_span *rest, struct sb_span *line)
{
	bool more = rest->n != 0;

	*line = sb_span_take_line(rest);
	if (line->n && line->p[line->n - 1] == '\r')
		line->n--;
	return more;
}

static bool decode(struct sb_span text, uint8_t *out, size_t n)
{
	SB_BUF struct sb_buf bytes = {.ceiling = 4096};

	if (text.n > 1024 || sb_unbase64(text, &bytes, NULL) || bytes.len != n)
		return false;
	memcpy(out, bytes.data, n);
	return true;
}

static int read_trusted(struct sb_span rest, struct sb_filesig *out, struct sb_err *err)
{
	struct sb_span comment, signature, more;

	if (!take_line(&rest, &comment) || !take_line(&rest, &signature) || take_line(&rest, &more))
		return malformed(err, "a signature of minisign has four lines");
	size_t mark = sizeof trusted_mark - 1;
	if (!sb_span_starts(comment, trusted_mark, mark) || comment.n > TRUSTED_MOST || !decode(signature, out->over_comment, SB_SIGNATURE_BYTES))
		return malformed(err, "the trusted comment of the signature is damaged");
	out->comment = sb_span_of(comment.p + mark, comment.n - mark);
	return 0;
}

static int read_minisig(struct sb_span text, struct sb_filesig *out, struct sb_err *err)
{
	struct sb_span comment, signature;
	uint8_t bytes[NUMBERED];

	if (!take_line(&text, &comment) || comment.n > COMMENT_MOST || !take_line(&text, &signature) || !decode(signature, bytes, sizeof bytes))
		return malformed(err, "not a signature of minisign or signify");
	bool prehashed = memcmp(bytes, "ED", 2) == 0;
	if (!prehashed && memcmp(bytes, "Ed", 2) != 0)
		return malformed(err, "a signature of an unknown algorithm");
	memcpy(out->number, bytes + 2, sizeof out->number);
	memcpy(out->bytes, bytes + 2 + sizeof out->number, SB_SIGNATURE_BYTES);
	out->prehashed = prehashed;
	out->kind = text.n || prehashed ? SB_FILESIG_MINISIGN : SB_FILESIG_SIGNIFY;
	return out->kind == SB_FILESIG_MINISIGN ? read_trusted(text, out, err) : 0;
}

/* What minisign signs beside the file: the signature and the trusted comment. */
static void add_commented(const uint8_t signature[SB_SIGNATURE_BYTES], struct sb_span comment, struct sb_buf *out)
{
	sb_buf_add(out, signature, SB_SIGNATURE_BYTES);
	sb_buf_add(out, comment.p, comment.n);
}

static bool minisig_good(const struct sb_filesig *signature, const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_span file)
{
	SB_BUF struct sb_buf commented = {.ceiling = SB_SIGNATURE_BYTES + TRUSTED_MOST};
	struct sb_span signed_bytes = file;
	struct sb_digest digest;

	if (signature->prehashed) {
		sb_hash_span(file, SB_DIGEST_BLAKE2B, &digest);
		signed_bytes = sb_span_of(digest.blake2b, SB_BLAKE2B_BYTES);
	} else if (is_ambiguous(file)) {
		return false;
	}
	if (!sb_signature_good(public_key, signed_bytes, signature->bytes))
		return false;
	if (signature->kind == SB_FILESIG_SIGNIFY)
		return true;
	add_commented(signature->bytes, signature->comment, &commented);
	return !commented.bad && sb_signature_good(public_key, sb_buf_span(&commented), signature->over_comment);
}

static void add_numbered(const char *algorithm, const struct sb_secret *secret, const uint8_t signature[SB_SIGNATURE_BYTES], struct sb_buf *out)
{
	uint8_t public_key[SB_PUBLIC_BYTES], bytes[NUMBERED];

	sb_secret_public(secret, public_key);
	memcpy(bytes, algorithm, 2);
	sb_public_number(public_key, bytes + 2);
	memcpy(bytes + 10, signature, SB_SIGNATURE_BYTES);
	sb_base64(sb_span_of(bytes, sizeof bytes), out);
	sb_buf_text(out, "\n");
}

int sb_minisig_write(const struct sb_secret *secret, struct sb_span file, const char *comment, struct sb_buf *out, struct sb_err *err)
{
	SB_BUF struct sb_buf commented = {.ceiling = SB_SIGNATURE_BYTES + TRUSTED_MOST};
	uint8_t signature[SB_SIGNATURE_BYTES], over_comment[SB_SIGNATURE_BYTES];
	struct sb_digest digest;

	sb_hash_span(file, SB_DIGEST_BLAKE2B, &digest);
	int rc = sb_sign(secret, sb_span_of(digest.blake2b, SB_BLAKE2B_BYTES), signature, err);
	if (rc)
		return rc;
	add_commented(signature, sb_span_text(comment), &commented);
	rc = sb_buf_ok(&commented, err);
	if (!rc)
		rc = sb_sign(secret, sb_buf_span(&commented), over_comment, err);
	if (rc)
		return rc;
	sb_buf_printf(out, "%ssignature by samebuild\n", comment_mark);
	add_numbered("ED", secret, signature, out);
	sb_buf_printf(out, "%s%s\n", trusted_mark, comment);
	sb_base64(sb_span_of(over_comment, sizeof over_comment), out);
	sb_buf_text(out, "\n");
	return sb_buf_ok(out, err);
}

int sb_signify_write(const struct sb_secret *secret, struct sb_span file, struct sb_buf *out, struct sb_err *err)
{
	uint8_t signature[SB_SIGNATURE_BYTES];

	if (is_ambiguous(file))
		return sb_fail(err, SB_USAGE, "filesig-ambiguous", "the file begins like something that is signed in another way");
	int rc = sb_sign(secret, file, signature, err);
	if (rc)
		return rc;
	sb_buf_printf(out, "%ssignature by samebuild\n", comment_mark);
	add_numbered("Ed", secret, signature, out);
	return sb_buf_ok(out, err);
}

/* ---- OpenSSH ---- */

static void add_string(struct sb_buf *out, const void *bytes, size_t n)
{
	const uint8_t length[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
	sb_buf_add(out, length, sizeof length);
	sb_buf_add(out, bytes, n);
}

static void add_text(struct sb_buf *out, const char *text)
{
	add_string(out, text, strlen(text));
}

/* "SSHSIG", namespace, reserved, name of the hash, hash: PROTOCOL.sshsig section "Blob format". */
static void add_signed(struct sb_span file, bool sha256, struct sb_buf *out)
{
	enum sb_declared_digest kind = sha256 ? SB_DECLARED_SHA256 : SB_DECLARED_SHA512;
	uint8_t digest[SB_DECLARED_LARGEST];

	sb_declared_hash(NULL, kind, file, digest);
	sb_buf_add(out, ssh_magic, sizeof ssh_magic);
	add_text(out, SB_SSHSIG_NAMESPACE);
	add_text(out, "");
	add_text(out, sha256 ? "sha256" : "sha512");
	add_string(out, digest, sb_declared_size(kind));
}

static struct sb_span string(struct sb_rd *rd)
{
	return sb_rd_bytes(rd, (size_t)sb_rd_uint(rd, 4));
}

static bool is_text(struct sb_span span, const char *text)
{
	return sb_span_equal(span, sb_span_text(text));
}

/* "ssh-ed25519" and one more string of @n bytes, and nothing else. */
static bool read_named(struct sb_span blob, uint8_t *out, size_t n)
{
	struct sb_rd rd = sb_rd_of(blob, true);
	struct sb_span name = string(&rd), value = string(&rd);

	if (rd.bad || rd.at != blob.n || !is_text(name, "ssh-ed25519") || value.n != n)
		return false;
	memcpy(out, value.p, n);
	return true;
}

static int read_ssh_blob(struct sb_span blob, struct sb_filesig *out, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(blob, true);
	struct sb_span magic = sb_rd_bytes(&rd, sizeof ssh_magic);
	uint64_t version = sb_rd_uint(&rd, 4);
	struct sb_span key = string(&rd), space = string(&rd), reserved = string(&rd), hash = string(&rd), signature = string(&rd);

	if (rd.bad || rd.at != blob.n || !sb_span_equal(magic, sb_span_of(ssh_magic, sizeof ssh_magic)) || version != 1)
		return malformed(err, "not a signature of OpenSSH");
	if (!is_text(space, SB_SSHSIG_NAMESPACE) || reserved.n)
		return malformed(err, "the signature was not made for a file: its namespace is another one");
	out->sha256 = is_text(hash, "sha256");
	if ((!out->sha256 && !is_text(hash, "sha512")) || !read_named(key, out->key, SB_PUBLIC_BYTES) || !read_named(signature, out->bytes, SB_SIGNATURE_BYTES))
		return malformed(err, "the signature is not by a plain Ed25519 key");
	out->kind = SB_FILESIG_SSH;
	return 0;
}

static int read_sshsig(struct sb_span text, struct sb_filesig *out, struct sb_err *err)
{
	SB_BUF struct sb_buf joined = {.ceiling = 8192};
	SB_BUF struct sb_buf blob = {.ceiling = 8192};
	struct sb_span line;
	bool ended = false;

	if (text.n > 8192 || !take_line(&text, &line) || !is_text(line, ssh_begin))
		return malformed(err, "not a signature of OpenSSH");
	while (!ended && take_line(&text, &line)) {
		ended = is_text(line, ssh_end);
		if (!ended)
			sb_buf_add(&joined, line.p, line.n);
	}
	if (!ended || text.n || sb_unbase64(sb_buf_span(&joined), &blob, NULL))
		return malformed(err, "the signature of OpenSSH is damaged");
	return read_ssh_blob(sb_buf_span(&blob), out, err);
}

static bool sshsig_good(const struct sb_filesig *signature, const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_span file)
{
	SB_BUF struct sb_buf message = {.ceiling = 4096};

	add_signed(file, signature->sha256, &message);
	return !message.bad && memcmp(signature->key, public_key, SB_PUBLIC_BYTES) == 0 &&
	       sb_signature_good(public_key, sb_buf_span(&message), signature->bytes);
}

int sb_sshsig_write(const struct sb_secret *secret, struct sb_span file, struct sb_buf *out, struct sb_err *err)
{
	SB_BUF struct sb_buf message = {.ceiling = 4096}, part = {.ceiling = 4096}, blob = {.ceiling = 4096}, text = {.ceiling = 4096};
	uint8_t public_key[SB_PUBLIC_BYTES], signature[SB_SIGNATURE_BYTES];

	add_signed(file, false, &message);
	int rc = sb_buf_ok(&message, err);
	if (!rc)
		rc = sb_sign(secret, sb_buf_span(&message), signature, err);
	if (rc)
		return rc;
	sb_secret_public(secret, public_key);
	sb_buf_add(&blob, ssh_magic, sizeof ssh_magic);
	sb_buf_add(&blob, "\0\0\0\1", 4);
	add_text(&part, "ssh-ed25519");
	add_string(&part, public_key, sizeof public_key);
	add_string(&blob, part.data, part.len);
	add_text(&blob, SB_SSHSIG_NAMESPACE);
	add_text(&blob, "");
	add_text(&blob, "sha512");
	part.len = 0;
	add_text(&part, "ssh-ed25519");
	add_string(&part, signature, sizeof signature);
	add_string(&blob, part.data, part.len);
	sb_base64(sb_buf_span(&blob), &text);
	if ((rc = sb_buf_ok(&part, err)) || (rc = sb_buf_ok(&blob, err)) || (rc = sb_buf_ok(&text, err)))
		return rc;
	sb_buf_printf(out, "%s\n", ssh_begin);
	for (size_t at = 0; at < text.len; at += COLUMNS)
		sb_buf_printf(out, "%.*s\n", COLUMNS, text.data + at);
	sb_buf_printf(out, "%s\n", ssh_end);
	return sb_buf_ok(out, err);
}

/* ---- all of them ---- */

enum sb_filesig_kind sb_filesig_sniff(struct sb_span text)
{
	if (sb_span_starts(text, ssh_begin, sizeof ssh_begin - 1))
		return SB_FILESIG_SSH;
	return sb_span_starts(text, comment_mark, sizeof comment_mark - 1) ? SB_FILESIG_MINISIGN : SB_FILESIG_NONE;
}

int sb_filesig_read(struct sb_span text, struct sb_filesig *out, struct sb_err *err)
{
	struct sb_filesig made = {0};
	int rc = SB_EVIDENCE;

	switch (sb_filesig_sniff(text)) {
	case SB_FILESIG_SSH:
		rc = read_sshsig(text, &made, err);
		break;
	case SB_FILESIG_MINISIGN:
	case SB_FILESIG_SIGNIFY:
		rc = read_minisig(text, &made, err);
		break;
	case SB_FILESIG_NONE:
		rc = malformed(err, "not a signature of a file");
		break;
	}
	if (!rc)
		*out = made;
	return rc;
}

bool sb_filesig_good(const struct sb_filesig *signature, const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_span file)
{
	switch (signature->kind) {
	case SB_FILESIG_MINISIGN:
	case SB_FILESIG_SIGNIFY:
		return minisig_good(signature, public_key, file);
	case SB_FILESIG_SSH:
		return sshsig_good(signature, public_key, file);
	case SB_FILESIG_NONE:
		break;
	}
	return false;
}
