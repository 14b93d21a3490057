/* Baseline: librdkafka's own consumer loop, a batch at a time from one queue, as its rdkafka_performance does: records are
 * counted and let go. Its prefetch setting too, and no pause before a queue is filled again, as ours has none. Time counts from
 * the first batch. usage: consume BOOTSTRAP TOPIC PARTITIONS RECORDS -> "milliseconds records bytes" */
#include <rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BATCH 1000

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static rd_kafka_message_t *batch[BATCH];

int main(int count, char **args) {
  if (count != 5) return 2;
  const int partitions = atoi(args[3]);
  const long wanted = atol(args[4]);
  char error[512];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  if (rd_kafka_conf_set(conf, "bootstrap.servers", args[1], error, sizeof error) != RD_KAFKA_CONF_OK) return 1;
  rd_kafka_conf_set(conf, "queued.min.messages", "1000000", error, sizeof error);
  rd_kafka_conf_set(conf, "fetch.queue.backoff.ms", "2", error, sizeof error);
  rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  if (client == NULL) return 1;
  rd_kafka_topic_t *topic = rd_kafka_topic_new(client, args[2], NULL);
  rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
  for (int i = 0; i < partitions; i++)
    if (rd_kafka_consume_start_queue(topic, i, RD_KAFKA_OFFSET_BEGINNING, queue) != 0) return 1;
  double start = 0;
  long records = 0, bytes = 0;
  while (records < wanted) {
    const ssize_t got = rd_kafka_consume_batch_queue(queue, 1000, batch, BATCH);
    if (start == 0 && got > 0) start = now_ms();
    for (ssize_t i = 0; i < got; i++) {
      if (batch[i]->err == 0) {
        records++;
        bytes += (long)batch[i]->len;
      }
      rd_kafka_message_destroy(batch[i]);
    }
  }
  printf("%.3f %ld %ld\n", now_ms() - start, records, bytes);
  for (int i = 0; i < partitions; i++) rd_kafka_consume_stop(topic, i);
  rd_kafka_queue_destroy(queue);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(client);
  return 0;
}
