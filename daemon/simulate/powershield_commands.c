/* What a simulated PowerShield answers.  Its replies are those that public hosts of the instruments wait for (mlcommons/tiny for the
 * LPM01A, ST's scripts for the STLINK-V3PWR); the words of a refusal are ours. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulate/powershield_encode.h"
#include "simulate/powershield_state.h"

#define REPLY_SIZE 256
#define ENERGY_MAX_HZ 10000
#define TEXT_MAX_HZ 20000

static void answer(
    struct vr_sim_shield *shield, const char *word, const char *text, const char *detail)
{
    bool is_new = shield->config->new_style;
    char reply[REPLY_SIZE];
    int size = snprintf(
        reply, sizeof reply, "%s%s %s\r\n%s%s%s\r\n%s", is_new ? "" : "\r\nPowerShield > ", word,
        text, detail ? "Error detail: " : "", detail ? detail : "", detail ? "\r\n" : "",
        is_new ? "stlp > " : "");
    vr_sim_shield_put(shield, reply, (size_t)size);
}

static void acknowledge(struct vr_sim_shield *shield, const char *text)
{
    answer(shield, "ack", text, NULL);
}

static void refuse(struct vr_sim_shield *shield, const char *command, const char *detail)
{
    answer(shield, "error", command, detail);
}

/* "3300m", "2-3", "100k", "5". */
static bool read_number(const char *text, double *ret_value)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text)
        return false;
    const char suffixes[] = "umk";
    const double factors[] = {1e-6, 1e-3, 1e3};
    const char *suffix = *end ? strchr(suffixes, *end) : NULL;
    if (suffix)
        value *= factors[suffix - suffixes];
    else if (*end == '-' || *end == '+')
        value *= pow(10, strtol(end, NULL, 10));
    else if (*end)
        return false;
    *ret_value = value;
    return true;
}

/* --- commands --------------------------------------------------------------------------------------------------------------------- */

static void set_number(
    struct vr_sim_shield *shield, const char *command, const char *argument, double least,
    double most, double *value)
{
    double wanted;
    if (!read_number(argument, &wanted) || wanted < least - 1e-9 || wanted > most + 1e-9) {
        refuse(shield, command, "argument out of range");
        return;
    }
    *value = wanted;
    acknowledge(shield, command);
}

static void set_flag(
    struct vr_sim_shield *shield, const char *command, const char *argument, const char *on,
    const char *off, bool *flag)
{
    bool is_on = strcmp(argument, on) == 0;
    if (!is_on && strcmp(argument, off) != 0) {
        refuse(shield, command, "argument not known");
        return;
    }
    *flag = is_on;
    acknowledge(shield, command);
}

static void set_frequency(struct vr_sim_shield *shield, const char *command, const char *argument)
{
    double wanted, digit = 0;
    if (read_number(argument, &wanted) && wanted >= 1)
        for (digit = wanted; digit >= 10;)
            digit /= 10;
    if ((fabs(digit - 1) > 1e-9 && fabs(digit - 2) > 1e-9 && fabs(digit - 5) > 1e-9) ||
        wanted > 100000)
        refuse(shield, command, "frequency not in the list");
    else if (
        (shield->is_energy && wanted > ENERGY_MAX_HZ) ||
        (!shield->is_binary && wanted > TEXT_MAX_HZ))
        refuse(shield, command, "frequency too high for the output or the format");
    else
        set_number(shield, command, argument, 1, 100000, &shield->rate_hz);
}

static void set_volts(struct vr_sim_shield *shield, const char *command, const char *argument)
{
    bool is_new = shield->config->new_style;
    if (strcmp(argument, "get") != 0) {
        set_number(
            shield, command, argument, is_new ? 1.6 : 1.8, is_new ? 3.6 : 3.3, &shield->volts);
        return;
    }
    char text[32];
    snprintf(text, sizeof text, "volt get %.0fm", shield->volts * 1000);
    acknowledge(shield, text);
}

static void set_power(struct vr_sim_shield *shield, const char *command, const char *argument)
{
    bool is_on = strncmp(argument, "on", 2) == 0, is_off = strcmp(argument, "off") == 0;
    shield->is_auto = strcmp(argument, "auto") == 0;
    if (is_on || is_off)
        shield->is_on = is_on;
    if (is_on || is_off || shield->is_auto)
        acknowledge(shield, command);
    else
        refuse(shield, command, "argument not known");
}

