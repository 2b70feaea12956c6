/* Which PowerShield it is, and its settings. */
#ifndef VR_POWER_POWERSHIELD_SET_H
#define VR_POWER_POWERSHIELD_SET_H

#include "power/powershield.h"
#include "power/powershield_talk.h"

struct vr_powershield_session {
    struct vr_powershield_talk talk;
    struct vr_powershield_mode mode;
};

/* Take control; mode.is_v3pwr, and serial and firmware of info.  VR_ERR_LINK: it is none; VR_ERR_INPUT: its firmware is too old. */
int vr_powershield_identify(
    struct vr_powershield_session *session, struct vr_power_info *info, struct vr_err *err);

/* As the head of powershield.c says; the rest of mode is what came of it. */
int vr_powershield_set(
    struct vr_powershield_session *session, const struct vr_power_config *config,
    struct vr_err *err);

#endif
