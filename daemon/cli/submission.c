/* What is wrong with a scenario's file is told by a run by itself: the same words, whoever owns the bench. */
#include "cli/submission.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json_member.h"
#include "cli/follow.h"
#include "cli/owner.h"
#include "cli/say.h"
#include "cli/stop.h"

void vr_submission_finish(struct vr_submission *submission)
{
    vr_client_close(submission->client);
    submission->client = NULL;
}

/* 1 = the daemon runs it. */
static int choose(
    struct vr_submission *submission, const struct vr_scenario *scenario, struct vr_err *err)
{
    if (submission->choice.none || !vr_ordering_suits(submission->job, scenario))
        return 0;
    int r =
        submission->is_asked
            ? 0
            : vr_owner_find(&submission->choice, submission->job->rig, &submission->client, err);
    submission->is_asked |= r == 0;
    return r < 0 ? r : submission->client != NULL;
}

static int submit(
    struct vr_submission *submission, const struct vr_scenario *scenario, const char *path,
    int64_t *ret_job_id, struct vr_err *err)
{
    _cleanup_free_ char *text = NULL;
    struct vr_json_doc *doc = NULL;
    int r = vr_ordering_make(&submission->ordering, submission->job, scenario, path, &text, err);
    if (r == 0)
        r = vr_client_call(submission->client, "POST", "/v1/jobs", text, &doc, err);
    if (r < 0)
        return r;
    *ret_job_id = vr_member_int(vr_json_doc_root(doc), "id", 0);
    vr_json_doc_destroy(doc);
    return *ret_job_id > 0 ? 0
                           : vr_err_set(
                                 err, VR_ERR_LINK,
                                 "%s: the daemon took the order and names no job; is that a "
                                 "vitalrigd?",
                                 vr_client_socket(submission->client));
}

static int run_there(
    struct vr_submission *submission, const struct vr_scenario *scenario, const char *path,
    int *ret_exit_code, struct vr_err *err)
{
    int64_t job_id = 0;
    submission->ordering.bound = !submission->detach;
    int r = submit(submission, scenario, path, &job_id, err);
    if (r < 0)
        return r;
    if (submission->detach) {
        printf("%" PRId64 "\n", job_id);
        return 0;
    }
    const struct vr_follow_setup setup = {
        .client = submission->client,
        .job_id = job_id,
        .file = path,
        .junit = submission->job->junit,
        .json = submission->job->json,
        .quiet = submission->job->quiet,
        .is_ours = true,
        .stop = submission->job->stop,
        .stop_fd = vr_stop_fd(),
    };
    *ret_exit_code = vr_follow(&setup);
    return 0;
}

static int load(const char *path, struct vr_scenario **ret_scenario, struct vr_err *err)
{
    return path ? vr_scenario_load(path, ret_scenario, err)
                : vr_scenario_parse(
                      vr_scenario_smoke, strlen(vr_scenario_smoke), VR_SCENARIO_SMOKE_NAME, ".",
                      ret_scenario, err);
}

int vr_submission_run(struct vr_submission *submission, const char *path)
{
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = NULL;
    struct vr_err err = {0};
    int exit_code = 0;
    if (load(path, &scenario, &err) < 0)
        return vr_job_run(submission->job, path);
    int r = choose(submission, scenario, &err);
    if (r > 0)
        r = run_there(submission, scenario, path, &exit_code, &err);
    else if (r == 0 && submission->detach)
        r = vr_err_set(
            &err, VR_ERR_USAGE,
            "--detach: no daemon would run this, and there is nobody to leave it to");
    else if (r == 0)
        exit_code = vr_job_run(submission->job, path);
    return r < 0 ? (path ? vr_say_err_in(path, &err) : vr_say_err(&err)) : exit_code;
}
