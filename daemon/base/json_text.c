/* The writer over a stream in memory. */
#include "base/json_text.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a text of JSON");
}

int vr_json_text_begin(struct vr_json_text *text, struct vr_err *err)
{
    *text = (struct vr_json_text){0};
    FILE *file = open_memstream(&text->text, &text->size);
    if (!file)
        return no_memory(err);
    vr_json_write_init(&text->writer, file);
    return 0;
}

int vr_json_text_end(struct vr_json_text *text, char **ret_text, struct vr_err *err)
{
    int r = vr_json_write_finish(&text->writer, err);
    if (fclose(text->writer.file) != 0 && r == 0)
        r = no_memory(err);
    if (r < 0) {
        free(text->text);
        text->text = NULL;
    }
    *ret_text = text->text;
    text->text = NULL;
    return r;
}

/* Inside of a string no line break stands as itself. */
size_t vr_json_text_join(char *text)
{
    char *to = text;
    for (const char *from = text; *from;) {
        if (*from != '\n') {
            *to++ = *from++;
            continue;
        }
        from += strspn(from, "\n ");
        if (to > text && to[-1] == ',')
            *to++ = ' ';
    }
    *to = '\0';
    return (size_t)(to - text);
}
