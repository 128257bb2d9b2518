/* SPDX-License-Identifier: Apache-2.0 */
/* parts: what the files of api/ share: the server, one request, answers. Private to the folder. */
#ifndef WHODID_API_PARTS_H
#define WHODID_API_PARTS_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "api/api.h"
#include "event_filter.h"

#define JSON_TYPE   "application/json"
#define NDJSON_TYPE "application/x-ndjson"

struct question;

struct listener {
	const char *path;
	int fd;
	ino_t ino; /* so that only our own socket is removed */
};

struct api {
	struct api_options opt;
	struct MHD_Daemon *mhd;
	struct listener listener;
	int question_fd;
	gid_t group; /* (gid_t)-1 = none */
	atomic_bool stopping;
	atomic_uint guests; /* connections of others than root and ourselves */

	atomic_size_t held; /* bytes of large answers that are still to be taken */

	pthread_mutex_t flush_lock;
	uint64_t flushed_ns; /* when the last flush was asked for */

	struct attest_server *attest; /* NULL = tokens are not taken */

	pthread_mutex_t lock; /* of the queue */
	pthread_cond_t answered;
	struct question *first, **last;
};

struct request {
	struct api *api;
	struct MHD_Connection *connection;
	struct str rest; /* of the path, behind the route's own part */
	int fd;
};

/* socket.c */
int socket_listen(struct api *a, struct problem *err);
/*
 * A listening socket of that type (SOCK_STREAM, SOCK_SEQPACKET), mode and group ((gid_t)-1 = ours) in
 * the place of a dead one. -EADDRINUSE when somebody answers there.
 */
int socket_make(struct listener *out, int type, const char *path, mode_t mode, gid_t group,
		struct problem *err);
void socket_remove(const struct listener *l);
/* Whether the one at the other end may look. */
bool socket_peer_may_look(const struct api *a, int fd);
/* Whether it is root, or who we are. */
bool socket_peer_is_ours(int fd);

/* question.c: asks the line's thread and waits. 0 or -errno with err. */
int question_ask(struct api *a, enum api_question what, struct str arg, struct json *w,
		 struct problem *err);
void question_refuse_all(struct api *a);
/*
 * Waits until all that happened before this call is in the store. 0, or -errno when it may not be
 * there yet.
 */
int question_settle(struct api *a);

/* reply.c */
enum MHD_Result reply_error(struct request *rq, unsigned status, const char *what,
			    const char *remedy);
/* The status that fits err. */
enum MHD_Result reply_problem(struct request *rq, int err, const struct problem *problem);
/* Sends what w holds and empties w. */
enum MHD_Result reply_json(struct request *rq, const char *type, struct json *w);
/* The query argument; absent when it is not there. */
struct str request_arg(const struct request *rq, const char *name);
/* The filter in q; NULL when there is none. */
int request_filter(const struct request *rq, struct filter **out, struct problem *err);

/*
 * An answer made piece by piece while it is sent. fill() puts text into out: 0 = call again,
 * 1 = that was the last, -errno = give up. free() frees the whole.
 */
struct body {
	struct json out;
	size_t sent;
	bool last;
	bool patient; /* its reader may take its time: nothing but a place is held for it */
	int (*fill)(struct body *b);
	void (*free)(struct body *b);
};
/* Takes b over, on failure too. */
enum MHD_Result reply_body(struct request *rq, const char *type, struct body *b);

/*
 * attest.c: the thread that takes tokens. set is taken over.
 */
int attest_server_start(struct api *a, struct issuers *set, struct problem *err);
void attest_server_stop(struct attest_server *s);
void attest_server_reload(struct attest_server *s, struct issuers *set);

/* history.c, follow.c */
enum MHD_Result serve_events(struct request *rq);
enum MHD_Result serve_event(struct request *rq);
enum MHD_Result serve_identity(struct request *rq);
enum MHD_Result serve_stream(struct request *rq);

#endif
