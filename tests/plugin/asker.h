// A host in a few lines: the plugin, loaded once, and a request that can be asked of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugin/barker.h"

namespace barker {

const barker_api& api();
barker_string view(const std::string& s);
barker_plugin* make_plugin(const std::string& config = "");

// Ads of three selling points each, of the first `words` words of random_model(); another seed is
// another query. It points into itself: it must not move.
class Asker {
 public:
  explicit Asker(unsigned seed, std::string user = "", size_t ad_count = 10, size_t words = 50);
  Asker(const Asker&) = delete;

  int32_t call(barker_plugin* plugin);  // of the ABI
  bool ask(barker_plugin* plugin) {     // answered and rescored
    return call(plugin) == BARKER_OK && response.status == BARKER_STATUS_RESCORED;
  }
  // Everything of the last answer that depends on the weights alone, as bytes.
  std::string answer() const;
  std::string title(size_t rank) const;

  barker_request request{};
  barker_response response{};
  std::vector<barker_ad> ads;
  std::vector<barker_result_ad> results;

 private:
  std::string query_, id_;
  std::vector<std::string> texts_, points_texts_, titles_;
  std::vector<barker_string> user_;
  std::vector<barker_selling_point> points_;
  std::string text_;
};

}  // namespace barker
