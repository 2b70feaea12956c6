/* dataset/wfdb_header: every rule of the grammar, and every refusal with its place and words. */
#include "dataset/wfdb_header.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct vr_wfdb_header header;

static void finish(void)
{
    vr_wfdb_header_finish(&header);
}

TestSuite(wfdb_header, .fini = finish);

static void must_parse(const char *text)
{
    struct vr_err err = {0};
    finish();
    int r = vr_wfdb_header_parse(text, strlen(text), "f.hea", &header, &err);
    cr_assert_eq(r, 0, "%s: %s", text, err.text);
}

Test(wfdb_header, a_classic_header_gives_all_its_fields)
{
    must_parse("# unnecessary comment\n"
               "100 2 360 650000 0:0:0 12/31/1999\n"
               "100.dat 212 200 11 1024 995 -22131 0 MLII\n"
               "\n"
               "100.dat 212 200(900)/uV 11 1024 1011 20052 0 V5, left\n"
               "# 69 M 1085 1629 x1\n");
    cr_assert_str_eq(header.name, "100");
    cr_assert(header.rate.num == 360 && header.rate.den == 1);
    cr_assert_eq(header.frame_count, 650000);
    cr_assert_eq(header.line, 2);
    cr_assert_eq(header.signal_count, 2);
    const struct vr_wfdb_signal *a = &header.signals[0], *b = &header.signals[1];
    cr_assert_eq(a->line, 3);
    cr_assert_str_eq(a->file, "100.dat");
    cr_assert(
        a->format == 212 && a->samples_per_frame == 1 && a->skew_frames == 0 &&
        a->byte_offset == 0);
    cr_assert(a->gain == 200 && a->baseline == 1024);
    cr_assert_str_eq(a->unit, "mV");
    cr_assert(a->adc_resolution == 11 && a->adc_zero == 1024 && a->initial_value == 995);
    cr_assert(a->checksum_given && a->checksum == (uint16_t)-22131);
    cr_assert_str_eq(a->name, "MLII");
    cr_assert_eq(b->line, 5);
    cr_assert(b->baseline == 900 && b->checksum == 20052);
    cr_assert_str_eq(b->unit, "uV");
    cr_assert_str_eq(b->name, "V5, left");
}

Test(wfdb_header, missing_fields_take_the_documented_values)
{
    must_parse("r 5\na 16\nb 80\nc 310 0\nd 16 100/mmHg 0\ne 16 100 10 -5");
    cr_assert(header.rate.num == 250 && header.rate.den == 1 && header.frame_count == -1);
    const struct vr_wfdb_signal *s = header.signals;
    cr_assert(s[0].gain == 0 && s[0].baseline == 0 && s[0].adc_resolution == 12);
    cr_assert(!s[0].checksum_given);
    cr_assert_str_eq(s[0].unit, "mV");
    cr_assert_str_eq(s[0].name, "record r, signal 0");
    cr_assert(s[1].adc_resolution == 8 && s[2].adc_resolution == 10 && s[2].gain == 0);
    cr_assert(s[3].adc_resolution == 0);
    cr_assert(s[4].adc_zero == -5 && s[4].baseline == -5 && s[4].initial_value == -5);
}

Test(wfdb_header, fields_with_a_grammar_of_their_own)
{
    must_parse("r 3 15.5/24000(-7) 0\r\n"
               "r.dat 16:3x32+24 -1.052e+04(-1605)/mmHg 12 0 67 43172 0 foot GSR \r\n"
               "r.dat 16x0+24 2.4011e-11 12 0 67 -0 0\r\n"
               "r.dat 16+24:-2\r\n");
    const struct vr_wfdb_signal *s = header.signals;
    cr_assert(header.rate.num == 31 && header.rate.den == 2 && header.frame_count == -1);
    cr_assert(s[0].samples_per_frame == 32 && s[0].skew_frames == 3 && s[0].byte_offset == 24);
    cr_assert(s[0].gain == -10520 && s[0].baseline == -1605 && s[0].checksum == 43172);
    cr_assert_str_eq(s[0].name, "foot GSR");
    cr_assert(s[1].samples_per_frame == 1 && s[1].gain == 2.4011e-11 && s[1].checksum == 0);
    cr_assert_eq(s[2].skew_frames, 0);
    must_parse("r 1 0.0166666666667\nsub/r.dat 16");
    cr_assert(header.rate.num == 1 && header.rate.den == 60);
    cr_assert_str_eq(header.signals[0].file, "sub/r.dat");
    must_parse("\n # only notes\nr-1_b 0 360 1000\n #late\n#info\n");
    cr_assert(header.signal_count == 0 && header.frame_count == 1000 && header.line == 3);
}

