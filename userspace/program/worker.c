/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker: opens a file that was executed, makes sure that it is that file and was not changed since,
 * reads it once, and asks the package database.
 */
#include "program/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "program/dpkg.h"
#include "program/rpm.h"

#define QUEUE	   64 /* a power of two */
#define READ_BYTES 65536
#define NICE	   19

struct worker {
	uint64_t max_bytes;
	const char *root; /* in front of absolute names; "" = ours is the host's */
	pthread_t thread;
	sem_t wanted;
	atomic_bool stop;
	/* one side writes a head, the other a tail */
	atomic_uint asked_head, asked_tail, answer_head, answer_tail;
	atomic_uint packages;
	struct request asked[QUEUE];
	struct answer answers[QUEUE];
	/* the thread's own */
	struct dpkg dpkg;
	struct rpm rpm;
	uint8_t buf[READ_BYTES];
};

/* --- the file */

static uint64_t dev_of(const struct stat *st)
{
	return (uint64_t)major(st->st_dev) << 20 | minor(st->st_dev);
}

static bool is_asked(const struct request *r, const struct stat *st)
{
	return S_ISREG(st->st_mode) && dev_of(st) == r->dev && st->st_ino == r->inode;
}

static bool is_unchanged(const struct request *r, const struct stat *st)
{
	return (uint64_t)st->st_ctim.tv_sec * 1000000000u + (uint64_t)st->st_ctim.tv_nsec ==
	       r->ctime_ns;
}

