/* Samples of a PowerShield between two of its time stamps.
 *
 * There is no counter in a sample.  What there is: exactly rate * time samples lie between two stamps, one a second (a capture of an
 * LPM01A in mlcommons/tiny has 1000 in each of 16 seconds at 1 kHz).  So samples are held back until the stamp behind them:
 *
 *     as many as there must be   handed on
 *     fewer                      the rest was lost: a gap of kind counter, at damaged lines if there are just as many of them, else at
 *                                the first of them, else before the stamp; then it may truly lie anywhere in the stretch (place_err)
 *     more, or out of step       none of them can be believed: a gap of kind desync over the whole stretch, and an error
 *
 * Without a stamp for 2.5 s what is held is handed on unchecked.  What comes behind the last stamp is never checked. */
#ifndef VR_POWER_POWERSHIELD_STRETCH_H
#define VR_POWER_POWERSHIELD_STRETCH_H

#include "power/power.h"

enum {
    VR_POWERSHIELD_RATE_MAX = 100000,
    VR_POWERSHIELD_HELD_MAX = VR_POWERSHIELD_RATE_MAX * 5 / 2,
    VR_POWERSHIELD_TORN_MAX = 16, /* damaged places that are remembered */
    VR_POWERSHIELD_ARRIVALS_MAX = 1024,
    VR_POWERSHIELD_JUMP_MAX_S = 60, /* a stamp that is farther from the last one is not believed */
    VR_POWERSHIELD_RUN = 4096,      /* missing samples handed on at once */
};

struct vr_powershield_stretch {
    const struct vr_power_info *info;
    const struct vr_power_sink *sink;
    int64_t next;         /* index of the next sample to hand on */
    size_t handed;        /* of this stretch, unchecked */
    size_t count;         /* held */
    size_t held_max;      /* 2.5 s */
    bool is_spoilt;       /* out of step somewhere since the last stamp */
    bool is_falling;      /* a mark belongs to the next sample */
    bool is_doubtful;     /* the next sample is not to be believed: the instrument said so */
    uint8_t level;        /* lines of the last sample handed on */
    uint8_t buffer_worst; /* percent, of what was told */
    size_t torn_count;
    size_t torn[VR_POWERSHIELD_TORN_MAX]; /* held samples before each */
    size_t arrival_count;
    struct {
        size_t held; /* samples that had come by then */
        int64_t ns;
    } arrivals[VR_POWERSHIELD_ARRIVALS_MAX];
    uint16_t codes[VR_POWERSHIELD_HELD_MAX];
    uint8_t ranges[VR_POWERSHIELD_HELD_MAX];
    uint8_t lines[VR_POWERSHIELD_HELD_MAX];
    uint16_t missing_codes[VR_POWERSHIELD_RUN];
    uint8_t missing_ranges[VR_POWERSHIELD_RUN], missing_lines[VR_POWERSHIELD_RUN];
};

/* `stretch` is zeroed. */
void vr_powershield_stretch_start(
    struct vr_powershield_stretch *stretch, const struct vr_power_info *info,
    const struct vr_power_sink *sink);

/* A range of VR_POWER_MISSING: the instrument sent something that is no value. */
void vr_powershield_stretch_sample(
    struct vr_powershield_stretch *stretch, unsigned code, unsigned range);
/* D7 fell during the sample that comes next. */
void vr_powershield_stretch_mark(struct vr_powershield_stretch *stretch);
/* The instrument could not measure the sample that comes next; `why` is its word. */
void vr_powershield_stretch_doubt(struct vr_powershield_stretch *stretch, const char *why);
/* Something here was damaged on the way; samples before and after it are whole. */
void vr_powershield_stretch_torn(struct vr_powershield_stretch *stretch);
/* Bytes were lost somewhere before here, and all since is nonsense. */
void vr_powershield_stretch_spoil(struct vr_powershield_stretch *stretch);
/* Of all that was told until now, this is the end in time: `elapsed_ms` after the last stamp, or after the start. */
void vr_powershield_stretch_stamp(
    struct vr_powershield_stretch *stretch, int64_t elapsed_ms, unsigned buffer_percent);
/* The first stamp, with time from here on: `skipped` samples came before it and were not read. */
void vr_powershield_stretch_begin(struct vr_powershield_stretch *stretch, int64_t skipped);
/* What was told until now had come by then. */
void vr_powershield_stretch_arrived(struct vr_powershield_stretch *stretch, int64_t arrival_ns);
/* Nothing comes behind: hand on what is held, unchecked. */
void vr_powershield_stretch_end(struct vr_powershield_stretch *stretch);

/* A word to the user, `level` as in syslog. */
void vr_powershield_log(const struct vr_power_sink *sink, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
