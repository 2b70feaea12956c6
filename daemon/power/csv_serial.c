/* Lines of text over a serial port (power/csv_rows.h): a sensor with a microcontroller that somebody has built.
 *
 * There is no way to start or stop such a meter: it talks as long as it has power.  What came before start is thrown away up to the
 * next whole line.  The first line that is handed on is a comment that says what the columns are, so that a recorded stream explains
 * itself. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "port/stream.h"
#include "power/csv_rows.h"
#include "power/power.h"
#include "power/sample_rate.h"
#include "power/value_batch.h"

#define HEADER_WAIT_MS \
    3000 /* a board that restarts when its port is opened sits in its bootloader for 2 s */
#define LOGS_MAX 10

/* --- the instrument --------------------------------------------------------------------------- */

struct csv_serial {
    struct vr_stream_port stream;
    char header[VR_CSV_NAMES_SIZE + 64]; /* handed on first */
    bool is_header_due, is_aligned;      /* at the start of a line */
    int left;                            /* B that had come when sampling ended; -1 = it has not */
};

static int csv_check(const struct vr_power_config *config, struct vr_err *err)
{
    struct vr_csv_columns columns;
    if (!config->argv && !config->path && !config->usb_serial && config->usb_vendor == 0)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "%s: nothing says which port; give \"usb_serial\" or \"path\" (`vitalrig devices` "
            "lists them)",
            config->name);
    if (config->powers_device)
        return vr_err_set(
            err, VR_ERR_USAGE, "%s: a csv-serial switches no supply; leave \"powers_device\" out",
            config->name);
    if (!config->columns)
        return 0;
    if (strlen(config->columns) >= VR_CSV_NAMES_SIZE)
        return vr_err_set(
            err, VR_ERR_USAGE, "%s: the names of its columns are too long", config->name);
    int r = vr_csv_columns_parse(config->name, config->columns, config->scale, &columns, err);
    if (r < 0 && err)
        err->code = VR_ERR_USAGE;
    return r < 0 ? -VR_ERR_USAGE : 0;
}

static bool is_complete(const struct vr_csv_header *header)
{
    return header->names[0] && header->rate_hz > 0;
}

static void take_line(const char *line, struct vr_csv_header *header)
{
    if (line[0] == '#')
        vr_csv_comment(line, header);
    else if (!header->names[0] && vr_csv_is_names(line) && strlen(line) < sizeof header->names)
        snprintf(header->names, sizeof header->names, "%s", line);
}

/* One word: it will stand in a comment. */
static void squeeze(char *names)
{
    char *to = names;
    for (const char *from = names; *from; from++)
        if (*from == '\t')
            *to++ = ',';
        else if (*from != ' ' && *from != '\r')
            *to++ = *from;
    *to = '\0';
}

/* Listen until the header is whole; what else comes is from before the start. */
static int await_header(struct csv_serial *csv, struct vr_csv_header *header, struct vr_err *err)
{
    char line[VR_CSV_LINE_MAX];
    size_t length = 0;
    int64_t end_ns = vr_clock_monotonic_ns() + (int64_t)HEADER_WAIT_MS * 1000000;
    while (!is_complete(header)) {
        char bytes[256];
        size_t size;
        int left_ms = (int)((end_ns - vr_clock_monotonic_ns()) / 1000000);
        int r = left_ms > 0 ? vr_stream_wait(&csv->stream, bytes, sizeof bytes, left_ms, &size, err)
                            : 0;
        if (r < 0)
            return r;
        if (left_ms <= 0 || size == 0)
            return 0;
        csv->is_aligned = bytes[size - 1] == '\n';
        for (size_t i = 0; i < size; i++) {
            if (bytes[i] != '\n') {
                line[length] = bytes[i];
                length += length + 1 < sizeof line;
                continue;
            }
            line[length] = '\0';
            length = 0;
            take_line(line, header);
        }
    }
    return 0;
}

static int learn(
    const struct vr_power_config *config, const struct vr_csv_header *header,
    struct vr_power_info *ret_info, struct vr_err *err)
{
    struct vr_csv_columns columns;
    if (!header->names[0])
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: no line \"# cols=t_us,i_ua,v_mv,gpio fs=1000\" came within %d s; let it print one "
            "when its port is opened, or give \"columns\" and \"rate_hz\" in the rig file",
            config->name, HEADER_WAIT_MS / 1000);
    int r = vr_csv_columns_parse(config->name, header->names, header->scale, &columns, err);
    if (r < 0)
        return r;
    uint32_t num, den;
    if (!vr_sample_rate(header->rate_hz, &num, &den))
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: it does not say how many samples a second it takes; give \"rate_hz\"",
            config->name);
    *ret_info = (struct vr_power_info){
        .instrument = "lines of text",
        .rate_num = num,
        .rate_den = den,
        .quantity = columns.quantity,
        .has_volts = columns.has_volts,
        .supply_v = config->supply_v > 0 ? config->supply_v : (double)NAN,
        .has_lines = columns.has_lines,
    };
    ret_info->scale.gain_err[0] = (double)NAN;
    snprintf(
        ret_info->settings, sizeof ret_info->settings, "%.140s, %s", header->names,
        columns.has_time ? "losses are seen by the steps of time"
                         : "without a column of time losses cannot be seen");
    return 0;
}

