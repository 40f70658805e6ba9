#include "ff_svc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ff_admin.h"
#include "ff_file.h"
#include "ff_hash.h"
#include "ff_log.h"

#define EXIT_FAILED  1
#define TURN_MS      250 /* readiness is looked at this often */
#define MISSING_MAX  2
#define PASSWORD_MAX 200

enum phase { STARTING, RUNNING, STOPPING, STOPPED };

struct ff_svc {
    const struct ff_svc_def *def;
    void *conf;
    const struct ff_conf_common *common; /* how conf begins */
    char *instance, *password, *inbox;
    struct ff_loop *loop;
    struct ff_bus *bus;
    struct ff_admin *admin;
    struct ff_timer *turn, *deadline;
    void *state;
    enum phase phase;
    bool asked_to_stop; /* before start() returned */
    struct ff_why missing[MISSING_MAX];
    size_t missing_count;
    bool looked; /* missing tells something */
    int exit_code;
};

/* --- ready or not ----------------------------------------------------------- */

static size_t find_missing(struct ff_svc *svc, struct ff_why *missing)
{
    size_t count = 0;

    if (svc->phase >= STOPPING) {
        ff_why_set(&missing[0], FF_OK, "stop", "the service is stopping");
        return 1;
    }
    if (!ff_bus_connected(svc->bus))
        ff_why_set(&missing[count++], FF_OK, "bus", "not connected to NATS");
    ff_why_set(&missing[count], FF_OK, "service", "not ready yet");
    if (!svc->def->ready(svc->state, &missing[count]))
        count++;
    return count;
}

static void log_readiness(struct ff_svc *svc)
{
    if (svc->phase >= STOPPING)
        return;
    if (svc->missing_count == 0)
        ff_info("service_ready");
    else
        ff_info("service_waiting", ff_fs("for", svc->missing[0].field),
                ff_fs("reason", svc->missing[0].text));
}

static bool same_missing(const struct ff_svc *svc, const struct ff_why *missing,
                         size_t count)
{
    if (!svc->looked || count != svc->missing_count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(missing[i].field, svc->missing[i].field) != 0 ||
            strcmp(missing[i].text, svc->missing[i].text) != 0)
            return false;
    return true;
}

static void look(struct ff_svc *svc)
{
    struct ff_why missing[MISSING_MAX] = {0};
    size_t count = find_missing(svc, missing);

    if (same_missing(svc, missing, count))
        return;
    bool was_ready = svc->looked && svc->missing_count == 0;
    bool first = !svc->looked;
    memcpy(svc->missing, missing, sizeof missing);
    svc->missing_count = count;
    svc->looked = true;
    ff_admin_set_missing(svc->admin, missing, count);
    if (first || was_ready != (count == 0))
        log_readiness(svc);
}

static void on_turn(void *ctx)
{
    struct ff_svc *svc = ctx;

    ff_admin_beat(svc->admin);
    if (svc->phase == RUNNING)
        look(svc);
}

static void on_bus_state(void *ctx, bool connected)
{
    struct ff_svc *svc = ctx;

    if (svc->phase == STARTING || svc->phase == STOPPED)
        return;
    if (svc->def->on_bus)
        svc->def->on_bus(svc->state, connected);
    if (svc->phase == RUNNING)
        look(svc);
}

/* --- the end ------------------------------------------------------------------- */

void ff_svc_stopped(struct ff_svc *svc)
{
    if (svc->phase == STOPPING)
        svc->phase = STOPPED;
    ff_loop_stop(svc->loop);
}

static void on_deadline(void *ctx)
{
    struct ff_svc *svc = ctx;

    ff_warn("service_stop_timeout",
            ff_fi("timeout_ms", svc->common->stop_timeout_ms));
    ff_svc_stopped(svc);
}

