/* One pass over the lines, one function per line of the grammar. */
#include "dataset/wfdb_header.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/folder.h"
#include "dataset/slice.h"
#include "dataset/wfdb_header_signal.h"
#include "dataset/wfdb_lines.h"

#define DAY_US INT64_C(86400000000)

/* NAME['/'NSEG] */
static int record_name_parse(
    const struct vr_wfdb_lines *lines, struct vr_slice field, struct vr_wfdb_header *header)
{
    struct vr_slice name = vr_slice_take(&field, "/");
    int r = vr_wfdb_lines_copy(lines, "record name", name, header->name, sizeof header->name);
    if (r < 0)
        return r;
    const char *fault = vr_folder_name_fault(header->name);
    if (fault)
        return vr_wfdb_lines_fail(
            lines, "the record name \"%.*s\" %s; it must be the name of this file without .hea",
            VR_SLICE_SHOWN(name), fault);
    int64_t segment_count = 0;
    if (vr_slice_skip(&field, '/') &&
        !vr_slice_integer(field, 1, VR_WFDB_SEGMENTS_MAX, &segment_count))
        return vr_wfdb_lines_fail(
            lines,
            "\"%.*s\" is no number of segments up to %d; write NAME, or NAME/NUMBER for a record "
            "in "
            "segments",
            VR_SLICE_SHOWN(field), VR_WFDB_SEGMENTS_MAX);
    header->segment_count = (size_t)segment_count;
    return 0;
}

/* FS['/'CFREQ['('BASECNT')']], the part behind the slash unread: nothing here counts with it. */
static int rate_parse(
    const struct vr_wfdb_lines *lines, struct vr_slice field, struct vr_wfdb_header *header)
{
    header->rate = (struct vr_rate){250, 1};
    if (field.size == 0)
        return 0;
    struct vr_slice rate = vr_slice_take(&field, "/");
    if (!vr_rate_parse(rate.text, rate.size, &header->rate))
        return vr_wfdb_lines_fail(
            lines, "the sampling frequency \"%.*s\" must be a number above 0 and below 2^32 Hz",
            VR_SLICE_SHOWN(rate));
    return 0;
}

/* [[HH:]MM:]SS[.fraction], of any number of digits. */
static bool time_parse(struct vr_slice field, int64_t *ret_us)
{
    int64_t whole = 0, part, us = 0;
    for (int i = 0;; i++) {
        if (i == 3 || !vr_slice_integer(vr_slice_take(&field, ":."), 0, 1000000, &part))
            return false;
        whole = whole * 60 + part;
        if (!vr_slice_skip(&field, ':'))
            break;
    }
    if (vr_slice_skip(&field, '.'))
        for (int64_t unit = 100000; field.size; unit /= 10, field.text++, field.size--) {
            if (field.text[0] < '0' || field.text[0] > '9')
                return false;
            us += unit * (field.text[0] - '0');
        }
    *ret_us = whole * 1000000 + us;
    return field.size == 0 && *ret_us < DAY_US;
}

/* [TIME [DD/MM/YYYY]].  What is neither (the dates of some challenges) says nothing. */
static void start_parse(struct vr_slice *line, struct vr_wfdb_start *ret_start)
{
    struct vr_slice time = vr_slice_word(line), date = vr_slice_word(line);
    int64_t day, month, year;
    ret_start->has_time = time.size && time_parse(time, &ret_start->time_us);
    if (!ret_start->has_time || !vr_slice_integer(vr_slice_take(&date, "/"), 1, 31, &day) ||
        !vr_slice_skip(&date, '/') || !vr_slice_integer(vr_slice_take(&date, "/"), 1, 12, &month) ||
        !vr_slice_skip(&date, '/') || !vr_slice_integer(date, 0, 9999, &year))
        return;
    ret_start->has_date = true;
    ret_start->day = (int)day;
    ret_start->month = (int)month;
    ret_start->year = (int)year;
}

