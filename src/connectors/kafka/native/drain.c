/*
 * Takes what librdkafka has fetched and lays it out as columns in the host's memory: an Arrow Binary column of payloads, each
 * followed by a newline, and beside it the dense partition index, offset and timestamp; optionally a Binary column of keys and
 * one of envelopes (leader epoch, kind of timestamp, headers: drawn in assembly/shared/layout.ts).
 *
 *   bytes    │ payload 0 │\n│ payload 1 │\n│ …        offsets │0│ e0 │ e1 │ …   (int32, row i = bytes[offsets[i], offsets[i+1]))
 *
 * A message is handed over exactly once and in the order of its partition: what finds no room stays in `held` for the next
 * call, and a partition's `position` moves only when its record has been copied. A null payload is a row of one newline; a
 * null key is an empty one.
 */
#include <string.h>

#include "millrace-kafka.h"

/* Byte positions from `base`, as the host writes them; results follow. All unsigned 32-bit. */
typedef struct {
  uint32_t bytes, bytes_capacity, rows_capacity, offsets, partitions, positions, timestamps;
  uint32_t wants_keys, key_bytes, key_bytes_capacity, key_offsets;
  uint32_t wants_envelopes, envelope_bytes, envelope_bytes_capacity, envelope_offsets;
  /* results; each `needed` is 0 unless the first record waiting does not fit */
  uint32_t rows, needed_bytes, needed_key_bytes, needed_envelope_bytes;
} mr_region;

typedef struct {
  mr_client *client;
  uint8_t *bytes, *key_bytes, *envelope_bytes;
  int32_t *offsets, *partitions, *key_offsets, *envelope_offsets;
  int64_t *positions, *timestamps;
  uint32_t bytes_capacity, key_bytes_capacity, envelope_bytes_capacity, rows_capacity;
  uint32_t rows, bytes_used, key_bytes_used, envelope_bytes_used;
  uint64_t needed_bytes, needed_key_bytes, needed_envelope_bytes;
  const rd_kafka_topic_t *last_handle;
  const mr_topic *last_topic;
  int full;
} mr_cursor;

static int fits(uint64_t memory, uint64_t at, uint64_t length, uint64_t alignment) {
  return at % alignment == 0 && at <= memory && length <= memory - at;
}

static int binary_fits(uint64_t memory, uint64_t rows, uint32_t bytes, uint32_t capacity, uint32_t offsets) {
  return capacity <= INT32_MAX && fits(memory, bytes, capacity, 1) && fits(memory, offsets, 4 * (rows + 1), 4);
}

static int region_check(const mr_region *r, uint64_t memory) {
  uint64_t rows = r->rows_capacity;
  return rows > 0 && binary_fits(memory, rows, r->bytes, r->bytes_capacity, r->offsets) &&
         (!r->wants_keys || binary_fits(memory, rows, r->key_bytes, r->key_bytes_capacity, r->key_offsets)) &&
         (!r->wants_envelopes ||
          binary_fits(memory, rows, r->envelope_bytes, r->envelope_bytes_capacity, r->envelope_offsets)) &&
         fits(memory, r->partitions, 4 * rows, 4) && fits(memory, r->positions, 8 * rows, 8) &&
         fits(memory, r->timestamps, 8 * rows, 8);
}

static int32_t index_of(mr_cursor *at, const rd_kafka_message_t *message) {
  if (message->rkt == NULL) return -1;
  if (message->rkt != at->last_handle) {
    at->last_handle = message->rkt;
    at->last_topic = mr_topic_find(at->client, message->rkt);
  }
  const mr_topic *topic = at->last_topic;
  int known = topic != NULL && message->partition >= 0 && message->partition < topic->index_length;
  return known ? topic->index[message->partition] : -1;
}

static void finish_at_bound(mr_client *client, int32_t index) {
  mr_partition *partition = &client->partitions[index];
  if (partition->state != MR_ACTIVE || partition->position < partition->bound) return;
  partition->state = MR_FINISHED;
  mr_event event = mr_event_of(MR_EVENT_FINISHED, RD_KAFKA_RESP_ERR_NO_ERROR);
  event.index = index;
  event.partition = partition->partition;
  event.offset = partition->position;
  mr_event_push(client, &event, NULL);
}

