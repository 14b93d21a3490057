/*
 * Tasks: librdkafka calls that wait for an answer, each on a thread of its own, so that the host's thread never blocks. A task
 * is started, asked now and then whether it is done, read and freed. It reads nothing of the client but `rk`; the host frees
 * the client (itself a task) only when no other is running.
 *
 * Input and result are little bytes: integers in the machine's order, unaligned; texts as int32 length and bytes.
 *   partitions   { int32 partition, int64 offset, text topic } …
 *   offsets      { int64 offset, int32 error } … in the order of the input
 *   ids          { int32 error, text name, text id } …, id in base 64, empty where brokers give none
 *   topics       int32 brokers, then { int32 error, int32 partitions, text name } …
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "millrace-kafka.h"

#define TASK_METADATA 1          /* text topic (empty: all) → topics */
#define TASK_LIST_OFFSETS 2      /* int32 committed reads only, partitions (offset: OFFSET_SPEC_* or ms) → offsets */
#define TASK_COMMITTED 3         /* partitions → offsets */
#define TASK_CREATE_TOPIC 4      /* text topic, int32 partitions, int32 replicas, { text key, text value } … */
#define TASK_DELETE_TOPIC 5      /* text topic */
#define TASK_CREATE_PARTITIONS 6 /* text topic, int32 new total */
#define TASK_DELETE_RECORDS 7    /* partitions: everything before the offset */
#define TASK_CLOSE 8             /* frees the client */
#define TASK_TOPIC_IDS 9         /* text topic … → ids */

#define TASK_TEXT 512

typedef struct {
  mr_client *client;
  int32_t op, timeout_ms;
  uint8_t *input;
  uint64_t input_length, input_at;
  int input_short;
  uint8_t *result;
  uint64_t result_length, result_capacity;
  int32_t error; /* librdkafka's code, 0 for done */
  char text[TASK_TEXT];
  atomic_int done;
  pthread_t thread;
} mr_task;

static int64_t read_number(mr_task *task, size_t size) {
  int64_t wide = 0;
  int32_t narrow = 0;
  if (task->input_length - task->input_at < size) {
    task->input_short = 1;
    return 0;
  }
  memcpy(size == 8 ? (void *)&wide : (void *)&narrow, task->input + task->input_at, size);
  task->input_at += size;
  return size == 8 ? wide : narrow;
}

/* Copies a text of at most `size` - 1 bytes, NUL-terminated. */
static void read_text(mr_task *task, char *out, size_t size) {
  int64_t length = read_number(task, 4);
  out[0] = '\0';
  if (length < 0 || (uint64_t)length >= size || task->input_length - task->input_at < (uint64_t)length) {
    task->input_short = 1;
    return;
  }
  memcpy(out, task->input + task->input_at, (size_t)length);
  out[length] = '\0';
  task->input_at += (uint64_t)length;
}

static void write_bytes(mr_task *task, const void *bytes, size_t length) {
  if (task->result_capacity - task->result_length < length) {
    uint64_t capacity = (task->result_capacity + length) * 2;
    uint8_t *grown = realloc(task->result, capacity);
    if (grown == NULL) {
      task->error = RD_KAFKA_RESP_ERR__FAIL;
      return;
    }
    task->result = grown;
    task->result_capacity = capacity;
  }
  memcpy(task->result + task->result_length, bytes, length);
  task->result_length += length;
}

static void write_int32(mr_task *task, int32_t value) { write_bytes(task, &value, sizeof value); }
static void write_int64(mr_task *task, int64_t value) { write_bytes(task, &value, sizeof value); }

static void fail(mr_task *task, rd_kafka_resp_err_t code, const char *text) {
  task->error = code;
  mr_text_copy(task->text, TASK_TEXT, text != NULL ? text : rd_kafka_err2str(code));
}

static rd_kafka_topic_partition_list_t *read_partitions(mr_task *task) {
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
  while (!task->input_short && task->input_at < task->input_length) {
    char topic[256];
    int32_t partition = (int32_t)read_number(task, 4);
    int64_t offset = read_number(task, 8);
    read_text(task, topic, sizeof topic);
    if (!task->input_short) rd_kafka_topic_partition_list_add(list, topic, partition)->offset = offset;
  }
  return list;
}

