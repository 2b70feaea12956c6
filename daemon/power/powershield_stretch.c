/* Count samples between time stamps, and say where some are missing. */
#include "power/powershield_stretch.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "power/powershield.h"

#define ANCHORS_PER_S 250

void vr_powershield_log(const struct vr_power_sink *sink, int level, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    sink->log(sink->context, level, text);
}

void vr_powershield_stretch_start(
    struct vr_powershield_stretch *stretch, const struct vr_power_info *info,
    const struct vr_power_sink *sink)
{
    stretch->info = info;
    stretch->sink = sink;
    stretch->level = info->has_lines ? VR_POWERSHIELD_MARK : 0;
    size_t held_max = (size_t)info->rate_num * 5 / 2 + 2;
    stretch->held_max =
        held_max < VR_POWERSHIELD_HELD_MAX ? held_max : (size_t)VR_POWERSHIELD_HELD_MAX;
    memset(stretch->missing_ranges, VR_POWER_MISSING, sizeof stretch->missing_ranges);
}

/* --- handing on --------------------------------------------------------------------------------------------------------------- */

static void hand_samples(
    struct vr_powershield_stretch *stretch, const uint16_t *codes, const uint8_t *ranges,
    const uint8_t *lines, size_t count)
{
    const struct vr_power_samples samples = {
        .first = stretch->next,
        .count = count,
        .codes = codes,
        .ranges = ranges,
        .lines = stretch->info->has_lines ? lines : NULL,
    };
    stretch->sink->samples(stretch->sink->context, &samples);
    stretch->next += (int64_t)count;
    stretch->level = lines[count - 1];
}

static void hand_missing(struct vr_powershield_stretch *stretch, int64_t count)
{
    memset(stretch->missing_lines, stretch->level, sizeof stretch->missing_lines);
    while (count > 0) {
        size_t part = count < VR_POWERSHIELD_RUN ? (size_t)count : (size_t)VR_POWERSHIELD_RUN;
        hand_samples(
            stretch, stretch->missing_codes, stretch->missing_ranges, stretch->missing_lines, part);
        count -= (int64_t)part;
    }
}

static void hand_gap(
    struct vr_powershield_stretch *stretch, enum vr_power_gap_kind kind, int64_t count,
    int64_t place_err)
{
    const struct vr_power_gap gap = {
        .first = stretch->next,
        .count = count,
        .kind = kind,
        .count_min = count,
        .count_max = count,
        .place_err = place_err,
    };
    stretch->sink->gap(stretch->sink->context, &gap);
}

static void lose(
    struct vr_powershield_stretch *stretch, enum vr_power_gap_kind kind, int64_t count,
    int64_t place_err)
{
    if (count <= 0)
        return;
    hand_gap(stretch, kind, count, place_err);
    hand_missing(stretch, count);
}

/* Held samples [from, to): those that the instrument could not measure are missing ones, and have their gap. */
static void hand_held(struct vr_powershield_stretch *stretch, size_t from, size_t to)
{
    while (from < to) {
        bool is_missing = stretch->ranges[from] == VR_POWER_MISSING;
        size_t end = from + 1;
        while (end < to && (stretch->ranges[end] == VR_POWER_MISSING) == is_missing)
            end++;
        if (is_missing)
            hand_gap(stretch, VR_POWER_GAP_MARKED, (int64_t)(end - from), 0);
        hand_samples(
            stretch, stretch->codes + from, stretch->ranges + from, stretch->lines + from,
            end - from);
        from = end;
    }
}

/* Only of a stretch in which nothing is in doubt: an index that is too high would bend the clock. */
static void hand_arrivals(struct vr_powershield_stretch *stretch, int64_t first)
{
    for (size_t i = 0; i < stretch->arrival_count; i++)
        stretch->sink->anchor(
            stretch->sink->context, first + (int64_t)stretch->arrivals[i].held - 1,
            stretch->arrivals[i].ns);
}

static void empty(struct vr_powershield_stretch *stretch)
{
    stretch->count = stretch->torn_count = stretch->arrival_count = 0;
}

