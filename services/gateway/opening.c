#include "transport.h"

#include <stdlib.h>
#include <string.h>

struct opening {
    struct session_open open;
    char *app, *token, *last_event_id;
    char **channels;
    size_t channel_count, channel_cap;
};

static char *copy(struct ff_slice s)
{
    return s.len ? ff_slice_dup(s) : NULL;
}

static void add_channel(struct opening *o, char *channel)
{
    o->channels = ff_grow(o->channels, &o->channel_cap, o->channel_count + 1,
                          sizeof(o->channels[0]));
    o->channels[o->channel_count] = channel;
    o->channel_count += channel != NULL;
}

struct opening *opening_new(const struct handshake_in *in,
                            const struct handshake *granted)
{
    struct opening *o = ff_new(struct opening);
    o->app = copy(granted->app);
    o->token = copy(granted->token);
    o->last_event_id = copy(granted->last_event_id);
    for (size_t i = 0; i < in->arg_count; i++) {
        struct ff_slice channel;
        if (handshake_arg(in->args[i], "channel", &channel))
            add_channel(o, ff_slice_dup(channel));
    }
    add_channel(o, NULL);
    o->open = (struct session_open){
        .app = o->app,
        .token = o->token,
        .channels = (const char *const *)o->channels,
        .last_event_id = o->last_event_id,
    };
    return o;
}

const struct session_open *opening_get(const struct opening *opening)
{
    return &opening->open;
}

void opening_free(struct opening **opening)
{
    struct opening *o = *opening;
    if (!o)
        return;
    if (o->token)
        explicit_bzero(o->token, strlen(o->token));
    for (size_t i = 0; i < o->channel_count; i++)
        free(o->channels[i]);
    free(o->channels);
    free(o->app);
    free(o->token);
    free(o->last_event_id);
    free(o);
    *opening = NULL;
}
