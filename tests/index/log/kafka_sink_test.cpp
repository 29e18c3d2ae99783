// Against the mock cluster of librdkafka, which speaks Kafka's protocol on real sockets.
#include "index/log/kafka_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "index/log/event_log.h"
#include "tests/index/log/log_fixture.h"
#include "tests/models/base/sentences.h"

namespace barker {
namespace {

using ::testing::_;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr char kTopic[] = "barker-events";

class KafkaSinks : public LogFixture {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP()
        << "librdkafka makes threads by thrd_create(), which ThreadSanitizer cannot follow";
#endif
    rd_kafka_conf_t* configuration = rd_kafka_conf_new();
    char why[256] = "";
    rd_kafka_conf_set(configuration, "test.mock.num.brokers", "1", why, sizeof why);
    rd_kafka_conf_set(configuration, "log_level", "0", why, sizeof why);
    host_ = rd_kafka_new(RD_KAFKA_CONSUMER, configuration, why, sizeof why);
    ASSERT_NE(host_, nullptr) << why;
    cluster_ = rd_kafka_handle_mock_cluster(host_);
    ASSERT_EQ(rd_kafka_mock_topic_create(cluster_, kTopic, 1, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void TearDown() override {
    if (host_) rd_kafka_destroy(host_);
    LogFixture::TearDown();
  }

  KafkaOptions options() const {
    KafkaOptions o;
    o.brokers = rd_kafka_mock_cluster_bootstraps(cluster_);
    o.topic = kTopic;
    return o;
  }
  static std::unique_ptr<KafkaSink> open(const KafkaOptions& o) {
    Result<std::unique_ptr<KafkaSink>> sink = KafkaSink::open(o);
    EXPECT_TRUE(sink.ok()) << sink.status().message();
    return sink.ok() ? std::move(*sink) : nullptr;
  }
  // The first lines of the topic.
  std::vector<std::string> consumed(size_t count) const {
    std::vector<std::string> lines;
    rd_kafka_topic_t* topic = rd_kafka_topic_new(host_, kTopic, nullptr);
    EXPECT_EQ(rd_kafka_consume_start(topic, 0, RD_KAFKA_OFFSET_BEGINNING), 0);
    for (int pauses = 0; lines.size() < count && pauses < 300;) {
      rd_kafka_message_t* message = rd_kafka_consume(topic, 0, 100);
      if (!message) {
        ++pauses;
        continue;
      }
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        lines.emplace_back(static_cast<const char*>(message->payload), message->len);
      }
      rd_kafka_message_destroy(message);
    }
    rd_kafka_consume_stop(topic, 0);
    rd_kafka_topic_destroy(topic);
    return lines;
  }

  rd_kafka_t* host_ = nullptr;  // its cluster is read by itself
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

TEST_F(KafkaSinks, DeliverEveryLineInOrder) {
  const auto sink = open(options());
  std::vector<std::string> lines;
  for (int i = 0; i < 2000; ++i) {
    lines.push_back("line " + std::to_string(i));
    ASSERT_TRUE(sink->append(lines.back() + "\n"));
  }
  const Status flushed = sink->flush(60s);
  ASSERT_TRUE(flushed.ok()) << flushed.message();
  const KafkaStatus status = sink->status();
  EXPECT_EQ(status.delivered, lines.size());
  EXPECT_EQ(status.dropped, 0u);
  EXPECT_EQ(status.failed, 0u) << status.last_error;
  EXPECT_EQ(status.waiting, 0u);
  const std::vector<std::string> found = consumed(lines.size());
  ASSERT_EQ(found.size(), lines.size());
  const auto [a, b] = std::mismatch(found.begin(), found.end(), lines.begin());
  EXPECT_EQ(a, found.end()) << *a << " stands where " << *b << " was sent";
}

TEST_F(KafkaSinks, HoldLinesUntilABrokerComesBack) {
  rd_kafka_mock_broker_set_down(cluster_, 1);
  const auto sink = open(options());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(sink->append(std::to_string(i)));
  EXPECT_FALSE(sink->flush(200ms).ok());
  EXPECT_EQ(sink->status().delivered, 0u);
  EXPECT_EQ(sink->status().waiting, 10u);
  rd_kafka_mock_broker_set_up(cluster_, 1);
  EXPECT_TRUE(sink->flush(60s).ok());
  EXPECT_EQ(sink->status().delivered, 10u);
  EXPECT_EQ(consumed(10).size(), 10u);
}

TEST_F(KafkaSinks, DropAndCountWhatAFullQueueHasNoPlaceFor) {
  KafkaOptions away = options();
  rd_kafka_mock_broker_set_down(cluster_, 1);
  away.queue_bytes = 64 << 10;
  away.give_up_after = 1s;
  const auto sink = open(away);
  uint64_t accepted = 0, dropped = 0;
  const std::string line(1000, 'x');
  for (int i = 0; i < 500; ++i) ++(sink->append(line) ? accepted : dropped);
  EXPECT_GT(accepted, 30u);
  EXPECT_GT(dropped, 300u);
  EXPECT_EQ(sink->status().dropped, dropped);
  EXPECT_TRUE(sink->flush(60s).ok()) << "all have failed by then";
  EXPECT_EQ(sink->status().failed, accepted);
  EXPECT_EQ(sink->status().delivered, 0u);
  EXPECT_THAT(sink->status().last_error, Not(testing::IsEmpty()));
}

TEST_F(KafkaSinks, SayOnceThatNoBrokerCanBeReachedAndOnceThatLinesAreDeliveredAgain) {
  Sentences said;
  KafkaOptions o = options();
  o.report = said.report();
  rd_kafka_mock_broker_set_down(cluster_, 1);
  const auto sink = open(o);
  ASSERT_TRUE(sink->append("a"));
  EXPECT_TRUE(said.come_to(1));
  EXPECT_TRUE(sink->status().is_failing);
  EXPECT_FALSE(sink->flush(1s).ok());
  EXPECT_GT(sink->status().errors, 0u);
  rd_kafka_mock_broker_set_up(cluster_, 1);
  EXPECT_TRUE(sink->flush(60s).ok());
  EXPECT_FALSE(sink->status().is_failing);
  EXPECT_THAT(said.all(),
              ElementsAre(HasSubstr("kafka: barker-events: no broker can be reached: "),
                          HasSubstr("kafka: barker-events: lines are delivered again")));
}

TEST_F(KafkaSinks, DoNotHoldUpTheStopWhereNoBrokerCanBeReached) {
  for (const std::string brokers : {"127.0.0.1:1", "no-such-host.invalid"}) {
    Sentences said;
    KafkaOptions o = options();
    o.brokers = brokers;
    o.longest_stop = 10min;
    o.report = said.report();
    auto sink = open(o);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(sink->append(std::to_string(i)));
    for (int i = 0; i < 300 && !sink->status().is_failing; ++i) std::this_thread::sleep_for(100ms);
    const auto begin = std::chrono::steady_clock::now();
    sink.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 1min) << brokers;
    EXPECT_THAT(said.all(), ElementsAre(_, HasSubstr("5 lines were not delivered before the stop")))
        << brokers;
  }
}

// The standard error may be a full pipe, and a scrape asks for the status.
TEST_F(KafkaSinks, AnswerTheirStatusWhileAReportWaits) {
  std::promise<const KafkaSink*> opened;
  std::future<KafkaStatus> status;
  std::atomic<bool> is_answered = false, is_reported = false;
  KafkaOptions o = options();
  o.give_up_after = 1s;
  o.report = [&](const std::string&) {
    if (is_reported) return;
    const KafkaSink* sink = opened.get_future().get();
    status = std::async(std::launch::async, [sink] { return sink->status(); });
    is_answered = status.wait_for(1min) == std::future_status::ready;
    is_reported = true;
  };
  rd_kafka_mock_broker_set_down(cluster_, 1);
  const auto sink = open(o);
  opened.set_value(sink.get());
  ASSERT_TRUE(sink->append("a"));
  for (int i = 0; i < 1200 && !is_reported; ++i) std::this_thread::sleep_for(100ms);
  ASSERT_TRUE(is_reported);
  EXPECT_TRUE(is_answered);
  EXPECT_TRUE(status.get().is_failing);
}

TEST_F(KafkaSinks, CountALineThatIsRefusedByItselfWithoutAnOutage) {
  Sentences said;
  KafkaOptions o = options();
  o.report = said.report();
  auto sink = open(o);
  ASSERT_TRUE(sink->append("good"));
  ASSERT_TRUE(sink->flush(60s).ok());
  constexpr int16_t kProduce = 0;  // the number of the request in Kafka's protocol
  rd_kafka_mock_push_request_errors(cluster_, kProduce, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  ASSERT_TRUE(sink->append("too large"));
  ASSERT_TRUE(sink->flush(60s).ok());
  KafkaStatus status = sink->status();
  EXPECT_EQ(status.failed, 1u);
  EXPECT_EQ(status.errors, 1u);
  EXPECT_FALSE(status.is_failing);
  EXPECT_THAT(status.last_error, HasSubstr("too large"));
  ASSERT_TRUE(sink->append("under way at the stop"));
  sink.reset();
  EXPECT_THAT(said.all(), testing::IsEmpty());
  EXPECT_EQ(consumed(2), (std::vector<std::string>{"good", "under way at the stop"}));
}

TEST_F(KafkaSinks, SayThatATopicIsForbidden) {
  Sentences said;
  KafkaOptions o = options();
  o.report = said.report();
  auto sink = open(o);
  constexpr int16_t kProduce = 0;
  rd_kafka_mock_push_request_errors(cluster_, kProduce, 1,
                                    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  ASSERT_TRUE(sink->append("a"));
  ASSERT_TRUE(sink->flush(60s).ok());
  EXPECT_TRUE(sink->status().is_failing);
  sink.reset();
  EXPECT_THAT(said.all(), ElementsAre(HasSubstr("kafka: barker-events: no broker takes lines: ")));
}

TEST_F(KafkaSinks, GetTheSameLinesAsTheFiles) {
  const auto sink = open(options());
  EventLogOptions o;
  o.directory = directory_;
  o.flush_interval = 1h;
  o.compression = Compression::kNone;
  o.copy_to = [&sink](std::string_view line) { sink->append(line); };
  Result<std::unique_ptr<EventLog>> log = EventLog::open(o);
  ASSERT_TRUE(log.ok()) << log.status().message();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE((*log)->append(std::to_string(i) + "\n"));
  ASSERT_TRUE((*log)->flush().ok());
  ASSERT_TRUE(sink->flush(60s).ok());
  EXPECT_EQ(consumed(100), lines());
}

TEST_F(KafkaSinks, NameTheSettingThatIsWrong) {
  KafkaOptions wrong = options();
  wrong.settings = {{"no.such.setting", "1"}};
  const Status status = KafkaSink::open(wrong).status();
  EXPECT_EQ(status.code(), Code::kBadConfiguration);
  EXPECT_THAT(status.message(), HasSubstr("no.such.setting"));
  wrong.settings = {};
  wrong.topic = "";
  EXPECT_THAT(KafkaSink::open(wrong).status().message(), HasSubstr("topic"));
}

}  // namespace
}  // namespace barker
