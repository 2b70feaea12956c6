/* Joulescopes over the unmodified libusb: the real drivers, opened as `vitalrig run` opens them, and simulated instruments in real time.
 *
 * For each: some seconds without a loss, every sample what it was in truth; then frames are lost, and every sample still is; then the
 * cable is pulled. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "pulse_world.h"
#include "trace.h"
#include "usb_bus.h"

#define CLOCK_PPM 30.0
#define PATIENCE_NS (60 * VR_NS_PER_S) /* of a test that hangs */
#define VOLTS_ERR 0.002                /* half a step of a JS110's converter, and some */

/* What a meter resolves: half width of a reading's error, as a part of it and in A. */
static const struct instrument {
    const char *kind;
    double rate_hz, error, error_a;
    struct vr_sim_fault faults[3];
    int64_t gap_counts[3]; /* 0 = as many as it may be */
    const char *log;       /* words in it after the faults */
} instruments[] = {
    {"js220",
     1e6,
     1e-6,
     1e-10,
     {{VR_SIM_FAULT_DROP_SAMPLES, 100000, 126},
      {VR_SIM_FAULT_REPEAT, 200000, 2},
      {VR_SIM_FAULT_DROP_BYTES, 300000, 512 * 1000}},
     {126, 0},
     "1001 lost by their ids, 2 repeated"},
    {"js110",
     2e6,
     10.0 / 12000, /* a step, of a range that is at least a tenth full */
     0,
     {{VR_SIM_FAULT_DROP_SAMPLES, 100000, 126 * 5},
      {VR_SIM_FAULT_SKIP_SAMPLES, 200000, 1},
      {VR_SIM_FAULT_DROP_BYTES, 300000, 512 * 1000}},
     {630, 1, 0},
     "1005 lost by their index, 0 repeated, 0 unreadable; 1 losses inside"},
};

static int test_number, failure_count;

static void tell(bool is_right, const char *kind, const char *name, const char *details)
{
    test_number++;
    failure_count += !is_right;
    printf("%s %d - %s: %s\n", is_right ? "ok" : "not ok", test_number, kind, name);
    if (!is_right)
        printf("# %s\n", details);
    fflush(stdout);
}

/* --- one session ----------------------------------------------------------------------------- */

struct session {
    const struct instrument *instrument;
    const struct vr_power_driver *driver;
    struct usb_bus *bus;
    struct vr_sim_meter *meter;
    struct vr_power_info info;
    struct vr_power_decoder *decoder;
    struct trace trace;
    unsigned timemaps;
    double cpu_s; /* of reading and decoding */
    int64_t lasted_ns;
    struct vr_err err;
};

static double cpu_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* A JS220 maps its ids to the time, port 0 operation 4, only when its questions for the time were answered. */
static void count_timemaps(struct session *session, const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at + 512 <= size; at += 512)
        session->timemaps += bytes[at + 3] >> 1 == 0 && bytes[at + 4] == 4;
}

/* Until that many samples are there, the time is over, or an error.  A busy host makes the simulated meter late; it loses nothing. */
static int read_for(
    struct session *session, struct vr_power *power, size_t count, int64_t duration_ns)
{
    static uint8_t bytes[256 * 1024];
    int64_t end_ns = vr_clock_monotonic_ns() + duration_ns;
    while (session->trace.count < count && vr_clock_monotonic_ns() < end_ns) {
        struct pollfd fds[VR_POWER_FDS_MAX];
        size_t size;
        int r = vr_power_read(power, bytes, sizeof bytes, &size, &session->err);
        if (r < 0)
            return r;
        count_timemaps(session, bytes, size);
        vr_power_decode(session->decoder, vr_clock_monotonic_ns(), bytes, size);
        if (size == 0)
            poll(fds, vr_power_poll_fds(power, fds, VR_POWER_FDS_MAX), 10);
    }
    return 0;
}

