/* The device library: everything between a UART and an algorithm.
 *
 * Fill in a struct dut_port and a struct dut_config, then
 *
 *     dut_init(&dut, &config);
 *     for (;;)
 *         if (!dut_run(&dut))
 *             dut_sleep(&dut);
 *
 * No globals, no malloc, no stdio, no float: several devices can live in one process.  What goes
 * over the line is in schema/wire.md. */
#ifndef DUT_DUT_H
#define DUT_DUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "algo/algo.h"
#include "dut/outputs.h"
#include "dut/pace.h"
#include "dut/samples.h"
#include "wire/frame.h"
#include "wire/msg.h"

/* GPIO lines that tell a power meter what goes on; not in trials of mode max. */
enum dut_line {
    DUT_LINE_BUSY,      /* on while samples of a trial are being computed */
    DUT_LINE_INFERENCE, /* on during an inference, where the algorithm has such (algo.h) */
    DUT_LINE_SYNC,      /* switched by the host alone, in every mode */
};

/* What the board gives.  The first six functions are required, the last four may be NULL. */
struct dut_port {
    void *context; /* first argument of every function */

    /* Take up to capacity received bytes from the ring of an interrupt or DMA.  Never blocks; 0 =
     * none. */
    size_t (*receive)(void *context, uint8_t *buffer, size_t capacity);
    /* Queue bytes for the line and return how many were taken.  Never blocks; 0 = try later. */
    size_t (*transmit)(void *context, const uint8_t *data, size_t size);
    /* Free running, wraps at 2^32. */
    uint32_t (*ticks)(void *context);
    /* Until any event: bytes received, room to transmit, a tick of pace_start.  Returns at once
     * when one came since the last receive. */
    void (*sleep)(void *context);
    /* Switch a GPIO, or nothing: enum dut_line, and others that the host may name.  Four times a sample,
     * so within a microsecond. */
    void (*mark)(void *context, unsigned line, bool on);
    /* Restart the firmware.  Where that cannot be, call dut_init anew and return. */
    void (*reset)(void *context);

    /* Wake from sleep at this rate while a paced trial runs; false = cannot: the trial is refused.
     * Without it (NULL) sleep must end in time by other means, such as a periodic tick. */
    bool (*pace_start)(void *context, uint32_t rate_millihertz);
    void (*pace_stop)(void *context);
    /* Write the chip's serial number, return its size. */
    size_t (*unique_id)(void *context, uint8_t *id, size_t capacity);
    /* B of stack never used so far. */
    uint32_t (*stack_free_min)(void *context);

    uint32_t ticks_hz;
    enum wire_clock clock;
};

/* Sizes of the caller's buffers, in B.  DUT_OUTPUT_SIZE and DUT_STREAM_RING_MIN belong to them. */
#define DUT_RECEIVE_SIZE(payload_max) WIRE_DECODER_SIZE(payload_max)
#define DUT_TRANSMIT_MIN 128 /* and HELLO_R must fit, about 110 B and the texts of the config */
#define DUT_RING_MAX (1u << 20)

/* Copied by dut_init; what it points to stays the caller's and must outlive the device. */
struct dut_config {
    const struct dut_port *port;
    const struct algo *const *algorithms; /* algo_all, or the ones to link */
    size_t algorithm_count;               /* 1..WIRE_ALGORITHMS_MAX */

    uint16_t payload_max; /* WIRE_PAYLOAD_MIN..WIRE_PAYLOAD_MAX */
    uint8_t *receive;     /* DUT_RECEIVE_SIZE(payload_max) */
    uint8_t *transmit;
    size_t transmit_size;
    uint8_t *ring; /* samples of all streams */
    size_t ring_size;
    uint8_t *outputs; /* DUT_OUTPUT_SIZE(largest values_max) * at least the largest outputs_max */
    size_t outputs_size;
    void *state; /* of the algorithm, aligned for uint64_t */
    size_t state_size;

    uint32_t boot_nonce;            /* new at every boot */
    const struct wire_fault *fault; /* kept over the last reset, or NULL */
    uint8_t self_test;              /* 0 passed */
    const char *name;               /* texts of HELLO_R; NULL = left out */
    const char *version;
    const char *git;
    const char *build;
    const char *cpu;
    struct wire_span firmware_hash; /* size 0 = left out */
};

