/* Words and messages; when they make no sense, the search for the next time stamp. */
#include "power/powershield_binary.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "power/powershield.h"

#define MESSAGE 0xF0
#define TIME_BITS 0x7FFFFFFF /* bit 31 tells of an overflow */

enum type {
    TYPE_ERROR = 0xF1,
    TYPE_INFORMATION,
    TYPE_STAMP,
    TYPE_END,
    TYPE_OVERCURRENT,
    TYPE_POWER_DOWN,
    TYPE_VOLTAGE,
};

enum { LENGTH_UNKNOWN = 0, LENGTH_TEXT = 1 };

/* From F1 on. */
static const uint8_t lengths_lpm01a[11] = {LENGTH_TEXT, LENGTH_TEXT, 9, 4, 4, 4, 6};
static const uint8_t lengths_v3pwr[11] = {LENGTH_TEXT, LENGTH_TEXT, 9, 4, 8, 4, 6, 6, 5, 4, 4};

void vr_powershield_binary_start(
    struct vr_powershield_binary *binary, const struct vr_power_info *info,
    const struct vr_power_sink *sink)
{
    vr_powershield_stretch_start(&binary->stretch, info, sink);
    binary->is_v3pwr = vr_powershield_is_v3pwr(info);
}

static unsigned length_of(const struct vr_powershield_binary *binary, unsigned type)
{
    if (type < TYPE_ERROR || type > 0xFB)
        return LENGTH_UNKNOWN;
    return (binary->is_v3pwr ? lengths_v3pwr : lengths_lpm01a)[type - TYPE_ERROR];
}

/* What was before the first stamp cannot be told apart from the words before it; a few bytes are the end of those. */
static void begin(struct vr_powershield_binary *binary, uint32_t ms)
{
    const int64_t words = 16;
    int64_t skipped = 0;
    if (binary->skipped > words && ms <= VR_POWERSHIELD_JUMP_MAX_S * 1000)
        skipped = (int64_t)ms * binary->stretch.info->rate_num / 1000;
    vr_powershield_stretch_begin(&binary->stretch, skipped);
    binary->has_begun = true;
}

static void take_stamp(struct vr_powershield_binary *binary, const uint8_t *stamp)
{
    uint32_t ms =
        ((uint32_t)stamp[2] << 24 | (uint32_t)stamp[3] << 16 | (uint32_t)stamp[4] << 8 | stamp[5]) &
        TIME_BITS;
    if (binary->has_begun)
        vr_powershield_stretch_stamp(
            &binary->stretch, (ms - binary->stamp_ms) & TIME_BITS, stamp[6]);
    else
        begin(binary, ms);
    binary->stamp_ms = ms;
}

/* An error's words, without what is not text. */
static void take_text(struct vr_powershield_binary *binary, bool is_error)
{
    char words[VR_POWERSHIELD_MESSAGE_MAX];
    size_t length = 0;
    for (size_t i = 2; i + 2 < binary->size; i++)
        if (binary->message[i] >= ' ' && binary->message[i] <= '~')
            words[length++] = (char)binary->message[i];
    words[length] = '\0';
    if (is_error)
        vr_powershield_stretch_doubt(&binary->stretch, words);
    else
        vr_powershield_log(binary->stretch.sink, LOG_INFO, "the instrument says: %s", words);
}

static void take_message(struct vr_powershield_binary *binary)
{
    switch (binary->message[1]) {
    case TYPE_ERROR:
    case TYPE_INFORMATION:
        take_text(binary, binary->message[1] == TYPE_ERROR);
        break;
    case TYPE_STAMP:
        take_stamp(binary, binary->message);
        break;
    case TYPE_END:
        binary->has_ended = true;
        break;
    case TYPE_OVERCURRENT:
        vr_powershield_stretch_doubt(&binary->stretch, "overcurrent");
        break;
    case TYPE_POWER_DOWN:
        vr_powershield_stretch_doubt(&binary->stretch, "the device has lost its power");
        break;
    default: /* its own voltage and temperature */
        break;
    }
}

/* The nine bytes that came last may be a stamp already. */
static void search(struct vr_powershield_binary *binary)
{
    const uint8_t *last = binary->last;
    binary->skipped++;
    bool is_stamp =
        last[0] == MESSAGE && last[1] == TYPE_STAMP && last[7] == 0xFF && last[8] == 0xFF;
    bool is_end = last[5] == MESSAGE && last[6] == TYPE_END && last[7] == 0xFF && last[8] == 0xFF;
    if (is_stamp) {
        binary->skipped -= VR_POWERSHIELD_STAMP_SIZE;
        take_stamp(binary, last);
    }
    if (is_end && binary->has_begun)
        binary->has_ended = true;
    binary->is_in_step = is_stamp;
    binary->size = 0;
}

static void lose_step(struct vr_powershield_binary *binary)
{
    vr_powershield_log(
        binary->stretch.sink, LOG_WARNING, "bytes that make no sense, at about sample %lld",
        (long long)(binary->stretch.next + (int64_t)binary->stretch.count));
    vr_powershield_stretch_spoil(&binary->stretch);
    search(binary);
}

static void take_byte(struct vr_powershield_binary *binary, uint8_t byte)
{
    uint8_t *message = binary->message;
    message[binary->size++] = byte;
    size_t size = binary->size;
    if (message[0] < MESSAGE) {
        if (size < 2)
            return;
        vr_powershield_stretch_sample(
            &binary->stretch, (unsigned)(message[0] & 0x0F) << 8 | message[1], message[0] >> 4);
        binary->size = 0;
        return;
    }
    unsigned length = size < 2 ? LENGTH_TEXT : length_of(binary, message[1]);
    bool is_closed = size >= 4 && message[size - 1] == 0xFF && message[size - 2] == 0xFF;
    bool is_whole = length == LENGTH_TEXT ? is_closed : size == length;
    if (message[0] != MESSAGE || length == LENGTH_UNKNOWN || (is_whole && !is_closed) ||
        size == VR_POWERSHIELD_MESSAGE_MAX) {
        lose_step(binary);
    } else if (is_whole) {
        take_message(binary);
        binary->size = 0;
    }
}

void vr_powershield_binary_decode(
    struct vr_powershield_binary *binary, int64_t arrival_ns, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size && !binary->has_ended; i++) {
        memmove(binary->last, binary->last + 1, sizeof binary->last - 1);
        binary->last[sizeof binary->last - 1] = data[i];
        if (binary->is_in_step)
            take_byte(binary, data[i]);
        else
            search(binary);
    }
    vr_powershield_stretch_arrived(&binary->stretch, arrival_ns);
}

void vr_powershield_binary_end(struct vr_powershield_binary *binary)
{
    if (!binary->has_begun && binary->skipped > 16)
        vr_powershield_log(
            binary->stretch.sink, LOG_ERR,
            "%lld bytes came, but no time stamp: nothing of it could be read",
            (long long)binary->skipped);
    vr_powershield_stretch_end(&binary->stretch);
}
