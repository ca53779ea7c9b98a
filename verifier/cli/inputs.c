/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/cli/inputs.h"

#include "verifier/cli/places.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>

static int no_memory(struct sb_err *err)
{
	return sb_fail(err, SB_NOMEM, "out-of-memory", "out of memory");
}

/* A pipe has no size: read until the end or the ceiling. */
static int load_stdin(struct sb_invocation *call, size_t most, struct sb_span *out, struct sb_err *err)
{
	struct sb_blob blob = {.fd = -1};
	int rc = sb_blob_take(STDIN_FILENO, most, &blob, err);

	if (rc)
		return rc;
	const char *copy = sb_arena_copy(call->arena, blob.bytes);
	*out = sb_span_of(copy, blob.bytes.n);
	sb_blob_release(&blob);
	return copy ? 0 : no_memory(err);
}

int sb_cli_open_regular(const char *path, int *out, struct sb_err *err)
{
	SB_CLOSING int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return sb_fail_errno(err, "file-unreadable", "cannot open %s", path);
	if (!S_ISREG(st.st_mode))
		return sb_fail(err, SB_FORMAT, "not-a-regular-file", "%s is not a regular file", path);
	*out = sb_steal_fd(&fd);
	return 0;
}

int sb_cli_load_file(struct sb_invocation *call, const char *path, size_t most, struct sb_span *out, struct sb_err *err)
{
	SB_FREEING char *text = NULL;
	size_t n = 0;

	if (strcmp(path, "-") == 0)
		return load_stdin(call, most, out, err);
	int rc = sb_io_slurp(AT_FDCWD, path, most, &text, &n, err);
	if (rc)
		return rc;
	const char *copy = sb_arena_copy(call->arena, sb_span_of(text, n));
	*out = sb_span_of(copy, n);
	return copy ? 0 : no_memory(err);
}

int sb_cli_load_drop(struct sb_invocation *call, const char *path, struct sb_loaded_drop *out, struct sb_err *err)
{
	const char *slash = strrchr(path, '/');
	const char *folder = !slash ? "." : slash == path ? "/" : sb_arena_copy(call->arena, sb_span_of(path, (size_t)(slash - path)));
	struct sb_span text;
	SB_CLOSING int dir = -1;

	if (!folder)
		return no_memory(err);
	int rc = sb_cli_load_file(call, path, SB_LIMIT_OF(DOCUMENT_BYTES), &text, err);
	if (rc)
		return rc == SB_NOMEM ? rc : sb_reidentify(err, "drop-unreadable");
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return sb_fail_errno(err, "drop-unreadable", "cannot open the folder of %s", path);
	rc = sb_drop_read(text, sb_path_base(path), call->arena, &out->drop, call->problems, err);
	if (!rc)
		out->dir = sb_steal_fd(&dir);
	return rc;
}

int sb_cli_load_facts(struct sb_invocation *call, const char **out, struct sb_err *err)
{
	const char *path = sb_arg_value(call, "facts");
	struct sb_span text;

	*out = NULL;
	if (!path)
		return 0;
	int rc = sb_cli_load_file(call, path, SB_LIMIT_OF(DOCUMENT_BYTES), &text, err);
	if (rc)
		return rc == SB_NOMEM ? rc : sb_reidentify(err, "facts-malformed");
	*out = (const char *)text.p;
	return strlen(*out) == text.n ? 0 : sb_fail(err, SB_FORMAT, "facts-malformed", "%s holds a NUL", path);
}

/* One line of at most @room - 1 bytes, byte by byte so that nothing behind it is taken; the newline is dropped. A secret is taken whole or not at all. */
static int read_line(int fd, char *line, size_t room, struct sb_err *err)
{
	size_t n = 0, got = 1;
	char c = 0;

	while (true) {
		int rc = sb_io_read(fd, &c, 1, &got, err);
		if (rc)
			return rc;
		if (!got || c == '\n')
			break;
		if (c == '\0' || n + 1 == room)
			return sb_fail(err, SB_USAGE, "passphrase-cut", "a passphrase is one line of at most %zu bytes without a NUL", room - 1);
		line[n++] = c;
	}
	line[n] = '\0';
	return 0;
}

