/* Payloads of all messages as plain structs, packed and unpacked byte by byte.  The layouts are in
 * schema/wire.md.  Every message has the same pair:
 *
 * wire_x_pack writes the payload and returns its size, or 0 when it does not fit or a count in it
 * is out of range.
 *
 * wire_x_unpack returns false, and leaves *ret alone, unless the payload has exactly the length
 * that its own counts ask for.
 *
 * They check lengths and counts, never meaning (a rate, a mode): that is the reader's.  Spans and
 * texts that were unpacked point into the payload and live as long as it does.  ACK, NAK and CLOSE
 * are empty and have no struct. */
#ifndef WIRE_MSG_H
#define WIRE_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/protocol.h"

struct wire_text {
    const char *data; /* UTF-8, not terminated */
    size_t size;
};

struct wire_span {
    const uint8_t *data;
    size_t size;
};

/* A C string as wire_text: cut at 255 bytes; NULL gives the empty text. */
struct wire_text wire_text_of(const char *string);

/* --- HELLO, HELLO_R --- */

/* TLV types of HELLO and HELLO_R. */
enum wire_hello_tlv {
    WIRE_HELLO_PROTOCOL = 1,
    WIRE_HELLO_NAME = 2,
    WIRE_HELLO_VERSION = 3,
    WIRE_HELLO_GIT = 4,
    WIRE_HELLO_BUILD = 5,
    WIRE_HELLO_DEVICE_ID = 6,
    WIRE_HELLO_CPU = 7,
    WIRE_HELLO_CLOCK = 8,
    WIRE_HELLO_LIMITS = 9,
    WIRE_HELLO_ALGORITHM = 10,
    WIRE_HELLO_MODEL = 11,    /* reserved */
    WIRE_HELLO_ROUNDING = 12, /* reserved */
    WIRE_HELLO_SELF_TEST = 13,
    WIRE_HELLO_FEATURES = 14,
    WIRE_HELLO_BOOT_NONCE = 15,
    WIRE_HELLO_REFUSAL = 16,
    WIRE_HELLO_HOST_NONCE = 17,
    WIRE_HELLO_FIRMWARE_HASH = 18,
};

struct wire_algorithm {
    uint8_t id;
    uint8_t stream_count;
    uint16_t version;
    struct wire_text name;
};

/* Both directions.  A field counts only when the bit of its TLV is set in `present`; pack writes
 * exactly those. */
struct wire_hello {
    uint32_t present; /* WIRE_HELLO_BIT(...) */
    uint8_t protocol_major;
    uint8_t protocol_minor;
    uint8_t clock_source;    /* enum wire_clock */
    uint8_t self_test;       /* 0 passed */
    uint8_t stream_max;      /* LIMITS */
    uint8_t algorithm_count; /* at most WIRE_ALGORITHMS_MAX */
    uint16_t payload_max;    /* LIMITS: B that the device can receive in one frame */
    uint16_t output_window;  /* LIMITS: outputs that it can hold unacknowledged */
    uint32_t ring_size;      /* LIMITS: B of sample data that it can hold */
    uint32_t clock_hz;
    uint32_t features;   /* enum wire_feature */
    uint32_t boot_nonce; /* new at every boot */
    uint32_t host_nonce; /* new for every trial; HELLO_R echoes it */
    struct wire_text name;
    struct wire_text version;
    struct wire_text git;
    struct wire_text build;
    struct wire_text cpu;
    struct wire_text refusal; /* why the device will not work with this host */
    struct wire_span device_id;
    struct wire_span firmware_hash;
    struct wire_algorithm algorithms[WIRE_ALGORITHMS_MAX];
};

#define WIRE_HELLO_BIT(tlv) (UINT32_C(1) << (tlv))

size_t wire_hello_pack(const struct wire_hello *message, uint8_t *buffer, size_t capacity);

/* Also false when a known TLV is shorter than its fields, or there are too many ALGORITHMs.  Longer
 * ones are read as far as known, so that a TLV may grow at its end. */
