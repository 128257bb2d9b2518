/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keep: notes for the daemon that takes over: on boundaries, on tokens that were shown, on supervisors whose
 * files a job has changed, on who has been at the servers of multiplexers, and on processes that others have a
 * hand in. One on a boundary has the
 * facts, the executable, and the identity as a packed event: decided once, it is the same for whoever reads it.
 */
#include <errno.h>
#include <stdlib.h>

#include "bpf/event.h"
#include "event_pack.h"
#include "identity/identity.h"
#include "identity/table.h"

#define NOTE_BYTES 8192 /* longer ones are not kept: their boundary will be lost, never wrong */

/* What a note begins with; a changed struct gets a number of its own. */
enum note_kind {
	NOTE_BOUNDARY = 1,
	NOTE_TOKEN = 2,
	NOTE_TAMPERED = 3,
	NOTE_SERVERS = 4,
	NOTE_MARKED = 5
};
/* Boundaries have smaller numbers: see record_boundary.id. */
#define ID_OF_TOKEN    (1ull << 63)
#define ID_OF_TAMPERED (1ull << 62)
#define ID_OF_SERVERS  (1ull << 61)
#define ID_OF_MARKED   (1ull << 60)

struct facts {
	uint32_t note;	  /* NOTE_BOUNDARY */
	uint32_t exe_len; /* exe and own_who follow, then the event */
	uint64_t id, parent_id, who_id;
	uint64_t boot_ns;
	int64_t wall_ns, ended_wall_ns;
	uint64_t opener_start_ns;
	uint32_t opener_pid, kind, role, from_uid, to_uid, session_id;
	uint32_t pid, uid, login_uid, ci_system, opener_systems, opener_seen, end_told, asker_pid;
	uint64_t asker, server_start_ns;
	uint32_t own_level, own_len, server_pid, pad0;
};

struct token_note {
	uint32_t kind;
	uint32_t pad0;
	struct binding binding;
};

struct tampered_note {
	uint32_t kind;
	uint32_t pad0;
	uint64_t rows;
	uint64_t list; /* of which settings these are rows */
};

struct servers_note {
	uint32_t kind;
	uint32_t pad0;
	struct servers servers;
};

struct marked_note {
	uint32_t kind;
	uint32_t pad0;
	struct marked_list marked;
};

/* A note that boundaries point into: texts that are nobody's own live there. */
struct restored {
	struct restored *next;
	uint8_t data[];
};

static void fill_facts(struct facts *f, const struct boundary *b)
{
	*f = (struct facts){
		.note = NOTE_BOUNDARY,
		.exe_len = b->exe.n,
		.id = b->id,
		.parent_id = b->parent_id,
		.who_id = b->who_id,
		.boot_ns = b->boot_ns,
		.wall_ns = b->wall_ns,
		.ended_wall_ns = b->ended_wall_ns,
		.opener_start_ns = b->opener_start_ns,
		.opener_pid = b->opener_pid,
		.kind = b->kind,
		.role = b->role,
		.from_uid = b->from_uid,
		.to_uid = b->to_uid,
		.session_id = b->session_id,
		.pid = b->pid,
		.uid = b->uid,
		.login_uid = b->login_uid,
		.end_told = b->end_told,
		.asker_pid = b->asker_pid,
		.asker = b->asker,
		.server_start_ns = b->server_start_ns,
		.server_pid = b->server_pid,
		.own_level = b->own_level,
		.own_len = b->own_who.n,
		.ci_system = b->ci_system,
		.opener_systems = b->opener_systems,
		.opener_seen = b->opener_seen,
	};
}

void keep_boundary(const struct identity_table *t, const struct boundary *b)
{
	uint8_t note[NOTE_BYTES];
	struct event ev = {.what.type = EVENT_SESSION_START};
	struct facts f;
	size_t at = sizeof(f);
	int n;

	if (!t->keeper.note || sizeof(f) + b->exe.n + b->own_who.n > sizeof(note))
		return;
	fill_facts(&f, b);
	memcpy(note, &f, sizeof(f));
	if (b->exe.n)
		memcpy(note + at, b->exe.p, b->exe.n);
	at += b->exe.n;
	if (b->own_who.n)
		memcpy(note + at, b->own_who.p, b->own_who.n);
	at += b->own_who.n;
	ev.who.id = b->identity;
	n = event_pack(&ev, note + at, sizeof(note) - at);
	if (n > 0)
		t->keeper.note(t->keeper.ctx, b->id, note, at + (size_t)n);
}