static int record_line_parse(struct vr_wfdb_lines *lines, struct vr_wfdb_header *header)
{
    struct vr_slice line, field;
    bool found;
    int r = vr_wfdb_lines_next(lines, &line, &found);
    if (r < 0)
        return r;
    if (!found)
        return vr_wfdb_lines_fail(
            lines, "no record line; a header begins with NAME and the number of signals");
    header->line = lines->number;
    r = record_name_parse(lines, vr_slice_word(&line), header);
    if (r < 0)
        return r;

    int64_t signal_count;
    field = vr_slice_word(&line);
    if (field.size == 0)
        return vr_wfdb_lines_fail(
            lines, "only a name, which is the obsolete header format; write a new header, with "
                   "NAME and the number of signals");
    if (!vr_slice_integer(field, 0, VR_SIGNALS_MAX, &signal_count))
        return vr_wfdb_lines_fail(
            lines, "the number of signals \"%.*s\" must be a number from 0 to %d",
            VR_SLICE_SHOWN(field), VR_SIGNALS_MAX);
    header->signal_count = (size_t)signal_count;

    r = rate_parse(lines, vr_slice_word(&line), header);
    if (r < 0)
        return r;
    int64_t frame_count = 0;
    field = vr_slice_word(&line);
    if (field.size && !vr_slice_integer(field, 0, VR_WFDB_FRAMES_MAX, &frame_count))
        return vr_wfdb_lines_fail(
            lines, "the number of samples \"%.*s\" must be a number from 0 to %" PRId64,
            VR_SLICE_SHOWN(field), VR_WFDB_FRAMES_MAX);
    header->frame_count = frame_count ? frame_count : -1;
    start_parse(&line, &header->start);
    return 0;
}

/* Signals of one file follow each other and agree on how it is stored: else nobody can tell which
 * sample is whose. */
static int group_check(
    const struct vr_wfdb_lines *lines, const struct vr_wfdb_header *header, size_t index)
{
    const struct vr_wfdb_signal *signal = &header->signals[index];
    for (size_t i = 0; i < index; i++) {
        const struct vr_wfdb_signal *other = &header->signals[i];
        if (signal->format == 0 || strcmp(other->file, signal->file) != 0)
            continue;
        if (strcmp(signal[-1].file, signal->file) != 0)
            return vr_wfdb_lines_fail(
                lines,
                "%.60s was named in line %d, then another file; put the lines of one file together",
                signal->file, other->line);
        if (other->format != signal->format || other->byte_offset != signal->byte_offset ||
            other->block_size != signal->block_size)
            return vr_wfdb_lines_fail(
                lines,
                "%.60s has another format, byte offset or block size here than in line %d; make "
                "them equal",
                signal->file, other->line);
    }
    return 0;
}

static int signals_parse(struct vr_wfdb_lines *lines, struct vr_wfdb_header *header)
{
    int64_t frame_samples = 0;
    for (size_t i = 0; i < header->signal_count; i++) {
        struct vr_wfdb_signal *signal = &header->signals[i];
        struct vr_slice line;
        bool found;
        int r = vr_wfdb_lines_next(lines, &line, &found);
        if (r < 0)
            return r;
        if (!found)
            return vr_wfdb_lines_fail(
                lines, "the header ends after %zu of the %zu signals that line %d promises", i,
                header->signal_count, header->line);
        r = vr_wfdb_header_signal_parse(lines, line, signal);
        if (r == 0)
            r = group_check(lines, header, i);
        if (r < 0)
            return r;
        if (!signal->name[0])
            snprintf(
                signal->name, sizeof signal->name, "record %.90s, signal %zu", header->name, i);
        frame_samples += signal->samples_per_frame;
        struct vr_rate rate;
        if (frame_samples > VR_WFDB_SAMPLES_PER_FRAME_MAX ||
            !vr_rate_multiply(header->rate, signal->samples_per_frame, &rate))
            return vr_wfdb_lines_fail(
                lines, "%" PRIu32 " samples per frame are more than can be read",
                signal->samples_per_frame);
        if (header->frame_count >= 0 && signal->skew_frames >= header->frame_count)
            return vr_wfdb_lines_fail(
                lines,
                "the skew of %" PRId64 " leaves nothing of the %" PRId64 " samples in line %d",
                signal->skew_frames, header->frame_count, header->line);
    }
    return 0;
}

