/* Sums over a window of a trace: of whole chunks from their rows, of the pieces at both ends from their samples. */
#include "store/power_reader.h"

static struct vr_twin twin_of(double high, double low)
{
    return (struct vr_twin){high, low};
}

static void total_of_row(
    const struct vr_power_chunk_row *row, bool after, struct vr_power_total *ret_total)
{
    *ret_total = (struct vr_power_total){
        .present = row->number * VR_POWER_CHUNK - row->lost_before,
        .charge_c = twin_of(row->charge_before_c, row->charge_before_low_c),
        .energy_j = twin_of(row->energy_before_j, row->energy_before_low_j),
        .gain_err_j = row->gain_err_before_j,
    };
    const struct vr_power_piece piece = {
        .present = row->count - row->lost,
        .charge_c = row->charge_c,
        .energy_j = row->energy_j,
        .gain_err_j = row->gain_err_j,
    };
    if (after)
        vr_power_total_add(ret_total, &piece);
}

/* Sums over all samples before the chunk's place. */
static int total_before(
    struct vr_power_reader *reader, int64_t number, struct vr_power_total *ret_total,
    struct vr_err *err)
{
    struct vr_power_chunk_row row;
    int result = vr_power_reader_row(reader, number, &row, err);
    if (result < 0)
        return result;
    if (result == 0)
        vr_power_total_init(&reader->measure, ret_total);
    else
        total_of_row(&row, row.number < number, ret_total);
    return 0;
}

/* Add the samples [from, end) of a chunk, which is decoded unless it is not in the file or the piece is empty. */
static int piece_add(
    struct vr_power_reader *reader, int64_t number, int64_t from, int64_t end,
    struct vr_power_total *total, struct vr_err *err)
{
    const struct vr_power_chunk *chunk;
    struct vr_power_chunk_row row;
    struct vr_power_piece piece;
    if (from == end)
        return 0;
    int result = vr_power_reader_row(reader, number, &row, err);
    if (result <= 0 || row.number != number)
        return result < 0 ? result : 0;
    result = vr_power_reader_chunk(reader, number, &chunk, err);
    if (result < 0)
        return result;
    vr_power_piece_measure(&reader->measure, chunk, (uint32_t)from, (uint32_t)end, &piece);
    vr_power_total_add(total, &piece);
    return 0;
}

/* The whole chunks [from, end). */
static int chunks_add(
    struct vr_power_reader *reader, int64_t from, int64_t end, struct vr_power_total *total,
    struct vr_err *err)
{
    struct vr_power_total low, high;
    int result = total_before(reader, from, &low, err);
    if (result == 0)
        result = total_before(reader, end, &high, err);
    if (result < 0)
        return result;
    total->present += high.present - low.present;
    total->charge_c =
        vr_twin_add_twin(total->charge_c, vr_twin_subtract(high.charge_c, low.charge_c));
    total->energy_j =
        vr_twin_add_twin(total->energy_j, vr_twin_subtract(high.energy_j, low.energy_j));
    total->gain_err_j += high.gain_err_j - low.gain_err_j;
    return 0;
}

/* The pieces at the ends are added up, not subtracted from their chunks: a short window keeps all its digits. */
static int sum_find(
    struct vr_power_reader *reader, int64_t first, int64_t end, struct vr_power_total *total,
    struct vr_err *err)
{
    int64_t first_number = first / VR_POWER_CHUNK, from = first % VR_POWER_CHUNK;
    int64_t end_number = end / VR_POWER_CHUNK, to = end % VR_POWER_CHUNK;
    if (first_number == end_number)
        return piece_add(reader, first_number, from, to, total, err);
    int result = 0;
    if (from > 0)
        result = piece_add(reader, first_number++, from, VR_POWER_CHUNK, total, err);
    if (result == 0 && first_number < end_number)
        result = chunks_add(reader, first_number, end_number, total, err);
    if (result == 0)
        result = piece_add(reader, end_number, 0, to, total, err);
    return result;
}

int vr_power_reader_sum(
    struct vr_power_reader *reader, int64_t first, int64_t end, struct vr_power_sum *ret_sum,
    struct vr_err *err)
{
    struct vr_power_total total;
    int result = vr_power_reader_bounds(reader, first, end, err);
    vr_power_total_init(&reader->measure, &total);
    if (result == 0)
        result = sum_find(reader, first, end, &total, err);
    if (result < 0)
        return result;
    *ret_sum = (struct vr_power_sum){
        .count = total.present,
        .lost = end - first - total.present,
        .energy_j = total.energy_j.high,
        .charge_c = total.charge_c.high,
        .gain_err_j = total.gain_err_j,
    };
    return 0;
}
