#include "index/log/kafka_sink.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace barker {
namespace {

using std::chrono::milliseconds;

// How long lines wait before brokers that are all down are an outage.
constexpr milliseconds kPatience(2'000);

struct ConfigurationCloser {
  void operator()(rd_kafka_conf_t* configuration) const { rd_kafka_conf_destroy(configuration); }
};
using Configuration = std::unique_ptr<rd_kafka_conf_t, ConfigurationCloser>;

Status set(const Configuration& configuration, const std::string& name, const std::string& value) {
  char why[256] = "";
  if (rd_kafka_conf_set(configuration.get(), name.c_str(), value.c_str(), why, sizeof why) ==
      RD_KAFKA_CONF_OK) {
    return {};
  }
  return {Code::kBadConfiguration, "kafka: " + name + ": " + why};
}

Result<Configuration> configuration_of(const KafkaOptions& options) {
  Configuration configuration(rd_kafka_conf_new());
  std::vector<std::pair<std::string, std::string>> settings = {
      {"bootstrap.servers", options.brokers},
      {"client.id", "barker"},
      {"queue.buffering.max.kbytes",
       std::to_string(std::max<size_t>(1, options.queue_bytes >> 10))},
      {"queue.buffering.max.messages", "10000000"},  // bytes are the bound
      {"message.timeout.ms", std::to_string(options.give_up_after.count())},
      {"linger.ms", "50"},
      {"compression.type", "zstd"},
      {"log_level", "0"},  // errors are reported by status() and not on standard error
  };
  settings.insert(settings.end(), options.settings.begin(), options.settings.end());
  for (const auto& [name, value] : settings) {
    if (Status s = set(configuration, name, value); !s.ok()) return s;
  }
  return configuration;
}

// Whether no line is delivered for such an error. All others, such as MSG_SIZE_TOO_LARGE, can be of
// one line alone.
bool is_of_every_line(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return true;
    default:
      return false;
  }
}

}  // namespace

struct KafkaSink::Producer {
  explicit Producer(const KafkaOptions& options)
      : topic(options.topic),
        longest_stop(options.longest_stop),
        tell(options.report),
        outage(options.report) {}
  ~Producer();

  Status start(Configuration configuration);
  void look_for_outage();
  static void delivered_or_failed(rd_kafka_t*, const rd_kafka_message_t* message, void* self);
  static void connection_failed(rd_kafka_t*, int error, const char* reason, void* self);

  void count_error(const std::string& error);

  const std::string topic;
  const milliseconds longest_stop;
  const Report tell;
  rd_kafka_t* handle = nullptr;
  std::thread poller;  // takes the reports of librdkafka
  std::atomic<bool> is_stopping{false};
  std::atomic<uint64_t> delivered{0}, dropped{0}, failed{0};

  std::atomic<bool> are_all_down{false};  // librdkafka says so; cleared by a delivery
  Outage outage;

  // append() does not take it, and no report is made under it, because status() must not wait.
  mutable std::mutex errors_mutex;
  uint64_t errors = 0;
  std::string last_error;

  // The poller's own: since when lines wait without a delivery, and how many there were before.
  std::chrono::steady_clock::time_point waiting_since;
  uint64_t delivered_before = 0;
};

KafkaSink::Producer::~Producer() {
  is_stopping.store(true);
  if (poller.joinable()) poller.join();
  if (!handle) return;
  // Where no broker takes lines, waiting would only hold up the stop.
  rd_kafka_flush(handle, outage.is_on() ? 0 : static_cast<int>(longest_stop.count()));
  if (const int left = rd_kafka_outq_len(handle); left > 0 && tell) {
    tell("kafka: " + topic + ": " + std::to_string(left) +
         " lines were not delivered before the stop; the files of the event log have them");
  }
  rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_destroy(handle);
}

Status KafkaSink::Producer::start(Configuration configuration) {
  rd_kafka_conf_set_opaque(configuration.get(), this);
  rd_kafka_conf_set_dr_msg_cb(configuration.get(), delivered_or_failed);
  rd_kafka_conf_set_error_cb(configuration.get(), connection_failed);
  char why[256] = "";
  handle = rd_kafka_new(RD_KAFKA_PRODUCER, configuration.get(), why, sizeof why);
  if (!handle) return {Code::kBadConfiguration, std::string("kafka: ") + why};
  [[maybe_unused]] rd_kafka_conf_t* const owned_by_the_handle = configuration.release();
  try {
    poller = std::thread([this] {
      constexpr int kPoll = 100;  // milliseconds
      while (!is_stopping.load()) {
        rd_kafka_poll(handle, kPoll);
        look_for_outage();
      }
    });
  } catch (const std::system_error& error) {
    return io_error(std::string("kafka: there is no thread: ") + error.what());
  }
  return {};
}