static void begin_stop(struct ff_svc *svc)
{
    if (svc->phase == STARTING)
        svc->asked_to_stop = true;
    if (svc->phase != RUNNING)
        return;
    svc->phase = STOPPING;
    ff_info("service_stopping");
    look(svc);
    svc->deadline = ff_timer_new(svc->loop, svc->common->stop_timeout_ms, 0,
                                 on_deadline, svc);
    if (svc->def->stop)
        svc->def->stop(svc->state);
    else
        ff_svc_stopped(svc);
}

static void on_signal(void *ctx, int signo)
{
    struct ff_svc *svc = ctx;

    (void)signo;
    if (svc->phase >= STOPPING) {
        ff_warn("service_killed");
        _exit(EXIT_FAILED);
    }
    begin_stop(svc);
}

void ff_svc_fail(struct ff_svc *svc, const char *event, struct ff_why *why)
{
    ff_error(event, ff_fs("field", why ? why->field : NULL),
             ff_fs("message", why ? why->text : NULL));
    svc->exit_code = EXIT_FAILED;
    begin_stop(svc);
}

/* --- settings ------------------------------------------------------------------- */

static ff_err take_instance(struct ff_svc *svc, struct ff_why *why)
{
    static const char allowed[] = "0123456789-abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const char *given = svc->common->instance;
    char made_up[9];

    if (given[strspn(given, allowed)] != '\0')
        return ff_why_set(why, FF_E_CONFIG, "instance",
                          "only letters, digits and - are allowed");
    ff_random_name(made_up, 8);
    svc->instance =
        *given ? ff_strdup(given)
               : ff_asprintf("%s-%s", svc->def->table->service, made_up);
    return FF_OK;
}

static ff_err take_password(struct ff_svc *svc, struct ff_why *why)
{
    const struct ff_conf_common *common = svc->common;
    struct ff_buf text = {0};

    if (!*common->nats_password_file) {
        if (*common->nats_password)
            svc->password = ff_strdup(common->nats_password);
        return FF_OK;
    }
    if (*common->nats_password)
        return ff_why_set(why, FF_E_CONFIG, "nats_password",
                          "given beside nats_password_file");
    if (ff_file_read(common->nats_password_file, PASSWORD_MAX, &text, why) !=
        FF_OK)
        return ff_why_set(why, FF_E_CONFIG, "nats_password_file",
                          "cannot read %s", common->nats_password_file);
    ff_buf_addc(&text, '\n');
    svc->password = ff_strndup(text.data, strcspn(text.data, "\r\n"));
    explicit_bzero(text.data, text.len);
    ff_buf_fini(&text);
    return FF_OK;
}

static ff_err check(struct ff_svc *svc, struct ff_why *why)
{
    FF_TRY(take_instance(svc, why));
    FF_TRY(take_password(svc, why));
    if (ff_log_set_level(svc->common->log_level) != FF_OK)
        return ff_why_set(why, FF_E_CONFIG, "log_level",
                          "not debug, info, warning or error");
    return svc->def->check ? svc->def->check(svc->conf, why) : FF_OK;
}

/* For --help and --check; true when that was all that was asked for. */
static bool told_only(struct ff_svc *svc, enum ff_conf_action action)
{
    struct ff_buf text = {0};

    if (action == FF_CONF_RUN)
        return false;
    if (action == FF_CONF_HELP)
        ff_conf_help(svc->def->table, &text);
    else
        ff_conf_print(svc->def->table, svc->conf, &text);
    fwrite(text.data, 1, text.len, stdout);
    ff_buf_fini(&text);
    return true;
}

/* --- start and end --------------------------------------------------------------- */

static void open_bus(struct ff_svc *svc)
{
    const struct ff_conf_common *common = svc->common;
    const char *name = svc->def->table->service;
    const char *user = *common->nats_user ? common->nats_user : name;

    svc->inbox = ff_asprintf("_INBOX_%s", name);
    svc->bus = ff_bus_new(svc->loop, &(struct ff_bus_options){
                                         .urls = common->nats_url,
                                         .name = svc->instance,
                                         .user = svc->password ? user : NULL,
                                         .password = svc->password,
                                         .inbox_prefix = svc->inbox,
                                         .on_state = on_bus_state,
                                         .ctx = svc,
                                     });
}

