/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode: one record of bpf/event.h becomes event.what. The table of kinds at the end says which
 * function reads what; file records are in file.c, those of sockets in net.c. Nothing here trusts a
 * length, an enum or a text.
 */
#include "decode/decode.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/glob.h"
#include "decode/reader.h"

struct str reader_text(struct reader *r, struct record_text text, uint32_t max)
{
	if (text.off == 0 && text.len == 0)
		return STR_NONE;
	if (text.len > max || text.off < r->fixed || text.off > r->size ||
	    text.len > r->size - text.off) {
		r->bad = true;
		return STR_NONE;
	}
	return (struct str){(const char *)r->record + text.off, text.len};
}

struct str reader_path(struct reader *r, struct record_text text, bool *cut)
{
	struct str path = reader_text(r, text, EVENT_PATH_MAX);
	int64_t nul = str_index(path, 0, '\0');

	if (nul >= 0) {
		*cut = true;
		path.n = (uint32_t)nul;
	}
	return path;
}

struct str reader_in_root(const struct reader *r, struct str path)
{
	struct str rest;

	if (!r->root.n || path.n < r->root.n || !str_equal(str_sub(path, 0, r->root.n), r->root))
		return STR_NONE;
	rest = str_sub(path, r->root.n, path.n - r->root.n);
	if (rest.n == 0)
		return STR_LIT("/");
	return rest.p[0] == '/' ? rest : STR_NONE;
}

struct str reader_on_host(const struct reader *r, struct record_text path)
{
	const char *begin = (const char *)r->record + path.off, *end = begin + path.len;
	struct str mount = r->place_mount, rest = r->place_rest;

	if (!r->d->mounts || r->bad || !rest.p || rest.p < begin || rest.p + rest.n != end)
		return STR_NONE;
	if (mount.n == 1 && rest.n)
		mount.n = 0;
	if (mount.n + rest.n > sizeof(r->d->in_fs))
		return STR_NONE;
	memcpy(r->d->in_fs, mount.p, mount.n);
	memcpy(r->d->in_fs + mount.n, rest.p, rest.n);
	return mount_watch_path(r->d->mounts, r->place_dev,
				(struct str){r->d->in_fs, mount.n + rest.n}, r->boot_ns,
				r->d->on_host, sizeof(r->d->on_host));
}

/* It stands behind everything else. */
static void read_place(struct reader *r)
{
	const struct record_place *place;

	if (!(r->flags & RECORD_PLACED))
		return;
	if (r->size - r->fixed < sizeof(*place)) {
		r->bad = true;
		return;
	}
	r->size -= (uint32_t)sizeof(*place);
	place = (const void *)((const char *)r->record + r->size);
	r->place_dev = place->dev;
	r->place_mount = reader_text(r, place->mount, EVENT_PATH_MAX);
	r->place_rest = reader_text(r, place->rest, EVENT_PATH_MAX);
	r->bad |= !str_starts(r->place_mount, "/") || !r->place_rest.p;
}

void reader_result(struct reader *r, int32_t result, struct event_what *what)
{
	if (result > 0 || result < -4095) {
		r->bad = true;
		return;
	}
	what->err = -result;
	what->outcome = result == 0 ? OUTCOME_OK : OUTCOME_FAILED;
}

int64_t reader_wall_ns(const struct reader *r, uint64_t boot_ns)
{
	return boot_ns ? (int64_t)(boot_ns + (uint64_t)r->d->wall_offset_ns) : 0;
}

void reader_count(const struct reader *r, uint64_t count, uint64_t first_ns, uint64_t last_ns,
		  struct event_what *what)
{
	what->folded = r->flags & RECORD_FOLDED;
	what->count = count ? count : 1;
	if (what->count > 1) {
		what->first_wall_ns = reader_wall_ns(r, first_ns);
		what->last_wall_ns = reader_wall_ns(r, last_ns);
	}
}

