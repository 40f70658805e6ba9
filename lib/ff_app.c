#include "ff_app.h"

#include <stdlib.h>
#include <string.h>

#include "ff_hash.h"
#include "ff_map.h"

#define NAME_MAX_BYTES  60
#define KEY_MAX_BYTES   200
#define PEM_MAX_BYTES   16384
#define HS256_MIN_BYTES 32
#define KEYS_MAX        100
#define NAMESPACES_MAX  1000

/* --- checked members ------------------------------------------------------------ */

/* Where in the record we are, for messages: "namespaces.chat.publish". */
struct place {
    const char *list, *item;
    struct ff_why *why;
};

static ff_err refuse(const struct place *at, const char *member,
                     const char *text)
{
    const char *parts[] = {at->list, at->item, member};
    struct ff_buf field = {0};

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (*parts[i])
            ff_buf_addf(&field, "%s%s", field.len ? "." : "", parts[i]);
    ff_why_set(at->why, FF_E_INVALID, field.len ? field.data : "", "%s", text);
    ff_buf_fini(&field);
    return FF_E_INVALID;
}

static bool is_among(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static ff_err check_members(const struct place *at, const json_t *object,
                            const char *const *known)
{
    const char *name;
    json_t *value;

    if (!json_is_object(object))
        return refuse(at, "", "an object is wanted");
    json_object_foreach(
        (json_t *)(uintptr_t)object, name,
        value) if (!is_among(name,
                             known)) return refuse(at, name,
                                                   "there is no such member");
    return FF_OK;
}

/* A text of min..max bytes without NUL; absent is NULL when min is 0. */
static ff_err take_text(const struct place *at, const json_t *object,
                        const char *name, size_t min, size_t max, char **out)
{
    const json_t *value = json_object_get(object, name);

    if (!value && min == 0)
        return FF_OK;
    size_t len = json_string_length(value);
    if (!json_is_string(value) || len < min || len > max ||
        strlen(json_string_value(value)) != len)
        return refuse(at, name,
                      min ? "a text is wanted that is long enough"
                          : "a text is wanted");
    *out = ff_strdup(json_string_value(value));
    return FF_OK;
}

static ff_err take_bool(const struct place *at, const json_t *object,
                        const char *name, bool *out)
{
    const json_t *value = json_object_get(object, name);

    if (value && !json_is_boolean(value))
        return refuse(at, name, "true or false is wanted");
    if (value)
        *out = json_is_true(value);
    return FF_OK;
}

static ff_err take_array(const struct place *at, const json_t *object,
                         const char *name, size_t max, const json_t **out)
{
    const json_t *value = json_object_get(object, name);

    if (value && (!json_is_array(value) || json_array_size(value) > max))
        return refuse(at, name, "a list is wanted that is not too long");
    *out = value;
    return FF_OK;
}

/* --- namespaces ----------------------------------------------------------------- */

static const char *const who_names[] = {"none", "api", "admin", "user", "any"};

static ff_err take_WHO(const struct place *at, const json_t *options,
                       const char *name, int64_t min, int64_t max,
                       enum ff_who *out)
{
    const json_t *value = json_object_get(options, name);

    (void)min;
    (void)max;
    if (!value)
        return FF_OK;
    for (size_t i = 0; i < sizeof who_names / sizeof who_names[0]; i++) {
        if (json_is_string(value) &&
            strcmp(json_string_value(value), who_names[i]) == 0) {
            *out = (enum ff_who)i;
            return FF_OK;
        }
    }
    return refuse(at, name, "one of none, api, admin, user, any is wanted");
}

static ff_err take_INT(const struct place *at, const json_t *options,
                       const char *name, int64_t min, int64_t max, int64_t *out)
{
    const json_t *value = json_object_get(options, name);
    char text[80];

    if (!value)
        return FF_OK;
    if (!json_is_integer(value) || json_integer_value(value) < min ||
        json_integer_value(value) > max) {
        snprintf(text, sizeof text, "a number from %lld to %lld is wanted",
                 (long long)min, (long long)max);
        return refuse(at, name, text);
    }
    *out = json_integer_value(value);
    return FF_OK;
}

static ff_err take_BOOL(const struct place *at, const json_t *options,
                        const char *name, int64_t min, int64_t max, bool *out)
{
    (void)min;
    (void)max;
    return take_bool(at, options, name, out);
}

static void namespace_init(struct ff_namespace *ns)
{
    *ns = (struct ff_namespace){
#define N(name, type, fallback, min, max, help) .name = fallback,
#include "namespace.def"
#undef N
    };
}

static ff_err take_options(const struct place *at, const json_t *options,
                           struct ff_namespace *ns)
{
    static const char *const known[] = {
#define N(name, type, fallback, min, max, help) #name,
#include "namespace.def"
#undef N
        NULL};

    FF_TRY(check_members(at, options, known));
#define N(name, type, fallback, min, max, help)                                \
    FF_TRY(take_##type(at, options, #name, min, max, &ns->name));
#include "namespace.def"
#undef N
    return FF_OK;
}

static ff_err take_namespace(struct ff_app *app, const char *name,
                             const json_t *options, struct ff_why *why)
{
    struct place at = {"namespaces", name, why};
    struct ff_namespace ns;

    if (strlen(name) > NAME_MAX_BYTES || strchr(name, ':'))
        return refuse(&at, "", "not a name of a namespace");
    namespace_init(&ns);
    FF_TRY(take_options(&at, options, &ns));
    if (strcmp(name, "*") == 0) {
        app->fallback = ns;
        return FF_OK;
    }
    struct ff_namespace *kept = ff_new(struct ff_namespace);
    *kept = ns;
    free(ff_map_puts(app->namespaces, name, kept));
    return FF_OK;
}

static ff_err take_namespaces(struct ff_app *app, const json_t *record,
                              struct ff_why *why)
{
    json_t *all = json_object_get(record, "namespaces");
    const char *name;
    json_t *options;

    if (!all)
        return FF_OK;
    if (!json_is_object(all) || json_object_size(all) > NAMESPACES_MAX)
        return ff_why_set(why, FF_E_INVALID, "namespaces",
                          "an object of at most %d is wanted", NAMESPACES_MAX);
    json_object_foreach(all, name, options)
        FF_TRY(take_namespace(app, name, options, why));
    return FF_OK;
}

/* --- keys ------------------------------------------------------------------------ */

static ff_err take_key(struct ff_app *app, const json_t *item,
                       const struct place *at)
{
    static const char *const known[] = {"key", "secret", NULL};
    struct ff_app_key *key = &app->keys[app->key_count++];

    FF_TRY(check_members(at, item, known));
    FF_TRY(take_text(at, item, "key", 1, KEY_MAX_BYTES, &key->key));
    FF_TRY(take_text(at, item, "secret", 1, KEY_MAX_BYTES, &key->secret));
    for (size_t i = 0; i + 1 < app->key_count; i++)
        if (strcmp(app->keys[i].key, key->key) == 0)
            return refuse(at, "key", "given twice");
    return FF_OK;
}

/* One kind of key for one algorithm: what is secret in one is public in the other. */
static ff_err check_token_key(const struct place *at,
                              const struct ff_token_key *key)
{
    static const char *const pems[] = {"RS256", "ES256", NULL};

    if (strcmp(key->alg, "HS256") == 0) {
        if (key->public_pem || key->private_pem)
            return refuse(at, "public", "HS256 has none");
        if (!key->secret || strlen(key->secret) < HS256_MIN_BYTES)
            return refuse(at, "secret", "at least 32 bytes are wanted");
        return FF_OK;
    }
    if (!is_among(key->alg, pems))
        return refuse(at, "alg", "one of HS256, RS256, ES256 is wanted");
    if (key->secret)
        return refuse(at, "secret", "only HS256 has one");
    if (!key->public_pem)
        return refuse(at, "public", "a PEM text is wanted");
    return FF_OK;
}

static ff_err take_token_key(struct ff_app *app, const json_t *item,
                             const struct place *at)
{
    static const char *const known[] = {"kid",    "alg",     "secret",
                                        "public", "private", NULL};
    struct ff_token_key *key = &app->token_keys[app->token_key_count++];

    FF_TRY(check_members(at, item, known));
    FF_TRY(take_text(at, item, "kid", 1, KEY_MAX_BYTES, &key->kid));
    FF_TRY(take_text(at, item, "alg", 1, KEY_MAX_BYTES, &key->alg));
    FF_TRY(take_text(at, item, "secret", 0, PEM_MAX_BYTES, &key->secret));
    FF_TRY(take_text(at, item, "public", 0, PEM_MAX_BYTES, &key->public_pem));
    FF_TRY(take_text(at, item, "private", 0, PEM_MAX_BYTES, &key->private_pem));
    for (size_t i = 0; i + 1 < app->token_key_count; i++)
        if (strcmp(app->token_keys[i].kid, key->kid) == 0)
            return refuse(at, "kid", "given twice");
    return check_token_key(at, key);
}

typedef ff_err take_item(struct ff_app *app, const json_t *item,
                         const struct place *at);

static ff_err take_items(struct ff_app *app, const json_t *list,
                         const char *name, take_item *take, struct ff_why *why)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        char index[24];
        snprintf(index, sizeof index, "%zu", i);
        FF_TRY(take(app, json_array_get(list, i),
                    &(struct place){name, index, why}));
    }
    return FF_OK;
}

