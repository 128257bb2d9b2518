/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor: can this host run it, is it running well. It looks for itself and needs no daemon; when one
 * answers, that is asked too. Every failure carries its remedy.
 */
#include <errno.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/btf.h"
#include "base/file.h"
#include "cmd/ask.h"
#include "cmd/block.h"
#include "cmd/runners.h"

#define STORE_DIR  "/var/lib/whodid"
#define FREE_LEAST (1ull << 30)
#define CAP_NET	   12
#define CAP_SYSTEM 21

enum level { LEVEL_OK, LEVEL_WARN, LEVEL_FAIL };

struct doctor {
	const struct cli *c;
	unsigned counts[3];
	json_t *status; /* of the daemon; NULL = it does not answer */
};

static const char *const level_words[] = {"ok", "warn", "fail"};

static void say(struct doctor *d, enum level level, const char *remedy, const char *printable)
{
	static const enum color colors[] = {COLOR_GREEN, COLOR_YELLOW, COLOR_RED};
	_cleanup_text_ struct text word = {0};
	const struct terminal *t = &d->c->term;

	d->counts[level]++;
	if (d->c->format == FORMAT_JSON) {
		_cleanup_json_ json_t *row =
			json_pack("{s:s, s:s, s:s*}", "level", level_words[level], "finding",
				  printable, "remedy", remedy);

		print_json_row(d->c, row);
		return;
	}
	if (d->c->quiet && level == LEVEL_OK)
		return;
	terminal_paint(t, &word, colors[level], level_words[level]);
	text_puts(&word, strlen(level_words[level]) == 2 ? "    " : "  ");
	terminal_write(word.p, word.n);
	/* the word has its six columns already: only what wraps is indented */
	_cleanup_text_ struct text rest = {0};
	size_t n = t->width > 26 ? text_fit_words(printable, t->width - 6) : strlen(printable);

	text_add(&rest, printable, n);
	terminal_line(&rest);
	if (printable[n])
		block_line(t, 6, 0, "", printable + n);
	if (remedy && level != LEVEL_OK)
		block_line(t, 6, 0, "", remedy);
}

static void check_kernel(struct doctor *d)
{
	_cleanup_text_ struct text t = {0};
	struct utsname u;
	char lacks[256];

	if (uname(&u))
		return;
	text_puts(&t, "kernel ");
	text_say(&t, str_of(u.release));
	/* without type information the next check says so */
	if (btf_lacks(lacks, sizeof(lacks))) {
		text_puts(&t, " is too old: it has no ");
		text_puts(&t, lacks);
		say(d, LEVEL_FAIL, "Linux 5.17 or later is needed.", t.p);
		return;
	}
	say(d, LEVEL_OK, NULL, t.p);
}

static void check_btf(struct doctor *d)
{
	_cleanup_text_ struct text t = {0};
	struct stat st;

	if (stat("/sys/kernel/btf/vmlinux", &st)) {
		say(d, LEVEL_FAIL, "A kernel built with CONFIG_DEBUG_INFO_BTF is needed.",
		    "the kernel does not describe its types (no /sys/kernel/btf/vmlinux)");
		return;
	}
	text_puts(&t, "BTF present (");
	text_say_bytes(&t, (uint64_t)st.st_size);
	text_puts(&t, ")");
	say(d, LEVEL_OK, NULL, t.p);
}

static bool read_line(const char *path, struct text *out)
{
	_cleanup_free_ char *z = NULL;
	size_t n;

	if (file_read(path, 65536, &z, &n))
		return false;
	while (n && (z[n - 1] == '\n' || z[n - 1] == ' '))
		n--;
	text_add(out, z, n);
	return true;
}

static uint64_t effective_capabilities(void)
{
	_cleanup_text_ struct text status = {0};
	const char *at;

	if (!read_line("/proc/self/status", &status))
		return 0;
	at = strstr(status.p, "\nCapEff:");
	return at ? strtoull(at + 8, NULL, 16) : 0;
}

static bool daemon_answers(const struct doctor *d)
{
	return d->status != NULL;
}

static void check_capabilities(struct doctor *d)
{
	uint64_t caps = effective_capabilities();

	if (caps >> CAP_SYSTEM & caps >> CAP_NET & 1)
		say(d, LEVEL_OK, NULL, "capabilities: sys_admin, net_admin");
	else if (daemon_answers(d))
		say(d, LEVEL_OK, NULL, "the daemon has its capabilities (this user has not)");
	else
		say(d, LEVEL_WARN,
		    "The daemon needs CAP_SYS_ADMIN and CAP_NET_ADMIN. Run: sudo whodid doctor",
		    "capabilities of this user do not suffice to load programs");
}