static void decode_task(const struct record_task *t, struct event_what *what)
{
	what->boundary = t->boundary;
	what->start_ns = t->start_ns;
	what->parent_start_ns = t->parent_start_ns;
	what->cgroup_id = t->cgroup_id;
	what->pid = t->pid;
	what->tid = t->tid;
	what->ns_pid = t->ns_pid;
	what->parent_pid = t->parent_pid;
	what->uid = t->uid;
	what->euid = t->euid;
	what->gid = t->gid;
	what->egid = t->egid;
	what->login_uid = t->login_uid;
	what->session_id = t->session_id;
	what->task_flags = t->flags;
	what->exec_count = t->exec_count;
	what->comm = (struct str){(const char *)t->comm,
				  (uint32_t)strnlen((const char *)t->comm, sizeof(t->comm))};
}

static void decode_fork(struct reader *r, struct event_what *what)
{
	const struct record_fork *f = r->record;

	what->outcome = OUTCOME_OK;
	what->child.pid = f->child_pid;
	what->child.flags = f->child_flags;
	what->child.start_ns = f->child_start_ns;
	what->child.boundary = f->child_boundary;
}

/* The record says that a path was cut, not which: what lost its left part does not begin at the root. */
static uint32_t cut_of_exec(const struct reader *r, const struct event_what *what)
{
	uint32_t cut = 0;

	if (r->flags & (RECORD_ARGV_CUT | RECORD_ARGV_FAULT))
		cut |= CUT_ARGV;
	if (!(r->flags & RECORD_PATH_CUT))
		return cut;
	if (!str_starts(what->exec.exe, "/"))
		cut |= CUT_EXE;
	if (what->exec.cwd.p && !str_starts(what->exec.cwd, "/"))
		cut |= CUT_CWD;
	return cut & (CUT_EXE | CUT_CWD) ? cut : cut | CUT_EXE;
}

/* Made by memfd_create: it has a name of its own, which is no path, and never was in a directory. */
static bool is_memory(const struct record_exec *x, struct str exe)
{
	return exe.n && !str_starts(exe, "/") && x->exe_inode && x->exe_nlink == 0;
}

/* By the names that C libraries give it: ld-linux-x86-64.so.2, ld-musl-x86_64.so.1, ld64.so.2. */
static bool is_loader(struct str exe)
{
	uint32_t base = exe.n;
	struct str name;

	while (base && exe.p[base - 1] != '/')
		base--;
	name = str_sub(exe, base, exe.n - base);
	return glob_match_word(STR_LIT("ld-*.so*"), name) || str_starts(name, "ld64.so.") ||
	       str_is(name, "ld.so");
}

static void decode_exec(struct reader *r, struct event_what *what)
{
	const struct record_exec *x = r->record;
	bool exe_cut = false, cwd_cut = false;

	what->outcome = OUTCOME_OK;
	what->exec.exe = reader_path(r, x->exe, &exe_cut);
	what->exec.filename = reader_path(r, x->filename, &exe_cut);
	what->exec.cwd = reader_path(r, x->cwd, &cwd_cut);
	what->exec.argv = reader_text(r, x->argv, EVENT_ARGV_MAX);
	what->exec.argc = x->argc;
	what->exec.exe_mode = x->exe_mode;
	what->exec.exe_uid = x->exe_uid;
	what->exec.exe_nlink = x->exe_nlink;
	what->exec.exe_inode = x->exe_inode;
	what->exec.exe_dev = x->exe_dev;
	what->exec.exe_ctime_ns = x->exe_ctime_ns;
	what->exec.exe_generation = x->exe_generation;
	what->exec.script = reader_path(r, x->script, &exe_cut);
	what->exec.script_inode = x->script_inode;
	what->exec.script_dev = x->script_dev;
	what->exec.script_ctime_ns = x->script_ctime_ns;
	what->exec.script_generation = x->script_generation;
	what->exec.caps_effective = x->caps_effective;
	what->exec.caps_permitted = x->caps_permitted;
	what->exec.ns_pid = x->ns_pid_inum;
	what->exec.ns_mnt = x->ns_mnt_inum;
	what->exec.ns_user = x->ns_user_inum;
	what->exec.ns_net = x->ns_net_inum;
	what->exec.ns_cgroup = x->ns_cgroup_inum;
	what->exec.deleted = r->flags & RECORD_PATH_DELETED || is_memory(x, what->exec.exe);
	what->exec.loader = is_loader(what->exec.exe);
	what->exec.path_in_root = reader_in_root(r, what->exec.exe);
	what->exec.path_on_host = reader_on_host(r, x->exe);
	what->exec.late = r->flags & RECORD_EXEC_LATE;
	what->truncated = cut_of_exec(r, what) | (exe_cut ? CUT_EXE : 0) | (cwd_cut ? CUT_CWD : 0);
}

