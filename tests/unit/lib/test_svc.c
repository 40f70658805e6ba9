/* The life of a service: a small one runs in a child process. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ff_clock.h"
#include "ff_svc.h"
#include "http_client.h"
#include "nats_server.h"

/* --- the small service --------------------------------------------------------- */

struct conf {
#define S FF_CONF_MEMBER
#include "settings/common.def"
#undef S
    char *mode;
};

static const struct ff_conf_row rows[] = {
#define S(...) FF_CONF_ROW(struct conf, __VA_ARGS__)
#include "settings/common.def"
    S(mode, STR, "good", 1, 20, "", "what goes wrong")
#undef S
};

struct small {
    const struct conf *conf;
    struct ff_svc *svc;
    struct ff_timer *timer;
};

static bool is_mode(const struct small *s, const char *mode)
{
    return strcmp(s->conf->mode, mode) == 0;
}

static void on_fail(void *ctx)
{
    struct small *s = ctx;
    struct ff_why why = {"disk", "is full"};

    ff_svc_fail(s->svc, "disk_failed", &why);
}

static ff_err check(const void *conf, struct ff_why *why)
{
    const struct conf *c = conf;

    return strcmp(c->mode, "bad") == 0
               ? ff_why_set(why, FF_E_CONFIG, "mode", "is bad")
               : FF_OK;
}

static ff_err start(struct ff_svc *svc, void **out_state, struct ff_why *why)
{
    static struct small s;

    s = (struct small){ff_svc_conf(svc), svc, NULL};
    if (is_mode(&s, "nostart"))
        return ff_why_set(why, FF_E_IO, "store", "cannot open");
    if (is_mode(&s, "fail"))
        s.timer = ff_timer_new(ff_svc_loop(svc), 1, 0, on_fail, &s);
    if (is_mode(&s, "failatonce"))
        on_fail(&s);
    *out_state = &s;
    return FF_OK;
}

static bool ready(void *state, struct ff_why *why)
{
    if (!is_mode(state, "unready"))
        return true;
    ff_why_set(why, FF_OK, "apps", "not read yet");
    return false;
}

static void stop(void *state)
{
    struct small *s = state;

    if (!is_mode(s, "hang"))
        ff_svc_stopped(s->svc);
}

static void fini(void *state)
{
    struct small *s = state;

    ff_timer_free(&s->timer);
}

static int small_main(int argc, char **argv)
{
    static const struct ff_conf_table table = {"auth", rows,
                                               sizeof rows / sizeof rows[0]};
    static const struct ff_svc_def def = {
        .service = FF_SVC_AUTH,
        .table = &table,
        .conf_size = sizeof(struct conf),
        .check = check,
        .start = start,
        .ready = ready,
        .stop = stop,
        .fini = fini,
    };

    return ff_svc_main(argc, argv, &def);
}

/* --- running it -------------------------------------------------------------------- */

struct run {
    pid_t pid;
    int out; /* its standard output and error */
    struct ff_buf text;
    struct ff_loop *loop;
    uint16_t admin;
};

static uint16_t free_port(struct ff_loop *loop)
{
    struct ff_http_options o = {.host = "127.0.0.1", .max_body_bytes = 1};
    struct ff_http *http;

    assert_int_equal(
        ff_http_new(loop, &o, server_on_request, NULL, &http, NULL), FF_OK);
    uint16_t port = ff_http_port(http);
    ff_http_free(&http);
    return port;
}

/* args: ended by NULL. */
static void run(struct run *r, const char *const *args)
{
    char *argv[16] = {(char[]){"fanfare-auth"}, (char[]){"--admin_port"}};
    int fds[2], argc = 3;

    *r = (struct run){.loop = ff_loop_new()};
    r->admin = free_port(r->loop);
    argv[2] = ff_asprintf("%u", (unsigned)r->admin);
    for (; *args; args++)
        argv[argc++] = ff_strdup(*args);
    assert_int_equal(pipe(fds), 0);
    r->pid = fork();
    if (r->pid == 0) {
        dup2(fds[1], 1);
        dup2(fds[1], 2);
        close(fds[0]);
        close(fds[1]);
        int code = small_main(argc, argv);
        fflush(stdout);
        _exit(code);
    }
    assert_true(r->pid > 0);
    close(fds[1]);
    r->out = fds[0];
    fcntl(r->out, F_SETFL, O_NONBLOCK);
    for (int i = 2; i < argc; i++)
        free(argv[i]);
}

