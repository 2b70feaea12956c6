/* One reader and one worker for each stream; they end with it. */
#include "replay/meter.h"

#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "replay/hull.h"
#include "replay/meter_absence.h"
#include "replay/meter_join.h"
#include "replay/meter_ring.h"

#define RING_S 10 /* of the fastest stream, within: */
#define RING_MIN ((size_t)1024 * 1024)
#define RING_MAX ((size_t)32 * 1024 * 1024)
#define READ_SIZE ((size_t)64 * 1024)
#define POLL_MS 100
#define STORE_NS VR_NS_PER_S          /* between transactions */
#define TAIL_NS (50 * VR_NS_PER_MS)   /* for the last edge of the device to become a sample */
#define QUIET_NS (100 * VR_NS_PER_MS) /* after it was stopped, an instrument is silent */
#define STOP_NS (3 * VR_NS_PER_S)     /* longest time that it may go on talking */

/* Packed, not stored yet. */
struct parcel {
    struct parcel *next;
    struct vr_power_batch *batch;
};

struct vr_meter {
    const struct vr_power_driver *driver;
    const struct vr_power_config *config;
    const struct vr_rig_meter *rig;
    struct vr_power *power; /* NULL = not open */
    struct vr_power_info info;

    /* Of the present stream; store NULL = there is none. */
    struct vr_store *store;
    struct vr_power_stream_row row;
    int64_t stored_ns; /* the last time */
    pthread_t reader, worker;
    bool is_running;
    int stop_fd;
    struct vr_meter_ring ring;
    struct vr_power_decoder *decoder;
    struct vr_power_packer *packer;
    struct vr_hull hull;
    struct vr_err reader_err, worker_err; /* code 0 = all well; read after the join */
    struct vr_meter_times times;          /* by the reader; read after the join */
    pthread_mutex_t lock;                 /* of the parcels and the log */
    struct parcel *first, **end;
    char open_why[VR_ERR_TEXT_SIZE], why[VR_ERR_TEXT_SIZE];
};

int vr_meter_create(
    const struct vr_power_driver *driver, const struct vr_power_config *config,
    const struct vr_rig_meter *rig, struct vr_meter **ret_meter, struct vr_err *err)
{
    struct vr_meter *meter = calloc(1, sizeof *meter);
    if (!meter)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the meter %s", config->name);
    meter->driver = driver;
    meter->config = config;
    meter->rig = rig;
    meter->stop_fd = -1;
    pthread_mutex_init(&meter->lock, NULL);
    *ret_meter = meter;
    return 0;
}

int vr_meter_open(struct vr_meter *meter, struct vr_err *err)
{
    struct vr_err cause = {0};
    if (meter->power)
        return 0;
    int r = vr_power_open(meter->driver, meter->config, &meter->power, &meter->info, &cause);
    snprintf(meter->open_why, sizeof meter->open_why, "%s", cause.text);
    return r < 0 ? vr_err_set(err, cause.code, "%s", cause.text) : 0;
}

void vr_meter_close(struct vr_meter *meter)
{
    vr_power_close(meter->power);
    meter->power = NULL;
}

/* --- the reader --- */

static bool is_stop_asked(const struct vr_meter *meter)
{
    struct pollfd stop = {.fd = meter->stop_fd, .events = POLLIN};
    return poll(&stop, 1, 0) > 0;
}

static void wait_for_bytes(struct vr_meter *meter, bool stopping)
{
    struct pollfd fds[VR_POWER_FDS_MAX + 1];
    size_t count = vr_power_poll_fds(meter->power, fds, VR_POWER_FDS_MAX);
    if (!stopping)
        fds[count++] = (struct pollfd){.fd = meter->stop_fd, .events = POLLIN};
    poll(fds, count, POLL_MS);
}

/* Read until the instrument is gone, or asked to stop and silent. */
static int read_stream(struct vr_meter *meter, uint8_t *buffer, struct vr_err *err)
{
    struct vr_meter_times *times = &meter->times;
    for (;;) {
        size_t size;
        int r = vr_power_read(meter->power, buffer, READ_SIZE, &size, err);
        int64_t now_ns = vr_clock_monotonic_ns();
        if (r < 0)
            return r;
        if (size > 0) {
            times->heard_ns = now_ns;
            times->first_ns = times->first_ns ? times->first_ns : now_ns;
            vr_meter_ring_put(&meter->ring, now_ns, buffer, size);
        }
        if (times->stopped_ns == 0 && is_stop_asked(meter)) {
            times->stopped_ns = now_ns;
            r = vr_power_stop(meter->power, err);
            if (r < 0)
                return r;
        }
        int64_t stopped_ns = times->stopped_ns;
        int64_t last_ns = times->heard_ns > stopped_ns ? times->heard_ns : stopped_ns;
        if (stopped_ns && (now_ns - last_ns >= QUIET_NS || now_ns - stopped_ns >= STOP_NS))
            return 0;
        if (size == 0)
            wait_for_bytes(meter, stopped_ns != 0);
    }
}

