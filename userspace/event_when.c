/* SPDX-License-Identifier: Apache-2.0 */
#include "event_when.h"

#include <string.h>
#include <sys/socket.h>

bool when_folded(const struct event *ev)
{
	return ev->what.count > 1 || ev->what.first_wall_ns != 0;
}

bool when_count_is_not_one(const struct event *ev)
{
	return ev->what.count != 1;
}

bool when_other_tid(const struct event *ev)
{
	return ev->what.tid != ev->what.pid;
}

bool when_other_ns_pid(const struct event *ev)
{
	return ev->what.ns_pid != ev->what.pid;
}

bool when_known_other_tid(const struct event *ev)
{
	return ev->what.tid != 0 && when_other_tid(ev);
}

bool when_known_other_ns_pid(const struct event *ev)
{
	return ev->what.ns_pid != 0 && when_other_ns_pid(ev);
}

/* What the daemon notices by itself nobody has done. */
bool when_has_actor(const struct event *ev)
{
	return ev->what.type != EVENT_AGENT_TAMPER || ev->what.pid != 0;
}

bool when_other_euid(const struct event *ev)
{
	return ev->what.euid != ev->what.uid;
}

bool when_other_egid(const struct event *ev)
{
	return ev->what.egid != ev->what.gid;
}

bool when_other_filename(const struct event *ev)
{
	return !str_equal(ev->what.exec.filename, ev->who.exe.p ? ev->who.exe : ev->what.exec.exe);
}

bool when_other_exec_exe(const struct event *ev)
{
	return ev->what.exec.exe.p && !(ev->who.exe.p && str_equal(ev->what.exec.exe, ev->who.exe));
}

bool when_other_parent_pid(const struct event *ev)
{
	return ev->who.parent.pid != ev->what.parent_pid;
}

bool when_other_parent_start(const struct event *ev)
{
	return ev->who.parent.start_ns != ev->what.parent_start_ns;
}

bool when_other_boundary(const struct event *ev)
{
	return ev->who.id.boundary != ev->what.boundary;
}

bool when_has_parent(const struct event *ev)
{
	return ev->who.parent.pid || ev->what.parent_pid;
}

bool when_has_who(const struct event *ev)
{
	return ev->who.id.who.p != NULL;
}

bool when_has_via(const struct event *ev)
{
	return ev->who.id.via.n != 0;
}

bool when_has_as(const struct event *ev)
{
	return ev->who.id.as.p != NULL;
}

bool when_exited_by_itself(const struct event *ev)
{
	return ev->what.exit.signal == 0;
}

bool when_chown(const struct event *ev)
{
	return str_is(ev->what.file.op, "chown");
}

bool when_become(const struct event *ev)
{
	return ev->what.type == EVENT_CRED_BECOME;
}

bool when_has_size(const struct event *ev)
{
	return ev->what.file.has_size;
}

bool when_has_ip(const struct event *ev)
{
	return ev->what.net.family == AF_INET || ev->what.net.family == AF_INET6;
}

/* Numbers of protocols of other families mean something else. */
bool when_has_protocol(const struct event *ev)
{
	return when_has_ip(ev) && ev->what.net.proto != 0;
}

bool when_has_address(const struct event *ev)
{
	return when_has_ip(ev) && ev->what.type != EVENT_NET_SOCKET;
}

/* A socket without a local end has all zeroes there. */
bool when_has_src(const struct event *ev)
{
	static const uint8_t none[16];

	return when_has_ip(ev) &&
	       (ev->what.net.src_port || memcmp(ev->what.net.src, none, 16) != 0);
}
