/* dataset/edf_header: what a header says, what is tolerated and said, and what is refused with its place. */
#include "dataset/edf_header.h"
#include "edf_bytes.h"

#include <criterion/criterion.h>
#include <math.h>

static struct edf_bytes edf;
static struct vr_edf_header header;

static void finish(void)
{
    vr_edf_header_finish(&header);
}

TestSuite(edf_header, .fini = finish);

static const struct edf_bytes_signal two[] = {
    {"EEG Fpz-Cz", "uV", "-440", "510", "-2048", "2047", "100"},
    {"Temp", "DegC", "34.4", "40.2", "-2048", "2047", "1"},
};

static void parse_file(int64_t file_size)
{
    struct vr_err err = {0};
    finish();
    cr_assert_eq(
        vr_edf_header_parse(edf.bytes, edf.size, file_size, "f.edf", &header, &err), 0, "%s",
        err.text);
}

/* A header of two signals and as many bytes of records as `data_size`. */
static void start(const char *records, const char *duration)
{
    edf_bytes_header(&edf, "0", "", records, duration, two, 2);
}

static void must_refuse(int64_t file_size, const char *words)
{
    struct vr_err err = {0};
    cr_assert_eq(
        vr_edf_header_parse(edf.bytes, edf.size, file_size, "f.edf", &header, &err), -VR_ERR_INPUT,
        "%s", words);
    cr_assert(strstr(err.text, words), "%s: %s", words, err.text);
    cr_assert_null(header.signals);
}

Test(edf_header, a_plain_header_gives_all_its_fields)
{
    start("3", "1");
    parse_file(768 + 3 * 202);
    cr_assert_str_eq(header.notes, "");
    cr_assert(header.sample_size == 2 && header.order == VR_EDF_PLAIN && header.signal_count == 2);
    cr_assert(header.header_size == 768 && header.record_count == 3 && header.record_size == 202);
    cr_assert(header.surplus == 0 && header.record_rate.num == 1 && header.record_rate.den == 1);
    cr_assert(header.has_start && header.start_s == 1015079220); /* 2002-03-02 14:27:00 */
    const struct vr_edf_signal *eeg = &header.signals[0], *temperature = &header.signals[1];
    cr_assert_str_eq(eeg->name, "EEG Fpz-Cz");
    cr_assert_str_eq(eeg->unit, "uV");
    cr_assert(eeg->is_calibrated && eeg->physical_min == -440 && eeg->physical_max == 510);
    cr_assert(eeg->digital_min == -2048 && eeg->digital_max == 2047 && eeg->record_samples == 100);
    cr_assert(eeg->record_offset == 0 && temperature->record_offset == 200);
    cr_assert(!eeg->is_annotations && temperature->physical_min == 34.4);
}

