#include "ff_status.h"

#include <stddef.h>
#include <string.h>

static const char *const words[] = {"online", "away", "busy", "offline"};

const char *ff_status_word(const char *text)
{
    for (size_t i = 0; text != NULL && i < sizeof(words) / sizeof(*words); i++)
        if (strcmp(text, words[i]) == 0)
            return words[i];
    return NULL;
}

const char *ff_status_default(void)
{
    return words[0];
}
