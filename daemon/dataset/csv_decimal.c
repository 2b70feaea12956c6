/* Integers of 128 bits: 63 bits over 63 bits, and the powers of ten between them. */
#include "dataset/csv_decimal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 19 /* of 2^63 */
#define POWER_MAX 19  /* 2^63 * 10^19 still fits */
#define EXPONENT_MAX 9999

/* In pedantic C the 128-bit integer needs the word. */
__extension__ typedef __int128 wide;

static bool is_digit(struct vr_slice slice)
{
    return slice.size && slice.text[0] >= '0' && slice.text[0] <= '9';
}

/* One more digit; where there is no room for it, it is cut off. */
static void digit_add(struct vr_decimal *value, bool *full, int digit, bool behind_point)
{
    if (!*full && value->mantissa <= (INT64_MAX - 9) / 10) {
        value->mantissa = 10 * value->mantissa + digit;
        value->exponent -= behind_point;
        return;
    }
    *full = true;
    value->cut |= digit != 0;
    value->exponent += !behind_point;
}

bool vr_decimal_parse(struct vr_slice slice, char point, struct vr_decimal *ret_value)
{
    struct vr_decimal value = {0};
    bool any = false, behind_point = false, full = false;
    bool negative = vr_slice_skip(&slice, '-');
    if (!negative)
        vr_slice_skip(&slice, '+');
    if (slice.size > EXPONENT_MAX)
        return false;
    for (; is_digit(slice) || (!behind_point && slice.size && slice.text[0] == point);
         slice.text++, slice.size--) {
        if (slice.text[0] == point) {
            behind_point = true;
            continue;
        }
        any = true;
        digit_add(&value, &full, slice.text[0] - '0', behind_point);
    }
    if (!any)
        return false;
    if (vr_slice_skip(&slice, 'e') || vr_slice_skip(&slice, 'E')) {
        int64_t exponent;
        if (!vr_slice_integer(slice, -EXPONENT_MAX / 2, EXPONENT_MAX / 2, &exponent))
            return false;
        value.exponent += (int)exponent;
    } else if (slice.size) {
        return false;
    }
    if (value.mantissa == 0)
        value.exponent = 0;
    if (negative)
        value.mantissa = -value.mantissa;
    if (value.exponent < -EXPONENT_MAX || value.exponent > EXPONENT_MAX)
        return false;
    *ret_value = value;
    return true;
}

struct vr_decimal vr_decimal_of(double value)
{
    char text[32];
    struct vr_decimal decimal = {0};
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    vr_decimal_parse((struct vr_slice){text, strlen(text)}, '.', &decimal);
    return decimal;
}

static wide power(int exponent)
{
    wide result = 1;
    for (int i = 0; i < exponent; i++)
        result *= 10;
    return result;
}

enum vr_decimal_fit vr_decimal_steps(
    struct vr_decimal value, struct vr_decimal step, int64_t limit, int64_t *ret_steps)
{
    wide over = value.mantissa, under = step.mantissa;
    int exponent = value.exponent - step.exponent;
    bool far_below = over != 0 && exponent < -POWER_MAX; /* less than 2^63 / 10^20 of a step */
    if (over != 0 && exponent > POWER_MAX + DIGITS_MAX)
        return VR_DECIMAL_OUTSIDE;
    /* Powers above 10^19 can only fit when the step's digits divide them away. */
    if (over != 0 && exponent > POWER_MAX) {
        int rest = exponent - POWER_MAX;
        for (; rest && under % 10 == 0; rest--)
            under /= 10;
        if (rest)
            return VR_DECIMAL_OUTSIDE;
        exponent = POWER_MAX;
    }
    if (far_below)
        over = 0;
    else if (exponent > 0)
        over *= power(over ? exponent : 0);
    else
        under *= power(-exponent > POWER_MAX ? POWER_MAX : -exponent);
    wide whole = over / under, rest = over % under;
    if (rest < 0) {
        whole--;
        rest += under;
    }
    bool exact = rest == 0 && !far_below && !value.cut;
    whole += rest >= under - rest && rest != 0;
    if (whole < -(wide)limit || whole > (wide)limit)
        return VR_DECIMAL_OUTSIDE;
    *ret_steps = (int64_t)whole;
    return exact ? VR_DECIMAL_EXACT : VR_DECIMAL_ROUNDED;
}