/* End of partition and errors. The ring has room for two: the caller has looked. */
static void take_event(mr_cursor *at, const rd_kafka_message_t *message) {
  mr_client *client = at->client;
  int32_t index = index_of(at, message);
  int is_end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
  if (is_end && (index < 0 || client->partitions[index].state != MR_ACTIVE)) return;
  mr_event event = mr_event_of(is_end ? MR_EVENT_END : MR_EVENT_PARTITION, message->err);
  event.index = index;
  event.partition = message->rkt != NULL ? message->partition : -1;
  event.offset = message->offset;
  mr_event_push(client, &event, is_end ? NULL : rd_kafka_message_errstr(message));
  if (!is_end) return;
  mr_partition *partition = &client->partitions[index];
  if (message->offset > partition->position) partition->position = message->offset; /* past gaps and markers */
  finish_at_bound(client, index);
}

/* Bytes of the message's envelope. */
static uint64_t envelope_length(const rd_kafka_message_t *message) {
  rd_kafka_headers_t *headers = NULL;
  const char *name;
  const void *value;
  size_t size;
  uint64_t length = 8;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return length;
  for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
    length += 8 + strlen(name) + (value != NULL ? size : 0);
  return length;
}

static uint8_t *put_int32(uint8_t *out, int32_t value) {
  memcpy(out, &value, sizeof value);
  return out + sizeof value;
}

static uint8_t *put_bytes(uint8_t *out, const void *bytes, size_t length) {
  if (length > 0) memcpy(out, bytes, length);
  return out + length;
}

/* Writes the message's envelope, `envelope_length` bytes. The order of the headers is the producer's. */
static void envelope_put(uint8_t *out, const rd_kafka_message_t *message) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  rd_kafka_message_timestamp(message, &type);
  out = put_int32(out, rd_kafka_message_leader_epoch(message));
  out = put_int32(out, type == RD_KAFKA_TIMESTAMP_CREATE_TIME ? 1 : type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? 2 : 0);
  rd_kafka_headers_t *headers = NULL;
  const char *name;
  const void *value;
  size_t size;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
    size_t length = strlen(name);
    out = put_int32(out, (int32_t)length);
    out = put_int32(out, value != NULL ? (int32_t)size : -1);
    out = put_bytes(out, name, length);
    out = put_bytes(out, value, value != NULL ? size : 0);
  }
}

/* 1 when the message has been dealt with, 0 when it has to wait. */
static int take_row(mr_cursor *at, const rd_kafka_message_t *message) {
  int32_t index = index_of(at, message);
  if (index < 0) {
    at->client->stray_messages++;
    return 1;
  }
  mr_partition *partition = &at->client->partitions[index];
  if (partition->state != MR_ACTIVE || message->offset < partition->position) return 1;
  if (message->offset >= partition->bound) {
    partition->position = partition->bound;
    finish_at_bound(at->client, index);
    return 1;
  }
  uint64_t length = message->payload != NULL ? message->len : 0;
  uint64_t key_length = at->key_offsets != NULL && message->key != NULL ? message->key_len : 0;
  uint64_t envelope = at->envelope_offsets != NULL ? envelope_length(message) : 0;
  uint64_t bytes_end = at->bytes_used + length + 1, keys_end = at->key_bytes_used + key_length;
  uint64_t envelopes_end = at->envelope_bytes_used + envelope;
  if (at->rows == at->rows_capacity || bytes_end > at->bytes_capacity || keys_end > at->key_bytes_capacity ||
      envelopes_end > at->envelope_bytes_capacity) {
    at->needed_bytes = length + 1;
    at->needed_key_bytes = key_length;
    at->needed_envelope_bytes = envelope;
    return 0;
  }
  if (length > 0) memcpy(at->bytes + at->bytes_used, message->payload, length);
  at->bytes[bytes_end - 1] = '\n';
  at->bytes_used = (uint32_t)bytes_end;
  uint32_t row = at->rows++;
  if (at->key_offsets != NULL) {
    if (key_length > 0) memcpy(at->key_bytes + at->key_bytes_used, message->key, key_length);
    at->key_bytes_used = (uint32_t)keys_end;
    at->key_offsets[row + 1] = (int32_t)keys_end;
  }
  if (at->envelope_offsets != NULL) {
    envelope_put(at->envelope_bytes + at->envelope_bytes_used, message);
    at->envelope_bytes_used = (uint32_t)envelopes_end;
    at->envelope_offsets[row + 1] = (int32_t)envelopes_end;
  }
  rd_kafka_timestamp_type_t type;
  int64_t timestamp = rd_kafka_message_timestamp(message, &type);
  at->timestamps[row] = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? INT64_MIN : timestamp;
  at->positions[row] = message->offset;
  at->partitions[row] = index;
  at->offsets[row + 1] = (int32_t)bytes_end;
  partition->position = message->offset + 1;
  finish_at_bound(at->client, index);
  return 1;
}

