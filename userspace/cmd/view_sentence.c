/* SPDX-License-Identifier: Apache-2.0 */
/* view_sentence: an event as one English sentence. */
#include "cmd/view.h"

static const struct {
	const char *type, *verb;
} verbs[] = {
	{"exec", "executed"},
	{"exit", "ended"},
	{"fork", "forked"},
	{"file.read", "read"},
	{"file.write", "wrote"},
	{"file.create", "created"},
	{"file.delete", "deleted"},
	{"file.rename", "renamed"},
	{"file.chmod", "changed"},
	{"file.link", "linked"},
	{"file.mount", "changed mounts:"},
	{"file.map", "mapped as code"},
	{"module.load", "loaded the kernel module"},
	{"bpf.load", "loaded the BPF program"},
	{"net.connect", "connected to"},
	{"net.listen", "listened on"},
	{"net.accept", "accepted"},
	{"net.close", "ended"},
	{"net.dns", "asked for"},
	{"net.tls", "began TLS with"},
	{"net.socket", "made a socket:"},
	{"cred.become", "became"},
	{"session.start", "began"},
	{"session.end", "left"},
	{"cred.capability", "gained"},
	{"namespace", "changed namespaces:"},
	{"ptrace", "reached into a process:"},
	{"signal", "sent"},
	{"agent.tamper", "reached for the sensor:"},
};

void view_sentence(struct text *out, const struct cli *c, const json_t *row)
{
	_cleanup_text_ struct text reason = {0};
	const char *verb = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(verbs) && !verb; i++)
		if (row_is(row, "type", verbs[i].type))
			verb = verbs[i].verb;
	if (row_is(row, "type", "agent.tamper") && !row_find(row, "identity.who"))
		verb = NULL;
	if (row_is(row, "network.op", "send"))
		verb = "sent to";
	view_time(out, c, row_time(row, "time"), TIME_FULL, 0);
	text_puts(out, " ");
	if (verb) {
		view_who(out, row);
		text_printf(out, " %s ", verb);
	} else {
		view_type(out, row);
		text_puts(out, ": ");
	}
	view_what(out, row);
	if (verb && !row_is(row, "type", "exec") && !row_is(row, "type", "exit") &&
	    row_find(row, "process.pid")) {
		text_puts(out, " with ");
		text_say_name(out, row_find(row, "process.exe") ? row_str(row, "process.exe")
								: STR_LIT("?"));
	}
	if (verb && row_find(row, "process.pid"))
		text_printf(out, " (pid %llu)", (unsigned long long)row_u64(row, "process.pid", 0));
	view_reason(&reason, row);
	if (reason.n)
		text_printf(out, ", %s", reason.p);
}
