/* Widths and roundings are those of WFDB 10.7. */
#include "dataset/wfdb_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "dataset/wfdb_annotation.h"

#define CHUNK_VALUES 65536
#define DAY_MS INT64_C(86400000)
#define INVALID_SHOWN (-32768) /* whatever the format's own code is */

/* The mean of `count` samples, halves up. */
static int32_t samples_mean(const int32_t *samples, uint32_t count)
{
    int64_t sum = count / 2;
    for (uint32_t i = 0; i < count; i++) {
        if (samples[i] == VR_SAMPLE_INVALID)
            return VR_SAMPLE_INVALID;
        sum += samples[i];
    }
    int64_t mean = sum / count;
    return (int32_t)(sum % count < 0 ? mean - 1 : mean);
}

/* Print a frame as `line_count` lines; 0 = one line of means. */
static void frame_print(
    FILE *file, const struct vr_frames *frames, const int32_t *values, int64_t frame,
    uint32_t line_count)
{
    int64_t lines = line_count ? line_count : 1;
    for (int64_t line = 0; line < lines; line++) {
        const int32_t *samples = values;
        fprintf(file, "%15" PRId64, frame * lines + line);
        for (size_t i = 0; i < frames->signal_count; i++) {
            uint32_t own = frames->samples_per_frame[i];
            int32_t value = line_count ? samples[line * own / lines] : samples_mean(samples, own);
            fprintf(file, "\t%7" PRId32, value == VR_SAMPLE_INVALID ? INVALID_SHOWN : value);
            samples += own;
        }
        fputc('\n', file);
    }
}

int vr_wfdb_text_samples(
    FILE *file, const struct vr_frames *frames, int64_t first, int64_t count, bool high_resolution,
    struct vr_err *err)
{
    uint32_t line_count = 0;
    for (size_t i = 0; high_resolution && i < frames->signal_count; i++)
        if (frames->samples_per_frame[i] > line_count)
            line_count = frames->samples_per_frame[i];

    size_t chunk = CHUNK_VALUES / (frames->frame_samples + 1) + 1;
    _cleanup_free_ int32_t *values = calloc(chunk * frames->frame_samples + 1, sizeof *values);
    if (!values)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu frames", chunk);
    while (count > 0 && frames->signal_count > 0) {
        size_t part = count < (int64_t)chunk ? (size_t)count : chunk;
        int r = vr_frames_read(frames, first, part, values, err);
        if (r < 0)
            return r;
        for (size_t i = 0; i < part; i++)
            frame_print(
                file, frames, values + i * frames->frame_samples, first + (int64_t)i, line_count);
        first += (int64_t)part;
        count -= (int64_t)part;
    }
    return 0;
}

static const char *const mnemonics[256] = {
#define X(code, identifier, mnemonic, class, text) [code] = mnemonic,
#include "schema/annotations.def"
#undef X
};

/* Milliseconds to hours and what is left. */
struct clock {
    int64_t hours, minutes, seconds, ms;
};

static struct clock clock_of(int64_t ms)
{
    return (struct clock){ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000};
}

/* MM:SS.mmm, or H:MM:SS.mmm, in 12 columns. */
static void elapsed_print(FILE *file, int64_t ms)
{
    char text[64];
    const char *sign = ms < 0 ? "-" : "";
    struct clock c = clock_of(ms < 0 ? -ms : ms);
    if (c.hours)
        snprintf(
            text, sizeof text, "%s%" PRId64 ":%02" PRId64 ":%02" PRId64 ".%03" PRId64, sign,
            c.hours, c.minutes, c.seconds, c.ms);
    else
        snprintf(
            text, sizeof text, "%s%" PRId64 ":%02" PRId64 ".%03" PRId64, sign, c.minutes, c.seconds,
            c.ms);
    fprintf(file, "%12s", text);
}

/* [HH:MM:SS.mmm DD/MM/YYYY]; of a start without a date, the days that have passed since. */
static void of_day_print(FILE *file, int64_t ms, const struct vr_wfdb_start *start)
{
    ms += (start->time_us + 500) / 1000;
    int64_t days = ms / DAY_MS - (ms % DAY_MS < 0);
    struct clock c = clock_of(ms - days * DAY_MS);
    fprintf(
        file, "[%02" PRId64 ":%02" PRId64 ":%02" PRId64 ".%03" PRId64, c.hours, c.minutes,
        c.seconds, c.ms);
    struct tm date = {
        .tm_mday = start->day, .tm_mon = start->month - 1, .tm_year = start->year - 1900};
    time_t midnight = timegm(&date) + (time_t)days * (DAY_MS / 1000);
    if (start->has_date && gmtime_r(&midnight, &date))
        fprintf(
            file, " %02d/%02d/%04d", date.tm_mday, date.tm_mon + 1, (int)(date.tm_year + 1900L));
    else if (days != 0)
        fprintf(file, " %" PRId64, days);
    fputc(']', file);
}

/* The first word of a definition in the file, or the usual mnemonic, or the number. */
static void mnemonic_find(
    const struct vr_wfdb_text_style *style, uint8_t code, char *ret_text, size_t size)
{
    const char *own = style->definitions && code < VR_CODES_MAX ? style->definitions[code] : NULL;
    if (own)
        snprintf(ret_text, size, "%.*s", (int)strcspn(own, " \t"), own);
    else if (mnemonics[code])
        snprintf(ret_text, size, "%s", mnemonics[code]);
    else
        snprintf(ret_text, size, "[%d]", code);
}

void vr_wfdb_text_annotation(
    FILE *file, const struct vr_annotation *item, const struct vr_wfdb_text_style *style)
{
    char mnemonic[VR_WFDB_TEXT_SIZE_MAX + 1];
    int64_t ms;
    if (!vr_rate_convert(item->sample_index, style->rate, (struct vr_rate){1000, 1}, &ms))
        ms = 0; /* no tick that a reader lets through */
    if (style->start.has_time)
        of_day_print(file, ms, &style->start);
    else
        elapsed_print(file, ms);
    mnemonic_find(style, item->code, mnemonic, sizeof mnemonic);
    fprintf(
        file, "  %7" PRId64 " %5s %4d %4d %4d", item->sample_index, mnemonic, item->subtype,
        item->channel, item->number);
    if (item->text)
        fprintf(file, "\t%s", item->text);
    fputc('\n', file);
}