static void take_held(mr_cursor *at) {
  mr_client *client = at->client;
  while (client->held_head < client->held_tail) {
    rd_kafka_message_t *message = client->held[client->held_head];
    if (mr_events_full(client)) {
      at->full = 1;
      return;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) take_event(at, message);
    else if (!take_row(at, message)) {
      at->full = 1;
      return;
    }
    rd_kafka_message_destroy(message);
    client->held_head++;
  }
  client->held_head = client->held_tail = 0;
}

/* Adds at most `limit` messages to `held`. librdkafka waits for a full batch or the whole time, so: first for one. */
static void fetch(mr_client *client, int32_t timeout_ms, uint32_t limit) {
  uint32_t room = (uint32_t)(MR_HELD - client->held_tail);
  size_t size = limit < room ? limit : room;
  if (size == 0) return;
  if (timeout_ms > 0) {
    ssize_t first = rd_kafka_consume_batch_queue(client->queue, timeout_ms, client->held + client->held_tail, 1);
    if (first <= 0) return;
    client->held_tail++;
    size--;
  }
  ssize_t more = rd_kafka_consume_batch_queue(client->queue, 0, client->held + client->held_tail, size);
  if (more > 0) client->held_tail += (int32_t)more;
}

/* Runs librdkafka's callbacks: delivery reports, errors, commit results. Records that come along wait for mr_drain. */
MR_EXPORT void mr_poll(mr_client *client, int32_t timeout_ms) {
  if (!client->is_consumer) rd_kafka_poll(client->rk, timeout_ms);
  else fetch(client, timeout_ms, MR_HELD);
}

static uint32_t needed(const mr_cursor *at, uint64_t bytes) {
  return at->rows == 0 && bytes <= INT32_MAX ? (uint32_t)bytes : 0;
}

/*
 * Returns at once when there are rows or events, else after at most `timeout_ms`. `base` is memory of `memory` bytes; the
 * region's positions count from there. Rows may be fewer than fit. When the first record waiting does not fit an empty
 * region, rows is 0 and needed_bytes (needed_key_bytes, needed_envelope_bytes) say how much it takes.
 */
MR_EXPORT int32_t mr_drain(mr_client *client, uint8_t *base, uint64_t memory, mr_region *r, int32_t timeout_ms) {
  if (!client->is_consumer || !region_check(r, memory) || (uintptr_t)base % 8 != 0) return MR_ARGUMENT;
  mr_cursor at = {
      .client = client,
      .bytes = base + r->bytes,
      .bytes_capacity = r->bytes_capacity,
      .rows_capacity = r->rows_capacity,
      .offsets = (int32_t *)(base + r->offsets),
      .partitions = (int32_t *)(base + r->partitions),
      .positions = (int64_t *)(base + r->positions),
      .timestamps = (int64_t *)(base + r->timestamps),
      .key_bytes = base + r->key_bytes,
      .key_bytes_capacity = r->wants_keys ? r->key_bytes_capacity : 0,
      .key_offsets = r->wants_keys ? (int32_t *)(base + r->key_offsets) : NULL,
      .envelope_bytes = base + r->envelope_bytes,
      .envelope_bytes_capacity = r->wants_envelopes ? r->envelope_bytes_capacity : 0,
      .envelope_offsets = r->wants_envelopes ? (int32_t *)(base + r->envelope_offsets) : NULL,
  };
  at.offsets[0] = 0;
  if (at.key_offsets != NULL) at.key_offsets[0] = 0;
  if (at.envelope_offsets != NULL) at.envelope_offsets[0] = 0;
  take_held(&at);
  if (!at.full && at.rows < at.rows_capacity) {
    fetch(client, 0, at.rows_capacity - at.rows);
    take_held(&at);
  }
  if (!at.full && at.rows == 0 && client->events_length == 0 && timeout_ms > 0) {
    fetch(client, timeout_ms, at.rows_capacity);
    take_held(&at);
  }
  r->rows = at.rows;
  r->needed_bytes = needed(&at, at.needed_bytes);
  r->needed_key_bytes = needed(&at, at.needed_key_bytes);
  r->needed_envelope_bytes = needed(&at, at.needed_envelope_bytes);
  return MR_OK;
}
