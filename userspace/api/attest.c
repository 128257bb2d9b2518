/* SPDX-License-Identifier: Apache-2.0 */
/* attest: takes tokens, on one thread of its own. Everybody may speak to it, so nobody may take it all. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "api/talk.h"
#include "base/cleanup.h"
#include "base/clock.h"

#define TALKS_PER_ID 8
#define HELLO_NS     5000000000ull

static void hang_up(struct talk *k)
{
	close(k->fd);
	if (k->pidfd >= 0)
		close(k->pidfd);
	*k = (struct talk){.fd = -1, .pidfd = -1};
}

static void on_connect(struct attest_server *s)
{
	int fd = accept4(s->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), on = 1;
	struct talk *room = NULL;
	struct ucred peer;
	socklen_t size = sizeof(peer);
	unsigned same = 0;

	if (fd < 0)
		return;
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) {
		close(fd);
		return;
	}
	for (size_t i = 0; i < TALKS_MAX; i++) {
		same += s->talks[i].fd >= 0 && s->talks[i].uid == peer.uid;
		if (s->talks[i].fd < 0 && !room)
			room = &s->talks[i];
	}
	if (!room || (peer.uid && same >= TALKS_PER_ID)) {
		talk_say_busy(fd);
		close(fd);
		return;
	}
	*room = (struct talk){
		.fd = fd, .pidfd = -1, .uid = peer.uid, .end_ns = clock_boot_ns() + HELLO_NS};
}

static void end_late_talks(struct attest_server *s)
{
	uint64_t now = clock_boot_ns();

	for (size_t i = 0; i < TALKS_MAX; i++)
		if (s->talks[i].fd >= 0 && now >= s->talks[i].end_ns)
			hang_up(&s->talks[i]);
}

static void *serve(void *server)
{
	struct attest_server *s = server;
	struct pollfd fds[TALKS_MAX + 2];

	for (;;) {
		fds[0] = (struct pollfd){.fd = s->stop_fd, .events = POLLIN};
		fds[1] = (struct pollfd){.fd = s->listener.fd, .events = POLLIN};
		for (size_t i = 0; i < TALKS_MAX; i++) /* -1 is passed over */
			fds[i + 2] = (struct pollfd){.fd = s->talks[i].fd, .events = POLLIN};
		if (poll(fds, ARRAY_SIZE(fds), 1000) < 0 && errno != EINTR)
			return NULL;
		if (fds[0].revents)
			return NULL;
		for (size_t i = 0; i < TALKS_MAX; i++)
			if (fds[i + 2].fd >= 0 && fds[i + 2].revents &&
			    !talk_on_message(s, &s->talks[i]))
				hang_up(&s->talks[i]);
		if (fds[1].revents)
			on_connect(s);
		end_late_talks(s);
	}
}

static void free_server(struct attest_server *s)
{
	for (size_t i = 0; i < TALKS_MAX; i++)
		if (s->talks[i].fd >= 0)
			hang_up(&s->talks[i]);
	if (s->listener.fd >= 0)
		close(s->listener.fd);
	if (s->stop_fd >= 0)
		close(s->stop_fd);
	issuers_free(s->issuers);
	issuers_free(s->fresh);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

int attest_server_start(struct api *a, struct issuers *set, struct problem *err)
{
	struct attest_server *s = calloc(1, sizeof(*s));
	int on = 1, rc;

	if (!s) {
		issuers_free(set);
		return -ENOMEM;
	}
	s->api = a;
	s->issuers = set;
	s->listener.fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	for (size_t i = 0; i < TALKS_MAX; i++)
		s->talks[i].fd = s->talks[i].pidfd = -1;
	s->stop_fd = eventfd(0, EFD_CLOEXEC);
	rc = s->stop_fd < 0 ? problem_set(err, -EMFILE, "cannot make an eventfd")
			    : socket_make(&s->listener, SOCK_SEQPACKET, a->opt.attest_path, 0666,
					  (gid_t)-1, err);
	if (!rc && setsockopt(s->listener.fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		rc = problem_set(err, -errno, "cannot learn who sends: %m");
	if (!rc && pthread_create(&s->thread, NULL, serve, s)) {
		socket_remove(&s->listener);
		rc = problem_set(err, -EAGAIN, "cannot make a thread");
	}
	if (rc) {
		free_server(s);
		return rc;
	}
	a->attest = s;
	return 0;
}

void attest_server_stop(struct attest_server *s)
{
	uint64_t one = 1;

	if (!s)
		return;
	socket_remove(&s->listener);
	if (write(s->stop_fd, &one, sizeof(one)) == sizeof(one))
		pthread_join(s->thread, NULL);
	free_server(s);
}

void attest_server_reload(struct attest_server *s, struct issuers *set)
{
	if (s) {
		struct issuers *older;

		pthread_mutex_lock(&s->lock);
		older = s->fresh;
		s->fresh = set;
		pthread_mutex_unlock(&s->lock);
		set = older;
	}
	issuers_free(set);
}
