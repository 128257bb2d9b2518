/* SPDX-License-Identifier: Apache-2.0 */
/* A package in rpm's database. */
#include <stdint.h>
#include <stdlib.h>

#include "program/rpm_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {"/usr/bin/x", "/usr/bin/whodid-test",
					    "/opt/t/whodid-test", "/", ""};
	struct str header = {(const char *)data, (uint32_t)size};

	for (uint32_t index = 0; index < 4; index++)
		for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
			struct rpm_file file;

			if (!rpm_header_file(header, index, str_of(paths[i]), &file))
				continue;
			if (!file.package[0] || strlen(file.package) >= sizeof(file.package) ||
			    strlen(file.digest) >= sizeof(file.digest))
				abort();
		}
	return 0;
}
