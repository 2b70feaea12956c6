/* `vitalrig run`: replay scenarios into a device, store what it says, score it, judge it. */
#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/amount.h"
#include "cli/job.h"
#include "cli/say.h"
#include "cli/scenarios.h"
#include "cli/stop.h"
#include "cli/submission.h"
#include "cli/submission_options.h"
#include "cli/verb.h"

#define SCENARIOS_MAX 1000

struct options {
    struct vr_job_options job;
    struct vr_submission submission;
    const char *paths[SCENARIOS_MAX]; /* as given: files or folders */
    size_t path_count;
};

/* --- several scenarios ------------------------------------------------------------------------ */

struct jobs {
    struct vr_submission *submission;
    int exit_code;
};

static void run_scenario(void *context, const char *file)
{
    struct jobs *jobs = context;
    if (!atomic_load(jobs->submission->job->stop))
        jobs->exit_code = vr_exit_worse(jobs->exit_code, vr_submission_run(jobs->submission, file));
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int run_all(struct options *options)
{
    struct jobs jobs = {.submission = &options->submission};
    struct vr_err err;
    if (options->path_count == 0)
        run_scenario(&jobs, NULL);
    for (size_t i = 0; i < options->path_count; i++)
        if (vr_scenarios_each(options->paths[i], run_scenario, &jobs, &err) < 0)
            jobs.exit_code = vr_exit_worse(jobs.exit_code, vr_say_err(&err));
    return jobs.exit_code;
}

/* --- command line ----------------------------------------------------------------------------- */

enum {
    KEY_RIG = 256,
    KEY_DUT,
    KEY_RECORDS,
    KEY_REPEAT,
    KEY_SEED,
    KEY_SPEED,
    KEY_FROM,
    KEY_FOR,
    KEY_DB,
    KEY_RUN_FILE,
    KEY_JSON,
    KEY_JUNIT,
    KEY_PARITY,
    KEY_BASELINE,
    KEY_NO_POWER,
    KEY_SHARD,
    KEY_RESUME,
    KEY_WAIT,
    KEY_NO_WAIT,
    KEY_DRY_RUN
};

static const struct argp_option options[] = {
    {"rig", KEY_RIG, "FILE", 0,
     "The bench: its DUTs (default: $VITALRIG_RIG, else the simulated ones)", 0},
    {"dut", KEY_DUT, "NAME", 0,
     "Instead of the scenario's DUT; a model stands for the first of its devices that is free", 0},
    {"wait", KEY_WAIT, "SECONDS", 0,
     "Wait so long at most for a DUT that somebody else has (default: until it is free)", 0},
    {"no-wait", KEY_NO_WAIT, NULL, 0, "Do not wait for it: exit code 3", 0},
    {"records", KEY_RECORDS, "GLOB[,GLOB]", 0, "Instead of the scenario's selection", 0},
    {"repeat", KEY_REPEAT, "N", 0, "Replay each record N times", 0},
    {"shard", KEY_SHARD, "I/N", 0, "Run the I-th of N parts of the trials", 0},
    {"seed", KEY_SEED, "N", 0, "Instead of the scenario's seed", 0},
    {"speed", KEY_SPEED, "X|max|silent", 0,
     "Paced by the device at X times the recorded rate, as fast as it takes samples, or all loaded "
     "first and computed on a quiet line",
     0},
    {"from", KEY_FROM, "TIME", 0,
     "Begin at this time of each record (90, 1:30), instead of the scenario's window; its warm-up "
     "comes before",
     0},
    {"for", KEY_FOR, "TIME", 0, "End after so much of it (default: as the scenario says)", 0},
    {"db", KEY_DB, "FILE", 0, "The catalogue that the run goes into", 0},
    {"run-file", KEY_RUN_FILE, "FILE", 0, "Where to write the run file (one scenario only)", 0},
    {"resume", KEY_RESUME, "RUN_FILE", 0,
     "Go on with the run in this file, which was stopped or whose process died: its finished "
     "trials stay",
     0},
    {"json", KEY_JSON, NULL, 0, "Print the report as one JSON object per scenario", 0},
    {"junit", KEY_JUNIT, "FILE", 0, "Write a JUnit report as well (one scenario only)", 0},
    {"parity", KEY_PARITY, "GOLDEN_RUN", 0,
     "Fail unless the outputs are those of this run, to the last bit: its file, or its name in the "
     "catalogue (one scenario only)",
     0},
    {"baseline", KEY_BASELINE, "NAME", 0,
     "Hold gates against this baseline (`vitalrig baseline`) instead of the one that they name; "
     "also run:UID, previous, or "
     "a run's file",
     0},
    {"no-power", KEY_NO_POWER, NULL, 0, "Leave the DUT's power meter alone: no energy", 0},
    {"dry-run", KEY_DRY_RUN, NULL, 0, "Check everything and say what would run", 0},
    {"quiet", 'q', NULL, 0, "No progress on stderr", 0},
    {0},
};

static long parse_count(struct argp_state *state, const char *text, const char *option, long most)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < 1 || value > most)
        argp_error(state, "--%s %s: not a whole number from 1 to %ld", option, text, most);
    return value;
}

static void parse_speed(struct argp_state *state, struct vr_plan_options *plan, const char *text)
{
    plan->has_speed = true;
    plan->speed_milli = 0;
    plan->mode = strcmp(text, "silent") == 0 ? WIRE_MODE_SILENT : WIRE_MODE_MAX;
    if (plan->mode == WIRE_MODE_SILENT || strcmp(text, "max") == 0)
        return;
    char *end;
    double speed = strtod(text, &end);
    if (end == text || *end || !(speed >= 0.001 && speed <= 1000))
        argp_error(
            state, "--speed %s: neither \"max\" nor \"silent\" nor a number from 0.001 to 1000",
            text);
    plan->mode = WIRE_MODE_PACED;
    plan->speed_milli = (uint32_t)lround(speed * 1000);
}