static void run_metadata(mr_task *task) {
  char name[256];
  read_text(task, name, sizeof name);
  rd_kafka_topic_t *topic = name[0] != '\0' ? rd_kafka_topic_new(task->client->rk, name, NULL) : NULL;
  const struct rd_kafka_metadata *metadata = NULL;
  rd_kafka_resp_err_t err = rd_kafka_metadata(task->client->rk, topic == NULL, topic, &metadata, task->timeout_ms);
  if (topic != NULL) rd_kafka_topic_destroy(topic);
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    fail(task, err, NULL);
    return;
  }
  write_int32(task, metadata->broker_cnt);
  for (int i = 0; i < metadata->topic_cnt; i++) {
    const struct rd_kafka_metadata_topic *at = &metadata->topics[i];
    int32_t length = (int32_t)strlen(at->topic);
    write_int32(task, at->err);
    write_int32(task, at->partition_cnt);
    write_int32(task, length);
    write_bytes(task, at->topic, (size_t)length);
  }
  rd_kafka_metadata_destroy(metadata);
}

static void run_committed(mr_task *task) {
  rd_kafka_topic_partition_list_t *list = read_partitions(task);
  rd_kafka_resp_err_t err = rd_kafka_committed(task->client->rk, list, task->timeout_ms);
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) fail(task, err, NULL);
  else
    for (int i = 0; i < list->cnt; i++) {
      write_int64(task, list->elems[i].offset);
      write_int32(task, list->elems[i].err);
    }
  rd_kafka_topic_partition_list_destroy(list);
}

/* Waits for the answer to an admin request and looks at its own error. NULL after a failure. */
static rd_kafka_event_t *await_answer(mr_task *task, rd_kafka_queue_t *queue) {
  rd_kafka_event_t *event = rd_kafka_queue_poll(queue, task->timeout_ms + 2000);
  if (event == NULL) {
    fail(task, RD_KAFKA_RESP_ERR__TIMED_OUT, NULL);
    return NULL;
  }
  if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR) return event;
  fail(task, rd_kafka_event_error(event), rd_kafka_event_error_string(event));
  rd_kafka_event_destroy(event);
  return NULL;
}

static rd_kafka_AdminOptions_t *admin_options(mr_task *task, rd_kafka_admin_op_t op) {
  rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(task->client->rk, op);
  char error[128];
  rd_kafka_AdminOptions_set_request_timeout(options, task->timeout_ms, error, sizeof error);
  return options;
}

/* In the order of the input: the answer may come in any. */
static void write_offsets(mr_task *task, const rd_kafka_topic_partition_list_t *asked, const rd_kafka_event_t *event) {
  size_t count = 0;
  const rd_kafka_ListOffsetsResultInfo_t **infos =
      rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result((rd_kafka_event_t *)(uintptr_t)event), &count);
  rd_kafka_topic_partition_list_t *answers = rd_kafka_topic_partition_list_new((int)count);
  for (size_t i = 0; i < count; i++) {
    const rd_kafka_topic_partition_t *at = rd_kafka_ListOffsetsResultInfo_topic_partition(infos[i]);
    rd_kafka_topic_partition_t *copy = rd_kafka_topic_partition_list_add(answers, at->topic, at->partition);
    copy->offset = at->offset;
    copy->err = at->err;
  }
  for (int i = 0; i < asked->cnt; i++) {
    const rd_kafka_topic_partition_t *found =
        rd_kafka_topic_partition_list_find(answers, asked->elems[i].topic, asked->elems[i].partition);
    write_int64(task, found != NULL ? found->offset : -1);
    write_int32(task, found != NULL ? found->err : RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION);
  }
  rd_kafka_topic_partition_list_destroy(answers);
}

static void run_list_offsets(mr_task *task, rd_kafka_queue_t *queue) {
  int32_t committed_only = (int32_t)read_number(task, 4);
  rd_kafka_topic_partition_list_t *list = read_partitions(task);
  rd_kafka_AdminOptions_t *options = admin_options(task, RD_KAFKA_ADMIN_OP_LISTOFFSETS);
  rd_kafka_error_t *refused = rd_kafka_AdminOptions_set_isolation_level(
      options, committed_only ? RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED : RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED);
  if (refused != NULL) rd_kafka_error_destroy(refused);
  if (list->cnt > 0) {
    rd_kafka_ListOffsets(task->client->rk, list, options, queue);
    rd_kafka_event_t *event = await_answer(task, queue);
    if (event != NULL) {
      write_offsets(task, list, event);
      rd_kafka_event_destroy(event);
    }
  }
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_topic_partition_list_destroy(list);
}