// A connection that was closed because nothing was sent makes all brokers down for a moment, too.
// So it is an outage only where lines wait for a while, or none was ever delivered.
void KafkaSink::Producer::look_for_outage() {
  const auto now = std::chrono::steady_clock::now();
  const uint64_t delivered_now = delivered.load(std::memory_order_relaxed);
  const bool waits = rd_kafka_outq_len(handle) > 0 &&
                     delivered_now == std::exchange(delivered_before, delivered_now);
  if (!waits) waiting_since = now;
  if (!are_all_down || (delivered_now > 0 && now - waiting_since < kPatience)) return;
  if (outage.is_on()) return;
  std::string why;
  {
    const std::lock_guard lock(errors_mutex);
    why = last_error;
  }
  outage.begins("kafka: " + topic + ": no broker can be reached: " + why +
                "; lines wait, and the files of the event log have them");
}

void KafkaSink::Producer::count_error(const std::string& error) {
  const std::lock_guard lock(errors_mutex);
  ++errors;
  last_error = error;
}

void KafkaSink::Producer::delivered_or_failed(rd_kafka_t*, const rd_kafka_message_t* message,
                                              void* self) {
  auto& producer = *static_cast<Producer*>(self);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    producer.delivered.fetch_add(1, std::memory_order_relaxed);
    if (producer.are_all_down) producer.are_all_down = false;
    if (!producer.outage.is_on()) return;
    producer.outage.ends("kafka: " + producer.topic + ": lines are delivered again");
    return;
  }
  producer.failed.fetch_add(1, std::memory_order_relaxed);
  const std::string why = rd_kafka_err2str(message->err);
  producer.count_error(producer.topic + ": " + why);
  if (!is_of_every_line(message->err)) return;
  producer.outage.begins("kafka: " + producer.topic + ": no broker takes lines: " + why +
                         "; the files of the event log have them");
}

void KafkaSink::Producer::connection_failed(rd_kafka_t*, int error, const char* reason,
                                            void* self) {
  auto& producer = *static_cast<Producer*>(self);
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    producer.are_all_down = true;  // the errors before this one say why
  } else {
    producer.count_error(reason);
  }
}

Result<std::unique_ptr<KafkaSink>> KafkaSink::open(const KafkaOptions& options) {
  if (options.topic.empty()) return Status{Code::kBadConfiguration, "kafka: the topic is missing"};
  Result<Configuration> configuration = configuration_of(options);
  if (!configuration.ok()) return configuration.status();
  auto producer = std::make_unique<Producer>(options);
  if (Status s = producer->start(std::move(*configuration)); !s.ok()) return s;
  return std::unique_ptr<KafkaSink>(new KafkaSink(std::move(producer)));
}

KafkaSink::KafkaSink(std::unique_ptr<Producer> producer) : producer_(std::move(producer)) {}
KafkaSink::~KafkaSink() = default;

bool KafkaSink::append(std::string_view line) noexcept {
  if (line.ends_with('\n')) line.remove_suffix(1);
  // Without RD_KAFKA_MSG_F_BLOCK, a full queue is an error and nothing waits.
  const rd_kafka_resp_err_t error =
      rd_kafka_producev(producer_->handle, RD_KAFKA_V_TOPIC(producer_->topic.c_str()),
                        RD_KAFKA_V_VALUE(const_cast<char*>(line.data()), line.size()),
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
  producer_->dropped.fetch_add(1, std::memory_order_relaxed);
  return false;
}

Status KafkaSink::flush(milliseconds at_most) {
  const rd_kafka_resp_err_t error =
      rd_kafka_flush(producer_->handle, static_cast<int>(at_most.count()));
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return io_error("kafka: " + producer_->topic + ": " + rd_kafka_err2str(error));
}

KafkaStatus KafkaSink::status() const {
  const Producer& p = *producer_;
  KafkaStatus status;
  status.delivered = p.delivered.load(std::memory_order_relaxed);
  status.dropped = p.dropped.load(std::memory_order_relaxed);
  status.failed = p.failed.load(std::memory_order_relaxed);
  status.waiting = static_cast<size_t>(rd_kafka_outq_len(p.handle));
  status.is_failing = p.outage.is_on();
  const std::lock_guard lock(p.errors_mutex);
  status.errors = p.errors;
  status.last_error = p.last_error;
  return status;
}

}  // namespace barker
