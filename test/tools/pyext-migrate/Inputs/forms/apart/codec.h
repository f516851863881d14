/* A part that does not know of Python. */
#ifndef CODEC_H
#define CODEC_H

#include <stddef.h>

#ifdef CODEC_WIDE
#include <wchar.h>
#else
#include <stdint.h>
#endif

typedef struct {
    void *(*number)( void *context, long value);
    int (*fail)(const char *message);
} codec;

void *codec_decode(const codec *with, void *context, const char *text);

#endif
