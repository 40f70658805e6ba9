#include "ff_service.h"

#include "ff_err.h"

struct row {
    const char *name;
    int order;
    const char *help;
};

static const struct row rows[] = {
#define X(id, name, order, help) [id] = {name, order, help},
#include "services.def"
#undef X
};

static const struct row *row_of(enum ff_service id)
{
    if ((unsigned)id >= FF_SVC_COUNT)
        ff_bug("service %d", (int)id);
    return &rows[id];
}

const char *ff_service_name(enum ff_service id)
{
    return row_of(id)->name;
}

int ff_service_order(enum ff_service id)
{
    return row_of(id)->order;
}

const char *ff_service_help(enum ff_service id)
{
    return row_of(id)->help;
}
