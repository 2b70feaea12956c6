#include <criterion/criterion.h>
#include <string.h>

#include "base/rng.h"
#include "replay/meter_ring.h"

static uint8_t byte_at(int64_t n)
{
    return (uint8_t)(n * 31 + (n >> 8));
}

Test(meter_ring, bytes_and_times_come_out_as_they_went_in)
{
    struct vr_meter_ring ring;
    struct vr_rng rng;
    int64_t in = 0, out = 0, taken_put = 0;
    size_t left = 0; /* of the piece that is being taken */
    vr_rng_init(&rng, 7);
    cr_assert_eq(vr_meter_ring_init(&ring, 1000, NULL), 0);
    int64_t put_sizes[4096], puts = 0;
    for (int i = 0; i < 3000; i++) {
        uint8_t piece[100];
        size_t size = 1 + vr_rng_below(&rng, sizeof piece);
        for (size_t k = 0; k < size; k++)
            piece[k] = byte_at(in++);
        vr_meter_ring_put(&ring, puts, piece, size);
        put_sizes[puts++] = (int64_t)size;
        /* Never more than three pieces wait: with their headers they fit, whatever their sizes. */
        while (puts - taken_put > 3 || (left > 0 && vr_rng_below(&rng, 2))) {
            uint8_t got[64];
            int64_t arrival;
            size_t count =
                vr_meter_ring_take(&ring, &arrival, got, 16 + vr_rng_below(&rng, sizeof got - 15));
            left = left ? left : (size_t)put_sizes[taken_put];
            cr_assert_eq(arrival, taken_put, "the time of its own piece");
            cr_assert_leq(count, left);
            for (size_t k = 0; k < count; k++)
                cr_assert_eq(got[k], byte_at(out++));
            left -= count;
            taken_put += left == 0;
        }
    }
    vr_meter_ring_end(&ring);
    uint8_t rest[64];
    int64_t arrival;
    size_t count;
    while ((count = vr_meter_ring_take(&ring, &arrival, rest, sizeof rest)) > 0)
        for (size_t k = 0; k < count; k++)
            cr_assert_eq(rest[k], byte_at(out++));
    cr_assert_eq(in, out);
    cr_assert_gt(ring.used_max, 0);
    cr_assert_leq(ring.used_max, ring.capacity);
    vr_meter_ring_finish(&ring);
}

static void *take_all(void *context)
{
    struct vr_meter_ring *ring = context;
    static int64_t bytes;
    uint8_t buffer[256];
    int64_t arrival;
    size_t count;
    while ((count = vr_meter_ring_take(ring, &arrival, buffer, sizeof buffer)) > 0)
        bytes += (int64_t)count;
    return &bytes;
}

Test(meter_ring, a_full_ring_makes_the_reader_wait)
{
    struct vr_meter_ring ring;
    pthread_t thread;
    void *bytes;
    const uint8_t piece[400] = {0};
    cr_assert_eq(vr_meter_ring_init(&ring, 1000, NULL), 0);
    cr_assert_eq(pthread_create(&thread, NULL, take_all, &ring), 0);
    for (int i = 0; i < 10000; i++)
        vr_meter_ring_put(&ring, i, piece, sizeof piece);
    vr_meter_ring_end(&ring);
    cr_assert_eq(pthread_join(thread, &bytes), 0);
    cr_assert_eq(*(int64_t *)bytes, 10000 * (int64_t)sizeof piece);
    vr_meter_ring_finish(&ring);
}