static void decode_exit(struct reader *r, struct event_what *what)
{
	const struct record_exit *x = r->record;

	what->outcome = OUTCOME_OK;
	what->exit.code = x->exit_code;
	what->exit.signal = x->exit_signal;
	what->exit.user_ns = x->user_ns;
	what->exit.system_ns = x->system_ns;
	what->exit.max_rss_bytes = x->max_rss_bytes;
	if (what->boot_ns > what->start_ns)
		what->exit.duration_ns = what->boot_ns - what->start_ns;
}

static void decode_target(struct reader *r, struct event_what *what)
{
	const struct record_target *t = r->record;
	bool cut = false, is_signal = what->type == EVENT_SIGNAL;

	if (is_signal ? t->signal == 0 || t->signal > 64
		      : t->op == PTRACE_OP_NONE || t->op > PTRACE_OP_OPEN_WRITE) {
		r->bad = true;
		return;
	}
	reader_result(r, t->result, what);
	what->target.pid = t->pid;
	what->target.op = is_signal ? 0 : t->op;
	what->target.signal = is_signal ? t->signal : 0;
	what->target.start_ns = t->start_ns;
	what->target.boundary = t->boundary;
	what->target.bytes = t->bytes;
	what->target.exe = reader_path(r, t->exe, &cut);
	if (cut || r->flags & RECORD_PATH_CUT)
		what->truncated |= CUT_PATH;
}

/* CLONE_NEW* in the order of namespace_name(). */
static uint32_t namespaces_of(uint64_t flags)
{
	static const uint64_t bits[] = {0x10000000, 0x00020000, 0x20000000, 0x40000000,
					0x08000000, 0x04000000, 0x02000000, 0x00000080};
	uint32_t out = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(bits); i++)
		out |= flags & bits[i] ? 1u << i : 0;
	return out;
}

static void decode_cred(struct reader *r, struct event_what *what)
{
	const struct record_cred *c = r->record;
	bool is_ns = what->type == EVENT_NAMESPACE;

	if (c->op == CRED_OP_NONE || c->op > CRED_OP_CLONE) {
		r->bad = true;
		return;
	}
	reader_result(r, c->result, what);
	what->cred.op = c->op;
	if (is_ns) {
		what->cred.namespaces = namespaces_of(c->ns_flags);
		what->cred.ns_inum = c->ns_inum;
		r->bad |= !what->cred.namespaces;
	} else if (what->type == EVENT_CRED_CAPABILITY) {
		what->cred.caps_gained = c->caps_gained;
	} else {
		what->crossing.from_uid = c->from_uid;
		what->crossing.to_uid = c->to_uid;
	}
}

/* An act on the sensor itself from the beginning: there is no other event of it. */
static void decode_touch(struct reader *r, const struct record_load *l, uint32_t name_length,
			 struct event_what *what)
{
	if (l->header.kind != RECORD_BPF_LOAD || l->touch >= TOUCHES_MAX ||
	    l->type == OBJECT_NONE || l->type > OBJECT_LINK) {
		r->bad = true;
		return;
	}
	what->type = EVENT_AGENT_TAMPER;
	what->tamper = STR_LIT("bpf");
	what->touched.op = l->touch;
	what->touched.object = l->type;
	what->touched.id = l->id;
	if (name_length)
		what->touched.name = (struct str){(const char *)l->name, name_length};
}

static void decode_load(struct reader *r, struct event_what *what)
{
	const struct record_load *l = r->record;
	uint32_t n = (uint32_t)strnlen((const char *)l->name, sizeof(l->name));
	bool cut = false;

	reader_result(r, l->result, what);
	if (l->touch) {
		decode_touch(r, l, n, what);
		return;
	}
	if (n)
		what->load.name = (struct str){(const char *)l->name, n};
	what->load.path = reader_path(r, l->path, &cut);
	what->load.type = l->type;
	what->load.id = l->id;
	if (cut || r->flags & RECORD_PATH_CUT)
		what->truncated |= CUT_PATH;
}

