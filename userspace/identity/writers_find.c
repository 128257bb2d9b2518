/* SPDX-License-Identifier: Apache-2.0 */
/* writers, asked: who can have written a file last, by what its change time says of those who had it open. */
#include "identity/writers_table.h"

#include "base/cleanup.h"

/* By how much a change can be later than its time says. */
static int64_t slack_of(int64_t ctime)
{
	return ctime % 1000000000 ? CHANGE_SLACK_NS : COARSE_SLACK_NS;
}

/* Whether a change at ctime may be that of somebody who was missed after since. */
static bool may_be_missed(const struct writers *w, int64_t since, int64_t ctime)
{
	for (unsigned i = 0; i < w->blind_count; i++)
		if (w->blinds[i].to_wall_ns >= since)
			return ctime + slack_of(ctime) >= w->blinds[i].from_wall_ns;
	return false;
}

/* The same of a file that nobody was seen to open: not one that was there before all that. */
static bool came_unseen(const struct writers *w, int64_t ctime)
{
	for (unsigned i = 0; i < w->blind_count; i++)
		if (ctime + slack_of(ctime) >= w->blinds[i].from_wall_ns &&
		    ctime <= w->blinds[i].to_wall_ns + CHANGE_SLACK_NS)
			return true;
	return false;
}

static void name(struct written_by *out, const struct interned *who)
{
	for (unsigned i = 0; i < out->count; i++)
		if (str_equal(out->who[i], interned_str(who)))
			return;
	out->who[out->count++] = interned_str(who);
}

/* Whether its present writers have changed it, as far as the change time can tell. */
enum change { CHANGED, UNCHANGED, PERHAPS, ANOTHER };

/*
 * With the change time that they found nothing was changed since, unless what they found had been
 * written in the same tick. Neither that one nor a later one: the numbers are another file's by now,
 * on another disk in the same place.
 */
static enum change change_of(const struct written *f, int64_t ctime)
{
	if (f->changed || ctime != (int64_t)f->since_ctime_ns)
		return ctime + COARSE_SLACK_NS < f->since_wall_ns ? ANOTHER : CHANGED;
	return f->since_wall_ns - ctime < slack_of(ctime) ? PERHAPS : UNCHANGED;
}

static void name_present(const struct written *f, struct written_by *out)
{
	for (unsigned i = f->count; i-- > 0;)
		name(out, f->who[i]);
	out->wall_ns = f->last_wall_ns;
}

/* Why what is known of f, changed like that, names nobody. */
static enum writer_unknown why_not(const struct writers *w, const struct written *f,
				   enum change change, int64_t ctime)
{
	if (change == ANOTHER)
		return ctime && came_unseen(w, ctime) ? WRITER_MISSED : WRITER_SAID;
	if (change != UNCHANGED && f->unknown)
		return WRITER_OTHERS;
	if (change != UNCHANGED && may_be_missed(w, f->since_wall_ns, ctime))
		return WRITER_MISSED;
	if (change != CHANGED && f->before_unknown)
		return WRITER_OTHERS;
	if (change != CHANGED && f->before && may_be_missed(w, f->before_wall_ns, ctime))
		return WRITER_MISSED;
	return WRITER_SAID;
}

void writers_find(struct writers *w, const struct file_state *file, struct written_by *out)
{
	const struct written *f =
		file->inode ? writers_file(w, file->dev, file->inode, file->generation) : NULL;
	int64_t ctime = (int64_t)file->ctime_ns;
	enum change change;

	*out = (struct written_by){.count = 0};
	change = f ? change_of(f, ctime) : ANOTHER;
	out->why = why_not(w, f, change, ctime);
	if (out->why || change == ANOTHER)
		return;
	if (change != UNCHANGED)
		name_present(f, out);
	if (change == CHANGED || !f->before)
		return;
	name(out, f->before);
	if (change == UNCHANGED)
		out->wall_ns = f->before_wall_ns;
}
