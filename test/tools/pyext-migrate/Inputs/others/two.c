#include "shared.h"

void
use(void)
{
    raise_shared("two");
    help();
}

int
each(int (*visit)(void *, int), void *data)
{
    return visit(data, 1);
}
