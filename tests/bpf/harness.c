// SPDX-License-Identifier: Apache-2.0
#include "harness.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect/kernel.h"

struct source *sensor;

static uint8_t *bytes;
static size_t bytes_used, bytes_size;
static size_t *offsets;
static size_t records, records_size;

void need(bool ok)
{
	if (!ok) {
		perror("child");
		_exit(99);
	}
}

static void *grown(void *old, size_t size)
{
	void *p = realloc(old, size);

	assert_non_null(p);
	return p;
}

static void keep(void *ctx, const void *record, size_t size)
{
	(void)ctx;
	if (bytes_used + size > bytes_size) {
		bytes_size = (bytes_used + size) * 2;
		bytes = grown(bytes, bytes_size);
	}
	if (records == records_size) {
		records_size = records_size ? records_size * 2 : 1024;
		offsets = grown(offsets, records_size * sizeof(*offsets));
	}
	assert_int_equal(((const struct record_header *)record)->size, size);
	memcpy(bytes + bytes_used, record, size);
	offsets[records++] = bytes_used;
	bytes_used += size;
}

static enum hook_rung hooks_wanted(void)
{
	static const char *const words[] = {
		[HOOKS_LSM] = "lsm", [HOOKS_FENTRY] = "fentry", [HOOKS_TRACEPOINT] = "tracepoint"};
	const char *word = getenv("WHODID_TEST_HOOKS");

	for (enum hook_rung rung = HOOKS_LSM; word && rung <= HOOKS_TRACEPOINT; rung++)
		if (strcmp(word, words[rung]) == 0)
			return rung;
	return HOOKS_AUTO;
}

bool has_kernel_paths(void)
{
	return strcmp(collect_rung_name(sensor), "tracepoint") != 0;
}

bool finds_tasks(void)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	bool found =
		kernel && btf__find_by_name_kind(kernel, "bpf_task_from_pid", BTF_KIND_FUNC) > 0;

	btf__free(kernel);
	return found;
}

void sensor_start(const struct kernel_options *opt)
{
	struct kernel_options used = {.ring_kib = 16384, .fold = true, .fold_ms = 1000};
	struct problem err = {0};

	if (opt)
		used = *opt;
	if (used.hooks == HOOKS_AUTO)
		used.hooks = hooks_wanted();
	if (collect_open_kernel(&sensor, &used, &err))
		fail_msg("%s: %s", err.text, err.remedy);
}

static uint32_t program_id(const struct kernel *k, const char *program)
{
	const struct bpf_program *p = bpf_object__find_program_by_name(k->skel->obj, program);
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	assert_non_null(p);
	assert_int_equal(bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len), 0);
	return info.id;
}

static bool is_link_of(const struct bpf_link *link, uint32_t id)
{
	struct bpf_link_info info = {0};
	uint32_t len = sizeof(info);

	return link && bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &len) == 0 &&
	       info.prog_id == id;
}

void sensor_skip(const char *program)
{
	struct kernel *k = (struct kernel *)sensor;
	uint32_t id = program_id(k, program);
	bool found = false;

	for (size_t i = 0; i < HOOKS_MAX; i++) {
		if (!is_link_of(k->links[i], id))
			continue;
		bpf_link__destroy(k->links[i]);
		k->links[i] = NULL;
		found = true;
	}
	assert_true(found);
}

void sensor_skip_none(void)
{
	struct problem err = {0};

	assert_int_equal(kernel_attach((struct kernel *)sensor, &err), 0);
}

void sensor_stop(void)
{
	collect_close(sensor);
	sensor = NULL;
	forget();
}

int begin_sensor(void **state)
{
	(void)state;
	sensor_start(NULL);
	return 0;
}

int begin_in_scratch(void **state)
{
	return begin_sensor(state) || chdir(scratch());
}

int end_sensor(void **state)
{
	(void)state;
	sensor_stop();
	return 0;
}

void gather(void)
{
	while (collect_drain(sensor, 1000, keep, NULL) == 1000)
		;
}

