/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void sb_terminal_init(struct sb_terminal *terminal)
{
	*terminal = (struct sb_terminal){.master = -1, .slave = -1};
}

int sb_terminal_open(struct sb_terminal *terminal, struct sb_err *err)
{
	if (!isatty(STDIN_FILENO)) {
		bool shown = isatty(STDOUT_FILENO) || isatty(STDERR_FILENO);
		return shown ? sb_fail(err, SB_USAGE, "shell-terminal", "the shell reads no terminal and would write to one, which it could read and set as well") : 0;
	}
	terminal->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (terminal->master >= 0 && unlockpt(terminal->master) == 0)
		terminal->slave = ioctl(terminal->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal->slave < 0 || tcgetattr(STDIN_FILENO, &terminal->before) != 0)
		return sb_fail_errno(err, "sandbox-setup", "cannot make a terminal for the shell");
	return tcsetattr(terminal->slave, TCSANOW, &terminal->before) == 0 ? 0 : sb_fail_errno(err, "sandbox-setup", "cannot set a terminal up");
}

void sb_terminal_enter(struct sb_terminal *terminal)
{
	struct termios raw = terminal->before;

	sb_close_fd(&terminal->slave);
	if (terminal->master < 0)
		return;
	cfmakeraw(&raw);
	terminal->raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

static void follow_size(const struct sb_terminal *terminal)
{
	struct winsize outer, inner;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &outer) == 0 && ioctl(terminal->master, TIOCGWINSZ, &inner) == 0 &&
	    memcmp(&outer, &inner, sizeof(outer)) != 0)
		ioctl(terminal->master, TIOCSWINSZ, &outer);
}

void sb_terminal_watch(const struct sb_terminal *terminal, struct pollfd fds[SB_TERMINAL_FDS])
{
	bool on = terminal->raw && terminal->master >= 0;

	fds[0] = (struct pollfd){.fd = on && terminal->typed_length == 0 ? STDIN_FILENO : -1, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = on ? terminal->master : -1, .events = terminal->typed_length ? POLLIN | POLLOUT : POLLIN};
}

static void show(const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t put = write(STDOUT_FILENO, bytes, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return;
		bytes += put;
		n -= (size_t)put;
	}
}

/** False at the end: nobody has the other side any more. */
static bool take_output(struct sb_terminal *terminal)
{
	char piece[4096];
	ssize_t got = read(terminal->master, piece, sizeof(piece));

	if (got > 0)
		show(piece, (size_t)got);
	return got > 0 || (got < 0 && errno == EINTR);
}

/** What does not fit waits: a program that does not read must not stop the supervisor. */
static void pass_typed(struct sb_terminal *terminal)
{
	ssize_t put = write(terminal->master, terminal->typed, terminal->typed_length);

	if (put <= 0)
		return;
	terminal->typed_length -= (size_t)put;
	memmove(terminal->typed, terminal->typed + put, terminal->typed_length);
}

void sb_terminal_carry(struct sb_terminal *terminal, const struct pollfd fds[SB_TERMINAL_FDS])
{
	if (terminal->master < 0 || !terminal->raw)
		return;
	follow_size(terminal);
	if (fds[0].revents) {
		ssize_t got = read(STDIN_FILENO, terminal->typed, sizeof(terminal->typed));

		if (got > 0)
			terminal->typed_length = (size_t)got;
		else if (got == 0 || errno != EINTR)
			sb_close_fd(&terminal->master); /* the caller's terminal is gone: a hang-up inside as well */
	}
	if (terminal->master >= 0 && terminal->typed_length > 0)
		pass_typed(terminal);
	if (terminal->master >= 0 && fds[1].revents & (POLLIN | POLLHUP | POLLERR) && !take_output(terminal) && errno != EAGAIN)
		sb_close_fd(&terminal->master);
}

void sb_terminal_close(struct sb_terminal *terminal)
{
	while (terminal->master >= 0 && terminal->raw && take_output(terminal))
		;
	if (terminal->raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal->before);
	terminal->raw = false;
	sb_close_fd(&terminal->master);
	sb_close_fd(&terminal->slave);
}

int sb_terminal_take(int slave)
{
	if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) != 0)
		return -1;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(slave, fd) < 0)
			return -1;
	return 0;
}
