/*
 * Life of a client: configuration, librdkafka's callbacks (all of them run inside calls of the host), the ring of events, the
 * table of partitions, commits.
 */
#include <stdlib.h>
#include <string.h>

#include "millrace-kafka.h"

MR_EXPORT int32_t mr_abi(void) { return MR_ABI; }
MR_EXPORT const char *mr_version(void) { return rd_kafka_version_str(); }

void mr_text_copy(char *out, size_t size, const char *text) {
  size_t length = strnlen(text, size - 1);
  memcpy(out, text, length);
  out[length] = '\0';
}

mr_event mr_event_of(int32_t kind, rd_kafka_resp_err_t code) {
  mr_event event;
  memset(&event, 0, sizeof event);
  event.kind = kind;
  event.code = code;
  event.index = -1;
  event.partition = -1;
  event.offset = -1;
  mr_text_copy(event.name, MR_NAME, rd_kafka_err2name(code));
  return event;
}

int mr_events_full(const mr_client *client) { return client->events_length >= MR_EVENTS - 1; }

void mr_event_push(mr_client *client, const mr_event *event, const char *text) {
  if (client->events_length == MR_EVENTS) {
    client->events_lost++;
    return;
  }
  mr_event *slot = &client->events[(client->events_head + client->events_length++) % MR_EVENTS];
  *slot = *event;
  if (text != NULL) mr_text_copy(slot->text, MR_TEXT, text);
}

/* Moves the oldest event to `out` (sizeof(mr_event) bytes). 0 when there is none. */
MR_EXPORT int32_t mr_event_take(mr_client *client, void *out, uint64_t out_size) {
  if (client->events_length == 0 || out_size < sizeof(mr_event)) return 0;
  memcpy(out, &client->events[client->events_head], sizeof(mr_event));
  client->events_head = (client->events_head + 1) % MR_EVENTS;
  client->events_length--;
  return 1;
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque) {
  mr_event event = mr_event_of(MR_EVENT_CLIENT, (rd_kafka_resp_err_t)code);
  char text[MR_TEXT];
  if (code == RD_KAFKA_RESP_ERR__FATAL) {
    rd_kafka_resp_err_t cause = rd_kafka_fatal_error(rk, text, sizeof text);
    event = mr_event_of(MR_EVENT_CLIENT, cause);
    event.fatal = 1;
    reason = text;
  }
  mr_event_push(opaque, &event, reason);
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *line) {
  (void)level, (void)facility, (void)line;
  mr_client *client = rd_kafka_opaque(rk);
  if (client != NULL) client->log_lines++;
}

static int on_stats(rd_kafka_t *rk, char *json, size_t length, void *opaque) {
  (void)rk, (void)json, (void)length;
  ((mr_client *)opaque)->stats_reports++;
  return 0;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  (void)rk;
  mr_client *client = opaque;
  client->reported_bytes += (int64_t)(message->len + message->key_len);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    client->delivered++;
    return;
  }
  if (client->failed++ > 0) return;
  mr_event event = mr_event_of(MR_EVENT_DELIVERY, message->err);
  event.partition = message->partition;
  mr_event_push(client, &event, rd_kafka_message_errstr(message));
}

static void on_commit(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *offsets, void *opaque) {
  (void)rk;
  mr_client *client = opaque;
  if (client->commits_pending > 0) client->commits_pending--;
  for (int i = 0; offsets != NULL && i < offsets->cnt; i++) {
    const rd_kafka_topic_partition_t *at = &offsets->elems[i];
    rd_kafka_resp_err_t code = err != RD_KAFKA_RESP_ERR_NO_ERROR ? err : at->err;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    mr_event event = mr_event_of(MR_EVENT_COMMIT, code);
    event.index = mr_index_of(client, at->topic, at->partition);
    event.partition = at->partition;
    event.offset = at->offset;
    mr_event_push(client, &event, rd_kafka_err2str(code));
  }
}

