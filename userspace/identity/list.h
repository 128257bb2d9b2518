/* SPDX-License-Identifier: Apache-2.0 */
/* list: private to identity. A ring of links inside the things that it orders; the oldest first. */
#ifndef WHODID_IDENTITY_LIST_H
#define WHODID_IDENTITY_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct link {
	struct link *prev, *next;
};

#define LINK_OWNER(l, type, member) ((type *)((char *)(l)-offsetof(type, member)))

static inline void list_init(struct link *head)
{
	head->prev = head->next = head;
}

static inline bool list_empty(const struct link *head)
{
	return head->next == head;
}

static inline void list_remove(struct link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
}

static inline void list_add_tail(struct link *head, struct link *l)
{
	l->prev = head->prev;
	l->next = head;
	head->prev->next = l;
	head->prev = l;
}

#endif
