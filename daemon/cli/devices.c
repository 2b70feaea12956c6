/* vitalrig devices: what a scenario can replay into: the built-in devices, those of a rig file, and what is attached and could go into
 * one. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json_member.h"
#include "cli/answer.h"
#include "cli/attached.h"
#include "cli/checkup.h"
#include "cli/client_options.h"
#include "cli/places.h"
#include "cli/quarantine.h"
#include "cli/say.h"
#include "cli/states.h"
#include "cli/verb.h"
#include "link/link.h"
#include "replay/dialect.h"
#include "report/plain.h"
#include "scenario/rig.h"

struct devices_arguments {
    struct vr_client_choice choice;
    const char *rig, *db, *release;
    bool json;
};

enum { KEY_DB = 256, KEY_RELEASE };

static const struct argp_option options[] = {
    {"rig", 'r', "FILE", 0, "The bench: its DUTs (default: $VITALRIG_RIG)", 0},
    {"json", 'j', NULL, 0, "One JSON object", 0},
    {"release", KEY_RELEASE, "NAME", 0, "Let a quarantined device be used again", 0},
    {"db", KEY_DB, "FILE", 0, "The catalogue that knows who is quarantined", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct devices_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->choice;
        break;
    case 'r':
        arguments->rig = argument;
        break;
    case 'j':
        arguments->json = true;
        break;
    case KEY_RELEASE:
        arguments->release = argument;
        break;
    case KEY_DB:
        arguments->db = argument;
        break;
    case ARGP_KEY_ARG:
        argp_error(
            state, "\"%s\": devices takes no arguments; name a rig file with --rig", argument);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* What is known of the devices beside their files. */
struct knowledge {
    struct vr_quarantine quarantine; /* as the catalogue has it, where there is no daemon */
    struct vr_states states;
};

/* The n-th device: built-in ones first, then those of the rig file. */
static const struct vr_rig_dut *device(const struct vr_rig *rig, size_t index)
{
    const struct vr_rig_dut *dut;
    size_t builtin_count = 0;
    while ((dut = vr_rig_builtin(builtin_count))) {
        if (builtin_count++ == index)
            return dut;
    }
    index -= builtin_count;
    return rig && index < rig->dut_count ? &rig->duts[index] : NULL;
}

/* Whether a run could start on it, as far as names tell; nothing is opened. */
static int device_check(
    const struct vr_rig_dut *dut, const struct vr_quarantine *quarantine, struct vr_err *err)
{
    _cleanup_free_ char *program = NULL;
    if (strcmp(dut->name, "sim") == 0)
        return vr_places_dut_program(&program, err);
    if (vr_checkup_said(dut, err) < 0)
        return -err->code;
    if (dut->argv && strchr(dut->argv[0], '/') && access(dut->argv[0], X_OK) < 0)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s: %s; build it, or correct argv", dut->argv[0],
            strerror(errno));
    if (dut->path && access(dut->path, F_OK) < 0)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s: %s; is it plugged in?", dut->path, strerror(errno));
    return vr_quarantine_check(quarantine, dut, err);
}

/* Trouble that refuses nothing. */
static void put_health(const struct vr_rig_dut *dut, const struct vr_quarantine *quarantine)
{
    char since[VR_CLOCK_ISO_SIZE];
    const struct vr_health *health = vr_quarantine_health(quarantine, dut);
    if (health && health->reason[0] && vr_quarantine_check(quarantine, dut, NULL) == 0) {
        fputs("  last trouble: ", stdout);
        vr_plain_put(health->reason, stdout);
        putchar('\n');
    }
    if (health && health->power_cycle_failed_utc_ns)
        printf(
            "  power_cycle reports success and restarts nothing, since %s\n",
            vr_clock_iso(health->power_cycle_failed_utc_ns, since));
}

static void put_device(const struct vr_rig_dut *dut, const struct knowledge *knowledge)
{
    struct vr_err err = {0};
    bool is_usable = device_check(dut, &knowledge->quarantine, &err) == 0;
    const struct vr_json *state = vr_states_of(&knowledge->states, dut->name);
    const char *word = state ? vr_member_text(state, "state") : is_usable ? "ready" : "unusable";
    const char *why = is_usable ? dut->description : err.text;
    if (state && vr_member_text(state, "reason")[0])
        why = vr_member_text(state, "reason");

    vr_plain_put_padded(dut->name, 16, stdout);
    putchar(' ');
    vr_plain_put_padded(dut->kind, 8, stdout);
    putchar(' ');
    vr_plain_put_padded(word, 8, stdout);
    putchar(' ');
    vr_plain_put(why, stdout);
    putchar('\n');
    put_health(dut, &knowledge->quarantine);
}

static void write_device(
    struct vr_json_writer *writer, const struct vr_rig_dut *dut, const struct knowledge *knowledge)
{
    const struct vr_quarantine *quarantine = &knowledge->quarantine;
    const struct vr_json *state = vr_states_of(&knowledge->states, dut->name);
    struct vr_err err = {0};
    char since[VR_CLOCK_ISO_SIZE];
    bool is_usable = device_check(dut, quarantine, &err) == 0;
    const struct vr_health *health = vr_quarantine_health(quarantine, dut);
    int64_t power_ns = health ? health->power_cycle_failed_utc_ns : 0;

