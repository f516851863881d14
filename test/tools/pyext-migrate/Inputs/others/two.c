#include "shared.h"

void
use(void)
{
    raise_shared("two");
    help();
}
