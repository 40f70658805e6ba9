#ifndef FF_SERVICE_H
#define FF_SERVICE_H

/* The services as bits: the rows of proto/services.def. */

enum ff_service {
#define X(id, name, order, help) id,
#include "services.def"
#undef X
    FF_SVC_COUNT
};

enum {
    FF_S_AUTH = 1u << FF_SVC_AUTH,
    FF_S_DOCUMENTS = 1u << FF_SVC_DOCUMENTS,
    FF_S_PRESENCE = 1u << FF_SVC_PRESENCE,
    FF_S_NOTIFY = 1u << FF_SVC_NOTIFY,
    FF_S_ANALYTICS = 1u << FF_SVC_ANALYTICS,
    FF_S_INGRESS = 1u << FF_SVC_INGRESS,
    FF_S_GATEWAY = 1u << FF_SVC_GATEWAY,
    FF_S_ALL = (1u << FF_SVC_COUNT) - 1,
};

const char *ff_service_name(enum ff_service id);
int ff_service_order(enum ff_service id);
const char *ff_service_help(enum ff_service id);

#endif
