/* SPDX-License-Identifier: Apache-2.0 */
/* whodidd: the daemon's command line. What it then does is in whodidd_run.c and whodidd_replay.c. */
#include "whodidd.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/number.h"
#include "base/version.h"

#define CONFIG_FILE "/etc/whodid/whodid.yaml"

static const char usage[] =
	"Examples:\n"
	"  whodidd                                    watch this host until told to stop\n"
	"  whodidd --root /tmp/w --for 10s            ten seconds, everything kept under /tmp/w\n"
	"  whodidd --replay FILE                      events of a recording as JSON lines\n"
	"\n"
	"Usage: whodidd [OPTION]...\n"
	"  -c, --config FILE       settings; without it " CONFIG_FILE "\n"
	"      --set KEY=VALUE     one setting, stronger than the file; may be repeated\n"
	"      --root DIR          put socket, store and profiles under DIR\n"
	"      --hooks RUNG        auto, lsm, fentry or tracepoint\n"
	"      --for DURATION      stop by itself after 10s, 5m, 2h\n"
	"      --keep              let the kernel record on when this daemon ends (sensor.keep=always)\n"
	"      --unload            take out of the kernel what a daemon with that store left, then end\n"
	"  -t                      check settings and profiles, then end\n"
	"  -T                      print the settings in force and where they come from, then end\n"
	"      --record FILE       keep the kernel's records in FILE as well\n"
	"      --replay FILE       print the events of a recording; needs no root, keeps a store\n"
	"                          only where --set store.dir=DIR says so\n"
	"      --print-default-config\n"
	"  -v, --verbose           say more on stderr\n"
	"  -h, --help\n"
	"      --version\n"
	"\n"
	"Exit: 0 done, 1 failed, 2 wrong usage, 4 not permitted.\n";

void log_problem(const struct problem *err, int rc)
{
	char text[1024];

	problem_format(err, text, sizeof(text));
	log_error("%s", text[0] ? text : strerror(-rc));
}

void config_path(char *buf, size_t size, const struct options *opt)
{
	if (opt->config_path)
		snprintf(buf, size, "%s", opt->config_path);
	else if (opt->root)
		snprintf(buf, size, "%s/whodid.yaml", opt->root);
	else
		snprintf(buf, size, "%s", CONFIG_FILE);
}

int read_config(struct config *out, const struct options *opt, struct problem *err)
{
	char path[PATH_MAX + 32];
	struct config c;
	int rc = config_init(&c, opt->root);

	if (rc)
		return rc;
	config_path(path, sizeof(path), opt);
	rc = config_read(&c, path, opt->config_path != NULL, err);
	for (size_t i = 0; !rc && i < opt->set_count; i++)
		rc = config_set(&c, opt->sets[i], err);
	if (rc) {
		config_release(&c);
		return rc;
	}
	*out = c;
	return 0;
}

int load_profiles(struct profile_set **out, const struct config *c, struct problem *err)
{
	const char *dirs[] = {c->profiles_vendor_dir, c->profiles_dir, NULL};

	return profile_load(out, dirs, err);
}

/* --- command line */

