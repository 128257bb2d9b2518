/* SPDX-License-Identifier: Apache-2.0 */
/* tamper_move: see the header. */
#include "anomaly/tamper_move.h"

#include "base/hash.h"
#include "event_pack.h"

static bool moves_processes(const struct event *ev)
{
	struct str path = ev->what.file.path;

	return ev->what.type == EVENT_FILE_WRITE &&
	       (str_ends(path, "/cgroup.procs") || str_ends(path, "/cgroup.threads") ||
		str_ends(path, "/tasks"));
}

/* The one of that file, or the oldest. */
static struct mover *choose(struct movers *m, uint64_t path)
{
	struct mover *oldest = &m->all[0];

	for (size_t i = 0; i < MOVERS; i++) {
		if (m->all[i].path == path)
			return &m->all[i];
		if (m->all[i].boot_ns < oldest->boot_ns)
			oldest = &m->all[i];
	}
	return oldest;
}

void movers_remember(struct movers *all, const struct event *ev, uint64_t window_ns)
{
	struct mover *m;
	uint64_t path;
	bool several;
	int n;

	if (!moves_processes(ev))
		return;
	path = hash_str(ev->what.file.path);
	m = choose(all, path);
	several = m->path == path && m->pid != ev->what.pid &&
		  m->boot_ns + window_ns >= ev->what.boot_ns;
	n = event_pack(ev, m->event, sizeof(m->event));
	m->boot_ns = ev->what.boot_ns;
	m->path = path;
	m->pid = ev->what.pid;
	m->size = n > 0 && !several ? (uint32_t)n : 0;
	all->news = true;
}

/* A file that lies in the folder itself. */
static bool is_in(struct str path, struct str dir)
{
	return path.n > dir.n + 1 && memcmp(path.p, dir.p, dir.n) == 0 && path.p[dir.n] == '/' &&
	       str_index(path, dir.n + 1, '/') < 0;
}

bool movers_find(const struct movers *all, const char *dir, uint64_t since_boot_ns,
		 struct event *out)
{
	const struct mover *newest = NULL;

	for (size_t i = 0; i < MOVERS; i++) {
		const struct mover *m = &all->all[i];

		if (m->size && m->boot_ns >= since_boot_ns &&
		    (!newest || m->boot_ns > newest->boot_ns) &&
		    event_unpack(out, m->event, m->size) > 0 &&
		    is_in(out->what.file.path, str_of(dir)))
			newest = m;
	}
	return newest && event_unpack(out, newest->event, newest->size) > 0;
}