    vr_json_write_object(writer, NULL);
    vr_json_write_string(writer, "name", dut->name);
    vr_json_write_string(writer, "kind", dut->kind);
    vr_json_write_string(writer, "description", dut->description);
    vr_json_write_bool(writer, "builtin", dut->place.line == 0);
    vr_json_write_bool(writer, "usable", is_usable);
    vr_json_write_bool(writer, "quarantined", vr_quarantine_check(quarantine, dut, NULL) < 0);
    vr_json_write_string(writer, "why", err.text);
    vr_json_write_string(writer, "last_trouble", health ? health->reason : "");
    vr_json_write_string(
        writer, "power_cycle_failed_utc", power_ns ? vr_clock_iso(power_ns, since) : NULL);
    vr_json_write_array(writer, "argv");
    for (char **word = dut->argv; word && *word; word++)
        vr_json_write_string(writer, NULL, *word);
    vr_json_write_end(writer);
    vr_json_write_string(writer, "path", dut->path);
    vr_json_write_string(writer, "state", state ? vr_member_text(state, "state") : NULL);
    vr_json_write_string(writer, "reason", state ? vr_member_text(state, "reason") : NULL);
    vr_json_write_end(writer);
}

static void list_text(
    const struct vr_rig *rig, const struct vr_attached *attached, const struct knowledge *knowledge)
{
    const struct vr_rig_dut *dut;
    printf("%-16s %-8s %-8s\n", "device", "link", "state");
    for (size_t i = 0; (dut = device(rig, i)); i++)
        put_device(dut, knowledge);
    printf("\nlinks\n");
    for (size_t i = 0; vr_link_driver(i); i++)
        printf("  %-8s %s\n", vr_link_driver(i)->name, vr_link_driver(i)->summary);
    printf("\ndialects\n");
    for (size_t i = 0; vr_dialect(i); i++)
        printf("  %-8s %s\n", vr_dialect(i)->name, vr_dialect(i)->summary);
    vr_attached_print(attached);
}

static int list_json(
    const struct vr_rig *rig, const struct vr_attached *attached, const struct knowledge *knowledge,
    struct vr_err *err)
{
    const struct vr_rig_dut *dut;
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    vr_json_write_array(&writer, "devices");
    for (size_t i = 0; (dut = device(rig, i)); i++)
        write_device(&writer, dut, knowledge);
    vr_json_write_end(&writer);
    vr_json_write_array(&writer, "links");
    for (size_t i = 0; vr_link_driver(i); i++) {
        vr_json_write_object(&writer, NULL);
        vr_json_write_string(&writer, "kind", vr_link_driver(i)->name);
        vr_json_write_string(&writer, "summary", vr_link_driver(i)->summary);
        vr_json_write_end(&writer);
    }
    vr_json_write_end(&writer);
    vr_json_write_array(&writer, "dialects");
    for (size_t i = 0; vr_dialect(i); i++) {
        vr_json_write_object(&writer, NULL);
        vr_json_write_string(&writer, "name", vr_dialect(i)->name);
        vr_json_write_string(&writer, "summary", vr_dialect(i)->summary);
        vr_json_write_end(&writer);
    }
    vr_json_write_end(&writer);
    vr_attached_write(attached, &writer);
    return vr_answer_end(&writer, err);
}

static void knowledge_finish(struct knowledge *knowledge)
{
    vr_quarantine_finish(&knowledge->quarantine);
    vr_states_finish(&knowledge->states);
}

/* The catalogue is the daemon's where there is one; --db asks for another. */
static int find_daemon(
    const struct devices_arguments *arguments, struct knowledge *knowledge, struct vr_err *err)
{
    return arguments->db
               ? 0
               : vr_states_load(&knowledge->states, &arguments->choice, arguments->rig, err);
}

static int devices(const struct devices_arguments *arguments, struct vr_err *err)
{
    _cleanup_(vr_rig_destroyp) struct vr_rig *rig = NULL;
    _cleanup_(vr_attached_finish) struct vr_attached attached = {0};
    _cleanup_(knowledge_finish) struct knowledge knowledge = {0};
    int r = find_daemon(arguments, &knowledge, err);
    const char *rig_file = arguments->rig ? arguments->rig : knowledge.states.rig_file;
    if (r == 0 && rig_file)
        r = vr_rig_load(rig_file, &rig, err);
    if (r == 0)
        r = vr_attached_list(&attached, err);
    if (r < 0)
        return r;
    if (arguments->release)
        return knowledge.states.client
                   ? vr_states_release(&knowledge.states, arguments->release, err)
                   : vr_quarantine_release(rig, arguments->release, arguments->db, err);
    if (!knowledge.states.client &&
        vr_quarantine_load(&knowledge.quarantine, rig, arguments->db, err) < 0)
        vr_say("%s; so nothing is known of quarantine", err->text);
    if (arguments->json)
        return list_json(rig, &attached, &knowledge, err);
    list_text(rig, &attached, &knowledge);
    return 0;
}

static int devices_main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&vr_client_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        NULL,
        "What a scenario can replay into: the built-in devices, those of a rig file, and the "
        "serial "
        "ports that are attached, as they are written in one.  Nothing is opened.  A daemon tells "
        "the state of each.",
        children,
        NULL,
        NULL};
    struct devices_arguments arguments = {.rig = getenv("VITALRIG_RIG")};
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return devices(&arguments, &err) < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

const struct vr_verb vr_verb_devices = {
    .name = "devices",
    .summary = "list what can be replayed into",
    .run = devices_main,
};
