/* Health checks: the golden record on one device, as a job of the daemon's own. */
#include "service/compose.h"
#include "service/state.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "scenario/expand.h"
#include "scenario/scenario.h"

#define SCENARIO_MAX 200000
#define AGAIN_S 60 /* one that could not run */

/* Known again after a restart by this member of the order and the daemon's own user. */
#define MARK "x-health-check"

static char *make_order(
    const struct vr_scenario *scenario, const char *path, const struct vr_station *station)
{
    struct vr_json_text composed;
    _cleanup_free_ char *directory = vr_expand_directory(path);
    struct vr_order order;
    if (!directory || scenario->text_size > SCENARIO_MAX || vr_compose(&composed, NULL) < 0)
        return NULL;
    vr_order_init(&order);
    order.scenario = scenario->text;
    order.scenario_file = path;
    order.directory = directory;
    order.dut = station->name;
    order.priority = VR_CHECK_PRIORITY;
    order.tags[order.tag_count++] = "health";
    vr_order_write(&order, &composed.writer);
    vr_json_write_bool(&composed.writer, MARK, true);
    return vr_composed(&composed);
}

void vr_own_user(struct vr_user *ret_user)
{
    struct passwd *entry = getpwuid(geteuid());
    *ret_user = (struct vr_user){.uid = geteuid(), .pid = getpid(), .role = VR_ROLE_ADMIN};
    if (entry)
        snprintf(ret_user->name, sizeof ret_user->name, "%s", entry->pw_name);
    else
        snprintf(ret_user->name, sizeof ret_user->name, "%u", (unsigned)geteuid());
}

bool vr_job_is_check(const struct vr_job_row *row)
{
    return row->user_id == geteuid() && strstr(row->order_json, "\"" MARK "\": true") != NULL;
}

int vr_job_submit_check(
    struct vr_daemon *daemon, struct vr_station *station, struct vr_job **ret_job,
    struct vr_err *err)
{
    _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = NULL;
    const char *given = vr_station_dut(daemon, station)->rig->health_check;
    _cleanup_free_ char *path = realpath(given, NULL);
    struct vr_answer answer = {0};
    struct vr_user self;
    int64_t job_id = 0;
    if (!path)
        return vr_err_set(err, VR_ERR_NOT_FOUND, "%s: %s", given, strerror(errno));
    int r = vr_scenario_load(path, &scenario, err);
    if (r < 0)
        return r;
    _cleanup_free_ char *order = make_order(scenario, path, station);
    if (!order)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for its order", path);
    vr_own_user(&self);
    r = vr_daemon_submit(daemon, &self, order, strlen(order), &job_id, &answer);
    if (r < 0) {
        *err = answer.err;
        return r;
    }
    *ret_job = vr_job_find(daemon, job_id);
    (*ret_job)->is_check = true;
    return 0;
}

/* It could not run: that says nothing of the device. */
void vr_check_later(struct vr_bench_dut *dut, int64_t now_ns)
{
    bool is_quarantined = dut->health == VR_DUT_QUARANTINED;
    dut->next_check_ns = is_quarantined ? vr_after_s(now_ns, AGAIN_S) : VR_NEVER_NS;
}

int vr_daemon_check(
    struct vr_daemon *daemon, const struct vr_user *user, const char *name,
    struct vr_answer *answer)
{
    struct vr_station *station = vr_station_find(daemon, name);
    if (user->role < VR_ROLE_OPERATOR)
        return vr_refuse(
            answer, VR_REFUSED_FORBIDDEN, VR_ERR_USAGE,
            "%s may only look: a check takes an operator", user->name);
    if (!station)
        return vr_refuse(answer, VR_REFUSED_NOT_FOUND, VR_ERR_NOT_FOUND, "no device \"%s\"", name);
    struct vr_bench_dut *dut = vr_station_dut(daemon, station);
    if (!dut->rig->health_check)
        return vr_refuse(
            answer, VR_REFUSED_STATE, VR_ERR_USAGE,
            "%s has no golden record: name a scenario as its \"health_check\" in %s", name,
            daemon->rig_file);
    if (station->job || station->lease)
        return vr_refuse(
            answer, VR_REFUSED_STATE, VR_ERR_DEVICE, "%s is in use; it is not disturbed", name);
    vr_bench_check_now(dut, vr_clock_monotonic_ns());
    vr_poke(daemon);
    return 0;
}
