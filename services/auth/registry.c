#include "registry.h"

#include <string.h>

#include "dev_app.h"
#include "ff_app.h"
#include "ff_file.h"
#include "ff_log.h"

#define RETRY_MS      1000
#define APPS_FILE_MAX (1 << 20)

/* The steps, in order; each is done again from the start after a lost connection. */
enum step { STEP_APPS, STEP_REVOKED, STEP_HISTORY, STEP_RECORDS, STEP_DONE };

static const char *const step_names[] = {"app registry", "revocations",
                                         "history stream", "apps", ""};

struct registry {
    struct ff_loop *loop;
    struct ff_bus *bus;
    const struct auth_conf *conf;
    json_t *apps; /* records of the settings, an array */
    enum step step;
    size_t next_app;
    unsigned round; /* an answer of an older round is ignored */
    struct ff_timer *retry;
    char reason[160];
};

static void run_step(struct registry *registry);

struct answer {
    struct registry *registry;
    unsigned round;
};

static struct answer *answer_new(struct registry *registry)
{
    struct answer *answer = ff_new(struct answer);

    answer->registry = registry;
    answer->round = registry->round;
    return answer;
}

static void on_retry(void *ctx)
{
    struct registry *registry = ctx;

    ff_timer_free(&registry->retry);
    run_step(registry);
}

static void fail(struct registry *registry, ff_err err, const char *text)
{
    snprintf(registry->reason, sizeof(registry->reason), "%s",
             text ? text : ff_err_text(err));
    ff_warn("registry_step_failed", ff_fs("step", step_names[registry->step]),
            ff_fe(err), ff_fs("reason", registry->reason));
    if (registry->retry == NULL)
        registry->retry =
            ff_timer_new(registry->loop, RETRY_MS, 0, on_retry, registry);
}

static void advance(struct registry *registry)
{
    registry->step++;
    if (registry->step == STEP_DONE)
        ff_info("registry_stands");
    else
        run_step(registry);
}

/* The registry when the answer still counts; frees the answer. FF_E_CLOSED comes while everything is taken down. */
static struct registry *take(struct answer *answer, ff_err err)
{
    struct registry *registry = answer->registry;
    bool counts = err != FF_E_CLOSED && answer->round == registry->round;

    free(answer);
    return counts ? registry : NULL;
}

static void on_history(void *ctx, ff_err err, const char *text)
{
    struct registry *registry = take(ctx, err);

    if (registry == NULL)
        return;
    if (err == FF_OK)
        advance(registry);
    else
        fail(registry, err, text);
}

static void on_bucket(void *ctx, ff_err err)
{
    on_history(ctx, err, NULL);
}

static void ensure_history(struct registry *registry)
{
    const struct auth_conf *conf = registry->conf;
    const struct ff_history_config want = {
        .storage = conf->history_storage,
        .replicas = conf->history_replicas,
        .max_age_s = conf->history_max_age_s,
        .max_per_channel = conf->history_max_per_channel,
        .max_bytes = conf->history_max_bytes,
        .dedup_window_s = conf->dedup_window_s,
    };
    ff_history_ensure(registry->bus, &want, on_history, answer_new(registry));
}

static void on_record(void *ctx, ff_err err, uint64_t revision)
{
    struct registry *registry = take(ctx, err);

    (void)revision;
    if (registry == NULL)
        return;
    if (err != FF_OK) {
        fail(registry, err, NULL);
        return;
    }
    registry->next_app++;
    run_step(registry);
}

static void put_record(struct registry *registry)
{
    const json_t *app = json_array_get(registry->apps, registry->next_app);
    struct ff_buf text = {0};

    if (app == NULL) {
        advance(registry);
        return;
    }
    ff_json_write(&text, app);
    ff_kv_put(registry->bus, FF_BUCKET_APPS,
              json_string_value(json_object_get(app, "id")),
              ff_buf_slice(&text), UINT64_MAX, on_record, answer_new(registry));
    ff_buf_fini(&text);
}

static void run_step(struct registry *registry)
{
    int replicas = (int)registry->conf->history_replicas;

    switch (registry->step) {
    case STEP_APPS:
        ff_kv_ensure(registry->bus, FF_BUCKET_APPS, replicas, on_bucket,
                     answer_new(registry));
        break;
    case STEP_REVOKED:
        ff_kv_ensure(registry->bus, FF_BUCKET_REVOKED, replicas, on_bucket,
                     answer_new(registry));
        break;
    case STEP_HISTORY:
        ensure_history(registry);
        break;
    case STEP_RECORDS:
        put_record(registry);
        break;
    case STEP_DONE:
        break;
    }
}

void registry_on_bus(struct registry *registry)
{
    registry->round++;
    registry->step = STEP_APPS;
    registry->next_app = 0;
    ff_timer_free(&registry->retry);
    run_step(registry);
}

/* A record must be good before it reaches the bucket that everybody reads. */
static ff_err add_app(struct registry *registry, json_t *stolen,
                      struct ff_why *why)
{
    struct ff_app *app;
    ff_err err = ff_app_decode(stolen, &app, why);

    if (err == FF_OK) {
        ff_app_unref(&app);
        json_array_append(registry->apps, stolen);
    }
    json_decref(stolen);
    return err;
}

static ff_err add_file(struct registry *registry, struct ff_why *why)
{
    struct ff_buf text = {0};
    json_t *list, *app;
    size_t i;

    FF_TRY(ff_file_read(registry->conf->apps_file, APPS_FILE_MAX, &text, why));
    ff_err err = ff_json_parse(ff_buf_slice(&text), &list, why);
    ff_buf_fini(&text);
    FF_TRY(err);
    if (!json_is_array(list))
        err = ff_why_set(why, FF_E_CONFIG, "apps_file",
                         "must be a JSON list of apps");
    for (i = 0; err == FF_OK && (app = json_array_get(list, i)); i++)
        err = add_app(registry, json_incref(app), why);
    json_decref(list);
    return err;
}

ff_err registry_new(struct ff_loop *loop, struct ff_bus *bus,
                    const struct auth_conf *conf,
                    struct registry **out_registry, struct ff_why *why)
{
    struct registry *registry = ff_new(struct registry);
    ff_err err = FF_OK;

    registry->loop = loop;
    registry->bus = bus;
    registry->conf = conf;
    registry->apps = json_array();
    if (conf->dev)
        err = add_app(registry, dev_app_record(), why);
    if (err == FF_OK && conf->apps_file[0] != '\0')
        err = add_file(registry, why);
    if (err != FF_OK) {
        registry_free(&registry);
        return err;
    }
    *out_registry = registry;
    return FF_OK;
}

void registry_free(struct registry **registry)
{
    if (*registry == NULL)
        return;
    ff_timer_free(&(*registry)->retry);
    json_decref((*registry)->apps);
    free(*registry);
    *registry = NULL;
}

bool registry_stands(const struct registry *registry, struct ff_why *why)
{
    if (registry->step == STEP_DONE)
        return true;
    (void)ff_why_set(why, FF_E_UNAVAILABLE, step_names[registry->step],
                     "not there yet: %s", registry->reason);
    return false;
}
