/* Ask a PowerShield who it is, and set it. */
#include "power/powershield_set.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE_DEFAULT_HZ 5000
#define TEXT_MAX_LPM01A_HZ 5000 /* 10 kHz for 1 s, 20 kHz for 0.5 s */
#define TEXT_MAX_V3PWR_HZ 10000
#define ENERGY_MAX_HZ 10000
#define ANSWER_MS 1000
#define POWER_MS 5000 /* the supply has to settle */

/* --- who it is ------------------------------------------------------------------------------------------------------------------ */

/* The last word of a line that holds a digit; *ret_word stays empty without one. */
static void last_number(const char *line, char *ret_word, size_t size)
{
    size_t length = strcspn(line, "\r\n");
    for (size_t from = 0; from < length;) {
        size_t word = strcspn(line + from, " \r\n");
        if (memchr(line + from, '.', word) || strcspn(line + from, "0123456789") < word)
            snprintf(ret_word, size, "%.*s", (int)word, line + from);
        from += word + strspn(line + from + word, " ");
    }
}

static int check_version(
    const struct vr_powershield_session *session, const struct vr_power_info *info,
    struct vr_err *err)
{
    unsigned major = 0, minor = 0, patch = 0;
    int read = sscanf(info->firmware, "%u.%u.%u", &major, &minor, &patch);
    bool is_old = major < 1 || (major == 1 && minor == 0 && patch < 6);
    if (session->mode.is_v3pwr || read < 3 || !is_old)
        return 0;
    return vr_err_set(
        err, VR_ERR_INPUT,
        "%s: the meter's firmware is %s, and before 1.0.6 it cannot switch the supply; update it "
        "with STM32CubeMonitor-Power",
        session->talk.stream.name, info->firmware);
}

int vr_powershield_identify(
    struct vr_powershield_session *session, struct vr_power_info *info, struct vr_err *err)
{
    struct vr_powershield_talk *talk = &session->talk;
    enum vr_powershield_answer control, answer;
    int r = vr_powershield_ask(talk, "htc", ANSWER_MS, &control, err);
    if (r == 0)
        r = vr_powershield_ask(talk, "powershield", ANSWER_MS, &answer, err);
    if (r < 0)
        return r;
    const char *text = vr_powershield_answer_text(talk);
    if (answer != VR_POWERSHIELD_ACK)
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: what is there does not answer \"powershield\" as an X-NUCLEO-LPM01A or "
            "STLINK-V3PWR does; `vitalrig devices` lists what is plugged in",
            talk->stream.name);
    session->mode.is_v3pwr =
        strstr(text, VR_POWERSHIELD_V3PWR) || strstr((const char *)talk->reply, "stlp > ");
    const char *present = strstr(text, "PowerShield present"); /* here, or in a line of its own */
    last_number(present ? present : text, info->serial, sizeof info->serial);
    if (!session->mode.is_v3pwr && control != VR_POWERSHIELD_ACK)
        r = vr_powershield_demand(talk, "htc", ANSWER_MS, err);
    if (r == 0)
        r = vr_powershield_demand(talk, "version", ANSWER_MS, err);
    if (r < 0)
        return r;
    last_number(vr_powershield_answer_text(talk), info->firmware, sizeof info->firmware);
    r = check_version(session, info, err);
    if (r == 0 && session->mode.is_v3pwr)
        r = vr_powershield_demand(talk, "power_monitor", ANSWER_MS, err);
    return r;
}

/* --- setting it ----------------------------------------------------------------------------------------------------------------- */

/* What not every firmware knows, and what is as wanted without it. */
static int wish(
    struct vr_powershield_session *session, const char *command, bool *ret_is_done,
    struct vr_err *err)
{
    enum vr_powershield_answer answer;
    int r = vr_powershield_ask(&session->talk, command, ANSWER_MS, &answer, err);
    *ret_is_done = answer == VR_POWERSHIELD_ACK;
    return r;
}

/* What the LPM01A must do; a STLINK-V3PWR that does not know the word has no other way. */
static int need(struct vr_powershield_session *session, const char *command, struct vr_err *err)
{
    bool ignored;
    if (session->mode.is_v3pwr)
        return wish(session, command, &ignored, err);
    return vr_powershield_demand(&session->talk, command, ANSWER_MS, err);
}

/* "ack volt get 3300m", or 3300-03. */
static double volts_in(const char *answer)
{
    const char *at = strstr(answer, "get");
    if (!at)
        return (double)NAN;
    at += strcspn(at, "0123456789\r\n");
    char *end;
    double value = strtod(at, &end);
    if (end == at)
        return (double)NAN;
    if (*end == 'm' || strncmp(end, "-03", 3) == 0)
        value /= 1000;
    return value >= 1.0 && value <= 5.0 ? value : (double)NAN;
}

