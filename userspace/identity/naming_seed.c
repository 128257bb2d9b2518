/* SPDX-License-Identifier: Apache-2.0 */
/*
 * naming_seed: what ran before the sensor. No crossing was seen: only what the kernel still says.
 */
#include "identity/naming_rules.h"

#include "base/cleanup.h"

/* Programs that run other people's work, for what ran before the sensor: by path or unit only. */
static const struct {
	const char *kind, *exe, *exe2, *unit, *unit2;
} schedulers[] = {
	{"cron", "/usr/sbin/cron", "/usr/sbin/crond", "cron.service", "crond.service"},
	{"at", "/usr/sbin/atd", "/usr/bin/atd", "atd.service", "atd.service"},
};

/* In a user namespace, what lies at a path is what its owner likes. */
static struct str believed_exe(const struct naming *n, struct str exe)
{
	return n->what->task_flags & TASK_USERNS ? STR_NONE : exe;
}

static const char *seeded_login_kind(const struct naming *n)
{
	const struct boundary *p = n->parent;
	struct str exe = believed_exe(n, n->what->crossing.exe);
	struct str outer = believed_exe(n, p ? p->exe : STR_NONE);
	bool same = p && p->session_id == n->what->session_id && p->session_id != UNSET;

	for (size_t i = 0; i < ARRAY_SIZE(schedulers); i++) {
		if (str_is(exe, schedulers[i].exe) || str_is(exe, schedulers[i].exe2) ||
		    str_is(outer, schedulers[i].exe) || str_is(outer, schedulers[i].exe2))
			return schedulers[i].kind;
		if (str_is(n->place.unit, schedulers[i].unit) ||
		    str_is(n->place.unit, schedulers[i].unit2))
			return schedulers[i].kind;
		if (same && str_is(p->identity.kind, schedulers[i].kind))
			return schedulers[i].kind;
	}
	return "human";
}

/*
 * Anybody may have set a login uid that was not set, so a second fact has to say that it was a login:
 * the session's scope, the program that lets people in, or a parent of the same session that has one.
 */
static bool login_has_witness(const struct naming *n, const char *kind)
{
	static const char *const programs[] = {"/usr/sbin/sshd", "/usr/lib/openssh/sshd-session",
					       "/usr/libexec/openssh/sshd-session", "/bin/login",
					       "/usr/bin/login"};
	const struct boundary *p = n->parent;
	struct str exe = believed_exe(n, n->what->crossing.exe);
	struct str outer = believed_exe(n, p ? p->exe : STR_NONE);

	if (strcmp(kind, "human") != 0 || n->place.session.p || n->place.user_unit.p)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (str_is(exe, programs[i]) || str_is(outer, programs[i]))
			return true;
	return p && p->session_id == n->what->session_id && p->login_uid == n->what->login_uid &&
	       p->identity.who_level >= ASSURANCE_DERIVED;
}

static void open_seeded_login(struct naming *n)
{
	const char *kind = seeded_login_kind(n);

	if (!login_has_witness(n, kind)) {
		open_anon(
			n, "anon:before-start",
			"ran before whodid started, and its login uid, which it can have set by itself, is "
			"all that says who it is");
		return;
	}
	open_user(n, kind, n->what->login_uid, ASSURANCE_DERIVED);
	set_session(n, n->what->session_id);
	if (!kind_is(n, "human"))
		add_edge(n, n->id.kind, ASSURANCE_DERIVED);
	else if (n->place.user_unit.p)
		add_edge(n, STR_LIT("systemd-user"), ASSURANCE_DERIVED);
	else
		n->id.via_level = ASSURANCE_UNKNOWN; /* how it came in was not seen */
}

void name_kernel(struct naming *n)
{
	open_who(n, "kernel", STR_LIT("kernel"), ASSURANCE_KERNEL);
	read_place(n);
	set_place(n, STR_LIT("host"), ASSURANCE_KERNEL);
}

/*
 * The program is one that a setting names, and what made the kernel start it can be anybody's act: who, nothing
 * tells. A name of the kernel's would be one that root can put on.
 */
void name_helper(struct naming *n)
{
	open_anon(n, "anon:kernel-helper",
		  "the kernel started it, as settings say (core dumps, modules, devices, ends of "
		  "cgroups); whose act led to that is not known");
	read_place(n);
	set_place(n, STR_LIT("host"), ASSURANCE_KERNEL);
}

void name_seed(struct naming *n)
{
	if (n->what->task_flags & TASK_KTHREAD) {
		name_kernel(n);
		return;
	}
	read_place(n);
	if (n->what->login_uid != UNSET)
		open_seeded_login(n);
	else if (open_owner(n))
		;
	else if (n->place.unit.p)
		open_who(n, "unit", words_join(&n->words, "unit:", n->place.unit),
			 ASSURANCE_DERIVED);
	else if (n->place.container_id.p)
		open_container(n);
	else
		open_anon(n, "anon:before-start",
			  "ran before whodid started and no login, unit or container claims it");
	n->id.via_level = at_most(n->id.via_level, ASSURANCE_DERIVED);
	n->id.flags |= ID_SEEDED;
}
