/* From gates and outcomes to one word. */
#include "score/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A sentence is put together from clauses; one that does not fit is left out. */
static void add_clause(struct vr_verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_clause(struct vr_verdict *verdict, const char *format, ...)
{
    size_t used = strlen(verdict->why);
    size_t room = sizeof verdict->why - used;
    char clause[sizeof verdict->why];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(clause, sizeof clause, format, arguments);
    va_end(arguments);
    if (size > 0 && (size_t)size + 3 <= room)
        snprintf(verdict->why + used, room, "%s%s", used > 0 ? ", " : "", clause);
}

static size_t gates_with(const struct vr_gate_row *rows, size_t count, const char *verdict)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += strcmp(rows[i].verdict, verdict) == 0;
    return found;
}

/* Where the first difference is matters more than what comes behind it, so it comes early; a place
 * that does not fit leaves its count. */
static void say_unequal(const struct vr_agreement *agreement, struct vr_verdict *verdict)
{
    size_t trials = agreement->equal + agreement->different + agreement->inconclusive;
    if (agreement->different == 0)
        return;
    add_clause(
        verdict, "%zu of %zu trials differ from the golden run", agreement->different, trials);
    add_clause(verdict, "the first: %s", agreement->first);
}

static void say_compared(const struct vr_agreement *agreement, struct vr_verdict *verdict)
{
    size_t trials = agreement->equal + agreement->different + agreement->inconclusive;
    if (agreement->inconclusive > 0)
        add_clause(
            verdict, "%zu of %zu trials not compared with the golden run", agreement->inconclusive,
            trials);
    if (agreement->inconclusive > 0 && agreement->different == 0)
        add_clause(verdict, "the first: %s", agreement->first);
    if (agreement->equal == trials && trials > 0)
        add_clause(verdict, "%zu of %zu trials equal to the golden run", trials, trials);
}

/* What went wrong first, the worst before the rest; then what there is to stand on. */
static void say_why(
    const struct vr_gate_row *rows, size_t count, const struct vr_outcome_counts *outcomes,
    struct vr_verdict *verdict)
{
    size_t failed = gates_with(rows, count, "fail");
    size_t unsure = gates_with(rows, count, "inconclusive");
    size_t warned = gates_with(rows, count, "warn");
    size_t trials = outcomes->complete + outcomes->firmware_failed + outcomes->rig_trouble +
                    outcomes->unfinished + outcomes->stopped;
    verdict->why[0] = '\0';
    if (failed > 0)
        add_clause(verdict, "%zu of %zu gates failed", failed, count);
    say_unequal(&outcomes->agreement, verdict);
    if (outcomes->firmware_failed > 0)
        add_clause(
            verdict, "the firmware failed in %zu of %zu trials", outcomes->firmware_failed, trials);
    if (outcomes->rig_trouble > 0)
        add_clause(verdict, "rig trouble in %zu of %zu trials", outcomes->rig_trouble, trials);
    if (outcomes->unfinished > 0)
        add_clause(verdict, "%zu of %zu trials without an end", outcomes->unfinished, trials);
    if (outcomes->stopped > 0)
        add_clause(
            verdict, "the user stopped %zu of %zu trials that began", outcomes->stopped, trials);
    if (outcomes->interrupted)
        add_clause(verdict, "the run was interrupted");
    if (outcomes->forgotten > 0)
        add_clause(verdict, "%zu trials were forgotten with their subject", outcomes->forgotten);
    if (trials == 0)
        add_clause(verdict, "no trials");
    if (unsure > 0)
        add_clause(verdict, "%zu of %zu gates inconclusive", unsure, count);
    say_compared(&outcomes->agreement, verdict);
    if (warned > 0)
        add_clause(verdict, "%zu of %zu gates warn", warned, count);
    if (failed + unsure == 0 && warned < count)
        add_clause(verdict, "%zu of %zu gates passed", count - warned, count);
    if (count == 0)
        add_clause(verdict, "no gates");
    if (outcomes->records > 0)
        add_clause(
            verdict, "%zu of %zu records scored", outcomes->records_scored, outcomes->records);
    if (outcomes->unscored)
        add_clause(verdict, "the first that is not: %s", outcomes->unscored);
    if (outcomes->refusal)
        add_clause(verdict, "%s", outcomes->refusal);
}

void vr_verdict_reach(
    const struct vr_gate_row *rows, size_t count, const struct vr_outcome_counts *outcomes,
    struct vr_verdict *ret_verdict)
{
    say_why(rows, count, outcomes, ret_verdict);
    if (gates_with(rows, count, "fail") > 0 || outcomes->firmware_failed > 0 ||
        outcomes->agreement.different > 0) {
        ret_verdict->word = "fail";
        ret_verdict->exit_code = 1;
    } else if (
        outcomes->rig_trouble > 0 || outcomes->unfinished > 0 || outcomes->stopped > 0 ||
        outcomes->interrupted) {
        ret_verdict->word = "rig";
        ret_verdict->exit_code = 3;
    } else if (
        gates_with(rows, count, "inconclusive") > 0 || outcomes->complete == 0 ||
        outcomes->records_scored < outcomes->records || outcomes->agreement.inconclusive > 0 ||
        outcomes->forgotten > 0) {
        ret_verdict->word = "inconclusive";
        ret_verdict->exit_code = 5;
    } else {
        ret_verdict->word = "pass";
        ret_verdict->exit_code = 0;
    }
}
