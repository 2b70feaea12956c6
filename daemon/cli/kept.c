/* Runs beside a daemon that keeps the catalogue. */
#include "cli/kept.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json_member.h"
#include "base/json_text.h"
#include "cli/say.h"
#include "store/store.h"

#define WAIT_S 10
#define STEP_MS 20

static bool keeps(struct vr_client *client, const char *db)
{
    struct vr_json_doc *doc = NULL;
    _cleanup_free_ char *ours = realpath(db, NULL);
    if (!ours || vr_client_call(client, "GET", "/v1", NULL, &doc, NULL) < 0)
        return false;
    const char *named = vr_member_text(vr_json_doc_root(doc), "catalogue");
    _cleanup_free_ char *theirs = realpath(named, NULL);
    bool is_same = theirs && strcmp(ours, theirs) == 0;
    vr_json_doc_destroy(doc);
    return is_same;
}

struct vr_client *vr_kept_find(const char *db)
{
    struct vr_client *client = NULL;
    if (vr_client_open(&(struct vr_client_choice){0}, &client, NULL) < 0 || !client)
        return NULL;
    if (keeps(client, db))
        return client;
    vr_client_close(client);
    return NULL;
}

static char *make_request(const char *run_file)
{
    struct vr_json_text text;
    char *body;
    if (vr_json_text_begin(&text, NULL) < 0)
        return NULL;
    vr_json_write_object(&text.writer, NULL);
    vr_json_write_string(&text.writer, "run_file", run_file);
    vr_json_write_end(&text.writer);
    vr_json_text_end(&text, &body, NULL);
    return body;
}

static bool is_in(const char *db, const char *uid)
{
    _cleanup_(vr_store_closep) struct vr_store *catalogue = NULL;
    int64_t run_id;
    return vr_store_open(db, VR_STORE_READ, &catalogue, NULL) == 0 &&
           vr_store_run_find(catalogue, uid, &run_id, NULL) == 0;
}

int vr_kept_give(
    struct vr_client *client, const char *db, const char *uid, const char *run_file,
    struct vr_err *err)
{
    _cleanup_free_ char *path = realpath(run_file, NULL);
    if (!path)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", run_file, strerror(errno));
    _cleanup_free_ char *body = make_request(path);
    int r = body ? vr_client_call(client, "POST", "/v1/runs", body, NULL, err)
                 : vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a request");
    if (r < 0)
        return r;
    for (int64_t until_ns = vr_clock_monotonic_ns() + WAIT_S * VR_NS_PER_S;
         vr_clock_monotonic_ns() < until_ns;) {
        if (is_in(db, uid))
            return 0;
        nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
    }
    vr_say("the daemon that keeps the catalogue takes this run into it later");
    return 0;
}

/* --- baselines -------------------------------------------------------------------------------- */

struct seeking {
    const char *name, *uid; /* uid NULL = none must be there */
    int64_t set_utc_ns;
    bool is_there, is_it;
};

static int seek(void *context, const struct vr_baseline_row *baseline)
{
    struct seeking *seeking = context;
    if (strcmp(baseline->name, seeking->name) != 0)
        return 0;
    seeking->is_there = true;
    seeking->is_it = seeking->uid && strcmp(baseline->run_uid, seeking->uid) == 0 &&
                     baseline->set_utc_ns >= seeking->set_utc_ns;
    return 0;
}

static bool is_done(const char *db, const struct seeking *wanted)
{
    _cleanup_(vr_store_closep) struct vr_store *catalogue = NULL;
    struct seeking seeking = *wanted;
    if (vr_store_open(db, VR_STORE_READ, &catalogue, NULL) < 0 ||
        vr_store_baselines(catalogue, seek, &seeking, NULL) < 0)
        return false;
    return wanted->uid ? seeking.is_it : !seeking.is_there;
}

static int wait_until_done(const char *db, const struct seeking *wanted, struct vr_err *err)
{
    for (int64_t until_ns = vr_clock_monotonic_ns() + WAIT_S * VR_NS_PER_S;
         vr_clock_monotonic_ns() < until_ns;) {
        if (is_done(db, wanted))
            return 0;
        nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
    }
    return vr_err_set(
        err, VR_ERR_TIMEOUT,
        "the daemon that keeps %s accepted it, and has not done it in %d s; its log says why", db,
        WAIT_S);
}

static char *make_setting(const struct vr_baseline_row *baseline)
{
    struct vr_json_text text;
    char *body;
    if (vr_json_text_begin(&text, NULL) < 0)
        return NULL;
    vr_json_write_object(&text.writer, NULL);
    vr_json_write_string(&text.writer, "name", baseline->name);
    vr_json_write_string(&text.writer, "run", baseline->run_uid);
    vr_json_write_string(&text.writer, "reason", baseline->reason);
    vr_json_write_end(&text.writer);
    vr_json_text_end(&text, &body, NULL);
    return body;
}

int vr_kept_set_baseline(
    struct vr_client *client, const char *db, const struct vr_baseline_row *baseline,
    struct vr_err *err)
{
    const struct seeking wanted = {
        .name = baseline->name, .uid = baseline->run_uid, .set_utc_ns = baseline->set_utc_ns};
    _cleanup_free_ char *body = make_setting(baseline);
    int r = body ? vr_client_call(client, "POST", "/v1/baselines", body, NULL, err)
                 : vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a request");
    return r < 0 ? r : wait_until_done(db, &wanted, err);
}

int vr_kept_remove_baseline(
    struct vr_client *client, const char *db, const char *name, struct vr_err *err)
{
    const struct seeking wanted = {.name = name};
    _cleanup_free_ char *word = vr_client_escape(client, name), *path = NULL;
    if (!word || asprintf(&path, "/v1/baselines/%s", word) < 0)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a request");
    int r = vr_client_call(client, "DELETE", path, NULL, NULL, err);
    return r < 0 ? r : wait_until_done(db, &wanted, err);
}
