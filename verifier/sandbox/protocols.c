/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/protocols.h"
#include "verifier/sandbox/filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* The low half: the kernel reads 32 bits of each. */
#define NUMBER BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define ARGUMENT(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + (n) * sizeof(uint64_t))
#define SKIP_IF(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
#define ANSWER(what) BPF_STMT(BPF_RET | BPF_K, (what))

enum { TYPE = 0xf };

/**
 * A filter of its own, by hand: in the large one a datagram socket is put to init, which lets the kernel go on, and of two rules of one
 * filter it is not said which one counts. Of two filters a refusal does.
 */
int sb_protocols_refuse(struct sb_err *err)
{
	struct sock_filter code[] = {
		NUMBER,
		SKIP_IF(SYS_socket, 1, 0),
		SKIP_IF(SYS_socketpair, 0, 14), /* which too makes a socket first */
		ARGUMENT(0),
		SKIP_IF(AF_INET, 1, 0),
		SKIP_IF(AF_INET6, 0, 11),
		ARGUMENT(1),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, TYPE),
		/* DCCP is also found by its type, and SOCK_PACKET is another family */
		SKIP_IF(SOCK_STREAM, 3, 0),
		SKIP_IF(SOCK_DGRAM, 2, 0),
		SKIP_IF(SOCK_RAW, 1, 0),
		ANSWER(SECCOMP_RET_ERRNO | ESOCKTNOSUPPORT),
		ARGUMENT(2),
		SKIP_IF(IPPROTO_IP, 3, 0),
		SKIP_IF(IPPROTO_ICMP, 2, 0),
		SKIP_IF(IPPROTO_TCP, 1, 0),
		SKIP_IF(IPPROTO_UDP, 0, 1),
		ANSWER(SECCOMP_RET_ALLOW),
		SKIP_IF(IPPROTO_ICMPV6, 0, 1),
		ANSWER(SECCOMP_RET_ALLOW),
		ANSWER(SECCOMP_RET_ERRNO | EPROTONOSUPPORT),
	};
	const struct sock_fprog filter = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	return sb_filter_enter(&filter, NULL, err);
}
