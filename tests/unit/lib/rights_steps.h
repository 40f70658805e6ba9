#ifndef RIGHTS_STEPS_H
#define RIGHTS_STEPS_H

/* A nats-server's configuration with the rights of each service, whose password is "x". */

#include "ff_rights.h"
#include "ff_service.h"

static inline void rights_conf(struct ff_buf *out)
{
    ff_buf_adds(out, "accounts { FF { jetstream: enabled, users: [\n");
    for (int s = 0; s < FF_SVC_COUNT; s++) {
        ff_buf_addf(out, "{ user: \"%s\", password: \"x\", permissions: ",
                    ff_service_name((enum ff_service)s));
        ff_rights_print((enum ff_service)s, out);
        ff_buf_adds(out, " }\n");
    }
    ff_buf_adds(out, "] } }\n");
}

#endif
