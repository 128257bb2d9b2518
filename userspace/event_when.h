/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_when: when an event has a field, where its type and the field's value do not decide that
 * alone: the conditions of the rows of event_fields.c.
 */
#ifndef WHODID_EVENT_WHEN_H
#define WHODID_EVENT_WHEN_H

#include "event.h"

bool when_folded(const struct event *ev);
bool when_count_is_not_one(const struct event *ev);
bool when_other_tid(const struct event *ev);
bool when_other_ns_pid(const struct event *ev);
bool when_known_other_tid(const struct event *ev);
bool when_known_other_ns_pid(const struct event *ev);
bool when_has_actor(const struct event *ev);
bool when_other_euid(const struct event *ev);
bool when_other_egid(const struct event *ev);
bool when_other_filename(const struct event *ev);
bool when_other_exec_exe(const struct event *ev);
bool when_other_parent_pid(const struct event *ev);
bool when_other_parent_start(const struct event *ev);
bool when_other_boundary(const struct event *ev);
bool when_has_parent(const struct event *ev);
bool when_has_who(const struct event *ev);
bool when_has_via(const struct event *ev);
bool when_has_as(const struct event *ev);
bool when_exited_by_itself(const struct event *ev);
bool when_chown(const struct event *ev);
bool when_become(const struct event *ev);
bool when_has_size(const struct event *ev);
bool when_has_ip(const struct event *ev);
bool when_has_protocol(const struct event *ev);
bool when_has_address(const struct event *ev);
bool when_has_src(const struct event *ev);

#endif
