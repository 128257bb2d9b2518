/* SPDX-License-Identifier: Apache-2.0 */
/* What is read of a container from its engine's files, and what hostile ones get: nothing. */
#include "history.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "identity/container/container.h"

#define TASK	 "/run/containerd/io.containerd.runtime.v2.task/"
#define POD	 "0000002a-0000-4000-8000-00000000002a"
#define DOCKER	 "/docker/" H
#define VOLUMES	 "/var/lib/kubelet/pods/" POD "/volumes/kubernetes.io~projected"
#define CONFIG	 "{\"linux\":{\"cgroupsPath\":\"/docker/" H "\"}}"
#define STATE(s) "{\"ID\":\"" H "\"," s "}"

static char root[64];
static struct container_found found;

static void sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void sh(const char *fmt, ...)
{
	char command[1024];
	va_list args;
	int status;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	status = system(command);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void put_n(const char *path, const char *text, size_t n)
{
	char full[512], dir[512];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	snprintf(dir, sizeof(dir), "%s", full);
	*strrchr(dir, '/') = '\0';
	sh("umask 022; mkdir -p '%s'", dir);
	f = fopen(full, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	fclose(f);
	chmod(full, 0644);
}

static void put(const char *path, const char *text)
{
	put_n(path, text, strlen(text));
}

static int make_root(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/whodid-container-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	(void)state;
	sh("rm -rf '%s'", root);
	return 0;
}

static void find_given(const char *cgroup, const char *bundle)
{
	struct cgroup_name place;

	cgroup_name_parse(&place, str_of(cgroup));
	container_find(&found, root, &place, str_of(bundle));
}

static void find(const char *cgroup)
{
	find_given(cgroup, NULL);
}

static void put_docker(const char *config, const char *state)
{
	put(TASK "moby/" H "/config.json", config);
	put("/var/lib/docker/containers/" H "/config.v2.json", state);
}

static void docker_has_name_image_and_digest(void **state)
{
	(void)state;
	put_docker(CONFIG, STATE("\"Name\":\"/web\",\"Image\":\"sha256:" H
				 "\",\"Config\":{\"Image\":\"nginx\","
				 "\"Env\":[\"PASSWORD=hunter2\"]}"));
	find(DOCKER);
	assert_int_equal(found.engine, ENGINE_DOCKER);
	assert_int_equal(found.level, ASSURANCE_RECORDED);
	ASSERT_STR(found.facts.name, "web");
	ASSERT_STR(found.facts.image, "nginx:latest");
	ASSERT_STR(found.facts.image_id, "sha256:" H);
	assert_false(found.mismatch);
	assert_null(memmem(found.text, found.used, "hunter2", 7));
}

#define IN_POD "/kubepods/besteffort/pod" POD "/" H
#define SHIM(labels)                                       \
	STATE("\"Config\":{\"Image\":\"web\",\"Labels\":{" \
	      "\"io.kubernetes.pod.name\":\"web-1\","      \
	      "\"io.kubernetes.pod.namespace\":\"shop\"," labels "}}")
#define OF_POD "\"io.kubernetes.pod.uid\":\"" POD "\""

/* Whom docker obeys can write these labels: they are a claim until somebody settles it. */
static void docker_s_labels_make_no_pod(void **state)
{
	static const struct {
		const char *state, *listed;
		const char *claimed;
		bool is_listed;
	} rows[] = {
		{SHIM(OF_POD ",\"io.kubernetes.docker.type\":\"podsandbox\""),
		 "{\"name\":\"web-1\",\"namespace\":\"shop\"}", POD, true},
		{SHIM(OF_POD ",\"io.kubernetes.sandbox.id\":\"" H "\""),
		 "{\"name\":\"web-1\",\"namespace\":\"shop\"}", POD, true},
		/* another pod's sandbox, no list, no id, one that leads elsewhere */
		{SHIM(OF_POD ",\"io.kubernetes.sandbox.id\":\"" H "\""),
		 "{\"name\":\"web-2\",\"namespace\":\"shop\"}", POD, false},
		{SHIM(OF_POD ",\"io.kubernetes.sandbox.id\":\"" H "\""), "[]", POD, false},
		{SHIM(OF_POD), "{\"name\":\"web-1\",\"namespace\":\"shop\"}", POD, false},
		{SHIM(OF_POD ",\"io.kubernetes.sandbox.id\":\"../sandbox/" H "\""),
		 "{\"name\":\"web-1\",\"namespace\":\"shop\"}", POD, false},
		/* no pod, another one than the cgroup says, and no uid at all */
		{SHIM("\"a\":\"b\""), "{}", NULL, false},
		{SHIM("\"io.kubernetes.pod.uid\":\"0000002b-0000-4000-8000-00000000002a\""), "{}",
		 NULL, false},
		{SHIM("\"io.kubernetes.pod.uid\":\"../x\""), "{}", NULL, false},
		{SHIM("\"io.kubernetes.pod.uid\":7"), "{}", NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		put_docker("{\"linux\":{\"cgroupsPath\":\"" IN_POD "\"}}", rows[i].state);
		put("/var/lib/cri-dockerd/sandbox/" H, rows[i].listed);
		find(IN_POD);
		assert_int_equal(found.engine, ENGINE_DOCKER);
		assert_true(found.mismatch);
		assert_null(found.pod.uid.p);
		ASSERT_STR(found.claimed_pod.uid, rows[i].claimed);
		assert_int_equal(found.listed, rows[i].is_listed);
	}
	/* where pods are not, labels of one are nothing */
	put_docker(CONFIG, rows[0].state);
	find(DOCKER);
	assert_false(found.mismatch);
	assert_null(found.claimed_pod.uid.p);
}

static void image_names_are_checked(void **state)
{
	static const struct {
		const char *image, *kept;
	} rows[] = {
		{"nginx:1.25", "nginx:1.25"},
		{"localhost:5000/a/b", "localhost:5000/a/b:latest"},
		{"a@sha256:" H, "a@sha256:" H},
		{"docker/0123456789ab", "docker/0123456789ab:latest"},
		{"", NULL},
		{"a b", NULL},
		{"a,ssh", NULL},
		{"a;b", NULL},
		{"\\u001b[31mred", NULL},
		{"n\\u00e4me", NULL},
		{"a\\u0000b", NULL},
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(text, sizeof(text), STATE("\"Config\":{\"Image\":\"%s\"}"), rows[i].image);
		put_docker(CONFIG, text);
		find(DOCKER);
		assert_int_equal(found.engine, ENGINE_DOCKER);
		ASSERT_STR(found.facts.image, rows[i].kept);
	}
	snprintf(text, sizeof(text), STATE("\"Config\":{\"Image\":\"%0*d\"}"), 254, 0);
	put_docker(CONFIG, text);
	find(DOCKER);
	assert_null(found.facts.image.p);
}

static void what_is_no_bundle_is_not_read(void **state)
{
	static const char *const configs[] = {
		"",
		"{",
		"null",
		"[]",
		"{\"linux\":7}",
		"{\"linux\":{\"cgroupsPath\":[\"" H "\"]}}",
		"{\"linux\":{\"cgroupsPath\":\"/docker/" H "0\"}}",
		"{\"linux\":{},\"linux\":{\"cgroupsPath\":\"" H "\"}}",
		"{\"linux\":{\"cgroupsPath\":\"" H "\\u0000\"}}",
		CONFIG "x",
	};

	(void)state;
	find(DOCKER);
	assert_int_equal(found.engine, ENGINE_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		put_docker(configs[i], STATE("\"Config\":{\"Image\":\"nginx:1\"}"));
		find(DOCKER);
		assert_int_equal(found.engine, ENGINE_NONE);
	}
}

static void huge_and_deep_files_are_not_read(void **state)
{
	size_t n = (1u << 20) + 64;
	char *text = malloc(n);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', n);
	memcpy(text, CONFIG, strlen(CONFIG));
	put_n(TASK "moby/" H "/config.json", text, 1u << 20);
	find(DOCKER);
	assert_int_equal(found.engine, ENGINE_DOCKER);
	put_n(TASK "moby/" H "/config.json", text, (1u << 20) + 1);
	find(DOCKER);
	assert_int_equal(found.engine, ENGINE_NONE);
	memset(text, '[', 1u << 20);
	put_n(TASK "moby/" H "/config.json", text, 1u << 20);
	find(DOCKER);
	assert_int_equal(found.engine, ENGINE_NONE);
	free(text);
}

static void what_is_no_file_is_not_opened(void **state)
{
	(void)state;
	put_docker(CONFIG, STATE("\"Config\":{\"Image\":\"nginx:1\"}"));
	sh("cd '%s" TASK "moby/" H "' && mv config.json real && mkfifo config.json", root);
	find(DOCKER);
	assert_int_equal(found.engine, ENGINE_NONE);
	sh("cd '%s" TASK "moby/" H "' && rm config.json && ln -s real config.json", root);
	find(DOCKER);
	assert_int_equal(found.engine, ENGINE_NONE);
	sh("cd '%s" TASK "moby/" H "' && rm config.json && mkdir config.json", root);
	find(DOCKER);
	assert_int_equal(found.engine, ENGINE_NONE);
}

static void files_of_others_are_claims(void **state)
{
	(void)state;
	put_docker(CONFIG, STATE("\"Config\":{\"Image\":\"nginx:1\"}"));
	sh("chmod o+w '%s/var/lib/docker/containers/" H "/config.v2.json'", root);
	find(DOCKER);
	assert_int_equal(found.level, ASSURANCE_CLAIMED);
	sh("chmod o-w '%s/var/lib/docker/containers/" H "/config.v2.json'", root);
	sh("chmod g+w '%s" TASK "moby/" H "'", root);
	find(DOCKER);
	assert_int_equal(found.level, ASSURANCE_CLAIMED);
	ASSERT_STR(found.facts.image, "nginx:1");
	if (geteuid() != 0)
		return;
	sh("chmod g-w '%s" TASK "moby/" H "' && chown 1001 '%s" TASK "moby/" H "/config.json'",
	   root, root);
	find(DOCKER);
	assert_int_equal(found.level, ASSURANCE_CLAIMED);
}

static void a_name_is_no_id(void **state)
{
	(void)state;
	put_docker(CONFIG, STATE("\"Config\":{\"Image\":\"nginx:1\"}"));
	find("/lxc/" H);
	assert_int_equal(found.engine, ENGINE_NONE);
	find("/machine.slice/systemd-nspawn@" H ".service/payload");
	assert_int_equal(found.engine, ENGINE_NONE);
}

static void another_containers_state_is_not_taken(void **state)
{
	(void)state;
	put_docker(CONFIG, "{\"ID\":\"another\",\"Config\":{\"Image\":\"nginx:1\"}}");
	find(DOCKER);
	assert_int_equal(found.engine, ENGINE_DOCKER);
	assert_null(found.facts.image.p);
}

/* The bundle that the runtime was given counts, wherever it is; a path outside stays inside of root. */
static void given_bundle_comes_first(void **state)
{
	static const char *const given = "/data/x/io.containerd.runtime.v2.task/moby/" H;

	(void)state;
	put("/data/x/io.containerd.runtime.v2.task/moby/" H "/config.json",
	    "{\"mounts\":[7,{\"source\":\"/data/d/containers/" H "/hosts\"}],"
	    "\"linux\":{\"cgroupsPath\":\"" H "\"}}");
	put("/data/d/containers/" H "/config.v2.json", STATE("\"Config\":{\"Image\":\"given:1\"}"));
	find(DOCKER);
	assert_int_equal(found.engine, ENGINE_NONE);
	find_given(DOCKER, given);
	ASSERT_STR(found.facts.image, "given:1");
	find_given(DOCKER, "../data/x/io.containerd.runtime.v2.task/moby/" H);
	assert_int_equal(found.engine, ENGINE_NONE);
	sh("ln -s /data/x/io.containerd.runtime.v2.task '%s/tasks'", root);
	find_given(DOCKER, "/tasks/moby/" H);
	assert_int_equal(found.engine, ENGINE_NONE); /* not where containerd keeps any */
}

static void podman_is_in_a_list(void **state)
{
#define STORE "/var/lib/containers/storage/overlay-containers/"
	static const char *const path = "/libpod_parent/libpod-" H;

	(void)state;
	put(STORE H "/userdata/config.json",
	    "{\"annotations\":{\"io.container.manager\":\"libpod\"},"
	    "\"linux\":{\"cgroupsPath\":\"/libpod_parent/libpod-" H "\"}}");
	find(path);
	assert_int_equal(found.engine, ENGINE_PODMAN);
	assert_null(found.facts.image.p);
	put(STORE "containers.json", "[null,{\"id\":\"x\"},{\"id\":\"" H "\",\"metadata\":\"{\"}]");
	find(path);
	assert_null(found.facts.image.p);
	put(STORE "volatile-containers.json",
	    "[{\"id\":\"" H "\",\"image\":\"" H
	    "\",\"metadata\":\"{\\\"name\\\":\\\"db\\\",\\\"image-name\\\":\\\"q.io/pg:16\\\"}\"}]");
	put(STORE "containers.json", "[]");
	find(path);
	ASSERT_STR(found.facts.image, "q.io/pg:16");
	ASSERT_STR(found.facts.image_id, H);
	ASSERT_STR(found.facts.name, "db");
}

/* --- pods */

static void put_pod(void)
{
	put(TASK "k8s.io/" H "/config.json",
	    "{\"annotations\":{\"io.kubernetes.cri.container-type\":\"container\","
	    "\"io.kubernetes.cri.sandbox-namespace\":\"shop\","
	    "\"io.kubernetes.cri.sandbox-name\":\"web\","
	    "\"io.kubernetes.cri.sandbox-uid\":\"" POD "\","
	    "\"io.kubernetes.cri.container-name\":\"app\","
	    "\"io.kubernetes.cri.image-name\":\"app:1\"},"
	    "\"linux\":{\"cgroupsPath\":\"/kubepods/pod" POD "/" H "\"}}");
}

static void put_token(const char *volume, const char *header, const char *claims)
{
	char path[512], text[2048];
	FILE *p;
	size_t n;

	snprintf(text, sizeof(text), "printf %%s '%s' | base64 -w0 | tr +/ -_ | tr -d =", claims);
	p = popen(text, "r");
	assert_non_null(p);
	n = (size_t)snprintf(text, sizeof(text), "%s", header);
	n += fread(text + n, 1, sizeof(text) - n - 8, p);
	pclose(p);
	n += (size_t)snprintf(text + n, sizeof(text) - n, ".c2ln");
	snprintf(path, sizeof(path), VOLUMES "/%s/..2023/token", volume);
	put_n(path, text, n);
	sh("ln -sfn ..2023 '%s" VOLUMES "/%s/..data'", root, volume);
}

#define CLAIMS(ns, pod, uid, sa)                                                \
	"{\"kubernetes.io\":{\"namespace\":\"" ns "\",\"pod\":{\"name\":\"" pod \
	"\",\"uid\":\"" uid "\"},\"serviceaccount\":{\"name\":\"" sa "\"}}}"

static void pod_has_the_account_of_its_token(void **state)
{
	(void)state;
	put_pod();
	put_token("config", "e30.", "{}");
	put_token("kube-api-access-x", "e30.", CLAIMS("shop", "web", POD, "deployer"));
	find("/kubepods/pod" POD "/" H);
	assert_int_equal(found.engine, ENGINE_CRI);
	ASSERT_STR(found.pod.namespace, "shop");
	ASSERT_STR(found.pod.name, "web");
	ASSERT_STR(found.pod.container, "app");
	ASSERT_STR(found.pod.service_account, "deployer");
	assert_null(memmem(found.text, found.used, "c2ln", 4));
}

static void other_tokens_say_nothing(void **state)
{
	static const struct {
		const char *header, *claims;
	} rows[] = {
		{"e30.", CLAIMS("shop", "web", "0000002b-0000-4000-8000-00000000002a", "admin")},
		{"e30.", CLAIMS("kube-system", "web", POD, "admin")},
		{"e30.", CLAIMS("shop", "other", POD, "admin")},
		{"e30.", CLAIMS("shop", "web", POD, "ad/min")},
		{"e30.", CLAIMS("shop", "web", POD, "")},
		{"e30.", "[]"},
		{"e30.", "7"},
		{"e30.", "{\"kubernetes.io\":[]}"},
		{"", CLAIMS("shop", "web", POD, "admin")},
		{"e30.x.", CLAIMS("shop", "web", POD, "admin")},
		{"e30.!!!!", CLAIMS("shop", "web", POD, "admin")},
	};

	(void)state;
	put_pod();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		put_token("v", rows[i].header, rows[i].claims);
		find("/kubepods/pod" POD "/" H);
		ASSERT_STR(found.pod.name, "web");
		assert_null(found.pod.service_account.p);
	}
}

static void a_volume_leads_nowhere_else(void **state)
{
	(void)state;
	put_pod();
	put_token("v", "e30.", CLAIMS("shop", "web", POD, "deployer"));
	sh("cd '%s" VOLUMES "' && mv v/..2023 /'%s'/evil && ln -sfn ../../../../../../../../evil "
	   "v/..data",
	   root, root);
	find("/kubepods/pod" POD "/" H);
	assert_null(found.pod.service_account.p);
	sh("cd '%s" VOLUMES "' && ln -s '%s'/evil v/..evil && ln -sfn ..evil v/..data", root, root);
	find("/kubepods/pod" POD "/" H);
	assert_null(found.pod.service_account.p);
	sh("cd '%s" VOLUMES "' && rm v/..evil v/..data && mv '%s'/evil v/..2023 && "
	   "ln -s ..2023 v/..data && rm v/..2023/token && mkfifo v/..2023/token",
	   root, root);
	find("/kubepods/pod" POD "/" H);
	assert_null(found.pod.service_account.p);
}

static void pods_elsewhere_are_flagged(void **state)
{
	(void)state;
	put_pod();
	put_token("v", "e30.", CLAIMS("shop", "web", POD, "deployer"));
	find("/kubepods.slice/kubepods-pod0000002a_0000_4000_8000_00000000002a.slice/"
	     "cri-containerd-" H ".scope");
	assert_false(found.mismatch);
	find("/kubepods/pod0000002b-0000-4000-8000-00000000002a/" H);
	assert_true(found.mismatch);
	assert_null(found.pod.service_account.p);
}
int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
	const struct CMUnitTest tests[] = {
		TEST(docker_has_name_image_and_digest),
		TEST(docker_s_labels_make_no_pod),
		TEST(image_names_are_checked),
		TEST(what_is_no_bundle_is_not_read),
		TEST(huge_and_deep_files_are_not_read),
		TEST(what_is_no_file_is_not_opened),
		TEST(files_of_others_are_claims),
		TEST(a_name_is_no_id),
		TEST(another_containers_state_is_not_taken),
		TEST(given_bundle_comes_first),
		TEST(podman_is_in_a_list),
		TEST(pod_has_the_account_of_its_token),
		TEST(other_tokens_say_nothing),
		TEST(a_volume_leads_nowhere_else),
		TEST(pods_elsewhere_are_flagged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
