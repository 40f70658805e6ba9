#include "ff_owner.h"

#include <string.h>

#include "ff_map.h"

/* The same in every process and in every version. */
static uint64_t score(const char *name, unsigned partition)
{
    static const uint8_t key[16] = "presence owners";
    char text[128];
    size_t len = strnlen(name, sizeof(text) - 1);

    text[0] = (char)partition;
    memcpy(text + 1, name, len);
    return ff_siphash(key, text, len + 1);
}

bool ff_owner_beats(const char *a, const char *b, unsigned partition)
{
    uint64_t of_a = score(a, partition), of_b = score(b, partition);

    return of_a > of_b || (of_a == of_b && strcmp(a, b) < 0);
}
