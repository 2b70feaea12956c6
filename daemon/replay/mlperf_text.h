/* The text protocol of MLPerf Tiny, as text: lines from bytes, their meaning, decimals, and hex for the way back.
 *
 * Pure, and safe on any bytes.  What is said when, and what it means for a trial, is mlperf.c's. */
#ifndef VR_REPLAY_MLPERF_TEXT_H
#define VR_REPLAY_MLPERF_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VR_MLPERF_LINE_MAX 1024  /* characters; 64 results of 14 characters fit */
#define VR_MLPERF_RESULTS_MAX 64 /* numbers of one inference */
#define VR_MLPERF_MICRO 1000000  /* results are stored in millionths */
#define VR_MLPERF_CHUNK_MAX 31   /* bytes of one db command */
#define VR_MLPERF_COMMAND_MAX 80 /* characters that the firmware's buffer holds */

/* --- lines --- */

struct vr_mlperf_line {
    char text[VR_MLPERF_LINE_MAX + 1]; /* terminated once it is complete */
    size_t size;
};

enum vr_mlperf_event {
    VR_MLPERF_EVENT_NONE, /* all bytes taken, no line yet */
    VR_MLPERF_EVENT_LINE, /* line->text holds one; the next push begins a new one */
    VR_MLPERF_EVENT_GARBAGE, /* a byte that is no text, or a line without end; what there was is dropped */
};

/* Take bytes up to the end of a line; *ret_used says how many.  Carriage returns and zero bytes are passed over, and empty lines too. */
enum vr_mlperf_event vr_mlperf_line_push(
    struct vr_mlperf_line *line, const uint8_t *data, size_t size, size_t *ret_used);

/* --- replies --- */

enum vr_mlperf_word {
    VR_MLPERF_OTHER,          /* no reply of the protocol */
    VR_MLPERF_READY,          /* m-ready */
    VR_MLPERF_NAME,           /* m-name-dut-[text] */
    VR_MLPERF_PROFILE,        /* m-profile-[text] */
    VR_MLPERF_MODEL,          /* m-model-[text] */
    VR_MLPERF_LAP,            /* m-lap-us-number */
    VR_MLPERF_EXPECTING,      /* m-[Expecting number bytes] */
    VR_MLPERF_LOAD_DONE,      /* m-load-done */
    VR_MLPERF_BUFFER,         /* m-buffer-hex-hex.. */
    VR_MLPERF_WARMUP_START,   /* m-warmup-start-number */
    VR_MLPERF_WARMUP_DONE,    /* m-warmup-done */
    VR_MLPERF_INFER_START,    /* m-infer-start-number */
    VR_MLPERF_INFER_DONE,     /* m-infer-done */
    VR_MLPERF_RESULTS,        /* m-results-[text] */
    VR_MLPERF_TIMESTAMP_MODE, /* m-timestamp-mode-text: the device has booted */
    VR_MLPERF_INIT_DONE,      /* m-init-done: likewise */
    VR_MLPERF_ERROR,          /* e-[text] */
};

struct vr_mlperf_reply {
    enum vr_mlperf_word word;
    uint64_t number;  /* where there is one */
    const char *text; /* inside the line, not terminated; where there is one */
    size_t text_size;
};

/* The meaning of a line.  One that has a word's beginning but not its form is OTHER. */
void vr_mlperf_reply_parse(const char *line, struct vr_mlperf_reply *ret_reply);

/* The bytes of a BUFFER reply's text, "0a-ff-..".  Returns how many, or -1 when it is something else or more than capacity. */
int vr_mlperf_buffer_parse(const char *text, size_t size, uint8_t *ret_bytes, size_t capacity);

/* --- results --- */

enum vr_mlperf_results {
    VR_MLPERF_RESULTS_OK,
    VR_MLPERF_RESULTS_NO_NUMBER, /* nan, inf, an empty place, anything else */
    VR_MLPERF_RESULTS_TOO_LARGE, /* beyond +-2147.483647, or more than VR_MLPERF_RESULTS_MAX */
};

/* "0.996,-12.5,3": decimals in millionths, the seventh place rounded half away from zero, exact otherwise.  *ret_count is set when OK. */
enum vr_mlperf_results vr_mlperf_results_parse(
    const char *text, size_t size, int32_t ret_micro[VR_MLPERF_RESULTS_MAX], size_t *ret_count);

/* --- commands --- */

/* "db HEX" without its terminator, C string; size 1..VR_MLPERF_CHUNK_MAX. */
void vr_mlperf_db_format(
    const uint8_t *bytes, size_t size, char ret_command[VR_MLPERF_COMMAND_MAX]);

#endif
