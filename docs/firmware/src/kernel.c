/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for the kernel: it has to be packed and found again, not to boot. */
const char banner[] = "Acme kernel 4.2.1";

void _start(void);
void _start(void)
{
	for (;;)
		*(volatile const char *)banner;
}
