// SPDX-License-Identifier: Apache-2.0
/*
 * evade HOW FILE [PROGRAM]: reads FILE, or runs a program, in a way that hides it from who looks at names.
 *
 * Reading: root (/proc/self/root/FILE), fd (O_PATH, then /proc/self/fd/N), dev_fd (the same by /dev/fd),
 * handle (open_by_handle_at), chroot (from inside of FILE's directory), swap (another thread turns the
 * name between /etc/hostname and FILE while it is opened; prints how often FILE was it).
 * Running: execveat, memfd (FILE copied to memory), deleted (FILE copied, unlinked), thread (by a thread
 * that is not the leader), empty (no argument at all), rewrite (another thread rewrites an argument while
 * it runs), traced (a tracer turns /bin/false into FILE at the call).
 * Prints nothing else, so that the test can tell what ran.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[4200];
static char *none[] = {NULL};
static char **words;

/* --- reading */

static int read_root(const char *file)
{
	snprintf(path, sizeof(path), "/proc/self/root%s", file);
	return open(path, O_RDONLY);
}

static int reopen(const char *file, const char *where)
{
	int fd = open(file, O_PATH);

	snprintf(path, sizeof(path), "%s/%d", where, fd);
	return open(path, O_RDONLY);
}

static int read_handle(const char *file)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} h = {.handle.handle_bytes = MAX_HANDLE_SZ};
	int mount_id, dir = open("/tmp", O_RDONLY | O_DIRECTORY);

	if (name_to_handle_at(AT_FDCWD, file, &h.handle, &mount_id, 0))
		return -1;
	return open_by_handle_at(dir, &h.handle, O_RDONLY);
}

static int read_chroot(const char *file)
{
	const char *slash = strrchr(file, '/');

	snprintf(path, sizeof(path), "%.*s", (int)(slash - file), file);
	if (chroot(path) || chdir("/"))
		return -1;
	return open(slash, O_RDONLY);
}

static volatile bool stop;
static const char *wanted;

static void *turn(void *arg)
{
	static const char decoy[] = "/etc/hostname";

	while (!stop) {
		strcpy(arg, wanted);
		strcpy(arg, decoy);
	}
	return NULL;
}

/* How many of the opens got the one that is told apart from the decoy by its inode. */
static int read_swapping(const char *file)
{
	struct stat want, got;
	pthread_t thread;
	int hits = 0;

	wanted = file;
	strcpy(path, file);
	if (stat(file, &want) || pthread_create(&thread, NULL, turn, path))
		return -1;
	for (int i = 0; i < 20000; i++) {
		int fd = open(path, O_RDONLY);

		if (fd < 0)
			continue;
		hits += fstat(fd, &got) == 0 && got.st_ino == want.st_ino;
		close(fd);
	}
	stop = true;
	pthread_join(thread, NULL);
	printf("%d\n", hits);
	return 0;
}

/* --- running */

static int copy_to(int out, const char *file)
{
	char buf[65536];
	int in = open(file, O_RDONLY);
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			return -1;
	return in < 0 ? -1 : 0;
}

static int run_at(const char *file)
{
	int dir = open("/", O_RDONLY | O_DIRECTORY);

	return (int)syscall(SYS_execveat, dir, file + 1, words, none, 0);
}

static int run_memfd(const char *file)
{
	int fd = memfd_create("innocent", MFD_CLOEXEC);

	if (fd < 0 || copy_to(fd, file))
		return -1;
	return fexecve(fd, words, none);
}

static int run_deleted(const char *file)
{
	int out, fd;

	snprintf(path, sizeof(path), "%s.gone", file);
	out = open(path, O_WRONLY | O_CREAT | O_EXCL, 0755);
	if (out < 0 || copy_to(out, file))
		return -1;
	close(out);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	unlink(path);
	return fexecve(fd, words, none);
}

static void *exec_here(void *file)
{
	execve(file, words, none);
	return NULL;
}

static int run_in_thread(char *file)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, exec_here, file))
		return -1;
	pthread_join(thread, NULL);
	return -1;
}

static void *rewrite(void *arg)
{
	for (;;) {
		memset(arg, 'A', 8);
		memset(arg, 'B', 8);
	}
	return NULL;
}

/* The new program's memory is what counts, and nobody else can write that. */
static int run_rewriting(const char *file)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, rewrite, words[1]))
		return -1;
	return execve(file, words, none);
}

#if defined(__x86_64__)
#define CALL_NUMBER    orig_rax
#define FIRST_ARGUMENT rdi
#define STACK	       rsp
#elif defined(__aarch64__)
#define CALL_NUMBER    regs[8]
#define FIRST_ARGUMENT regs[0]
#define STACK	       sp
#endif

#ifdef CALL_NUMBER
/* Puts text into the stack of the tracee, below its red zone. */
static unsigned long poke(pid_t pid, unsigned long sp, const char *text)
{
	unsigned long at = (sp - 8192) & ~7ul, word;

	for (size_t i = 0; i <= strlen(text); i += 8) {
		word = 0;
		memcpy(&word, text + i, strnlen(text + i, 7) + 1 > 8 ? 8 : strnlen(text + i, 8));
		ptrace(PTRACE_POKEDATA, pid, at + i, word);
	}
	return at;
}

static int run_traced(const char *file)
{
	struct user_regs_struct regs;
	struct iovec all = {&regs, sizeof(regs)};
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execve("/bin/false", words, none);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	do {
		ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
		waitpid(pid, &status, 0);
		ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &all);
	} while (WIFSTOPPED(status) && regs.CALL_NUMBER != SYS_execve);
	regs.FIRST_ARGUMENT = poke(pid, regs.STACK, file);
	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &all);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
#else
static int run_traced(const char *file)
{
	(void)file;
	errno = ENOSYS;
	return -1;
}
#endif

static int evade(const char *how, char *file)
{
	if (strcmp(how, "root") == 0)
		return read_root(file);
	if (strcmp(how, "fd") == 0)
		return reopen(file, "/proc/self/fd");
	if (strcmp(how, "dev_fd") == 0)
		return reopen(file, "/dev/fd");
	if (strcmp(how, "handle") == 0)
		return read_handle(file);
	if (strcmp(how, "chroot") == 0)
		return read_chroot(file);
	if (strcmp(how, "swap") == 0)
		return read_swapping(file);
	if (strcmp(how, "execveat") == 0)
		return run_at(file);
	if (strcmp(how, "memfd") == 0)
		return run_memfd(file);
	if (strcmp(how, "deleted") == 0)
		return run_deleted(file);
	if (strcmp(how, "thread") == 0)
		return run_in_thread(file);
	if (strcmp(how, "empty") == 0)
		return execve(file, none, none);
	if (strcmp(how, "rewrite") == 0)
		return run_rewriting(file);
	if (strcmp(how, "traced") == 0)
		return run_traced(file);
	errno = EINVAL;
	return -1;
}

int main(int argc, char **argv)
{
	bool skipped;

	if (argc < 3)
		return 2;
	words = argv + 2;
	if (evade(argv[1], argv[2]) >= 0)
		return 0;
	skipped = errno == EOPNOTSUPP || errno == ENOSYS; /* perror() may change it */
	perror(argv[1]);
	return skipped ? 77 : 1;
}
