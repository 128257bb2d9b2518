// SPDX-License-Identifier: Apache-2.0
/*
 * gain WHAT: comes to may more than a moment before. WHAT: root (by setresuid, from a saved id),
 * refused (the same without the right to), capset (two capabilities made effective), mount (refused).
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

static int set_effective(uint32_t low)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return 1;
	data[0].effective = low;
	data[1].effective = 0;
	return syscall(SYS_capset, &head, data) != 0;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	if (strcmp(argv[1], "root") == 0)
		return setresuid(65534, 65534, 0) || setresuid(0, 0, 0);
	if (strcmp(argv[1], "refused") == 0)
		return setresuid(65534, 65534, 65534) || setuid(0) == 0 || errno != EPERM;
	if (strcmp(argv[1], "mount") == 0)
		return setresuid(65534, 65534, 65534) ||
		       mount("a", "/mnt", "tmpfs", 0, NULL) == 0 || errno != EPERM;
	return set_effective(0) || set_effective(1u << CAP_CHOWN | 1u << CAP_KILL);
}