bool wire_hello_unpack(const uint8_t *payload, size_t size, struct wire_hello *ret);

/* --- OPEN, REFUSE --- */

struct wire_stream {
    uint8_t kind;      /* enum wire_stream_kind */
    uint8_t channels;  /* 1..WIRE_CHANNELS_MAX */
    uint8_t format;    /* enum wire_format */
    uint32_t rate_num; /* Hz = rate_num / rate_den */
    uint32_t rate_den;
    uint32_t lsb_nano; /* one LSB in nano-units of the kind (nV); 0 = uncalibrated */
};

struct wire_open {
    uint8_t algorithm;
    uint8_t mode;         /* enum wire_mode */
    uint8_t stream_count; /* 1..WIRE_STREAMS_MAX */
    uint32_t speed_milli; /* paced: 1000 = the sensor's own rate */
    uint64_t scenario_hash;
    struct wire_stream streams[WIRE_STREAMS_MAX];
    struct wire_span parameters; /* TLVs, the algorithm's own */
};

size_t wire_open_pack(const struct wire_open *message, uint8_t *buffer, size_t capacity);
bool wire_open_unpack(const uint8_t *payload, size_t size, struct wire_open *ret);

struct wire_refuse {
    uint8_t code; /* enum wire_refuse_code */
    struct wire_text text;
};

size_t wire_refuse_pack(const struct wire_refuse *message, uint8_t *buffer, size_t capacity);
bool wire_refuse_unpack(const uint8_t *payload, size_t size, struct wire_refuse *ret);

/* --- SAMPLES, FIN, FIN_R --- */

struct wire_samples {
    uint32_t first_index;  /* of this stream, counted in samples of all channels together */
    struct wire_span data; /* s16 little-endian, channels interleaved; even size */
};

#define WIRE_SAMPLES_HEADER 4

/* data may already lie at buffer + WIRE_SAMPLES_HEADER. */
size_t wire_samples_pack(const struct wire_samples *message, uint8_t *buffer, size_t capacity);
bool wire_samples_unpack(const uint8_t *payload, size_t size, struct wire_samples *ret);

struct wire_fin {
    uint8_t stream_count;
    uint32_t totals[WIRE_STREAMS_MAX]; /* samples of each stream */
};

size_t wire_fin_pack(const struct wire_fin *message, uint8_t *buffer, size_t capacity);
bool wire_fin_unpack(const uint8_t *payload, size_t size, struct wire_fin *ret);

struct wire_fin_reply {
    uint32_t outputs_total; /* numbered ones; dropped ones have no number */
    uint32_t outputs_dropped;
    uint32_t underruns;
    uint64_t digest; /* wire_output_digest over all of them */
    uint8_t stream_count;
    uint32_t consumed[WIRE_STREAMS_MAX]; /* samples of each stream */
};

size_t wire_fin_reply_pack(const struct wire_fin_reply *message, uint8_t *buffer, size_t capacity);
bool wire_fin_reply_unpack(const uint8_t *payload, size_t size, struct wire_fin_reply *ret);

/* --- CREDIT, OUTPUT, STAT --- */

struct wire_credit_stream {
    uint32_t consumed_index; /* samples that the algorithm has had */
    uint32_t limit_bytes;    /* the host may send up to this absolute offset of the sample data */
};

/* The 16-bit counters saturate. */
struct wire_credit {
    uint32_t ticks;
    uint32_t outputs_sent; /* number behind the last output that was on the line at least once */
    uint16_t errors_crc;
    uint16_t errors_frame;
    uint16_t errors_seq;
    uint16_t underruns;
    uint32_t outputs_dropped;
    uint8_t stream_count; /* 0 outside a session */
    struct wire_credit_stream streams[WIRE_STREAMS_MAX];
};

size_t wire_credit_pack(const struct wire_credit *message, uint8_t *buffer, size_t capacity);
bool wire_credit_unpack(const uint8_t *payload, size_t size, struct wire_credit *ret);

