/* Line and table, byte for byte as the golden outputs have them. */
#include "score/episodes_text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "score/percent.h"

static const char *const words[] = {[VR_EPISODE_AF] = "AF", [VR_EPISODE_VF] = "VF"};

const char *vr_episodes_duration(double seconds, char text[VR_DURATION_SIZE])
{
    int64_t ms = (int64_t)floor(seconds * 1000 + 0.5);
    int64_t minutes = ms / 60000, hours = minutes / 60;
    double rest_s = (double)(ms % 60000) / 1000;
    if (seconds == 0)
        snprintf(text, VR_DURATION_SIZE, "       0.000");
    else if (hours > 0)
        snprintf(
            text, VR_DURATION_SIZE, "%2" PRId64 ":%02" PRId64 ":%06.3f", hours, minutes % 60,
            rest_s);
    else
        snprintf(text, VR_DURATION_SIZE, "   %2" PRId64 ":%06.3f", minutes, rest_s);
    return text;
}

void vr_episodes_line_header(FILE *out, enum vr_episode_kind kind)
{
    fprintf(out, "(%s detection)\n", words[kind]);
    fputs("Record  TPs   FN  TPp   FP  ESe E+P DSe D+P  Ref duration  Test duration \n", out);
}

/* Of times: 100 part / whole. */
static void print_time_percent(FILE *out, double part_s, double whole_s)
{
    int64_t percent = vr_percent_rounded(part_s, whole_s);
    if (percent < 0)
        fputs("   -", out);
    else
        fprintf(out, " %3" PRId64, percent);
}

void vr_episodes_line(FILE *out, const char *record, const struct vr_episodes_counts *counts)
{
    char reference[VR_DURATION_SIZE], test[VR_DURATION_SIZE];
    fprintf(
        out, "%6s %4" PRId64 " %4" PRId64 " %4" PRId64 " %4" PRId64 " ", record, counts->tps,
        counts->fn, counts->tpp, counts->fp);
    vr_percent_whole(out, counts->tps, counts->fn);
    vr_percent_whole(out, counts->tpp, counts->fp);
    print_time_percent(out, counts->reference_overlap_s, counts->reference_s);
    print_time_percent(out, counts->test_overlap_s, counts->test_s);
    fprintf(
        out, "  %s   %s\n", vr_episodes_duration(counts->reference_s, reference),
        vr_episodes_duration(counts->test_s, test));
}

static void print_episodes(FILE *out, const char *name, int64_t hits, int64_t misses)
{
    fprintf(out, "%30s:", name);
    vr_percent_whole(out, hits, misses);
    fprintf(
        out, "%s (%" PRId64 "/%" PRId64 ")\n", hits + misses > 0 ? "%" : " ", hits, hits + misses);
}

static void print_durations(FILE *out, const char *name, double part_s, double whole_s)
{
    char part[VR_DURATION_SIZE], whole[VR_DURATION_SIZE];
    vr_episodes_duration(part_s, part);
    vr_episodes_duration(whole_s, whole);
    fprintf(out, "%30s:", name);
    print_time_percent(out, part_s, whole_s);
    fprintf(
        out, "%s (%s/%s)\n", whole_s > 0 ? "%" : " ", part + strspn(part, " "),
        whole + strspn(whole, " "));
}

void vr_episodes_table(
    FILE *out, enum vr_episode_kind kind, const char *record, const char *reference,
    const char *test, const struct vr_episodes_counts *counts)
{
    char duration[VR_DURATION_SIZE];
    fprintf(out, "%s episode-by-episode comparison results for record %s\n", words[kind], record);
    fprintf(out, "Reference annotator: %s\n     Test annotator: %s\n\n", reference, test);
    print_episodes(out, "Episode sensitivity", counts->tps, counts->fn);
    print_episodes(out, "Episode positive predictivity", counts->tpp, counts->fp);
    print_durations(out, "Duration sensitivity", counts->reference_overlap_s, counts->reference_s);
    print_durations(out, "Duration positive predictivity", counts->test_overlap_s, counts->test_s);
    fprintf(
        out, "%30s:  %s\n", "Duration of reference episodes",
        vr_episodes_duration(counts->reference_s, duration));
    fprintf(
        out, "%30s:  %s\n", "Duration of test episodes",
        vr_episodes_duration(counts->test_s, duration));
}
