/* SPDX-License-Identifier: Apache-2.0 */
/* rules: "allow" and "deny" lists, and what the verbs of a rule take. */
#include <ctype.h>
#include <errno.h>

#include "base/cleanup.h"
#include "base/glob.h"
#include "base/number.h"
#include "profile/endpoint.h"
#include "profile/reader.h"
#include "profile/variables.h"

/* Not seen by the sensor yet: owners of files. */
static int read_unseen_text(struct reader *r, const struct node *v, void *out)
{
	struct str unused;
	int e = read_text(r, v, &unused);

	*(bool *)out = true;
	return e;
}

static int read_sha256(struct reader *r, const struct node *v, void *out)
{
	struct texts *list = out;
	int e = read_texts(r, v, list);

	for (uint32_t i = 0; !e && i < list->n; i++) {
		struct str s = list->v[i].s;
		uint32_t good = 0;

		while (good < s.n && isxdigit((unsigned char)s.p[good]) &&
		       !isupper((unsigned char)s.p[good]))
			good++;
		if (good != 64 || s.n != 64)
			e = reader_fail(r, v, "a sha256 is 64 hexadecimal digits in lower case");
	}
	return e;
}

static const struct key path_keys[] = {
	{"path", read_glob, offsetof(struct object, text), true},
	{"owner", read_unseen_text, offsetof(struct object, unseen), false},
	{"notSelf", read_bool, offsetof(struct object, not_self), false},
	{NULL, NULL, 0, false},
};

static const struct key exec_keys[] = {
	{"path", read_glob, offsetof(struct object, text), false},
	{"parent", read_glob, offsetof(struct object, parent), false},
	{"args", read_texts, offsetof(struct object, args), false},
	{"sha256", read_sha256, offsetof(struct object, sha256), false},
	{"package", read_text, offsetof(struct object, package), false},
	{"writtenBy", read_text_or_texts, offsetof(struct object, written_by), false},
	{"deleted", read_bool, offsetof(struct object, deleted), false},
	{NULL, NULL, 0, false},
};

static int read_path_object(struct reader *r, const struct node *v, struct object *o,
			    const struct key *keys)
{
	int e;

	if (v->kind != NODE_MAP)
		return read_glob(r, v, &o->text);
	e = read_map(r, v, keys, "this object", o);
	if (e || o->text.p)
		return e;
	if (!o->deleted && !o->written_by.n && !o->sha256.n && !o->package.p)
		return reader_fail(r, v, "this object needs the key 'path'");
	o->text = STR_LIT("**"); /* what has no file may have a name that is no path at all */
	return 0;
}

/* "/run/docker.sock", "@name"; variables in paths only. */
static int read_socket(struct reader *r, const struct node *v, struct str glob, struct object *o)
{
	struct problem p = {0};
	char buf[SHOWN_MAX];
	bool abstract = glob.n && glob.p[0] == '@';

	if (o->verb != VERB_CONNECT)
		return reader_fail(r, v, "unix and vsock sockets are known to connect only");
	if (abstract ? glob_check(glob, &p) : variables_check_glob(glob, &p))
		return reader_fail(r, v, "socket '%s': %s", shown(buf, glob), p.text);
	o->named = true;
	o->text = arena_str(r->model->arena, glob);
	return o->text.p ? 0 : -ENOMEM;
}

/* "vsock:CID:PORT", each a number or "*" */
static int read_vsock(struct reader *r, const struct node *v, struct object *o)
{
	struct str rest = str_sub(v->text, 6, v->text.n);
	int64_t colon = str_index(rest, 0, ':');
	struct str cid = colon < 0 ? STR_NONE : str_sub(rest, 0, (uint32_t)colon);
	struct str port = colon < 0 ? STR_NONE : str_sub(rest, (uint32_t)colon + 1, rest.n);
	uint64_t number;

	if (o->verb != VERB_CONNECT)
		return reader_fail(r, v, "unix and vsock sockets are known to connect only");
	if ((!str_is(cid, "*") && number_u64(cid, 0, UINT32_MAX, &number)) ||
	    (!str_is(port, "*") && number_u64(port, 0, UINT32_MAX, &number)))
		return reader_fail(r, v, "a vsock endpoint is vsock:CID:PORT, numbers or '*'");
	o->named = true;
	return 0;
}

struct raw_endpoint {
	struct str host, cidr, port, proto, exe, unix_path;
	const struct node *at;
};