Test(edf_header, the_order_of_records_is_told_by_the_reserved_field)
{
    static const struct {
        const char *version, *reserved;
        int sample_size;
        enum vr_edf_order order;
        const char *notes;
    } cases[] = {
        {"0", "EDF+C", 2, VR_EDF_CONTINUOUS, ""},
        {"0", "EDF+D", 2, VR_EDF_DISCONTINUOUS, ""},
        {"0", "EDF+C and more", 2, VR_EDF_CONTINUOUS, ""},
        {"0", "edf+d", 2, VR_EDF_DISCONTINUOUS, ""},
        {"0", "EDF+", 2, VR_EDF_CONTINUOUS, "\"EDF+\" was read as EDF+C"},
        {"0", "whatever", 2, VR_EDF_PLAIN, ""},
        {"\xff"
         "BIOSEMI",
         "24BIT", 3, VR_EDF_PLAIN, ""},
        {"\xff"
         "BIOSEMI",
         "BDF+C", 3, VR_EDF_CONTINUOUS, ""},
    };
    static const struct edf_bytes_signal signals[] = {
        {"ECG", "mV", "-5", "5", "-2000", "2000", "256"},
        {"EDF Annotations", "", "-1", "1", "-32768", "32767", "60"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        edf_bytes_header(&edf, cases[i].version, cases[i].reserved, "1", "1", signals, 2);
        parse_file(768 + 316 * cases[i].sample_size);
        cr_assert_eq(header.sample_size, cases[i].sample_size, "row %zu", i);
        cr_assert_eq(header.order, cases[i].order, "row %zu", i);
        cr_assert_str_eq(header.notes, cases[i].notes, "row %zu: %s", i, header.notes);
        cr_assert_eq(header.signals[1].is_annotations, header.order != VR_EDF_PLAIN);
    }
}

Test(edf_header, durations_are_exact_fractions)
{
    static const struct {
        const char *text;
        uint32_t num, den; /* records per second */
        const char *notes;
    } cases[] = {
        {"1", 1, 1, ""},
        {"30", 1, 30, ""},
        {"0.333333", 1000000, 333333, ""},
        {"+2.0", 1, 2, ""},
        {"0,5", 2, 1, "the decimal comma of \"0,5\" was read as a point"},
        {"1e-2", 100, 1, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start("0", cases[i].text);
        parse_file(768);
        cr_assert(
            header.record_rate.num == cases[i].num && header.record_rate.den == cases[i].den,
            "%s: %u/%u", cases[i].text, header.record_rate.num, header.record_rate.den);
        cr_assert_str_eq(header.notes, cases[i].notes);
    }
}

Test(edf_header, what_is_tolerated_is_said)
{
    static const struct {
        size_t offset, width;
        const char *text;
        int64_t file_size;
        int64_t record_count;
        const char *notes;
    } cases[] = {
        {236, 8, "-1", 768 + 404 + 5, 2,
         "the number of records is \"-1\": the 2 whole ones were taken; 5 bytes behind the last "
         "record"},
        {236, 8, "", 768 + 404, 2, "the number of records is \"\": the 2 whole ones were taken"},
        {236, 8, "0", 768 + 404, 2, "the number of records is \"0\": the 2 whole ones were taken"},
        {236, 8, " +2\t", 768 + 404, 2, ""},
        {236, 8, "2", 768 + 500, 2, "96 bytes behind the last record"},
        {184, 8, "512", 768 + 404, 2, "the header says that it has \"512\" bytes; read as 768"},
        {184, 8, "?", 768 + 404, 2, "the header says that it has \"?\" bytes; read as 768"},
        {184, 8, "1000", 1000 + 404, 2,
         "the header says that it has \"1000\" bytes; and the size of the file agrees"},
        {184, 8, "1000", 768 + 404, 2, "the header says that it has \"1000\" bytes; read as 768"},
        {256, 16, "Temp\xe9rature", 768 + 404, 2,
         "the label \"Temp\xc3\xa9rature\" was read as Latin-1"},
        {256, 16, "Temp\xc3\xa9rature", 768 + 404, 2, ""},
        {464, 8, "-0,44", 768 + 404, 2, "the decimal comma of \"-0,44\" was read as a point"},
        {464, 8, "510", 768 + 404, 2,
         "signal \"EEG Fpz-Cz\" has no usable range of values: uncalibrated"},
        {464, 8, "nan", 768 + 404, 2,
         "signal \"EEG Fpz-Cz\" has no usable range of values: uncalibrated"},
        {496, 8, "2047", 768 + 404, 2,
         "signal \"EEG Fpz-Cz\" has no usable range of values: uncalibrated"},
        {688, 8, "0", 768 + 4, 2, "signal \"EEG Fpz-Cz\" has no samples: left out"},
        {168, 8, "00.13.xx", 768 + 404, 2, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start("2", "1");
        edf_bytes_set(&edf, cases[i].offset, cases[i].width, cases[i].text);
        parse_file(cases[i].file_size);
        cr_assert_str_eq(header.notes, cases[i].notes, "row %zu: %s", i, header.notes);
        cr_assert_eq(header.record_count, cases[i].record_count, "row %zu", i);
    }
    cr_assert(!header.has_start);
    start("2", "1");
    edf_bytes_set(&edf, 168, 8, "31.02.02");
    parse_file(768 + 404);
    cr_assert(!header.has_start);
    start("2", "1");
    edf_bytes_set(&edf, 168, 8, "02.03.85");
    parse_file(768 + 404);
    cr_assert_eq(header.start_s, 478621620); /* 1985-03-02 14:27:00 */
}

Test(edf_header, fields_may_be_filled_with_nuls)
{
    start("2", "1");
    for (size_t i = 0; i < edf.size; i++)
        if (edf.bytes[i] == ' ')
            edf.bytes[i] = '\0';
    parse_file(768 + 404);
    cr_assert_str_eq(header.signals[1].name, "Temp");
    cr_assert(header.record_count == 2 && header.signals[1].physical_max == 40.2);
}

Test(edf_header, a_micro_sign_becomes_a_u)
{
    static const char *const units[] = {"\xb5V", "\xc2\xb5V", "\xce\xbcV", "uV"};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        start("2", "1");
        edf_bytes_set(&edf, 256 + 2 * 96, 8, units[i]);
        parse_file(768 + 404);
        cr_assert_str_eq(header.signals[0].unit, "uV");
    }
}

Test(edf_header, hostile_and_cut_headers_are_refused_with_their_place)
{
    static const struct {
        size_t offset, width;
        const char *text;
        int64_t file_size;
        const char *words;
    } cases[] = {
        {0, 8, "1", 1172, "f.edf: byte 0: begins neither with \"0\""},
        {252, 4, "9999", 1172,
         "f.edf: byte 252: 9999 signals make a header of 2560000 bytes, but the file has 1172"},
        {252, 4, "0", 1172, "byte 252: the number of signals \"0\""},
        {252, 4, "-1", 1172, "byte 252: the number of signals \"-1\""},
        {252, 4, "two", 1172, "byte 252: the number of signals \"two\""},
        {236, 8, "3", 1172,
         "byte 236: 3 records of 202 bytes are told of, but the file, of 1172 bytes, holds 2; it "
         "was cut"},
        {236, 8, "99999999", 1172, "holds 2; it was cut"},
        {236, 8, "1e12", 1172, "byte 236: the number of records \"1e12\""},
        {236, 8, "6e9", 1172, "byte 236: 6000000000 records of 202 bytes are more than the 64 GiB"},
        {236, 8, "-2", 1172, "byte 236: the number of records \"-2\""},
        {244, 8, "-1", 1172, "byte 244: the duration of a record \"-1\""},
        {244, 8, "", 1172, "byte 244: the duration of a record \"\""},
        {244, 8, "1e-99999", 1172, "signal \"EEG Fpz-Cz\" has samples in them"},
        {244, 8, "1e-15", 1172, "byte 244: the duration of a record \"1e-15\" s cannot be held"},
        {244, 8, "0", 1172, "byte 244: records last 0 s, but signal \"EEG Fpz-Cz\" has samples"},
        {688, 8, "99999999", 1172, "holds 0; it was cut"},
        {688, 8, "2147483648", 1172, "holds 0; it was cut"}, /* its first 8 digits */
        {688, 8, "-1", 1172, "byte 688: the number of samples per record \"-1\" of signal"},
        {688, 8, "1.5", 1172, "byte 688: the number of samples per record \"1.5\" of signal"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start("2", "1");
        edf_bytes_set(&edf, cases[i].offset, cases[i].width, cases[i].text);
        must_refuse(cases[i].file_size, cases[i].words);
    }
    start("2", "1");
    edf.size = 255;
    must_refuse(255, "f.edf: byte 255: the file ends inside the header");
    start("2", "1");
    edf_bytes_set(&edf, 192, 44, "EDF+D");
    must_refuse(1172, "byte 192: EDF+D, but without the annotation signal");
    start("2", "1");
    edf_bytes_set(&edf, 688, 16, "0       0");
    must_refuse(1172, "byte 688: no signal has any samples");
    cr_assert_eq(vr_edf_header_size(edf.bytes), 768);
}

/* physical = pmin + (d - dmin) * (pmax - pmin) / (dmax - dmin) for every d, whatever gain and baseline are. */
Test(edf_header, the_calibration_gives_the_line_of_the_format)
{
    static const struct {
        double pmin, pmax;
        int32_t dmin, dmax, baseline;
        double offset;
    } cases[] = {
        {-5, 5, -2000, 2000, 0, 0},
        {-440, 510, -2048, 2047, -151, 0.0854700854701},
        {-1000, 1000, -32768, 32767, -1, -0.0152590218966},
        {8711, -8711, -32768, 32767, -1, 0.1329213397421}, /* upside down */
        {34.4, 40.2, -2048, 2047, -26336, -0.0005860805861},
        {0, 100, 0, 1000, 0, 0},
        {-3.2767, 3.2767, -32767, 32767, 0, 0},
        {1e9, 1e9 + 1, -32768, 32767, -32768, 1e9}, /* the zero would lie at -6.6e13 */
        {100, 0, 2047, -2048, -2048, 0},            /* both upside down */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vr_edf_signal signal = {
            .is_calibrated = true,
            .physical_min = cases[i].pmin,
            .physical_max = cases[i].pmax,
            .digital_min = cases[i].dmin,
            .digital_max = cases[i].dmax};
        double gain, offset, span = cases[i].pmax - cases[i].pmin;
        int32_t baseline;
        vr_edf_calibration(&signal, &gain, &baseline, &offset);
        cr_assert_eq(baseline, cases[i].baseline, "row %zu: %d", i, baseline);
        cr_assert_float_eq(offset, cases[i].offset, 1e-10, "row %zu: %.13f", i, offset);
        for (int32_t d = cases[i].dmin < cases[i].dmax ? cases[i].dmin : cases[i].dmax; d <= 2000;
             d += 499) {
            double expected = cases[i].pmin + ((double)d - cases[i].dmin) * span /
                                                  ((double)cases[i].dmax - cases[i].dmin);
            double found = offset + ((double)d - baseline) / gain;
            cr_assert_float_eq(found, expected, fabs(span) * 1e-12 + fabs(expected) * 1e-15);
        }
    }
    struct vr_edf_signal none = {0};
    double gain = 1, offset = 1;
    int32_t baseline = 1;
    vr_edf_calibration(&none, &gain, &baseline, &offset);
    cr_assert(gain == 0 && baseline == 0 && offset == 0);
}
