// Limit for JSON projection: simdjson On-Demand over newline-delimited events, four fields of the standing data set.
// usage: simdjson FILE ROUNDS → one line: events bytes ns-per-event checksum (sum of user ids, page bytes, durations)
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <simdjson.h>

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  simdjson::padded_string json;
  if (simdjson::padded_string::load(argv[1]).get(json) != simdjson::SUCCESS) return 1;
  const int rounds = std::atoi(argv[2]);
  double best = 1e300;
  uint64_t events = 0, users = 0, bytes = 0, durations = 0;
  for (int round = 0; round < rounds; round++) {
    events = users = bytes = durations = 0;
    simdjson::ondemand::parser parser;
    simdjson::ondemand::document_stream stream;
    const auto start = std::chrono::steady_clock::now();
    if (parser.iterate_many(json, 1 << 20).get(stream) != simdjson::SUCCESS) return 1;
    for (auto document : stream) {
      simdjson::ondemand::object object;
      if (document.get_object().get(object) != simdjson::SUCCESS) return 1;
      // In document order, so that each look-up goes on where the last one stopped.
      users += uint64_t(object["user_id"].get_int64());
      bytes += std::string_view(object["page"].get_string()).size();
      bytes += std::string_view(object["event_timestamp"].get_string()).size();
      durations += uint64_t(object["session_duration"].get_int64());
      events++;
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    if (took.count() < best) best = took.count();
  }
  std::printf("%llu %llu %.2f %llu\n", (unsigned long long)events, (unsigned long long)json.size(), best / double(events),
              (unsigned long long)(users + bytes + durations));
  return 0;
}
