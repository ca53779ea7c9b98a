/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

union passing {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

bool sb_channel_say(int channel, enum sb_word word, int fd)
{
	char byte = (char)word;
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
	union passing control = {{0}};
	ssize_t sent;

	if (fd >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		control.align = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(&control.align), &fd, sizeof(fd));
	}
	do
		sent = sendmsg(channel, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == 1;
}

enum sb_word sb_channel_hear(int channel, int *fd)
{
	char byte = 0;
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	union passing control = {{0}};
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)};
	const struct cmsghdr *head;
	int passed = -1;
	ssize_t got;

	do
		got = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	head = CMSG_FIRSTHDR(&message);
	if (got == 1 && head && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&passed, CMSG_DATA(head), sizeof(passed));
	if (fd)
		*fd = passed;
	else
		sb_close_fd(&passed);
	return got == 1 ? (enum sb_word)byte : SB_WORD_NONE;
}
