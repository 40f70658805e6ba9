/* HTTP answers and event streams: what a browser reads is what was meant. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/gateway/conn_frames.h"
#include "services/gateway/pages.h"
#include "services/gateway/sse_http.h"

/*
 * A parser as in WHATWG HTML 9.2.6, for whole streams. Each event is written
 * down as "event|id|data\n---\n".
 */
struct parser {
    struct ff_buf event, data, id, out;
    int events;
};

static void dispatch(struct parser *p)
{
    if (p->data.len == 0) {
        ff_buf_clear(&p->event);
        return;
    }
    p->data.len--; /* the last line feed */
    p->events++;
    ff_buf_addslice(&p->out, ff_buf_slice(&p->event));
    ff_buf_addc(&p->out, '|');
    ff_buf_addslice(&p->out, ff_buf_slice(&p->id));
    ff_buf_addc(&p->out, '|');
    ff_buf_addslice(&p->out, ff_buf_slice(&p->data));
    ff_buf_adds(&p->out, "\n---\n");
    ff_buf_clear(&p->event);
    ff_buf_clear(&p->data);
}

static void field(struct parser *p, struct ff_slice name, struct ff_slice value)
{
    if (ff_slice_is(name, "data")) {
        ff_buf_addslice(&p->data, value);
        ff_buf_addc(&p->data, '\n');
    } else if (ff_slice_is(name, "event")) {
        ff_buf_clear(&p->event);
        ff_buf_addslice(&p->event, value);
    } else if (ff_slice_is(name, "id")) {
        ff_buf_clear(&p->id);
        ff_buf_addslice(&p->id, value);
    }
}

static void line(struct parser *p, struct ff_slice text)
{
    if (text.len == 0) {
        dispatch(p);
        return;
    }
    const char *colon = memchr(text.data, ':', text.len);
    size_t len = colon ? (size_t)(colon - text.data) : text.len;
    size_t skip = colon ? len + 1 : len;
    if (skip < text.len && colon && text.data[skip] == ' ')
        skip++;
    field(p, (struct ff_slice){text.data, len},
          (struct ff_slice){text.data + skip, text.len - skip});
}

static void parse(struct parser *p, struct ff_slice text)
{
    size_t begin = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != '\r' && text.data[i] != '\n')
            continue;
        line(p, (struct ff_slice){text.data + begin, i - begin});
        if (text.data[i] == '\r' && i + 1 < text.len &&
            text.data[i + 1] == '\n')
            i++;
        begin = i + 1;
    }
}

static void parser_fini(struct parser *p)
{
    ff_buf_fini(&p->event);
    ff_buf_fini(&p->data);
    ff_buf_fini(&p->id);
    ff_buf_fini(&p->out);
}

static void reads_as(const char *event, const char *id, const char *data,
                     const char *expected)
{
    struct ff_buf text = {0};
    struct parser p = {0};
    sse_event(&text, event, id, ff_slice_str(data));
    parse(&p, ff_buf_slice(&text));
    assert_string_equal(p.out.data, expected);
    parser_fini(&p);
    ff_buf_fini(&text);
}

static void events(void **state)
{
    (void)state;
    reads_as("chat", "7.x", "{}", "chat|7.x|{}\n---\n");
    reads_as(NULL, NULL, "{}", "||{}\n---\n");
    reads_as("e", NULL, "a\nb", "e||a\nb\n---\n");
    reads_as("e", NULL, "a\r\nb\rc", "e||a\nb\nc\n---\n");
    reads_as("e", NULL, "a\n\nevent: evil\n\ndata: x",
             "e||a\n\nevent: evil\n\ndata: x\n---\n");
    reads_as("e\r\n\r\ndata: evil", "1\nevent: evil", "x",
             "edata: evil|1event: evil|x\n---\n");
    reads_as("e", NULL, " leading", "e|| leading\n---\n");
}

/* Any bytes: one event, and its data comes back but for the kind of line ends. */
static void random_bytes_make_one_event(void **state)
{
    (void)state;
    for (unsigned round = 1; round < 2000; round++) {
        char bytes[40];
        unsigned r = round;
        for (size_t i = 0; i < sizeof(bytes); i++) {
            r = r * 1103515245u + 12345u;
            bytes[i] = "\r\n:ad ti\0"[r >> 16 & 7];
        }
        struct ff_buf text = {0};
        struct parser p = {0};
        sse_event(&text, "e", "i", (struct ff_slice){bytes, sizeof(bytes)});
        parse(&p, ff_buf_slice(&text));
        assert_int_equal(p.events, 1);
        parser_fini(&p);
        ff_buf_fini(&text);
    }
}

static void the_id_line_fits_before_an_event(void **state)
{
    (void)state;
    struct frame *id = frame_id_line("9.z");
    struct frame *event = frame_event("chat", NULL, FF_SLICE_LIT("1"));
    struct ff_buf text = {0};
    ff_buf_add(&text, id->data, id->len);
    ff_buf_add(&text, event->data, event->len);
    struct parser p = {0};
    parse(&p, ff_buf_slice(&text));
    assert_string_equal(p.out.data, "chat|9.z|1\n---\n");
    struct frame *comment = frame_comment();
    parse(&p, (struct ff_slice){comment->data, comment->len});
    assert_int_equal(p.events, 1);
    frame_unref(&comment);
    frame_unref(&id);
    frame_unref(&event);
    parser_fini(&p);
    ff_buf_fini(&text);
}

