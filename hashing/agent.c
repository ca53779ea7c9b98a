/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures by an ssh-agent: draft-miller-ssh-agent. What it answers is foreign: bounded in bytes and in time, and verified before it is used. */
#include "hashing/forms.h"
#include "hashing/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

enum { REQUEST_IDENTITIES = 11, IDENTITIES = 12, SIGN_REQUEST = 13, SIGN_RESPONSE = 14 };
enum { SECONDS = 120, BLOB = 19 + SB_PUBLIC_BYTES }; /* an agent may ask a person first */

struct agent {
	struct sockaddr_un address;
	uint8_t blob[BLOB];
};

/** One question on a connection of its own. */
struct talk {
	int fd;
	struct timespec end;
};

static int absent(struct sb_err *err, const char *what)
{
	return sb_fail(err, SB_ABSENT, "agent-absent", "the ssh-agent %s", what);
}

static int malformed(struct sb_err *err)
{
	return sb_fail(err, SB_FORMAT, "agent-malformed", "the ssh-agent answers something that is no answer");
}

static int wait_for(const struct talk *talk, short events, struct sb_err *err)
{
	struct pollfd poll_fd = {.fd = talk->fd, .events = events};
	struct timespec now;

	for (;;) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		int64_t left = (talk->end.tv_sec - now.tv_sec) * INT64_C(1000) + (talk->end.tv_nsec - now.tv_nsec) / 1000000;
		int ready = left > 0 ? poll(&poll_fd, 1, (int)left) : 0;
		if (ready > 0)
			return 0;
		if (ready == 0)
			return absent(err, "does not answer");
		if (errno != EINTR)
			return absent(err, "cannot be waited for");
	}
}

static int send_all(const struct talk *talk, struct sb_span bytes, struct sb_err *err)
{
	while (bytes.n) {
		int rc = wait_for(talk, POLLOUT, err);
		if (rc)
			return rc;
		ssize_t n = send(talk->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return absent(err, "does not take the question");
		if (n > 0)
			bytes = sb_span_of(bytes.p + n, bytes.n - (size_t)n);
	}
	return 0;
}

static int receive(const struct talk *talk, uint8_t *out, size_t n, struct sb_err *err)
{
	while (n) {
		int rc = wait_for(talk, POLLIN, err);
		if (rc)
			return rc;
		ssize_t got = recv(talk->fd, out, n, 0);
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
			return absent(err, "ends in the middle of an answer");
		if (got > 0) {
			out += got;
			n -= (size_t)got;
		}
	}
	return 0;
}

static int connect_to(const struct agent *agent, struct talk *talk, struct sb_err *err)
{
	clock_gettime(CLOCK_MONOTONIC, &talk->end);
	talk->end.tv_sec += SECONDS;
	talk->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (talk->fd < 0 || connect(talk->fd, (const struct sockaddr *)&agent->address, sizeof agent->address) != 0)
		return absent(err, "cannot be reached");
	return 0;
}

static void put_length(uint8_t *p, size_t n)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(n >> (8 * (3 - i)));
}

/* @question without its length; *answer is malloc'ed. */
static int ask(const struct agent *agent, struct sb_span question, uint8_t **answer, size_t *n, struct sb_err *err)
{
	struct talk talk = {.fd = -1};
	uint8_t length[4];

	int rc = connect_to(agent, &talk, err);
	put_length(length, question.n);
	if (!rc)
		rc = send_all(&talk, sb_span_of(length, sizeof length), err);
	if (!rc)
		rc = send_all(&talk, question, err);
	if (!rc)
		rc = receive(&talk, length, sizeof length, err);
	struct sb_rd rd = sb_rd_of(sb_span_of(length, sizeof length), true);
	*n = rc ? 0 : (size_t)sb_rd_uint(&rd, 4);
	if (!rc && *n > SB_LIMIT_OF(AGENT_BYTES))
		rc = sb_fail_limit(err, SB_LIMIT_ROW_AGENT_BYTES, *n);
	*answer = rc ? NULL : malloc(*n ? *n : 1);
	if (!rc && !*answer)
		rc = sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (!rc && (rc = receive(&talk, *answer, *n, err)))
		sb_free_p(answer);
	sb_close_fd(&talk.fd);
	return rc;
}

static struct sb_span string(struct sb_rd *rd)
{
	return sb_rd_bytes(rd, (size_t)sb_rd_uint(rd, 4));
}

/* ---- which key ---- */

/** What the list of an agent says of one fingerprint. */
enum found { NOT_FOUND = 0, FOUND, FOUND_OTHER_KIND };

/* SHA256:base64 of any blob, as sb_public_fingerprint makes it for ours. */
static bool has_fingerprint(struct sb_span blob, const char *fingerprint)
{
	SB_BUF struct sb_buf text = {.ceiling = 256};
	struct sb_digest digest;

	sb_hash_span(blob, SB_DIGEST_SHA256, &digest);
	sb_buf_text(&text, "SHA256:");
	sb_base64(sb_span_of(digest.sha256, SB_SHA256_BYTES), &text);
	return text.len == 51 && strlen(fingerprint) == 50 && memcmp(text.data, fingerprint, 50) == 0;
}