static int csv_open(
    void *state, const struct vr_power_config *config, struct vr_power_info *ret_info,
    struct vr_err *err)
{
    struct csv_serial *csv = state;
    struct vr_csv_header header = {.rate_hz = config->rate_hz, .scale = config->scale};
    const struct vr_stream_config stream = {
        .name = config->name,
        .argv = config->argv,
        .port =
            {config->path, config->usb_serial, config->usb_vendor, config->usb_product,
             config->usb_interface},
        .baud = config->baud,
    };
    if (config->columns)
        snprintf(header.names, sizeof header.names, "%s", config->columns);
    int r = vr_stream_open(&stream, &csv->stream, err);
    if (r < 0)
        return r;
    r = await_header(csv, &header, err);
    if (config->rate_hz > 0)
        header.rate_hz = config->rate_hz;
    if (config->scale > 0)
        header.scale = config->scale;
    squeeze(header.names);
    if (r == 0)
        r = learn(config, &header, ret_info, err);
    if (r < 0) {
        vr_stream_close(&csv->stream);
        return r;
    }
    snprintf(
        csv->header, sizeof csv->header, "# cols=%s fs=%u/%u scale=%.9g\n", header.names,
        ret_info->rate_num, ret_info->rate_den, header.scale);
    return 0;
}

/* Throws away what came before; a device that talks faster than this reads is none. */
static int csv_start(void *state, struct vr_err *err)
{
    struct csv_serial *csv = state;
    int waiting = 0;
    ioctl(csv->stream.fd, FIONREAD, &waiting);
    while (waiting > 0) {
        uint8_t bytes[512];
        size_t size, capacity = waiting < (int)sizeof bytes ? (size_t)waiting : sizeof bytes;
        int r = vr_stream_receive(&csv->stream, bytes, capacity, &size, err);
        if (r < 0 || size == 0)
            return r;
        csv->is_aligned = bytes[size - 1] == '\n';
        waiting -= (int)size;
    }
    csv->is_header_due = true;
    csv->left = -1;
    return 0;
}

static int csv_read(
    void *state, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err)
{
    struct csv_serial *csv = state;
    *ret_size = 0;
    if (csv->is_header_due) {
        size_t size = strlen(csv->header);
        if (size > capacity)
            return vr_err_set(err, VR_ERR_INTERNAL, "no room for a header of %zu bytes", size);
        memcpy(buffer, csv->header, size);
        *ret_size = size;
        csv->is_header_due = false;
        return 0;
    }
    if (csv->left == 0)
        return vr_err_set(err, VR_ERR_EMPTY, "%s: no more samples", csv->stream.name);
    if (csv->left > 0 && capacity > (size_t)csv->left)
        capacity = (size_t)csv->left;
    size_t size;
    int r = vr_stream_receive(&csv->stream, buffer, capacity, &size, err);
    if (r < 0)
        return r;
    if (csv->left > 0)
        csv->left = size > 0 ? csv->left - (int)size : 0;
    if (!csv->is_aligned) {
        const uint8_t *end = memchr(buffer, '\n', size);
        size_t used = end ? (size_t)(end + 1 - buffer) : size;
        csv->is_aligned = end != NULL;
        size -= used;
        memmove(buffer, buffer + used, size);
    }
    *ret_size = size;
    return 0;
}

static size_t csv_poll_fds(void *state, struct pollfd *fds, size_t capacity)
{
    struct csv_serial *csv = state;
    (void)capacity;
    fds[0] = (struct pollfd){.fd = csv->stream.fd, .events = POLLIN};
    return 1;
}

static int csv_stop(void *state, struct vr_err *err)
{
    struct csv_serial *csv = state;
    (void)err;
    csv->left = 0;
    ioctl(csv->stream.fd, FIONREAD, &csv->left);
    return 0;
}

static void csv_close(void *state)
{
    struct csv_serial *csv = state;
    vr_stream_close(&csv->stream);
}

/* --- the decoder ------------------------------------------------------------------------------ */

struct csv_decoder {
    struct vr_value_batch batch;
    struct vr_csv_columns columns; /* count 0 = not known yet */
    struct vr_csv_clock clock;
    bool has_rows;
    unsigned logs;
    char line[VR_CSV_LINE_MAX];
    size_t length; /* VR_CSV_LINE_MAX = the line is too long to be one */
};