void await(void)
{
	struct pollfd ring = {.fd = collect_fd(sensor), .events = POLLIN};

	assert_true(poll(&ring, 1, 50) >= 0);
	gather();
}

void gather_tick(void)
{
	gather();
	assert_int_equal(collect_finish(sensor, keep, NULL), 0);
}

size_t records_kept(void)
{
	return records;
}

const struct record_header *record_at(size_t i)
{
	return (const struct record_header *)(const void *)(bytes + offsets[i]);
}

const struct record_task *task_of(const void *record)
{
	return (const void *)((const struct record_header *)record + 1);
}

static bool is_wanted(const struct record_header *h, uint32_t kind, uint32_t pid)
{
	if (h->kind == RECORD_LOSS)
		return kind == RECORD_LOSS;
	return (!kind || h->kind == kind) && (!pid || task_of(h)->pid == pid);
}

/* Where the last search ended: loops over i = 0, 1, 2, ... go on from there. */
static struct {
	uint32_t kind, pid;
	unsigned i;
	size_t at;
	bool valid;
} last;

const void *find_record(uint32_t kind, uint32_t pid, unsigned i)
{
	unsigned left = i;
	size_t n = 0;

	if (last.valid && last.kind == kind && last.pid == pid && i == last.i + 1) {
		n = last.at + 1;
		left = 0;
	}
	last.valid = false;
	for (; n < records; n++) {
		if (!is_wanted(record_at(n), kind, pid) || left-- > 0)
			continue;
		last.kind = kind;
		last.pid = pid;
		last.i = i;
		last.at = n;
		last.valid = true;
		return record_at(n);
	}
	return NULL;
}

unsigned count_records(uint32_t kind, uint32_t pid)
{
	unsigned n = 0;

	for (size_t i = 0; i < records; i++)
		n += is_wanted(record_at(i), kind, pid);
	return n;
}

void forget(void)
{
	bytes_used = 0;
	records = 0;
	last.valid = false;
}

struct str text_of(const void *record, struct record_text t)
{
	const struct record_header *h = record;

	assert_true((uint64_t)t.off + t.len <= h->size);
	return (struct str){t.off ? (const char *)record + t.off : NULL, t.len};
}

void assert_text(const void *record, struct record_text t, const char *want)
{
	struct str s = text_of(record, t);

	if (!str_is(s, want))
		fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(s), want);
}

void assert_place(const void *record, struct record_text t, struct record_text base,
		  const char *dir, const char *want)
{
	const struct record_header *h = record;
	char whole[512];

	if (h->flags & RECORD_USER_PATH || want[0] == '/') {
		assert_text(record, t, want);
		assert_text(record, base, want[0] == '/' ? "" : dir);
		return;
	}
	snprintf(whole, sizeof(whole), "%s/%s", dir, want);
	assert_text(record, t, whole);
	assert_int_equal(base.len, 0);
}

uint32_t act(void (*fn)(void *arg), void *arg)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		fn(arg);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("the act failed: status %#x", status);
	gather();
	return (uint32_t)pid;
}

uint32_t run_program(char *const argv[], long *out)
{
	int fds[2], status;
	char buf[64] = "";
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fds[1], 1);
		close(fds[0]);
		close(fds[1]);
		execv(argv[0], argv);
		_exit(127);
	}
	close(fds[1]);
	if (read(fds[0], buf, sizeof(buf) - 1) < 0)
		buf[0] = 0;
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	if (out)
		*out = strtol(buf, NULL, 10);
	return (uint32_t)pid;
}

static char scratch_dir[] = "/tmp/whodid-bpf.XXXXXX";

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static pid_t scratch_owner;

static void remove_scratch(void)
{
	if (getpid() == scratch_owner)
		nftw(scratch_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch(void)
{
	if (!scratch_owner) {
		assert_non_null(mkdtemp(scratch_dir));
		scratch_owner = getpid();
		atexit(remove_scratch);
	}
	return scratch_dir;
}

int copy_self(const char *to)
{
	int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC),
	    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	char buf[65536];
	ssize_t n;

	if (in < 0 || out < 0)
		return -1;
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			return -1;
	close(in);
	close(out);
	return 0;
}
