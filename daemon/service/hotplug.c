/* News of devices, and looking after them. */
#include "service/hotplug.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <systemd/sd-device.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "service/presence.h"

/* A plug is a dozen pieces of news within some 50 ms, and the links in /dev come with the last of them. */
#define SETTLE_US (100 * UINT64_C(1000))
#define LOOK_US (60 * UINT64_C(1000000))

struct seen {
    bool is_told, is_present;
    char reason[512];
};

struct vr_hotplug {
    sd_event *loop;
    const struct vr_rig *rig;
    vr_presence_fn *changed;
    void *context;
    struct seen *seen;
    sd_device_monitor *monitor;
    sd_event_source **folders; /* watched: one for each device with a path, and /dev */
    size_t folder_count;
    sd_event_source *timer;
    bool is_settling;
};

/* --- looking --------------------------------------------------------------------------------- */

static void tell(struct vr_hotplug *hotplug, size_t index, bool is_present, const char *reason)
{
    struct seen *seen = &hotplug->seen[index];
    if (seen->is_told && seen->is_present == is_present && strcmp(seen->reason, reason) == 0)
        return;
    seen->is_told = true;
    seen->is_present = is_present;
    snprintf(seen->reason, sizeof seen->reason, "%s", reason);
    hotplug->changed(hotplug->context, index, is_present, seen->reason);
}

/* Out of memory: what was seen last stands until the next look. */
void vr_hotplug_look(struct vr_hotplug *hotplug)
{
    _cleanup_(vr_presence_finish) struct vr_presence presence = {0};
    char reason[sizeof hotplug->seen->reason];
    if (vr_presence_look("", &presence, NULL) < 0)
        return;
    for (size_t i = 0; i < hotplug->rig->dut_count; i++) {
        bool is_present = vr_presence_of(&presence, &hotplug->rig->duts[i], reason, sizeof reason);
        tell(hotplug, i, is_present, reason);
    }
}

static int set_timer(struct vr_hotplug *hotplug, uint64_t after_us)
{
    int r = sd_event_source_set_time_relative(hotplug->timer, after_us);
    return r < 0 ? r : sd_event_source_set_enabled(hotplug->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t now_us, void *context)
{
    struct vr_hotplug *hotplug = context;
    (void)source, (void)now_us;
    hotplug->is_settling = false;
    int r = set_timer(hotplug, LOOK_US);
    vr_hotplug_look(hotplug);
    return r;
}

/* The first news of a burst begins the wait, so that a stream of them cannot put off the look for ever. */
static void settle(struct vr_hotplug *hotplug)
{
    if (hotplug->is_settling)
        return;
    hotplug->is_settling = set_timer(hotplug, SETTLE_US) >= 0;
}

/* --- news ------------------------------------------------------------------------------------ */

static int on_device(sd_device_monitor *monitor, sd_device *device, void *context)
{
    (void)monitor, (void)device;
    settle(context);
    return 0;
}

static int on_file(sd_event_source *source, const struct inotify_event *event, void *context)
{
    (void)source, (void)event;
    settle(context);
    return 0;
}

static int watch_devices(struct vr_hotplug *hotplug)
{
    int r = sd_device_monitor_new(&hotplug->monitor);
    if (r >= 0)
        r = sd_device_monitor_filter_add_match_subsystem_devtype(hotplug->monitor, "tty", NULL);
    if (r >= 0)
        r = sd_device_monitor_filter_add_match_subsystem_devtype(
            hotplug->monitor, "usb", "usb_device");
    if (r >= 0)
        r = sd_device_monitor_attach_event(hotplug->monitor, hotplug->loop);
    return r < 0 ? r : sd_device_monitor_start(hotplug->monitor, on_device, hotplug);
}

/* A folder that is not there is looked into once a minute, like all. */
static void watch_folder(struct vr_hotplug *hotplug, const char *folder)
{
    const uint32_t news = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;
    sd_event_source **source = &hotplug->folders[hotplug->folder_count];
    if (sd_event_add_inotify(hotplug->loop, source, folder, news, on_file, hotplug) >= 0)
        hotplug->folder_count++;
}

static void watch_path(struct vr_hotplug *hotplug, const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int length = slash && slash > path ? (int)(slash - path) : 1;
    snprintf(folder, sizeof folder, "%.*s", length, slash ? path : ".");
    watch_folder(hotplug, folder);
}

static int start(struct vr_hotplug *hotplug, struct vr_err *err)
{
    bool has_udev = access("/run/udev/control", F_OK) == 0;
    int r = sd_event_add_time_relative(
        hotplug->loop, &hotplug->timer, CLOCK_MONOTONIC, LOOK_US, 1, on_timer, hotplug);
    if (r < 0)
        return vr_err_set(err, VR_ERR_IO, "the event loop: %s", strerror(-r));
    if (watch_devices(hotplug) < 0 || !has_udev)
        watch_folder(hotplug, "/dev");
    for (size_t i = 0; i < hotplug->rig->dut_count; i++)
        if (hotplug->rig->duts[i].path)
            watch_path(hotplug, hotplug->rig->duts[i].path);
    vr_hotplug_look(hotplug);
    return 0;
}

/* --- life ------------------------------------------------------------------------------------ */

int vr_hotplug_create(
    sd_event *loop, const struct vr_rig *rig, vr_presence_fn *changed, void *context,
    struct vr_hotplug **ret_hotplug, struct vr_err *err)
{
    _cleanup_(vr_hotplug_destroyp) struct vr_hotplug *hotplug = calloc(1, sizeof *hotplug);
    if (!hotplug)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
    hotplug->loop = loop;
    hotplug->rig = rig;
    hotplug->changed = changed;
    hotplug->context = context;
    hotplug->seen = calloc(rig->dut_count + 1, sizeof *hotplug->seen);
    hotplug->folders = calloc(rig->dut_count + 1, sizeof *hotplug->folders);
    if (!hotplug->seen || !hotplug->folders)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "out of memory");
    int r = start(hotplug, err);
    if (r < 0)
        return r;
    *ret_hotplug = hotplug;
    hotplug = NULL;
    return 0;
}

void vr_hotplug_destroy(struct vr_hotplug *hotplug)
{
    if (!hotplug)
        return;
    for (size_t i = 0; i < hotplug->folder_count; i++)
        sd_event_source_disable_unref(hotplug->folders[i]);
    sd_event_source_disable_unref(hotplug->timer);
    sd_device_monitor_unref(hotplug->monitor);
    free(hotplug->folders);
    free(hotplug->seen);
    free(hotplug);
}

void vr_hotplug_destroyp(struct vr_hotplug **hotplug)
{
    vr_hotplug_destroy(*hotplug);
}
