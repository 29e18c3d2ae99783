// The four competitors of Table 4, with small budgets, on a small world.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "models/baselines/dmp_dgbm.h"
#include "models/baselines/im12cp_wqi.h"
#include "models/baselines/lstm_pso.h"
#include "models/baselines/rf_ffgm.h"
#include "tests/models/baselines/two_kinds.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

struct Competitor {
  const char* name;
  std::unique_ptr<Baseline> (*make)(uint64_t seed);
};

// How GoogleTest prints one.
void PrintTo(const Competitor& competitor, std::ostream* out) { *out << competitor.name; }

const Competitor kCompetitors[] = {
    {"dmp-dgbm",
     [](uint64_t seed) {
       DmpDgbmOptions options;
       options.most_rounds = 20;
       options.search = {5, 1};
       options.search_rows = 300;
       options.search_rounds = 3;
       options.seed = seed;
       return make_dmp_dgbm(options);
     }},
    {"lstm-pso",
     [](uint64_t seed) {
       LstmPsoOptions options;
       options.most_epochs = 3;
       options.search = {5, 1};
       options.search_rows = 100;
       options.search_epochs = 1;
       options.most_units = 20;
       options.seed = seed;
       return make_lstm_pso(options);
     }},
    {"im12cp-wqi",
     [](uint64_t seed) {
       Im12cpWqiOptions options;
       options.search = {5, 1};
       options.most_models = 3;
       options.search_rows = 200;
       options.seed = seed;
       return make_im12cp_wqi(options);
     }},
    {"rf-ffgm",
     [](uint64_t) {
       RfFfgmOptions options;
       options.support = 5;
       options.most_iterations = 20;
       return make_rf_ffgm(options);
     }},
};

// Twenty users, and the searches that are judged are of a few times only.
std::vector<SearchEvent> few(bool flip_test_labels = false) {
  std::vector<SearchEvent> events = two_kinds(flip_test_labels);
  std::erase_if(events, [](const SearchEvent& e) {
    return std::stoi(e.user.substr(1)) >= 20 || e.time > 50;
  });
  return events;
}

class Table4 : public ::testing::TestWithParam<Competitor> {
 protected:
  std::unique_ptr<Baseline> make(uint64_t seed = 1) const { return GetParam().make(seed); }
};

INSTANTIATE_TEST_SUITE_P(Competitors, Table4, ::testing::ValuesIn(kCompetitors),
                         [](const auto& of) {
                           std::string name = of.param.name;
                           std::erase(name, '-');
                           return name;
                         });

TEST_P(Table4, SeparatesWhatEachKindOfUserLikesAndKnowsStrangers) {
  const auto data = dataset(with_stranger(few()));
  const auto competitor = make();
  EXPECT_GT(auc_of(*competitor, *data), 0.6);
  expect_probabilities(*competitor, *data);
}

// So equal seeds give equal predictions, too.
TEST_P(Table4, NeverLooksAtTheTestLabels) {
  expect_blind_to_test_labels(*make(), *make(), *dataset(few()), *dataset(few(true)), 20);
}

TEST_P(Table4, IsWorthNothingWhereClicksAreDrawnByLot) {
  const auto data = dataset(clicked_by_lot(few()));
  EXPECT_NEAR(auc_of(*make(), *data), 0.5, 0.08);
}

TEST_P(Table4, SaysWhichSplitHasOneClassOnly) {
  for (const Split split : {Split::kTrain, Split::kValidation}) {
    std::vector<SearchEvent> events = few();
    for (SearchEvent& event : events) {
      if (event.split != split) continue;
      for (SfImpression& sf : event.sfs) sf.clicked = false;
    }
    const auto data = dataset(events);
    const Status fitted = make()->fit(*data);
    EXPECT_EQ(fitted.code(), Code::kBadData);
    EXPECT_THAT(fitted.message(), HasSubstr(GetParam().name));
    EXPECT_THAT(fitted.message(),
                HasSubstr(split == Split::kTrain ? "training split" : "validation split"));
    EXPECT_THAT(fitted.message(), HasSubstr("found 0 clicked of"));
  }
}

TEST(Table4Seeds, DecideWhatIsDrawn) {
  const auto data = dataset(few());
  const auto a = kCompetitors[0].make(1), b = kCompetitors[0].make(2);
  ASSERT_TRUE(a->fit(*data).ok() && b->fit(*data).ok());
  EXPECT_NE(predictions(*a, Split::kTest), predictions(*b, Split::kTest));
}

}  // namespace
}  // namespace barker
