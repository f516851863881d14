#include "codec.h"
#include <stdlib.h>

void *
codec_decode(const codec *with, void *context, const char *text)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (*end != 0) {
        with->fail("not a number");
        return NULL;
    }
    return with->number(context, value);
}
