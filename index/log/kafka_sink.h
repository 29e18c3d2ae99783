// A Kafka topic as a second destination of the event log's lines, beside the files. It is for
// consumers that want them at once. The files stay the record: what Kafka did not take is counted
// here and missing there.
//
//   EventLogOptions options;
//   options.copy_to = [&sink](std::string_view line) { sink->append(line); };
//
// append() never waits: lines go to the bounded queue of librdkafka, whose threads send them. Where
// the queue is full, because the brokers are slow or away, lines are dropped and counted. A line
// that was not delivered within `give_up_after` counts as failed. It may be delivered twice where a
// broker's answer was lost; `join` counts such lines once. Where no broker can be reached or takes
// lines, `report` is told once, and once more when lines are delivered again. A line that is
// refused by itself, such as one that is too large, is counted alone.
//
// Any thread may call any function but the destructor.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/base/outage.h"
#include "models/base/result.h"

namespace barker {

struct KafkaOptions {
  std::string brokers;  // "host:port,host:port"
  std::string topic;
  size_t queue_bytes = 16u << 20;  // of lines that wait, rounded to KiB
  std::chrono::milliseconds give_up_after = std::chrono::minutes(5);
  std::chrono::milliseconds longest_stop = std::chrono::seconds(5);  // for lines under way
  // Further settings of librdkafka, such as "security.protocol". They come last and win.
  std::vector<std::pair<std::string, std::string>> settings;
  Report report;
};

struct KafkaStatus {
  uint64_t delivered = 0;   // lines that a broker has acknowledged
  uint64_t dropped = 0;     // because the queue was full
  uint64_t failed = 0;      // because no broker took them in time, or at all
  uint64_t errors = 0;      // of connections and of deliveries
  bool is_failing = false;  // no broker can be reached, or takes lines
  size_t waiting = 0;       // lines
  std::string last_error;   // empty: none
};

class KafkaSink {
 public:
  // Brokers need not be there yet. The error names the setting that is unknown or wrong.
  static Result<std::unique_ptr<KafkaSink>> open(const KafkaOptions& options);
  // Waits up to `longest_stop` for what is under way, and not at all while no broker takes lines.
  // `report` is told how many lines are left then, which are in the files alone.
  ~KafkaSink();
  KafkaSink(const KafkaSink&) = delete;
  KafkaSink& operator=(const KafkaSink&) = delete;

  // Takes one line; its end is not sent. False where it is dropped.
  bool append(std::string_view line) noexcept;

  // Waits until every line that was appended before was delivered or has failed. An error says that
  // the time was over.
  Status flush(std::chrono::milliseconds at_most);

  KafkaStatus status() const;

 private:
  struct Producer;
  explicit KafkaSink(std::unique_ptr<Producer> producer);
  const std::unique_ptr<Producer> producer_;
};

}  // namespace barker
