/* Names and texts come from devices and files: none may steer the terminal. */
#include "cli/findings.h"

#include <stdio.h>
#include <string.h>

#include "report/plain.h"

static void print_line(const char *label, const char *text)
{
    printf("  %-6s ", label);
    vr_plain_put(text, stdout);
    putchar('\n');
}

static void print_finding(const struct vr_finding *finding)
{
    vr_plain_put(finding->device, stdout);
    printf(": %s\n", finding->what);
    print_line("where", finding->where);
    print_line("why", finding->why);
    print_line("do", finding->remedy);
}

static void write_finding(struct vr_json_writer *writer, const struct vr_finding *finding)
{
    vr_json_write_object(writer, NULL);
    vr_json_write_string(writer, "what", finding->what);
    vr_json_write_string(writer, "device", finding->device);
    vr_json_write_string(writer, "where", finding->where);
    vr_json_write_string(writer, "why", finding->why);
    vr_json_write_string(writer, "remedy", finding->remedy);
    vr_json_write_end(writer);
}

void vr_findings_add(void *context, const struct vr_finding *finding)
{
    struct vr_findings *findings = context;
    findings->count++;
    if (strcmp(finding->what, "busy") == 0 || strcmp(finding->what, "permission") == 0)
        findings->is_port_taken = true;
    if (findings->json)
        write_finding(&findings->writer, finding);
    else
        print_finding(finding);
}
