/* The numbers of the protocol: frame types, flags, limits and the small enumerations inside the
 * payloads.  schema/wire.md explains them. */
#ifndef WIRE_PROTOCOL_H
#define WIRE_PROTOCOL_H

#define WIRE_PROTOCOL_MAJOR 1 /* another major number: refused in words */
#define WIRE_PROTOCOL_MINOR 0 /* another minor number: unknown types and TLVs are ignored */

#define WIRE_PAYLOAD_MIN 64   /* B that every device must be able to receive */
#define WIRE_PAYLOAD_MAX 4096 /* B that every host must be able to receive */
#define WIRE_STREAMS_MAX 4
#define WIRE_CHANNELS_MAX 8
#define WIRE_VALUES_MAX 8              /* i32 values of one output */
#define WIRE_ALGORITHMS_MAX 8          /* ALGORITHM TLVs of one HELLO_R */
#define WIRE_FAULT_STACK_MAX 16        /* stack words of one FAULT */
#define WIRE_RATE_NUM_MAX 0xfffff      /* below 2^20, and the next below 2^12, so that */
#define WIRE_RATE_DEN_MAX 0xfff        /* index * den * num of another stream fits in 64 bits */
#define WIRE_SAMPLE_INVALID (-32768)   /* "no sample here"; 0 is the physical zero */
#define WIRE_STACK_UNKNOWN 0xffffffffu /* wire_stat.stack_free_min where the port cannot tell */

enum wire_type {
#define X(number, name, word, direction, delivery) WIRE_##name = number,
#include "schema/wire.def"
#undef X
};

enum wire_direction { WIRE_TO_DEVICE = 1, WIRE_TO_HOST = 2, WIRE_BOTH = 3 };

enum wire_delivery { WIRE_PLAIN, WIRE_RELIABLE, WIRE_NUMBERED };

/* Bits of wire_header.flags. */
enum wire_flag {
    WIRE_FLAG_POLL = 0x01, /* to device: answer with CREDIT now; on ACK also: send again from seq */
    WIRE_FLAG_GAP = 0x02,  /* on ACK: outputs are missing, send again from seq */
    WIRE_FLAG_RESENT = 0x04,    /* this frame was sent before */
    WIRE_FLAG_WANT_STAT = 0x08, /* on ACK: answer with STAT */
    WIRE_FLAG_LAST = 0x10,      /* on SAMPLES: the stream ends with this frame */
};

enum wire_mode { WIRE_MODE_MAX = 0, WIRE_MODE_PACED = 1, WIRE_MODE_SILENT = 2 };

enum wire_stream_kind {
    WIRE_STREAM_ECG = 1,
    WIRE_STREAM_PPG = 2,
    WIRE_STREAM_ACC = 3,
    WIRE_STREAM_RESP = 4,
    WIRE_STREAM_EDA = 5,
    WIRE_STREAM_TEMP = 6,
    WIRE_STREAM_OTHER = 255,
};

enum wire_format { WIRE_FORMAT_S16 = 1 };

enum wire_refuse_code {
    WIRE_REFUSE_VERSION = 1,
    WIRE_REFUSE_ALGORITHM = 2,
    WIRE_REFUSE_STREAMS = 3,
    WIRE_REFUSE_MODE = 4,
    WIRE_REFUSE_SIZE = 5,
};

enum wire_clock {
    WIRE_CLOCK_DWT_CYCLES = 1,
    WIRE_CLOCK_INSN_QEMU = 2,
    WIRE_CLOCK_HOST_NS = 3,
    WIRE_CLOCK_TIMER = 4,
};

enum wire_feature { WIRE_FEATURE_PACED = 0x01, WIRE_FEATURE_SILENT = 0x02 };

/* What an output is: WIRE_OUTPUT_BEAT, WIRE_OUTPUT_ECHO, ... */
enum wire_output_kind {
#define X(number, name, word, values) WIRE_OUTPUT_##name = number,
#include "schema/outputs.def"
#undef X
};

struct wire_type_info {
    const char *word; /* as in schema/wire.def, e.g. "hello_r" */
    enum wire_direction direction;
    enum wire_delivery delivery;
};

/* What schema/wire.def says of a frame type, or NULL when the number is unknown. */
const struct wire_type_info *wire_type_info(unsigned type);

/* The word of an output kind ("beat"), or NULL when it is unknown. */
const char *wire_output_word(unsigned kind);

#endif
