/* Segments are opened when they are read, and a few of them stay open: some records have thousands.
 */
#include "dataset/wfdb_segments.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/rate.h"

#define OPEN_MAX 4 /* one to read, one to read on, and some for signals that are not in step */
#define DEFAULT_GAIN 200 /* of a signal without one */

enum presence { GAP, PRESENT, MISSING };

struct segment {
    const struct vr_wfdb_segment *line;
    int64_t first; /* frame of the record */
    enum presence presence;
    uint64_t stamp;
};

/* Where a signal of the record is in an open segment. */
struct link {
    bool present;
    size_t signal;
    bool rescaled;
};

struct open_part {
    size_t segment;
    struct vr_wfdb_part *part; /* NULL = free */
    struct link links[VR_SIGNALS_MAX];
    uint64_t used;
};

struct vr_wfdb_segments {
    const struct vr_wfdb_folder *folder;
    char name[VR_NAME_SIZE];
    struct vr_wfdb_header header;
    struct vr_wfdb_header described; /* the layout, or the first segment that is there */
    bool variable;                   /* with a layout */
    struct segment *items;           /* those that last, in order */
    size_t count;
    int64_t frame_count;
    size_t missing_count;
    struct open_part open[OPEN_MAX];
    uint64_t clock;
};

static void segment_name(
    const struct vr_wfdb_segments *segments, const char *own, char ret_name[VR_WFDB_PART_NAME_SIZE])
{
    snprintf(
        ret_name, VR_WFDB_PART_NAME_SIZE, "%.*s%s", (int)vr_wfdb_folder_part_size(segments->name),
        segments->name, own);
}

static int fail(
    const struct vr_wfdb_segments *segments, const struct vr_wfdb_segment *line, struct vr_err *err,
    const char *what)
{
    return vr_err_set(
        err, VR_ERR_INPUT, "%s/%s.hea:%d: segment %.60s %s", segments->folder->path, segments->name,
        line->line, line->name, what);
}

static double gain_of(const struct vr_wfdb_signal *signal)
{
    return signal->gain == 0 ? DEFAULT_GAIN : signal->gain;
}

/* Signals of one description are taken in order: the second "I" is the second "I" of the layout. */
static size_t find_signal(
    const struct vr_wfdb_segments *segments, const struct vr_wfdb_header *header, size_t wanted)
{
    if (!segments->variable)
        return wanted;
    const char *name = segments->described.signals[wanted].name;
    size_t before = 0;
    for (size_t i = 0; i < wanted; i++)
        before += strcmp(segments->described.signals[i].name, name) == 0;
    for (size_t i = 0; i < header->signal_count; i++)
        if (strcmp(header->signals[i].name, name) == 0 && before-- == 0)
            return i;
    return SIZE_MAX;
}

/* Find the record's signals in a segment. */
static int links_make(
    const struct vr_wfdb_segments *segments, const struct vr_wfdb_segment *line,
    struct open_part *open, struct vr_err *err)
{
    const struct vr_wfdb_header *header = &open->part->header;
    if (!segments->variable && header->signal_count != segments->described.signal_count)
        return fail(
            segments, line, err,
            "has another number of signals than those before, and there is no "
            "layout that tells which");
    for (size_t i = 0; i < segments->described.signal_count; i++) {
        const struct vr_wfdb_signal *to = &segments->described.signals[i];
        size_t found = find_signal(segments, header, i);
        open->links[i] = (struct link){.present = found != SIZE_MAX, .signal = found};
        if (found == SIZE_MAX)
            continue;
        const struct vr_wfdb_signal *from = &header->signals[found];
        if (from->samples_per_frame != to->samples_per_frame)
            return fail(
                segments, line, err, "has another number of samples in a frame than the record");
        open->links[i].rescaled = gain_of(from) != gain_of(to) || from->baseline != to->baseline;
    }
    return 0;
}

static struct open_part *oldest(struct vr_wfdb_segments *segments)
{
    struct open_part *open = &segments->open[0];
    for (size_t i = 1; i < OPEN_MAX; i++)
        if (segments->open[i].used < open->used)
            open = &segments->open[i];
    return open;
}

static void part_release(struct open_part *open)
{
    vr_wfdb_part_close(open->part);
    *open = (struct open_part){0};
}