static void *reader_main(void *context)
{
    struct vr_meter *meter = context;
    _cleanup_free_ uint8_t *buffer = malloc(READ_SIZE);
    if (!buffer)
        vr_err_set(&meter->reader_err, VR_ERR_NO_MEMORY, "no memory to read from a meter");
    else if (read_stream(meter, buffer, &meter->reader_err) == 0)
        meter->reader_err.code = 0;
    vr_meter_ring_end(&meter->ring);
    return NULL;
}

/* --- the worker --- */

static void add_parcel(struct vr_meter *meter)
{
    struct vr_power_batch *batch = vr_power_packer_take(meter->packer);
    if (!batch)
        return;
    struct parcel *parcel = malloc(sizeof *parcel);
    if (!parcel) {
        vr_power_batch_destroy(batch);
        vr_err_set(&meter->worker_err, VR_ERR_NO_MEMORY, "no memory for samples");
        return;
    }
    *parcel = (struct parcel){.batch = batch};
    pthread_mutex_lock(&meter->lock);
    *meter->end = parcel;
    meter->end = &parcel->next;
    pthread_mutex_unlock(&meter->lock);
}

static void take_samples(void *context, const struct vr_power_samples *samples)
{
    struct vr_meter *meter = context;
    if (!meter->worker_err.code)
        vr_power_packer_add(meter->packer, samples, &meter->worker_err);
}

static void take_gap(void *context, const struct vr_power_gap *gap)
{
    struct vr_meter *meter = context;
    if (!meter->worker_err.code)
        vr_power_packer_add_gap(meter->packer, gap, &meter->worker_err);
}

static void take_anchor(void *context, int64_t index, int64_t arrival_ns)
{
    struct vr_meter *meter = context;
    if (!meter->worker_err.code && vr_hull_add(&meter->hull, index + 1, arrival_ns) < 0)
        vr_err_set(&meter->worker_err, VR_ERR_NO_MEMORY, "no memory for a meter's clock");
}

/* The first trouble that the decoder names; the rest is in gaps. */
static void take_log(void *context, int level, const char *text)
{
    struct vr_meter *meter = context;
    if (level > 4 || meter->why[0])
        return;
    snprintf(meter->why, sizeof meter->why, "%s", text);
}

static void *worker_main(void *context)
{
    struct vr_meter *meter = context;
    _cleanup_free_ uint8_t *buffer = malloc(READ_SIZE);
    int64_t arrival_ns;
    size_t size;
    if (!buffer)
        vr_err_set(&meter->worker_err, VR_ERR_NO_MEMORY, "no memory to decode samples");
    uint8_t none[64];
    while ((size = vr_meter_ring_take(
                &meter->ring, &arrival_ns, buffer ? buffer : none,
                buffer ? READ_SIZE : sizeof none)) > 0) {
        if (meter->worker_err.code)
            continue; /* the reader must not wait for us */
        vr_power_decode(meter->decoder, arrival_ns, buffer, size);
        add_parcel(meter);
    }
    vr_power_decode_end(meter->decoder);
    return NULL;
}

/* --- a stream --- */

static void fill_row(struct vr_meter *meter, int64_t trial_id, const char *mode)
{
    const struct vr_power_info *info = &meter->info;
    bool is_open = meter->power != NULL;
    meter->row = (struct vr_power_stream_row){
        .trial_id = trial_id,
        .meter = meter->config->name,
        .instrument = is_open ? info->instrument : meter->driver->name,
        .serial = is_open ? info->serial : "",
        .firmware = is_open ? info->firmware : "",
        .settings = is_open ? info->settings : "",
        .rate_num = is_open ? info->rate_num : 1,
        .rate_den = is_open ? info->rate_den : 1,
        .quantity = info->quantity,
        .is_coded = info->is_coded,
        .has_volts = info->has_volts,
        .has_lines = info->has_lines,
        .is_calibrated = info->is_calibrated,
        .is_integrating = info->is_integrating,
        .scale = info->scale,
        .supply_v = is_open ? info->supply_v : (double)NAN,
        /* A pulse needs both edges. */
        .busy_line = info->falls_only ? -1 : meter->rig->busy_line,
        .inference_line = info->falls_only ? -1 : meter->rig->inference_line,
        .mode = mode,
        .started_ns = vr_clock_monotonic_ns(),
        .why = "",
    };
}

