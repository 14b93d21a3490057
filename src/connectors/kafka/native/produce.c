/*
 * Hands a batch of rows, as Arrow Binary columns, to librdkafka's producer queue: one call a batch. Bytes are copied; the
 * host may reuse its memory when the call returns. A full queue ends the call early: the host goes on from the row named.
 */
#include <string.h>

#include "millrace-kafka.h"

#define CHUNK 1024
#define NULL_VALUE 1
#define NULL_KEY 2

/* Addresses and numbers as the host writes them, each 64 bits; 0 for an address that is not there. */
typedef struct {
  const uint8_t *bytes;
  uint64_t bytes_length;
  const int32_t *offsets; /* rows + 1 */
  uint64_t rows;
  const uint8_t *key_bytes;
  uint64_t key_bytes_length;
  const int32_t *key_offsets; /* rows + 1, or 0: no keys */
  const uint8_t *nulls;       /* rows: bit 0 null value, bit 1 null key; or 0 */
  const int32_t *partitions;  /* rows; or 0 */
  const int64_t *timestamps;  /* rows, ms; or 0: now */
  int64_t partition;          /* where `partitions` is 0: the partition, or -1 for the partitioner */
  int64_t partition_count;    /* every partition named is below it */
  uint64_t start;             /* first row to hand over */
} mr_rows;

static int column_check(const int32_t *offsets, uint64_t rows, uint64_t length) {
  if (offsets[0] < 0) return 0;
  for (uint64_t i = 0; i < rows; i++)
    if (offsets[i + 1] < offsets[i]) return 0;
  return (uint64_t)offsets[rows] <= length;
}

static int rows_check(const mr_rows *r) {
  if (r->offsets == NULL || r->rows > INT32_MAX || r->start > r->rows) return 0;
  if (!column_check(r->offsets, r->rows, r->bytes_length)) return 0;
  if (r->key_offsets != NULL && !column_check(r->key_offsets, r->rows, r->key_bytes_length)) return 0;
  if (r->partition < -1 || r->partition >= r->partition_count) return 0;
  for (uint64_t i = 0; r->partitions != NULL && i < r->rows; i++)
    if (r->partitions[i] < 0 || r->partitions[i] >= r->partition_count) return 0;
  return 1;
}

/* A payload of length 0 that is not null needs an address that is not NULL. */
static uint8_t empty[1];

static void *cell(const uint8_t *bytes, const int32_t *offsets, uint64_t row, size_t *length) {
  *length = (size_t)(offsets[row + 1] - offsets[row]);
  return *length > 0 ? (void *)(uintptr_t)(bytes + offsets[row]) : empty;
}

static rd_kafka_message_t message_of(const mr_rows *r, uint64_t row) {
  rd_kafka_message_t message;
  memset(&message, 0, sizeof message);
  uint8_t nulls = r->nulls != NULL ? r->nulls[row] : 0;
  message.partition = r->partitions != NULL ? r->partitions[row] : (int32_t)r->partition;
  if (!(nulls & NULL_VALUE)) message.payload = cell(r->bytes, r->offsets, row, &message.len);
  if (r->key_offsets != NULL && !(nulls & NULL_KEY))
    message.key = cell(r->key_bytes, r->key_offsets, row, &message.key_len);
  return message;
}

/* A message librdkafka would not queue is a failed one: it will never be delivered. */
static void refuse(mr_client *client, const rd_kafka_message_t *message) {
  if (client->failed++ > 0) return;
  mr_event event = mr_event_of(MR_EVENT_DELIVERY, message->err);
  event.partition = message->partition;
  mr_event_push(client, &event, rd_kafka_err2str(message->err));
}

/* Returns how many of the messages are dealt with; fewer than `count` when the queue is full. */
static int chunk_produce(mr_client *client, rd_kafka_topic_t *topic, rd_kafka_message_t *messages, int count) {
  rd_kafka_produce_batch(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_PARTITION, messages, count);
  for (int i = 0; i < count; i++) {
    if (messages[i].err == RD_KAFKA_RESP_ERR__QUEUE_FULL) return i;
    if (messages[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      refuse(client, &messages[i]);
      continue;
    }
    client->enqueued++;
    client->enqueued_bytes += (int64_t)(messages[i].len + messages[i].key_len);
  }
  return count;
}

static int timed_produce(mr_client *client, rd_kafka_topic_t *topic, rd_kafka_message_t *message, int64_t timestamp) {
  message->err = rd_kafka_producev(client->rk, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(message->partition),
                                   RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE(message->payload, message->len),
                                   RD_KAFKA_V_KEY(message->key, message->key_len), RD_KAFKA_V_TIMESTAMP(timestamp),
                                   RD_KAFKA_V_END);
  if (message->err == RD_KAFKA_RESP_ERR__QUEUE_FULL) return 0;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) refuse(client, message);
  else {
    client->enqueued++;
    client->enqueued_bytes += (int64_t)(message->len + message->key_len);
  }
  return 1;
}

/* The topic's handle, to be given back with mr_topic_close. NULL when the name is not one. */
MR_EXPORT rd_kafka_topic_t *mr_topic_open(mr_client *client, const char *name) {
  return rd_kafka_topic_new(client->rk, name, NULL);
}

MR_EXPORT void mr_topic_close(rd_kafka_topic_t *topic) { rd_kafka_topic_destroy(topic); }

/* Returns the first row not taken: `rows` when all are queued, less when the queue is full; or a negative status. */
MR_EXPORT int64_t mr_produce(mr_client *client, rd_kafka_topic_t *topic, const mr_rows *r) {
  if (client->is_consumer || topic == NULL || !rows_check(r)) return MR_ARGUMENT;
  rd_kafka_message_t messages[CHUNK];
  uint64_t row = r->start;
  while (row < r->rows) {
    rd_kafka_poll(client->rk, 0);
    int count = 0, taken = 0;
    for (; count < CHUNK && row + (uint64_t)count < r->rows; count++) messages[count] = message_of(r, row + (uint64_t)count);
    if (r->timestamps == NULL) taken = chunk_produce(client, topic, messages, count);
    else
      while (taken < count && timed_produce(client, topic, &messages[taken], r->timestamps[row + (uint64_t)taken])) taken++;
    row += (uint64_t)taken;
    if (taken < count) break;
  }
  return (int64_t)row;
}
