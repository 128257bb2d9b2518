/* SPDX-License-Identifier: Apache-2.0 */
/* executed: execs of files that a test made, as the kernel would tell them. */
#ifndef WHODID_TESTS_PROGRAM_EXECUTED_H
#define WHODID_TESTS_PROGRAM_EXECUTED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "event.h"

/* An exec of the file as it is now, by the name that it has on the made-up host; three seconds after the last. */
static inline struct event exec_below(const char *root, const char *name)
{
	static uint64_t boot_ns = 1000;
	char path[512];
	struct event ev = {
		.what = {.type = EVENT_EXEC, .boot_ns = boot_ns += 3000000000, .pid = 1}};
	struct stat st;

	snprintf(path, sizeof(path), "%s%s", root, name);
	assert_int_equal(stat(path, &st), 0);
	ev.what.exec.exe = str_of(name);
	ev.what.exec.exe_inode = st.st_ino;
	ev.what.exec.exe_dev = (uint64_t)major(st.st_dev) << 20 | minor(st.st_dev);
	ev.what.exec.exe_ctime_ns =
		(uint64_t)st.st_ctim.tv_sec * 1000000000u + (uint64_t)st.st_ctim.tv_nsec;
	return ev;
}

#endif
