/* vitalrig jobs: the daemon's queue. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json_copy.h"
#include "base/json_member.h"
#include "cli/amount.h"
#include "cli/answer.h"
#include "cli/client_options.h"
#include "cli/follow.h"
#include "cli/job_text.h"
#include "cli/say.h"
#include "cli/stop.h"
#include "cli/verb.h"

/* What these verbs are asked; each takes what it needs. */
struct jobs_arguments {
    struct vr_client_choice choice;
    const char *state, *user, *campaign, *format;
    size_t limit;
    int64_t job_id; /* 0 = none */
    bool json, quiet;
};

enum { KEY_STATE = 256, KEY_USER, KEY_CAMPAIGN, KEY_LIMIT, KEY_FORMAT };

#define JSON_OPTION \
    { \
        "json", 'j', NULL, 0, "One JSON object", 0 \
    }

static const struct argp_option list_options[] = {
    {"state", KEY_STATE, "STATE", 0, "Only those that are queued, running or ended", 0},
    {"user", KEY_USER, "NAME", 0, "Only those of this user", 0},
    {"campaign", KEY_CAMPAIGN, "NAME", 0, "Only those of this campaign", 0},
    {"limit", KEY_LIMIT, "N", 0, "The newest N (default 20)", 0},
    JSON_OPTION,
    {0},
};
static const struct argp_option show_options[] = {JSON_OPTION, {0}};
static const struct argp_option report_options[] = {
    {"format", KEY_FORMAT, "FORM", 0, "text (the default), json or junit", 0},
    {0},
};
static const struct argp_option follow_options[] = {
    {"json", 'j', NULL, 0, "Print the report as one JSON object", 0},
    {"quiet", 'q', NULL, 0, "No progress on stderr", 0},
    {0},
};

static int64_t parse_id(struct argp_state *state, const char *text)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < 1)
        argp_error(state, "\"%s\" is no job's number; `vitalrig jobs` lists them", text);
    return value;
}

static void check_word(
    struct argp_state *state, const char *option, const char *word, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return;
    argp_error(state, "%s %s: none of %s, %s, %s", option, word, words[0], words[1], words[2]);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    static const char *const states[] = {"queued", "running", "ended", NULL};
    static const char *const formats[] = {"text", "json", "junit", NULL};
    struct jobs_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->choice;
        break;
    case KEY_STATE:
        check_word(state, "--state", argument, states);
        arguments->state = argument;
        break;
    case KEY_USER:
        arguments->user = argument;
        break;
    case KEY_CAMPAIGN:
        arguments->campaign = argument;
        break;
    case KEY_LIMIT:
        arguments->limit = vr_amount_count(state, "--limit", argument);
        break;
    case KEY_FORMAT:
        check_word(state, "--format", argument, formats);
        arguments->format = argument;
        break;
    case 'j':
        arguments->json = true;
        break;
    case 'q':
        arguments->quiet = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* The same, of one job. */
static error_t parse_one(int key, char *argument, struct argp_state *state)
{
    struct jobs_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (arguments->job_id)
            argp_error(state, "\"%s\" is one argument too many", argument);
        arguments->job_id = parse_id(state, argument);
        return 0;
    case ARGP_KEY_END:
        if (!arguments->job_id)
            argp_error(state, "which job? `vitalrig jobs` lists them");
        return 0;
    default:
        return parse(key, argument, state);
    }
}

static const struct argp_child children[] = {{&vr_client_needed_argp, 0, NULL, 0}, {0}};

/* Parse, connect, do; returns the exit code. */
static int jobs_verb(
    const struct argp *argp, int argc, char **argv,
    int (*act)(
        struct vr_client *client, const struct jobs_arguments *arguments, int *ret_exit_code,
        struct vr_err *err))
{
    _cleanup_(vr_client_closep) struct vr_client *client = NULL;
    struct jobs_arguments arguments = {.limit = 20, .format = "text"};
    struct vr_err err = {0};
    int exit_code = EXIT_SUCCESS;
    argp_parse(argp, argc, argv, 0, NULL, &arguments);
    int r = vr_client_need(&arguments.choice, &client, &err);
    if (r == 0)
        r = act(client, &arguments, &exit_code, &err);
    return r < 0 ? vr_say_err(&err) : exit_code;
}

/* --- list ------------------------------------------------------------------------------------------------- */

static int add_filter(
    struct vr_client *client, char **path, const char *key, const char *value, struct vr_err *err)
{
    if (!value)
        return 0;
    _cleanup_free_ char *word = vr_client_escape(client, value), *shorter = *path;
    if (word && asprintf(path, "%s&%s=%s", shorter, key, word) >= 0)
        return 0;
    *path = NULL;
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a question");
}

static int list_path(
    struct vr_client *client, const struct jobs_arguments *arguments, char **ret_path,
    struct vr_err *err)
{
    if (asprintf(ret_path, "/v1/jobs?limit=%zu", arguments->limit) < 0)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a question");
    int r = add_filter(client, ret_path, "state", arguments->state, err);
    if (r == 0)
        r = add_filter(client, ret_path, "user", arguments->user, err);
    return r < 0 ? r : add_filter(client, ret_path, "campaign", arguments->campaign, err);
}