/* The stream is in the frame's header. */
struct wire_output {
    uint32_t number;
    uint8_t kind; /* enum wire_output_kind */
    uint8_t algorithm;
    uint8_t value_count;    /* at most WIRE_VALUES_MAX */
    uint32_t sample_index;  /* what it refers to */
    uint32_t at_index;      /* the sample that was being consumed when it was emitted */
    uint32_t ticks_arrival; /* when that sample was handed to the algorithm */
    uint32_t ticks_emitted;
    int32_t values[WIRE_VALUES_MAX];
};

size_t wire_output_pack(const struct wire_output *message, uint8_t *buffer, size_t capacity);
bool wire_output_unpack(const uint8_t *payload, size_t size, struct wire_output *ret);

struct wire_stat {
    uint32_t ticks;
    uint32_t awake_ticks;    /* not asleep, since OPEN */
    uint32_t steps;          /* calls of the algorithm */
    uint32_t step_ticks_max; /* longest of them */
    uint32_t stack_free_min; /* B, or WIRE_STACK_UNKNOWN */
    uint32_t underruns;
    uint32_t outputs_dropped;
    uint32_t logs_dropped;
    uint32_t ring_high;  /* most B of sample data held at a time */
    uint32_t step_ticks; /* all of the steps together, wraps; 0 = not told */
};

size_t wire_stat_pack(const struct wire_stat *message, uint8_t *buffer, size_t capacity);
bool wire_stat_unpack(const uint8_t *payload, size_t size, struct wire_stat *ret);

/* --- SYNC, SYNC_R, MARK --- */

struct wire_sync {
    uint64_t host_ns;
};

size_t wire_sync_pack(const struct wire_sync *message, uint8_t *buffer, size_t capacity);
bool wire_sync_unpack(const uint8_t *payload, size_t size, struct wire_sync *ret);

struct wire_sync_reply {
    uint64_t host_ns; /* of the SYNC that this answers */
    uint32_t ticks_received;
    uint32_t ticks_sent;
};

size_t wire_sync_reply_pack(
    const struct wire_sync_reply *message, uint8_t *buffer, size_t capacity);
bool wire_sync_reply_unpack(const uint8_t *payload, size_t size, struct wire_sync_reply *ret);

struct wire_mark {
    uint16_t id;
    uint8_t line;
    uint8_t on; /* 0 or 1 */
};

size_t wire_mark_pack(const struct wire_mark *message, uint8_t *buffer, size_t capacity);
bool wire_mark_unpack(const uint8_t *payload, size_t size, struct wire_mark *ret);

struct wire_mark_reply {
    struct wire_mark mark;
    uint32_t ticks; /* when the line was switched */
};

size_t wire_mark_reply_pack(
    const struct wire_mark_reply *message, uint8_t *buffer, size_t capacity);
bool wire_mark_reply_unpack(const uint8_t *payload, size_t size, struct wire_mark_reply *ret);

/* --- LOG, FAULT, RESET --- */

struct wire_log {
    uint8_t level; /* syslog: 0 emergency .. 7 debug */
    struct wire_text text;
};

size_t wire_log_pack(const struct wire_log *message, uint8_t *buffer, size_t capacity);
bool wire_log_unpack(const uint8_t *payload, size_t size, struct wire_log *ret);

struct wire_fault {
    uint8_t code; /* the port's own, e.g. the number of the exception */
    uint32_t pc;
    uint32_t lr;
    uint32_t cfsr;
    uint8_t stack_count;                  /* at most WIRE_FAULT_STACK_MAX */
    uint32_t stack[WIRE_FAULT_STACK_MAX]; /* top first */
};

size_t wire_fault_pack(const struct wire_fault *message, uint8_t *buffer, size_t capacity);
bool wire_fault_unpack(const uint8_t *payload, size_t size, struct wire_fault *ret);

/* RESET carries the text "RSET", so that a stray frame resets nothing. */
size_t wire_reset_pack(uint8_t *buffer, size_t capacity);
bool wire_reset_unpack(const uint8_t *payload, size_t size);

#endif
