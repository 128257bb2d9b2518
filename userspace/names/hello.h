/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hello: the server name in the first message of a TLS client (RFC 8446 4.1.2, RFC 6066 3). Pure, trusts
 * no length. The client chose the name: it says whom it claims to want, not whom it reached.
 */
#ifndef WHODID_NAMES_HELLO_H
#define WHODID_NAMES_HELLO_H

#include "base/str.h"

#define HELLO_MAX 4096 /* bytes of the stream in which it has to lie, as in bpf/names.bpf.c */

/*
 * Reads the start of a stream. 1 with the name in *name (lent from scratch, absent when the client sent
 * none), 0 when more bytes are needed, -EBADMSG when it is no client hello.
 */
int hello_parse(struct str stream, char scratch[static HELLO_MAX], struct str *name);

#endif