static int set_volts(
    struct vr_powershield_session *session, const struct vr_power_config *config,
    struct vr_err *err)
{
    struct vr_powershield_mode *mode = &session->mode;
    double least = mode->is_v3pwr ? 1.6 : 1.8, most = mode->is_v3pwr ? 3.6 : 3.3;
    if (config->supply_v == 0.0) {
        enum vr_powershield_answer answer;
        int r = vr_powershield_ask(&session->talk, "volt get", ANSWER_MS, &answer, err);
        mode->supply_v = answer == VR_POWERSHIELD_ACK
                             ? volts_in(vr_powershield_answer_text(&session->talk))
                             : (double)NAN;
        return r;
    }
    if (config->supply_v < least || config->supply_v > most)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: the meter is an %s and supplies %g to %g V, not %g: change \"supply_mv\"",
            config->name, mode->is_v3pwr ? VR_POWERSHIELD_V3PWR : VR_POWERSHIELD_LPM01A, least,
            most, config->supply_v);
    long millivolts = lround(config->supply_v * 1000);
    char command[32];
    snprintf(command, sizeof command, "volt %ldm", millivolts);
    mode->supply_v = (double)millivolts / 1000;
    return vr_powershield_demand(&session->talk, command, POWER_MS, err);
}

static int set_rate(struct vr_powershield_session *session, struct vr_err *err)
{
    const struct vr_powershield_mode *mode = &session->mode;
    char command[32];
    bool is_kilo = mode->rate_hz % 1000 == 0 && !mode->is_v3pwr;
    snprintf(
        command, sizeof command, "freq %u%s", is_kilo ? mode->rate_hz / 1000 : mode->rate_hz,
        is_kilo ? "k" : "");
    return vr_powershield_demand(&session->talk, command, ANSWER_MS, err);
}

static int set_format(struct vr_powershield_session *session, struct vr_err *err)
{
    const struct vr_powershield_mode *mode = &session->mode;
    bool is_done = false;
    int r = 0;
    if (mode->is_binary && mode->is_v3pwr) /* its manual and ST's own script do not agree */
        r = wish(session, "format bin_hex", &is_done, err);
    if (r < 0 || is_done)
        return r;
    const char *command = mode->is_binary ? "format bin_hexa" : "format ascii_dec";
    return vr_powershield_demand(&session->talk, command, ANSWER_MS, err);
}

/* Each of these limits the others, with what an earlier session set, too: current and binary go with every rate, so they come before a
 * rate that may be high, and energy and text behind one that is low. */
static int set_sampling(struct vr_powershield_session *session, struct vr_err *err)
{
    struct vr_powershield_mode *mode = &session->mode;
    mode->is_binary = mode->rate_hz > (mode->is_v3pwr ? TEXT_MAX_V3PWR_HZ : TEXT_MAX_LPM01A_HZ);
    int r = need(session, "output current", err);
    if (r == 0 && mode->is_binary)
        r = set_format(session, err);
    if (r == 0)
        r = set_rate(session, err);
    if (r == 0 && !mode->is_binary)
        r = set_format(session, err);
    if (r == 0 && mode->rate_hz <= ENERGY_MAX_HZ)
        r = wish(session, "output energy", &mode->is_energy, err);
    bool ignored;
    if (r == 0 && !mode->is_energy)
        r = wish(session, "funcmode optim", &ignored, err);
    return r;
}

int vr_powershield_set(
    struct vr_powershield_session *session, const struct vr_power_config *config,
    struct vr_err *err)
{
    struct vr_powershield_mode *mode = &session->mode;
    mode->rate_hz = config->rate_hz ? config->rate_hz : RATE_DEFAULT_HZ;
    bool ignored;
    int r = set_volts(session, config, err);
    if (r == 0)
        r = vr_powershield_demand(&session->talk, "acqtime inf", ANSWER_MS, err);
    if (r == 0)
        r = need(session, "acqmode dyn", err);
    if (r == 0)
        r = set_sampling(session, err);
    if (r == 0)
        r = need(session, "trigsrc sw", err);
    if (r == 0)
        r = wish(session, "trigdelay 0", &ignored, err);
    if (r == 0 && !mode->is_binary)
        r = wish(session, "eventsrc d7 fal", &mode->has_marks, err);
    if (r == 0)
        r = wish(session, "pwrend on", &ignored, err);
    if (r == 0 && config->powers_device)
        r = vr_powershield_demand(
            &session->talk, mode->is_v3pwr ? "pwr on" : "pwr on nostatus", POWER_MS, err);
    return r;
}
