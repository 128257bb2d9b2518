/* SPDX-License-Identifier: Apache-2.0 */
/* sshd_log: private to identity. What sshd's line for syslog says about an accepted login. */
#ifndef WHODID_IDENTITY_SSHD_LOG_H
#define WHODID_IDENTITY_SSHD_LOG_H

#include "base/str.h"

/* Parts of the line; absent is what it does not say. The certificate's id is free text. */
struct sshd_login {
	struct str method; /* "publickey", "password", "keyboard-interactive/pam" */
	struct str user, ip;
	uint32_t port;
	struct str key_type, key_fingerprint; /* of publickey only */
	struct str cert_id, cert_serial, ca_fingerprint;
};

/*
 * "<38>Nov 23 17:50:32 sshd[2927]: Accepted publickey for ...". False when the line is no such one,
 * and then *out is untouched. cut = the line lost its end: of a certificate nothing is taken then.
 */
bool sshd_log_parse(struct sshd_login *out, struct str line, bool cut);

#endif
