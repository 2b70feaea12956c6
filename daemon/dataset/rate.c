/* Decimal text to fraction by integers only: a double would make 0.0166666666667 and 1/60 two
 * rates. */
#include "dataset/rate.h"

#include <stdio.h>
#include <string.h>

#define DIGITS_MAX 18 /* 2 * 10^18 + 1 still fits in 64 bits */

/* In pedantic C the 128-bit integer needs the word. */
__extension__ typedef __int128 wide;

static uint64_t greatest_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static bool rate_set(uint64_t num, uint64_t den, struct vr_rate *ret_rate)
{
    uint64_t divisor = greatest_divisor(num, den);
    if (num == 0 || num / divisor > UINT32_MAX || den / divisor > UINT32_MAX)
        return false;
    *ret_rate = (struct vr_rate){(uint32_t)(num / divisor), (uint32_t)(den / divisor)};
    return true;
}

struct fraction {
    uint64_t num;
    uint64_t den;
};

/* The fraction with the smallest denominator in [low, high]: the continued fraction of both ends
 * for as long as they agree. */
static bool rate_simplest(struct fraction low, struct fraction high, struct vr_rate *ret_rate)
{
    struct fraction before = {0, 1}, now = {1, 0}; /* convergents */
    for (;;) {
        uint64_t whole = low.num / low.den;
        bool last = low.num % low.den == 0;
        if (!last && whole < high.num / high.den) {
            whole++;
            last = true;
        }
        if (whole > UINT32_MAX)
            return false;
        struct fraction next = {whole * now.num + before.num, whole * now.den + before.den};
        if (next.num > UINT32_MAX || next.den > UINT32_MAX)
            return false;
        if (last)
            return rate_set(next.num, next.den, ret_rate);
        before = now;
        now = next;

        /* On with the reciprocals of what is left, which swaps the ends. */
        struct fraction rest_low = {low.den, low.num - whole * low.den};
        low = (struct fraction){high.den, high.num - whole * high.den};
        high = rest_low;
    }
}

struct decimal {
    uint64_t digits; /* value = digits * 10^exponent */
    int exponent;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool decimal_parse(const char *text, size_t size, struct decimal *ret)
{
    size_t i = 0, digit_count = 0;
    bool point = false;
    *ret = (struct decimal){0, 0};
    for (; i < size && (is_digit(text[i]) || (text[i] == '.' && !point)); i++) {
        if (text[i] == '.') {
            point = true;
            continue;
        }
        if (ret->digits >= UINT64_C(100000000000000000)) /* a 19th digit would not fit */
            return false;
        ret->digits = ret->digits * 10 + (uint64_t)(text[i] - '0');
        ret->exponent -= point;
        digit_count++;
    }
    if (digit_count == 0 || digit_count > 40)
        return false;
    if (i == size)
        return true;
    if (text[i++] != 'e' && text[i - 1] != 'E')
        return false;

    int sign = i < size && text[i] == '-' ? -1 : 1, exponent = 0;
    if (i < size && (text[i] == '-' || text[i] == '+'))
        i++;
    if (i == size || size - i > 3)
        return false;
    for (; i < size; i++) {
        if (!is_digit(text[i]))
            return false;
        exponent = exponent * 10 + (text[i] - '0');
    }
    ret->exponent += sign * exponent;
    return true;
}

bool vr_rate_parse(const char *text, size_t size, struct vr_rate *ret_rate)
{
    struct decimal decimal;
    if (!decimal_parse(text, size, &decimal) || decimal.digits == 0)
        return false;
    while (decimal.digits % 10 == 0) {
        decimal.digits /= 10;
        decimal.exponent++;
    }
    for (; decimal.exponent > 0; decimal.exponent--) {
        if (decimal.digits > UINT32_MAX)
            return false;
        decimal.digits *= 10;
    }
    if (decimal.exponent < -DIGITS_MAX)
        return false;
    uint64_t den = 1;
    for (; decimal.exponent < 0; decimal.exponent++)
        den *= 10;
    if (rate_set(decimal.digits, den, ret_rate))
        return true;
    if (den == 1)
        return false;
    struct fraction low = {2 * decimal.digits - 1, 2 * den};
    struct fraction high = {2 * decimal.digits + 1, 2 * den};
    return rate_simplest(low, high, ret_rate);
}

bool vr_rate_print(struct vr_rate rate, char *ret_text, size_t size)
{
    struct vr_rate read_back;
    snprintf(ret_text, size, "%.12g", (double)rate.num / rate.den);
    return vr_rate_parse(ret_text, strlen(ret_text), &read_back) && read_back.num == rate.num &&
           read_back.den == rate.den;
}

bool vr_rate_multiply(struct vr_rate rate, uint32_t factor, struct vr_rate *ret_rate)
{
    return rate_set((uint64_t)rate.num * factor, rate.den, ret_rate);
}

bool vr_rate_common(struct vr_rate a, struct vr_rate b, struct vr_rate *ret_rate)
{
    uint64_t left = (uint64_t)a.num * b.den, right = (uint64_t)b.num * a.den;
    return rate_set(greatest_divisor(left, right), (uint64_t)a.den * b.den, ret_rate);
}

bool vr_rate_convert(int64_t tick, struct vr_rate from, struct vr_rate to, int64_t *ret_tick)
{
    /* Below 2^127: 63 + 1 bits of the doubled tick and 32 of each factor, since a sign takes one.
     */
    wide num = (wide)to.num * from.den, den = (wide)to.den * from.num;
    if (num == den) {
        *ret_tick = tick;
        return true;
    }
    wide divisor = (wide)greatest_divisor((uint64_t)num, (uint64_t)den);
    num /= divisor, den /= divisor;
    if ((tick < 0 ? -(wide)tick : tick) > ((wide)1 << 61))
        return false;
    wide doubled = 2 * num * tick + den;
    wide quotient = doubled / (2 * den);
    if (doubled % (2 * den) < 0) /* C divides towards zero */
        quotient--;
    if (quotient < INT64_MIN || quotient > INT64_MAX)
        return false;
    *ret_tick = (int64_t)quotient;
    return true;
}