enum dut_error {
    DUT_OK = 0,
    DUT_BAD_CONFIG, /* a number out of range or a required pointer missing */
    DUT_SMALL_TRANSMIT,
    DUT_SMALL_RING,
    DUT_SMALL_OUTPUTS,
    DUT_SMALL_STATE,
};

struct dut;

/* Be idle.  On anything but DUT_OK the device must not be run. */
enum dut_error dut_init(struct dut *dut, const struct dut_config *config);

/* One turn: take received bytes, step the algorithm over a bounded number of samples, hand bytes to
 * the line.  Returns whether it did anything: then call again; else nothing is to do until an
 * event. */
bool dut_run(struct dut *dut);

/* Wait in port->sleep and count it as asleep. */
void dut_sleep(struct dut *dut);

/* Ticks until a paced trial must run again (0 = now), for a sleep without pace_start.  False when
 * no sample waits for its time. */
bool dut_next_ticks(const struct dut *dut, uint32_t *ret_ticks);

/* Send a line to the host's log, if there is room for it now; else it is counted as dropped.  level
 * as in syslog; text up to 64 B, the rest is cut. */
void dut_log(struct dut *dut, unsigned level, const char *text);

/* --- private from here --- */

enum dut_state { DUT_IDLE, DUT_RUNNING, DUT_DRAINING, DUT_FINISHED };

/* Frames that are owed to the host, in the order in which they are sent.  One stays due until there
 * is room for it, so that a full line loses nothing. */
enum dut_due {
    DUT_DUE_HELLO,
    DUT_DUE_FAULT,
    DUT_DUE_REFUSE,
    DUT_DUE_SYNC,
    DUT_DUE_MARK,
    DUT_DUE_NAK,
    DUT_DUE_CREDIT,
    DUT_DUE_STAT, /* this and the next after all outputs */
    DUT_DUE_FIN,
    DUT_DUE_COUNT,
};

/* All that OPEN resets, beside streams and pace. */
struct dut_trial {
    uint8_t state;   /* enum dut_state */
    uint8_t session; /* 0 while idle */
    uint8_t mode;
    uint8_t stream_count;
    bool gap;          /* a NAK was sent and the expected frame has not come since */
    bool busy;         /* its line is on */
    uint16_t expected; /* next reliable seq */
    const struct algo *algorithm;

    uint32_t arrival_ticks; /* of the sample being stepped */
    uint32_t opened_ticks;
    uint32_t asleep_ticks;
    uint32_t errors_seq;
    uint32_t steps;
    uint32_t step_ticks;
    uint32_t step_ticks_max;
    uint32_t logs_dropped;
    uint32_t held;      /* B of sample data in the rings .. */
    uint32_t ring_high; /* .. and the most there ever were */
};

/* What is used most comes first: the nearer to the start, the shorter the instruction. */
struct dut {
    struct dut_trial trial;

    uint16_t due;        /* bits, 1 << enum dut_due */
    uint16_t hello_size; /* B of payload of the longest HELLO_R */
    uint16_t stale;      /* frames of another session, wraps */
    uint16_t unknown;    /* frames of no use to a device, wraps */
    bool greeted;        /* host_nonce is set */
    bool refused;        /* the host speaks another major version */
    uint8_t host_major;
    uint8_t host_minor;
    uint32_t host_nonce;
    size_t transmit_head; /* encoded bytes in config.transmit: from here .. */
    size_t transmit_tail; /* .. to here */

    struct dut_config config;
    struct dut_outputs outputs;
    struct wire_decoder decoder;

    /* What the answers that are due will say. */
    uint8_t refuse_code;
    uint8_t refuse_session;
    uint8_t sync_session;
    uint8_t mark_session;
    const char *refuse_text;
    struct wire_sync_reply sync;
    struct wire_mark_reply mark;

    struct dut_pace pace;
    struct dut_stream streams[WIRE_STREAMS_MAX];
};

static inline void dut_owe(struct dut *dut, enum dut_due due)
{
    dut->due |= (uint16_t)(1u << due);
}

#endif
