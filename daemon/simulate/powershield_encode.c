/* Text by printf, binary by powers of 16. */
#include "simulate/powershield_encode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_TEN (-16)
#define MOST_SIXTEENTHS 14 /* 15 marks a message */

size_t vr_sim_shield_text_sample(double value, double noise, char *out)
{
    if (!(value > 0))
        return (size_t)sprintf(out, "0000-07\r\n");
    int ten = (int)floor(log10(value)) - 3;
    ten = ten < LEAST_TEN ? LEAST_TEN : ten;
    double digits = round(value * pow(10, -ten) + noise);
    if (digits >= 10000) {
        digits = round(digits / 10);
        ten++;
    }
    digits = digits < 0 ? 0 : digits;
    return (size_t)sprintf(out, "%04d%c%02d\r\n", (int)digits, ten < 0 ? '-' : '+', abs(ten));
}

/* Its clock counts three digits of seconds.  The NUL belongs to the sample that follows. */
size_t vr_sim_shield_text_stamp(int64_t ms, unsigned buffer_percent, char *out)
{
    size_t size = (size_t)sprintf(
        out, "TimeStamp: %03ds %03dms, buff %02u%%\r\n", (int)(ms / 1000 % 1000), (int)(ms % 1000),
        buffer_percent > 99 ? 99 : buffer_percent);
    out[size] = '\0';
    return size + 1;
}

size_t vr_sim_shield_binary_sample(double value, double noise, char *out)
{
    int power = 0;
    double mantissa = value > 0 ? value : 0;
    while (power < MOST_SIXTEENTHS && mantissa * 16 < 4095.5) {
        mantissa *= 16;
        power++;
    }
    mantissa = round(mantissa + noise);
    unsigned bits = mantissa < 0 ? 0 : mantissa > 4095 ? 4095 : (unsigned)mantissa;
    out[0] = (char)((unsigned)power << 4 | bits >> 8);
    out[1] = (char)(bits & 0xFF);
    return 2;
}

size_t vr_sim_shield_binary_message(uint8_t type, const void *payload, size_t size, char *out)
{
    out[0] = (char)0xF0;
    out[1] = (char)type;
    if (size > 0)
        memcpy(out + 2, payload, size);
    out[2 + size] = out[3 + size] = (char)0xFF;
    return size + 4;
}

size_t vr_sim_shield_binary_stamp(int64_t ms, unsigned buffer_percent, char *out)
{
    const uint8_t payload[] = {
        (uint8_t)(ms >> 24 & 0x7F), (uint8_t)(ms >> 16), (uint8_t)(ms >> 8), (uint8_t)ms,
        (uint8_t)buffer_percent};
    return vr_sim_shield_binary_message(0xF3, payload, sizeof payload, out);
}