static ff_err take_keys(struct ff_app *app, const json_t *record,
                        const struct place *top)
{
    const json_t *keys = NULL, *token_keys = NULL;

    FF_TRY(take_array(top, record, "keys", KEYS_MAX, &keys));
    FF_TRY(take_array(top, record, "token_keys", KEYS_MAX, &token_keys));
    app->keys = ff_zalloc((json_array_size(keys) + 1) * sizeof *app->keys);
    app->token_keys =
        ff_zalloc((json_array_size(token_keys) + 1) * sizeof *app->token_keys);
    FF_TRY(take_items(app, keys, "keys", take_key, top->why));
    return take_items(app, token_keys, "token_keys", take_token_key, top->why);
}

/* --- an app ------------------------------------------------------------------------ */

static ff_err take_record(struct ff_app *app, const json_t *record,
                          struct ff_why *why)
{
    static const char *const known[] = {
        "id", "name", "enabled", "keys", "token_keys", "namespaces", NULL};
    static const char id_bytes[] = "0123456789-_abcdefghijklmnopqrstuvwxyz"
                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    struct place top = {"", "", why};

    FF_TRY(check_members(&top, record, known));
    FF_TRY(take_text(&top, record, "id", 1, NAME_MAX_BYTES, &app->id));
    if (app->id[strspn(app->id, id_bytes)] != '\0')
        return refuse(&top, "id", "only letters, digits, - and _ are allowed");
    FF_TRY(take_text(&top, record, "name", 0, KEY_MAX_BYTES, &app->name));
    app->enabled = true;
    FF_TRY(take_bool(&top, record, "enabled", &app->enabled));
    FF_TRY(take_keys(app, record, &top));
    return take_namespaces(app, record, why);
}