static void parse_seed(struct argp_state *state, struct vr_plan_options *plan, const char *text)
{
    char *end;
    errno = 0;
    plan->seed = strtoull(text, &end, 10);
    plan->has_seed = true;
    if (errno || end == text || *end || text[0] == '-')
        argp_error(state, "--seed %s: not a whole number from 0 on", text);
}

static void parse_shard(struct argp_state *state, struct vr_plan_options *plan, const char *text)
{
    char end;
    if (sscanf(text, "%4d/%4d%c", &plan->shard, &plan->shard_count, &end) != 2 || plan->shard < 1 ||
        plan->shard > plan->shard_count)
        argp_error(state, "--shard %s: not a part and a number of parts, such as 1/4", text);
}

static void parse_window(
    struct argp_state *state, struct vr_plan_options *plan, int key, const char *text)
{
    if (key == KEY_FROM) {
        plan->from_s = vr_amount_seconds(state, "--from", text);
        plan->has_from = true;
        return;
    }
    plan->for_s = vr_amount_seconds(state, "--for", text);
    if (plan->for_s == 0)
        argp_error(state, "--for %s: nothing would be left", text);
}

static double parse_wait(struct argp_state *state, const char *text)
{
    char *end;
    double wait_s = strtod(text, &end);
    if (end == text || *end || !(wait_s >= 0 && wait_s <= 31536000))
        argp_error(state, "--wait %s: not a number of seconds from 0 to a year", text);
    return wait_s;
}

/* What one file stands for, and what a run that was begun says by itself. */
static void check_together(struct argp_state *state, const struct options *o)
{
    const struct vr_job_options *job = &o->job;
    const struct vr_plan_options *plan = &job->plan;
    if ((job->run_file || job->junit || job->parity) &&
        (o->path_count > 1 || (o->path_count == 1 && is_folder(o->paths[0]))))
        argp_error(
            state, "--run-file, --junit and --parity name one file or run: give one scenario");
    if (job->resume &&
        (o->path_count > 0 || job->run_file || job->parity || job->baseline || plan->dut ||
         plan->records || plan->repeat || plan->has_seed || plan->has_speed || plan->has_from ||
         plan->for_s > 0 || plan->no_power || plan->shard_count))
        argp_error(state, "--resume: the run says by itself what is run; give nothing of it again");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->submission;
        break;
    case KEY_RIG:
        o->job.rig = argument;
        break;
    case KEY_DUT:
        o->job.plan.dut = argument;
        break;
    case KEY_RECORDS:
        o->job.plan.records = argument;
        break;
    case KEY_REPEAT:
        o->job.plan.repeat = (int)parse_count(state, argument, "repeat", 1000);
        break;
    case KEY_SEED:
        parse_seed(state, &o->job.plan, argument);
        break;
    case KEY_SPEED:
        parse_speed(state, &o->job.plan, argument);
        break;
    case KEY_FROM:
    case KEY_FOR:
        parse_window(state, &o->job.plan, key, argument);
        break;
    case KEY_DB:
        o->job.db = argument;
        break;
    case KEY_RUN_FILE:
        o->job.run_file = argument;
        break;
    case KEY_JSON:
        o->job.json = true;
        break;
    case KEY_JUNIT:
        o->job.junit = argument;
        break;
    case KEY_PARITY:
        o->job.parity = argument;
        break;
    case KEY_BASELINE:
        o->job.baseline = argument;
        break;
    case KEY_NO_POWER:
        o->job.plan.no_power = true;
        break;
    case KEY_SHARD:
        parse_shard(state, &o->job.plan, argument);
        break;
    case KEY_RESUME:
        o->job.resume = argument;
        break;
    case KEY_WAIT:
        o->job.wait_s = parse_wait(state, argument);
        break;
    case KEY_NO_WAIT:
        o->job.wait_s = 0;
        break;
    case KEY_DRY_RUN:
        o->job.dry_run = true;
        break;
    case 'q':
        o->job.quiet = true;
        break;
    case ARGP_KEY_ARG:
        if (o->path_count == SCENARIOS_MAX)
            argp_error(state, "more than %d scenarios", SCENARIOS_MAX);
        o->paths[o->path_count++] = argument;
        break;
    case ARGP_KEY_END:
        check_together(state, o);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp_child children[] = {
    {&vr_submission_argp, 0, "With a daemon (vitalrigd), which queues the run:", 1},
    {0},
};

static const struct argp parser = {
    .options = options,
    .parser = parse,
    .children = children,
    .args_doc = "[SCENARIO|FOLDER]...",
    .doc = "Replay scenarios into a device, store what it says, score it and judge it.\v"
           "Without a scenario, the built-in one runs; without --dut and --speed too, it runs in "
           "silence "
           "on the simulated device and its meter.\n\n"
           "Exit codes: 0 all gates passed, 1 a gate failed or an output is not the golden run's, "
           "2 usage or input is wrong, 3 the bench "
           "failed (a retry may help), 4 nothing selected, 5 inconclusive, 70 internal error.",
};

static int run(int argc, char **argv)
{
    struct options o = {.job = {.rig = getenv("VITALRIG_RIG"), .wait_s = INFINITY}};
    argp_parse(&parser, argc, argv, 0, NULL, &o);
    o.job.stop = vr_stop_catch();
    o.submission.job = &o.job;
    int exit_code = run_all(&o);
    vr_submission_finish(&o.submission);
    return vr_stop_exit(exit_code);
}

const struct vr_verb vr_verb_run = {
    .name = "run",
    .summary = "replay scenarios into a device, store, score and judge",
    .run = run,
};