/* A login and a change of user are events for people; the others only feed the identity stage. */
static const enum event_type boundary_types[] = {
	[BOUNDARY_SEED] = EVENT_BOUNDARY,	[BOUNDARY_KERNEL] = EVENT_BOUNDARY,
	[BOUNDARY_LOGIN] = EVENT_SESSION_START, [BOUNDARY_BECOME] = EVENT_CRED_BECOME,
	[BOUNDARY_CGROUP] = EVENT_BOUNDARY,	[BOUNDARY_CI] = EVENT_BOUNDARY,
	[BOUNDARY_HANDOFF] = EVENT_BOUNDARY,	[BOUNDARY_HELPER] = EVENT_BOUNDARY,
};

static void decode_boundary(struct reader *r, struct event_what *what)
{
	const struct record_boundary *b = r->record;
	bool cut = false;

	if (b->id == 0 || b->kind >= ARRAY_SIZE(boundary_types) || !boundary_types[b->kind] ||
	    b->role >= ROLE_MAX) {
		r->bad = true;
		return;
	}
	what->type = boundary_types[b->kind];
	what->outcome = OUTCOME_OK;
	what->crossing.id = b->id;
	what->crossing.parent_id = b->parent_id;
	what->crossing.opener_start_ns = b->opener_start_ns;
	what->crossing.opener_inode = b->opener_inode;
	what->crossing.opener_dev = b->opener_dev;
	what->crossing.opener_pid = b->opener_pid;
	what->crossing.kind = b->kind;
	what->crossing.role = b->role;
	what->crossing.from_uid = b->from_uid;
	what->crossing.to_uid = b->to_uid;
	what->crossing.session_id = b->session_id;
	what->crossing.cgroup_hierarchy = b->cgroup_hierarchy;
	what->crossing.ci_system = b->ci_system;
	what->crossing.argv = reader_text(r, b->argv, EVENT_BOUNDARY_ARGV_MAX);
	what->crossing.environ = reader_text(r, b->environ, EVENT_ENVIRON_MAX);
	what->crossing.environ_cut = r->flags & (RECORD_ENV_CUT | RECORD_ENV_FAULT);
	what->crossing.cwd = reader_path(r, b->cwd, &cut);
	what->crossing.exe = reader_path(r, b->exe, &cut);
	what->crossing.cgroup = reader_path(r, b->cgroup, &cut);
	if (cut || r->flags & RECORD_PATH_CUT)
		what->truncated |= CUT_PATH;
}

static void decode_request(struct reader *r, struct event_what *what)
{
	const struct record_request *q = r->record;

	what->outcome = OUTCOME_OK;
	what->request.line = reader_text(r, q->line, EVENT_PATH_MAX);
	what->request.role = q->role;
	what->request.ci_system = q->ci_system;
	what->request.engine = q->engine;
}

static void decode_auth_log(struct reader *r, struct event_what *what)
{
	const struct record_auth_log *a = r->record;

	what->outcome = OUTCOME_OK;
	what->auth.text = reader_text(r, a->text, EVENT_LOG_MAX);
	what->auth.ns = a->net_inum;
	what->auth.family = a->family;
	what->auth.src_port = a->peer_port;
	what->auth.dst_port = a->local_port;
	if (a->family != AF_INET && a->family != AF_INET6)
		what->auth.family = 0;
	reader_address(what->auth.src, a->peer, false, a->family == AF_INET);
	reader_address(what->auth.dst, a->local, false, a->family == AF_INET);
	what->auth.cut = r->flags & RECORD_TEXT_CUT;
}

static void decode_loss(struct reader *r, struct event_what *what)
{
	const struct record_loss *l = r->record;

	what->loss.total = l->total;
	what->loss.from_wall_ns = reader_wall_ns(r, l->from_ns);
	what->loss.to_wall_ns = reader_wall_ns(r, l->to_ns);
	what->loss.stage = STR_LIT("ring_buffer");
	what->loss.by_type = (const uint64_t *)l->lost; /* kinds are event types */
	for (size_t i = 0; i < RECORD_KIND_MAX; i++)
		what->loss.events += l->lost[i];
}