ff_err ff_app_decode(const json_t *record, struct ff_app **out_app,
                     struct ff_why *why)
{
    struct ff_app *app = ff_new(struct ff_app);

    app->refs = 1;
    app->namespaces = ff_map_new();
    namespace_init(&app->fallback);
    ff_err err = take_record(app, record, why);
    if (err == FF_OK)
        *out_app = app;
    else
        ff_app_unref(&app);
    return err;
}

struct ff_app *ff_app_ref(struct ff_app *app)
{
    app->refs++;
    return app;
}

static void wipe(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

static void free_app(struct ff_app *app)
{
    for (size_t i = 0; i < app->key_count; i++) {
        free(app->keys[i].key);
        wipe(app->keys[i].secret);
    }
    for (size_t i = 0; i < app->token_key_count; i++) {
        free(app->token_keys[i].kid);
        free(app->token_keys[i].alg);
        wipe(app->token_keys[i].secret);
        free(app->token_keys[i].public_pem);
        wipe(app->token_keys[i].private_pem);
    }
    ff_map_free_values(&app->namespaces, free);
    free(app->keys);
    free(app->token_keys);
    free(app->id);
    free(app->name);
    free(app);
}

void ff_app_unref(struct ff_app **app)
{
    struct ff_app *a = *app;

    *app = NULL;
    if (a && --a->refs == 0)
        free_app(a);
}

const struct ff_app_key *ff_app_find_key(const struct ff_app *app,
                                         struct ff_slice key)
{
    const struct ff_app_key *found = NULL;

    for (size_t i = 0; i < app->key_count; i++)
        if (ff_same(ff_slice_str(app->keys[i].key), key))
            found = &app->keys[i];
    return found;
}
