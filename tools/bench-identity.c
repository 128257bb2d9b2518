/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it costs to say who it was: CPU of the identity stage per event and per process (fork, exec, exit),
 * and the memory that it takes for each.
 *
 *     bench-identity [PROCESSES]
 *
 * Sixty-four ssh logins start processes of 40 events in turn. One JSON line per figure.
 */
#include <err.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bpf/event.h"
#include "identity/identity.h"

#define LOGINS	    64
#define PER_PROCESS 40

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static struct event event_of(enum event_type type, uint32_t pid, uint64_t boundary)
{
	return (struct event){.what = {.type = type,
				       .count = 1,
				       .boot_ns = 1,
				       .pid = pid,
				       .start_ns = pid,
				       .boundary = boundary,
				       .login_uid = UINT32_MAX,
				       .session_id = UINT32_MAX}};
}

static void log_in(struct identity_table *t, uint32_t n)
{
	struct event ev = event_of(EVENT_SESSION_START, 100 + n, 100 + n);

	ev.what.crossing.id = 100 + n;
	ev.what.crossing.parent_id = BOUNDARY_ID_KERNEL;
	ev.what.crossing.kind = BOUNDARY_LOGIN;
	ev.what.crossing.role = ROLE_SSHD;
	ev.what.crossing.to_uid = 1000 + n;
	ev.what.crossing.session_id = n;
	ev.what.crossing.cgroup = STR_LIT("/system.slice/ssh.service");
	identity_attach(t, &ev);
}

static void begin(struct identity_table *t, uint32_t parent, uint32_t pid)
{
	struct event ev = event_of(EVENT_FORK, parent, parent);

	ev.what.child.pid = pid;
	ev.what.child.start_ns = pid;
	ev.what.child.boundary = parent;
	identity_attach(t, &ev);
	ev = event_of(EVENT_EXEC, pid, parent);
	ev.what.exec.exe = STR_LIT("/usr/bin/cc1");
	ev.what.exec.argv = STR_LIT("cc1\0-quiet\0a.c");
	identity_attach(t, &ev);
}

static void say(const char *what, double value, const char *unit)
{
	printf("{\"bench\":\"identity\",\"what\":\"%s\",\"value\":%.1f,\"unit\":\"%s\"}\n", what,
	       value, unit);
}

int main(int argc, char **argv)
{
	uint32_t processes = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 50000;
	uint64_t lives = 0, acts = 0, start;
	struct identity_table *t;
	size_t before;

	if (!processes)
		errx(2, "usage: bench-identity [PROCESSES]");
	if (identity_new(&t, NULL))
		errx(1, "out of memory");
	before = mallinfo2().uordblks;
	for (uint32_t n = 0; n < LOGINS; n++)
		log_in(t, n);
	say("memory of a login", (double)(mallinfo2().uordblks - before) / LOGINS, "bytes");
	for (uint32_t i = 0; i < processes; i++) {
		uint32_t parent = 100 + i % LOGINS, pid = 1000 + i;
		struct event ev;

		start = cpu_ns();
		begin(t, parent, pid);
		lives += cpu_ns() - start;
		start = cpu_ns();
		for (unsigned k = 0; k < PER_PROCESS; k++) {
			ev = event_of(EVENT_FILE_READ, pid, parent);
			ev.what.file.path = STR_LIT("/usr/include/stdio.h");
			identity_attach(t, &ev);
		}
		acts += cpu_ns() - start;
		start = cpu_ns();
		ev = event_of(EVENT_EXIT, pid, parent);
		identity_attach(t, &ev);
		lives += cpu_ns() - start;
	}
	say("fork, exec and exit of a process", (double)lives / processes, "ns");
	say("an event", (double)acts / processes / PER_PROCESS, "ns");
	identity_free(t);
	return 0;
}
