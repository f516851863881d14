/*
 * Formats, which only this file knows.
 */

#include <Python.h>
#include <wchar.h>
#include "limits.h"
#include "carried.h"

#define FIRST LOWEST

#ifdef HIGHEST
#define LAST HIGHEST
#else
#define LAST FIRST
#endif

typedef enum {
    unknown_format,
    little_format, /* the usual one */
    big_format
} format_type;

typedef struct {
    mbstate_t state;
    int count;
} shift;

static format_type known, other;
static PyObject *numbers[LAST - FIRST + 1];
static shift shifted;

int
carried_detect(void)
{
    union {
        unsigned short number;
        unsigned char bytes[2];
    } probe = {1};
    known = probe.bytes[0] ? little_format : big_format;
    other = unknown_format;
    shifted.count++;
    return mbsinit(&shifted.state) ? 0 : -1;
}

PyObject *
carried_format(int at)
{
    if (at < FIRST || at > LAST)
        return PyLong_FromLong(at ? (long)known : (long)other + shifted.count);
    if (numbers[at - FIRST] == NULL)
        numbers[at - FIRST] = PyLong_FromLong(at * 1000L);
    Py_XINCREF(numbers[at - FIRST]);
    return numbers[at - FIRST];
}
