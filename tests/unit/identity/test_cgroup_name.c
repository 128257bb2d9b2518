/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup_name_parse(): the grammar of systemd and of each runtime, and the fakes that must not match. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "identity/identity.h"

#define H      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define POD    "01234567-89ab-cdef-0123-456789abcdef"
#define POD_   "01234567_89ab_cdef_0123_456789abcdef"
#define U1001  "/user.slice/user-1001.slice"
#define NOBODY UINT32_MAX

static const struct {
	const char *path, *unit, *user_unit, *session;
	uint32_t owner;
	const char *runtime, *id, *pod;
	bool delegated;
} cases[] = {
	/* systemd */
	{"/", NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"", NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/init.scope", "init.scope", NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/system.slice", NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/system.slice/ssh.service", "ssh.service", NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/system.slice/ssh.service/below", "ssh.service", NULL, NULL, NOBODY, NULL, NULL, NULL,
	 false},
	{U1001 "/session-26.scope", NULL, NULL, "26", 1001, NULL, NULL, NULL, false},
	{U1001 "/session-c2.scope", NULL, NULL, "c2", 1001, NULL, NULL, NULL, false},
	{U1001 "/user@1001.service", "user@1001.service", NULL, NULL, 1001, NULL, NULL, NULL,
	 false},
	{U1001 "/user@1001.service/app.slice/foo.service", "user@1001.service", "foo.service", NULL,
	 1001, NULL, NULL, NULL, true},
	{U1001 "/user@1001.service/app.slice/app-gnome.slice/a.scope", "user@1001.service",
	 "a.scope", NULL, 1001, NULL, NULL, NULL, true},
	{U1001 "/user@1001.service/init.scope", "user@1001.service", "init.scope", NULL, 1001, NULL,
	 NULL, NULL, true},
	{"/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service", NULL, NULL,
	 NOBODY, NULL, NULL, NULL, false},
	{"/system.slice/run-u123.service", "run-u123.service", NULL, NULL, NOBODY, NULL, NULL, NULL,
	 false},
	{"/system.slice/run-p4711-i90.scope", "run-p4711-i90.scope", NULL, NULL, NOBODY, NULL, NULL,
	 NULL, false},
	{"/system.slice/actions.runner.acme-app.host1.service",
	 "actions.runner.acme-app.host1.service", NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/system.slice/_cpu.service", "cpu.service", NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/system.slice/dev-disk\\x2da.swap", "dev-disk\\x2da.swap", NULL, NULL, NOBODY, NULL, NULL,
	 NULL, false},
	{"/machine.slice/machine-web.scope/payload/system.slice/ssh.service", "machine-web.scope",
	 NULL, NULL, NOBODY, "nspawn", "web", NULL, false},

	/* runtimes */
	{"/docker/" H, NULL, NULL, NULL, NOBODY, "docker", H, NULL, false},
	{"/docker/" H "/init/x", NULL, NULL, NULL, NOBODY, "docker", H, NULL, false},
	{"/system.slice/docker-" H ".scope", NULL, NULL, NULL, NOBODY, "docker", H, NULL, false},
	{"/actions_job/" H, NULL, NULL, NULL, NOBODY, "docker", H, NULL, false},
	{"/ci.slice/docker-" H ".scope", NULL, NULL, NULL, NOBODY, "docker", H, NULL, false},
	{U1001 "/user@1001.service/user.slice/docker-" H ".scope", "user@1001.service", NULL, NULL,
	 1001, "docker", H, NULL, true},
	{"/system.slice/nerdctl-" H ".scope", NULL, NULL, NULL, NOBODY, "nerdctl", H, NULL, false},
	{"/kubepods/besteffort/pod" POD "/" H, NULL, NULL, NULL, NOBODY, "cri", H, POD, false},
	{"/kubepods/pod" POD "/crio-" H, NULL, NULL, NULL, NOBODY, "crio", H, POD, false},
	{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" POD_
	 ".slice/cri-containerd-" H ".scope",
	 NULL, NULL, NULL, NOBODY, "cri-containerd", H, POD_, false},
	{"/kubepods.slice/kubepods-pod" POD_ ".slice/crio-" H ".scope", NULL, NULL, NULL, NOBODY,
	 "crio", H, POD_, false},
	{"/kubepods.slice/kubepods-burstable.slice/"
	 "kubepods-burstable-pod0123456789abcdef0123456789abcdef.slice/docker-" H ".scope",
	 NULL, NULL, NULL, NOBODY, "docker", H, "0123456789abcdef0123456789abcdef", false},
	{"/system.slice/containerd.service/kubepods-besteffort-pod" POD_ ".slice:cri-containerd:" H,
	 "containerd.service", NULL, NULL, NOBODY, "cri-containerd", H, POD_, false},
	{"/machine.slice/libpod-" H ".scope/container", NULL, NULL, NULL, NOBODY, "podman", H, NULL,
	 false},
	{"/machine.slice/libpod-conmon-" H ".scope", "libpod-conmon-" H ".scope", NULL, NULL,
	 NOBODY, NULL, NULL, NULL, false},
	{"/libpod_parent/libpod-" H, NULL, NULL, NULL, NOBODY, "podman", H, NULL, false},
	{U1001 "/user@1001.service/user.slice/libpod-" H ".scope/container", "user@1001.service",
	 NULL, NULL, 1001, "podman", H, NULL, true},
	{"/system.slice/web.service/libpod-payload-" H, "web.service", NULL, NULL, NOBODY, "podman",
	 H, NULL, false},
	{"/lxc.payload.web/system.slice/ssh.service", NULL, NULL, NULL, NOBODY, "lxc", "web", NULL,
	 false},
	{"/machine.slice/systemd-nspawn@web.service/payload/init.scope",
	 "systemd-nspawn@web.service", NULL, NULL, NOBODY, "nspawn", "web", NULL, false},
	{"/machine.slice/machine-web\\x2d1.scope/payload", "machine-web\\x2d1.scope", NULL, NULL,
	 NOBODY, "nspawn", "web\\x2d1", NULL, false},
	{"/machine.slice/systemd-nspawn@web.service/supervisor", "systemd-nspawn@web.service", NULL,
	 NULL, NOBODY, NULL, NULL, NULL, false},
	{"/system.slice/machine-web.scope/payload", "machine-web.scope", NULL, NULL, NOBODY, NULL,
	 NULL, NULL, false},
	{"/lxc/web", NULL, NULL, NULL, NOBODY, "lxc", "web", NULL, false},

	/* fakes and oddities */
	{"/x/docker/" H, NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"docker/" H, NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/docker/" H "0", NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/docker/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", NULL, NULL,
	 NULL, NOBODY, NULL, NULL, NULL, false},
	{"/docker/0123456789ab", NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/docker//" H, NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/docker/buildx/" H, NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/" H, NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/docker-" H ".scope", NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{U1001 "/user@1001.service/docker-" H ".scope", "user@1001.service", "docker-" H ".scope",
	 NULL, 1001, NULL, NULL, NULL, true},
	{U1001 "/user@1001.service/app.slice/docker-" H ".scope", "user@1001.service",
	 "docker-" H ".scope", NULL, 1001, NULL, NULL, NULL, true},
	{"/system.slice/foo.service/docker/" H, "foo.service", NULL, NULL, NOBODY, NULL, NULL, NULL,
	 false},
	{"/system.slice/foo.service/docker-" H ".scope", "foo.service", NULL, NULL, NOBODY, NULL,
	 NULL, NULL, false},
	{"/system.slice/foo.service/kubepods-besteffort-pod" POD_ ".slice:cri-containerd:" H,
	 "foo.service", NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{U1001 "/user@1002.service/app.slice/foo.service", "user@1002.service", NULL, NULL, 1001,
	 NULL, NULL, NULL, false},
	{"/user-1001.slice/session-26.scope", NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/system.slice/user-1001.slice/session-26.scope", NULL, NULL, NULL, NOBODY, NULL, NULL,
	 NULL, false},
	{"/system.slice/session-26.scope", "session-26.scope", NULL, NULL, NOBODY, NULL, NULL, NULL,
	 false},
	{"/user.slice/user-1001.slice/user-1001-x.slice/session-26.scope", "session-26.scope", NULL,
	 NULL, 1001, NULL, NULL, NULL, false},
	{"/user.slice/user-99999999999.slice/session-1.scope", "session-1.scope", NULL, NULL,
	 NOBODY, NULL, NULL, NULL, false},
	{"/user.slice/user-4294967295.slice/session-1.scope", "session-1.scope", NULL, NULL, NOBODY,
	 NULL, NULL, NULL, false},
	{"/a-b.slice/ssh.service", NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/a.slice/b.slice/ssh.service", NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/ssh.service", NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/system.slice/evil\nssh.service", NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/system.slice/.service", NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/system.slice/_", NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/system.slice/a,b.service", NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/kubepods/besteffort/pod" POD "/x" H, NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/kubepods/pod" POD_ "/" H, NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/kubepods/podx/" H, NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/x.slice/kubepods-pod" POD_ ".slice/crio-" H ".scope", NULL, NULL, NULL, NOBODY, NULL,
	 NULL, NULL, false},
	{"/lxc.payload.a b", NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
	{"/lxc.monitor.web", NULL, NULL, NULL, NOBODY, NULL, NULL, NULL, false},
};

static void same(const char *path, const char *what, struct str got, const char *want)
{
	if (want ? !str_is(got, want) : got.n != 0)
		fail_msg("%s: %s is \"%.*s\", not \"%s\"", path, what, STR_ARG(got),
			 want ? want : "");
}

static void paths_mean_what_they_mean(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *path = cases[i].path;
		_cleanup_free_ char *exact = malloc(strlen(path) + 1);
		struct cgroup_name c;

		memcpy(exact, path, strlen(path)); /* no NUL behind it */
		cgroup_name_parse(&c, (struct str){exact, (uint32_t)strlen(path)});
		same(path, "unit", c.unit, cases[i].unit);
		same(path, "user_unit", c.user_unit, cases[i].user_unit);
		same(path, "session", c.session, cases[i].session);
		same(path, "runtime", c.runtime, cases[i].runtime);
		same(path, "container_id", c.container_id, cases[i].id);
		same(path, "pod_uid", c.pod_uid, cases[i].pod);
		if (c.owner_uid != cases[i].owner || c.delegated != cases[i].delegated)
			fail_msg("%s: owner %u, delegated %d", path, c.owner_uid, c.delegated);
	}
}

static void absent_and_binary_paths_mean_nothing(void **state)
{
	struct cgroup_name c;
	char bytes[512];

	(void)state;
	cgroup_name_parse(&c, STR_NONE);
	assert_null(c.unit.p);
	for (unsigned round = 0; round < 5000; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)(rand() % 7 == 0 ? '/' : rand());
		bytes[0] = '/';
		cgroup_name_parse(&c, (struct str){bytes, (uint32_t)(round % sizeof(bytes))});
		assert_null(c.container_id.p);
		assert_null(c.unit.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_mean_what_they_mean),
		cmocka_unit_test(absent_and_binary_paths_mean_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