static int part_open(
    struct vr_wfdb_segments *segments, size_t index, struct vr_digest *digest,
    struct open_part **ret_open, struct vr_err *err)
{
    const struct segment *segment = &segments->items[index];
    struct open_part *open = oldest(segments);
    char name[VR_WFDB_PART_NAME_SIZE];
    part_release(open);
    segment_name(segments, segment->line->name, name);
    int r = vr_wfdb_part_open(segments->folder, name, digest, &open->part, err);
    if (r == 0 && open->part->held_frame_count < segment->line->frame_count)
        r = fail(
            segments, segment->line, err, "is shorter than this line says; fetch its files again");
    if (r < 0) {
        part_release(open);
        return r;
    }
    open->segment = index;
    open->used = ++segments->clock;
    *ret_open = open;
    return 0;
}

/* The open segment, opened again when it was given up. */
static int part_find(
    struct vr_wfdb_segments *segments, size_t index, struct open_part **ret_open,
    struct vr_err *err)
{
    for (size_t i = 0; i < OPEN_MAX; i++) {
        struct open_part *open = &segments->open[i];
        if (!open->part || open->segment != index)
            continue;
        open->used = ++segments->clock;
        *ret_open = open;
        return 0;
    }
    const struct segment *segment = &segments->items[index];
    int r = part_open(segments, index, NULL, ret_open, err);
    if (r < 0)
        return r;
    if ((*ret_open)->part->stamp != segment->stamp) {
        part_release(*ret_open);
        return vr_err_set(
            err, VR_ERR_IO,
            "%s/%s: the files of this segment changed while the record was read; run again when "
            "nobody writes to them",
            segments->folder->path, segment->line->name);
    }
    r = links_make(segments, segment->line, *ret_open, err);
    if (r < 0)
        part_release(*ret_open);
    return r;
}

/* In a record without layout, the first segment that is there tells of all; a difference that
 * rescaling mends is said. */
static int described_take(
    struct vr_wfdb_segments *segments, const struct vr_wfdb_header *header, struct vr_err *err)
{
    if (segments->described.signals)
        return 0;
    segments->described.signals = calloc(header->signal_count + 1, sizeof *header->signals);
    if (!segments->described.signals)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for its signals", segments->name);
    if (header->signal_count)
        memcpy(
            segments->described.signals, header->signals,
            header->signal_count * sizeof *header->signals);
    segments->described.signal_count = header->signal_count;
    return 0;
}

static void differences_tell(
    const struct vr_wfdb_segments *segments, const struct vr_wfdb_segment *line,
    const struct open_part *open, char warning[VR_WARNING_SIZE])
{
    const struct vr_wfdb_header *header = &open->part->header;
    if (header->rate.num != segments->header.rate.num ||
        header->rate.den != segments->header.rate.den)
        vr_wfdb_warn(warning, "segment %.60s names another rate than the record", line->name);
    for (size_t i = 0; i < segments->described.signal_count; i++) {
        const struct link *link = &open->links[i];
        const struct vr_wfdb_signal *to = &segments->described.signals[i];
        if (!link->present)
            continue;
        if (strcmp(header->signals[link->signal].unit, to->unit) != 0)
            vr_wfdb_warn(
                warning, "segment %.60s: signal %.40s is in %s, in the record in %s", line->name,
                to->name, header->signals[link->signal].unit, to->unit);
        if (link->rescaled && !segments->variable)
            vr_wfdb_warn(
                warning, "segment %.60s: signal %.40s has another gain or baseline; rescaled",
                line->name, to->name);
    }
}

static int segment_survey(
    struct vr_wfdb_segments *segments, size_t index, struct vr_digest *digest,
    char warning[VR_WARNING_SIZE], struct vr_err *err)
{
    struct segment *segment = &segments->items[index];
    struct open_part *open;
    char own[VR_WARNING_SIZE] = "";
    int r = part_open(segments, index, digest, &open, err);
    if (r == -VR_ERR_NOT_FOUND) {
        segment->presence = MISSING;
        segments->missing_count++;
        return 0;
    }
    if (r == 0)
        r = described_take(segments, &open->part->header, err);
    if (r == 0)
        r = links_make(segments, segment->line, open, err);
    if (r == 0)
        r = vr_wfdb_part_survey(open->part, digest, own, err);
    if (r < 0)
        return r;
    segment->presence = PRESENT;
    segment->stamp = open->part->stamp;
    if (own[0])
        vr_wfdb_warn(warning, "segment %.60s: %s", segment->line->name, own);
    differences_tell(segments, segment->line, open, warning);
    return 0;
}