/* --- what a stretch holds ------------------------------------------------------------------------------------------------------ */

void vr_powershield_stretch_mark(struct vr_powershield_stretch *stretch)
{
    if (!stretch->info->has_lines)
        return;
    bool was_low = stretch->count > 0 ? !(stretch->lines[stretch->count - 1] & VR_POWERSHIELD_MARK)
                                      : !(stretch->level & VR_POWERSHIELD_MARK);
    if (stretch->is_falling || was_low)
        vr_powershield_log(
            stretch->sink, LOG_WARNING,
            "two marks in neighbouring samples, at about sample %lld: only one of them is shown",
            (long long)(stretch->next + (int64_t)stretch->count));
    stretch->is_falling = true;
}

void vr_powershield_stretch_doubt(struct vr_powershield_stretch *stretch, const char *why)
{
    vr_powershield_log(
        stretch->sink, LOG_ERR, "the instrument says at about sample %lld: %s",
        (long long)(stretch->next + (int64_t)stretch->count), why);
    stretch->is_doubtful = true;
}

void vr_powershield_stretch_torn(struct vr_powershield_stretch *stretch)
{
    if (stretch->torn_count < VR_POWERSHIELD_TORN_MAX)
        stretch->torn[stretch->torn_count] = stretch->count;
    stretch->torn_count++;
}

void vr_powershield_stretch_spoil(struct vr_powershield_stretch *stretch)
{
    stretch->is_spoilt = true;
}

/* There has been no stamp for too long: what is held goes on as it is. */
static void give_way(struct vr_powershield_stretch *stretch)
{
    if (stretch->handed == 0)
        vr_powershield_log(
            stretch->sink, LOG_WARNING,
            "no time stamp for %zu samples from %lld on: whether some were lost shows only at the "
            "next one",
            stretch->count, (long long)stretch->next);
    stretch->handed += stretch->count;
    hand_held(stretch, 0, stretch->count);
    empty(stretch);
}

void vr_powershield_stretch_sample(
    struct vr_powershield_stretch *stretch, unsigned code, unsigned range)
{
    if (stretch->count == stretch->held_max)
        give_way(stretch);
    size_t i = stretch->count++;
    bool is_missing = stretch->is_doubtful || range >= VR_POWER_RANGES;
    stretch->codes[i] = is_missing ? 0 : (uint16_t)code;
    stretch->ranges[i] = is_missing ? VR_POWER_MISSING : (uint8_t)range;
    stretch->lines[i] = stretch->is_falling || !stretch->info->has_lines ? 0 : VR_POWERSHIELD_MARK;
    stretch->is_falling = stretch->is_doubtful = false;
}

void vr_powershield_stretch_arrived(struct vr_powershield_stretch *stretch, int64_t arrival_ns)
{
    size_t last =
        stretch->arrival_count > 0 ? stretch->arrivals[stretch->arrival_count - 1].held : 0;
    size_t apart = stretch->info->rate_num / ANCHORS_PER_S;
    if (stretch->count == 0 || stretch->count < last + (apart > 0 ? apart : 1) ||
        stretch->arrival_count == VR_POWERSHIELD_ARRIVALS_MAX)
        return;
    stretch->arrivals[stretch->arrival_count].held = stretch->count;
    stretch->arrivals[stretch->arrival_count++].ns = arrival_ns;
}

/* --- the end of a stretch ------------------------------------------------------------------------------------------------------- */

static void accept(struct vr_powershield_stretch *stretch)
{
    int64_t first = stretch->next;
    hand_held(stretch, 0, stretch->count);
    hand_arrivals(stretch, first);
}

/* Each damaged line was one sample. */
static void put_at_torn(struct vr_powershield_stretch *stretch, enum vr_power_gap_kind kind)
{
    size_t from = 0;
    for (size_t i = 0; i < stretch->torn_count;) {
        size_t place = stretch->torn[i];
        int64_t lost = 0;
        while (i < stretch->torn_count && stretch->torn[i] == place) {
            lost++;
            i++;
        }
        hand_held(stretch, from, place);
        lose(stretch, kind, lost, 0);
        from = place;
    }
    hand_held(stretch, from, stretch->count);
}

