#include "rates.h"

#include <stdlib.h>

#include "ff_clock.h"
#include "ff_map.h"

struct window {
    int64_t minute, count;
};

struct rates {
    int64_t max;
    struct ff_map
        *windows; /* app id -> struct window; as many as there are apps */
};

struct rates *rates_new(int64_t max_per_minute)
{
    struct rates *rates = ff_new(struct rates);

    rates->max = max_per_minute;
    rates->windows = ff_map_new();
    return rates;
}

void rates_free(struct rates **rates)
{
    if (*rates == NULL)
        return;
    ff_map_free_values(&(*rates)->windows, free);
    free(*rates);
    *rates = NULL;
}

bool rates_take(struct rates *rates, const char *app)
{
    int64_t minute = ff_clock_steady_ms() / 60000;

    if (rates->max == 0)
        return true;
    struct window *window = ff_map_gets(rates->windows, app);
    if (window == NULL) {
        window = ff_new(struct window);
        ff_map_puts(rates->windows, app, window);
    }
    if (window->minute != minute)
        *window = (struct window){minute, 0};
    return ++window->count <= rates->max;
}