static void topic_results(mr_task *task, const rd_kafka_topic_result_t **results, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (rd_kafka_topic_result_error(results[i]) != RD_KAFKA_RESP_ERR_NO_ERROR)
      fail(task, rd_kafka_topic_result_error(results[i]), rd_kafka_topic_result_error_string(results[i]));
}

static void run_create_topic(mr_task *task, rd_kafka_queue_t *queue) {
  char name[256], key[256], value[1024], error[TASK_TEXT];
  read_text(task, name, sizeof name);
  int32_t partitions = (int32_t)read_number(task, 4), replicas = (int32_t)read_number(task, 4);
  rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions, replicas, error, sizeof error);
  if (topic == NULL) {
    fail(task, RD_KAFKA_RESP_ERR__INVALID_ARG, error);
    return;
  }
  while (!task->input_short && task->input_at < task->input_length) {
    read_text(task, key, sizeof key);
    read_text(task, value, sizeof value);
    if (!task->input_short) rd_kafka_NewTopic_set_config(topic, key, value);
  }
  rd_kafka_AdminOptions_t *options = admin_options(task, RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_AdminOptions_set_operation_timeout(options, task->timeout_ms, error, sizeof error);
  rd_kafka_CreateTopics(task->client->rk, &topic, 1, options, queue);
  rd_kafka_event_t *event = await_answer(task, queue);
  if (event != NULL) {
    size_t count = 0;
    topic_results(task, rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count), count);
    rd_kafka_event_destroy(event);
  }
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_NewTopic_destroy(topic);
}

static void run_delete_topic(mr_task *task, rd_kafka_queue_t *queue) {
  char name[256];
  read_text(task, name, sizeof name);
  rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);
  rd_kafka_AdminOptions_t *options = admin_options(task, RD_KAFKA_ADMIN_OP_DELETETOPICS);
  rd_kafka_DeleteTopics(task->client->rk, &topic, 1, options, queue);
  rd_kafka_event_t *event = await_answer(task, queue);
  if (event != NULL) {
    size_t count = 0;
    topic_results(task, rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count), count);
    rd_kafka_event_destroy(event);
  }
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_DeleteTopic_destroy(topic);
}

static void run_create_partitions(mr_task *task, rd_kafka_queue_t *queue) {
  char name[256], error[TASK_TEXT];
  read_text(task, name, sizeof name);
  int32_t total = (int32_t)read_number(task, 4);
  rd_kafka_NewPartitions_t *more = rd_kafka_NewPartitions_new(name, total > 0 ? (size_t)total : 0, error, sizeof error);
  if (more == NULL) {
    fail(task, RD_KAFKA_RESP_ERR__INVALID_ARG, error);
    return;
  }
  rd_kafka_AdminOptions_t *options = admin_options(task, RD_KAFKA_ADMIN_OP_CREATEPARTITIONS);
  rd_kafka_CreatePartitions(task->client->rk, &more, 1, options, queue);
  rd_kafka_event_t *event = await_answer(task, queue);
  if (event != NULL) {
    size_t count = 0;
    topic_results(task, rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event), &count), count);
    rd_kafka_event_destroy(event);
  }
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_NewPartitions_destroy(more);
}

static void run_delete_records(mr_task *task, rd_kafka_queue_t *queue) {
  rd_kafka_topic_partition_list_t *list = read_partitions(task);
  rd_kafka_DeleteRecords_t *records = rd_kafka_DeleteRecords_new(list);
  rd_kafka_AdminOptions_t *options = admin_options(task, RD_KAFKA_ADMIN_OP_DELETERECORDS);
  rd_kafka_DeleteRecords(task->client->rk, &records, 1, options, queue);
  rd_kafka_event_t *event = await_answer(task, queue);
  if (event != NULL) rd_kafka_event_destroy(event);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_DeleteRecords_destroy(records);
  rd_kafka_topic_partition_list_destroy(list);
}

#define TOPICS_AT_ONCE 1000

static void write_text(mr_task *task, const char *text) {
  int32_t length = (int32_t)strlen(text);
  write_int32(task, length);
  write_bytes(task, text, (size_t)length);
}

static void write_topic_ids(mr_task *task, rd_kafka_event_t *event) {
  size_t count = 0;
  const rd_kafka_TopicDescription_t **topics =
      rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(event), &count);
  for (size_t i = 0; i < count; i++) {
    const rd_kafka_Uuid_t *id = rd_kafka_TopicDescription_topic_id(topics[i]);
    int known = id != NULL && (rd_kafka_Uuid_least_significant_bits(id) != 0 || rd_kafka_Uuid_most_significant_bits(id) != 0);
    write_int32(task, rd_kafka_error_code(rd_kafka_TopicDescription_error(topics[i])));
    write_text(task, rd_kafka_TopicDescription_name(topics[i]));
    write_text(task, known ? rd_kafka_Uuid_base64str(id) : "");
  }
}