static ff_err open_admin(struct ff_svc *svc, struct ff_why *why)
{
    struct ff_admin_options options = {
        .host = svc->common->admin_host,
        .port = (uint16_t)svc->common->admin_port,
        .listen = svc->common->admin_port != 0,
        .service = svc->def->table->service,
        .instance = svc->instance,
        .services = 1u << svc->def->service,
    };

    return ff_admin_new(&options, &svc->admin, why);
}

static ff_err start(struct ff_svc *svc, struct ff_why *why)
{
    svc->loop = ff_loop_new();
    FF_TRY(open_admin(svc, why));
    open_bus(svc);
    ff_loop_on_signal(svc->loop, SIGTERM, on_signal, svc);
    ff_loop_on_signal(svc->loop, SIGINT, on_signal, svc);
    svc->turn = ff_timer_new(svc->loop, TURN_MS, TURN_MS, on_turn, svc);
    FF_TRY(svc->def->start(svc, &svc->state, why));
    svc->phase = RUNNING;
    return FF_OK;
}

static void run(struct ff_svc *svc)
{
    look(svc);
    if (svc->asked_to_stop)
        begin_stop(svc);
    ff_loop_run(svc->loop);
    svc->phase = STOPPED;
    ff_bus_close(svc->bus); /* its last callbacks still find the state */
    svc->def->fini(svc->state);
}

static void end(struct ff_svc *svc)
{
    svc->phase = STOPPED;
    ff_timer_free(&svc->turn);
    ff_timer_free(&svc->deadline);
    ff_bus_free(&svc->bus);
    ff_admin_free(&svc->admin);
    ff_loop_free(&svc->loop);
}

static int serve(struct ff_svc *svc)
{
    struct ff_why why = {0};

    ff_info("service_starting");
    ff_err err = start(svc, &why);
    if (err == FF_OK)
        run(svc);
    else
        ff_error("service_failed", ff_fe(err), ff_fs("field", why.field),
                 ff_fs("message", why.text));
    end(svc);
    ff_info("service_stopped");
    return err == FF_OK ? svc->exit_code : EXIT_FAILED;
}

static int load_and_serve(struct ff_svc *svc, int argc, char **argv)
{
    const struct ff_svc_def *def = svc->def;
    enum ff_conf_action action = FF_CONF_RUN;
    struct ff_why why = {0};

    ff_log_init(def->table->service, "");
    ff_err err =
        ff_conf_load(def->table, argc, argv, environ, svc->conf, &action, &why);
    if (err == FF_OK && action == FF_CONF_HELP && told_only(svc, action))
        return EXIT_SUCCESS;
    if (err == FF_OK)
        err = check(svc, &why);
    if (err != FF_OK) {
        ff_error("bad_setting", ff_fs("field", why.field),
                 ff_fs("message", why.text));
        return EXIT_FAILED;
    }
    if (told_only(svc, action))
        return EXIT_SUCCESS;
    ff_log_init(def->table->service, svc->instance);
    return serve(svc);
}

int ff_svc_main(int argc, char **argv, const struct ff_svc_def *def)
{
    struct ff_svc svc = {.def = def, .conf = ff_zalloc(def->conf_size)};

    svc.common = svc.conf;
    signal(SIGPIPE, SIG_IGN);
    int exit_code = load_and_serve(&svc, argc, argv);
    if (svc.password)
        explicit_bzero(svc.password, strlen(svc.password));
    free(svc.password);
    free(svc.instance);
    free(svc.inbox);
    ff_conf_fini(def->table, svc.conf);
    free(svc.conf);
    return exit_code;
}

struct ff_loop *ff_svc_loop(struct ff_svc *svc)
{
    return svc->loop;
}

struct ff_bus *ff_svc_bus(struct ff_svc *svc)
{
    return svc->bus;
}

const void *ff_svc_conf(struct ff_svc *svc)
{
    return svc->conf;
}

const char *ff_svc_instance(struct ff_svc *svc)
{
    return svc->instance;
}
