/* Fields at constant offsets, behind magic and checksum (reference/signal-formats.md, section 4). */
#include "dataset/ishne_comments.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
    AT_FIRST_NAME = 28,
    AT_LAST_NAME = 68,
    AT_ID = 108,
    AT_SEX = 128,
    AT_RACE = 130,
    AT_BIRTH_DATE = 132, /* day, month, year, 16 bits each */
    AT_RECORD_DATE = 138,
    AT_START_TIME = 150, /* hour, minute, second */
    END = 156,
};

static int number(const uint8_t *bytes)
{
    return (int16_t)(bytes[0] | bytes[1] << 8);
}

static int add(
    struct vr_comments *list, const char *key, const char *text, size_t size, struct vr_err *err)
{
    return vr_comments_add(list, key, strlen(key), text, strnlen(text, size), err);
}

static int word_add(
    struct vr_comments *list, const char *key, const char *const *words, int count, int value,
    struct vr_err *err)
{
    if (value < 1 || value > count)
        return 0; /* 0 = not known */
    return add(list, key, words[value - 1], strlen(words[value - 1]), err);
}

static int birth_add(struct vr_comments *list, const uint8_t *bytes, struct vr_err *err)
{
    char text[40];
    int day = number(bytes), month = number(bytes + 2), year = number(bytes + 4);
    if (day < 1 || month < 1 || year < 1)
        return 0;
    snprintf(text, sizeof text, "%02d/%02d/%04d", day, month, year);
    return add(list, "birth_date", text, strlen(text), err);
}

static int start_add(struct vr_comments *list, const uint8_t *header, struct vr_err *err)
{
    char text[80];
    const uint8_t *date = header + AT_RECORD_DATE, *time = header + AT_START_TIME;
    int hour = number(time), minute = number(time + 2), second = number(time + 4);
    int day = number(date), month = number(date + 2), year = number(date + 4);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return 0;
    int used = snprintf(text, sizeof text, "%02d:%02d:%02d", hour, minute, second);
    if (day >= 1 && day <= 31 && month >= 1 && month <= 12 && year >= 1)
        snprintf(text + used, sizeof text - (size_t)used, " %02d/%02d/%04d", day, month, year);
    return add(list, VR_COMMENT_START, text, strlen(text), err);
}

int vr_ishne_comments(
    const struct vr_folder_file *file, const char *display, struct vr_comments *ret_list,
    struct vr_err *err)
{
    static const char *const sexes[] = {"male", "female"};
    static const char *const races[] = {"caucasian", "black", "oriental"};
    uint8_t header[END];
    int r = vr_folder_file_read(file, display, 0, sizeof header, header, err);
    if (r == 0)
        r = add(ret_list, "first_name", (const char *)header + AT_FIRST_NAME, 40, err);
    if (r == 0)
        r = add(ret_list, "last_name", (const char *)header + AT_LAST_NAME, 40, err);
    if (r == 0)
        r = add(ret_list, "id", (const char *)header + AT_ID, 20, err);
    if (r == 0)
        r = word_add(ret_list, "sex", sexes, 2, number(header + AT_SEX), err);
    if (r == 0)
        r = word_add(ret_list, "race", races, 3, number(header + AT_RACE), err);
    if (r == 0)
        r = birth_add(ret_list, header + AT_BIRTH_DATE, err);
    return r < 0 ? r : start_add(ret_list, header, err);
}