/* Segments that last, and where each begins. */
static int items_make(struct vr_wfdb_segments *segments, struct vr_err *err)
{
    const struct vr_wfdb_header *header = &segments->header;
    segments->items = calloc(header->segment_count, sizeof *segments->items);
    if (!segments->items)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for its segments", segments->name);
    for (size_t i = 0; i < header->segment_count; i++) {
        const struct vr_wfdb_segment *line = &header->segments[i];
        if (line->frame_count == 0)
            continue;
        if (line->frame_count > VR_WFDB_FRAMES_MAX - segments->frame_count)
            return fail(segments, line, err, "ends years after any record");
        segments->items[segments->count++] = (struct segment){
            .line = line,
            .first = segments->frame_count,
            .presence = strcmp(line->name, VR_WFDB_NO_FILE) == 0 ? GAP : PRESENT};
        segments->frame_count += line->frame_count;
    }
    return 0;
}

static int layout_load(
    struct vr_wfdb_segments *segments, struct vr_digest *digest, struct vr_err *err)
{
    const struct vr_wfdb_segment *first = &segments->header.segments[0];
    char name[VR_WFDB_PART_NAME_SIZE];
    segments->variable = first->frame_count == 0 && strcmp(first->name, VR_WFDB_NO_FILE) != 0;
    if (!segments->variable)
        return 0;
    segment_name(segments, first->name, name);
    int r = vr_wfdb_part_header(segments->folder, name, digest, NULL, &segments->described, err);
    if (r == 0 && segments->described.segment_count)
        r = fail(segments, first, err, "is a record in segments, not a layout");
    return r;
}

static void totals_tell(const struct vr_wfdb_segments *segments, char warning[VR_WARNING_SIZE])
{
    const struct vr_wfdb_header *header = &segments->header;
    if (header->frame_count >= 0 && header->frame_count != segments->frame_count)
        vr_wfdb_warn(
            warning,
            "its segments have %" PRId64 " frames together, not %" PRId64 " as in the header",
            segments->frame_count, header->frame_count);
    if (header->signal_count != segments->described.signal_count)
        vr_wfdb_warn(
            warning, "its segments have %zu signals, not %zu as in the header",
            segments->described.signal_count, header->signal_count);
}

static int open_all(
    struct vr_wfdb_segments *segments, struct vr_digest *digest, char warning[VR_WARNING_SIZE],
    struct vr_err *err)
{
    int r = layout_load(segments, digest, err);
    if (r == 0)
        r = items_make(segments, err);
    for (size_t i = 0; r == 0 && i < segments->count; i++)
        if (segments->items[i].presence != GAP)
            r = segment_survey(segments, i, digest, warning, err);
    if (r == 0 && !segments->described.signals && segments->header.signal_count > 0)
        r = vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s/%s: none of its segments is there; fetch them too",
            segments->folder->path, segments->name);
    if (r == 0)
        totals_tell(segments, warning);
    return r;
}

int vr_wfdb_segments_open(
    const struct vr_wfdb_folder *folder, const char *name, struct vr_wfdb_header *header,
    struct vr_digest *digest, char warning[VR_WARNING_SIZE], struct vr_wfdb_segments **ret_segments,
    struct vr_err *err)
{
    struct vr_wfdb_segments *segments = calloc(1, sizeof *segments);
    if (!segments) {
        vr_wfdb_header_finish(header);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s/%s: no memory", folder->path, name);
    }
    segments->folder = folder;
    segments->header = *header;
    *header = (struct vr_wfdb_header){0};
    snprintf(segments->name, sizeof segments->name, "%s", name);
    int r = open_all(segments, digest, warning, err);
    if (r < 0) {
        vr_wfdb_segments_close(segments);
        return r;
    }
    *ret_segments = segments;
    return 0;
}

