/* SPDX-License-Identifier: Apache-2.0 */
/* Notes for the daemon that takes over: what is restored names as before, what is damaged nobody. */
#include "notes.h"

#include <errno.h>

/* alice over ssh, and her sudo. */
static struct task play(struct identity_table *t)
{
	struct task sshd = task_of(5, BOUNDARY_ID_KERNEL), shell, root;

	exec_task(t, &sshd, "/usr/sbin/sshd");
	shell = fork_task(t, &sshd, 100, 100);
	CROSS(t, &shell, .id = 50, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD, .to_uid = 1001,
	      .session_id = 7, .opener_pid = 100, .opener_start_ns = 100,
	      .exe = STR_LIT("/usr/sbin/sshd"));
	root = fork_task(t, &shell, 101, 101);
	CROSS(t, &root, .id = 51, .parent_id = 50, .kind = BOUNDARY_BECOME, .role = ROLE_SUDO,
	      .from_uid = 1001, .to_uid = 0, .exe = STR_LIT("/usr/bin/id"));
	return root;
}

static struct event read_file(struct identity_table *t, const struct task *task)
{
	struct event ev = event_of(EVENT_FILE_READ, task);

	identity_attach(t, &ev);
	return ev;
}

static void restored_boundaries_name_as_before(void **state)
{
	struct identity_table *old = new_table(0, 0), *next = new_table(0, 0);
	struct task root;
	struct event before, after;

	(void)state;
	identity_keep(old, &keeper);
	root = play(old);
	before = read_file(old, &root);
	ASSERT_STR(before.who.id.who, "human:alice");
	restore_notes(next);
	after = read_file(next, &root);
	ASSERT_STR(after.who.id.who, "human:alice");
	ASSERT_STR(after.who.id.kind, "human");
	ASSERT_STR(after.who.id.via, "ssh,sudo:root");
	ASSERT_STR(after.who.id.session, "7");
	ASSERT_STR(after.who.id.person, "alice");
	assert_int_equal(after.who.id.who_level, before.who.id.who_level);
	assert_int_equal(after.who.id.via_level, before.who.id.via_level);
	assert_int_equal(after.who.id.as_level, before.who.id.as_level);
	assert_int_equal(after.who.id.flags, before.who.id.flags);
	identity_free(old);
	identity_free(next);
}

static void what_began_inside_is_named_from_it(void **state)
{
	struct identity_table *old = new_table(0, 0), *next = new_table(0, 0);
	struct task root, deeper;
	struct event ev;

	(void)state;
	root = play(old);
	identity_keep(old, &keeper); /* notes what is there already */
	restore_notes(next);
	identity_free(old);
	deeper = fork_task(next, &root, 102, 102);
	CROSS(next, &deeper, .id = 52, .parent_id = 51, .kind = BOUNDARY_BECOME, .role = ROLE_SU,
	      .to_uid = 1002);
	ev = read_file(next, &deeper);
	ASSERT_STR(ev.who.id.who, "human:alice");
	ASSERT_STR(ev.who.id.via, "ssh,sudo:root,su:deployer");
	identity_free(next);
}

static void forgotten_boundaries_lose_their_note(void **state)
{
	struct identity_table *t = new_table(2, 16);

	(void)state;
	identity_keep(t, &keeper);
	for (uint32_t i = 0; i < 6; i++) {
		struct task task = task_of(200 + i, 0);

		CROSS(t, &task, .id = 60 + i, .kind = BOUNDARY_SEED);
		act(t, EVENT_EXIT, &task);
	}
	for (size_t i = 0; i < NOTES_MAX; i++)
		assert_true(notes[i].size == 0 || notes[i].id >= 63);
	identity_free(t);
}

static void damaged_notes_name_nobody(void **state)
{
	struct identity_table *old = new_table(0, 0);

	(void)state;
	identity_keep(old, &keeper);
	play(old);
	identity_free(old);
	for (size_t cut = 0; cut < notes[0].size; cut++) {
		struct identity_table *t = new_table(0, 0);

		assert_int_equal(identity_restore(t, notes[0].bytes, cut), -EBADMSG);
		identity_free(t);
	}
	for (size_t at = 0; at < notes[0].size; at++) {
		struct identity_table *t = new_table(0, 0);

		notes[0].bytes[at] ^= 0xff;
		identity_restore(t, notes[0].bytes,
				 notes[0].size); /* says no, or has other words */
		notes[0].bytes[at] ^= 0xff;
		identity_free(t);
	}
}

/* What a process executes when it is found says nothing about what it did before. */
static void later_executables_are_not_told_of_earlier_acts(void **state)
{
	struct identity_table *t = new_table(0, 0);
	struct task task = task_of(300, BOUNDARY_ID_KERNEL);
	struct event found = event_of(EVENT_PROCESS, &task), ev;

	(void)state;
	found.what.boot_ns = 5000;
	found.what.exec_count = 2;
	found.what.exec.exe = STR_LIT("/usr/bin/now");
	identity_attach(t, &found);
	ev = event_of(EVENT_FILE_READ, &task);
	ev.what.boot_ns = 4000;
	ev.what.exec_count = 1;
	identity_attach(t, &ev);
	assert_null(ev.who.exe.p);
	ev.what.exec_count = 2;
	identity_attach(t, &ev);
	ASSERT_STR(ev.who.exe, "/usr/bin/now");
	ev.what.boot_ns = 6000;
	identity_attach(t, &ev);
	ASSERT_STR(ev.who.exe, "/usr/bin/now");
	identity_free(t);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, forget_notes)
	const struct CMUnitTest tests[] = {
		TEST(restored_boundaries_name_as_before),
		TEST(what_began_inside_is_named_from_it),
		TEST(forgotten_boundaries_lose_their_note),
		TEST(damaged_notes_name_nobody),
		TEST(later_executables_are_not_told_of_earlier_acts),
	};

	return cmocka_run_group_tests(tests, make_passwd, remove_passwd);
}
