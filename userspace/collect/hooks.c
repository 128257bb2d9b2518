// SPDX-License-Identifier: Apache-2.0
/* hooks.c: the table of hooks: attach them, and say how they are. */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "collect/kernel.h"

static const struct {
	const char *program, *what;
	bool needed; /* without it there is no identity, so no start */
} rows[] = {
	{"on_fork", "fork", true},
	{"on_exec", "exec", true},
	{"on_exit", "exit", true},
	{"on_cgroup_attach", "boundary", true},
	{"on_sys_exit", "file, connect", true},
	{"on_tcp_state", "connect", true},
	{"on_tcp_state_again", "connect", true},
	{"on_send4", "send", false},
	{"on_send6", "send", false},
	{"on_signal", "signal", false},
	{"on_module_load", "module", false},
	{"on_packet_out", "dns, tls", false},
	{"on_packet_in", "dns", false},
	{"on_uring_submit", "io_uring", false},
	{"on_uring_sqe", "io_uring", false},
	{"on_uring_complete", "io_uring", false},
	{"on_uring_overflow", "io_uring", false},
};
_Static_assert(ARRAY_SIZE(rows) <= HOOKS_MAX, "HOOKS_MAX");

static struct bpf_program *program_of(const struct kernel *k, size_t i)
{
	return bpf_object__find_program_by_name(k->skel->obj, rows[i].program);
}

/*
 * The hierarchy of everybody: in a cgroup namespace of its own, the daemon would only see those
 * below it. The root's inode is 1.
 */
static int open_cgroup_root(void)
{
	static const char *const paths[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	struct statfs fs;
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		int fd = open(paths[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			continue;
		if (fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC &&
		    fstat(fd, &st) == 0 && st.st_ino == 1)
			return fd;
		close(fd);
	}
	errno = ENOENT;
	return -1;
}

static struct bpf_link *attach(const struct kernel *k, size_t i)
{
	enum bpf_prog_type type = bpf_program__type(program_of(k, i));
	struct bpf_link *link;
	int fd, err;

	if (type != BPF_PROG_TYPE_CGROUP_SOCK_ADDR && type != BPF_PROG_TYPE_CGROUP_SKB)
		return bpf_program__attach(program_of(k, i));
	fd = open_cgroup_root();
	if (fd < 0)
		return NULL;
	link = bpf_program__attach_cgroup(program_of(k, i), fd);
	err = errno;
	close(fd);
	errno = err;
	return link;
}

/* An earlier daemon's program runs on in place of ours, which is not loaded then. */
static int program_fd(const struct kernel *k, size_t i)
{
	return k->programs[i] > 0 ? k->programs[i] : bpf_program__fd(program_of(k, i));
}

/* A kernel without modules loads no program for them: nothing is missed. */
static bool is_used(const struct kernel *k, size_t i)
{
	return k->programs[i] > 0 || bpf_program__autoload(program_of(k, i));
}

unsigned kernel_take_over(struct kernel *k)
{
	char path[PATH_MAX];
	unsigned missing = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int fd;

		if (!is_used(k, i))
			continue;
		fd = pins_get(&k->pins, "prog", rows[i].program);
		pins_name(path, &k->pins, "link", rows[i].program);
		k->links[i] = fd < 0 ? NULL : bpf_link__open(path);
		if (!k->links[i]) {
			missing++;
			if (fd >= 0)
				close(fd);
			continue;
		}
		k->programs[i] = fd;
		bpf_program__set_autoload(program_of(k, i), false);
	}
	return missing;
}

int kernel_pin_hooks(const struct kernel *k)
{
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows) && !err; i++) {
		if (!k->links[i] || k->programs[i] > 0)
			continue;
		err = pins_put(&k->pins, "prog", rows[i].program, program_fd(k, i));
		if (!err)
			err = pins_put(&k->pins, "link", rows[i].program,
				       bpf_link__fd(k->links[i]));
	}
	return err;
}

int kernel_attach(struct kernel *k, struct problem *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!is_used(k, i) || k->links[i])
			continue;
		k->links[i] = attach(k, i);
		if (k->links[i])
			continue;
		k->errors[i] = errno;
		log_warn("%s (%s) is not attached: %s", rows[i].program, rows[i].what,
			 strerror(k->errors[i]));
		if (rows[i].needed)
			return problem_set(err, -k->errors[i],
					   "the hook for %s cannot be attached: %s", rows[i].what,
					   strerror(k->errors[i]));
	}
	return 0;
}

int kernel_find_hook(const struct kernel *k, const char *program)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].program, program))
			return k->link_ids[i].link || k->links[i] ? (int)i : -1;
	return -1;
}

/* An earlier daemon's program is known by its descriptor alone: the link comes by way of its name. */
static struct bpf_link *attach_kept(const struct kernel *k, size_t i, const char *path)
{
	enum bpf_prog_type type = bpf_program__type(program_of(k, i));
	_cleanup_close_ int cgroup = -1, fd = -1;

