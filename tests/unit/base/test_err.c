#include "base/err.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(err, set_fills_code_and_text_and_returns_the_negative_code)
{
    struct vr_err err = {0};
    int r = vr_err_set(&err, VR_ERR_INPUT, "%s:%d: %s", "a.json", 7, "wrong");
    cr_assert_eq(r, -VR_ERR_INPUT);
    cr_assert_eq(err.code, VR_ERR_INPUT);
    cr_assert_str_eq(err.text, "a.json:7: wrong");
}

Test(err, set_without_a_place_to_write_still_returns_the_code)
{
    cr_assert_eq(vr_err_set(NULL, VR_ERR_LINK, "gone"), -VR_ERR_LINK);
}

Test(err, set_cuts_long_texts)
{
    struct vr_err err;
    char *text = calloc(1, 2 * VR_ERR_TEXT_SIZE);
    memset(text, 'x', 2 * VR_ERR_TEXT_SIZE - 1);
    vr_err_set(&err, VR_ERR_IO, "%s", text);
    cr_assert_eq(strlen(err.text), VR_ERR_TEXT_SIZE - 1);
    free(text);
}

Test(err, names_and_exit_codes_take_either_sign)
{
    cr_assert_str_eq(vr_err_name(VR_ERR_INPUT), "INPUT");
    cr_assert_str_eq(vr_err_name(-VR_ERR_INPUT), "INPUT");
    cr_assert_eq(vr_err_exit(-VR_ERR_INPUT), 2);
    cr_assert_eq(vr_err_exit(VR_ERR_DEVICE), 3);
    cr_assert_eq(vr_err_exit(VR_OK), 0);
}

Test(err, unknown_codes_are_internal_errors)
{
    cr_assert_str_eq(vr_err_name(VR_ERR_COUNT), "INTERNAL");
    cr_assert_str_eq(vr_err_name(-12345), "INTERNAL");
    cr_assert_eq(vr_err_exit(-12345), 70);
}