#define RUN(r, ...) run(r, (const char *const[]){__VA_ARGS__, NULL})

static void take_text(struct run *r)
{
    char part[4096];
    ssize_t n;

    while ((n = read(r->out, part, sizeof part)) > 0)
        ff_buf_add(&r->text, part, (size_t)n);
}

static bool has_said(struct run *r, const char *text)
{
    take_text(r);
    return r->text.data && strstr(r->text.data, text);
}

static void wait_said(struct run *r, const char *text)
{
    turn_until(r->loop, has_said(r, text));
}

/* Its exit code, or minus the signal. */
static int wait_end(struct run *r)
{
    int status = 0;

    turn_until(r->loop, waitpid(r->pid, &status, WNOHANG) == r->pid);
    take_text(r);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void end(struct run *r)
{
    close(r->out);
    ff_buf_fini(&r->text);
    ff_loop_free(&r->loop);
}

static int get(struct run *r, const char *path, struct ff_buf *body)
{
    struct client c;
    struct answer a = {0};
    char *request =
        ff_asprintf("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);

    client_open(&c, r->loop, "127.0.0.1", r->admin);
    client_sends(&c, request);
    client_read(&c, &a);
    int status = a.status;
    if (body) {
        ff_buf_clear(body);
        ff_buf_adds(body, a.body);
    }
    free(request);
    answer_fini(&a);
    client_close(&c);
    return status;
}

/* Nobody listens there. */
#define NOWHERE "--nats_url", "nats://127.0.0.1:1"

/* --- tests --------------------------------------------------------------------------- */

static void wrong_settings_end_it(void **state)
{
    static const struct {
        const char *args[3];
        const char *said;
    } cases[] = {
        {{"--no_such", "1"}, "no_such"},
        {{"--log_level", "loud"}, "\"field\":\"log_level\""},
        {{"--instance", "a.b"}, "\"field\":\"instance\""},
        {{"--mode", "bad"}, "\"field\":\"mode\""},
        {{"--nats_password_file", "/no/such"}, "cannot read /no/such"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct run r;
        run(&r, cases[i].args);
        assert_int_equal(wait_end(&r), 1);
        assert_true(has_said(&r, "\"event\":\"bad_setting\""));
        if (!has_said(&r, cases[i].said))
            fail_msg("%s is not in %s", cases[i].said, r.text.data);
        end(&r);
    }
}

static void help_and_check_tell(void **state)
{
    struct run r;

    (void)state;
    RUN(&r, "--help");
    assert_int_equal(wait_end(&r), 0);
    assert_true(has_said(&r, "stop_timeout_ms"));
    end(&r);
    RUN(&r, "--check", "--nats_password", "hidden");
    assert_int_equal(wait_end(&r), 0);
    assert_true(has_said(&r, "\"mode\""));
    assert_false(has_said(&r, "hidden"));
    end(&r);
}

static void a_start_that_fails_is_told(void **state)
{
    struct run r;

    (void)state;
    RUN(&r, NOWHERE, "--mode", "nostart");
    assert_int_equal(wait_end(&r), 1);
    assert_true(has_said(&r, "\"event\":\"service_failed\""));
    assert_true(has_said(&r, "\"field\":\"store\""));
    end(&r);
}

static void without_nats_it_lives_but_is_not_ready(void **state)
{
    struct run r;
    struct ff_buf body = {0};

    (void)state;
    RUN(&r, NOWHERE, "--instance", "auth-7", "--mode", "unready");
    wait_said(&r, "\"event\":\"service_waiting\"");
    assert_int_equal(get(&r, "/livez", NULL), 200);
    turn_until(r.loop, get(&r, "/readyz", &body) == 503 &&
                           strstr(body.data, "\"name\":\"bus\""));
    assert_non_null(strstr(body.data, "{\"name\":\"apps\",\"reason\":"
                                      "\"not read yet\"}"));
    assert_non_null(strstr(body.data, "\"instance\":\"auth-7\""));
    ff_buf_fini(&body);
    kill(r.pid, SIGTERM);
    assert_int_equal(wait_end(&r), 0);
    const char *starting = strstr(r.text.data, "service_starting");
    const char *stopping = strstr(r.text.data, "service_stopping");
    const char *stopped = strstr(r.text.data, "service_stopped");
    assert_true(starting && stopping && stopped);
    assert_true(starting < stopping && stopping < stopped);
    end(&r);
}

static void with_nats_it_is_ready(void **state)
{
    struct nats_server nats;
    struct run r;
    struct ff_buf body = {0};

    (void)state;
    nats_server_init(&nats, NULL);
    RUN(&r, "--nats_url", nats.url);
    wait_said(&r, "\"event\":\"service_ready\"");
    turn_until(r.loop, get(&r, "/readyz", NULL) == 200);
    assert_int_equal(get(&r, "/metrics", &body), 200);
    assert_non_null(strstr(body.data, "fanfare_bus_connected 1\n"));
    nats_server_kill(&nats);
    turn_until(r.loop, get(&r, "/readyz", NULL) == 503);
    assert_int_equal(get(&r, "/livez", NULL), 200);
    nats_server_start(&nats);
    turn_until(r.loop, get(&r, "/readyz", NULL) == 200);
    kill(r.pid, SIGINT);
    assert_int_equal(wait_end(&r), 0);
    ff_buf_fini(&body);
    end(&r);
    nats_server_fini(&nats);
}

static void a_stop_has_a_deadline(void **state)
{
    struct run r;

    (void)state;
    RUN(&r, NOWHERE, "--mode", "hang", "--stop_timeout_ms", "100");
    wait_said(&r, "service_waiting");
    kill(r.pid, SIGTERM);
    assert_int_equal(wait_end(&r), 0);
    assert_true(has_said(&r, "service_stop_timeout"));
    end(&r);
}

static void while_it_stops_it_is_not_ready(void **state)
{
    struct run r;
    struct ff_buf body = {0};

    (void)state;
    RUN(&r, NOWHERE, "--mode", "hang", "--stop_timeout_ms", "600000");
    wait_said(&r, "service_waiting");
    kill(r.pid, SIGTERM);
    turn_until(r.loop, get(&r, "/readyz", &body) == 503 &&
                           strstr(body.data, "\"name\":\"stop\""));
    ff_buf_fini(&body);
    kill(r.pid, SIGTERM);
    assert_int_equal(wait_end(&r), 1);
    assert_true(has_said(&r, "service_killed"));
    end(&r);
}

static void a_failure_ends_it_with_1(void **state)
{
    static const char *const modes[] = {"fail", "failatonce"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct run r;
        RUN(&r, NOWHERE, "--mode", modes[i]);
        assert_int_equal(wait_end(&r), 1);
        assert_true(has_said(&r, "\"event\":\"disk_failed\""));
        assert_true(has_said(&r, "service_stopped"));
        end(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_settings_end_it),
        cmocka_unit_test(help_and_check_tell),
        cmocka_unit_test(a_start_that_fails_is_told),
        cmocka_unit_test(without_nats_it_lives_but_is_not_ready),
        cmocka_unit_test(with_nats_it_is_ready),
        cmocka_unit_test(a_stop_has_a_deadline),
        cmocka_unit_test(while_it_stops_it_is_not_ready),
        cmocka_unit_test(a_failure_ends_it_with_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
