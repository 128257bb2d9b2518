// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring_accept.bpf.c: what a ring accepts, one or many by one request, as accept(2); the connection is found in
 * the process's table of descriptors or the ring's own.
 *
 * Of many, only the last result has its request with it; the others, and those that do not fit into the ring,
 * are known by the ring and user_data alone. The caller may give one user_data to several requests: so a
 * number is only taken for a connection that was accepted when there is one, at the port of the socket that the
 * request listens at, which was not told before.
 * Misses: what accepts without a word (CQE_SKIP); a connection that another thread, or a request that was
 * handed in together with this one, has closed before its result is told.
 */
#include "session.bpf.h"
#include "flow.bpf.h"
#include "ring_net.bpf.h"
#include <bpf/bpf_tracing.h>

const volatile bool cfg_ring_cqe = false;

static __always_inline struct ring_accept_key key_of(u64 req)
{
	struct io_kiocb *r = (struct io_kiocb *)req;

	return (struct ring_accept_key){.ring = (u64)BPF_CORE_READ(r, ctx),
					.user_data = BPF_CORE_READ(r, cqe.user_data)};
}

int ring_accept_on_submit(u64 req)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct ring_accept_key key = key_of(req);
	struct ring_accept a = {.req = req};
	struct sock *sk = ip_sock(file_of(task, req, false));

	if (!sk || is_self(task, OWN_OTHER))
		return 0;
	a.net_inum = read_net_inum(sk);
	a.port = BPF_CORE_READ(sk, __sk_common.skc_num);
	a.in_table = BPF_CORE_READ((struct io_accept *)req, file_slot) != 0;
	bpf_map_update_elem(&ring_accepts, &key, &a, BPF_ANY);
	return 0;
}

int ring_accept_on_complete(u64 req)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct ring_accept_key key = key_of(req);
	struct ring_accept *a = bpf_map_lookup_elem(&ring_accepts, &key);
	s32 ret = BPF_CORE_READ((struct io_kiocb *)req, cqe.res);
	u32 slot = BPF_CORE_READ((struct io_accept *)req, file_slot);

	if (a && a->req == req) /* else another one has come since with the same user_data */
		bpf_map_delete_elem(&ring_accepts, &key);
	if (ret < 0 || !is_done(task, ret) || is_self(task, OWN_OTHER) || !current_state(task))
		return 0;
	return flow_on_accepted((u64)(slot ? read_ring_slot(req, slot, ret) : read_fd(task, ret)));
}

/* Whether it can be that request's, and was not told yet. */
static __always_inline bool is_fresh(struct sock *sk, const struct ring_accept *a)
{
	u64 at = (u64)sk;

	return BPF_CORE_READ(sk, __sk_common.skc_num) == a->port &&
	       read_net_inum(sk) == a->net_inum &&
	       BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_LISTEN &&
	       !bpf_map_lookup_elem(&accepted, &at);
}

static __always_inline int on_result(u64 ring, u64 user_data, s32 res)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct ring_accept_key key = {.ring = ring, .user_data = user_data};
	struct ring_accept *a = bpf_map_lookup_elem(&ring_accepts, &key);
	struct file *file;
	struct sock *sk;

	if (!a || res < 0 || !is_done(task, res))
		return 0;
	file = a->in_table ? read_ring_file((void *)ring, res) : read_fd(task, res);
	sk = ip_sock(file);
	if (!sk || !is_fresh(sk, a) || is_self(task, OWN_OTHER) || !current_state(task))
		return 0;
	return flow_on_accepted((u64)file);
}

int ring_accept_on_one(u64 ring, u64 told, s32 res)
{
	struct user_cqe cqe = {.user_data = told, .res = res};

	if (cfg_ring_cqe)
		bpf_probe_read_kernel(&cqe, sizeof(cqe), (void *)told);
	return on_result(ring, cqe.user_data, cqe.res);
}

/*
 * io_uring_cqe_overflow(ring, user_data, res, ...): a result that does not fit into the ring now; it will be
 * there later, without being told once more. Since 6.0. Of other requests than those to accept collect tells
 * what was put aside.
 */
SEC("tp_btf/io_uring_cqe_overflow")
int on_uring_overflow(u64 *ctx)
{
	u64 args[3] = {};

	bpf_probe_read_kernel(args, sizeof(args), ctx);
	return on_result(args[0], args[1], args[2]);
}

char LICENSE[] __weak SEC("license") = "GPL";
