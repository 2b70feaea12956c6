/* dataset/wfdb_aha: annotations of 16 bytes each. */
#include "annotation_bytes.h"

static void stop(void)
{
    vr_annotations_finish(&list);
}

TestSuite(wfdb_aha, .fini = stop);

static void aha(int letter, uint32_t time, int subtype, int code, const char *string)
{
    uint8_t item[16] = {
        0,
        (uint8_t)letter,
        (uint8_t)(time >> 16),
        (uint8_t)(time >> 24),
        (uint8_t)time,
        (uint8_t)(time >> 8),
        1,
        0,
        (uint8_t)subtype,
        (uint8_t)code};
    memcpy(item + 10, string, strnlen(string, 6));
    memcpy(bytes + size, item, sizeof item);
    size += sizeof item;
}

Test(wfdb_aha, files_in_aha_format_are_told_by_their_first_bytes)
{
    static const char letters[] = "NVFREPQOU[]";
    static const int expected[] = {1, 5, 6, 41, 10, 12, 13, 22, 14, 32, 33};
    for (uint32_t i = 0; letters[i]; i++)
        aha(letters[i], 70000 * i, 0, 0, "");
    memset(bytes + size, 0, 40); /* up to a block */
    size += 40;
    must_parse(360);
    cr_assert_eq(list.count, 11);
    for (size_t i = 0; i < 11; i++)
        assert_item(i, 70000 * (int64_t)i, expected[i], letters[i] == 'U' ? -1 : 0, 0, 0, NULL);

    /* With the MIT code, which tells more; text of notes and rhythms only. */
    aha('N', 77, 0, VR_CODE_LBBB, "lost");
    aha('O', UINT32_MAX, 3, VR_CODE_RHYTHM, "(AFIB6"); /* all of six bytes */
    aha('U', UINT32_MAX, 3, VR_CODE_NOISE, "");
    must_parse(360);
    assert_item(0, 77, VR_CODE_LBBB, 0, 0, 0, NULL);
    assert_item(1, UINT32_MAX, VR_CODE_RHYTHM, 3, 0, 0, "(AFIB6");
    assert_item(2, UINT32_MAX, VR_CODE_NOISE, 3, 0, 0, NULL);

    aha('[', 5, 0, 0, ""); /* which begins no such file */
    must_refuse("a.atr: byte");
    aha('N', 5, 0, 0, "");
    bytes[size++] = 'x';
    must_refuse("a.atr: byte 17: the file ends inside an annotation; it was cut");
    aha('N', 5, 0, 0, "");
    aha('X', 5, 0, 0, "");
    must_refuse("a.atr: byte 16: no annotation in AHA format");
    aha('N', 5, 0, 50, "");
    must_refuse("a.atr: byte 0: no annotation in AHA format");
    aha('N', 5, 0, 0, "");
    memset(bytes + size, 0, 16);
    size += 16;
    aha('N', 9, 0, 0, "");
    must_refuse("a.atr: byte 16: no annotation in AHA format");
}