static int read_endpoint_map(struct reader *r, const struct node *v, struct object *o)
{
	static const struct key keys[] = {
		{"host", read_text, offsetof(struct raw_endpoint, host), false},
		{"cidr", read_text, offsetof(struct raw_endpoint, cidr), false},
		{"port", read_text, offsetof(struct raw_endpoint, port), false},
		{"proto", read_text, offsetof(struct raw_endpoint, proto), false},
		{"exe", read_glob, offsetof(struct raw_endpoint, exe), false},
		{"unix", read_text, offsetof(struct raw_endpoint, unix_path), false},
		{NULL, NULL, 0, false},
	};
	struct raw_endpoint raw = {0};
	struct endpoint *ep = &o->endpoint;
	int e = read_map(r, v, keys, "an endpoint", &raw);

	if (e)
		return e;
	if (raw.host.p && raw.cidr.p)
		return reader_fail(r, v, "an endpoint has 'host' or 'cidr', not both");
	o->exe = raw.exe;
	if (raw.unix_path.p && (raw.host.p || raw.cidr.p || raw.port.p || raw.proto.p))
		return reader_fail(r, v, "'unix' stands without host, cidr, port and proto");
	if (raw.unix_path.p)
		return read_socket(r, v, raw.unix_path, o);
	*ep = (struct endpoint){.port_high = 65535};
	if (raw.host.p && endpoint_parse(raw.host, ep, NULL))
		return reader_fail(r, v, "'host' is no host name or address");
	if (raw.cidr.p && endpoint_parse_block(raw.cidr, ep))
		return reader_fail(r, v, "'cidr' is no address block such as 10.0.0.0/8");
	if (raw.port.p && endpoint_parse_ports(raw.port, ep))
		return reader_fail(r, v, "'port' is no port or range of ports");
	if (raw.proto.p && !str_is(raw.proto, "tcp") && !str_is(raw.proto, "udp"))
		return reader_fail(r, v, "'proto' is tcp or udp");
	if (raw.proto.p)
		ep->proto = str_is(raw.proto, "udp") ? 17 : 6;
	return 0;
}

static int read_endpoint_object(struct reader *r, const struct node *v, struct object *o)
{
	struct problem p = {0};
	char buf[SHOWN_MAX];
	int e;

	if (v->kind == NODE_MAP)
		return read_endpoint_map(r, v, o);
	e = read_text(r, v, &o->text);
	if (!e && str_starts(v->text, "unix:"))
		return read_socket(r, v, str_sub(v->text, 5, v->text.n), o);
	if (!e && str_starts(v->text, "vsock:"))
		return read_vsock(r, v, o);
	if (e || !endpoint_parse(v->text, &o->endpoint, &p))
		return e;
	e = reader_fail(r, v, "'%s': %s", shown(buf, v->text), p.text);
	if (p.remedy[0])
		problem_remedy(r->err, "%s", p.remedy);
	return e;
}

static int read_load_word(struct reader *r, const struct node *v, struct object *o)
{
	static const char *const words[] = {"module", "bpf", NULL};
	unsigned i;

	o->text = v->text;
	return read_word(r, v, words, "load", &i);
}

/* Names of DNS have no case; events have them in lower case. */
static int read_dns_word(struct reader *r, const struct node *v, struct object *o)
{
	int e = read_text(r, v, &o->text);
	char *copy = e ? NULL : arena_alloc(r->model->arena, o->text.n + 1);

	if (!copy)
		return e ? e : -ENOMEM;
	for (uint32_t i = 0; i < o->text.n; i++)
		copy[i] = (char)tolower((unsigned char)o->text.p[i]);
	o->text.p = copy;
	return 0;
}

static int read_object(struct reader *r, const struct node *v, struct object *o)
{
	switch (o->verb) {
	case VERB_EXEC:
		return read_path_object(r, v, o, exec_keys);
	case VERB_READ:
	case VERB_WRITE:
	case VERB_CHMOD:
		return read_path_object(r, v, o, path_keys);
	case VERB_CONNECT:
	case VERB_LISTEN:
		return read_endpoint_object(r, v, o);
	case VERB_LOAD:
		return read_load_word(r, v, o);
	case VERB_DNS:
		return read_dns_word(r, v, o);
	default:
		return read_text(r, v, &o->text);
	}
}

static int read_verb(struct reader *r, const struct node *v, struct object **head, enum verb verb)
{
	if (v->kind != NODE_LIST || !v->first)
		return reader_fail(r, v, "'%s' takes a list of what it is done to",
				   verb_name(verb));
	for (const struct node *c = v->first; c; c = c->next) {
		struct object *o = arena_alloc(r->model->arena, sizeof(*o));
		int e;

		if (!o)
			return -ENOMEM;
		o->verb = verb;
		o->at = reader_place(r, c);
		o->next = *head;
		*head = o;
		e = read_object(r, c, o);
		if (e)
			return e;
	}
	return 0;
}

