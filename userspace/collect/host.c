// SPDX-License-Identifier: Apache-2.0
/* host.c: what doctor asks before anything is loaded: does this host have what the programs need? */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/btf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "collect/collect.h"

#define CGROUP2_MAGIC	  0x63677270
#define CAP_SYS_ADMIN_BIT 21
#define CAP_NET_ADMIN_BIT 12

struct findings {
	struct host_finding *out;
	size_t n, max;
};

__attribute__((format(printf, 4, 5))) static void find(struct findings *f, int level,
						       const char *remedy, const char *fmt, ...)
{
	struct host_finding *h;
	va_list args;

	if (f->n == f->max)
		return;
	h = &f->out[f->n++];
	h->level = level;
	va_start(args, fmt);
	vsnprintf(h->text, sizeof(h->text), fmt, args);
	va_end(args);
	snprintf(h->remedy, sizeof(h->remedy), "%s", remedy);
}

static void check_kernel(struct findings *f)
{
	struct utsname u;
	char lacks[180];

	if (uname(&u))
		find(f, FINDING_WARN, "", "the kernel version cannot be read");
	else if (btf_lacks(lacks, sizeof(lacks)))
		find(f, FINDING_FAIL, "use Linux 5.17 or later",
		     "kernel %s is too old: it has no %s", u.release, lacks);
	else
		find(f, FINDING_OK, "", "kernel %s", u.release);
}

static void check_btf(struct findings *f)
{
	if (access("/sys/kernel/btf/vmlinux", R_OK) == 0)
		find(f, FINDING_OK, "", "the kernel has type information (BTF)");
	else
		find(f, FINDING_FAIL, "use a kernel built with CONFIG_DEBUG_INFO_BTF=y",
		     "the kernel has no type information (/sys/kernel/btf/vmlinux)");
}

static void check_rights(struct findings *f)
{
	_cleanup_free_ char *text = NULL;
	unsigned long long caps = 0;
	const char *line;
	size_t len;

	if (file_read("/proc/self/status", 65536, &text, &len) == 0 &&
	    (line = strstr(text, "\nCapEff:")) != NULL)
		sscanf(line, "\nCapEff: %llx", &caps);
	if (caps >> CAP_SYS_ADMIN_BIT & caps >> CAP_NET_ADMIN_BIT & 1)
		find(f, FINDING_OK, "", "rights to load programs (%s)",
		     geteuid() == 0 ? "root" : "capabilities");
	else
		find(f, FINDING_FAIL, "run as root, or with CAP_SYS_ADMIN and CAP_NET_ADMIN",
		     "no right to load programs");
}

static void check_lsm(struct findings *f)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	if (file_read("/sys/kernel/security/lsm", 4096, &text, &len)) {
		find(f, FINDING_OK, "", "security modules are not listed; not needed to observe");
		return;
	}
	text[strcspn(text, "\n")] = 0;
	find(f, FINDING_OK, "", "security modules: %s%s", text,
	     strstr(text, "bpf") ? "" : " (no bpf: hooks of the lsm rung are never called)");
}

static void check_lockdown(struct findings *f)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	if (file_read("/sys/kernel/security/lockdown", 4096, &text, &len) == 0 &&
	    strstr(text, "[confidentiality]"))
		find(f, FINDING_FAIL, "boot without lockdown=confidentiality",
		     "lockdown forbids programs to read kernel memory");
}

static void check_cgroups(struct findings *f)
{
	struct statfs top, v2;

	if (statfs("/sys/fs/cgroup", &top)) {
		find(f, FINDING_WARN, "mount cgroups at /sys/fs/cgroup",
		     "no cgroups are mounted: workloads cannot be told apart");
		return;
	}
	if (top.f_type == CGROUP2_MAGIC)
		find(f, FINDING_OK, "", "cgroups: unified (v2)");
	else if (statfs("/sys/fs/cgroup/unified", &v2) == 0 && v2.f_type == CGROUP2_MAGIC)
		find(f, FINDING_OK, "", "cgroups: hybrid (v1 and v2)");
	else
		find(f, FINDING_OK, "", "cgroups: v1");
}

/* Half of the free memory is plenty for the default ring, slots and windows (about 25 MiB). */
static void check_memory(struct findings *f)
{
	_cleanup_free_ char *text = NULL;
	unsigned long long kib = 0;
	const char *line;
	size_t len;

	if (file_read("/proc/meminfo", 65536, &text, &len) ||
	    (line = strstr(text, "MemAvailable:")) == NULL ||
	    sscanf(line, "MemAvailable: %llu", &kib) != 1)
		return;
	if (kib < 64 * 1024)
		find(f, FINDING_WARN, "lower sensor.ring_kib",
		     "only %llu MiB of memory are available for the ring and its maps", kib / 1024);
	else
		find(f, FINDING_OK, "", "memory for the ring: %llu MiB available", kib / 1024);
}

size_t collect_check_host(struct host_finding *out, size_t max)
{
	struct findings f = {.out = out, .max = max};

	check_kernel(&f);
	check_btf(&f);
	check_rights(&f);
	check_lsm(&f);
	check_lockdown(&f);
	check_cgroups(&f);
	check_memory(&f);
	return f.n;
}
