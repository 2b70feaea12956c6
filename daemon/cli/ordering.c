/* What the order does not say is the scenario's own. */
#include "cli/ordering.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "scenario/rig.h"

static bool is_builtin(const char *name)
{
    const struct vr_rig_dut *dut;
    for (size_t i = 0; (dut = vr_rig_builtin(i)); i++)
        if (strcmp(dut->name, name) == 0)
            return true;
    return false;
}

bool vr_ordering_suits(const struct vr_job_options *options, const struct vr_scenario *scenario)
{
    return !options->dry_run && !options->resume && !options->db && !options->run_file &&
           !is_builtin(options->plan.dut ? options->plan.dut : scenario->dut);
}

/* The folder that relative paths of the scenario start at. */
static int find_directory(const char *path, char **ret_directory, struct vr_err *err)
{
    _cleanup_free_ char *folder = strdup(path ? path : ".");
    if (!folder)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a path");
    char *slash = path ? strrchr(folder, '/') : NULL;
    if (slash)
        slash[slash == folder] = '\0';
    else
        strcpy(folder, ".");
    *ret_directory = realpath(folder, NULL);
    return *ret_directory ? 0 : vr_err_set(err, VR_ERR_IO, "%s: %s", folder, strerror(errno));
}

/* A golden run or a baseline that is a file is that file, wherever the daemon is; else a run of the catalogue. */
static int find_file(const char *option, const char *name, char **ret_name, struct vr_err *err)
{
    struct stat status;
    *ret_name = NULL;
    if (!name)
        return 0;
    *ret_name =
        stat(name, &status) == 0 && S_ISREG(status.st_mode) ? realpath(name, NULL) : strdup(name);
    return *ret_name ? 0 : vr_err_set(err, VR_ERR_IO, "%s %s: %s", option, name, strerror(errno));
}

static const char *speed_of(const struct vr_plan_options *plan, char text[16])
{
    if (!plan->has_speed)
        return NULL;
    if (plan->mode == WIRE_MODE_SILENT)
        return "silent";
    if (plan->mode == WIRE_MODE_MAX)
        return "max";
    snprintf(text, 16, "%u.%03u", plan->speed_milli / 1000, plan->speed_milli % 1000);
    return text;
}

int vr_ordering_make(
    const struct vr_ordering *ordering, const struct vr_job_options *options,
    const struct vr_scenario *scenario, const char *path, char **ret_text, struct vr_err *err)
{
    _cleanup_free_ char *directory = NULL, *parity = NULL, *baseline = NULL;
    const struct vr_plan_options *plan = &options->plan;
    struct vr_order order;
    char speed[16];
    *ret_text = NULL;
    int r = find_directory(path, &directory, err);
    if (r == 0)
        r = find_file("--parity", options->parity, &parity, err);
    if (r == 0)
        r = find_file("--baseline", options->baseline, &baseline, err);
    if (r < 0)
        return r;

    vr_order_init(&order);
    order.scenario = ordering->scenario ? ordering->scenario : scenario->text;
    order.scenario_file = scenario->file;
    order.directory = directory;
    order.dut = plan->dut;
    order.records = plan->records;
    order.repeat = plan->repeat;
    order.repeat_first = plan->repeat_first;
    order.shard = plan->shard;
    order.shard_count = plan->shard_count;
    order.has_seed = plan->has_seed;
    order.seed = plan->seed;
    order.speed = speed_of(plan, speed);
    order.has_from = plan->has_from;
    order.from_s = plan->from_s;
    order.for_s = plan->for_s;
    order.no_power = plan->no_power;
    order.parity = parity;
    order.baseline = baseline;
    order.priority = ordering->priority;
    memcpy(order.tags, ordering->tags, sizeof order.tags);
    order.tag_count = ordering->tag_count;
    order.wait_s = options->wait_s;
    order.bound = ordering->bound;
    return vr_order_text(&order, ret_text, err);
}

/* As the schema has let it pass: a number, or one of two words. */
static void read_speed(struct vr_plan_options *plan, const char *text)
{
    plan->has_speed = true;
    plan->mode = WIRE_MODE_PACED;
    if (strcmp(text, "silent") == 0)
        plan->mode = WIRE_MODE_SILENT;
    else if (strcmp(text, "max") == 0)
        plan->mode = WIRE_MODE_MAX;
    else
        plan->speed_milli = (uint32_t)lround(strtod(text, NULL) * 1000);
}

struct vr_plan_options vr_ordering_plan(const struct vr_order *order)
{
    struct vr_plan_options plan = {
        .dut = order->dut,
        .records = order->records,
        .repeat = order->repeat,
        .repeat_first = order->repeat_first,
        .seed = order->seed,
        .has_seed = order->has_seed,
        .has_from = order->has_from,
        .from_s = order->from_s,
        .for_s = order->for_s,
        .shard = order->shard,
        .shard_count = order->shard_count,
        .no_power = order->no_power,
    };
    if (order->speed)
        read_speed(&plan, order->speed);
    return plan;
}

int vr_ordering_note(const struct vr_order *order, char **ret_text, struct vr_err *err)
{
    struct vr_order noted = *order;
    noted.scenario = "{}"; /* the run has it */
    noted.key_count = 0;
    return vr_order_text(&noted, ret_text, err);
}