enum long_option {
	OPT_SET = 256,
	OPT_ROOT,
	OPT_HOOKS,
	OPT_FOR,
	OPT_KEEP,
	OPT_UNLOAD,
	OPT_RECORD,
	OPT_REPLAY,
	OPT_DEFAULTS,
	OPT_VERSION
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"set", required_argument, NULL, OPT_SET},
	{"root", required_argument, NULL, OPT_ROOT},
	{"hooks", required_argument, NULL, OPT_HOOKS},
	{"for", required_argument, NULL, OPT_FOR},
	{"keep", no_argument, NULL, OPT_KEEP},
	{"unload", no_argument, NULL, OPT_UNLOAD},
	{"record", required_argument, NULL, OPT_RECORD},
	{"replay", required_argument, NULL, OPT_REPLAY},
	{"print-default-config", no_argument, NULL, OPT_DEFAULTS},
	{"verbose", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

static int usage_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static int usage_error(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_error("%s", text);
	fputs("Try: whodidd --help\n", stderr);
	return EXIT_USAGE;
}

static int add_set(struct options *opt, const char *assignment)
{
	struct config c;
	struct problem err = {0};
	int rc = config_init(&c, NULL);

	if (rc)
		return EXIT_FAILED;
	rc = config_set(&c, assignment, &err);
	config_release(&c);
	if (rc) {
		log_problem(&err, rc);
		return EXIT_USAGE;
	}
	if (opt->set_count == SETS_MAX)
		return usage_error("%s: too many settings on the command line", assignment);
	opt->sets[opt->set_count++] = assignment;
	return -1;
}

static int set_hooks(struct options *opt, const char *rung)
{
	static char assignment[64];

	snprintf(assignment, sizeof(assignment), "sensor.hooks=%s", rung);
	return add_set(opt, assignment);
}

/* The folder need not exist yet. */
static int set_root(struct options *opt, const char *dir)
{
	static char absolute[PATH_MAX];
	char here[PATH_MAX];
	int n;

	if (!*dir || (dir[0] != '/' && !getcwd(here, sizeof(here))))
		return usage_error("--root %s: cannot be found", dir);
	n = dir[0] == '/' ? snprintf(absolute, sizeof(absolute), "%s", dir)
			  : snprintf(absolute, sizeof(absolute), "%s/%s", here, dir);
	if (n < 0 || (size_t)n >= sizeof(absolute))
		return usage_error("--root %s: too long", dir);
	while (n > 1 && absolute[n - 1] == '/')
		absolute[--n] = '\0';
	opt->root = absolute;
	return -1;
}

static int print_and_end(void (*print)(FILE *out))
{
	print(stdout);
	return fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
}

static void print_usage(FILE *out)
{
	fputs(usage, out);
}

static void print_version(FILE *out)
{
	fputs("whodidd " WHODID_VERSION "\n", out);
}

/* -1 = go on, else the exit code. */
static int take_option(struct options *opt, int c)
{
	switch (c) {
	case 'c':
		opt->config_path = optarg;
		return -1;
	case OPT_SET:
		return add_set(opt, optarg);
	case OPT_ROOT:
		return set_root(opt, optarg);
	case OPT_HOOKS:
		return set_hooks(opt, optarg);
	case OPT_FOR:
		if (!number_duration_ns(str_of(optarg), &opt->for_ns) && opt->for_ns)
			return -1;
		return usage_error("--for %s: want a duration like 10s, 5m or 2h", optarg);
	case OPT_KEEP:
		return add_set(opt, "sensor.keep=always");
	case OPT_UNLOAD:
		opt->unload = true;
		return -1;
	case OPT_RECORD:
		opt->record = optarg;
		return -1;
	case OPT_REPLAY:
		opt->replay = optarg;
		return -1;
	case 't':
		opt->check = true;
		return -1;
	case 'T':
		opt->print_config = true;
		return -1;
	case 'v':
		opt->verbose = true;
		return -1;
	case OPT_DEFAULTS:
		return print_and_end(config_print_default);
	case OPT_VERSION:
		return print_and_end(print_version);
	case 'h':
		return print_and_end(print_usage);
	default:
		fputs("Try: whodidd --help\n", stderr);
		return EXIT_USAGE;
	}
}

static int parse_options(struct options *opt, int argc, char **argv)
{
	int c, code;

	while ((c = getopt_long(argc, argv, "c:tTvh", long_options, NULL)) != -1) {
		code = take_option(opt, c);
		if (code >= 0)
			return code;
	}
	if (optind < argc)
		return usage_error("unexpected argument: %s", argv[optind]);
	if (opt->replay && opt->record)
		return usage_error("--record and --replay exclude each other");
	if (opt->replay && opt->for_ns)
		return usage_error("--for says how long to watch; a replay ends by itself");
	return -1;
}

static int check_issuers(const struct config *c, struct problem *err)
{
	struct issuers *set;
	int rc = issuers_load(&set, c->attest_issuers_dir, err);

	if (rc)
		return rc;
	if (issuers_count(set))
		log_info("issuers of tokens: %zu", issuers_count(set));
	issuers_free(set);
	return 0;
}

static int check_files(const struct config *c)
{
	struct profile_set *set;
	struct problem err = {0};
	struct profile_counts n;
	int rc = load_profiles(&set, c, &err);

	if (!rc) {
		profile_get_counts(set, &n);
		profile_free(set);
		rc = check_issuers(c, &err);
	}
	if (rc) {
		log_problem(&err, rc);
		return EXIT_FAILED;
	}
	log_info("settings and profiles are right: %llu roles, %llu bindings, %llu rules",
		 (unsigned long long)n.roles, (unsigned long long)n.bindings,
		 (unsigned long long)n.rules);
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	static struct daemon d; /* half a MiB of buffers */
	struct options opt = {0};
	struct problem err = {0};
	int code = parse_options(&opt, argc, argv), rc;

	if (code >= 0)
		return code;
	rc = read_config(&d.config, &opt, &err);
	if (rc) {
		log_problem(&err, rc);
		return EXIT_FAILED;
	}
	d.opt = &opt;
	if (opt.print_config)
		config_print(&d.config, stdout);
	if (opt.check)
		code = check_files(&d.config);
	else if (opt.unload)
		code = run_unload(&d.config);
	else if (opt.print_config)
		code = fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
	else
		code = opt.replay ? run_replay(&d) : run_live(&d);
	config_release(&d.config);
	return code;
}