void forget_boundary(void *table, uint64_t id)
{
	const struct identity_table *t = table;

	if (t->keeper.note)
		t->keeper.note(t->keeper.ctx, id, NULL, 0);
}

static uint64_t id_of(const struct binding *b)
{
	uint64_t id;

	memcpy(&id, b->hash, sizeof(id));
	return id | ID_OF_TOKEN;
}

void keep_binding(const struct identity_table *t, const struct binding *b)
{
	struct token_note note = {.kind = NOTE_TOKEN, .binding = *b};

	if (t->keeper.note)
		t->keeper.note(t->keeper.ctx, id_of(b), &note, sizeof(note));
}

void forget_binding(const struct identity_table *t, const struct binding *b)
{
	if (t->keeper.note && b->boundary)
		t->keeper.note(t->keeper.ctx, id_of(b), NULL, 0);
}

/* The same in each process, unlike base/hash. */
static uint64_t supervisors_hash(const struct identity_table *t)
{
	uint64_t h = 0xcbf29ce484222325ull; /* FNV-1a */

	for (const char *const *p = t->ci_supervisors; p && *p; p++)
		for (const char *c = *p;; c++) {
			h = (h ^ (unsigned char)*c) * 0x100000001b3ull;
			if (!*c)
				break;
		}
	return h;
}

void keep_tampered(const struct identity_table *t)
{
	struct tampered_note note = {
		.kind = NOTE_TAMPERED, .rows = t->tampered_rows, .list = supervisors_hash(t)};

	if (t->keeper.note && note.rows)
		t->keeper.note(t->keeper.ctx, ID_OF_TAMPERED, &note, sizeof(note));
}

void keep_servers(const struct identity_table *t)
{
	struct servers_note note = {.kind = NOTE_SERVERS, .servers = t->servers};

	if (t->keeper.note && t->servers.seen)
		t->keeper.note(t->keeper.ctx, ID_OF_SERVERS, &note, sizeof(note));
}

void keep_marked(const struct identity_table *t)
{
	struct marked_note note = {.kind = NOTE_MARKED, .marked = t->marked};

	if (t->keeper.note && t->marked.seen)
		t->keeper.note(t->keeper.ctx, ID_OF_MARKED, &note, sizeof(note));
}

static void note_list(const struct identity_table *t, const struct link *head)
{
	for (const struct link *l = head->next; l != head; l = l->next)
		keep_boundary(t, LINK_OWNER(l, struct boundary, order));
}

void identity_keep(struct identity_table *t, const struct identity_keeper *keeper)
{
	boundaries_hold_parents(&t->boundaries);
	t->keeper = *keeper;
	t->boundaries.gone = forget_boundary;
	t->boundaries.gone_ctx = t;
	note_list(t, &t->boundaries.idle);
	note_list(t, &t->boundaries.busy);
	keep_tampered(t);
	keep_servers(t);
	keep_marked(t);
}

static struct str text_at(const uint8_t *at, uint32_t n)
{
	return n ? (struct str){(const char *)at, n} : STR_NONE;
}

static struct boundary *rebuild(const struct facts *f, const struct identity *id,
				const uint8_t *texts)
{
	struct boundary *b = boundary_new(id, text_at(texts, f->exe_len),
					  text_at(texts + f->exe_len, f->own_len));

	if (!b)
		return NULL;
	b->id = f->id;
	b->parent_id = f->parent_id;
	b->who_id = f->who_id;
	b->boot_ns = f->boot_ns;
	b->wall_ns = f->wall_ns;
	b->ended_wall_ns = f->ended_wall_ns;
	b->opener_start_ns = f->opener_start_ns;
	b->opener_pid = f->opener_pid;
	b->kind = f->kind;
	b->role = f->role;
	b->from_uid = f->from_uid;
	b->to_uid = f->to_uid;
	b->session_id = f->session_id;
	b->pid = f->pid;
	b->uid = f->uid;
	b->login_uid = f->login_uid;
	b->end_told = f->end_told;
	b->asker_pid = f->asker_pid;
	b->asker = f->asker;
	b->server_start_ns = f->server_start_ns;
	b->server_pid = f->server_pid;
	b->own_level = f->own_level;
	b->ci_system = f->ci_system;
	b->opener_systems = f->opener_systems;
	b->opener_seen = f->opener_seen;
	b->deferral_sought = true; /* what is first from now on was not the first */
	return b;
}

