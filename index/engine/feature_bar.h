// The bar of feature keywords (SFs): the filters that a page offers beside its ads, such as
// "waterproof". A click on one narrows the page, and is what the main task learns from.
//
// The bar's places are filled one after the other. With probability 1 - `exploration` a place gets
// the best keyword that is left, by P(attracted | user, query); otherwise any that is left, each
// with the same probability. So every keyword can be shown, and each that is shown has a
// propensity: the probability with which its place got it, given the places before.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "index/engine/search_result.h"
#include "models/base/random.h"
#include "models/base/result.h"
#include "models/text/fingerprint.h"
#include "plugin/barker.h"

namespace barker {

enum class FeatureOrder : uint8_t {
  kAttraction,  // as the places were filled, so that the best stand first
  kShuffled,    // at random, so that what a place is worth can be told from what a keyword is
};

struct FeatureBarOptions {
  size_t count = 0;         // keywords; 0: no bar
  double exploration = .1;  // 0 to 1
  FeatureOrder order = FeatureOrder::kAttraction;
};

class FeatureBar {
 public:
  // `has_rules`: the plugin may have rules, which say what must not be offered.
  FeatureBar(const barker_api& api, barker_plugin* plugin, bool has_rules);

  // Begins the bar of another page.
  void start();
  // A selling point or an attribute of an ad of the page, and the ad's category. The texts must
  // live until choose().
  void add(std::string_view keyword, Fingerprint fingerprint, uint32_t ad,
           std::string_view category);

  // Chooses for the user and query of `context`, whose ads are not looked at. A keyword that the
  // rules forbid for the categories of all ads that have it is not offered; where the plugin does
  // not tell (it is older than ABI 1.5), neither is one whose attraction is unknown. Where the
  // plugin cannot say how attractive keywords are (it is older than ABI 1.4, has no weights, or
  // does not know them), those that more ads have are better.
  Status choose(const barker_request& context, const FeatureBarOptions& options, Random& random,
                std::vector<FeatureShown>& shown);

 private:
  struct Feature {
    std::string_view keyword;
    Fingerprint fingerprint;
    uint32_t last_ad;
    uint32_t ads;
    double attraction;
  };
  struct Use {  // of a feature, by an ad
    uint32_t feature;
    std::string_view category;
  };
  Status ask_plugin(const barker_request& context);
  Status forbid(barker_prepared_query* query);
  Status score(barker_prepared_query* query);

  barker_plugin* const plugin_;
  const bool has_rules_;
  const std::optional<barker_prepared> prepared_;
  std::vector<Feature> features_;
  std::vector<Use> uses_;  // where there are rules
};

}  // namespace barker
