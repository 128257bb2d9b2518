/* SPDX-License-Identifier: Apache-2.0 */
/* Records of sockets: read right, or refused whole. */
#include "record.h"

#include <errno.h>
#include <sys/socket.h>

#define put_literal(text, literal) put_bytes(text, literal, sizeof(literal) - 1)
#define assert_str(s, want)	   assert_true(str_is((s), (want)))

static void begin_unix(void)
{
	begin_act(RECORD_NET_CONNECT, sizeof(rec.un));
	rec.net.family = AF_UNIX;
	rec.net.count = 1;
	rec.un.type = SOCK_STREAM;
}

static void unix_connections_are_read(void **state)
{
	(void)state;
	begin_unix();
	rec.un.inode = 4711;
	rec.un.dev = 8 << 20 | 1;
	rec.un.peer_pid = 812;
	rec.un.peer_boundary = 99;
	put_literal(&rec.un.path, "/run/docker.sock");
	put_literal(&rec.un.peer_exe, "/usr/bin/dockerd");
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.outcome, OUTCOME_OK);
	assert_int_equal(event.what.net.family, AF_UNIX);
	assert_int_equal(event.what.net.type, SOCK_STREAM);
	assert_str(event.what.net.path, "/run/docker.sock");
	assert_int_equal(event.what.net.inode, 4711);
	assert_int_equal(event.what.net.address_source, PATH_OF_KERNEL);
	assert_int_equal(event.what.target.pid, 812);
	assert_int_equal(event.what.target.boundary, 99);
	assert_str(event.what.target.exe, "/usr/bin/dockerd");
	rec.un.type = SOCK_PACKET + 1;
	assert_int_equal(decode(), -EBADMSG);
}

static void a_caller_s_path_is_joined(void **state)
{
	(void)state;
	begin_unix();
	rec.net.result = -ECONNREFUSED;
	rec.header.flags = RECORD_USER_ADDRESS;
	put_literal(&rec.un.path, "../x.sock");
	put_literal(&rec.un.base, "/run/app");
	assert_int_equal(decode(), 1);
	assert_str(event.what.net.path, "/run/x.sock");
	assert_int_equal(event.what.err, ECONNREFUSED);
	assert_int_equal(event.what.net.address_source, PATH_OF_PROCESS);
}

static void abstract_names_keep_every_byte(void **state)
{
	(void)state;
	begin_unix();
	rec.un.abstract = 1;
	put_literal(&rec.un.path, "@a\0b\n");
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.net.path.n, 5);
	assert_memory_equal(event.what.net.path.p, "@a\0b\n", 5);
	rec.un.abstract = 2;
	assert_int_equal(decode(), -EBADMSG);
}

static void unix_records_that_are_broken(void **state)
{
	(void)state;
	begin_unix();
	assert_int_equal(decode(), -EBADMSG); /* no name */
	rec.header.size = sizeof(rec.net);
	assert_int_equal(decode(), -EBADMSG); /* too short */
	begin_unix();
	put_literal(&rec.un.path, "/x");
	rec.un.path.off = sizeof(rec.net); /* into its own fields */
	assert_int_equal(decode(), -EBADMSG);
	rec.un.path.off = rec.header.size - 1;
	assert_int_equal(decode(), -EBADMSG);
}

static void vsock_and_sends_are_read(void **state)
{
	const uint32_t where[2] = {2, 70000};

	(void)state;
	begin_act(RECORD_NET_CONNECT, sizeof(rec.net));
	rec.net.family = AF_VSOCK;
	rec.net.result = -ENODEV;
	memcpy(rec.net.dst, where, sizeof(where));
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.net.cid, 2);
	assert_int_equal(event.what.net.vsock_port, 70000);
	begin_act(RECORD_NET_CONNECT, sizeof(rec.net));
	rec.net.family = AF_INET;
	rec.header.flags = RECORD_SENT;
	assert_int_equal(decode(), 1);
	assert_true(event.what.net.sent);
	rec.net.result = -EVENT_ERRNO_UNKNOWN;
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.outcome, OUTCOME_FAILED);
	rec.net.family = AF_APPLETALK;
	assert_int_equal(decode(), -EBADMSG);
}

static void sums_of_flows_are_read(void **state)
{
	(void)state;
	begin_act(RECORD_NET_CLOSE, sizeof(rec.flows));
	rec.header.flags = RECORD_FOLDED;
	rec.flow.family = AF_INET;
	rec.flow.inbound = 1;
	rec.flow.bytes_in = 12345;
	rec.flows.count = 7;
	rec.flows.first_ns = 5;
	rec.flows.last_ns = 6;
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.count, 7);
	assert_int_equal(event.what.net.bytes_in, 12345);
	rec.header.size = sizeof(rec.flow);
	assert_int_equal(decode(), -EBADMSG);
}

static void sockets_are_read(void **state)
{
	(void)state;
	begin_act(RECORD_NET_SOCKET, sizeof(rec.socket));
	rec.socket.family = AF_PACKET;
	rec.socket.type = SOCK_RAW;
	rec.socket.protocol = 0x0300;
	rec.socket.result = -EPERM;
	assert_int_equal(decode(), 1);
	assert_int_equal(event.what.type, EVENT_NET_SOCKET);
	assert_int_equal(event.what.net.family, AF_PACKET);
	assert_int_equal(event.what.net.type, SOCK_RAW);
	assert_int_equal(event.what.err, EPERM);
	rec.socket.type = SOCK_PACKET + 1;
	assert_int_equal(decode(), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unix_connections_are_read),
		cmocka_unit_test(a_caller_s_path_is_joined),
		cmocka_unit_test(abstract_names_keep_every_byte),
		cmocka_unit_test(unix_records_that_are_broken),
		cmocka_unit_test(vsock_and_sends_are_read),
		cmocka_unit_test(sums_of_flows_are_read),
		cmocka_unit_test(sockets_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