static void check_lsm(struct doctor *d)
{
	_cleanup_text_ struct text raw = {0}, t = {0};

	if (!read_line("/sys/kernel/security/lsm", &raw)) {
		say(d, LEVEL_WARN,
		    "Mount securityfs: mount -t securityfs none /sys/kernel/security",
		    "the list of security modules cannot be read");
		return;
	}
	text_puts(&t, strstr(raw.p, "bpf") ? "BPF LSM active (lsm=" : "BPF LSM not active (lsm=");
	text_say(&t, text_str(&raw));
	text_puts(&t, ")");
	if (strstr(raw.p, "bpf"))
		say(d, LEVEL_OK, NULL, t.p);
	else
		say(d, LEVEL_WARN,
		    "Acts are seen by tracepoints, not blocked. To change that, add bpf to "
		    "lsm= on the kernel's command line and reboot.",
		    t.p);
}

static void check_lockdown(struct doctor *d)
{
	_cleanup_text_ struct text raw = {0};

	if (!read_line("/sys/kernel/security/lockdown", &raw))
		return;
	if (strstr(raw.p, "[confidentiality]"))
		say(d, LEVEL_FAIL,
		    "Boot with lockdown=integrity or none: BPF may not read the kernel.",
		    "kernel lockdown is in confidentiality mode");
	else
		say(d, LEVEL_OK, NULL, "kernel lockdown does not stand in the way");
}

static void check_cgroup(struct doctor *d)
{
	bool v2 = access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
	bool hybrid = access("/sys/fs/cgroup/unified/cgroup.controllers", F_OK) == 0;

	if (v2)
		say(d, LEVEL_OK, NULL, "cgroup v2");
	else if (hybrid || access("/sys/fs/cgroup/systemd", F_OK) == 0)
		say(d, LEVEL_OK, NULL, hybrid ? "cgroup hybrid" : "cgroup v1");
	else
		say(d, LEVEL_WARN, "Workloads (as) will be named host only.",
		    "no cgroup hierarchy is mounted at /sys/fs/cgroup");
}

/* Of the directory, or of the nearest one above it that exists. */
static void check_disk(struct doctor *d)
{
	char dir[4096] = STORE_DIR;
	_cleanup_text_ struct text raw = {0}, t = {0};
	struct statvfs v;
	uint64_t room;

	row_raw(&raw, d->status, "store.path");
	if (raw.n && raw.n < sizeof(dir))
		memcpy(dir, raw.p, raw.n + 1);
	text_say_name(&t, str_of(dir));
	while (statvfs(dir, &v) && strlen(dir) > 1) {
		char *slash = strrchr(dir, '/');

		slash[slash == dir] = '\0';
	}
	room = (uint64_t)v.f_bavail * v.f_frsize;
	text_puts(&t, ": ");
	text_say_bytes(&t, room);
	text_puts(&t, " free for the store");
	say(d, room < FREE_LEAST ? LEVEL_WARN : LEVEL_OK,
	    "Free some, or lower store.max_mib: a full disk means lost history.", t.p);
}

static void check_group(struct doctor *d)
{
	if (getgrnam("whodid")) // NOLINT(concurrency-mt-unsafe): one thread
		say(d, LEVEL_OK, NULL, "group whodid exists: its members may look");
	else
		say(d, LEVEL_WARN, "Others than root need it: sudo groupadd --system whodid",
		    "there is no group whodid");
}

static void check_hooks(struct doctor *d)
{
	const json_t *hooks = row_find(d->status, "hooks"), *hook;
	_cleanup_text_ struct text good = {0};
	size_t i, attached = 0;

	json_array_foreach (hooks, i, hook) {
		_cleanup_text_ struct text t = {0};

		if (row_true(hook, "attached")) {
			attached++;
			continue;
		}
		text_puts(&t, "hook ");
		row_say(&t, hook, "name");
		text_puts(&t, " is not attached: ");
		row_say(&t, hook, "error");
		text_puts(&t, "; not seen by it: ");
		row_say(&t, hook, "what");
		say(d, LEVEL_FAIL, "The daemon's log says more: journalctl -u whodid", t.p);
	}
	text_printf(&good, "%zu programs attached, rung ", attached);
	row_say(&good, d->status, "rung");
	if (attached)
		say(d, LEVEL_OK, NULL, good.p);
}

/* Each reason for not being on a better rung once, with the classes that it is for. */
static void check_classes(struct doctor *d)
{
	const json_t *classes = row_find(d->status, "classes"), *class, *other;
	size_t i, j;

	json_array_foreach (classes, i, class) {
		_cleanup_text_ struct text t = {0};
		struct str why = row_str(class, "why"), rung = row_str(class, "rung");
		bool told = false;

		json_array_foreach (classes, j, other) {
			if (!str_equal(row_str(other, "why"), why) ||
			    !str_equal(row_str(other, "rung"), rung))
				continue;
			told = told || j < i;
			text_puts(&t, t.n ? ", " : "");
			row_say(&t, other, "class");
		}
		if (told)
			continue;
		text_puts(&t, " by ");
		text_say(&t, rung);
		if (why.n) {
			text_puts(&t, "; ");
			text_say(&t, why);
		}
		say(d, LEVEL_OK, NULL, t.p);
	}
}