static void run_topic_ids(mr_task *task, rd_kafka_queue_t *queue) {
  char(*names)[256] = calloc(TOPICS_AT_ONCE, sizeof *names);
  const char **list = calloc(TOPICS_AT_ONCE, sizeof *list);
  size_t count = 0;
  while (names != NULL && list != NULL && count < TOPICS_AT_ONCE && task->input_at < task->input_length) {
    read_text(task, names[count], sizeof *names);
    if (task->input_short) break;
    list[count] = names[count];
    count++;
  }
  if (count > 0 && !task->input_short) {
    rd_kafka_TopicCollection_t *topics = rd_kafka_TopicCollection_of_topic_names(list, count);
    rd_kafka_AdminOptions_t *options = admin_options(task, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS);
    rd_kafka_DescribeTopics(task->client->rk, topics, options, queue);
    rd_kafka_event_t *event = await_answer(task, queue);
    if (event != NULL) {
      write_topic_ids(task, event);
      rd_kafka_event_destroy(event);
    }
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_TopicCollection_destroy(topics);
  }
  free(names);
  free(list);
}

static void run_admin(mr_task *task) {
  rd_kafka_queue_t *queue = rd_kafka_queue_new(task->client->rk);
  switch (task->op) {
    case TASK_LIST_OFFSETS: run_list_offsets(task, queue); break;
    case TASK_CREATE_TOPIC: run_create_topic(task, queue); break;
    case TASK_DELETE_TOPIC: run_delete_topic(task, queue); break;
    case TASK_CREATE_PARTITIONS: run_create_partitions(task, queue); break;
    case TASK_DELETE_RECORDS: run_delete_records(task, queue); break;
    case TASK_TOPIC_IDS: run_topic_ids(task, queue); break;
    default: fail(task, RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED, NULL);
  }
  rd_kafka_queue_destroy(queue);
}

static void *run(void *opaque) {
  mr_task *task = opaque;
  switch (task->op) {
    case TASK_METADATA: run_metadata(task); break;
    case TASK_COMMITTED: run_committed(task); break;
    case TASK_CLOSE: mr_client_free(task->client); break;
    default: run_admin(task);
  }
  if (task->input_short && task->error == 0) fail(task, RD_KAFKA_RESP_ERR__INVALID_ARG, "the request is cut short");
  atomic_store_explicit(&task->done, 1, memory_order_release);
  return NULL;
}

/* Copies the input. NULL when there is no memory or no thread. */
MR_EXPORT mr_task *mr_task_start(mr_client *client, int32_t op, const uint8_t *input, uint64_t length, int32_t timeout_ms) {
  mr_task *task = calloc(1, sizeof *task);
  uint8_t *copy = malloc(length + 1);
  if (task == NULL || copy == NULL) {
    free(task);
    free(copy);
    return NULL;
  }
  if (length > 0) memcpy(copy, input, length);
  *task = (mr_task){.client = client, .op = op, .timeout_ms = timeout_ms, .input = copy, .input_length = length};
  if (pthread_create(&task->thread, NULL, run, task) == 0) return task;
  free(copy);
  free(task);
  return NULL;
}

MR_EXPORT int32_t mr_task_done(mr_task *task) { return atomic_load_explicit(&task->done, memory_order_acquire); }
MR_EXPORT int32_t mr_task_error(const mr_task *task) { return task->error; }
MR_EXPORT const char *mr_task_error_name(const mr_task *task) {
  return rd_kafka_err2name((rd_kafka_resp_err_t)task->error);
}
MR_EXPORT const char *mr_task_text(const mr_task *task) { return task->text; }
MR_EXPORT uint64_t mr_task_result_length(const mr_task *task) { return task->result_length; }

MR_EXPORT int32_t mr_task_result(const mr_task *task, uint8_t *out, uint64_t length) {
  if (length < task->result_length) return MR_ARGUMENT;
  if (task->result_length > 0) memcpy(out, task->result, task->result_length);
  return MR_OK;
}

/* Waits for the thread when it is not done. */
MR_EXPORT void mr_task_free(mr_task *task) {
  pthread_join(task->thread, NULL);
  free(task->input);
  free(task->result);
  free(task);
}