/* Settings are `key NUL value NUL …`. NULL with the reason in `error` when one is refused. */
static rd_kafka_conf_t *settings_read(const char *settings, uint64_t length, char *error, uint64_t error_size) {
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  if (length > 0 && settings[length - 1] != '\0') length = 0;
  for (uint64_t at = 0; at < length;) {
    const char *key = settings + at;
    at += strlen(key) + 1;
    if (at >= length) break;
    const char *value = settings + at;
    at += strlen(value) + 1;
    if (rd_kafka_conf_set(conf, key, value, error, error_size) == RD_KAFKA_CONF_OK) continue;
    rd_kafka_conf_destroy(conf);
    return NULL;
  }
  return conf;
}

/* NULL with the reason in `error`. The client is freed by mr_client_free, once. */
MR_EXPORT mr_client *mr_client_new(int32_t is_consumer, const char *settings, uint64_t length, char *error,
                                   uint64_t error_size) {
  rd_kafka_conf_t *conf = settings_read(settings, length, error, error_size);
  if (conf == NULL) return NULL;
  mr_client *client = calloc(1, sizeof *client);
  rd_kafka_message_t **held = is_consumer ? malloc(sizeof(*held) * MR_HELD) : NULL;
  if (client == NULL || (is_consumer && held == NULL)) {
    mr_text_copy(error, error_size, "out of memory");
    free(client);
    rd_kafka_conf_destroy(conf);
    return NULL;
  }
  client->held = held;
  client->is_consumer = is_consumer;
  rd_kafka_conf_set_opaque(conf, client);
  rd_kafka_conf_set_error_cb(conf, on_error);
  rd_kafka_conf_set_log_cb(conf, on_log);
  rd_kafka_conf_set_stats_cb(conf, on_stats);
  if (is_consumer) rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
  else rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_conf_set(conf, "log.queue", "true", NULL, 0);
  client->rk = rd_kafka_new(is_consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf, error, error_size);
  if (client->rk == NULL) {
    rd_kafka_conf_destroy(conf);
    free(held);
    free(client);
    return NULL;
  }
  rd_kafka_set_log_queue(client->rk, NULL);
  if (is_consumer) {
    rd_kafka_poll_set_consumer(client->rk);
    client->queue = rd_kafka_queue_get_consumer(client->rk);
  }
  return client;
}

/* Blocks until librdkafka's threads have ended: run it as a task (MR_TASK_CLOSE). */
MR_EXPORT void mr_client_free(mr_client *client) {
  while (client->held_head < client->held_tail) rd_kafka_message_destroy(client->held[client->held_head++]);
  for (int32_t i = 0; i < client->topics_length; i++) {
    rd_kafka_topic_destroy(client->topics[i].handle);
    free(client->topics[i].index);
  }
  if (client->queue != NULL) rd_kafka_queue_destroy(client->queue);
  /* There is no group to leave, and a commit whose answer never came is not waited for again. */
  rd_kafka_destroy_flags(client->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  free(client->topics);
  free(client->partitions);
  free(client->held);
  free(client);
}

/* The handle itself, for calls of librdkafka's own API. */
MR_EXPORT rd_kafka_t *mr_client_handle(mr_client *client) { return client->rk; }

/* out[0…9]: enqueued, delivered, failed, bytes outstanding, commits pending, log lines, stats, events lost, strays, held. */
MR_EXPORT int32_t mr_counters(const mr_client *client, int64_t *out, uint64_t length) {
  if (length < 10) return MR_ARGUMENT;
  out[0] = client->enqueued;
  out[1] = client->delivered;
  out[2] = client->failed;
  out[3] = client->enqueued_bytes - client->reported_bytes;
  out[4] = client->commits_pending;
  out[5] = client->log_lines;
  out[6] = client->stats_reports;
  out[7] = client->events_lost;
  out[8] = client->stray_messages;
  out[9] = client->held_tail - client->held_head;
  return MR_OK;
}