static int ask(int terminal, const char *prompt, char *line, size_t room, struct sb_err *err)
{
	struct termios before, silent;

	if (tcgetattr(terminal, &before) != 0)
		return sb_fail_errno(err, "passphrase-needed", "cannot read from the terminal");
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(terminal, TCSAFLUSH, &silent);
	fputs(prompt, stderr);
	int rc = read_line(terminal, line, room, err);
	tcsetattr(terminal, TCSAFLUSH, &before);
	fputc('\n', stderr);
	return rc;
}

enum { ROOM = 1024 };

static int ask_on_terminal(bool twice, char *line, struct sb_err *err)
{
	SB_CLOSING int terminal = isatty(STDIN_FILENO) ? open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) : -1;

	if (terminal < 0)
		return sb_fail(err, SB_USAGE, "passphrase-needed", "a passphrase is needed, and there is no terminal to ask on");
	int rc = ask(terminal, "passphrase: ", line, ROOM, err);
	if (rc || !twice)
		return rc;
	char *again = sb_guarded_alloc(ROOM);
	if (!again)
		return no_memory(err);
	rc = ask(terminal, "passphrase again: ", again, ROOM, err);
	if (!rc && strcmp(line, again) != 0)
		rc = sb_fail(err, SB_USAGE, "passphrase-needed", "the two passphrases differ");
	sb_guarded_free(again);
	return rc;
}

int sb_cli_passphrase(struct sb_invocation *call, bool twice, char **out, struct sb_err *err)
{
	uint64_t fd = 0;
	int rc = sb_arg_number(call, "passphrase-fd", 0, 1 << 20, UINT64_MAX, &fd, err);

	if (rc)
		return rc;
	char *line = sb_guarded_alloc(ROOM);
	if (!line)
		return no_memory(err);
	rc = sb_arg_given(call, "passphrase-fd") ? read_line((int)fd, line, ROOM, err) : ask_on_terminal(twice, line, err);
	if (rc)
		sb_guarded_free(line);
	else
		*out = line;
	return rc;
}

enum { MOST_KEY = 64 * 1024 };

static bool is_agent(const char *key)
{
	return strncmp(key, "agent:", 6) == 0;
}

/* The descriptor is asked, not the name: what is checked is what is read. */
static int check_exposure(int fd, const char *path, struct sb_err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return sb_fail_errno(err, "key-unreadable", "cannot look at %s", path);
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		return sb_fail(err, SB_USAGE, "key-unreadable", "%s is no file", path);
	if (S_ISREG(st.st_mode) && (st.st_mode & 077))
		return sb_fail(err, SB_USAGE, "key-exposed", "others may read the key file %s", path);
	if (st.st_uid != geteuid())
		return sb_fail(err, SB_USAGE, "key-exposed", "the key file %s belongs to another user", path);
	return 0;
}

int sb_cli_read_key(struct sb_invocation *call, const char *path, struct sb_guarded_text *out, struct sb_err *err)
{
	bool from_stdin = strcmp(path, "-") == 0;
	SB_CLOSING int fd = from_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t n = 0;

	(void)call;
	if (fd < 0)
		return sb_fail_errno(err, "key-unreadable", "cannot open %s", path);
	char *text = sb_guarded_alloc(MOST_KEY + 1);
	if (!text)
		return no_memory(err);
	int rc = sb_io_read(fd, text, MOST_KEY + 1, &n, err);
	if (rc)
		rc = sb_reidentify(err, "key-unreadable");
	else if (n > MOST_KEY)
		rc = sb_fail(err, SB_FORMAT, "key-malformed", "%s is too large for a key", path);
	else if (sb_key_sniff(sb_span_of(text, n)) >= SB_KEY_SECRET)
		rc = from_stdin ? sb_fail(err, SB_USAGE, "key-unreadable", "a secret key is not read from stdin") : check_exposure(fd, path, err);
	if (rc)
		sb_guarded_free(text);
	else
		*out = (struct sb_guarded_text){text, n};
	return rc;
}

