/* SPDX-License-Identifier: Apache-2.0 */
/*
 * question: connection threads ask, the line's thread answers between two turns of its loop. A
 * question lives on its asker's stack; it is never left there while the line writes to it.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "api/parts.h"
#include "base/clock.h"
#include "store/store.h"

#define PATIENCE_S     5
#define TURN_NS	       5000000ull /* of the line's time for questions, between two looks at the ring */
#define FLUSH_EVERY_NS 50000000ull /* so that askers do not turn the store into crumbs */
#define DISK_MS	       2000

enum state { WAITING, BEING_ANSWERED, ANSWERED };

struct question {
	struct question *next;
	enum state state;
	enum api_question what;
	struct str arg;
	struct json *w;
	struct problem *err;
	int rc;
};

static void enqueue(struct api *a, struct question *q)
{
	*a->last = q;
	a->last = &q->next;
}

static void dequeue(struct api *a, const struct question *q)
{
	for (struct question **at = &a->first; *at; at = &(*at)->next) {
		if (*at != q)
			continue;
		*at = q->next;
		if (a->last == &q->next)
			a->last = at;
		return;
	}
}

static void wake_line(struct api *a)
{
	uint64_t one = 1;

	/* Full counter means that it is readable already. */
	if (write(a->question_fd, &one, sizeof(one)) < 0)
		return;
}

int question_ask(struct api *a, enum api_question what, struct str arg, struct json *w,
		 struct problem *err)
{
	struct question q = {.what = what, .arg = arg, .w = w, .err = err};
	struct timespec until;
	int late = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PATIENCE_S;
	pthread_mutex_lock(&a->lock);
	enqueue(a, &q);
	if (a->stopping)
		late = ETIMEDOUT;
	else
		wake_line(a);
	while (q.state == WAITING && !late)
		late = pthread_cond_timedwait(&a->answered, &a->lock, &until);
	if (q.state == WAITING) {
		dequeue(a, &q);
		q.state = ANSWERED;
		q.rc = problem_set(err, -ETIMEDOUT, "the daemon is too busy to answer");
	}
	while (q.state != ANSWERED)
		pthread_cond_wait(&a->answered, &a->lock);
	pthread_mutex_unlock(&a->lock);
	return q.rc;
}

int api_question_fd(const struct api *a)
{
	return a->question_fd;
}

/*
 * One flush serves all who came before it began. The lock is held over it: the others want nothing
 * but its end.
 */
int question_settle(struct api *a)
{
	uint64_t came = clock_boot_ns();
	struct json w;
	int rc = 0;

	if (!a->opt.store)
		return 0;
	json_init(&w, 0);
	pthread_mutex_lock(&a->flush_lock);
	if (a->flushed_ns < came) {
		uint64_t now = clock_boot_ns(), due = a->flushed_ns + FLUSH_EVERY_NS;

		if (now < due)
			nanosleep(&(struct timespec){0, (long)(due - now)}, NULL);
		now = clock_boot_ns();
		rc = question_ask(a, API_FLUSH, STR_NONE, &w, NULL);
		if (!rc)
			a->flushed_ns = now;
	}
	pthread_mutex_unlock(&a->flush_lock);
	return rc ? rc : store_wait(a->opt.store, DISK_MS);
}

void api_serve(struct api *a)
{
	uint64_t count, end = clock_boot_ns() + TURN_NS;

	if (read(a->question_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return;
	pthread_mutex_lock(&a->lock);
	while (a->first) {
		struct question *q = a->first;
		int rc;

		dequeue(a, q);
		q->state = BEING_ANSWERED;
		pthread_mutex_unlock(&a->lock);
		rc = a->opt.answer(a->opt.ctx, q->what, q->arg, q->w, q->err);
		pthread_mutex_lock(&a->lock);
		q->rc = rc;
		q->state = ANSWERED;
		pthread_cond_broadcast(&a->answered);
		if (clock_boot_ns() >= end)
			break;
	}
	if (a->first)
		wake_line(a);
	pthread_mutex_unlock(&a->lock);
}

void question_refuse_all(struct api *a)
{
	pthread_mutex_lock(&a->lock);
	a->stopping = true;
	while (a->first) {
		struct question *q = a->first;

		dequeue(a, q);
		q->rc = problem_set(q->err, -ESHUTDOWN, "the daemon is stopping");
		q->state = ANSWERED;
	}
	pthread_cond_broadcast(&a->answered);
	pthread_mutex_unlock(&a->lock);
}