void vr_sim_shield_start(struct vr_sim_shield *shield, int64_t now_ns)
{
    acknowledge(shield, "start");
    shield->is_running = true;
    shield->is_on |= shield->is_auto;
    shield->start_ns = (double)now_ns + shield->trigger_delay_s * 1e9;
    shield->end_ns = shield->acquisition_s > 0 ? shield->start_ns + shield->acquisition_s * 1e9
                                               : (double)INFINITY;
    shield->batch_ns = shield->start_ns;
    shield->index = 0;
    shield->stamped = -1;
    shield->event = 0;
    shield->is_high =
        shield->config->world->lines(shield->config->world->context, shield->start_ns) >>
            VR_SIM_SHIELD_D7 &
        1;
}

void vr_sim_shield_finish(struct vr_sim_shield *shield)
{
    char message[VR_SIM_SHIELD_PIECE];
    if (shield->is_binary)
        vr_sim_shield_put(shield, message, vr_sim_shield_binary_message(0xF4, NULL, 0, message));
    else
        vr_sim_shield_put(shield, "end\r\n", 5);
    const char *prompt = shield->config->new_style ? "stlp > " : "PowerShield > ";
    char text[64];
    vr_sim_shield_put(
        shield, text, (size_t)sprintf(text, "\r\n%sAcquisition completed\r\n\r\n", prompt));
    shield->is_running = false;
}

/* What every style knows, at any time. */
static bool obey_common(struct vr_sim_shield *shield, const char *command, const char *word)
{
    bool is_new = shield->config->new_style;
    if (strcmp(word, "powershield") == 0)
        acknowledge(
            shield, is_new ? "STLINK-V3PWR 004F003A3132510F39363634"
                           : "powershield PowerShield present 540554545-1430736921-1900587");
    else if (strcmp(word, "version") == 0)
        acknowledge(shield, is_new ? "version FW 1.2.0" : "version 1.0.7");
    else if (strcmp(word, is_new ? "power_monitor" : "htc") == 0) {
        shield->is_controlled = true;
        acknowledge(shield, command);
    } else if (strcmp(word, "hrc") == 0 && !is_new) {
        shield->is_controlled = false;
        acknowledge(shield, command);
    } else if (strcmp(word, "status") == 0)
        acknowledge(shield, "status ok");
    else
        return false;
    return true;
}

static void set_format(struct vr_sim_shield *shield, const char *command, const char *argument)
{
    bool is_hex = strcmp(argument, "bin_hex") == 0 && shield->config->new_style;
    set_flag(
        shield, command, is_hex ? "bin_hexa" : argument, "bin_hexa", "ascii_dec",
        &shield->is_binary);
}

static bool is_without_effect(const char *word)
{
    static const char *const words[] = {"acqmode", "funcmode", "trigsrc", "lcd", "currthres"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

void vr_sim_shield_obey(struct vr_sim_shield *shield, int64_t now_ns, const char *command)
{
    char word[sizeof shield->command] = "", argument[sizeof shield->command] = "";
    bool ignored;
    if (sscanf(command, "%s %s", word, argument) < 1)
        return;
    if (strcmp(word, "stop") == 0 && shield->is_running)
        vr_sim_shield_finish(shield);
    else if (obey_common(shield, command, word))
        return;
    else if (!shield->is_controlled)
        refuse(shield, command, "the host has not taken control");
    else if (strcmp(word, "start") == 0 && !shield->is_running)
        vr_sim_shield_start(shield, now_ns);
    else if (strcmp(word, "volt") == 0)
        set_volts(shield, command, argument);
    else if (strcmp(word, "freq") == 0)
        set_frequency(shield, command, argument);
    else if (strcmp(word, "acqtime") == 0)
        set_number(
            shield, command, strcmp(argument, "inf") == 0 ? "0" : argument, 0, 100,
            &shield->acquisition_s);
    else if (strcmp(word, "trigdelay") == 0)
        set_number(shield, command, argument, 0, 30, &shield->trigger_delay_s);
    else if (strcmp(command, "output energy") == 0 && shield->rate_hz > ENERGY_MAX_HZ)
        refuse(shield, command, "frequency too high");
    else if (strcmp(command, "format ascii_dec") == 0 && shield->rate_hz > TEXT_MAX_HZ)
        refuse(shield, command, "frequency too high");
    else if (strcmp(word, "output") == 0)
        set_flag(shield, command, argument, "energy", "current", &shield->is_energy);
    else if (strcmp(word, "format") == 0)
        set_format(shield, command, argument);
    else if (strcmp(word, "eventsrc") == 0)
        set_flag(shield, command, argument, "d7", "none", &shield->has_events);
    else if (strcmp(word, "pwrend") == 0)
        set_flag(shield, command, argument, "on", "off", &ignored);
    else if (strcmp(word, "pwr") == 0)
        set_power(shield, command, argument);
    else if (is_without_effect(word))
        acknowledge(shield, command);
    else
        refuse(shield, command, "command not known");
}
