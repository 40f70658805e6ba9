#ifndef MESSAGES_H
#define MESSAGES_H

/*
 * The structs of proto/messages.def and their decoding tables: struct action_subscribe with
 * action_subscribe_schema, and so on. Tables live in lib/ff_messages.c.
 */

#include "ff_schema.h"

#define FF_C_STRING  const char *
#define FF_C_CHANNEL const char *
#define FF_C_ID      struct ff_schema_id
#define FF_C_INT     int64_t
#define FF_C_BOOL    bool
#define FF_C_FLAG    const json_t *
#define FF_C_ANY     const json_t *
#define FF_C_OBJECT  const json_t *
#define FF_C_ARRAY   const json_t *
#define FF_C_STRINGS const json_t *
#define FF_C_IDS     const json_t *

#define MESSAGE(name, help)                             struct name {
#define FIELD(name, field, type, flags, min, max, help) FF_C_##type field;
#define END(name)                                                              \
    }                                                                          \
    ;                                                                          \
    extern const struct ff_schema name##_schema;
#include "messages.def"
#undef MESSAGE
#undef FIELD
#undef END

/* All of them, ended by NULL. */
extern const struct ff_schema *const ff_messages[];

#endif
