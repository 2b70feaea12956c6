/* Power meters: samples of current, power or energy, and of digital inputs.  One shape for every instrument; one file per driver.
 *
 * A driver has two halves.  The instrument's half talks over a port and hands on bytes as they come; it belongs to one thread.  The
 * decoder is pure: bytes and their times of arrival in, samples and gaps out; no input or output, no clock, so a recorded or
 * hostile stream is decoded by the same code (tests/fuzz).
 *
 *     port ──bytes, arrival──▶ ring ──▶ decoder ──samples, gaps──▶ store
 *
 * Every sample that the instrument took has its index.  A decoder that sees a loss says so in a gap and goes on with the right index;
 * where it can find a loss only later (power/ppk2.h), it holds samples back until it is sure. */
#ifndef VR_POWER_POWER_H
#define VR_POWER_POWER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/power_samples.h"

#define VR_POWER_FDS_MAX 16

/* Where an instrument is and how it is used; zero = the driver's default.  Strings are borrowed for the life of the meter. */
struct vr_power_config {
    const char *name;        /* the meter's in the rig file, for messages */
    const char *const *argv; /* a program that is the instrument (port/stream.h), or NULL */
    const char *path;        /* a port, a file, or a folder of sysfs; or NULL */
    const char *usb_serial;  /* or NULL */
    uint16_t usb_vendor, usb_product;
    int usb_interface; /* -1 = any */
    uint32_t baud;
    double supply_v;     /* of the device; what a meter without a voltmeter needs; 0 = not given */
    bool powers_device;  /* the meter supplies the device, at supply_v */
    uint32_t rate_hz;    /* wanted; 0 = the driver's default */
    const char *columns; /* csv: names of the columns; NULL = the header says */
    double scale;        /* csv: amperes of one unit of the current column; 0 = by its name */
};

/* What open has learnt; strings are empty where the instrument does not say. */
struct vr_power_info {
    char instrument[64]; /* "PPK2", "JS220" .. */
    char serial[64], firmware[64];
    uint32_t rate_num, rate_den; /* samples a second */
    enum vr_power_quantity quantity;
    bool
        is_integrating; /* a sample is the mean over its period; else it is the instant in its middle */
    bool is_coded;      /* samples are codes of `scale`; else they are values */
    struct vr_power_scale scale; /* of not coded samples only gain_err[0] is used */
    bool has_volts;              /* measured with each sample; else: */
    double supply_v;             /* fixed; NaN = not known: there is charge, but no energy */
    bool has_lines;
    bool falls_only; /* of its lines only falling edges are instants; a rise follows at any time */
    bool is_calibrated;
    int64_t latency_ns; /* longest time for which the decoder holds samples back */
    char settings[256]; /* how it was set, in words, for the report */
};

/* What a decoder tells, in the order of the samples.  Pointers live until the call returns. */
struct vr_power_sink {
    void *context;
    void (*samples)(void *context, const struct vr_power_samples *samples);
    /* Before the missing samples, which follow as samples like any others (VR_POWER_MISSING, NaN). */
    void (*gap)(void *context, const struct vr_power_gap *gap);
    /* The sample with this index, and all before it, had come by this time of the host; not earlier than it was taken.  For the
     * lower hull of clocks (replay/timemap.h); a few hundred a second are enough. */
    void (*anchor)(void *context, int64_t index, int64_t arrival_ns);
    /* level as in syslog */
    void (*log)(void *context, int level, const char *text);
};

struct vr_power_driver {
    const char *name;                /* "kind" in rig.json, [a-z0-9-] */
    const char *summary;             /* one line for `vitalrig power list` */
    size_t state_size, decoder_size; /* zeroed, aligned for any type, owned by the dispatcher */
    size_t bytes_per_s;              /* most that it sends, for the size of the ring */
    bool is_file;                    /* its stream ends by itself, as fast as it is read */

    /* Whether config says all that open needs, and nothing against it; touches nothing.  NULL = always.  VR_ERR_USAGE, in words that
     * begin with config->name. */
    int (*check)(const struct vr_power_config *config, struct vr_err *err);

    /* --- the instrument --- */

    /* Find it, take it for this process alone, learn what it is, set it, and switch the device's supply on if it is the meter's to do.
     * May take seconds.  On error leave nothing open: VR_ERR_LINK (not there, busy, not permitted, does not answer), VR_ERR_INPUT (it
     * or its file says what cannot be), with what to do about it. */
    int (*open)(
        void *state, const struct vr_power_config *config, struct vr_power_info *ret_info,
        struct vr_err *err);
    /* Sampling begins: the next sample has index 0.  Called again after stop. */
    int (*start)(void *state, struct vr_err *err);
    /* Take what has come, never block; *ret_size 0 = nothing yet.  Housekeeping that the protocol asks for is done here (answers to the
     * instrument's own questions).  VR_ERR_LINK = it is gone; VR_ERR_EMPTY = a file has ended. */
    int (*read)(
        void *state, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err);
    size_t (*poll_fds)(void *state, struct pollfd *fds, size_t capacity);
    /* Sampling ends.  What the instrument had taken by then can still be read: until 100 ms of silence, or VR_ERR_EMPTY. */
    int (*stop)(void *state, struct vr_err *err);
    void (*close)(void *state); /* the device's supply may go with it */

    /* --- the decoder --- */

    /* `info` and `sink` live as long as the decoder. */
    void (*decode_start)(
        void *decoder, const struct vr_power_info *info, const struct vr_power_sink *sink);
    /* Bytes in any pieces, with the time at which the host had them. */
    void (*decode)(void *decoder, int64_t arrival_ns, const uint8_t *data, size_t size);
    /* The stream has ended: hand out what was held back. */
    void (*decode_end)(void *decoder);
};

const struct vr_power_driver *vr_power_driver(size_t index); /* NULL after the last */
/* VR_ERR_USAGE names the nearest one. */
const struct vr_power_driver *vr_power_find(const char *kind, struct vr_err *err);

struct vr_power; /* an open instrument */

/* What check says comes first.  *ret_info is filled on success. */
int vr_power_open(
    const struct vr_power_driver *driver, const struct vr_power_config *config,
    struct vr_power **ret_power, struct vr_power_info *ret_info, struct vr_err *err);
int vr_power_start(struct vr_power *power, struct vr_err *err);
int vr_power_read(
    struct vr_power *power, uint8_t *buffer, size_t capacity, size_t *ret_size, struct vr_err *err);
size_t vr_power_poll_fds(struct vr_power *power, struct pollfd *fds, size_t capacity);
int vr_power_stop(struct vr_power *power, struct vr_err *err);
void vr_power_close(struct vr_power *power); /* NULL is allowed */
void vr_power_closep(struct vr_power **power);

struct vr_power_decoder; /* a stream being decoded */

/* VR_ERR_NO_MEMORY.  `info` and `sink` are copied. */
int vr_power_decoder_create(
    const struct vr_power_driver *driver, const struct vr_power_info *info,
    const struct vr_power_sink *sink, struct vr_power_decoder **ret_decoder, struct vr_err *err);
void vr_power_decode(
    struct vr_power_decoder *decoder, int64_t arrival_ns, const uint8_t *data, size_t size);
void vr_power_decode_end(struct vr_power_decoder *decoder);
void vr_power_decoder_destroy(struct vr_power_decoder *decoder); /* NULL is allowed */
void vr_power_decoder_destroyp(struct vr_power_decoder **decoder);

#endif