/* Without opening what is another file by now: that could be anything. */
static int open_if_asked(const struct request *r, const char *path)
{
	char self[64];
	struct stat st;
	int fd, place = open(path, O_PATH | O_CLOEXEC);

	if (place < 0)
		return -errno;
	if (fstat(place, &st) || !is_asked(r, &st)) {
		close(place);
		return -ESTALE;
	}
	snprintf(self, sizeof(self), "/proc/self/fd/%d", place);
	fd = open(self, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	close(place);
	return fd < 0 ? -errno : fd;
}

/*
 * The process has it open while it lives; else it has a name, here or in the process's own mount
 * namespace. *here = the name says so in ours, where package databases speak of it.
 */
static int open_file(const struct worker *w, const struct request *r, bool *here)
{
	char path[2 * WORKER_PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s%s", w->root, r->path);
	fd = open_if_asked(r, path);
	*here = fd >= 0;
	if (fd >= 0)
		return fd;
	if (!r->script) {
		snprintf(path, sizeof(path), "/proc/%u/exe", r->pid);
		fd = open_if_asked(r, path);
		if (fd >= 0)
			return fd;
	}
	snprintf(path, sizeof(path), "/proc/%u/root%s", r->pid, r->path);
	return open_if_asked(r, path);
}

struct digests {
	char sha256[PROGRAM_SHA256_MAX];
	char md5[33]; /* "" where this machine forbids it */
};

static void to_hex(char *out, const uint8_t *bytes, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		snprintf(out + 2 * (size_t)i, 3, "%02x", bytes[i]);
}

static bool finish(EVP_MD_CTX *ctx, char *out, unsigned want)
{
	uint8_t md[EVP_MAX_MD_SIZE];
	unsigned n;

	if (EVP_DigestFinal_ex(ctx, md, &n) != 1 || n != want)
		return false;
	to_hex(out, md, n);
	return true;
}

static void free_digest(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

/* 0, -EFBIG, or -errno. */
static int digest(struct worker *w, int fd, struct digests *out)
{
	_cleanup_(free_digest) EVP_MD_CTX *sha = EVP_MD_CTX_new();
	_cleanup_(free_digest) EVP_MD_CTX *md5 = EVP_MD_CTX_new();
	bool has_md5;
	uint64_t sum = 0;
	ssize_t n;

	*out = (struct digests){.sha256 = ""};
	if (!sha || !md5 || EVP_DigestInit_ex(sha, EVP_sha256(), NULL) != 1)
		return -ENOMEM;
	has_md5 = EVP_DigestInit_ex(md5, EVP_md5(), NULL) == 1;
	while ((n = read(fd, w->buf, sizeof(w->buf))) > 0) {
		sum += (uint64_t)n;
		if (sum > w->max_bytes)
			return -EFBIG;
		if (atomic_load_explicit(&w->stop, memory_order_relaxed))
			return -ECANCELED;
		if (EVP_DigestUpdate(sha, w->buf, (size_t)n) != 1)
			return -EIO;
		has_md5 = has_md5 && EVP_DigestUpdate(md5, w->buf, (size_t)n) == 1;
	}
	if (n < 0)
		return -errno;
	if (has_md5 && !finish(md5, out->md5, 16))
		out->md5[0] = '\0';
	return finish(sha, out->sha256, 32) ? 0 : -EIO;
}

/* --- the package */

/* On a merged system /usr/bin/x is also /bin/x, and lists may say either. */
static struct str other_name(struct str path)
{
	static const char *const merged[] = {"/usr/bin/", "/usr/sbin/", "/usr/lib/", "/usr/lib32/",
					     "/usr/lib64/"};

	for (size_t i = 0; i < ARRAY_SIZE(merged); i++)
		if (str_starts(path, merged[i]))
			return str_sub(path, 4, path.n);
	return STR_NONE;
}

static bool find_debian(struct worker *w, const struct request *r, const char *md5,
			struct program_facts *out)
{
	struct str names[] = {str_of(r->path), other_name(str_of(r->path))};

	for (unsigned i = 0; i < 2; i++) {
		const struct dpkg_package *p = names[i].p ? dpkg_find(&w->dpkg, names[i]) : NULL;
		int same = p ? dpkg_check(&w->dpkg, p, names[i], md5) : -1;
		int n;

		if (same < 0)
			continue;
		n = snprintf(out->package, sizeof(out->package), "%.*s %s",
			     (int)strcspn(p->name, ":"), p->name, p->version);
		if ((size_t)n >= sizeof(out->package))
			out->package[0] = '\0';
		else
			out->modified = !same;
		return true;
	}
	return false;
}

/* A sum of another kind than these two proves nothing: then no package is named. */
static void find_rpm(struct worker *w, const struct request *r, const struct digests *digests,
		     struct program_facts *out)
{
	struct str names[] = {str_of(r->path), other_name(str_of(r->path))};

	for (unsigned i = 0; i < 2; i++) {
		struct rpm_file file;
		const char *ours;

		if (!names[i].p || !rpm_find(&w->rpm, names[i], &file))
			continue;
		ours = file.algorithm == RPM_SHA256 ? digests->sha256
		       : file.algorithm == RPM_MD5  ? digests->md5
						    : "";
		if (!ours[0] || strlen(file.digest) != strlen(ours))
			return;
		memcpy(out->package, file.package, sizeof(out->package));
		out->modified = strcmp(ours, file.digest) != 0;
		return;
	}
}

/* --- the thread */

static enum finding look(struct worker *w, const struct request *r, struct program_facts *out)
{
	struct digests digests;
	struct stat st;
	bool here;
	int fd = open_file(w, r, &here), e;

	if (fd < 0)
		return GONE;
	if (fstat(fd, &st) || !is_unchanged(r, &st)) {
		close(fd);
		return CHANGED;
	}
	e = (uint64_t)st.st_size > w->max_bytes ? -EFBIG : digest(w, fd, &digests);
	if (e == 0 && (fstat(fd, &st) || !is_unchanged(r, &st)))
		e = -ESTALE;
	close(fd);
	if (e)
		return e == -EFBIG ? TOO_LARGE : e == -ESTALE ? CHANGED : GONE;
	memcpy(out->sha256, digests.sha256, sizeof(out->sha256));
	if (here && !(digests.md5[0] && find_debian(w, r, digests.md5, out)))
		find_rpm(w, r, &digests, out);
	return FOUND;
}

static void answer_one(struct worker *w, const struct request *r)
{
	unsigned head = atomic_load_explicit(&w->answer_head, memory_order_relaxed);
	struct answer *a = &w->answers[head % QUEUE];

	dpkg_refresh(&w->dpkg);
	rpm_refresh(&w->rpm);
	atomic_store_explicit(&w->packages, w->dpkg.generation + w->rpm.generation,
			      memory_order_relaxed);
	*a = (struct answer){
		.facts = {.dev = r->dev, .inode = r->inode, .ctime_ns = r->ctime_ns},
		.packages = w->dpkg.generation + w->rpm.generation,
	};
	a->finding = look(w, r, &a->facts);
	atomic_store_explicit(&w->answer_head, head + 1, memory_order_release);
}

static void *run(void *arg)
{
	struct worker *w = arg;

	setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
	for (;;) {
		unsigned tail = atomic_load_explicit(&w->asked_tail, memory_order_relaxed);

		while (sem_wait(&w->wanted) < 0)
			; /* interrupted */
		if (atomic_load(&w->stop))
			return NULL;
		answer_one(w, &w->asked[tail % QUEUE]);
		atomic_store_explicit(&w->asked_tail, tail + 1, memory_order_release);
	}
}

int worker_start(struct worker **out, const struct programs_options *opt)
{
	struct worker *w = calloc(1, sizeof(*w));
	sigset_t all, before;
	int r;

	if (!w)
		return -ENOMEM;
	w->max_bytes = opt->max_bytes;
	w->root = opt->host_root && strcmp(opt->host_root, "/") != 0 ? opt->host_root : "";
	dpkg_init(&w->dpkg, w->root);
	rpm_init(&w->rpm, w->root);
	sem_init(&w->wanted, 0, 0);
	sigfillset(&all); /* signals are the main thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r) {
		sem_destroy(&w->wanted);
		free(w);
		return r;
	}
	pthread_setname_np(w->thread, "program");
	*out = w;
	return 0;
}

void worker_stop(struct worker *w)
{
	if (!w)
		return;
	atomic_store(&w->stop, true);
	sem_post(&w->wanted);
	pthread_join(w->thread, NULL);
	sem_destroy(&w->wanted);
	dpkg_release(&w->dpkg);
	rpm_release(&w->rpm);
	free(w);
}

/* An answer needs a place as well: as many are under way as there are places for answers. */
bool worker_ask(struct worker *w, const struct request *r)
{
	unsigned head = atomic_load_explicit(&w->asked_head, memory_order_relaxed);

	if (head - atomic_load_explicit(&w->answer_tail, memory_order_relaxed) >= QUEUE ||
	    head - atomic_load_explicit(&w->asked_tail, memory_order_acquire) >= QUEUE)
		return false;
	w->asked[head % QUEUE] = *r;
	atomic_store_explicit(&w->asked_head, head + 1, memory_order_release);
	sem_post(&w->wanted);
	return true;
}

bool worker_answer(struct worker *w, struct answer *out)
{
	unsigned tail = atomic_load_explicit(&w->answer_tail, memory_order_relaxed);

	if (tail == atomic_load_explicit(&w->answer_head, memory_order_acquire))
		return false;
	*out = w->answers[tail % QUEUE];
	atomic_store_explicit(&w->answer_tail, tail + 1, memory_order_release);
	return true;
}

uint32_t worker_packages(const struct worker *w)
{
	return atomic_load_explicit(&w->packages, memory_order_relaxed);
}