/* One reader for each verb: the table cannot pass one along. */
#define VERB_READER(word, VERB)                                                    \
	static int read_##word(struct reader *r, const struct node *v, void *head) \
	{                                                                          \
		return read_verb(r, v, head, VERB);                                \
	}
VERB_READER(exec, VERB_EXEC)
VERB_READER(read, VERB_READ)
VERB_READER(write, VERB_WRITE)
VERB_READER(chmod, VERB_CHMOD)
VERB_READER(connect, VERB_CONNECT)
VERB_READER(listen, VERB_LISTEN)
VERB_READER(dns, VERB_DNS)
VERB_READER(become, VERB_BECOME)
VERB_READER(capability, VERB_CAPABILITY)
VERB_READER(ptrace, VERB_PTRACE)
VERB_READER(signal, VERB_SIGNAL)
VERB_READER(mount, VERB_MOUNT)
VERB_READER(namespace, VERB_NAMESPACE)
VERB_READER(load, VERB_LOAD)

static bool is_technique(struct str s)
{
	if (s.n != 5 && s.n != 9)
		return false;
	for (uint32_t i = 0; i < s.n; i++) {
		bool good = i == 0   ? s.p[i] == 'T'
			    : i == 5 ? s.p[i] == '.'
				     : s.p[i] >= '0' && s.p[i] <= '9';

		if (!good)
			return false;
	}
	return true;
}

/* ATT&CK ids, kept as the comma list that events carry. */
static int read_attack(struct reader *r, const struct node *v, void *out)
{
	struct texts list = {0};
	char joined[200];
	uint32_t n = 0;
	int e = read_texts(r, v, &list);

	for (uint32_t i = 0; !e && i < list.n; i++) {
		struct str id = list.v[i].s;

		if (!is_technique(id))
			return reader_fail(r, v, "an ATT&CK technique is T1234 or T1234.001");
		if (n + id.n + 1 > sizeof(joined))
			return reader_fail(r, v, "too many ATT&CK techniques");
		if (n)
			joined[n++] = ',';
		memcpy(joined + n, id.p, id.n);
		n += id.n;
	}
	if (e)
		return e;
	*(struct str *)out = arena_str(r->model->arena, (struct str){joined, n});
	return ((struct str *)out)->p ? 0 : -ENOMEM;
}

#define OBJECTS offsetof(struct rule, objects)
static const struct key rule_keys[] = {
	{"id", read_name, offsetof(struct rule, id), true},
	{"reason", read_text, offsetof(struct rule, reason), false},
	{"severity", read_severity, offsetof(struct rule, severity), false},
	{"attack", read_attack, offsetof(struct rule, attack), false},
	{"when", read_conditions, offsetof(struct rule, when), false},
	{"exec", read_exec, OBJECTS, false},
	{"read", read_read, OBJECTS, false},
	{"write", read_write, OBJECTS, false},
	{"chmod", read_chmod, OBJECTS, false},
	{"connect", read_connect, OBJECTS, false},
	{"listen", read_listen, OBJECTS, false},
	{"dns", read_dns, OBJECTS, false},
	{"become", read_become, OBJECTS, false},
	{"capability", read_capability, OBJECTS, false},
	{"ptrace", read_ptrace, OBJECTS, false},
	{"signal", read_signal, OBJECTS, false},
	{"mount", read_mount, OBJECTS, false},
	{"namespace", read_namespace, OBJECTS, false},
	{"load", read_load, OBJECTS, false},
	{NULL, NULL, 0, false},
};

static int read_rule(struct reader *r, const struct node *n, struct rule *rule)
{
	int e = read_map(r, n, rule_keys, "a rule", rule);

	rule->at = reader_place(r, n);
	if (!e && !rule->objects) {
		e = reader_fail(r, n, "rule '%.*s' says nothing: it has no verb",
				STR_ARG(rule->id));
		problem_remedy(r->err, "Add exec, read, write, connect or another verb");
	}
	return e;
}

int read_rules(struct reader *r, const struct node *v, void *out)
{
	struct rule **head = out;

	if (v->kind != NODE_LIST)
		return reader_fail(r, v, "this value must be a list of rules");
	for (const struct node *c = v->first; c; c = c->next) {
		struct rule *rule = arena_alloc(r->model->arena, sizeof(*rule));
		int e;

		if (!rule)
			return -ENOMEM;
		e = read_rule(r, c, rule);
		if (e)
			return e;
		rule->next = *head;
		*head = rule;
	}
	return 0;
}
