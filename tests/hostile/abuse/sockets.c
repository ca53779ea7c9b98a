/* SPDX-License-Identifier: Apache-2.0 */
/* abuse_test.py listens on the host: an abstract socket, a port of 127.0.0.1 named in HOST_PORT, and a shared memory segment. */
#include "abuse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { VSOCK = 40, ALG = 38, TIPC = 30, XDP = 44, SHARED_KEY = 0x5ab3 };

static long sockets(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	return fd < 0 ? -1 : close(fd);
}

static long pairs(int family, int type)
{
	int ends[2];

	return socketpair(family, type | SOCK_CLOEXEC, 0, ends);
}

static long vsock(void) { return sockets(VSOCK, SOCK_STREAM, 0); }
static long netlink(void) { return sockets(AF_NETLINK, SOCK_RAW, 0); }
static long packet(void) { return sockets(AF_PACKET, SOCK_RAW, 0); }
static long algorithm(void) { return sockets(ALG, SOCK_SEQPACKET, 0); }
static long tipc(void) { return sockets(TIPC, SOCK_RDM, 0); }
static long xdp(void) { return sockets(XDP, SOCK_RAW, 0); }
static long bluetooth(void) { return sockets(31, SOCK_RAW, 0); }
static long can(void) { return sockets(29, SOCK_RAW, 1); }
static long key_family(void) { return sockets(15, SOCK_RAW, 2); }
static long high_family(void) { return syscall(SYS_socket, 0x100000010, SOCK_RAW, 0); }
static long high_inet(void) { return syscall(SYS_socket, 0x100000002, SOCK_STREAM, 0); }
static long pair_netlink(void) { return pairs(AF_NETLINK, SOCK_RAW); }
static long pair_tipc(void) { return pairs(TIPC, SOCK_RDM); }
static long pair_unix(void) { return pairs(AF_UNIX, SOCK_STREAM); }
static long raw(void) { return sockets(AF_INET, SOCK_RAW, IPPROTO_ICMP); }
static long raw6(void) { return sockets(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6); }
static long old_packet(void) { return sockets(AF_INET, SOCK_PACKET, 0); }
static long sctp(void) { return sockets(AF_INET, SOCK_STREAM, 132); }
static long sctp6(void) { return sockets(AF_INET6, SOCK_SEQPACKET, 132); }
static long dccp(void) { return sockets(AF_INET, SOCK_DCCP, 33); }
static long dccp_by_type(void) { return sockets(AF_INET, SOCK_DCCP, 0); }
static long mptcp(void) { return sockets(AF_INET, SOCK_STREAM, 262); }
static long l2tp(void) { return sockets(AF_INET, SOCK_DGRAM, 115); }
static long udp_lite(void) { return sockets(AF_INET6, SOCK_DGRAM, 136); }
static long high_sctp(void) { return syscall(SYS_socket, AF_INET, SOCK_STREAM, 0x100000084); }
static long pair_sctp(void)
{
	int ends[2];

	return socketpair(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 132, ends);
}
static long tcp(void) { return sockets(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP); }
static long udp6(void) { return sockets(AF_INET6, SOCK_DGRAM, IPPROTO_UDP); }
static long unix_protocol(void) { return sockets(AF_UNIX, SOCK_SEQPACKET, 1); }
static long inet(void) { return sockets(AF_INET, SOCK_STREAM, 0); }

static long abstract_of_host(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "\0samebuild-abuse"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (const struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 16));
}

static long path_of_host(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/private"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (const struct sockaddr *)&address, sizeof(address));
}

static long connects(const char *to, unsigned long port, int type)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, to, &address.sin_addr);
	return connect(fd, (const struct sockaddr *)&address, sizeof(address));
}

static long port_of_host(void)
{
	const char *port = getenv("HOST_PORT");

	return connects("127.0.0.1", port ? strtoul(port, NULL, 10) : 9, SOCK_STREAM);
}