static int restore_token(struct identity_table *t, const struct token_note *note)
{
	struct binding *slot = bindings_free_slot(&t->bindings, note->binding.expires_wall_ns);

	if (!slot || !note->binding.boundary)
		return -EBADMSG;
	*slot = note->binding;
	return 0;
}

/* With other settings nobody knows which rows these are: then all of them. */
static int restore_tampered(struct identity_table *t, const struct tampered_note *note)
{
	t->tampered_rows |= note->list == supervisors_hash(t) ? note->rows : UINT64_MAX;
	return 0;
}

static int restore_boundary(struct identity_table *t, const void *note, size_t size)
{
	struct restored *r;
	struct boundary *b = NULL;
	struct event ev;
	struct facts f;
	size_t at;

	if (size < sizeof(f) || size > NOTE_BYTES)
		return -EBADMSG;
	memcpy(&f, note, sizeof(f));
	if (f.note != NOTE_BOUNDARY || f.exe_len > size - sizeof(f) ||
	    f.own_len > size - sizeof(f) - f.exe_len || !f.id)
		return -EBADMSG;
	if (boundaries_find(&t->boundaries, f.id))
		return 0;
	r = malloc(sizeof(*r) + size);
	if (!r)
		return -ENOMEM;
	memcpy(r->data, note, size);
	at = sizeof(f) + f.exe_len + f.own_len;
	if (event_unpack(&ev, r->data + at, size - at) > 0 && ev.who.id.boundary == f.id &&
	    ev.who.id.who.p && ev.who.id.kind.p)
		b = rebuild(&f, &ev.who.id, r->data + sizeof(f));
	if (!b) {
		free(r);
		return -EBADMSG;
	}
	r->next = t->restored;
	t->restored = r;
	boundaries_add(&t->boundaries, b, false);
	return 0;
}

int identity_restore(struct identity_table *t, const void *note, size_t size)
{
	union {
		uint32_t kind;
		struct token_note token;
		struct tampered_note tampered;
		struct servers_note servers;
		struct marked_note marked;
	} n = {0};

	if (size < sizeof(n.kind))
		return -EBADMSG;
	memcpy(&n, note, size < sizeof(n) ? size : sizeof(n));
	switch (n.kind) {
	case NOTE_BOUNDARY:
		return restore_boundary(t, note, size);
	case NOTE_TOKEN:
		return size == sizeof(n.token) ? restore_token(t, &n.token) : -EBADMSG;
	case NOTE_TAMPERED:
		return size == sizeof(n.tampered) ? restore_tampered(t, &n.tampered) : -EBADMSG;
	case NOTE_SERVERS:
		if (size != sizeof(n.servers))
			return -EBADMSG;
		t->servers = n.servers.servers;
		return 0;
	case NOTE_MARKED:
		if (size != sizeof(n.marked))
			return -EBADMSG;
		t->marked = n.marked.marked;
		return 0;
	default:
		return -EBADMSG;
	}
}

static void pick_first(void *ctx, struct boundary *b)
{
	struct boundary **first = ctx;

	if (!*first || b->boot_ns < (*first)->boot_ns)
		*first = b;
}

static void pick_last(void *ctx, struct boundary *b)
{
	struct boundary **last = ctx;

	if (!*last || b->boot_ns > (*last)->boot_ns)
		*last = b;
}

void recall_opener(const struct identity_table *t, struct process *p)
{
	struct boundary *job = NULL, *login = NULL;

	if (!t->restored)
		return;
	boundaries_each_opened(&t->boundaries, BOUNDARY_CI, p->pid, p->start_ns, pick_first, &job);
	boundaries_each_opened(&t->boundaries, BOUNDARY_LOGIN, p->pid, p->start_ns, pick_last,
			       &login);
	p->login = login ? login->id : 0;
	if (!job)
		return;
	p->job = job->id;
	p->exec_seen = job->opener_seen;
	p->supervises = job->opener_systems;
}

void restored_release(struct identity_table *t)
{
	while (t->restored) {
		struct restored *next = t->restored->next;

		free(t->restored);
		t->restored = next;
	}
}
