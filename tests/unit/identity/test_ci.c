/* SPDX-License-Identifier: Apache-2.0 */
/* What a CI supervisor hands over names a job; what anybody else could have put there does not. */
#include "history.h"

#define GITHUB                                                                                   \
	"CI=true\0GITHUB_REPOSITORY=acme/app\0GITHUB_JOB=build\0GITHUB_ACTION=__run\0"           \
	"GITHUB_RUN_ID=1001\0GITHUB_RUN_ATTEMPT=2\0GITHUB_ACTOR=maya\0GITHUB_TOKEN=ghs_secret\0" \
	"GITHUB_WORKFLOW_REF=acme/app/.github/workflows/build.yml@refs/heads/a/b\0GITHUB_SHA=9f31"

/* A supervisor that was seen to start: the exec is what makes it one. */
static struct task supervisor(uint32_t pid, const char *exe, struct str argv)
{
	struct task task = task_of(pid, 0);
	struct event ev;

	CROSS(table, &task, .id = pid * 100, .kind = BOUNDARY_SEED, .exe = str_of(exe),
	      .cgroup = STR_LIT("/system.slice/runner.service"));
	ev = event_of(EVENT_EXEC, &task);
	ev.what.exec.exe = str_of(exe);
	ev.what.exec.argv = argv;
	identity_attach(table, &ev);
	return task;
}

static struct task worker(uint32_t pid)
{
	return supervisor(pid, "/opt/runner/bin/Runner.Worker",
			  STR_LIT("/opt/runner/bin/Runner.Worker\0spawnclient\0003\0004"));
}

static uint64_t next_id = 900;

/* The supervisor's child executes a step; *step is its task afterwards. */
#define STEP(parent, step, ...)                                                           \
	({                                                                                \
		*(step) = fork_task(table, parent, (parent)->pid + 1 + (uint32_t)next_id, \
				    next_id * 1000);                                      \
		CROSS(table, step, .id = ++next_id, .kind = BOUNDARY_CI,                  \
		      .role = ROLE_CI_SUPERVISOR, .opener_pid = (parent)->pid,            \
		      .opener_start_ns = (parent)->start_ns, __VA_ARGS__);                \
		act(table, EVENT_FILE_READ, step);                                        \
	})

static void a_step_of_github_is_named_by_its_worker(void **state)
{
	struct task parent = worker(10), step;
	struct event ev = STEP(&parent, &step, .ci_system = CI_GITHUB, .environ = STR_LIT(GITHUB));
	const struct ci_facts *ci = &ev.who.id.ci;

	(void)state;
	ASSERT_ID(ev, "ci:github/acme/app/build", "ci-step", "unit:runner.service", "RKK");
	ASSERT_STR(ev.who.id.kind, "ci");
	ASSERT_STR(ci->provider, "github");
	ASSERT_STR(ci->repository, "acme/app");
	ASSERT_STR(ci->workflow, "build.yml");
	ASSERT_STR(ci->job, "build");
	ASSERT_STR(ci->run_id, "1001");
	assert_int_equal(ci->attempt, 2);
	ASSERT_STR(ci->step, "__run");
	ASSERT_STR(ci->actor, "maya");
	ASSERT_STR(ci->sha, "9f31");
	assert_null(ci->ref.p);
	assert_int_equal(ev.who.id.flags, 0);
	/* sudo in it is still the job */
	ev = CROSS(table, &step, .id = ++next_id, .kind = BOUNDARY_BECOME, .role = ROLE_SUDO);
	ASSERT_STR(ev.who.id.who, "ci:github/acme/app/build");
	ASSERT_STR(ev.who.id.via, "ci-step,sudo:root");
	ASSERT_STR(ev.who.id.ci.step, "__run");
	/* and what a login opens is not */
	ev = CROSS(table, &parent, .id = ++next_id, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD,
		   .to_uid = 1001);
	assert_null(ev.who.id.ci.provider.p);
}

