#ifndef AUTH_DEV_APP_H
#define AUTH_DEV_APP_H

/* The development app: known key and secret, open namespaces that show each feature. For loopback only. */

#include "ff_json.h"

json_t *dev_app_record(void); /* new */

#endif
