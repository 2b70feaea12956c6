/* The one log of the process. */
#include "service/say.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct vr_log the_log;
static bool is_begun;

void vr_say_begin(bool is_json)
{
    pthread_mutex_lock(&mutex);
    vr_log_init(&the_log, is_json);
    is_begun = true;
    pthread_mutex_unlock(&mutex);
}

static void say(
    enum vr_log_class class, int priority, const struct vr_log_about *about, const char *text)
{
    static const struct vr_log_about nothing;
    pthread_mutex_lock(&mutex);
    if (!is_begun)
        vr_log_init(&the_log, false);
    is_begun = true;
    vr_log(&the_log, class, priority, about ? about : &nothing, "%s", text);
    pthread_mutex_unlock(&mutex);
}

void vr_say(const char *level, const char *format, ...)
{
    va_list arguments;
    char text[VR_LOG_TEXT_SIZE];
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    say(VR_LOG_LIFE, level[1] - '0', NULL, text); /* SD_ERR is "<3>" */
}

void vr_say_of(
    enum vr_log_class class, int priority, const struct vr_log_about *about, const char *format,
    ...)
{
    va_list arguments;
    char text[VR_LOG_TEXT_SIZE];
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    say(class, priority, about, text);
}