static int list(
    struct vr_client *client, const struct jobs_arguments *arguments, int *ret_exit_code,
    struct vr_err *err)
{
    _cleanup_free_ char *path = NULL;
    struct vr_json_doc *doc = NULL;
    const struct vr_json *jobs;
    struct vr_json_writer writer;
    (void)ret_exit_code;
    int r = list_path(client, arguments, &path, err);
    if (r == 0)
        r = vr_client_list(client, path, "jobs", &doc, &jobs, err);
    if (r == 0 && arguments->json) {
        vr_answer_begin(&writer);
        vr_json_copy(&writer, "jobs", jobs);
        r = vr_answer_end(&writer, err);
    } else if (r == 0) {
        vr_job_put_head(stdout);
        for (const struct vr_json *n = vr_json_first(jobs); n; n = vr_json_next(n))
            vr_job_put_row(n, stdout);
    }
    vr_json_doc_destroy(doc);
    return r;
}

static int list_main(int argc, char **argv)
{
    static const struct argp argp = {
        list_options,
        parse,
        NULL,
        "The jobs of the daemon, the newest first: what waits and whom for, what runs and how far "
        "it is, and how it ended.",
        children,
        NULL,
        NULL};
    return jobs_verb(&argp, argc, argv, list);
}

/* --- one job ---------------------------------------------------------------------------------------------- */

static int ask(
    struct vr_client *client, const char *method, int64_t job_id, struct vr_json_doc **ret_doc,
    struct vr_err *err)
{
    char path[64];
    snprintf(path, sizeof path, "/v1/jobs/%" PRId64, job_id);
    return vr_client_call(client, method, path, NULL, ret_doc, err);
}

static int show(
    struct vr_client *client, const struct jobs_arguments *arguments, int *ret_exit_code,
    struct vr_err *err)
{
    struct vr_json_doc *doc = NULL;
    struct vr_json_writer writer;
    (void)ret_exit_code;
    int r = ask(client, "GET", arguments->job_id, &doc, err);
    if (r < 0)
        return r;
    if (arguments->json) {
        vr_answer_begin(&writer);
        vr_json_copy(&writer, "job", vr_json_doc_root(doc));
        r = vr_answer_end(&writer, err);
    } else {
        vr_job_put(vr_json_doc_root(doc), stdout);
    }
    vr_json_doc_destroy(doc);
    return r;
}

static int show_main(int argc, char **argv)
{
    static const struct argp argp = {
        show_options, parse_one, "ID", "All that the daemon tells of a job.", children, NULL, NULL};
    return jobs_verb(&argp, argc, argv, show);
}

static int cancel(
    struct vr_client *client, const struct jobs_arguments *arguments, int *ret_exit_code,
    struct vr_err *err)
{
    (void)ret_exit_code;
    return ask(client, "DELETE", arguments->job_id, NULL, err);
}

static int cancel_main(int argc, char **argv)
{
    static const struct argp argp = {
        NULL,
        parse_one,
        "ID",
        "Take a job out of the queue, or stop it; what it has finished stays.  One's own; an admin "
        "may cancel everybody's.",
        children,
        NULL,
        NULL};
    return jobs_verb(&argp, argc, argv, cancel);
}

static int report(
    struct vr_client *client, const struct jobs_arguments *arguments, int *ret_exit_code,
    struct vr_err *err)
{
    (void)ret_exit_code;
    return vr_follow_report(client, arguments->job_id, arguments->format, stdout, err);
}

static int report_main(int argc, char **argv)
{
    static const struct argp argp = {
        report_options,
        parse_one,
        "ID",
        "The report of a job that has ended: what `vitalrig run` has printed, or would have.",
        children,
        NULL,
        NULL};
    return jobs_verb(&argp, argc, argv, report);
}

static int follow(
    struct vr_client *client, const struct jobs_arguments *arguments, int *ret_exit_code,
    struct vr_err *err)
{
    (void)err;
    const struct vr_follow_setup setup = {
        .client = client,
        .job_id = arguments->job_id,
        .json = arguments->json,
        .quiet = arguments->quiet,
        .stop = vr_stop_catch(),
        .stop_fd = vr_stop_fd(),
    };
    *ret_exit_code = vr_stop_exit(vr_follow(&setup));
    return 0;
}

static int follow_main(int argc, char **argv)
{
    static const struct argp argp = {
        follow_options,
        parse_one,
        "ID",
        "Tell of a job from its beginning to its end, as `vitalrig run` does, print its report, "
        "and exit as it did.  Ctrl-C leaves it running.",
        children,
        NULL,
        NULL};
    return jobs_verb(&argp, argc, argv, follow);
}

/* --- verbs ------------------------------------------------------------------------------------------------ */

static const struct vr_verb verb_list = {"list", "what waits, runs and has ended", list_main};
static const struct vr_verb verb_show = {"show", "all about one job", show_main};
static const struct vr_verb verb_follow = {"follow", "tell of it until it ends", follow_main};
static const struct vr_verb verb_report = {"report", "print its report", report_main};
static const struct vr_verb verb_cancel = {
    "cancel", "take it out of the queue, or stop it", cancel_main};

static int jobs_main(int argc, char **argv)
{
    static const struct vr_verb *const items[] = {
        &verb_list, &verb_show, &verb_follow, &verb_report, &verb_cancel};
    static const struct vr_verbs verbs = {
        .intro = "The jobs of a daemon; without a verb, they are listed.\n",
        .items = items,
        .count = sizeof items / sizeof items[0],
    };
    static char list_name[] = "vitalrig jobs list";
    bool is_help = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0);
    if (!is_help && (argc == 1 || argv[1][0] == '-')) {
        argv[0] = list_name;
        return list_main(argc, argv);
    }
    return vr_verbs_run(&verbs, argc, argv);
}

const struct vr_verb vr_verb_jobs = {
    .name = "jobs",
    .summary = "the daemon's queue: list, show, follow, report, cancel",
    .run = jobs_main,
};
