/* Tables that one source includes. */
typedef struct {
    const char *name;
    long number;
} Level;

/* Read through a pointer, never written: it stays. */
static Level levels[] = {{"low", 1}, {"high", 2}, {NULL, 0}};

typedef struct {
    int number;
    const char *name;
    PyObject *error;
} Code;

/* Given objects through a pointer: each module has its own, and gives them back. */
static Code codes[] = {{2, "missing", NULL}, {5, "broken", NULL}, {0, NULL, NULL}};
