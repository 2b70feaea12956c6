/* One direction of a serial line in virtual time, with seeded faults.
 *
 * Bytes arrive in order, after their time on the line (8N1: 10 bits a byte) and a latency.  Faults
 * strike single bytes with a probability each: flipped, dropped, another one inserted, sent twice;
 * or the line is cut for a while and what is on it is gone.  It can also be pulled out of its port, at
 * any byte, and put back; and its two ends may disagree about the baud rate. */
#ifndef SIM_FAULTY_LINE_H
#define SIM_FAULTY_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "uart_wire.h"

struct line_faults {
    double byte_rate;          /* probability that a byte is struck; 0 = clean */
    bool flips_only;           /* a struck byte has one bit flipped, nothing else */
    int64_t delay_ns;          /* pieces are late by up to this much more */
    int64_t cut_ns, mended_ns; /* nothing that is put on the line in between arrives */
};

#define LINE_BYTES (128 * 1024) /* on their way at most; a power of two */
#define LINE_PIECES 4096        /* a power of two */
#define LINE_PIECE_SIZE 256     /* bytes that arrive together */
#define LINE_WINDOW \
    (8 * 1024) /* the sender's driver takes no more than this; a Linux tty queues 4 KiB */

struct line_piece {
    int64_t arrival_ns;
    size_t size;
};

struct faulty_line {
    int64_t byte_ns, latency_ns;
    int64_t receiver_baud; /* 0 = that of the sender */
    struct uart_wire wire; /* between them, where they differ */
    struct line_faults faults;
    struct vr_rng rng;
    int64_t free_ns;     /* when the last byte has left the sender */
    int64_t clean_bytes; /* until the next fault */
    uint8_t bytes[LINE_BYTES];
    struct line_piece pieces[LINE_PIECES];
    size_t byte_in, byte_out, piece_in, piece_out;
    bool pulled;      /* out of its port */
    bool swallows;    /* a pulled line: the sender does not notice, as with a UART */
    int64_t taken;    /* bytes, since the beginning */
    int64_t pause_at; /* no more than that many are handed over; INT64_MAX = no end */
    uint64_t hash;    /* FNV-1a 64 over arrival times and bytes: the transcript */
    int64_t fault_count;
};

void line_init(
    struct faulty_line *line, uint64_t seed, int64_t baud, int64_t latency_ns,
    const struct line_faults *faults);

/* Other faults from now on; what is on its way stays. */
void line_set_faults(struct faulty_line *line, const struct line_faults *faults);

/* Pull it out of its port: what is on its way is gone, and what is put on it is swallowed or not taken.  Until it is put back. */
void line_pull(struct faulty_line *line, bool swallows);
void line_put_back(struct faulty_line *line, int64_t now_ns);

/* Put bytes on the line; returns how many were taken (the rest must wait). */
size_t line_put(struct faulty_line *line, int64_t now_ns, const uint8_t *data, size_t size);

/* Take what has arrived by now. */
size_t line_take(struct faulty_line *line, int64_t now_ns, uint8_t *buffer, size_t capacity);

/* When the next byte arrives; VR_NEVER_NS when the line is empty. */
int64_t line_next_ns(const struct faulty_line *line);

#endif
