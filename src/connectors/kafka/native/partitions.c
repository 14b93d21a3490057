/*
 * The table of partitions of a consumer: dense indexes, positions, bounds; what is fetched and what is not.
 *
 * Pausing takes a partition out of the assignment and resuming assigns it at our own position. librdkafka's pause would go on
 * from its idea of the position, which after an end-of-partition event taken by rd_kafka_consume_batch_queue is one too far
 * (it adds one to the offset of every message, events included, as of 2.12.0): a record would be lost.
 */
#include <stdlib.h>
#include <string.h>

#include "millrace-kafka.h"

mr_topic *mr_topic_find(mr_client *client, const rd_kafka_topic_t *handle) {
  for (int32_t i = 0; i < client->topics_length; i++)
    if (client->topics[i].handle == handle) return &client->topics[i];
  const char *name = rd_kafka_topic_name(handle);
  for (int32_t i = 0; i < client->topics_length; i++)
    if (strcmp(rd_kafka_topic_name(client->topics[i].handle), name) == 0) return &client->topics[i];
  return NULL;
}

static mr_topic *topic_named(mr_client *client, const char *name) {
  for (int32_t i = 0; i < client->topics_length; i++)
    if (strcmp(rd_kafka_topic_name(client->topics[i].handle), name) == 0) return &client->topics[i];
  return NULL;
}

int32_t mr_index_of(mr_client *client, const char *topic, int32_t partition) {
  const mr_topic *found = topic_named(client, topic);
  return found != NULL && partition >= 0 && partition < found->index_length ? found->index[partition] : -1;
}

static mr_topic *topic_add(mr_client *client, const char *name) {
  if (client->topics_length == client->topics_capacity) {
    int32_t capacity = client->topics_capacity * 2 + 8;
    mr_topic *grown = realloc(client->topics, sizeof(*grown) * (size_t)capacity);
    if (grown == NULL) return NULL;
    client->topics = grown;
    client->topics_capacity = capacity;
  }
  rd_kafka_topic_t *handle = rd_kafka_topic_new(client->rk, name, NULL);
  if (handle == NULL) return NULL;
  mr_topic *topic = &client->topics[client->topics_length++];
  *topic = (mr_topic){.handle = handle};
  return topic;
}

static int index_reserve(mr_topic *topic, int32_t partition) {
  if (partition < topic->index_length) return 1;
  int32_t length = partition + 16;
  int32_t *grown = realloc(topic->index, sizeof(*grown) * (size_t)length);
  if (grown == NULL) return 0;
  for (int32_t i = topic->index_length; i < length; i++) grown[i] = -1;
  topic->index = grown;
  topic->index_length = length;
  return 1;
}

/* Partitions are numbered in the order they are added. `position` ≥ 0; `bound` is exclusive, INT64_MAX for none. */
MR_EXPORT int32_t mr_partition_add(mr_client *client, const char *name, int32_t partition, int64_t position, int64_t bound) {
  if (partition < 0 || partition > 1000000 || position < 0 || client->partitions_length == INT32_MAX / 64) return MR_ARGUMENT;
  mr_topic *topic = topic_named(client, name);
  if (topic == NULL) topic = topic_add(client, name);
  if (topic == NULL || !index_reserve(topic, partition)) return MR_MEMORY;
  if (topic->index[partition] >= 0) return MR_ARGUMENT;
  if (client->partitions_length == client->partitions_capacity) {
    int32_t capacity = client->partitions_capacity * 2 + 16;
    mr_partition *grown = realloc(client->partitions, sizeof(*grown) * (size_t)capacity);
    if (grown == NULL) return MR_MEMORY;
    client->partitions = grown;
    client->partitions_capacity = capacity;
  }
  int32_t index = client->partitions_length++;
  client->partitions[index] = (mr_partition){
      .topic = topic->handle, .partition = partition, .state = MR_IDLE, .position = position, .bound = bound};
  topic->index[partition] = index;
  return index;
}

static rd_kafka_topic_partition_list_t *list_of(mr_client *client, const int32_t *indexes, uint64_t length, int32_t state) {
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)length);
  for (uint64_t i = 0; i < length; i++) {
    if (indexes[i] < 0 || indexes[i] >= client->partitions_length) continue;
    const mr_partition *at = &client->partitions[indexes[i]];
    if (at->state != state) continue;
    if (rd_kafka_topic_partition_list_find(list, rd_kafka_topic_name(at->topic), at->partition) != NULL) continue;
    rd_kafka_topic_partition_list_add(list, rd_kafka_topic_name(at->topic), at->partition)->offset = at->position;
  }
  return list;
}

static int32_t answer_of(rd_kafka_error_t *failure, char *error, uint64_t error_size) {
  if (failure == NULL) return MR_OK;
  mr_text_copy(error, error_size, rd_kafka_error_string(failure));
  rd_kafka_error_destroy(failure);
  return MR_KAFKA;
}

