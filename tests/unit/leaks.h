/* SPDX-License-Identifier: Apache-2.0 */
/* Criterion passes a test that leaks: each suite ends with .fini = no_leaks, and the run's ASAN log folder is checked too. */
#ifndef TESTS_UNIT_LEAKS_H
#define TESTS_UNIT_LEAKS_H

#ifdef SB_SANITIZED
#include <sanitizer/lsan_interface.h>
#include <stdlib.h>
static inline void no_leaks(void)
{
	if (__lsan_do_recoverable_leak_check() != 0)
		abort();
}
#else
static inline void no_leaks(void)
{
}
#endif

#endif