static void close_frames(void **state)
{
    (void)state;
    struct frame *frame = frame_ws_close(FF_E_SLOW, "too slow");
    assert_memory_equal(frame->data, "\x88\x0a\x11\x38too slow", 12);
    assert_int_equal(frame->len, 12);
    frame_unref(&frame);
    frame = frame_ws_close(FF_OK, NULL);
    assert_memory_equal(frame->data, "\x88\x02\x03\xe8", 4);
    frame_unref(&frame);
    frame = frame_ws_close(FF_E_FORBIDDEN, NULL);
    assert_memory_equal(frame->data, "\x88\x02\x03\xf0", 4);
    frame_unref(&frame);
    char words[400] = "x";
    while (strlen(words) < 300)
        strncat(words, "\xc3\xa4", sizeof(words) - strlen(words) - 1);
    frame = frame_ws_close(FF_E_IDLE, words);
    assert_int_equal(frame->len, 4 + 123);
    frame_unref(&frame);
    memmove(words, words + 1, strlen(words));
    frame = frame_ws_close(FF_E_IDLE, words);
    assert_int_equal(frame->len, 4 + 122); /* no half character */
    frame_unref(&frame);
    frame = frame_sse_close(FF_E_SHUTDOWN, "a \"word\"");
    struct parser p = {0};
    parse(&p, (struct ff_slice){frame->data, frame->len});
    assert_string_equal(p.out.data,
                        "error||{\"type\":\"error\",\"code\":\"going_away\","
                        "\"message\":\"a \\\"word\\\"\"}\n---\n");
    frame_unref(&frame);
    parser_fini(&p);
}

static void answers(void **state)
{
    (void)state;
    struct ff_buf text = {0};
    struct refusal refusal = {FF_E_METHOD, 405, "x", "no \"such\"",
                              "allow: GET"};
    http_refusal(&text, &refusal);
    assert_non_null(strstr(text.data, "HTTP/1.1 405 Method Not Allowed\r\n"));
    assert_non_null(strstr(text.data, "\r\nallow: GET\r\n"));
    assert_non_null(strstr(text.data, "\r\nconnection: close\r\n"));
    const char *body = strstr(text.data, "\r\n\r\n") + 4;
    assert_string_equal(body,
                        "{\"error\":{\"code\":\"method_not_allowed\","
                        "\"message\":\"no \\\"such\\\"\",\"field\":\"x\"}}");
    char length[40];
    snprintf(length, sizeof(length), "\r\ncontent-length: %zu\r\n",
             strlen(body));
    assert_non_null(strstr(text.data, length));
    ff_buf_clear(&text);
    http_answer(&text, 200, "text/plain", NULL, FF_SLICE_LIT("abc"), false);
    assert_non_null(strstr(text.data, "content-length: 3\r\n"));
    assert_null(strstr(text.data, "abc"));
    ff_buf_fini(&text);
}

static void heads(void **state)
{
    (void)state;
    struct gateway_conf conf = {.sse_retry_ms = 3000};
    struct handshake_rules rules = {.conf = &conf};
    struct ff_buf text = {0};
    sse_head(&text, &rules, (struct ff_slice){0});
    assert_null(strstr(text.data, "access-control"));
    assert_non_null(strstr(text.data, "content-type: text/event-stream\r\n"));
    assert_non_null(
        strstr(text.data, "cache-control: no-cache, no-transform\r\n"));
    assert_non_null(strstr(text.data, "x-accel-buffering: no\r\n"));
    assert_non_null(strstr(text.data, "\r\n\r\nretry: 3000\n\n"));
    ff_buf_clear(&text);
    sse_head(&text, &rules, ff_slice_str("https://a.example"));
    assert_non_null(strstr(
        text.data, "access-control-allow-origin: https://a.example\r\n"));
    assert_non_null(
        strstr(text.data, "access-control-allow-credentials: true\r\n"));
    ff_buf_clear(&text);
    rules.any_origin = true;
    http_preflight(&text, &rules, ff_slice_str("https://a.example"));
    assert_non_null(strstr(text.data, "access-control-allow-origin: *\r\n"));
    assert_null(strstr(text.data, "credentials"));
    assert_string_equal(text.data + text.len - 4, "\r\n\r\n");
    ff_buf_fini(&text);
}

static void demo_pages(void **state)
{
    (void)state;
    const struct page *page = pages_find(ff_slice_str("/"));
    assert_non_null(page);
    assert_string_equal(page->path, "/index.html");
    assert_string_equal(page->type, "text/html; charset=utf-8");
    page = pages_find(ff_slice_str("/document"));
    assert_non_null(page);
    assert_string_equal(page->path, "/document.html");
    assert_true(pages_has(ff_slice_str("/document.html")));
    const char *none[] = {"",           "/nothing",  "//", "/../index.html",
                          "index.html", "/document/"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_false(pages_has(ff_slice_str(none[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events),
        cmocka_unit_test(random_bytes_make_one_event),
        cmocka_unit_test(the_id_line_fits_before_an_event),
        cmocka_unit_test(close_frames),
        cmocka_unit_test(answers),
        cmocka_unit_test(heads),
        cmocka_unit_test(demo_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
