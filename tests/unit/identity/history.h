/* SPDX-License-Identifier: Apache-2.0 */
/* history: events as the kernel would send them, for tests of the identity stage. */
#ifndef WHODID_TESTS_IDENTITY_HISTORY_H
#define WHODID_TESTS_IDENTITY_HISTORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bpf/event.h"
#include "identity/identity.h"

#define H     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UNSET UINT32_MAX

struct task {
	uint32_t pid, parent_pid, login_uid, session_id, uid, flags;
	uint64_t start_ns, parent_start_ns, boundary;
};

static const struct host test_host __attribute__((unused)) = {
	.name = "test", .boot_id = "b1946ac9-0000-0000-0000-000000000000"};
static char passwd_path[] = "/tmp/whodid-passwd-XXXXXX";

#define PASSWD                                                                      \
	"root:x:0:0:root:/root:/bin/bash\nalice:x:1001:1001::/home/alice:/bin/sh\n" \
	"deployer:x:1002:1002::/:/bin/sh\n"

static inline void write_passwd(const char *text)
{
	_cleanup_fclose_ FILE *f = fopen(passwd_path, "w");

	assert_non_null(f);
	fputs(text, f);
}

static inline int make_passwd(void **state)
{
	int fd = mkstemp(passwd_path);

	(void)state;
	if (fd < 0)
		return -1;
	close(fd);
	write_passwd(PASSWD);
	return 0;
}

static inline int remove_passwd(void **state)
{
	(void)state;
	return unlink(passwd_path);
}

static inline struct identity_table *new_table(size_t boundaries, size_t processes)
{
	const struct identity_options opt = {.boundaries_max = boundaries,
					     .processes_max = processes,
					     .passwd_path = passwd_path};
	struct identity_table *t = NULL;

	assert_int_equal(identity_new(&t, &opt), 0);
	return t;
}

/* Of the case that runs, for who makes one anew for each. */
static struct identity_table *table __attribute__((unused));

static inline int new_case(void **state)
{
	(void)state;
	table = new_table(0, 0);
	return 0;
}

static inline int end_case(void **state)
{
	(void)state;
	identity_free(table);
	return 0;
}

static inline struct task task_of(uint32_t pid, uint64_t boundary)
{
	return (struct task){.pid = pid,
			     .start_ns = pid * 1000ull,
			     .boundary = boundary,
			     .login_uid = UNSET,
			     .session_id = UNSET};
}

static inline struct event event_of(enum event_type type, const struct task *task)
{
	return (struct event){.what = {.type = type,
				       .count = 1,
				       .boot_ns = 1,
				       .pid = task->pid,
				       .tid = task->pid,
				       .start_ns = task->start_ns,
				       .parent_pid = task->parent_pid,
				       .parent_start_ns = task->parent_start_ns,
				       .boundary = task->boundary,
				       .login_uid = task->login_uid,
				       .session_id = task->session_id,
				       .uid = task->uid,
				       .task_flags = task->flags}};
}

/* The task forks; the child carries what the kernel copies. */
static inline struct task fork_task(struct identity_table *t, const struct task *parent,
				    uint32_t pid, uint64_t start_ns)
{
	struct task child = *parent;
	struct event ev = event_of(EVENT_FORK, parent);

	child.pid = pid;
	child.start_ns = start_ns;
	child.parent_pid = parent->pid;
	child.parent_start_ns = parent->start_ns;
	ev.what.child.pid = pid;
	ev.what.child.start_ns = start_ns;
	ev.what.child.boundary = parent->boundary;
	ev.what.child.flags = parent->flags;
	identity_attach(t, &ev);
	return child;
}

static inline struct event exec_task(struct identity_table *t, const struct task *task,
				     const char *exe)
{
	struct event ev = event_of(EVENT_EXEC, task);

	ev.what.exec.exe = str_of(exe);
	identity_attach(t, &ev);
	return ev;
}

static inline struct event act(struct identity_table *t, enum event_type type,
			       const struct task *task)
{
	struct event ev = event_of(type, task);

	identity_attach(t, &ev);
	return ev;
}

/* A crossing: the task gets the new boundary, whose facts are in crossing (id, kind, role, ...). */
#define CROSS(t, task, ...)                                                                       \
	({                                                                                        \
		__typeof__(((struct event_what *)0)->crossing) made_ = {__VA_ARGS__};             \
		made_.parent_id = made_.parent_id ? made_.parent_id : (task)->boundary;           \
		(task)->boundary = made_.id;                                                      \
		if (made_.kind == BOUNDARY_LOGIN) {                                               \
			(task)->login_uid = made_.to_uid;                                         \
			(task)->session_id = made_.session_id;                                    \
		}                                                                                 \
		struct event ev_ = event_of(made_.kind == BOUNDARY_LOGIN    ? EVENT_SESSION_START \
					    : made_.kind == BOUNDARY_BECOME ? EVENT_CRED_BECOME   \
									    : EVENT_BOUNDARY,     \
					    task);                                                \
		ev_.what.crossing.id = made_.id;                                                  \
		memcpy(&ev_.what.crossing, &made_, sizeof(made_));                                \
		identity_attach(t, &ev_);                                                         \
		ev_;                                                                              \
	})

#define ASSERT_STR(got, want)                                                            \
	do {                                                                             \
		struct str got_ = (got);                                                 \
		if (!str_is(got_, want))                                                 \
			fail_msg("%s:%d: got \"%.*s\", want \"%s\"", __FILE__, __LINE__, \
				 STR_ARG(got_), want);                                   \
	} while (0)

/* who, via, as and the three levels as letters: K D C U */
#define ASSERT_ID(ev, who_, via_, as_, levels_)                                          \
	do {                                                                             \
		static const char letter_[] = "UCDRKA";                                  \
		const struct identity *id_ = &(ev).who.id;                               \
		char got_levels_[4] = {letter_[id_->who_level], letter_[id_->via_level], \
				       letter_[id_->as_level], '\0'};                    \
		ASSERT_STR(id_->who, who_);                                              \
		ASSERT_STR(id_->via, via_);                                              \
		ASSERT_STR(id_->as, as_);                                                \
		ASSERT_STR(str_of(got_levels_), levels_);                                \
	} while (0)

#endif
