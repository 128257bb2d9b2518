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

#define PATIENCE_S 5

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

void api_serve(struct api *a)
{
	uint64_t count;

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
	}
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
