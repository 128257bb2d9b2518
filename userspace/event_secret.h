/* SPDX-License-Identifier: Apache-2.0 */
/* event_secret: what a secret looks like: names, option letters, shapes. For event_redact. */
#ifndef WHODID_EVENT_SECRET_H
#define WHODID_EVENT_SECRET_H

#include "base/str.h"

/* password, DB_PASSWORD, clientSecret, //registry/:_authToken, ...; not token-file or max_tokens */
bool secret_name(struct str name);
/* An option (with its dashes) whose next word is a secret: not --no-password, --with-token. */
bool secret_option_name(struct str word);
/* Name of a header (without colon) whose value is a secret, or a secret_name(). */
bool secret_header(struct str name);
/* Length of "Bearer ", "Basic ", ... at the start of a header's value; 0 = none. */
uint32_t secret_scheme(struct str value);

/* Length of the token that starts at rest, 0 = none. */
uint32_t secret_token(struct str rest);
/* Where "://user:password@" starts at rest: length of the password, *skip = its offset; 0 = none. */
uint32_t secret_in_url(struct str rest, uint32_t *skip);
/* Where the block "-----BEGIN ... PRIVATE KEY-----" begins, or -1. */
int64_t secret_private_key(struct str arg);

struct secret_program;
enum secret_option {
	SECRET_OPTION_NONE,
	SECRET_OPTION_NEXT,	     /* the next word is the secret */
	SECRET_OPTION_ATTACHED,	     /* the rest of this word is */
	SECRET_OPTION_USER_NEXT,     /* the next word is user:secret */
	SECRET_OPTION_USER_ATTACHED, /* the rest of this word is user:secret */
};
/* The program of that base name, when its short options take secrets; NULL = not one of these. */
const struct secret_program *secret_program(struct str name, bool registry_client);
bool secret_is_registry_client(struct str name);
enum secret_option secret_option(const struct secret_program *program, struct str word);

#endif
