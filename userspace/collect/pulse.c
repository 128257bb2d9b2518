// SPDX-License-Identifier: Apache-2.0
/*
 * pulse.c: whether the hooks still see. Acts of the daemon itself, of which the programs make no record
 * but count them (own_acts in bpf/maps.bpf.h): who acts and is not counted is not seen.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "collect/kernel.h"

/* --- acts: 0 when a hook must have seen it, whatever came of it; else a positive errno */

static void *end_at_once(void *unused)
{
	return unused;
}

/* A thread is born and dies by the same hooks as a process, and costs a tenth. */
static int act_thread(void)
{
	pthread_attr_t small;
	pthread_t thread;
	int err = pthread_attr_init(&small);

	if (err)
		return err;
	pthread_attr_setstacksize(&small, (size_t)sysconf(_SC_THREAD_STACK_MIN));
	pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &small, end_at_once, NULL);
	pthread_attr_destroy(&small);
	return err;
}

static int act_open(void)
{
	_cleanup_close_ int in = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int out = open("/", O_WRONLY | O_CLOEXEC); /* refused: a directory */

	return in < 0 && out < 0 && errno == EPERM ? EPERM : 0;
}

/* The end of the call is what is heard, and an empty name fails before anything is touched. */
static int act_path(void)
{
	return unlink("") && errno == EPERM ? EPERM : 0;
}

static int act_socket(void)
{
	struct sockaddr_un nobody = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	/* an address without a name is refused before anybody is looked for */
	return connect(fd, (struct sockaddr *)&nobody, sizeof(nobody.sun_family)) && errno == EPERM
		       ? EPERM
		       : 0;
}

static int act_call(void)
{
	return kill(getpid(), 0) ? errno : 0;
}

/* One that the daemon ignores. */
static int act_signal(void)
{
	return kill(getpid(), SIGUSR1) ? errno : 0;
}

