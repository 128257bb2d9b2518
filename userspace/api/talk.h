/* SPDX-License-Identifier: Apache-2.0 */
/* talk: the thread that takes tokens, and one conversation of it. Private to attest.c and talk.c. */
#ifndef WHODID_API_TALK_H
#define WHODID_API_TALK_H

#include "api/parts.h"

#define TALKS_MAX   64
#define MESSAGE_MAX (ATTEST_TOKEN_MAX + 1024)
#define BUCKETS	    64

/* One that connected. */
struct talk {
	int fd, pidfd; /* fd -1 = free; pidfd -1 until HELLO */
	uint32_t pid, uid;
	uint64_t end_ns;
	char challenge[128];
};

/* How many tokens one user may still show now. */
struct bucket {
	uint32_t uid;
	uint64_t full_ns; /* when it will be full again */
};

struct attest_server {
	struct api *api;
	struct listener listener;
	int stop_fd;
	pthread_t thread;
	struct issuers *issuers; /* of the thread alone */
	pthread_mutex_t lock;
	struct issuers *fresh; /* under the lock: to be taken before the next token; NULL = none */
	struct talk talks[TALKS_MAX];
	struct bucket buckets[BUCKETS];
	char message[MESSAGE_MAX + 1];
};

/* What came on its descriptor. False: the conversation is over. */
bool talk_on_message(struct attest_server *s, struct talk *k);
void talk_say_busy(int fd);

#endif
