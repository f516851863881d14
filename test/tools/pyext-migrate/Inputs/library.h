/* The header of a library whose sources are elsewhere, found below the project. */
typedef enum { LIBRARY_GOOD, LIBRARY_FAILED } library_status;
typedef library_status (*library_callback)(void *value);
typedef struct {
    library_callback found;
    void (*done)(void *value);
} library_callbacks;
library_status library_run(const library_callbacks *callbacks, void *value);
void library_each(library_callback callback);