/* A socket at a port of the loopback, of which nobody else knows. -1 and errno where there is none. */
static int bind_loopback(int type, struct sockaddr_storage *at, socklen_t *len)
{
	int fd = socket(at->ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)at;
	int err;

	if (fd < 0)
		return -1;
	if (at->ss_family == AF_INET6)
		six->sin6_addr = in6addr_loopback;
	else
		((struct sockaddr_in *)at)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*len = at->ss_family == AF_INET6 ? sizeof(*six) : sizeof(struct sockaddr_in);
	if (bind(fd, (struct sockaddr *)at, *len) == 0 &&
	    getsockname(fd, (struct sockaddr *)at, len) == 0)
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

/* To a port that is taken and not listening: refused at once, and by nobody else. */
static int act_tcp(void)
{
	struct sockaddr_storage at = {.ss_family = AF_INET};
	socklen_t len = 0;
	_cleanup_close_ int closed = bind_loopback(SOCK_STREAM, &at, &len), fd = -1;

	if (closed < 0)
		return errno;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errno;
	if (connect(fd, (struct sockaddr *)&at, len) == 0 || errno == EINPROGRESS ||
	    errno == ECONNREFUSED)
		return 0;
	return errno;
}

static int send_to_itself(sa_family_t family)
{
	struct sockaddr_storage at = {.ss_family = family};
	socklen_t len = 0;
	_cleanup_close_ int fd = bind_loopback(SOCK_DGRAM, &at, &len);

	if (fd < 0)
		return errno;
	return sendto(fd, "", 1, MSG_DONTWAIT, (struct sockaddr *)&at, len) < 0 ? errno : 0;
}

static int act_send4(void)
{
	return send_to_itself(AF_INET);
}

static int act_send6(void)
{
	return send_to_itself(AF_INET6);
}

/*
 * Without an act: an exec is a process of its own, a move to another cgroup, a module and a packet of
 * a name server are not ours to make, and rings may be forbidden. Of those the link is looked at.
 */
static const struct {
	const char *program, *what;
	enum own_act own;
	int (*act)(void);
} rows[] = {
	{"on_fork", "fork", OWN_FORK, act_thread},
	{"on_exec", "exec", OWN_OTHER, NULL},
	{"on_exit", "exit", OWN_EXIT, act_thread},
	{"on_cgroup_attach", "boundary", OWN_OTHER, NULL},
	{"on_sys_exit", "open", OWN_OPEN, act_open},
	{"on_sys_exit", "change of files", OWN_PATH, act_path},
	{"on_sys_exit", "connect", OWN_SOCKET, act_socket},
	{"on_sys_exit", "ptrace, credentials", OWN_CALL, act_call},
	{"on_tcp_state", "TCP", OWN_TCP, act_tcp},
	{"on_tcp_state_again", "TCP", OWN_OTHER, NULL},
	{"on_send4", "send over IPv4", OWN_SEND4, act_send4},
	{"on_send6", "send over IPv6", OWN_SEND6, act_send6},
	{"on_signal", "signal", OWN_SIGNAL, act_signal},
	{"on_module_load", "module", OWN_OTHER, NULL},
	{"on_packet_out", "dns, tls", OWN_OTHER, NULL},
	{"on_packet_in", "dns", OWN_OTHER, NULL},
	{"on_uring_submit", "io_uring", OWN_OTHER, NULL},
	{"on_uring_sqe", "io_uring", OWN_OTHER, NULL},
	{"on_uring_complete", "io_uring", OWN_OTHER, NULL},
	{"on_uring_overflow", "io_uring", OWN_OTHER, NULL},
};
_Static_assert(ARRAY_SIZE(rows) <= PULSES_MAX, "PULSES_MAX");

/* Behind the descriptor there may be anything, once somebody else has closed it. */
static bool link_info(const struct bpf_link *link, struct bpf_link_info *info)
{
	uint32_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return link && !bpf_obj_get_info_by_fd(bpf_link__fd(link), info, &len);
}

struct link_id link_identify(const struct bpf_link *link)
{
	struct bpf_link_info info;

	return link_info(link, &info) ? (struct link_id){info.id, info.prog_id}
				      : (struct link_id){0};
}

/* One that was detached by force stays, without its cgroup (kernel/bpf/cgroup.c, since 5.9). */
bool link_lives(const struct bpf_link *link, struct link_id id)
{
	struct bpf_link_info info;

	return link_info(link, &info) && info.id == id.link && info.prog_id == id.program &&
	       (info.type != BPF_LINK_TYPE_CGROUP || info.cgroup.cgroup_id);
}

/* The first look remembers which link it is. */
static bool is_attached(struct kernel *k, int row)
{
	if (!k->link_ids[row].link)
		k->link_ids[row] = link_identify(k->links[row]);
	return link_lives(k->links[row], k->link_ids[row]);
}

void kernel_act(struct source *src)
{
	struct kernel *k = (struct kernel *)src;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].act && kernel_find_hook(k, rows[i].program) >= 0)
			k->refused[i] = rows[i].act();
}

size_t kernel_pulses(struct source *src, struct pulse *out, size_t max)
{
	struct kernel *k = (struct kernel *)src;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows) && n < max; i++) {
		int row = kernel_find_hook(k, rows[i].program);

		if (row < 0)
			continue;
		out[n++] = (struct pulse){
			.name = rows[i].program,
			.what = rows[i].what,
			.attached = is_attached(k, row),
			.acts = rows[i].act,
			.refused = k->refused[i],
			.seen = __atomic_load_n(&k->skel->bss->own_acts[rows[i].own],
						__ATOMIC_RELAXED),
		};
	}
	return n;
}

int kernel_mend(struct source *src)
{
	struct kernel *k = (struct kernel *)src;
	bool made = false;
	int err = 0, seeded;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int row = kernel_find_hook(k, rows[i].program), e;

		if (row < 0 || is_attached(k, row))
			continue;
		e = kernel_attach_anew(k, row);
		if (e) {
			log_error("%s (%s) cannot be attached: %s", rows[i].program, rows[i].what,
				  strerror(-e));
			err = e;
			continue;
		}
		k->link_ids[row] = link_identify(k->links[row]);
		made = true;
	}
	if (made)
		kernel_tell_own(k);
	seeded = seed_tasks(k);
	if (seeded)
		log_error(
			"the programs cannot be told who the daemon is, nor who was born meanwhile: %s",
			strerror(-seeded));
	return err ? err : seeded;
}