static void accept_short(struct vr_powershield_stretch *stretch, int64_t lost)
{
    int64_t came = (int64_t)(stretch->handed + stretch->count);
    vr_powershield_log(
        stretch->sink, LOG_WARNING, "%lld samples lost of %lld up to sample %lld", (long long)lost,
        (long long)(came + lost), (long long)(stretch->next + (int64_t)stretch->count + lost));
    bool is_exact = stretch->handed == 0 && lost == (int64_t)stretch->torn_count &&
                    stretch->torn_count <= VR_POWERSHIELD_TORN_MAX;
    if (is_exact) {
        put_at_torn(stretch, VR_POWER_GAP_COUNTER);
        return;
    }
    size_t place = stretch->torn_count > 0 ? stretch->torn[0] : stretch->count;
    hand_held(stretch, 0, place);
    lose(stretch, VR_POWER_GAP_COUNTER, lost, came);
    hand_held(stretch, place, stretch->count);
}

/* Of `wanted` samples some were handed on already; they stay. */
static void refuse(struct vr_powershield_stretch *stretch, int64_t wanted, const char *why)
{
    vr_powershield_log(
        stretch->sink, LOG_ERR, "%s between samples %lld and %lld: they are not used", why,
        (long long)stretch->next, (long long)(stretch->next + wanted));
    lose(stretch, VR_POWER_GAP_DESYNC, wanted - (int64_t)stretch->handed, 0);
}

static void tell_buffer(struct vr_powershield_stretch *stretch, unsigned percent)
{
    if (percent >= 50 && percent > stretch->buffer_worst)
        vr_powershield_log(
            stretch->sink, LOG_WARNING,
            "the instrument's buffer is %u %% full: this computer reads too slowly", percent);
    if (percent > stretch->buffer_worst)
        stretch->buffer_worst = percent < 255 ? (uint8_t)percent : 255;
}

void vr_powershield_stretch_stamp(
    struct vr_powershield_stretch *stretch, int64_t elapsed_ms, unsigned buffer_percent)
{
    int64_t came = (int64_t)(stretch->handed + stretch->count);
    int64_t thousandths = elapsed_ms * stretch->info->rate_num;
    int64_t least = thousandths / 1000, most = (thousandths + 999) / 1000;
    if (elapsed_ms <= 0 || elapsed_ms > VR_POWERSHIELD_JUMP_MAX_S * 1000)
        refuse(stretch, came, "the instrument's time jumps");
    else if (stretch->is_spoilt)
        refuse(stretch, least, "bytes were lost, and the rest makes no sense,");
    else if (came > most)
        refuse(stretch, most, "more samples came than there can be");
    else if (came < least)
        accept_short(stretch, least - came);
    else
        accept(stretch);
    empty(stretch);
    stretch->handed = 0;
    stretch->is_spoilt = false;
    tell_buffer(stretch, buffer_percent);
}

void vr_powershield_stretch_begin(struct vr_powershield_stretch *stretch, int64_t skipped)
{
    empty(stretch);
    stretch->is_spoilt = stretch->is_falling = stretch->is_doubtful = false;
    if (skipped > 0)
        refuse(stretch, skipped, "the stream could not be read from its beginning");
}

/* No stamp can say how many a damaged line has cost: at least one. */
void vr_powershield_stretch_end(struct vr_powershield_stretch *stretch)
{
    if (stretch->is_spoilt || stretch->torn_count > VR_POWERSHIELD_TORN_MAX)
        refuse(
            stretch, (int64_t)(stretch->handed + stretch->count),
            "bytes were lost, and the rest makes no sense,");
    else
        put_at_torn(stretch, VR_POWER_GAP_DESYNC);
    empty(stretch);
    stretch->is_spoilt = false;
}