static void what_is_less_sure_says_so(void **state)
{
	static const struct {
		uint32_t system;
		struct str env;
		bool cut;
		const char *who, *levels;
		uint32_t flags;
	} rows[] = {
		{CI_GITHUB | CI_WEAK, STR_LIT(GITHUB), false, "ci:github/acme/app/build", "DKK", 0},
		{CI_GITHUB, STR_LIT(GITHUB), true, "ci:github/acme/app/build", "DKK",
		 ID_ENV_TRUNCATED},
		{CI_GITHUB, STR_LIT("GITHUB_REPOSITORY=victim/app\0" GITHUB), false,
		 "ci:github/victim/app/build", "CKK", ID_ENV_DUPLICATE},
		{CI_GITHUB, STR_LIT(GITHUB "\0LD_PRELOAD=/tmp/evil.so"), false,
		 "ci:github/acme/app/build", "RKK", ID_PRELOAD_ENV},
		{CI_GITHUB, STR_LIT(GITHUB "\0NODE_OPTIONS=--max-old-space-size=4096\0LD_PRELOAD="),
		 false, "ci:github/acme/app/build", "RKK", 0},
		/* half a name is none, and so is one that was cut off */
		{CI_GITHUB, STR_LIT("GITHUB_REPOSITORY=acme/app"), false, "anon:ci-unnamed", "UKK",
		 0},
		{CI_GITHUB, STR_LIT("GITHUB_REPOSITORY=acme/app\0GITHUB_JOB=bui"), true,
		 "anon:ci-unnamed", "UKK", ID_ENV_TRUNCATED},
		{CI_GITHUB, {NULL, 0}, false, "anon:ci-unnamed", "UKK", 0},
		/* values that would be another name, or a line of their own */
		{CI_GITHUB, STR_LIT("GITHUB_REPOSITORY=acme/app\0GITHUB_JOB=app/build"), false,
		 "anon:ci-unnamed", "UKK", 0},
		{CI_GITHUB, STR_LIT("GITHUB_REPOSITORY=acme/app\nx\0GITHUB_JOB=build"), false,
		 "anon:ci-unnamed", "UKK", 0},
		{CI_GITHUB, STR_LIT("GITHUB_REPOSITORY=acme/app\0GITHUB_JOB=a,b c"), false,
		 "ci:github/acme/app/a%2Cb%20c", "RKK", 0},
		/* no system of that number */
		{63, STR_LIT(GITHUB), false, "unit:runner.service", "DDK", ID_SEEDED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct task parent = worker(10 + (uint32_t)i), step;
		struct event ev = STEP(&parent, &step, .ci_system = rows[i].system,
				       .environ = rows[i].env, .environ_cut = rows[i].cut);

		if (str_starts(str_of(rows[i].who), "unit:"))
			ASSERT_STR(ev.who.id.who, rows[i].who);
		else
			ASSERT_ID(ev, rows[i].who, "ci-step", "unit:runner.service",
				  rows[i].levels);
		assert_int_equal(ev.who.id.flags, rows[i].flags);
	}
}

static void a_workspace_is_what_the_supervisor_gave(void **state)
{
	static const struct {
		uint32_t system;
		struct str env;
		const char *workspace, *temp;
	} rows[] = {
		{CI_GITHUB, STR_LIT("GITHUB_WORKSPACE=/w/app/app\0RUNNER_TEMP=/w/_temp\0" GITHUB),
		 "/w/app/app", "/w/_temp"},
		/* nothing that would make a rule on all below it one on everything, or on another folder */
		{CI_GITHUB, STR_LIT("GITHUB_WORKSPACE=/\0RUNNER_TEMP=/tmp\0" GITHUB), NULL, NULL},
		{CI_GITHUB, STR_LIT("GITHUB_WORKSPACE=/w/../etc\0RUNNER_TEMP=/w/./t\0" GITHUB),
		 NULL, NULL},
		{CI_GITHUB, STR_LIT("GITHUB_WORKSPACE=/w/app/\0RUNNER_TEMP=//w/t\0" GITHUB), NULL,
		 NULL},
		{CI_GITHUB, STR_LIT("GITHUB_WORKSPACE=w/app\0RUNNER_TEMP=\0" GITHUB), NULL, NULL},
		{CI_GITHUB, STR_LIT("GITHUB_WORKSPACE=/w/a\nb\0RUNNER_TEMP=/w/\xff\0" GITHUB), NULL,
		 NULL},
		/* said twice is said by nobody */
		{CI_GITHUB, STR_LIT("GITHUB_WORKSPACE=/w/evil\0GITHUB_WORKSPACE=/w/app\0" GITHUB),
		 NULL, NULL},
		/* where a job may set it */
		{CI_GITEA, STR_LIT("GITHUB_WORKSPACE=/w/app/app\0RUNNER_TEMP=/w/_temp\0" GITHUB),
		 NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool gitea = rows[i].system == CI_GITEA;
		struct task parent =
			gitea ? supervisor(60, "/usr/bin/act_runner", STR_LIT("act_runner\0daemon"))
			      : worker(50 + (uint32_t)i);
		struct task step;
		struct event ev =
			STEP(&parent, &step, .ci_system = rows[i].system, .environ = rows[i].env);

		ASSERT_STR(ev.who.id.ci.repository, "acme/app");
		if (rows[i].workspace)
			ASSERT_STR(ev.who.id.ci.workspace, rows[i].workspace);
		else
			assert_null(ev.who.id.ci.workspace.p);
		if (rows[i].temp)
			ASSERT_STR(ev.who.id.ci.temp, rows[i].temp);
		else
			assert_null(ev.who.id.ci.temp.p);
	}
}

static void each_system_by_what_it_hands_over(void **state)
{
	static const struct {
		uint32_t system;
		const char *exe;
		struct str opener, argv, env;
		const char *cwd, *who, *levels;
	} rows[] = {
		{CI_JENKINS, "/usr/bin/java", STR_LIT("java\0-jar\0/opt/agent.jar"),
		 STR_LIT("nohup\0sh\0-c\0( jsc=1; sh '/j/workspace/fold/app@2@tmp/durable-0a/s' )&"),
		 STR_LIT("JOB_NAME=victim"), "/j/workspace/fold/app@2", "ci:jenkins/fold/app",
		 "DKK"},
		/* a folder of the job's, also of its second build at a time; of a job in a folder; a lie */
		{CI_JENKINS, "/usr/bin/java", STR_LIT("java\0-jar\0/opt/agent.jar"),
		 STR_LIT("sh\0-c\0'/j/workspace/app/src/x@tmp/durable-0a/s'"),
		 STR_LIT("JOB_NAME=app"), "/j/workspace/app/src/x", "ci:jenkins/app", "DKK"},
		{CI_JENKINS, "/usr/bin/java", STR_LIT("java\0-jar\0/opt/agent.jar"),
		 STR_LIT("sh\0-c\0'/j/workspace/app@2/src@tmp/durable-0a/s'"),
		 STR_LIT("JOB_NAME=app"), "/j/workspace/app@2/src", "ci:jenkins/app", "DKK"},
		{CI_JENKINS, "/usr/bin/java", STR_LIT("java\0-jar\0/opt/agent.jar"),
		 STR_LIT("sh\0-c\0'/j/workspace/fold/app@tmp/durable-0a/s'"),
		 STR_LIT("JOB_NAME=fold/app"), "/j/workspace/fold/app", "ci:jenkins/fold/app",
		 "DKK"},
		{CI_JENKINS, "/usr/bin/java", STR_LIT("java\0-jar\0/opt/agent.jar"),
		 STR_LIT("sh\0-c\0'/j/workspace/app/src@tmp/durable-0a/s'"), STR_LIT("JOB_NAME=ap"),
		 "/j/workspace/app/src", "ci:jenkins/app/src", "DKK"},
		{CI_JENKINS, "/usr/bin/java", STR_LIT("java\0-jar\0/opt/remoting.jar"),
		 STR_LIT("/bin/sh\0-xe\0/tmp/jenkins1.sh"), STR_LIT("JOB_NAME=victim"),
		 "/j/workspace/nightly", "ci:jenkins/nightly", "DKK"},
		{CI_JENKINS, "/usr/bin/java", STR_LIT("java\0-jar\0/opt/agent.jar"),
		 STR_LIT("git\0--version"), STR_LIT("JOB_NAME=victim"), "/j", "anon:ci-unnamed",
		 "UKK"},
		{CI_GITLAB, "/usr/bin/gitlab-runner", STR_LIT("gitlab-runner\0run"),
		 STR_LIT("bash\0-l"), STR_LIT("CI_PROJECT_PATH=victim/app\0CI_JOB_NAME=x"),
		 "/home/gitlab-runner/builds/Ab-_3/0/grp/sub/proj", "ci:gitlab/grp/sub/proj/-",
		 "DKK"},
		{CI_GITLAB, "/usr/bin/gitlab-runner", STR_LIT("gitlab-runner\0run"),
		 STR_LIT("bash\0-l"), STR_LIT("CI_PROJECT_PATH=victim/app"), "/home/gitlab-runner",
		 "anon:ci-unnamed", "UKK"},
		{CI_BUILDKITE, "/usr/bin/buildkite-agent", STR_LIT("buildkite-agent\0bootstrap"),
		 STR_LIT("bash"),
		 STR_LIT("BUILDKITE_ORGANIZATION_SLUG=acme\0BUILDKITE_PIPELINE_SLUG=app\0"
			 "BUILDKITE_STEP_KEY=test"),
		 "/", "ci:buildkite/acme/app/test", "RKK"},
		{CI_CIRCLECI, "/opt/circleci/circleci-runner", STR_LIT("circleci-runner"),
		 STR_LIT("bash"),
		 STR_LIT("CIRCLE_PROJECT_USERNAME=acme\0CIRCLE_PROJECT_REPONAME=app\0"
			 "CIRCLE_JOB=test\0BASH_ENV=/tmp/.bash_env"),
		 "/", "ci:circleci/acme/app/test", "DKK"},
		{CI_AZURE, "/opt/agent/bin/Agent.Worker",
		 STR_LIT("Agent.Worker\0spawnclient\0001\0002"), STR_LIT("bash"),
		 STR_LIT("BUILD_REPOSITORY_NAME=acme/app\0SYSTEM_JOBNAME=Job"), "/",
		 "ci:azure/acme/app/Job", "DKK"},
		{CI_TEAMCITY, "/usr/bin/java",
		 STR_LIT("java\0-cp\0x.jar\0jetbrains.buildServer.agent.AgentMain"), STR_LIT("sh"),
		 STR_LIT("TEAMCITY_PROJECT_NAME=App\0TEAMCITY_BUILDCONF_NAME=Build all"), "/",
		 "ci:teamcity/App/Build%20all", "DKK"},
		{CI_WOODPECKER, "/usr/bin/woodpecker-agent", STR_LIT("woodpecker-agent"),
		 STR_LIT("sh"), STR_LIT("CI_REPO=acme/app\0CI_WORKFLOW_NAME=test"), "/",
		 "ci:woodpecker/acme/app/test", "DKK"},
		{CI_DRONE, "/usr/bin/drone-runner-exec", STR_LIT("drone-runner-exec"),
		 STR_LIT("sh"), STR_LIT("DRONE_REPO=acme/app\0DRONE_STAGE_NAME=test"), "/",
		 "ci:drone/acme/app/test", "DKK"},
		{CI_GITEA, "/usr/bin/act_runner", STR_LIT("act_runner\0daemon"), STR_LIT("bash"),
		 STR_LIT("GITHUB_REPOSITORY=acme/app\0GITHUB_JOB=test"), "/",
		 "ci:gitea/acme/app/test", "DKK"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct task parent = supervisor(100 + (uint32_t)i, rows[i].exe, rows[i].opener);
		struct task step;
		struct event ev =
			STEP(&parent, &step, .ci_system = rows[i].system, .argv = rows[i].argv,
			     .environ = rows[i].env, .cwd = str_of(rows[i].cwd));

		ASSERT_ID(ev, rows[i].who, "ci-step", "unit:runner.service", rows[i].levels);
		assert_int_equal(ev.who.id.flags, 0);
	}
}

static void only_a_supervisor_of_the_system_starts_jobs(void **state)
{
	struct task app = supervisor(10, "/usr/bin/java", STR_LIT("java\0-jar\0/opt/app.jar"));
	struct task ssh = task_of(20, 0), unseen = task_of(30, 0), step;
	struct event ev;

	(void)state;
	/* any program of its own on the pinned java */
	ev = STEP(&app, &step, .ci_system = CI_JENKINS,
		  .argv = STR_LIT("sh\0/j/workspace/victim@tmp/durable-0a/s"));
	ASSERT_STR(ev.who.id.who, "unit:runner.service");
	ASSERT_STR(ev.who.id.via, "");
	/* a person who starts the worker with an environment of his choice */
	CROSS(table, &ssh, .id = 2000, .kind = BOUNDARY_SEED, .cgroup = STR_LIT("/"));
	CROSS(table, &ssh, .id = 2001, .kind = BOUNDARY_LOGIN, .role = ROLE_SSHD, .to_uid = 1001);
	ev = event_of(EVENT_EXEC, &ssh);
	ev.what.exec.exe = STR_LIT("/opt/runner/bin/Runner.Worker");
	ev.what.exec.argv = STR_LIT("Runner.Worker\0spawnclient\0001\0002");
	identity_attach(table, &ev);
	ev = STEP(&ssh, &step, .ci_system = CI_GITHUB, .environ = STR_LIT(GITHUB));
	ASSERT_ID(ev, "human:alice", "ssh,ci-step", "host", "KDK");
	assert_null(ev.who.id.ci.repository.p);
	/* a supervisor that ran before: its arguments were not seen */
	CROSS(table, &unseen, .id = 3000, .kind = BOUNDARY_SEED,
	      .cgroup = STR_LIT("/system.slice/runner.service"));
	ev = STEP(&unseen, &step, .ci_system = CI_GITHUB, .environ = STR_LIT(GITHUB));
	ASSERT_ID(ev, "ci:github/acme/app/build", "ci-step", "unit:runner.service", "DKK");
	/* or no supervisor at all, when nothing names the job */
	ev = STEP(&unseen, &step, .ci_system = CI_JENKINS, .argv = STR_LIT("sh\0-c\0true"));
	ASSERT_STR(ev.who.id.who, "unit:runner.service");
}

static void where_a_unit_is_named_jobs_start_only_there(void **state)
{
	static const char *const rows[] = {"gitlab=/x", "github@actions.*=/x",
					   "github@runner.serv*=/y", NULL};
	static const char *const elsewhere[] = {"gitlab=/x", "github@actions.*=/x", NULL};
	struct identity_options opt = {.passwd_path = passwd_path, .ci_supervisors = rows};
	struct task parent, step;
	struct event ev;

	(void)state;
	identity_free(table);
	assert_int_equal(identity_new(&table, &opt), 0);
	parent = worker(10);
	ev = STEP(&parent, &step, .ci_system = CI_GITHUB, .environ = STR_LIT(GITHUB),
		  .cgroup = STR_LIT("/system.slice/runner.service"));
	ASSERT_STR(ev.who.id.who, "ci:github/acme/app/build");
	ev = STEP(&parent, &step, .ci_system = CI_GITHUB, .environ = STR_LIT(GITHUB),
		  .cgroup = STR_LIT("/"));
	ASSERT_STR(ev.who.id.who, "unit:runner.service");
	identity_free(table);
	opt.ci_supervisors = elsewhere;
	assert_int_equal(identity_new(&table, &opt), 0);
	parent = worker(10);
	ev = STEP(&parent, &step, .ci_system = CI_GITHUB, .environ = STR_LIT(GITHUB),
		  .cgroup = STR_LIT("/system.slice/runner.service"));
	ASSERT_STR(ev.who.id.who, "unit:runner.service");
	assert_true(ev.who.id.flags & ID_FAKE_SUPERVISOR);
	assert_null(ev.who.id.ci.provider.p);
}

static void a_later_step_is_no_other_job(void **state)
{
	struct task parent = worker(10), other = worker(11), step;
	struct event ev;

	(void)state;
	STEP(&parent, &step, .ci_system = CI_GITHUB, .environ = STR_LIT(GITHUB));
	ev = STEP(&parent, &step, .ci_system = CI_GITHUB,
		  .environ = STR_LIT("GITHUB_REPOSITORY=victim/app\0GITHUB_JOB=deploy\0"
				     "GITHUB_ACTION=__run_2"));
	ASSERT_ID(ev, "ci:github/acme/app/build", "ci-step", "unit:runner.service", "RKK");
	ASSERT_STR(ev.who.id.ci.step, "__run_2");
	ASSERT_STR(ev.who.id.ci.actor, "maya");
	assert_int_equal(ev.who.id.flags, ID_ENV_MISMATCH);
	/* another supervisor may well start another job */
	ev = STEP(&other, &step, .ci_system = CI_GITHUB,
		  .environ = STR_LIT("GITHUB_REPOSITORY=acme/lib\0GITHUB_JOB=test"));
	ASSERT_ID(ev, "ci:github/acme/lib/test", "ci-step", "unit:runner.service", "RKK");
}

static struct event act_at(const struct task *task, int64_t wall_ns, int64_t last_wall_ns)
{
	struct event ev = event_of(EVENT_FILE_READ, task);

	ev.what.wall_ns = wall_ns;
	ev.what.last_wall_ns = last_wall_ns;
	identity_attach(table, &ev);
	return ev;
}

static void a_job_ends_with_its_supervisor(void **state)
{
	struct task parent = worker(10), other = worker(11), step, still;
	struct event ev = event_of(EVENT_EXIT, &parent);

	(void)state;
	STEP(&parent, &step, .ci_system = CI_GITHUB, .environ = STR_LIT(GITHUB));
	STEP(&other, &still, .ci_system = CI_GITHUB, .environ = STR_LIT(GITHUB));
	CROSS(table, &step, .id = ++next_id, .kind = BOUNDARY_BECOME, .role = ROLE_SUDO);
	ev.what.wall_ns = 1000;
	assert_false(act_at(&step, 999, 0).who.id.flags & ID_AFTER_JOB_END);
	identity_attach(table, &ev);
	assert_true(act_at(&step, 1001, 0).who.id.flags & ID_AFTER_JOB_END);
	ASSERT_STR(act_at(&step, 1001, 0).who.id.who, "ci:github/acme/app/build");
	/* counted before the end, told after it */
	assert_false(act_at(&step, 1500, 900).who.id.flags & ID_AFTER_JOB_END);
	assert_false(act_at(&still, 1001, 0).who.id.flags & ID_AFTER_JOB_END);
}

static struct event exec_as(const struct task *task, const char *exe, struct str argv)
{
	struct event ev = event_of(EVENT_EXEC, task);

	ev.what.exec.exe = str_of(exe);
	ev.what.exec.argv = argv;
	identity_attach(table, &ev);
	return ev;
}

static void a_job_that_plays_the_supervisor_is_flagged(void **state)
{
	const struct str argv = STR_LIT("Runner.Worker\0spawnclient\0001\0002");
	struct task parent = worker(10), step;
	struct event ev;

	(void)state;
	STEP(&parent, &step, .ci_system = CI_GITHUB, .environ = STR_LIT(GITHUB));
	ev = exec_as(&step, "/tmp/Runner.Worker", argv);
	assert_true(ev.who.id.flags & ID_FAKE_SUPERVISOR);
	ASSERT_STR(ev.who.id.who, "ci:github/acme/app/build");
	assert_true(act(table, EVENT_NET_CONNECT, &step).who.id.flags & ID_FAKE_SUPERVISOR);
	ev = exec_as(&step, "/bin/dash", argv); /* by its first argument only */
	assert_true(ev.who.id.flags & ID_FAKE_SUPERVISOR);
	ev = exec_as(&step, "/bin/dash", STR_LIT("sh"));
	assert_false(ev.who.id.flags & ID_FAKE_SUPERVISOR);
	step.flags = TASK_FAKE_SUPERVISOR; /* the kernel's word */
	assert_true(act(table, EVENT_NET_CONNECT, &step).who.id.flags & ID_FAKE_SUPERVISOR);
	/* the supervisor itself, outside of any job, is none */
	assert_int_equal(exec_as(&parent, "/opt/runner/bin/Runner.Worker", argv).who.id.flags &
				 ID_FAKE_SUPERVISOR,
			 0);
}

static void an_explanation_says_what_was_handed_over_and_no_secret(void **state)
{
	struct task parent = worker(10), step;
	struct json w;
	char key[32];
	struct str text;

	(void)state;
	STEP(&parent, &step, .ci_system = CI_GITHUB, .environ = STR_LIT(GITHUB));
	json_init(&w, 1u << 20);
	snprintf(key, sizeof(key), "%u", step.pid);
	assert_int_equal(identity_explain(table, &test_host, str_of(key), &w, NULL), 0);
	text = (struct str){w.buf, (uint32_t)w.len};
	assert_non_null(memmem(text.p, text.n, "repository acme/app, job build", 30));
	assert_non_null(memmem(text.p, text.n, "github's supervisor (pid 10", 27));
	assert_null(memmem(text.p, text.n, "ghs_secret", 10));
	json_release(&w);
}

static void a_recording_keeps_the_name_and_no_secret(void **state)
{
	static const char env[] = "SECRET=topsecret\0GITHUB_JOB=build\0garbage\0GITHUB_JOB\0"
				  "BASH_ENV=/tmp/x\0TOKEN=";
	struct {
		struct record_boundary b;
		char env[sizeof(env) - 1];
		char behind[9];
	} r = {.b = {.header = {.kind = RECORD_BOUNDARY},
		     .kind = BOUNDARY_CI,
		     .ci_system = CI_GITHUB,
		     .environ = {sizeof(r.b), sizeof(env) - 1}},
	       .behind = "A=behind"};

	(void)state;
	memcpy(r.env, env, sizeof(r.env));
	identity_ci_scrub(&r, sizeof(r));
	assert_memory_equal(r.env,
			    "SECRET=xxxxxxxxx\0GITHUB_JOB=build\0xxxxxxx\0xxxxxxxxxx\0"
			    "BASH_ENV=/tmp/x\0TOKEN=",
			    sizeof(r.env));
	assert_string_equal(r.behind, "A=behind");
	/* a system without keys keeps none */
	memcpy(r.env, env, sizeof(r.env));
	r.b.ci_system = CI_JENKINS;
	identity_ci_scrub(&r, sizeof(r));
	assert_null(memmem(r.env, sizeof(r.env), "build", 5));
	/* texts that point elsewhere, and what is no job, are let alone */
	memcpy(r.env, env, sizeof(r.env));
	r.b.environ.len = sizeof(r);
	identity_ci_scrub(&r, sizeof(r));
	assert_memory_equal(r.env, env, sizeof(r.env));
	r.b.environ.len = 4;
	r.b.kind = BOUNDARY_CGROUP;
	identity_ci_scrub(&r, sizeof(r));
	assert_memory_equal(r.env, env, sizeof(r.env));
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, new_case, end_case)
	const struct CMUnitTest tests[] = {
		CASE(a_step_of_github_is_named_by_its_worker),
		CASE(what_is_less_sure_says_so),
		CASE(each_system_by_what_it_hands_over),
		CASE(a_workspace_is_what_the_supervisor_gave),
		CASE(only_a_supervisor_of_the_system_starts_jobs),
		CASE(where_a_unit_is_named_jobs_start_only_there),
		CASE(a_later_step_is_no_other_job),
		CASE(a_job_ends_with_its_supervisor),
		CASE(a_job_that_plays_the_supervisor_is_flagged),
		CASE(a_recording_keeps_the_name_and_no_secret),
		CASE(an_explanation_says_what_was_handed_over_and_no_secret),
	};

	return cmocka_run_group_tests(tests, make_passwd, remove_passwd);
}