/* Most of these came from real archives or attacks; the words must name the place and the cure. */
static const struct {
    const char *text, *words;
} refusals[] = {
    {"", "f.hea:1: no record line; a header begins with NAME"},
    {"# only\n# comments\n", "f.hea:2: no record line"},
    {"100\n", "f.hea:1: only a name, which is the obsolete header format"},
    {"a/b/c 1\n", "\"b/c\" is no number of segments"},
    {"r/16 2 360 1000\nr_1 500\n",
     "f.hea:2: the header ends after 1 of the 16 segments that line 1 promises"},
    {"r/0 2 360\n", "\"0\" is no number of segments"},
    {"r/100001 2 360\n", "\"100001\" is no number of segments up to 100000"},
    {"r/2147483648 2 360\n", "\"2147483648\" is no number of segments"},
    {"r/1 2 360 1000\n../r_1 500\n",
     "f.hea:2: the segment name \"../r_1\" leads out of the folder"},
    {"r/1 2 360 1000\n/r_1 500\n", "the segment name \"/r_1\" is an absolute path"},
    {"r/1 2 360 1000\nr_1\n", "the length \"\" of segment r_1 must be a number"},
    {"r/1 2 360 1000\nr_1 -5\n", "the length \"-5\" of segment r_1 must be a number from 0 to"},
    {"r/1 2 360 1000\nr_1 99999999999999\n", "the length \"99999999999999\" of segment r_1"},
    {"r/1 2 360 1000\nr_1 500\nr_2 500\n",
     "f.hea:3: a line behind the 1 segments that line 1 promises"},
    {"../r 0\n", "f.hea:1: the record name \"..\" leads out of the folder"},
    {"~ 0\n", "the record name \"~\" begins with \"~\""},
    {"r x 360\n", "f.hea:1: the number of signals \"x\" must be a number from 0 to 256"},
    {"r -1\n", "the number of signals \"-1\""},
    {"r 257\n", "the number of signals \"257\""},
    {"r 2147483648\n", "the number of signals \"2147483648\""},
    {"r 99999999999999999999999\n", "the number of signals"},
    {"r 1 0\nr.dat 16", "f.hea:1: the sampling frequency \"0\" must be a number above 0"},
    {"r 1 -250\nr.dat 16", "the sampling frequency \"-250\""},
    {"r 1 nan\nr.dat 16", "the sampling frequency \"nan\""},
    {"r 1 1e308\nr.dat 16", "the sampling frequency \"1e308\""},
    {"r 1 360 9223372036854775807\nr.dat 16",
     "the number of samples \"9223372036854775807\" must be a number from 0"},
    {"r 1 360 -5\nr.dat 16", "the number of samples \"-5\""},
    {"r 1 360 12x\nr.dat 16", "the number of samples \"12x\""},
    {"r 2 360 10\nr.dat 16\n",
     "f.hea:2: the header ends after 1 of the 2 signals that line 1 promises"},
    {"r 1 360 10\nr.dat 16\nr.dat 16\n",
     "f.hea:3: a line behind the 1 signals that line 1 promises"},
    {"r 1\nr.dat\n", "f.hea:2: no format behind the file name"},
    {"r 1\n../r.dat 16\n", "f.hea:2: the file name \"../r.dat\" leads out of the folder"},
    {"r 1\n/etc/passwd 16\n", "f.hea:2: the file name \"/etc/passwd\" is an absolute path"},
    {"r 1\n- 16\n", "f.hea:2: the file name \"-\" means standard input"},
    {"r 1\n~ 16\n",
     "f.hea:2: the file name \"~\" means that there is none, which is format 0, not 16"},
    {"r 1\n~a 16\n", "f.hea:2: the file name \"~a\" begins with \"~\""},
    {"r 1\na//b 16\n", "the file name \"a//b\" has an empty part"},
    {"r 1\nr.d\x01t 16\n", "f.hea:2: byte 4 is the control character 0x01"},
    {"r 1\r\nr\rdat 16\n", "control character 0x0d"},
    {"r 1\nr.dat x\n", "the format \"x\" must begin with a number"},
    {"r 1\nr.dat 16q\n", "the format \"16q\" must begin with a number"},
    {"r 1\nr.dat 16x2x2\n", "at most one each of xSAMPLES"},
    {"r 1\nr.dat 16x\n", "the format \"16x\" must be FORMAT"},
    {"r 1\nr.dat 16x99999999\n", "the format \"16x99999999\" must be"},
    {"r 1\nr.dat 16+-4\n", "has a byte offset below 0"},
    {"r 2\nr.dat 16x1048576\nr.dat 16x1\n",
     "f.hea:3: 1 samples per frame are more than can be read"},
    {"r 1 4294967295\nr.dat 16x2\n", "2 samples per frame are more than can be read"},
    {"r 1 360 10\nr.dat 16:10\n",
     "f.hea:2: the skew of 10 leaves nothing of the 10 samples in line 1"},
    {"r 1\nr.dat 16 mV\n", "the gain \"mV\" must be a number"},
    {"r 1\nr.dat 16 inf\n", "the gain \"inf\" must be a number"},
    {"r 1\nr.dat 16 1e999\n", "the gain \"1e999\" must be a number"},
    {"r 1\nr.dat 16 200(1024\n", "the baseline in \"200(1024\" must be"},
    {"r 1\nr.dat 16 200(1.5)\n", "the baseline in \"200(1.5)\" must be"},
    {"r 1\nr.dat 16 200(3000000000)\n", "the baseline in"},
    {"r 1\nr.dat 16 200(0.)\n", "the baseline in"},
    {"r 1\nr.dat 16 200(1)x\n", "only /UNIT may follow the gain"},
    {"r 1\nr.dat 16 200 12.5\n", "the ADC resolution \"12.5\" must be a whole number"},
    {"r 1\nr.dat 16 200 12 0 0 1e3\n", "the checksum \"1e3\" must be a whole number"},
    {"r 3\na 16\nb 16\na 16\n", "f.hea:4: a was named in line 2, then another file"},
    {"r 2\na 16\na 212\n",
     "f.hea:3: a has another format, byte offset or block size here than in line 2"},
    {"r 2\na 16\na 16+2\n", "f.hea:3: a has another format, byte offset"},
    {"r 2\na 16 1 1 1 1 1 8\na 16 1 1 1 1 1 9\n",
     "f.hea:3: a has another format, byte offset or block size"},
};