static const struct {
	uint32_t size;
	bool has_task;
	void (*decode)(struct reader *r, struct event_what *what);
} kinds[RECORD_KIND_MAX] = {
	[RECORD_FORK] = {sizeof(struct record_fork), true, decode_fork},
	[RECORD_EXEC] = {sizeof(struct record_exec), true, decode_exec},
	[RECORD_EXIT] = {sizeof(struct record_exit), true, decode_exit},
	[RECORD_PROCESS] = {sizeof(struct record_exec), true, decode_exec},
	[RECORD_REQUEST] = {sizeof(struct record_request), true, decode_request},
	[RECORD_AUTH_LOG] = {sizeof(struct record_auth_log), true, decode_auth_log},
	[RECORD_BOUNDARY] = {sizeof(struct record_boundary), true, decode_boundary},
	[RECORD_FILE_READ... RECORD_FILE_LINK] = {sizeof(struct record_file), true, decode_file},
	[RECORD_FILE_MOUNT] = {sizeof(struct record_file), true, decode_file},
	[RECORD_FILE_MAP] = {sizeof(struct record_file), true, decode_file},
	[RECORD_MODULE_LOAD... RECORD_BPF_LOAD] = {sizeof(struct record_load), true, decode_load},
	[RECORD_CRED_BECOME] = {sizeof(struct record_cred), true, decode_cred},
	[RECORD_CRED_CAPABILITY...
		RECORD_NAMESPACE] = {sizeof(struct record_cred), true, decode_cred},
	[RECORD_PTRACE... RECORD_SIGNAL] = {sizeof(struct record_target), true, decode_target},
	[RECORD_NET_CONNECT] = {sizeof(struct record_net), true, decode_net},
	[RECORD_NET_LISTEN... RECORD_NET_CLOSE] = {sizeof(struct record_flow), true, decode_flow},
	[RECORD_NET_SOCKET] = {sizeof(struct record_socket), true, decode_socket},
	[RECORD_NET_DNS... RECORD_NET_TLS] = {sizeof(struct record_packet), true, decode_packet},
	[RECORD_LOSS] = {sizeof(struct record_loss), false, decode_loss},
};

_Static_assert((int)EVENT_TYPE_MAX == (int)RECORD_KIND_MAX,
	       "loss counters are indexed by event type");
_Static_assert(sizeof(__u64) == sizeof(uint64_t), "by_type is borrowed from the record");

/* 1 when the header holds and the kind is known, 0 when it is not, -EBADMSG. */
static int check_header(const void *record, size_t size)
{
	const struct record_header *h = record;

	if ((uintptr_t)record % 8 != 0 || size < sizeof(*h) || size > EVENT_RECORD_MAX)
		return -EBADMSG;
	if (h->size != size || size % 8 != 0 || h->kind == RECORD_NONE ||
	    h->kind >= RECORD_KIND_MAX)
		return -EBADMSG;
	if (!kinds[h->kind].decode)
		return 0;
	return size < kinds[h->kind].size ? -EBADMSG : 1;
}

int decode_record(struct decoder *d, const void *record, size_t size, struct event *ev)
{
	const struct record_header *h = record;
	struct reader r = {.d = d, .record = record, .size = (uint32_t)size};
	int ret = check_header(record, size);

	memset(ev, 0, sizeof(*ev));
	if (ret <= 0) {
		*(ret ? &d->malformed : &d->unknown_kinds) += 1;
		return ret;
	}
	r.fixed = kinds[h->kind].size;
	r.flags = h->flags;
	r.boot_ns = h->boot_ns;
	read_place(&r);
	r.root = reader_text(&r, (struct record_text){h->root_off, h->root_len}, EVENT_PATH_MAX);
	ev->what.boot_ns = h->boot_ns;
	ev->what.wall_ns = reader_wall_ns(&r, h->boot_ns);
	ev->what.type = h->kind;
	ev->what.io_uring = h->flags & RECORD_IO_URING;
	ev->what.count = 1;
	ev->what.login_uid = ev->what.session_id = UINT32_MAX;
	if (kinds[h->kind].has_task)
		decode_task((const struct record_task *)(h + 1), &ev->what);
	kinds[h->kind].decode(&r, &ev->what);
	if (!r.bad)
		return 1;
	memset(ev, 0, sizeof(*ev));
	d->malformed++;
	return -EBADMSG;
}
