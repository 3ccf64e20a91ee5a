// SPDX-License-Identifier: GPL-2.0
/* Opens a library that only this program's own search path leads to. */
#include <dlfcn.h>
#include <stdio.h>

int main(void)
{
	if (dlopen("librunpath.so", RTLD_NOW))
		return 0;
	fprintf(stderr, "%s\n", dlerror());
	return 1;
}