static long internet(void) { return connects("192.0.2.1", 443, SOCK_STREAM); }
static long internet_datagram(void) { return connects("192.0.2.1", 53, SOCK_DGRAM); }
static long link_local(void) { return connects("169.254.169.254", 80, SOCK_STREAM); }
static long low_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(80)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return bind(fd, (const struct sockaddr *)&address, sizeof(address));
}

static long shared_of_host(void) { return shmget(SHARED_KEY, 0, 0); }

static long queue(void)
{
	mqd_t made = mq_open("/abuse", O_CREAT | O_RDWR, 0600, NULL);

	return made == (mqd_t)-1 ? -1 : 0;
}

static const struct attempt rows[] = {
	{"vsock", vsock, {EAFNOSUPPORT}, 0},
	{"netlink", netlink, {EAFNOSUPPORT}, CONTROL},
	{"packet", packet, {EAFNOSUPPORT}, 0},
	{"kernel crypto", algorithm, {EAFNOSUPPORT}, 0},
	{"TIPC", tipc, {EAFNOSUPPORT}, 0},
	{"XDP", xdp, {EAFNOSUPPORT}, 0},
	{"Bluetooth", bluetooth, {EAFNOSUPPORT}, 0},
	{"CAN", can, {EAFNOSUPPORT}, 0},
	{"PF_KEY", key_family, {EAFNOSUPPORT}, 0},
	{"netlink with high bits", high_family, {EAFNOSUPPORT}, CONTROL},
	{"INET with high bits", high_inet, {EAFNOSUPPORT}, CONTROL},
	{"pair of netlink", pair_netlink, {EAFNOSUPPORT}, 0},
	{"pair of TIPC", pair_tipc, {EAFNOSUPPORT}, 0},
	{"pair of UNIX", pair_unix, {SUCCEEDS}, CONTROL},
	{"raw INET", raw, {EPERM, EACCES}, 0},
	{"raw INET6", raw6, {EPERM, EACCES, EAFNOSUPPORT}, 0},
	{"packet by way of INET", old_packet, {ESOCKTNOSUPPORT}, 0},
	{"SCTP", sctp, {EPROTONOSUPPORT}, 0},
	{"SCTP over INET6", sctp6, {EPROTONOSUPPORT, ESOCKTNOSUPPORT}, 0},
	{"SCTP with high bits", high_sctp, {EPROTONOSUPPORT}, 0},
	{"pair of SCTP", pair_sctp, {EPROTONOSUPPORT}, 0},
	{"DCCP", dccp, {EPROTONOSUPPORT, ESOCKTNOSUPPORT}, 0},
	{"DCCP by its type", dccp_by_type, {ESOCKTNOSUPPORT}, 0},
	{"MPTCP", mptcp, {EPROTONOSUPPORT}, CONTROL},
	{"L2TP", l2tp, {EPROTONOSUPPORT}, 0},
	{"UDP-Lite", udp_lite, {EPROTONOSUPPORT}, 0},
	{"TCP by its number", tcp, {SUCCEEDS}, CONTROL},
	{"UDP over INET6 by its number", udp6, {SUCCEEDS}, 0},
	{"UNIX by its protocol", unix_protocol, {SUCCEEDS}, CONTROL},
	{"INET", inet, {SUCCEEDS}, CONTROL},
	{"abstract socket of the host", abstract_of_host, {ECONNREFUSED, EPERM}, CONTROL},
	{"socket of the host's systemd", path_of_host, {ENOENT, EACCES}, 0},
	{"port of the host", port_of_host, {ECONNREFUSED}, CONTROL},
	{"the Internet", internet, {ENETUNREACH}, 0},
	{"the Internet by datagram", internet_datagram, {ENETUNREACH}, 0},
	{"the cloud's metadata", link_local, {ENETUNREACH}, 0},
	{"bind to a low port", low_port, {EACCES}, 0},
	{"shared memory of the host", shared_of_host, {ENOENT}, CONTROL},
	{"message queue", queue, {EMFILE, ENOSYS}, 0},
};

const struct family family_sockets = FAMILY("sockets", rows);
