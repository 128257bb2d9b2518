// SPDX-License-Identifier: Apache-2.0
/*
 * test_places: equal acts in two places are counted apart: datagrams of two network namespaces, opens of
 * one file behind two roots and in two mount namespaces.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

#define PORT 20103
#define EACH 3

static int begin(void **state)
{
	static const struct kernel_options folds = {.ring_kib = 4096, .fold = true};

	(void)state;
	sensor_start(&folds);
	return chdir(scratch());
}

static int end(void **state)
{
	(void)state;
	sensor_stop();
	return 0;
}

/* Without an interface that is up it fails there, and in the same way in both. */
static void send_from_two_networks(void *arg)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(PORT),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	(void)arg;
	for (int i = 0; i < 2; i++) {
		int fd;

		need(unshare(CLONE_NEWNET) == 0);
		fd = socket(AF_INET, SOCK_DGRAM, 0);
		for (int n = 0; n < EACH; n++)
			need(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) < 0);
		close(fd);
	}
}

static void datagrams_of_two_networks(void **state)
{
	uint32_t pid = act(send_from_two_networks, NULL), of[2] = {0};
	uint64_t sent[2] = {0};
	const struct record_net *r;

	(void)state;
	for (int i = 0; i < 3; i++)
		gather_tick();
	for (unsigned i = 0; (r = find_record(RECORD_NET_CONNECT, pid, i)); i++) {
		unsigned which = of[0] && of[0] != r->net_inum;

		assert_int_equal(r->dst_port, PORT);
		assert_int_not_equal(r->net_inum, 0);
		of[which] = r->net_inum;
		sent[which] += r->count;
	}
	assert_int_equal(sent[0], EACH);
	assert_int_equal(sent[1], EACH);
}

static void open_some(const char *path)
{
	for (int i = 0; i < EACH; i++)
		need(open(path, O_RDONLY) >= 0);
}

static void open_behind_two_roots(void *arg)
{
	int root = open("/", O_RDONLY | O_DIRECTORY);
	char outer[256], inner[256];

	(void)arg;
	snprintf(outer, sizeof(outer), "%s/outer", scratch());
	snprintf(inner, sizeof(inner), "%s/outer/inner", scratch());
	need(mkdir(outer, 0700) == 0 && mkdir(inner, 0700) == 0 && chdir(inner) == 0);
	need(close(open("file", O_WRONLY | O_CREAT, 0600)) == 0);
	need(chroot(inner) == 0);
	open_some("/file");
	need(fchdir(root) == 0 && chroot(".") == 0 && chroot(outer) == 0);
	open_some("/inner/file");
}

/* Opens of the file below that root, which is the end of the name. */
static uint64_t opened_behind(uint32_t pid, const char *root)
{
	const struct record_file *r;
	uint64_t n = 0;

	for (unsigned i = 0; (r = find_record(RECORD_FILE_READ, pid, i)); i++) {
		struct record_text seen = {r->header.root_off, r->header.root_len};
		struct str path = text_of(r, seen);
		size_t len = strlen(root);

		if (path.n >= len && memcmp(path.p + path.n - len, root, len) == 0)
			n += r->count;
	}
	return n;
}

static void opens_behind_two_roots(void **state)
{
	uint32_t pid = act(open_behind_two_roots, NULL);

	(void)state;
	for (int i = 0; i < 3; i++)
		gather_tick();
	assert_int_equal(opened_behind(pid, "/outer"), EACH);
	assert_int_equal(opened_behind(pid, "/inner"), EACH);
}

static void open_in_two_namespaces(void *arg)
{
	(void)arg;
	need(close(open("seen", O_WRONLY | O_CREAT, 0600)) == 0);
	open_some("seen");
	need(unshare(CLONE_NEWNS) == 0);
	open_some("seen");
}

static void opens_in_two_mount_namespaces(void **state)
{
	uint32_t pid = act(open_in_two_namespaces, NULL), of[2] = {0};
	uint64_t opened[2] = {0};
	const struct record_file *r;
	struct stat st;

	(void)state;
	for (int i = 0; i < 3; i++)
		gather_tick();
	assert_int_equal(stat("seen", &st), 0);
	for (unsigned i = 0; (r = find_record(RECORD_FILE_READ, pid, i)); i++) {
		unsigned which = opened[0] && of[0] != r->mnt_inum;

		if (r->inode != st.st_ino)
			continue;
		of[which] = r->mnt_inum;
		opened[which] += r->count;
	}
	assert_int_equal(opened[0], EACH);
	assert_int_equal(opened[1], EACH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(datagrams_of_two_networks, begin, end),
		cmocka_unit_test_setup_teardown(opens_behind_two_roots, begin, end),
		cmocka_unit_test_setup_teardown(opens_in_two_mount_namespaces, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