/* A hook that is attached may be silent all the same: what the daemon's own acts say. */
static void check_self_test(struct doctor *d)
{
	const json_t *classes = row_find(d->status, "self_test.classes"), *class;
	_cleanup_text_ struct text good = {0};
	size_t i, tried = 0, untried = 0, blind = 0;

	json_array_foreach (classes, i, class) {
		_cleanup_text_ struct text t = {0};

		tried += row_is(class, "state", "sees");
		untried += row_is(class, "state", "attached") && !row_find(class, "untried");
		if (row_find(class, "untried") && !row_is(class, "state", "blind")) {
			text_puts(&t, "self-test: ");
			row_say(&t, class, "what");
			text_puts(&t, " is not tried: ");
			row_say(&t, class, "untried");
			say(d, LEVEL_OK, NULL, t.p);
			continue;
		}
		if (!row_is(class, "state", "blind"))
			continue;
		blind++;
		text_puts(&t, "self-test: ");
		row_say(&t, class, "name");
		text_puts(&t, " (");
		row_say(&t, class, "what");
		text_puts(&t, ") is blind for ");
		text_say_duration(&t, row_u64(class, "blind_ms", 0) * 1000000);
		say(d, LEVEL_FAIL, "Since when: whodid query type=agent.blind", t.p);
	}
	if (!row_find(d->status, "self_test") || blind)
		return;
	text_printf(&good, "self-test: %zu of %zu classes saw what the daemon did", tried,
		    json_array_size(classes));
	if (untried)
		text_printf(&good, "; %zu are attached, and have no act to try them with", untried);
	say(d, LEVEL_OK, NULL, good.p);
}

static void check_daemon(struct doctor *d)
{
	_cleanup_text_ struct text t = {0}, loss = {0};
	uint64_t lost = row_u64(d->status, "loss.total", 0);

	if (!d->status) {
		_cleanup_text_ struct text at = {0};

		text_puts(&at, "no daemon answers at ");
		text_say_name(&at, str_of(d->c->server));
		say(d, LEVEL_WARN,
		    "Start it: sudo systemctl start whodid, or sudo make run in the "
		    "source tree.",
		    at.p);
		return;
	}
	text_puts(&t, "daemon ");
	row_say(&t, d->status, "version");
	text_puts(&t, " runs since ");
	text_say_duration(&t, row_u64(d->status, "uptime_ms", 0) * 1000000);
	say(d, LEVEL_OK, NULL, t.p);
	check_hooks(d);
	check_classes(d);
	check_self_test(d);
	text_say_number(&loss, lost);
	text_puts(&loss, " events lost since its start");
	say(d, lost ? LEVEL_WARN : LEVEL_OK, "When and why: whodid loss", loss.p);
	if (row_find(d->status, "store.error")) {
		_cleanup_text_ struct text error = {0};

		text_puts(&error, "the store fails: ");
		row_say(&error, d->status, "store.error");
		say(d, LEVEL_FAIL, "Events are seen, but not kept.", error.p);
	}
}

static void say_runner(void *ctx, bool known, const char *remedy, const char *printable)
{
	say(ctx, known ? LEVEL_OK : LEVEL_WARN, remedy, printable);
}

int run_doctor(struct cli *c)
{
	static void (*const checks[])(struct doctor *) = {
		check_kernel,	check_btf,    check_capabilities, check_lsm,
		check_lockdown, check_cgroup, check_disk,	  check_group,
	};
	struct doctor d = {.c = c};
	_cleanup_text_ struct text foot = {0};

	if (c->from)
		return fail(CODE_USAGE, NULL,
			    "doctor looks at this host, so --from does not go with it");
	ask_object(c, "/api/v1/status", true, &d.status);
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		checks[i](&d);
	doctor_runners(d.status, say_runner, &d);
	check_daemon(&d);
	json_decref(d.status);
	if (c->format != FORMAT_JSON && !c->quiet) {
		text_printf(&foot, "%u ok, %u warning%s, %u failure%s", d.counts[LEVEL_OK],
			    d.counts[LEVEL_WARN], d.counts[LEVEL_WARN] == 1 ? "" : "s",
			    d.counts[LEVEL_FAIL], d.counts[LEVEL_FAIL] == 1 ? "" : "s");
		terminal_line(&foot);
	}
	return d.counts[LEVEL_FAIL] ? CODE_NO : CODE_DONE;
}