static int run_session(struct session *session, double seconds)
{
    const struct vr_power_config config = {
        .name = "meter", .usb_serial = "000123", .usb_interface = -1};
    _cleanup_(vr_power_closep) struct vr_power *power = NULL;
    int r = vr_power_open(session->driver, &config, &power, &session->info, &session->err);
    if (r == 0)
        r = vr_power_decoder_create(
            session->driver, &session->info, &session->trace.sink, &session->decoder,
            &session->err);
    if (r == 0)
        r = vr_power_start(power, &session->err);
    int64_t started_ns = vr_clock_monotonic_ns();
    double began_s = cpu_s();
    if (r == 0)
        r = read_for(session, power, (size_t)(seconds * session->instrument->rate_hz), PATIENCE_NS);
    session->cpu_s = cpu_s() - began_s;
    session->lasted_ns = vr_clock_monotonic_ns() - started_ns;
    if (r == 0)
        r = vr_power_stop(power, &session->err);
    if (r == 0)
        r = read_for(session, power, SIZE_MAX, 100 * VR_NS_PER_MS);
    if (session->decoder)
        vr_power_decode_end(session->decoder);
    return r;
}

static void begin(
    struct session *session, const struct instrument *instrument, struct usb_bus *bus,
    const struct vr_sim_config *config)
{
    *session = (struct session){.instrument = instrument, .bus = bus};
    session->driver = vr_power_find(instrument->kind, &session->err);
    trace_init(&session->trace);
    struct usb_bus_meter plugged = {.driver = vr_sim_find(instrument->kind)};
    vr_sim_create(plugged.driver, config, &plugged.meter, &session->err);
    session->meter = plugged.meter;
    usb_bus_swap(bus, &plugged);
}

static void finish(struct session *session)
{
    vr_power_decoder_destroy(session->decoder);
    trace_free(&session->trace);
}

/* --- what is true ---------------------------------------------------------------------------- */

static double value_of(const struct session *session, size_t i)
{
    return session->info.is_coded
               ? vr_power_value(
                     &session->info.scale, session->trace.ranges[i], session->trace.codes[i])
               : (double)session->trace.values[i];
}

/* Samples that are neither missing nor what the world was; edges are left out by 1 ns. */
static size_t count_wrong(const struct session *session)
{
    const struct instrument *instrument = session->instrument;
    const struct trace *trace = &session->trace;
    double first_ns = usb_bus_sample_ns(session->bus, 0);
    double step_ns = (usb_bus_sample_ns(session->bus, 1000000) - first_ns) / 1e6;
    size_t wrong = 0;
    for (size_t i = 0; i < trace->count; i++) {
        double at_ns = first_ns + step_ns * (double)i, true_a = pulse_amperes(at_ns);
        bool is_edge = pulse_lines(at_ns - 1) != pulse_lines(at_ns + 1);
        if (trace->is_missing[i] || is_edge)
            continue;
        wrong += fabs(value_of(session, i) - true_a) >
                     instrument->error_a + instrument->error * true_a ||
                 fabs(trace->volts[i] - PULSE_VOLTS) > VOLTS_ERR ||
                 trace->lines[i] != pulse_lines(at_ns);
    }
    return wrong;
}

static void expect_truth(const struct session *session, const char *name)
{
    char details[256 + VR_ERR_TEXT_SIZE];
    size_t wrong = count_wrong(session);
    snprintf(
        details, sizeof details, "%zu of %zu samples are wrong, %lld lost in %zu gaps; %s; %s",
        wrong, session->trace.count, (long long)session->trace.lost, session->trace.gap_count,
        session->trace.complaint ? session->trace.complaint : "", session->err.text);
    tell(
        wrong == 0 && session->trace.count > 0 && !session->trace.complaint &&
            session->err.code == 0,
        session->instrument->kind, name, details);
}

/* --- the cases ------------------------------------------------------------------------------- */

/* Nothing but what is good to know: LOG_INFO. */
static bool is_calm(const char *log)
{
    for (; *log; log = strchr(log, '\n') + 1)
        if (*log != '6')
            return false;
    return true;
}

