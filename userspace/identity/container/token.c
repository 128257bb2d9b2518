/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token: whose service account a pod has. Kubelet writes the pod's token into a volume that the pod
 * sees read-only; on the host it is root's. Its claims are read, its signature is not checked here: who
 * could change that file could change anything. The token itself goes nowhere, and its memory is wiped.
 */
#include "identity/container/container.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "identity/container/document.h"

#define TOKEN_MAX   16384
#define VOLUMES_MAX 32

/* Middle part of "header.payload.signature", in base64url. */
static struct str payload_of(struct str token)
{
	int64_t first = str_index(token, 0, '.');
	int64_t second = first < 0 ? -1 : str_index(token, (uint32_t)first + 1, '.');

	if (second < 0 || str_index(token, (uint32_t)second + 1, '.') >= 0)
		return STR_NONE;
	return str_sub(token, (uint32_t)first + 1, (uint32_t)(second - first - 1));
}

/* NULL when it is none. */
static json_t *read_payload(struct str part)
{
	unsigned char in[TOKEN_MAX + 4], out[TOKEN_MAX + 4];
	json_t *claims = NULL;
	size_t n = 0;
	int len;

	if (part.n == 0 || part.n > TOKEN_MAX)
		return NULL;
	for (; n < part.n; n++)
		in[n] = part.p[n] == '-' ? '+' : part.p[n] == '_' ? '/' : (unsigned char)part.p[n];
	while (n % 4)
		in[n++] = '=';
	len = EVP_DecodeBlock(out, in, (int)n);
	if (len > 0) /* the padding was decoded as zero bytes */
		claims = json_loadb((const char *)out, (size_t)len - (n - part.n),
				    JSON_REJECT_DUPLICATES, NULL);
	explicit_bzero(in, sizeof(in));
	explicit_bzero(out, sizeof(out));
	return claims;
}

/* The claims are of this pod. */
static void take_claims(struct container_found *out, const json_t *claims)
{
	const json_t *k8s = json_object_get(claims, "kubernetes.io");
	const json_t *pod = json_object_get(k8s, "pod");

	if (!str_equal(document_text(pod, "uid"), out->pod.uid) ||
	    !str_equal(document_text(pod, "name"), out->pod.name) ||
	    !str_equal(document_text(k8s, "namespace"), out->pod.namespace))
		return;
	keep_label(out, &out->pod.service_account,
		   document_text(json_object_get(k8s, "serviceaccount"), "name"));
}

/* Volumes change at once by a link "..data" to the directory that is in force: "..2023_11_14...". */
static int open_data(int volume)
{
	char target[64];
	ssize_t n = readlinkat(volume, "..data", target, sizeof(target) - 1);

	if (n < 3 || target[0] != '.' || target[1] != '.' || memchr(target, '/', (size_t)n))
		return -ENOENT;
	target[n] = '\0';
	return openat(volume, target, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void read_volume(struct container_found *out, int volumes, const char *name)
{
	_cleanup_close_ int volume =
		openat(volumes, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_close_ int data = volume < 0 ? -1 : open_data(volume);
	_cleanup_json_ json_t *claims = NULL;
	_cleanup_free_ char *token = NULL;
	bool safe = true; /* not asked: kubelet gives the file to the pod's user */
	size_t n = 0;

	if (data < 0 || document_bytes(data, "token", TOKEN_MAX, &token, &n, &safe))
		return;
	claims = read_payload(payload_of((struct str){token, (uint32_t)n}));
	explicit_bzero(token, n);
	take_claims(out, claims);
}

void token_read(struct container_found *out, const char *root)
{
	_cleanup_closedir_ DIR *volumes = NULL;
	bool safe = true;
	char path[512];
	int fd, top;

	snprintf(path, sizeof(path), "/var/lib/kubelet/pods/%.*s/volumes/kubernetes.io~projected",
		 STR_ARG(out->pod.uid));
	top = directory_open(root, path, &safe);
	if (top < 0)
		return;
	fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(top);
	volumes = fd < 0 ? NULL : fdopendir(fd);
	if (!volumes && fd >= 0)
		close(fd);
	for (int i = 0; safe && volumes && !out->pod.service_account.p && i < VOLUMES_MAX; i++) {
		const struct dirent *entry = readdir(volumes);

		if (!entry)
			break;
		if (entry->d_name[0] != '.')
			read_volume(out, dirfd(volumes), entry->d_name);
	}
}
