#include "models/data/click_rates.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/models/data/dataset_of_log.h"

namespace barker {
namespace {

std::string search(int time, const std::string& query, const std::string& sf, int clicked,
                   const std::string& split = "train") {
  return R"({"time":)" + std::to_string(time) + R"(,"user":"u)" + std::to_string(time) +
         R"(","query":")" + query + R"(","split":")" + split + R"(","sfs":[{"text":")" + sf +
         R"(","clicked":)" + std::to_string(clicked) + "}]}\n";
}

ClickRates view_of(const ClickRateTable& t) {
  return {t.queries, t.begins, t.rows, t.values, t.prior, t.evidence};
}

uint64_t hash_of(const std::string& keyword) {
  return query_hash(std::vector<Fingerprint>{fingerprint(keyword)});
}

class CountedClickRates : public testing::Test {
 protected:
  // "warm" is clicked 30 times of 40 for "coat" and never of 20 for "shoes"; "light" is shown three
  // times for "coat", too seldom for a rate of its own.
  CountedClickRates() {
    std::string log;
    int time = 0;
    for (int i = 0; i < 40; ++i) log += search(++time, "coat", "warm", i < 30);
    for (int i = 0; i < 20; ++i) log += search(++time, "shoes", "warm", 0);
    for (int i = 0; i < 3; ++i) log += search(++time, "coat", "light", 1);
    for (int i = 0; i < 50; ++i) log += search(++time, "coat", "warm", 0, "test");
    BadLines bad;
    data_ = dataset_of_log(log, bad);
    table_ = count_click_rates(*data_, data_->keywords());
  }

  uint32_t row_of(const std::string& keyword) const {
    for (uint32_t k = 0; k < data_->keywords(); ++k) {
      if (data_->keyword(k) == keyword) return k;
    }
    ADD_FAILURE() << keyword;
    return 0;
  }

  std::shared_ptr<const Dataset> data_;
  ClickRateTable table_;
};

TEST_F(CountedClickRates, AreSmoothedTowardsTheRateOverAllQueries) {
  const ClickRates rates = view_of(table_);
  constexpr double kAll = 33.0 / 63, kWarm = (30 + 20 * kAll) / (60 + 20);
  EXPECT_NEAR(rates.prior[row_of("warm")], kWarm, 1e-6);
  EXPECT_NEAR(rates.rate(hash_of("coat"), row_of("warm")), (30 + 20 * kWarm) / 60, 1e-6);
  EXPECT_NEAR(rates.rate(hash_of("shoes"), row_of("warm")), (0 + 20 * kWarm) / 40, 1e-6);
}

TEST_F(CountedClickRates, FallBackToAllQueriesWhereAQueryShowedTooLittle) {
  const ClickRates rates = view_of(table_);
  constexpr double kAll = 33.0 / 63, kLight = (3 + 20 * kAll) / (3 + 20);
  EXPECT_NEAR(rates.rate(hash_of("coat"), row_of("light")), kLight, 1e-6);
  EXPECT_EQ(rates.rate(hash_of("hat"), row_of("light")), rates.prior[row_of("light")]);
}

TEST_F(CountedClickRates, SayHowMuchTheirImpressionsTell) {
  const ClickRates rates = view_of(table_);
  const double p = rates.prior[row_of("warm")];
  EXPECT_NEAR(rates.evidence_of(row_of("warm")), 60 * p * (1 - p), 1e-4);
  EXPECT_GT(rates.evidence_of(row_of("warm")), rates.evidence_of(row_of("light")));
  EXPECT_EQ(rates.evidence_of(row_of("coat")), 0) << "it was never shown as a filter";
  EXPECT_TRUE(std::isinf(ClickRates().evidence_of(0))) << "a file without rates";
}

TEST_F(CountedClickRates, CorrectForNonClicksThatTheLogLeftOut) {
  const ClickRateTable corrected = count_click_rates(*data_, data_->keywords(), 0.5);
  constexpr double kAll = 33.0 / (33 + 2 * 30), kWarm = (30 + 20 * kAll) / (30 + 2 * 30 + 20);
  EXPECT_NEAR(corrected.prior[row_of("warm")], kWarm, 1e-6);
}

}  // namespace
}  // namespace barker