void vr_wfdb_segments_close(struct vr_wfdb_segments *segments)
{
    if (!segments)
        return;
    for (size_t i = 0; i < OPEN_MAX; i++)
        part_release(&segments->open[i]);
    free(segments->items);
    vr_wfdb_header_finish(&segments->described);
    vr_wfdb_header_finish(&segments->header);
    free(segments);
}

const struct vr_wfdb_signal *vr_wfdb_segments_signals(
    const struct vr_wfdb_segments *segments, size_t *ret_count)
{
    *ret_count = segments->described.signals ? segments->described.signal_count : 0;
    return segments->described.signals;
}

int64_t vr_wfdb_segments_frames(const struct vr_wfdb_segments *segments)
{
    return segments->frame_count;
}

int64_t vr_wfdb_segments_available(
    const struct vr_wfdb_segments *segments, char *ret_missing, size_t size)
{
    ret_missing[0] = '\0';
    for (size_t i = 0; i < segments->count; i++) {
        const struct segment *segment = &segments->items[i];
        if (segment->presence != MISSING)
            continue;
        snprintf(
            ret_missing, size,
            "segment %.60s, from frame %" PRId64 " on, is not there (%zu of %zu segments are "
            "missing); fetch its files too",
            segment->line->name, segment->first, segments->missing_count, segments->count);
        return segment->first;
    }
    return segments->frame_count;
}

/* The segment that holds a frame of the record. */
static size_t find_segment(const struct vr_wfdb_segments *segments, int64_t frame)
{
    size_t low = 0, high = segments->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (segments->items[middle].first <= frame)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void rescale(
    const struct vr_wfdb_signal *from, const struct vr_wfdb_signal *to, size_t count,
    int32_t *values)
{
    double from_gain = gain_of(from), to_gain = gain_of(to);
    for (size_t i = 0; i < count; i++) {
        if (values[i] == VR_SAMPLE_INVALID)
            continue;
        double moved = ((double)values[i] - from->baseline) * to_gain / from_gain;
        double value = floor(moved + to->baseline + 0.5);
        values[i] = value >= INT32_MAX   ? INT32_MAX
                    : value <= INT32_MIN ? INT32_MIN + 1 /* the lowest means "no sample" */
                                         : (int32_t)value;
    }
}

/* Samples [first, first + count) of one segment. */
static int segment_read(
    struct vr_wfdb_segments *segments, size_t index, size_t signal, int64_t first, size_t count,
    int32_t *ret_values, struct vr_err *err)
{
    const struct segment *segment = &segments->items[index];
    struct open_part *open = NULL;
    size_t held = 0;
    if (segment->presence == MISSING)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND,
            "%s/%s.hea:%d: segment %.60s, frames %" PRId64 " to %" PRId64
            ", is not there; fetch its files too",
            segments->folder->path, segments->name, segment->line->line, segment->line->name,
            segment->first, segment->first + segment->line->frame_count);
    int r = segment->presence == GAP ? 0 : part_find(segments, index, &open, err);
    if (r == 0 && open && open->links[signal].present) {
        const struct link *link = &open->links[signal];
        int64_t left = vr_wfdb_part_samples(open->part, link->signal) - first;
        held = left < 0 ? 0 : left < (int64_t)count ? (size_t)left : count;
        if (held)
            r = vr_wfdb_part_read(open->part, link->signal, first, held, ret_values, err);
        if (r == 0 && link->rescaled)
            rescale(
                &open->part->header.signals[link->signal], &segments->described.signals[signal],
                held, ret_values);
    }
    for (size_t i = held; i < count; i++)
        ret_values[i] = VR_SAMPLE_INVALID;
    return r;
}

int vr_wfdb_segments_read(
    struct vr_wfdb_segments *segments, size_t signal, int64_t first, size_t count,
    int32_t *ret_values, struct vr_err *err)
{
    int64_t own = segments->described.signals[signal].samples_per_frame;
    while (count > 0) {
        size_t index = find_segment(segments, first / own);
        const struct segment *segment = &segments->items[index];
        int64_t begin = segment->first * own;
        int64_t left = begin + segment->line->frame_count * own - first;
        size_t part = left < (int64_t)count ? (size_t)left : count;
        int r = segment_read(segments, index, signal, first - begin, part, ret_values, err);
        if (r < 0)
            return r;
        first += (int64_t)part;
        ret_values += part;
        count -= part;
    }
    return 0;
}