static size_t ring_size(const struct vr_power_driver *driver)
{
    size_t size = driver->bytes_per_s * RING_S;
    return size < RING_MIN ? RING_MIN : size > RING_MAX ? RING_MAX : size;
}

static int prepare(struct vr_meter *meter, struct vr_err *err)
{
    const struct vr_power_sink sink = {
        .context = meter,
        .samples = take_samples,
        .gap = take_gap,
        .anchor = take_anchor,
        .log = take_log,
    };
    meter->reader_err = meter->worker_err = (struct vr_err){0};
    meter->times = (struct vr_meter_times){.heard_ns = meter->row.started_ns};
    meter->first = NULL;
    meter->end = &meter->first;
    vr_hull_init(&meter->hull, (double)meter->info.rate_num / meter->info.rate_den);
    meter->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (meter->stop_fd < 0)
        return vr_err_set(err, VR_ERR_INTERNAL, "eventfd: no descriptor is left");
    int r = vr_meter_ring_init(&meter->ring, ring_size(meter->driver), err);
    if (r == 0)
        r = vr_power_packer_create(&meter->row, &meter->packer, err);
    if (r == 0)
        r = vr_power_decoder_create(meter->driver, &meter->info, &sink, &meter->decoder, err);
    return r;
}

static int start_threads(struct vr_meter *meter, struct vr_err *err)
{
    if (pthread_create(&meter->reader, NULL, reader_main, meter) != 0)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no thread to read from a meter");
    if (pthread_create(&meter->worker, NULL, worker_main, meter) != 0) {
        eventfd_write(meter->stop_fd, 1);
        pthread_join(meter->reader, NULL);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no thread to decode samples");
    }
    meter->is_running = true;
    return 0;
}

int vr_meter_begin(
    struct vr_meter *meter, struct vr_store *store, int64_t trial_id, const char *mode,
    struct vr_err *err)
{
    fill_row(meter, trial_id, mode);
    snprintf(meter->why, sizeof meter->why, "%s", meter->power ? "" : meter->open_why);
    int r = vr_store_power_stream_add(store, &meter->row, err);
    if (r < 0)
        return r;
    meter->store = store;
    if (!meter->power)
        return 0;
    r = prepare(meter, err);
    if (r < 0)
        return r;
    r = vr_power_start(meter->power, &meter->reader_err);
    if (r == 0)
        return start_threads(meter, err);
    snprintf(meter->why, sizeof meter->why, "%s", meter->reader_err.text);
    vr_meter_close(meter);
    return 0;
}

static struct parcel *take_parcels(struct vr_meter *meter)
{
    pthread_mutex_lock(&meter->lock);
    struct parcel *first = meter->first;
    meter->first = NULL;
    meter->end = &meter->first;
    pthread_mutex_unlock(&meter->lock);
    return first;
}

static int store_parcels(struct vr_meter *meter, const struct parcel *first, struct vr_err *err)
{
    int r = first ? vr_store_begin(meter->store, err) : 0;
    if (r < 0 || !first)
        return r;
    for (const struct parcel *parcel = first; parcel && r == 0; parcel = parcel->next)
        r = vr_store_power_batch_add(meter->store, meter->row.stream_id, parcel->batch, err);
    if (r == 0)
        r = vr_store_commit(meter->store, err);
    if (r < 0)
        vr_store_rollback(meter->store);
    return r;
}

static void free_parcels(struct parcel *first)
{
    while (first) {
        struct parcel *next = first->next;
        vr_power_batch_destroy(first->batch);
        free(first);
        first = next;
    }
}

static int store_all(struct vr_meter *meter, struct vr_err *err)
{
    if (!meter->packer)
        return 0;
    struct parcel *first = take_parcels(meter);
    int r = store_parcels(meter, first, err);
    free_parcels(first);
    return r;
}

/* Each time is a transaction that waits for the disk. */
int vr_meter_flush(struct vr_meter *meter, struct vr_err *err)
{
    int64_t now_ns = vr_clock_monotonic_ns();
    if (!meter->store || now_ns - meter->stored_ns < STORE_NS)
        return 0;
    meter->stored_ns = now_ns;
    return store_all(meter, err);
}