static int segment_line_parse(
    const struct vr_wfdb_lines *lines, struct vr_slice line, struct vr_wfdb_segment *segment)
{
    struct vr_slice name = vr_slice_word(&line), count = vr_slice_word(&line);
    *segment = (struct vr_wfdb_segment){.line = lines->number};
    int r = vr_wfdb_lines_copy(lines, "segment name", name, segment->name, sizeof segment->name);
    if (r < 0)
        return r;
    bool gap = strcmp(segment->name, VR_WFDB_NO_FILE) == 0;
    const char *fault = gap ? NULL : vr_folder_name_fault(segment->name);
    if (fault)
        return vr_wfdb_lines_fail(
            lines, "the segment name \"%.*s\" %s; name a record beside this header or below it",
            VR_SLICE_SHOWN(name), fault);
    if (!vr_slice_integer(count, 0, VR_WFDB_FRAMES_MAX, &segment->frame_count))
        return vr_wfdb_lines_fail(
            lines, "the length \"%.*s\" of segment %.60s must be a number from 0 to %" PRId64,
            VR_SLICE_SHOWN(count), segment->name, VR_WFDB_FRAMES_MAX);
    return 0;
}

/* SEGMENT NSAMP.  The array grows with the lines, not with the number that is promised. */
static int segments_parse(struct vr_wfdb_lines *lines, struct vr_wfdb_header *header)
{
    size_t promised = header->segment_count, capacity = 0;
    for (header->segment_count = 0; header->segment_count < promised; header->segment_count++) {
        struct vr_slice line;
        bool found;
        int r = vr_wfdb_lines_next(lines, &line, &found);
        if (r < 0)
            return r;
        if (!found)
            return vr_wfdb_lines_fail(
                lines, "the header ends after %zu of the %zu segments that line %d promises",
                header->segment_count, promised, header->line);
        if (header->segment_count == capacity) {
            capacity = 2 * capacity + 16;
            void *grown = reallocarray(header->segments, capacity, sizeof *header->segments);
            if (!grown)
                return vr_err_set(
                    lines->err, VR_ERR_NO_MEMORY, "%s: no memory for its segments", lines->display);
            header->segments = grown;
        }
        r = segment_line_parse(lines, line, &header->segments[header->segment_count]);
        if (r < 0)
            return r;
    }
    return 0;
}

static int lines_parse(struct vr_wfdb_lines *lines, struct vr_wfdb_header *header)
{
    int r = record_line_parse(lines, header);
    if (r < 0)
        return r;
    size_t signal_count = header->segment_count ? 0 : header->signal_count;
    if (signal_count) {
        header->signals = calloc(signal_count, sizeof *header->signals);
        if (!header->signals)
            return vr_err_set(
                lines->err, VR_ERR_NO_MEMORY, "%s: no memory for its signals", lines->display);
    }
    r = header->segment_count ? segments_parse(lines, header) : signals_parse(lines, header);
    if (r < 0)
        return r;

    /* WFDB ignores further lines; here a wrong number of signals would shift every sample. */
    struct vr_slice line;
    bool found;
    lines->comments = header->infos = calloc(lines->rest.size + 2, 1);
    if (!lines->comments)
        return vr_err_set(
            lines->err, VR_ERR_NO_MEMORY, "%s: no memory for its comments", lines->display);
    r = vr_wfdb_lines_next(lines, &line, &found);
    if (r == 0 && found)
        return vr_wfdb_lines_fail(
            lines,
            "a line behind the %zu %s that line %d promises; correct that number, or put # before "
            "this line",
            header->segment_count ? header->segment_count : header->signal_count,
            header->segment_count ? "segments" : "signals", header->line);
    return r;
}

int vr_wfdb_header_parse(
    const char *text, size_t size, const char *display, struct vr_wfdb_header *ret_header,
    struct vr_err *err)
{
    struct vr_wfdb_lines lines = {.rest = {text, size}, .display = display, .err = err};
    if (size > VR_WFDB_HEADER_SIZE_MAX)
        return vr_wfdb_lines_fail(
            &lines, "%zu bytes; a header has at most %d", size, VR_WFDB_HEADER_SIZE_MAX);
    struct vr_wfdb_header header = {0};
    int r = lines_parse(&lines, &header);
    if (r < 0) {
        vr_wfdb_header_finish(&header);
        return r;
    }
    *ret_header = header;
    return 0;
}

void vr_wfdb_header_finish(struct vr_wfdb_header *header)
{
    if (!header)
        return;
    free(header->signals);
    free(header->segments);
    free(header->infos);
    *header = (struct vr_wfdb_header){0};
}
