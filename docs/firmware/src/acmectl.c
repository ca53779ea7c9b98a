/* SPDX-License-Identifier: Apache-2.0 */
/* Shows what the device is. */
#include <stdio.h>

const char built[] = "built in " BUILT_IN " at " __DATE__;

int main(void)
{
	puts(built);
	return 0;
}
