/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words of others about containers: arguments of runtimes, requests to engines, and the files that
 * engines keep. What is kept of them is bounded and of the bytes that names have.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "identity/container/calls.h"
#include "identity/container/container.h"
#include "identity/container/document.h"
#include "identity/container/requests.h"

#define ID     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define BUNDLE "/run/containerd/io.containerd.runtime.v2.task/%s/" ID

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char root[64];

static void remove_root(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	if (system(command) != 0)
		abort();
}

static void put(const char *dir, const char *name, const uint8_t *data, size_t size)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s%s", root, dir);
	if (file_mkdirs(path, 0755))
		abort();
	snprintf(path, sizeof(path), "%s%s/%s", root, dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

static void check(const struct container_found *found, struct str text)
{
	if (!text.p)
		return;
	if (text.p < found->text || text.p + text.n > found->text + sizeof(found->text))
		abort();
	for (uint32_t i = 0; i < text.n; i++)
		if ((uint8_t)text.p[i] <= ' ' || (uint8_t)text.p[i] > '~' || text.p[i] == ',')
			abort();
}

static void find(const char *space, const char *cgroup)
{
	struct container_found found;
	struct cgroup_name place;
	char bundle[256];

	snprintf(bundle, sizeof(bundle), BUNDLE, space);
	cgroup_name_parse(&place, str_of(cgroup));
	container_find(&found, root, &place, str_of(bundle));
	check(&found, found.facts.image);
	check(&found, found.facts.name);
	check(&found, found.pod.namespace);
	check(&found, found.pod.service_account);
	check(&found, found.claimed_pod.uid);
	check(&found, found.claimed_pod.name);
	check(&found, found.job.repository);
}

static void read_files(const uint8_t *data, size_t size)
{
	static const char good[] = "{\"linux\":{\"cgroupsPath\":\"" ID "\"}}";
	char dir[256];

	snprintf(dir, sizeof(dir), BUNDLE, "moby");
	put(dir, "config.json", (const uint8_t *)good, sizeof(good) - 1);
	put("/var/lib/docker/containers/" ID, "config.v2.json", data, size);
	find("moby", "/docker/" ID);
	find("moby", "/kubepods/pod0000002a-0000-4000-8000-00000000002a/" ID);
	snprintf(dir, sizeof(dir), BUNDLE, "k8s.io");
	put(dir, "config.json", data, size);
	find("k8s.io", "/kubepods/pod0000002a-0000-4000-8000-00000000002a/" ID);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, (uint32_t)size}, target;
	struct runtime_call call;
	bool exec;

	if (!root[0]) {
		/* many small files: in memory where that can be had */
		snprintf(root, sizeof(root), "%s/whodid-fuzz-XXXXXX",
			 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
		if (!mkdtemp(root) || atexit(remove_root))
			abort();
	}
	if (size == 0)
		return 0;
	if (runtime_call_read(&call, text) && call.id.n != 64)
		abort();
	if (request_read(text, &exec, &target) && (target.n == 0 || target.n > 128))
		abort();
	json_decref(document_find(text, STR_LIT(ID)));
	if (data[0] == '{')
		read_files(data, size);
	return 0;
}
