/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rpm_header: private to program. A package as rpm's database keeps it: numbers of tags, each with a place
 * in the data behind them. Nothing in it is trusted to lie within it.
 */
#ifndef WHODID_PROGRAM_RPM_HEADER_H
#define WHODID_PROGRAM_RPM_HEADER_H

#include "base/str.h"
#include "program/program.h"

#define RPM_DIGEST_MAX 129

enum rpm_algorithm { RPM_MD5 = 1, RPM_SHA256 = 8 };

struct rpm_file {
	char package[PROGRAM_PACKAGE_MAX]; /* "bash 5.2.15-3.fc38" */
	char digest[RPM_DIGEST_MAX];	   /* hexadecimal; "" = it has none */
	uint32_t algorithm;
};

/* Whether file number index of that package is called path; then *out says what it is. */
bool rpm_header_file(struct str header, uint32_t index, struct str path, struct rpm_file *out);

#endif
