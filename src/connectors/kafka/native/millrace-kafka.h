/*
 * The C side of the Kafka connector: what the host (bun:ffi) may call. It moves records between librdkafka's queues and
 * columns in memory the host owns, one call a batch, and turns everything librdkafka says (end of partition, errors, delivery
 * reports, commit results) into plain numbers and a ring of events that the host reads after each call.
 *
 * Invariants: one host thread at a time calls into a client; librdkafka's callbacks run only inside those calls (logs are
 * queued), so nothing here needs a lock. Tasks are the exception: they run one blocking librdkafka call on a thread of their
 * own and touch nothing of the client but `rk`. No function trusts a length: what does not fit is refused or kept.
 */
#ifndef MILLRACE_KAFKA_H
#define MILLRACE_KAFKA_H

#include <stdint.h>
#include <stddef.h>

#include "rdkafka.h"

/* Counts up when anything the host relies on changes; the host refuses another number. */
#define MR_ABI 3

#define MR_EXPORT __attribute__((visibility("default")))

/* Status codes of calls that fail for a reason of their own; librdkafka's codes are reported in events. */
#define MR_OK 0
#define MR_ARGUMENT (-1)
#define MR_MEMORY (-2)
#define MR_KAFKA (-3)

#define MR_EVENT_END 1        /* read to the end of partition `index`; `offset` is the next one */
#define MR_EVENT_FINISHED 2   /* the bound of partition `index` is reached */
#define MR_EVENT_PARTITION 3  /* a partition's error: `code`, `index` (-1 when not known), `partition`, `offset` */
#define MR_EVENT_CLIENT 4     /* the client's error: `code`, `fatal` */
#define MR_EVENT_COMMIT 5     /* offsets were refused: `code`, `index`, `offset` */
#define MR_EVENT_DELIVERY 6   /* the first message that could not be delivered: `code`, `partition` */

#define MR_NAME 48
#define MR_TEXT 432

/* 512 bytes; the host reads the fields at these offsets. */
typedef struct {
  int32_t kind;        /*  0 */
  int32_t code;        /*  4 librdkafka's error code */
  int32_t index;       /*  8 dense partition index or -1 */
  int32_t partition;   /* 12 */
  int64_t offset;      /* 16 */
  int32_t fatal;       /* 24 */
  int32_t reserved;    /* 28 */
  char name[MR_NAME];  /* 32 the code's name, such as _TRANSPORT, NUL-terminated */
  char text[MR_TEXT];  /* 80 NUL-terminated */
} mr_event;

#define MR_EVENTS 256
/* Messages taken from librdkafka at once, and so the most that can wait for room. */
#define MR_HELD 65536

#define MR_IDLE 0     /* known, not fetched: before the start and while paused */
#define MR_ACTIVE 1
#define MR_FINISHED 2

typedef struct {
  rd_kafka_topic_t *topic; /* borrowed from the topic table */
  int32_t partition;
  int32_t state;
  int64_t position; /* next offset to hand over */
  int64_t bound;    /* first offset not to hand over, INT64_MAX for none */
} mr_partition;

typedef struct {
  rd_kafka_topic_t *handle; /* kept for the life of the client: rkt pointers of messages stay comparable */
  int32_t *index;           /* dense index by partition, -1 for none */
  int32_t index_length;
} mr_topic;

typedef struct {
  rd_kafka_t *rk;
  int32_t is_consumer;
  int32_t commits_pending;
  rd_kafka_queue_t *queue; /* the consumer's */

  mr_partition *partitions;
  int32_t partitions_length, partitions_capacity;
  mr_topic *topics;
  int32_t topics_length, topics_capacity;
  rd_kafka_message_t **held;
  int32_t held_head, held_tail;

  mr_event events[MR_EVENTS];
  int32_t events_head, events_length;

  /* Producer: sums since the client was made. */
  int64_t enqueued, delivered, failed, enqueued_bytes, reported_bytes;
  int64_t log_lines, stats_reports, events_lost, stray_messages;
} mr_client;

/* Cuts to size - 1 bytes; always NUL-terminated. size ≥ 1. */
void mr_text_copy(char *out, size_t size, const char *text);
/* Appends an event; counts it as lost when the ring is full. Text may be NULL. */
void mr_event_push(mr_client *client, const mr_event *event, const char *text);
int mr_events_full(const mr_client *client);
mr_event mr_event_of(int32_t kind, rd_kafka_resp_err_t code);
mr_topic *mr_topic_find(mr_client *client, const rd_kafka_topic_t *handle);
int32_t mr_index_of(mr_client *client, const char *topic, int32_t partition);
void mr_client_free(mr_client *client);

#endif