	if (type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR || type == BPF_PROG_TYPE_CGROUP_SKB) {
		cgroup = open_cgroup_root();
		fd = cgroup < 0
			     ? -1
			     : bpf_link_create(k->programs[i], cgroup,
					       bpf_program__expected_attach_type(program_of(k, i)),
					       NULL);
	} else {
		fd = bpf_raw_tracepoint_open(NULL, k->programs[i]);
	}
	return fd < 0 || bpf_obj_pin(fd, path) ? NULL : bpf_link__open(path);
}

int kernel_attach_anew(struct kernel *k, int row)
{
	size_t i = (size_t)row;
	struct bpf_link *old = TAKE_PTR(k->links[i]);
	char path[PATH_MAX] = "";
	int err = 0;

	if (old && link_identify(old).link != k->link_ids[i].link)
		bpf_link__disconnect(old); /* its descriptor may be somebody else's by now */
	bpf_link__destroy(old);
	if (k->start.pinned) {
		pins_name(path, &k->pins, "link", rows[i].program);
		k->links[i] = bpf_link__open(path);
		if (k->links[i] && link_lives(k->links[i], k->link_ids[i]))
			return 0; /* it was only ours that was gone: another one would tell all twice */
		bpf_link__destroy(TAKE_PTR(k->links[i]));
		unlink(path);
	}
	k->links[i] = k->programs[i] > 0 ? attach_kept(k, i, path) : attach(k, i);
	k->errors[i] = k->links[i] ? 0 : errno;
	if (k->links[i] && k->start.pinned && !(k->programs[i] > 0))
		err = pins_put(&k->pins, "link", rows[i].program, bpf_link__fd(k->links[i]));
	if (err)
		log_warn(
			"%s (%s) is attached anew, but ends with this daemon: it cannot be pinned: %s",
			rows[i].program, rows[i].what, strerror(-err));
	return -k->errors[i];
}

void kernel_detach(struct kernel *k)
{
	ladder_detach(k);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bpf_link__destroy(k->links[i]); /* what is pinned stays attached */
		k->links[i] = NULL;
		if (k->programs[i] > 0)
			close(k->programs[i]);
		k->programs[i] = 0;
	}
}

static int program_info(int fd, struct bpf_prog_info *info)
{
	uint32_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(fd, info, &len);
}

struct hook_status kernel_hook_status(const char *name, int fd, const char *what, const char *rung)
{
	struct hook_status s = {.name = name, .what = what, .rung = rung, .attached = true};
	struct bpf_prog_info info;

	if (program_info(fd, &info))
		return s;
	s.verified_insns = info.verified_insns;
	s.run_count = info.run_cnt;
	s.run_ns = info.run_time_ns;
	return s;
}

uint64_t kernel_program_skips(int fd)
{
	struct bpf_prog_info info;

	return program_info(fd, &info) ? 0 : info.recursion_misses;
}

size_t kernel_hooks(struct source *src, struct hook_status *out, size_t max)
{
	const struct kernel *k = (const struct kernel *)src;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows) && n < max; i++) {
		if (!is_used(k, i))
			continue;
		out[n] = kernel_hook_status(rows[i].program, program_fd(k, i), rows[i].what,
					    "tracepoint");
		out[n].attached = k->links[i] != NULL;
		out[n].err = k->errors[i];
		n++;
	}
	return n + ladder_hooks(k, out + n, max - n);
}

uint64_t kernel_recursion_misses(const struct kernel *k)
{
	uint64_t sum = ladder_recursion_misses(k);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (is_used(k, i))
			sum += kernel_program_skips(program_fd(k, i));
	return sum;
}

uint64_t kernel_skipped_calls(const struct kernel *k)
{
	static const char *const openers[] = {"on_sys_exit", "on_uring_complete"};
	uint64_t sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(openers); i++) {
		int row = kernel_find_hook(k, openers[i]);

		if (row >= 0)
			sum += kernel_program_skips(program_fd(k, (size_t)row));
	}
	return sum;
}

/* The programs of which each run is one record. */
static const struct {
	const char *program;
	uint32_t kind;
} recorders[] = {
	{"on_fork", RECORD_FORK},
	{"on_exec", RECORD_EXEC},
	{"on_exit", RECORD_EXIT},
};

static uint32_t kind_of(const char *program)
{
	for (size_t i = 0; i < ARRAY_SIZE(recorders); i++)
		if (!strcmp(recorders[i].program, program))
			return recorders[i].kind;
	return RECORD_NONE;
}

/*
 * A kernel that may preempt a program (7.0 and later do by default) skips the runs of it that come
 * meanwhile on the same CPU. Their records are lost. Some may have been threads, which have none, and
 * an exec is mostly told late (RECORD_EXEC_LATE): the number is the most that can be missing.
 */
void kernel_count_skipped(const struct kernel *k, struct counters *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t kind = kind_of(rows[i].program);
		uint64_t n = kind && is_used(k, i) ? kernel_program_skips(program_fd(k, i)) : 0;

		c->generated[kind] += n;
		c->lost[kind] += n;
	}
}