/* A certificate is listed beside its key, or alone; it goes by the fingerprint of the key inside. */
static bool is_certificate_of(struct sb_span blob, const char *fingerprint)
{
	struct sb_rd rd = sb_rd_of(blob, true);
	struct sb_span name = string(&rd);
	uint8_t plain[BLOB];

	string(&rd); /* nonce */
	struct sb_span key = string(&rd);
	if (rd.bad || !sb_span_equal(name, sb_span_text("ssh-ed25519-cert-v01@openssh.com")) || key.n != SB_PUBLIC_BYTES)
		return false;
	memcpy(plain, sb_ssh_prefix, sizeof sb_ssh_prefix);
	memcpy(plain + sizeof sb_ssh_prefix, key.p, SB_PUBLIC_BYTES);
	return has_fingerprint(sb_span_of(plain, sizeof plain), fingerprint);
}

static int look_up(struct sb_span answer, const char *fingerprint, struct agent *agent, enum found *found, struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(answer, true);

	*found = NOT_FOUND;
	if (sb_rd_uint(&rd, 1) != IDENTITIES)
		return malformed(err);
	for (uint64_t left = sb_rd_uint(&rd, 4); left && !rd.bad && *found != FOUND; left--) {
		struct sb_span blob = string(&rd);
		string(&rd); /* comment */
		bool plain = blob.n == BLOB && sb_span_starts(blob, sb_ssh_prefix, sizeof sb_ssh_prefix);
		if (rd.bad)
			break;
		if (plain && has_fingerprint(blob, fingerprint)) {
			memcpy(agent->blob, blob.p, BLOB);
			*found = FOUND;
		} else if (has_fingerprint(blob, fingerprint) || is_certificate_of(blob, fingerprint)) {
			*found = FOUND_OTHER_KIND;
		}
	}
	return rd.bad ? malformed(err) : 0;
}

/* ---- signing ---- */

static int read_signature(struct sb_span answer, uint8_t out[SB_SIGNATURE_BYTES], struct sb_err *err)
{
	struct sb_rd rd = sb_rd_of(answer, true);

	if (sb_rd_uint(&rd, 1) != SIGN_RESPONSE)
		return sb_fail(err, SB_ABSENT, "agent-refuses", "the ssh-agent refuses to sign");
	struct sb_span whole = string(&rd);
	struct sb_rd inside = sb_rd_of(whole, true);
	struct sb_span name = string(&inside), signature = string(&inside);
	if (rd.bad || inside.bad || rd.at != answer.n || inside.at != whole.n || !sb_span_equal(name, sb_span_text("ssh-ed25519")) ||
	    signature.n != SB_SIGNATURE_BYTES)
		return malformed(err);
	memcpy(out, signature.p, SB_SIGNATURE_BYTES);
	return 0;
}

static int sign(void *state, const uint8_t public_key[SB_PUBLIC_BYTES], struct sb_span message, uint8_t out[SB_SIGNATURE_BYTES], struct sb_err *err)
{
	static const uint8_t kind = SIGN_REQUEST, flags[4] = {0};
	const struct agent *agent = state;
	SB_BUF struct sb_buf question = {.ceiling = SB_LIMIT_OF(AGENT_BYTES) + 1024};
	SB_FREEING uint8_t *answer = NULL;
	uint8_t length[4];
	size_t n = 0;

	(void)public_key; /* it is in the blob */
	if (message.n > SB_LIMIT_OF(AGENT_BYTES) - BLOB - 64)
		return sb_fail_limit(err, SB_LIMIT_ROW_AGENT_BYTES, message.n);
	sb_buf_add(&question, &kind, 1);
	put_length(length, BLOB);
	sb_buf_add(&question, length, sizeof length);
	sb_buf_add(&question, agent->blob, BLOB);
	put_length(length, message.n);
	sb_buf_add(&question, length, sizeof length);
	sb_buf_add(&question, message.p, message.n);
	sb_buf_add(&question, flags, sizeof flags);
	int rc = sb_buf_ok(&question, err);
	if (!rc)
		rc = ask(agent, sb_buf_span(&question), &answer, &n, err);
	return rc ? rc : read_signature(sb_span_of(answer, n), out, err);
}

static const struct sb_signer signer = {sign, free};

static int find(struct agent *agent, const char *fingerprint, struct sb_err *err)
{
	static const uint8_t question = REQUEST_IDENTITIES;
	SB_FREEING uint8_t *answer = NULL;
	enum found found = NOT_FOUND;
	size_t n = 0;

	int rc = ask(agent, sb_span_of(&question, 1), &answer, &n, err);
	if (!rc)
		rc = look_up(sb_span_of(answer, n), fingerprint, agent, &found, err);
	if (rc || found == FOUND)
		return rc;
	if (found == FOUND_OTHER_KIND)
		return sb_fail(err, SB_USAGE, "agent-key-kind", "the key is a certificate, on a security token or not of Ed25519: it signs other bytes");
	return sb_fail(err, SB_ABSENT, "agent-key-absent", "the ssh-agent holds no such key");
}

int sb_secret_from_agent(const char *socket_path, const char *fingerprint, struct sb_secret **out, struct sb_err *err)
{
	SB_FREEING struct agent *agent = calloc(1, sizeof *agent);

	if (!agent)
		return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
	if (strlen(socket_path) >= sizeof agent->address.sun_path)
		return absent(err, "cannot be reached: the path of its socket is too long");
	agent->address.sun_family = AF_UNIX;
	memcpy(agent->address.sun_path, socket_path, strlen(socket_path));
	int rc = find(agent, fingerprint, err);
	if (!rc)
		rc = sb_secret_elsewhere(agent->blob + sizeof sb_ssh_prefix, &signer, agent, out, err);
	if (!rc)
		agent = NULL;
	return rc;
}
