/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model: profile objects as they were written and checked, before they are compiled. All of it lies
 * in the set's arena; lists are chains in the order of the file, which means nothing.
 */
#ifndef WHODID_PROFILE_MODEL_H
#define WHODID_PROFILE_MODEL_H

#include "event.h"
#include "base/arena.h"

/* Where something stands, for messages. */
struct place {
	const char *file;
	unsigned line, column;
};

struct text {
	struct str s;
	struct place at;
};
struct texts {
	struct text *v;
	uint32_t n;
};

enum verb {
	VERB_NONE,
	VERB_EXEC,
	VERB_READ,
	VERB_WRITE,
	VERB_CHMOD,
	VERB_CONNECT,
	VERB_LISTEN,
	VERB_DNS,
	VERB_BECOME,
	VERB_CAPABILITY,
	VERB_PTRACE,
	VERB_SIGNAL,
	VERB_MOUNT,
	VERB_NAMESPACE,
	VERB_LOAD,
	VERB_COUNT,
};

/* An address block with ports, or a host name with ports. */
struct endpoint {
	uint64_t net[2], mask[2]; /* host order; v4 as ::ffff:a.b.c.d */
	uint16_t port_low, port_high;
	uint8_t proto;	 /* IPPROTO_TCP, IPPROTO_UDP; 0 = any */
	struct str name; /* p = NULL: net and mask count */
};

/* One object of a rule: what a verb is done to. */
struct object {
	struct object *next;
	struct place at;
	enum verb verb;
	struct str text; /* glob or word */
	struct endpoint endpoint;
	bool named; /* connect: text is the glob of a unix or vsock socket, and endpoint means nothing */
	struct str parent, exe;	 /* globs */
	struct texts args;	 /* words; each must be among the arguments */
	struct texts written_by; /* word globs: who wrote the program or script */
	struct texts sha256;	 /* of the program: one of them */
	struct str package;	 /* glob: name of its package */
	bool not_self;		 /* /proc/PID of the actor itself does not count */
	bool deleted;		 /* only programs whose file has no name any more */
	bool unseen;		 /* asks for what the sensor does not know yet: matches nothing */
};

/* One line of a "when" list. */
struct condition {
	struct condition *next;
	struct place at;
	uint8_t attr, op; /* indexes into the tables of condition.c */
	struct texts values;
};

struct rule {
	struct rule *next;
	struct place at;
	struct str id;	 /* as written */
	struct str name; /* "role/id" */
	struct str reason, attack;
	enum severity severity; /* SEVERITY_NONE = not said */
	struct condition *when;
	struct object *objects;
	uint64_t hits;
	int64_t last_hit_wall_ns;
};

struct variable {
	struct variable *next;
	struct place at;
	struct str name;
	struct texts values;
};

struct matcher;

struct role {
	struct role *next;
	struct place at;
	int dir; /* index of the directory it came from */
	struct str name;
	struct texts include;
	struct variable *variables;
	struct rule *allow, *deny;
	struct matcher *matcher; /* compiled without variables of a binding */
	uint8_t mark;		 /* while walking includes */
};

/* One key of "match" or "not". */
struct match {
	struct match *next;
	struct place at;
	uint8_t key; /* index into the table of subject.c */
	struct texts values;
};

enum subject_kind {
	SUBJECT_NONE,
	SUBJECT_CI_JOB,
	SUBJECT_USER,
	SUBJECT_SERVICE,
	SUBJECT_K8S,
	SUBJECT_CONTAINER,
	SUBJECT_ANY,
};

struct subject {
	struct subject *next;
	struct place at;
	enum subject_kind kind;
	struct match *match, *excluded;
};

enum mode { MODE_NONE, MODE_LEARN, MODE_AUDIT, MODE_ENFORCE }; /* order is strictness */

struct binding {
	struct binding *next;
	struct place at;
	int dir;
	struct str name;
	enum mode mode;
	struct texts roles;
	struct subject *subjects;
	struct variable *variables;
	struct condition *when;
	int64_t not_before_wall_ns, expires_wall_ns; /* 0 = no end */
	enum severity unexpected;
	/* compiled */
	struct matcher **matchers;
	uint32_t matcher_count;
	bool expects; /* has allow rules: what they do not cover is unexpected */
	uint64_t hits;
	int64_t last_hit_wall_ns;
};

struct exception {
	struct exception *next;
	struct place at;
	int dir;
	struct str name;
	struct subject *subjects;
	struct rule *allow;
	struct texts overrides; /* "role/rule" */
	struct str reason, ticket, approved_by;
	int64_t expires_wall_ns;
	struct matcher *matcher;
	uint64_t hits;
	int64_t last_hit_wall_ns;
};

/* Checked and kept: judged by nobody. */
struct profile_test {
	struct profile_test *next;
	struct place at;
	int dir;
	struct str name;
	struct text binding;
	uint32_t cases;
};

/* Everything that was read. */
struct model {
	struct arena *arena;
	struct role *roles;
	struct binding *bindings;
	struct exception *exceptions;
	struct profile_test *tests;
};

const char *verb_name(enum verb verb);
const char *mode_name(enum mode mode);

#endif
