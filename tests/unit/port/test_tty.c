#include <criterion/criterion.h>

#include "port/tty.h"

Test(tty, takes_a_rate_within_two_and_a_half_percent)
{
    cr_expect(vr_tty_baud_fits(115200, 115200));
    cr_expect(vr_tty_baud_fits(115200, 117647)); /* 2.1 %: 2 MHz / 17 */
    cr_expect(vr_tty_baud_fits(3686400, 3600000));
    cr_expect(vr_tty_baud_fits(1000, 1025));
    cr_expect_not(vr_tty_baud_fits(1000, 1026));
    cr_expect(vr_tty_baud_fits(1000, 975));
    cr_expect_not(vr_tty_baud_fits(1000, 974));
    cr_expect_not(vr_tty_baud_fits(3686400, 3000000));
    cr_expect_not(vr_tty_baud_fits(12000000, 9600));
    cr_expect_not(vr_tty_baud_fits(9600, 0));
}
