#ifndef CARRIED_LIMITS_H
#define CARRIED_LIMITS_H

#include <time.h>

#define LOWEST 3
#ifdef CLOCKS_PER_SEC
#define HIGHEST 9
#endif

#endif
