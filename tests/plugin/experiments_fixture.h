// A plugin with weights, experiments with one arm that changes nothing, and their users.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "models/weights/click_rates.h"
#include "tests/plugin/plugin_fixture.h"

namespace barker {

inline size_t row_of(const ModelSpec& model, const std::string& name) {
  return static_cast<size_t>(std::ranges::find(model.names, name) - model.names.begin());
}

// A weight file with click rates: word11 is clicked most for any query but that of `query`, for
// which word12 is.
inline std::string rated_weights(const std::string& query) {
  ModelSpec model = random_model(1);
  ClickRateTable& rates = model.click_rates;
  rates.prior.assign(model.keyword_rows, 0.1f);
  rates.evidence.assign(model.keyword_rows, 10);
  rates.prior[row_of(model, "word11")] = 0.5f;
  rates.queries = {query_hash(std::vector<Fingerprint>{fingerprint(query)})};
  rates.begins = {0, 1};
  rates.rows = {static_cast<uint32_t>(row_of(model, "word12"))};
  rates.values = {0.9f};
  const std::string path = temporary_path("rated.barker");
  EXPECT_TRUE(write_weight_file(model, path).ok());
  return path;
}

class ExperimentsExtension : public Plugin {
 protected:
  ExperimentsExtension() { load(weights(1)); }

  int32_t load_experiments(const std::string& toml) {
    const auto* extension =
        static_cast<const barker_experiments*>(api().get_extension(BARKER_EXT_EXPERIMENTS));
    return extension->load_experiments(plugin_, view(toml), error_);
  }

  // Two arms, of which the first changes nothing.
  int32_t load_arm(const std::string& sets, const std::string& more = "") {
    return load_experiments("[[experiment]]\nname = \"e\"\n" + more +
                            "\n[[experiment.arm]]\nname = \"same\"\nshare = 0.5\n"
                            "[[experiment.arm]]\nname = \"other\"\nshare = 0.5\n" +
                            sets + "\n");
  }

  // A user of an arm; the tests change nothing that would move it.
  std::string user_of(const std::string& arm) {
    for (int i = 0; i < 100; ++i) {
      const std::string user = "user" + std::to_string(i);
      fill(1);
      request_.user = view(user);
      EXPECT_EQ(rescore(), BARKER_OK) << error_;
      if (response_.arm_count == 1 && response_.arms[0].arm == arm) return user;
    }
    ADD_FAILURE() << "nobody is in " << arm;
    return "";
  }

  void ask_as(const std::string& user, size_t ads = 6, uint64_t seed = 0) {
    asked_ = user;
    fill(ads);
    request_.user = view(asked_);
    request_.seed = seed;
    ASSERT_EQ(rescore(), BARKER_OK) << error_;
    ASSERT_EQ(response_.status, BARKER_STATUS_RESCORED);
  }

  std::vector<std::string> titles() const {
    std::vector<std::string> all;
    for (size_t rank = 0; rank < response_.ad_count; ++rank) all.push_back(title(rank));
    return all;
  }

  // The selling points of a rank, in the order in which they stand before the title.
  std::vector<uint32_t> chosen(size_t rank) const {
    std::vector<uint32_t> all;
    for (uint32_t k = 0; k < results_[rank].chosen_count; ++k) {
      all.push_back(results_[rank].chosen[k].index);
    }
    return all;
  }

  std::string asked_;
};

}  // namespace barker
