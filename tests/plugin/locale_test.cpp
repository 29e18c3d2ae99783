// Numbers in configurations and messages, in a process whose locale writes a comma.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clocale>

#include "tests/plugin/comma_locale.h"
#include "tests/plugin/plugin_fixture.h"
#include "tests/scoring/golden_model.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CommaLocale : public Plugin {
 protected:
  void SetUp() override {
    if (!set_comma_locale(temporary_path("locale"))) {
      GTEST_SKIP() << "this machine offers no locale with a decimal comma";
    }
  }
  void TearDown() override { std::setlocale(LC_NUMERIC, "C"); }
};

TEST_F(CommaLocale, DoesNotChangeHowNumbersAreRead) {
  make("[order]\nfirst_pass = 0.5\n[selling_points]\nminimum_score = 0.25\n");
  load(weights(1));
  fill(3);
  ASSERT_EQ(rescore(), BARKER_OK) << error_;
  std::vector<double> scores;
  for (const barker_result_ad& result : results_) scores.push_back(result.score);
  std::setlocale(LC_NUMERIC, "C");
  make("[order]\nfirst_pass = 0.5\n[selling_points]\nminimum_score = 0.25\n");
  load(weights(1));
  fill(3);
  ASSERT_EQ(rescore(), BARKER_OK) << error_;
  for (size_t i = 0; i < scores.size(); ++i) EXPECT_EQ(results_[i].score, scores[i]);
}

TEST_F(CommaLocale, DoesNotChangeHowNumbersAreWritten) {
  barker_plugin* none = nullptr;
  EXPECT_EQ(api().create(&kHost, view(std::string("[order]\nbid = 10.5")), &none, error_),
            BARKER_E_CONFIG);
  EXPECT_THAT(error_, HasSubstr("expected a number from 0 to 10, found 10.5"));

  const auto* canary = static_cast<const barker_canary*>(api().get_extension(BARKER_EXT_CANARY));
  EXPECT_EQ(canary->set_shares(plugin_, 1.5, 0, error_), BARKER_E_INVALID_ARGUMENT);
  EXPECT_STREQ(error_, "share: expected 0 to 1, found 1.5");

  ModelSpec model = model_with_golden();
  const std::string path = temporary_path("golden.barker");
  ASSERT_TRUE(write_weight_file(model, path).ok());
  std::string told;
  const auto tell = [](void* all, barker_string, int32_t, barker_string detail) {
    static_cast<std::string*>(all)->append(detail.data, detail.size).append("\n");
  };
  const auto* verify = static_cast<const barker_verify*>(api().get_extension(BARKER_EXT_VERIFY));
  ASSERT_EQ(verify->verify(view(path), view(std::string("baseline")), tell, &told, error_),
            BARKER_OK);
  EXPECT_THAT(told, HasSubstr("largest difference "));
  EXPECT_THAT(told.substr(told.find("largest difference")), Not(HasSubstr(",")));

  model.golden.at(0).main_logits.at(0) += 1;
  ASSERT_TRUE(write_weight_file(model, path).ok());
  EXPECT_EQ(api().load_weights(plugin_, view(path), nullptr, error_), BARKER_E_BAD_WEIGHTS);
  EXPECT_THAT(error_, HasSubstr(" within 0.000"));
  EXPECT_THAT(std::string(error_).substr(std::string(error_).find("expected")),
              Not(testing::ContainsRegex("[0-9],[0-9]")));
}

}  // namespace
}  // namespace barker