static void csv_decode_start(
    void *decoder, const struct vr_power_info *info, const struct vr_power_sink *sink)
{
    struct csv_decoder *csv = decoder;
    vr_value_batch_start(&csv->batch, info, sink);
}

static void say(struct csv_decoder *csv, const char *what, const char *line)
{
    char text[160];
    if (csv->logs++ >= LOGS_MAX)
        return;
    snprintf(text, sizeof text, "%s: \"%.80s\"", what, line);
    csv->batch.sink->log(csv->batch.sink->context, 4, text);
}

static void header(struct csv_decoder *csv, const char *line)
{
    const struct vr_power_info *info = csv->batch.info;
    struct vr_csv_header said = {0};
    struct vr_csv_columns columns;
    vr_csv_comment(line, &said);
    if (!said.names[0])
        return;
    if (csv->columns.count > 0) {
        if (csv->has_rows)
            say(csv, "the meter has begun anew", line);
        return;
    }
    if (vr_csv_columns_parse("", said.names, said.scale, &columns, NULL) < 0 ||
        columns.quantity != info->quantity) {
        say(csv, "these are not the columns that it had when it was opened", line);
        return;
    }
    csv->columns = columns;
    vr_csv_clock_start(&csv->clock, &columns, (double)info->rate_num / info->rate_den);
}

static void row(struct csv_decoder *csv, const struct vr_csv_row *row)
{
    struct vr_value_batch *batch = &csv->batch;
    int64_t missing = csv->columns.has_time ? vr_csv_clock_step(&csv->clock, row->time) : 0;
    csv->has_rows = true;
    if (missing < 0) {
        vr_value_batch_gap(batch, VR_POWER_GAP_DESYNC, 1, 0, VR_CSV_UNBOUNDED);
        return;
    }
    if (missing > 0)
        vr_value_batch_gap(batch, VR_POWER_GAP_COUNTER, missing, missing, missing);
    double value = row->value * csv->columns.value_unit;
    if (fabs(value) <= (double)FLT_MAX)
        vr_value_batch_add(batch, (float)value, row->volts, row->lines);
    else
        vr_value_batch_gap(batch, VR_POWER_GAP_MARKED, 1, 1, 1);
}

/* A line that is no row: with a column of time the next row tells what is missing; without one its place is kept, and nothing is
 * known of how many more are gone. */
static void broken(struct csv_decoder *csv, const char *line)
{
    say(csv, "no sample", line);
    if (csv->columns.count > 0 && !csv->columns.has_time && csv->has_rows)
        vr_value_batch_gap(&csv->batch, VR_POWER_GAP_DESYNC, 1, 0, VR_CSV_UNBOUNDED);
}

static void whole_line(struct csv_decoder *csv)
{
    struct vr_csv_row parsed;
    bool is_cut = csv->length == VR_CSV_LINE_MAX;
    char *line = csv->line;
    line[is_cut ? VR_CSV_LINE_MAX - 1 : csv->length] = '\0';
    csv->length = 0;
    bool is_text = strlen(line) == strcspn(line, "\r") || strcmp(strchr(line, '\r'), "\r") == 0;
    line[strcspn(line, "\r")] = '\0';
    if (line[0] == '#')
        header(csv, line);
    else if (line[0] == '\0' && !is_cut)
        return;
    else if (
        !is_cut && is_text && csv->columns.count > 0 &&
        vr_csv_row_parse(&csv->columns, line, &parsed))
        row(csv, &parsed);
    else
        broken(csv, line);
}

static void csv_decode(void *decoder, int64_t arrival_ns, const uint8_t *data, size_t size)
{
    struct csv_decoder *csv = decoder;
    int64_t before = csv->batch.next;
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\n')
            whole_line(csv);
        else if (csv->length < VR_CSV_LINE_MAX)
            csv->line[csv->length++] = data[i] ? (char)data[i] : '?';
    }
    vr_value_batch_flush(&csv->batch);
    if (csv->batch.next > before)
        csv->batch.sink->anchor(csv->batch.sink->context, csv->batch.next - 1, arrival_ns);
}

/* A last line without its end may have been cut: it is no sample. */
static void csv_decode_end(void *decoder)
{
    struct csv_decoder *csv = decoder;
    vr_value_batch_flush(&csv->batch);
}

const struct vr_power_driver vr_power_csv_serial = {
    .name = "csv-serial",
    .summary = "lines of numbers over a serial port (self-made meters)",
    .state_size = sizeof(struct csv_serial),
    .decoder_size = sizeof(struct csv_decoder),
    .bytes_per_s = 1000000,
    .check = csv_check,
    .open = csv_open,
    .start = csv_start,
    .read = csv_read,
    .poll_fds = csv_poll_fds,
    .stop = csv_stop,
    .close = csv_close,
    .decode_start = csv_decode_start,
    .decode = csv_decode,
    .decode_end = csv_decode_end,
};
