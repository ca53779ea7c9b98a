/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of INET and INET6 are TCP, UDP and ICMP: the kernel loads a module for whatever else is asked for (SCTP, DCCP, L2TP). */
#ifndef VERIFIER_SANDBOX_PROTOCOLS_H
#define VERIFIER_SANDBOX_PROTOCOLS_H

#include "base/base.h"

/**
 * Refuse the others to the calling thread, types with ESOCKTNOSUPPORT and protocols with EPROTONOSUPPORT; no_new_privs must be set.
 * Errors: IO "sandbox-setup".
 */
SB_MUST_USE int sb_protocols_refuse(struct sb_err *err);

#endif
