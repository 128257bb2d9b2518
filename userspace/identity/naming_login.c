/* SPDX-License-Identifier: Apache-2.0 */
/*
 * naming_login: people, cron and at come in by a login; sudo and its kin change only the account.
 */
#include "identity/naming_rules.h"

/* Who sets login uids by right, and what for. */
static const struct {
	const char *kind, *edge;
	enum assurance level;
} logins[ROLE_MAX] = {
	[ROLE_SSHD] = {"human", "ssh", ASSURANCE_KERNEL},
	[ROLE_LOGIN] = {"human", "console", ASSURANCE_KERNEL},
	[ROLE_CRON] = {"cron", "cron", ASSURANCE_KERNEL},
	[ROLE_AT] = {"at", "at", ASSURANCE_KERNEL},
	[ROLE_SERVICE_MANAGER] = {"human", "systemd-user", ASSURANCE_DERIVED},
};

static void take_login_facts(struct naming *n, const struct sshd_login *from)
{
	n->id.login = (struct login_facts){
		.method = from->method,
		.ip = from->ip,
		.port = (uint16_t)from->port,
		.key_type = from->key_type,
		.key_fingerprint = from->key_fingerprint,
		.cert_id = from->cert_id,
		.cert_serial = from->cert_serial,
		.ca_fingerprint = from->ca_fingerprint,
	};
}

/*
 * The client sits on this host: what it does over there is what who started it does here, whatever
 * account it logs in to. Nobody known means that the account is all there is to say. Whoever has a hand
 * in the client has one in the login.
 */
static void link_to(struct naming *n, const struct identity *by)
{
	uint32_t marks = by->flags & (ID_REACHED_INTO | ID_SERVES_OTHERS);

	n->id.flags |= marks;
	n->id.by = marks && by->by.p ? by->by : by->who;
	if (str_is(by->kind, "anon"))
		return;
	n->id.who = by->who;
	n->id.kind = by->kind;
	n->id.person = by->person;
	n->id.who_level = at_most(by->who_level, ASSURANCE_KERNEL);
	n->id.via = words_append(&n->words, by->via, n->id.via);
	n->id.via_level = at_most(by->via_level, n->id.via_level);
}

static void name_origin(struct naming *n)
{
	if (!n->origin)
		return;
	if (n->origin->heard)
		take_login_facts(n, &n->origin->login);
	if (n->origin->local)
		n->id.flags |= ID_LOOPBACK_SSH;
	if (n->origin->by.who.p)
		link_to(n, &n->origin->by);
	else if (
		n->origin
			->local) /* forgotten among others, or lost: it may have been anybody here */
		n->id.who_level = at_most(n->id.who_level, ASSURANCE_DERIVED);
}

/*
 * Whether who lets people in was started by somebody, as `sudo sshd -f mine` and `sudo login -f bob` do: it
 * says what they want. A daemon is its unit's, or nobody's. One that sets the login uid once more is the same.
 */
static bool is_by_hand(const struct naming *n)
{
	const struct boundary *p = n->parent;

	return p && keeps_who(n) &&
	       !(p->kind == BOUNDARY_LOGIN && p->opener_pid == n->what->crossing.opener_pid &&
		 p->opener_start_ns == n->what->crossing.opener_start_ns);
}

/* By who started it. A daemon may let in others; what logs in at a terminal is for who called it, or is not. */
static void doubt_login(struct naming *n)
{
	const struct identity *by = &n->parent->identity;
	uint32_t role = n->what->crossing.role;

	if (role == ROLE_LOGIN || role == ROLE_SERVICE_MANAGER)
		open_anon(
			n, "anon:login-by-hand",
			"somebody started who let it in by hand, and whose login it is rests on them");
	if (!n->id.by.p || str_starts(n->id.by, "anon:"))
		n->id.by = by->who;
	n->id.who_level = at_most(n->id.who_level, ASSURANCE_DERIVED);
	n->id.flags |= ID_LOGIN_BY_HAND;
}

void name_login(struct naming *n)
{
	uint32_t role = n->what->crossing.role;
	bool by_hand = is_by_hand(n);

	if (role >= ROLE_MAX || !logins[role].kind) {
		n->id.flags |= ID_SELF_LOGINUID;
		n->id.who_level = at_most(n->id.who_level, ASSURANCE_DERIVED);
		return;
	}
	open_user(n, logins[role].kind, n->what->crossing.to_uid, logins[role].level);
	add_edge(n, str_of(logins[role].edge), logins[role].level);
	set_session(n, n->what->crossing.session_id);
	name_origin(n);
	if (by_hand)
		doubt_login(n);
}

static const char *const becomes[ROLE_MAX] = {
	[ROLE_SUDO] = "sudo:",	   [ROLE_SU] = "su:",		[ROLE_DOAS] = "doas:",
	[ROLE_PKEXEC] = "pkexec:", [ROLE_RUNUSER] = "runuser:",
};

void name_become(struct naming *n)
{
	uint32_t role = n->what->crossing.role, uid = n->what->crossing.to_uid;
	const char *edge = role < ROLE_MAX && becomes[role] ? becomes[role] : "become:";
	struct str user = user_names_name(n->users, uid);
	struct str word = words_join(&n->words, edge, user);

	if (!user.p)
		word = words_join2(&n->words, edge, STR_NONE,
				   "uid=", words_number(&n->words, "", uid));
	add_edge(n, word, n->parent ? ASSURANCE_KERNEL : ASSURANCE_DERIVED);
}
