/* SPDX-License-Identifier: Apache-2.0 */
/* provenance: see the header. The table behind it is writers.c. */
#include "identity/provenance.h"
#include "identity/handoffs.h"

/* One name as it is; several one behind the other, or none when they are too long. */
static struct str list_writers(const struct written_by *by, char *buf, size_t size)
{
	uint32_t n = 0;

	if (by->count < 2)
		return by->count ? by->who[0] : STR_NONE;
	for (unsigned i = 0; i < by->count; i++) {
		if (n + by->who[i].n + 1 > size)
			return STR_NONE;
		if (i)
			buf[n++] = ',';
		memcpy(buf + n, by->who[i].p, by->who[i].n);
		n += by->who[i].n;
	}
	return (struct str){buf, n};
}

static void fill_writers(struct identity_table *t, const struct event_what *what,
			 struct event_who *who)
{
	struct file_state exe = {what->exec.exe_dev, what->exec.exe_inode, what->exec.exe_ctime_ns,
				 what->exec.exe_generation};
	struct file_state script = {what->exec.script_dev, what->exec.script_inode,
				    what->exec.script_ctime_ns, what->exec.script_generation};
	bool is_script = script.inode != 0;
	struct written_by by;

	writers_find(&t->writers, is_script ? &script : &exe, &by);
	who->writer_unknown = by.count == 0 && t->recalling ? WRITER_RECALL : by.why;
	who->written_by = list_writers(&by, t->written_by[0], sizeof(t->written_by[0]));
	who->written_wall_ns = who->written_by.p ? by.wall_ns : 0;
	if (!is_script)
		return;
	writers_find(&t->writers, &exe, &by);
	who->interpreter_written_by = list_writers(&by, t->written_by[1], sizeof(t->written_by[1]));
}

void provenance_attach(struct identity_table *t, struct event *ev)
{
	if (ev->what.type == EVENT_EXEC)
		fill_writers(t, &ev->what, &ev->who);
	else
		writers_learn(&t->writers, &ev->what, ev->who.id.who);
}

void identity_missed(struct identity_table *t, const struct event_what *loss)
{
	const uint64_t *lost = loss->loss.by_type;

	if (lost && (lost[EVENT_FILE_WRITE] || lost[EVENT_FILE_CREATE]))
		writers_missed(&t->writers, loss->loss.from_wall_ns, loss->loss.to_wall_ns);
	deferrals_missed(t->deferrals, loss);
	handoffs_missed(t, loss);
	starts_missed(t, loss);
}
