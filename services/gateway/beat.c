/* The gateway's sign of life to the cluster. */

#include "ff_json.h"
#include "ff_log.h"
#include "ff_metric.h"
#include "ff_subject.h"
#include "hub_state.h"

void hub_beat(struct hub *hub, bool leaving)
{
    struct ff_buf json = {0};

    const struct ff_subject_text subject =
        ff_subject_of(FF_SUBJ_GATEWAY_BEAT, hub->instance);
    ff_buf_addf(&json,
                "{\"gateway\":\"%s\",\"started_at\":%lld,"
                "\"connections\":%lld%s}",
                hub->instance, (long long)hub->started_ms,
                (long long)ff_metric_get(FF_M_CONNECTIONS),
                leaving ? ",\"leaving\":true" : "");
    const struct ff_bus_out out = {.subject = subject.text,
                                   .body = ff_buf_slice(&json)};
    ff_err err = ff_bus_publish(hub->bus, &out);
    if (err != FF_OK)
        ff_debug("beat_not_sent", ff_fe(err));
    ff_buf_fini(&json);
}