static void test_clean(const struct instrument *instrument, struct usb_bus *bus, double seconds)
{
    const struct vr_sim_config config = {.world = pulse_world(), .clock_ppm = CLOCK_PPM, .seed = 1};
    struct session session;
    char details[sizeof session.trace.log + 64];
    begin(&session, instrument, bus, &config);
    run_session(&session, seconds);
    double lasted_s = (double)session.lasted_ns * 1e-9;
    printf(
        "# %s %s, serial %s, firmware %s: %s\n", session.info.instrument, instrument->kind,
        session.info.serial, session.info.firmware, session.info.settings);
    printf(
        "# %.3f Msample/s, CPU of reading and decoding %.0f %%\n",
        (double)session.trace.count / lasted_s / 1e6, 100 * session.cpu_s / lasted_s);
    printf("# %s", session.trace.log[0] ? session.trace.log : "no log\n");
    expect_truth(&session, "reads what is true");
    snprintf(
        details, sizeof details, "%lld lost; %s", (long long)session.trace.lost, session.trace.log);
    tell(
        session.trace.gap_count == 0 && is_calm(session.trace.log), instrument->kind,
        "loses nothing", details);
    double late_ns =
        (double)session.trace.anchor_ns - usb_bus_sample_ns(bus, session.trace.anchor_index);
    tell(
        late_ns >= 0, instrument->kind, "takes no sample before its time",
        "the last anchor is wrong");
    if (strcmp(instrument->kind, "js220") == 0)
        tell(session.timemaps > 0, instrument->kind, "tells the time when asked", "no time map");
    finish(&session);
    vr_sim_destroy(session.meter);
}

static void test_losses(const struct instrument *instrument, struct usb_bus *bus)
{
    const struct vr_sim_config config = {
        .world = pulse_world(),
        .clock_ppm = -CLOCK_PPM,
        .seed = 2,
        .faults = instrument->faults,
        .fault_count = 3,
    };
    struct session session;
    char details[sizeof session.trace.log + 64];
    size_t expected = 0;
    bool is_right = true;
    begin(&session, instrument, bus, &config);
    run_session(&session, 0.5);
    expect_truth(&session, "knows the place of every sample behind a loss");
    for (; instrument->gap_counts[expected]; expected++)
        is_right =
            is_right && session.trace.gaps[expected].count == instrument->gap_counts[expected];
    snprintf(
        details, sizeof details, "%zu gaps, the first of %lld; %s", session.trace.gap_count,
        (long long)session.trace.gaps[0].count, session.trace.log);
    tell(
        is_right && session.trace.gap_count > expected, instrument->kind,
        "finds losses to the sample", details);
    tell(strstr(session.trace.log, instrument->log), instrument->kind, "logs them", details);
    finish(&session);
    vr_sim_destroy(session.meter);
}

static void test_unplug(const struct instrument *instrument, struct usb_bus *bus)
{
    const struct vr_sim_fault fault = {VR_SIM_FAULT_UNPLUG, (int64_t)(instrument->rate_hz / 5), 0};
    const struct vr_sim_config config = {
        .world = pulse_world(), .seed = 3, .faults = &fault, .fault_count = 1};
    struct session session;
    begin(&session, instrument, bus, &config);
    int r = run_session(&session, 1);
    bool is_right = r == -VR_ERR_LINK && strstr(session.err.text, "gone");
    tell(is_right, instrument->kind, "says that it was unplugged", session.err.text);
    session.err = (struct vr_err){0};
    expect_truth(&session, "keeps what came before");
    finish(&session);
    vr_sim_destroy(session.meter);
}

static bool test_instrument(const struct instrument *instrument, double seconds)
{
    const struct vr_sim_config config = {.world = pulse_world()};
    struct usb_bus_meter plugged = {.driver = vr_sim_find(instrument->kind)};
    struct vr_err err = {0};
    vr_sim_create(plugged.driver, &config, &plugged.meter, &err);
    struct usb_bus *bus;
    if (usb_bus_create(&plugged, "000123", &bus, &err) < 0) {
        printf("Bail out! %s\n", err.text);
        return false;
    }
    test_clean(instrument, bus, seconds);
    test_losses(instrument, bus);
    test_unplug(instrument, bus);
    usb_bus_destroy(bus);
    vr_sim_destroy(plugged.meter);
    return true;
}

/* usb_meters [SECONDS]: of the session without faults. */
int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 2;
    printf("TAP version 13\n");
    for (size_t i = 0; i < sizeof instruments / sizeof instruments[0]; i++)
        if (!test_instrument(&instruments[i], seconds))
            return 1;
    printf("1..%d\n", test_number);
    return failure_count > 0;
}
