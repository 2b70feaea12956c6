/* Faults are drawn as distances between them (geometric), so that a clean stretch costs one copy.
 */
#include "faulty_line.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

static void draw_next_fault(struct faulty_line *line)
{
    double rate = line->faults.byte_rate;
    line->clean_bytes =
        rate > 0 ? (int64_t)(log1p(-vr_rng_unit(&line->rng)) / log1p(-rate)) : INT64_MAX;
}

void line_init(
    struct faulty_line *line, uint64_t seed, int64_t baud, int64_t latency_ns,
    const struct line_faults *faults)
{
    line->byte_ns = 10 * VR_NS_PER_S / baud;
    line->latency_ns = latency_ns;
    line->faults = *faults;
    line->free_ns = 0;
    line->byte_in = line->byte_out = line->piece_in = line->piece_out = 0;
    line->hash = UINT64_C(0xcbf29ce484222325);
    line->fault_count = 0;
    line->pulled = false;
    line->taken = 0;
    line->pause_at = INT64_MAX;
    line->receiver_baud = 0;
    vr_rng_init(&line->rng, seed);
    draw_next_fault(line);
}

void line_set_faults(struct faulty_line *line, const struct line_faults *faults)
{
    line->faults = *faults;
    draw_next_fault(line);
}

void line_pull(struct faulty_line *line, bool swallows)
{
    line->pulled = true;
    line->swallows = swallows;
    line->byte_out = line->byte_in;
    line->piece_out = line->piece_in;
}

void line_put_back(struct faulty_line *line, int64_t now_ns)
{
    line->pulled = false;
    line->free_ns = now_ns;
}

static void hash_add(struct faulty_line *line, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    /* Eight bytes a step: the transcript is compared with itself only, and byte by byte it would
     * cost more than the codec. */
    for (; size >= 8; bytes += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        line->hash = (line->hash ^ word) * UINT64_C(0x100000001b3);
    }
    for (; size > 0; bytes++, size--)
        line->hash = (line->hash ^ *bytes) * UINT64_C(0x100000001b3);
}

static void append(struct faulty_line *line, const uint8_t *data, size_t size)
{
    while (size > 0) {
        size_t at = line->byte_in & (LINE_BYTES - 1);
        size_t part = LINE_BYTES - at < size ? LINE_BYTES - at : size;
        memcpy(line->bytes + at, data, part);
        line->byte_in += part;
        data += part;
        size -= part;
    }
}

/* Strike one byte; returns nothing, appends 0, 1 or 2 bytes. */
static void strike(struct faulty_line *line, uint8_t byte)
{
    uint8_t changed[2] = {byte, byte};
    line->fault_count++;
    switch (line->faults.flips_only ? 0 : vr_rng_below(&line->rng, 4)) {
    case 0: /* a bit flips */
        changed[0] ^= (uint8_t)(1u << vr_rng_below(&line->rng, 8));
        append(line, changed, 1);
        break;
    case 1: /* lost */
        break;
    case 2: /* noise comes in before it */
        changed[0] = (uint8_t)vr_rng_below(&line->rng, 256);
        append(line, changed, 2);
        break;
    default: /* twice */
        append(line, changed, 2);
    }
    draw_next_fault(line);
}

static void append_with_faults(struct faulty_line *line, const uint8_t *data, size_t size)
{
    while (size > 0) {
        if (line->clean_bytes > 0) {
            size_t part = line->clean_bytes < (int64_t)size ? (size_t)line->clean_bytes : size;
            append(line, data, part);
            line->clean_bytes -= (int64_t)part;
            data += part;
            size -= part;
        } else {
            strike(line, *data++);
            size--;
        }
    }
}

/* One piece: what a UART's driver hands over at once. */
static void put_piece(struct faulty_line *line, int64_t now_ns, const uint8_t *data, size_t size)
{
    int64_t start_ns = line->free_ns > now_ns ? line->free_ns : now_ns;
    line->free_ns = start_ns + (int64_t)size * line->byte_ns;
    if (start_ns >= line->faults.cut_ns && start_ns < line->faults.mended_ns)
        return; /* taken by the driver, gone on the line */

    size_t before = line->byte_in;
    if (line->receiver_baud > 0) {
        uint8_t sampled[LINE_PIECE_SIZE * UART_WIRE_GROWTH];
        size_t count = uart_wire_pass(&line->wire, start_ns, data, size, sampled);
        append_with_faults(line, sampled, count);
    } else {
        append_with_faults(line, data, size);
    }
    int64_t arrival_ns = line->free_ns + line->latency_ns;
    if (line->faults.delay_ns > 0)
        arrival_ns += (int64_t)(vr_rng_unit(&line->rng) * (double)line->faults.delay_ns);
    if (line->piece_in > line->piece_out) {
        int64_t last_ns = line->pieces[(line->piece_in - 1) & (LINE_PIECES - 1)].arrival_ns;
        arrival_ns = arrival_ns > last_ns ? arrival_ns : last_ns; /* a line does not reorder */
    }
    line->pieces[line->piece_in++ & (LINE_PIECES - 1)] =
        (struct line_piece){arrival_ns, line->byte_in - before};
}

size_t line_put(struct faulty_line *line, int64_t now_ns, const uint8_t *data, size_t size)
{
    size_t taken = 0;
    if (line->pulled)
        return line->swallows ? size : 0;
    while (taken < size && line->byte_in - line->byte_out < LINE_WINDOW &&
           line->piece_in - line->piece_out < LINE_PIECES) {
        size_t part = size - taken < LINE_PIECE_SIZE ? size - taken : LINE_PIECE_SIZE;
        put_piece(line, now_ns, data + taken, part);
        taken += part;
    }
    return taken;
}

size_t line_take(struct faulty_line *line, int64_t now_ns, uint8_t *buffer, size_t capacity)
{
    size_t taken = 0;
    if ((int64_t)capacity > line->pause_at - line->taken)
        capacity = (size_t)(line->pause_at - line->taken);
    while (taken < capacity && line->piece_out < line->piece_in) {
        struct line_piece *piece = &line->pieces[line->piece_out & (LINE_PIECES - 1)];
        if (piece->arrival_ns > now_ns)
            break;
        size_t at = line->byte_out & (LINE_BYTES - 1);
        size_t part = piece->size < capacity - taken ? piece->size : capacity - taken;
        if (part > LINE_BYTES - at)
            part = LINE_BYTES - at;
        memcpy(buffer + taken, line->bytes + at, part);
        line->byte_out += part;
        piece->size -= part;
        taken += part;
        if (piece->size == 0)
            line->piece_out++;
    }
    line->taken += (int64_t)taken;
    if (taken > 0) {
        hash_add(line, &now_ns, sizeof now_ns);
        hash_add(line, buffer, taken);
    }
    return taken;
}

int64_t line_next_ns(const struct faulty_line *line)
{
    if (line->piece_out == line->piece_in)
        return VR_NEVER_NS;
    return line->pieces[line->piece_out & (LINE_PIECES - 1)].arrival_ns;
}
