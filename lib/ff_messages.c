#include "messages.h"

#define REQUIRED FF_SCHEMA_REQUIRED

#define MESSAGE(name, help)                                                    \
    static const struct ff_schema_field name##_fields[] = {
#define FIELD(name, field, type, flags, min, max, help)                        \
    {#field, FF_T_##type, flags, min, max, offsetof(struct name, field), help},
#define END(name)                                                              \
    {                                                                          \
        0                                                                      \
    }                                                                          \
    }                                                                          \
    ;
#include "messages.def"
#undef MESSAGE
#undef FIELD
#undef END

#define MESSAGE(name, help)                                                    \
    const struct ff_schema name##_schema = {                                   \
        #name, sizeof(struct name), name##_fields,                             \
        sizeof(name##_fields) / sizeof(name##_fields[0]) - 1, help};
#define FIELD(...)
#define END(name)
#include "messages.def"
#undef MESSAGE
#undef END

const struct ff_schema *const ff_messages[] = {
#define MESSAGE(name, help) &name##_schema,
#define END(name)
#include "messages.def"
    NULL};
