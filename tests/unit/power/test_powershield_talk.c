/* PowerShield: the answer to a command among what else is on the line. */
#include "power/powershield_talk.h"

#include <criterion/criterion.h>
#include <string.h>

static enum vr_powershield_answer find(
    const char *reply, const char *command, const char **ret_rest)
{
    size_t answer = 0, rest = 0;
    enum vr_powershield_answer found =
        vr_powershield_find_answer((const uint8_t *)reply, strlen(reply), command, &answer, &rest);
    *ret_rest = reply + rest;
    return found;
}

Test(powershield_talk, both_dialects_acknowledge)
{
    const char *rest;
    cr_assert(find("\r\nPowerShield > ack htc\r\n\r\n", "htc", &rest) == VR_POWERSHIELD_ACK);
    cr_assert(strcmp(rest, "\r\n") == 0);
    cr_assert(find("ack volt 3000m\r\n\r\nstlp > ", "volt 3000m", &rest) == VR_POWERSHIELD_ACK);
    cr_assert(find("stlp > ack freq 5000\r\n", "freq 5000", &rest) == VR_POWERSHIELD_ACK);
    cr_assert(find("ack STLINK-V3PWR 0042\r\n\r\n", "powershield", &rest) == VR_POWERSHIELD_ACK);
    cr_assert(find("PowerShield present: 1-2-3\r\n", "powershield", &rest) == VR_POWERSHIELD_ACK);
}

Test(powershield_talk, both_spellings_refuse)
{
    const char *rest;
    cr_assert(
        find("PowerShield > error pwr off\r\nError detail: x\r\n", "pwr off", &rest) ==
        VR_POWERSHIELD_REFUSAL);
    cr_assert(find("PowerShield > err volt\r\n", "volt 9000m", &rest) == VR_POWERSHIELD_REFUSAL);
}

Test(powershield_talk, what_is_no_answer)
{
    const char *rest;
    cr_assert(find("", "htc", &rest) == VR_POWERSHIELD_SILENCE);
    cr_assert(find("PowerShield > ack htc", "htc", &rest) == VR_POWERSHIELD_SILENCE);
    cr_assert(find("PowerShield > ack stop\r\n", "htc", &rest) == VR_POWERSHIELD_SILENCE);
    cr_assert(find("ack pwrend on\r\n", "pwr on", &rest) == VR_POWERSHIELD_SILENCE);
    cr_assert(find("ack \r\nack\r\nerror \r\n", "pwr on", &rest) == VR_POWERSHIELD_SILENCE);
}

Test(powershield_talk, leftovers_stand_before_and_samples_behind)
{
    const char *rest;
    const char *reply = "6409-07\r\n64PowerShield > Acquisition completed\r\n"
                        "PowerShield > ack start\r\n\r\n1000-07\r\n";
    cr_assert(find(reply, "start", &rest) == VR_POWERSHIELD_ACK);
    cr_assert(strcmp(rest, "\r\n1000-07\r\n") == 0);
}