static void join_threads(struct vr_meter *meter)
{
    if (!meter->is_running)
        return;
    eventfd_write(meter->stop_fd, 1);
    pthread_join(meter->reader, NULL);
    pthread_join(meter->worker, NULL);
    meter->is_running = false;
}

static bool is_silent(const struct vr_meter *meter)
{
    return !meter->driver->is_file && vr_meter_has_fallen_silent(&meter->times, &meter->info);
}

/* Gone, or out of order: it is taken anew for the next trial. */
static void note_failures(struct vr_meter *meter)
{
    if (is_silent(meter)) {
        snprintf(
            meter->why, sizeof meter->why, "it sent nothing for the last %.1f s of the trial",
            (double)(meter->times.stopped_ns - meter->times.heard_ns) / 1e9);
        vr_meter_close(meter);
    }
    if (meter->reader_err.code && meter->reader_err.code != VR_ERR_EMPTY) {
        snprintf(meter->why, sizeof meter->why, "%s", meter->reader_err.text);
        vr_meter_close(meter);
    }
    if (meter->worker_err.code)
        snprintf(meter->why, sizeof meter->why, "%s", meter->worker_err.text);
}

static void drop_stream(struct vr_meter *meter)
{
    join_threads(meter);
    free_parcels(take_parcels(meter));
    vr_power_decoder_destroy(meter->decoder);
    vr_power_packer_destroy(meter->packer);
    vr_meter_ring_finish(&meter->ring);
    vr_hull_finish(&meter->hull);
    if (meter->stop_fd >= 0)
        close(meter->stop_fd);
    meter->stop_fd = -1;
    meter->decoder = NULL;
    meter->packer = NULL;
    meter->store = NULL;
}

/* After the threads: what is left to pack. */
static void finish_packing(struct vr_meter *meter)
{
    struct vr_err *err = &meter->worker_err;
    int code = meter->reader_err.code;
    if (!meter->driver->is_file && !meter->why[0])
        vr_meter_rate_why(
            &meter->times, &meter->info, vr_power_packer_count(meter->packer), meter->why,
            sizeof meter->why);
    if (!err->code && code && code != VR_ERR_EMPTY)
        vr_meter_pack_absence(
            meter->packer, &meter->info, VR_POWER_GAP_UNPLUG, meter->row.started_ns, err);
    else if (!err->code && is_silent(meter))
        vr_meter_pack_absence(
            meter->packer, &meter->info, VR_POWER_GAP_ARRIVAL, meter->row.started_ns, err);
    if (!err->code)
        vr_power_packer_finish(meter->packer, err);
    add_parcel(meter);
}

/* A meter that only now tells of samples has not lost them; a file is read to its end. */
static void wait_for_tail(const struct vr_meter *meter)
{
    const struct timespec tail = {.tv_nsec = TAIL_NS};
    if (meter->is_running && !meter->driver->is_file)
        nanosleep(&tail, NULL);
}

int vr_meter_end(struct vr_meter *meter, int64_t ticks_hz, struct vr_err *err)
{
    const struct vr_meter_join join = {
        .sync_line = meter->rig->sync_line,
        .falls_only = meter->info.falls_only,
        .hull = &meter->hull,
        .ticks_hz = ticks_hz,
    };
    if (!meter->store)
        return 0;
    wait_for_tail(meter);
    join_threads(meter);
    if (meter->packer) {
        finish_packing(meter);
        note_failures(meter);
    }
    int r = store_all(meter, err);
    meter->row.ended_ns = vr_clock_monotonic_ns();
    meter->row.why = meter->why;
    if (meter->packer) {
        meter->row.sample_count = vr_power_packer_count(meter->packer);
        meter->row.lost_count = vr_power_packer_lost(meter->packer);
    }
    if (r == 0)
        r = vr_store_power_stream_end(meter->store, &meter->row, err);
    if (r == 0 && meter->packer && vr_hull_end(&meter->hull) < 0)
        r = vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a meter's clock");
    if (r == 0 && meter->packer)
        r = vr_meter_join(meter->store, &meter->row, &join, err);
    drop_stream(meter);
    return r;
}

void vr_meter_destroy(struct vr_meter *meter)
{
    if (!meter)
        return;
    drop_stream(meter);
    vr_meter_close(meter);
    pthread_mutex_destroy(&meter->lock);
    free(meter);
}