Test(wfdb_header, refuses_with_file_line_and_cure)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const char *text = refusals[i].text;
        struct vr_err err = {0};
        /* Exactly as many bytes as there are, so that the sanitizer sees a read behind the end. */
        size_t size = strlen(text);
        char *bytes = malloc(size + 1);
        cr_assert(bytes);
        memcpy(bytes, text, size);
        int r = vr_wfdb_header_parse(bytes, size, "f.hea", &header, &err);
        free(bytes);
        cr_assert_eq(r, -VR_ERR_INPUT, "accepted: %s", text);
        cr_assert(strstr(err.text, refusals[i].words), "%s: %s", text, err.text);
        cr_assert_null(header.signals);
    }
}

Test(wfdb_header, refuses_names_that_are_too_long)
{
    char text[600], name[301];
    struct vr_err err = {0};
    memset(name, 'n', 300);
    name[300] = '\0';
    snprintf(text, sizeof text, "%s 0\n", name);
    cr_assert_eq(vr_wfdb_header_parse(text, strlen(text), "f.hea", &header, &err), -VR_ERR_INPUT);
    cr_assert(strstr(err.text, "has 300 bytes; shorten it to at most 127"), "%s", err.text);
    snprintf(text, sizeof text, "r/1 1\n%s 5\n", name);
    cr_assert_eq(vr_wfdb_header_parse(text, strlen(text), "f.hea", &header, &err), -VR_ERR_INPUT);
    cr_assert(strstr(err.text, "f.hea:2: the segment name \"nnn"), "%s", err.text);
}

Test(wfdb_header, a_description_that_is_too_long_is_cut_between_characters)
{
    char text[600], name[301];
    for (size_t i = 0; i < 300; i += 2)
        memcpy(name + i, "\xc3\xa9", 2); /* e acute */
    name[300] = '\0';
    snprintf(text, sizeof text, "r 1\nr.dat 16 200 12 0 0 0 0 %s\n", name);
    must_parse(text);
    cr_assert_eq(strlen(header.signals[0].name), 126);
    cr_assert_eq(strncmp(header.signals[0].name, name, 126), 0);
}

Test(wfdb_header, whole_numbers_may_be_written_as_reals)
{
    must_parse("r 1 360 10\nr.dat 16 200.0(-5.0)/mV 16.00 3.0 0 0 0 I\n");
    cr_assert(header.signals[0].baseline == -5 && header.signals[0].adc_zero == 3);
    must_parse("r 1 360 10\nr.dat 16 /uV 16 0 0 4294944745 0 I\n");
    cr_assert(header.signals[0].gain == 0 && header.signals[0].checksum == 42985);
    cr_assert_str_eq(header.signals[0].unit, "uV");
}

