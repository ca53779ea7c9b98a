/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/sandbox/own_proc.h"

#include <unistd.h>

bool sb_own_proc(void)
{
	char self[16];
	ssize_t n = readlink("/proc/self", self, sizeof(self) - 1);

	if (n <= 0)
		return false;
	self[n] = 0;
	return strtol(self, NULL, 10) == getpid();
}