static void state_set(mr_client *client, const rd_kafka_topic_partition_list_t *list, int32_t state) {
  for (int i = 0; i < list->cnt; i++)
    client->partitions[mr_index_of(client, list->elems[i].topic, list->elems[i].partition)].state = state;
}

/* Starts fetching those of the partitions that are idle, at their positions. */
MR_EXPORT int32_t mr_fetch_start(mr_client *client, const int32_t *indexes, uint64_t length, char *error, uint64_t error_size) {
  rd_kafka_topic_partition_list_t *list = list_of(client, indexes, length, MR_IDLE);
  int32_t answer = MR_OK;
  if (list->cnt > 0) {
    answer = answer_of(rd_kafka_incremental_assign(client->rk, list), error, error_size);
    if (answer == MR_OK) state_set(client, list, MR_ACTIVE);
  }
  rd_kafka_topic_partition_list_destroy(list);
  return answer;
}

/* Records waiting for room are fetched again: their partition's position has not moved. */
static void held_purge(mr_client *client) {
  int32_t kept = client->held_head;
  for (int32_t i = client->held_head; i < client->held_tail; i++) {
    rd_kafka_message_t *message = client->held[i];
    const mr_topic *topic = message->rkt != NULL ? mr_topic_find(client, message->rkt) : NULL;
    int32_t known = topic != NULL && message->partition >= 0 && message->partition < topic->index_length;
    int32_t index = known ? topic->index[message->partition] : -1;
    if (index >= 0 && client->partitions[index].state != MR_ACTIVE) rd_kafka_message_destroy(message);
    else client->held[kept++] = message;
  }
  client->held_tail = kept;
}

/* Stops fetching those of the partitions that are active; nothing of them is handed over until they start again. */
MR_EXPORT int32_t mr_fetch_stop(mr_client *client, const int32_t *indexes, uint64_t length, char *error, uint64_t error_size) {
  rd_kafka_topic_partition_list_t *list = list_of(client, indexes, length, MR_ACTIVE);
  int32_t answer = MR_OK;
  if (list->cnt > 0) {
    answer = answer_of(rd_kafka_incremental_unassign(client->rk, list), error, error_size);
    if (answer == MR_OK) {
      state_set(client, list, MR_IDLE);
      held_purge(client);
    }
  }
  rd_kafka_topic_partition_list_destroy(list);
  return answer;
}

/* A finished partition stays finished; its fetching ends. Called by the host after MR_EVENT_FINISHED. */
MR_EXPORT int32_t mr_fetch_finish(mr_client *client, int32_t index) {
  if (index < 0 || index >= client->partitions_length) return MR_ARGUMENT;
  mr_partition *at = &client->partitions[index];
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, rd_kafka_topic_name(at->topic), at->partition);
  rd_kafka_error_t *failure = rd_kafka_incremental_unassign(client->rk, list);
  if (failure != NULL) rd_kafka_error_destroy(failure); /* it was not being fetched */
  rd_kafka_topic_partition_list_destroy(list);
  at->state = MR_FINISHED;
  return MR_OK;
}

/* positions[i], highs[i] of partition i: next offset; last known end, -1 when unknown. Returns the number of partitions. */
MR_EXPORT int32_t mr_lag(mr_client *client, int64_t *positions, int64_t *highs, uint64_t length) {
  for (int32_t i = 0; i < client->partitions_length && (uint64_t)i < length; i++) {
    const mr_partition *at = &client->partitions[i];
    int64_t low = -1, high = -1;
    rd_kafka_get_watermark_offsets(client->rk, rd_kafka_topic_name(at->topic), at->partition, &low, &high);
    positions[i] = at->position;
    highs[i] = high >= 0 ? high : -1;
  }
  return client->partitions_length;
}

/* Remembers `offsets[i]` as the next offset of partition `indexes[i]` under the group; the result comes as an event. */
MR_EXPORT int32_t mr_commit(mr_client *client, const int32_t *indexes, const int64_t *offsets, uint64_t length) {
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)length);
  for (uint64_t i = 0; i < length; i++) {
    if (indexes[i] < 0 || indexes[i] >= client->partitions_length || offsets[i] < 0) continue;
    const mr_partition *at = &client->partitions[indexes[i]];
    rd_kafka_topic_partition_list_add(list, rd_kafka_topic_name(at->topic), at->partition)->offset = offsets[i];
  }
  int32_t answer = MR_OK;
  if (list->cnt > 0) {
    rd_kafka_resp_err_t err = rd_kafka_commit(client->rk, list, 1);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) client->commits_pending++;
    else answer = MR_KAFKA;
  }
  rd_kafka_topic_partition_list_destroy(list);
  return answer;
}