Test(wfdb_header, segments_of_a_variable_layout_with_gaps)
{
    must_parse("r/4 2 125 7500 16:57:09.000 26/10/2137\n"
               "r_layout 0\n# a comment between them\n~ 3750\nsub/r_0001 2000\n\n"
               "r_0002 1750\n# <age>: 60 <sex>: F\n");
    cr_assert(header.segment_count == 4 && header.signal_count == 2 && !header.signals);
    cr_assert_eq(header.frame_count, 7500);
    cr_assert_str_eq(header.segments[0].name, "r_layout");
    cr_assert_str_eq(header.segments[1].name, "~");
    cr_assert_str_eq(header.segments[2].name, "sub/r_0001");
    cr_assert(header.segments[0].frame_count == 0 && header.segments[3].frame_count == 1750);
    cr_assert(header.segments[1].line == 4 && header.segments[3].line == 7);
    cr_assert_str_eq(header.infos, " <age>: 60 <sex>: F\n");
    must_parse(
        "r_layout 2 125 0\n~ 0 255(-128)/NU 8 0 -128 0 0 PLETH\n~ 0x4 127/mV 8 0 0 0 0 II\n");
    cr_assert(header.signals[0].format == 0 && header.signals[1].samples_per_frame == 4);
    cr_assert_str_eq(header.signals[0].file, "~");
}

/* Only a '#' in column 0 behind the signals makes an info string. */
Test(wfdb_header, info_strings_stand_behind_the_signals)
{
    must_parse(
        "# before\nr 1 360 10\n#between\nr.dat 16\n#first\r\n # not in column 0\n\n# second");
    cr_assert_str_eq(header.infos, "first\n second\n");
    must_parse("r 0 360 10\n#");
    cr_assert_str_eq(header.infos, "\n");
    must_parse("r 1 360 10\nr.dat 16");
    cr_assert_str_eq(header.infos, "");
    must_parse("r 1 360 10\nr.dat 16\n\x1a\x1a");
    cr_assert_str_eq(header.infos, "");
}

Test(wfdb_header, the_start_may_have_fewer_fields_and_may_be_none)
{
    static const struct {
        const char *text;
        bool has_time, has_date;
        int64_t time_us;
    } cases[] = {
        {"", false, false, 0},
        {"17:27:45 15/08/1994", true, true, INT64_C(62865000000)},
        {"19:46:25.757", true, false, INT64_C(71185757000)},
        {"0:00 01/01/2001", true, true, 0},
        {"31:25.894", true, false, 1885894000},
        {"1:56:25.894 09/10/2896", true, true, INT64_C(6985894000)},
        {"23:59:59.9999999", true, false, INT64_C(86399999999)},
        {"24:00:00", false, false, 0},
        {"05-Feb-2020 11:39:16", false, false, 0}, /* as some challenges have it */
        {"8:25:00 2020-02-05", true, false, INT64_C(30300000000)},
        {"1:2:3:4", false, false, 0},
        {"1:2.3.4", false, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "r 0 360 10 %s\n", cases[i].text);
        must_parse(text);
        cr_assert_eq(header.start.has_time, cases[i].has_time, "%s", cases[i].text);
        cr_assert_eq(header.start.has_date, cases[i].has_date, "%s", cases[i].text);
        if (cases[i].has_time)
            cr_assert_eq(
                header.start.time_us, cases[i].time_us, "%s: %lld", cases[i].text,
                (long long)header.start.time_us);
    }
    must_parse("r 0 360 10 17:27:45 15/08/1994\n");
    cr_assert(header.start.day == 15 && header.start.month == 8 && header.start.year == 1994);
}

Test(wfdb_header, a_nul_and_a_huge_file_do_no_harm)
{
    struct vr_err err = {0};
    cr_assert_eq(vr_wfdb_header_parse("#\0\nr 0", 6, "f.hea", &header, &err), 0, "%s", err.text);
    cr_assert_str_eq(header.name, "r");
    finish();
    cr_assert_eq(vr_wfdb_header_parse("r\0 0", 4, "f.hea", &header, &err), -VR_ERR_INPUT);
    cr_assert(strstr(err.text, "f.hea:1: byte 2 is the control character 0x00"), "%s", err.text);
    char *text = malloc(VR_WFDB_HEADER_SIZE_MAX + 1);
    memset(text, '\n', VR_WFDB_HEADER_SIZE_MAX + 1);
    cr_assert_eq(
        vr_wfdb_header_parse(text, VR_WFDB_HEADER_SIZE_MAX + 1, "f.hea", &header, &err),
        -VR_ERR_INPUT);
    free(text);
    cr_assert(
        strstr(err.text, "f.hea:1: 1048577 bytes; a header has at most 1048576"), "%s", err.text);
}