int sb_cli_load_public(struct sb_invocation *call, const char *path, uint8_t out[SB_PUBLIC_BYTES], struct sb_err *err)
{
	struct sb_guarded_text file;
	int rc = sb_cli_read_key(call, path, &file, err);

	if (rc)
		return rc;
	rc = sb_public_parse(sb_span_of(file.p, file.n), out, err);
	sb_guarded_free(file.p);
	return rc;
}

static int load_from_agent(const char *key, struct sb_secret **out, struct sb_err *err)
{
	const char *socket = getenv("SSH_AUTH_SOCK");

	if (!socket || !*socket)
		return sb_fail(err, SB_ABSENT, "agent-absent", "SSH_AUTH_SOCK names no ssh-agent");
	return sb_secret_from_agent(socket, key + strlen("agent:"), out, err);
}

static bool is_token(const char *key)
{
	return strncmp(key, "pkcs11:", 7) == 0;
}

static int load_from_token(struct sb_invocation *call, const char *key, struct sb_secret **out, struct sb_err *err)
{
	char *pin = NULL;
	int rc = sb_cli_passphrase(call, false, &pin, err);

	if (rc)
		return rc;
	rc = sb_secret_from_token(key, sb_span_text(pin), out, err);
	sb_guarded_free(pin);
	return rc;
}

int sb_cli_check_secret(struct sb_invocation *call, const char *key, struct sb_err *err)
{
	bool can_ask = isatty(STDIN_FILENO) || sb_arg_given(call, "passphrase-fd");
	struct sb_guarded_text file;
	struct sb_secret *secret = NULL;

	if (is_agent(key)) {
		int found = load_from_agent(key, &secret, err);
		sb_secret_free(&secret);
		return found;
	}
	if (is_token(key))
		return can_ask ? 0 : sb_fail(err, SB_USAGE, "passphrase-needed", "a PIN is needed, and there is no terminal to ask on");
	if (strcmp(key, "-") == 0)
		return sb_fail(err, SB_USAGE, "key-unreadable", "a secret key is not read from stdin");
	int rc = sb_cli_read_key(call, key, &file, err);
	if (rc)
		return rc;
	enum sb_key_kind kind = sb_key_sniff(sb_span_of(file.p, file.n));
	sb_guarded_free(file.p);
	if (kind < SB_KEY_SECRET)
		return sb_fail(err, SB_FORMAT, "key-malformed", "%s holds no secret key", key);
	return kind == SB_KEY_SECRET_ENCRYPTED && !can_ask ? sb_fail(err, SB_USAGE, "passphrase-needed", "a passphrase is needed, and there is no terminal to ask on") : 0;
}

int sb_cli_load_secret(struct sb_invocation *call, const char *key, struct sb_secret **out, struct sb_err *err)
{
	struct sb_guarded_text file;
	char *passphrase = NULL;

	if (is_agent(key))
		return load_from_agent(key, out, err);
	if (is_token(key))
		return load_from_token(call, key, out, err);
	int rc = sb_cli_read_key(call, key, &file, err);
	if (rc)
		return rc;
	struct sb_span bytes = sb_span_of(file.p, file.n);
	if (sb_key_sniff(bytes) == SB_KEY_SECRET_ENCRYPTED)
		rc = sb_cli_passphrase(call, false, &passphrase, err);
	if (!rc)
		rc = sb_secret_parse(bytes, sb_span_text(passphrase ? passphrase : ""), out, err);
	sb_guarded_free(passphrase);
	sb_guarded_free(file.p);
	return rc;
}

int sb_cli_open_store(struct sb_invocation *call, struct sb_store **out, struct sb_err *err)
{
	const char *path = sb_arg_value(call, "store");

	if (!path)
		path = sb_place_data(call->arena, "store");
	if (!path)
		return sb_fail(err, SB_USAGE, "no-home", "neither HOME nor XDG_DATA_HOME is set to an absolute path");
	return sb_store_open(path, out, err);
}
