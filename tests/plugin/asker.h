// A host for tests: the plugin, which is loaded once, and a query that can be asked of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "plugin/barker.h"
#include "plugin/host/session.h"

namespace barker {

const barker_api& api();
barker_string view(const std::string& s);
barker_plugin* make_plugin(const std::string& config = "");

// A query for ads of three selling points each, made of the first `words` words of random_model().
// Each seed makes another query. An Asker points into itself, so that it must not move. One thread.
class Asker {
  Session session_;  // first, because members below refer to it

 public:
  explicit Asker(unsigned seed, std::string user = "", size_t ad_count = 10, size_t words = 50);
  Asker(const Asker&) = delete;

  int32_t call(barker_plugin* plugin);  // returns a code of the ABI
  bool ask(barker_plugin* plugin) {     // returns whether it was answered and rescored
    return call(plugin) == BARKER_OK && response.status == BARKER_STATUS_RESCORED;
  }
  // All parts of the last answer that depend on nothing but the weights, as bytes.
  std::string answer() const;
  std::string title(size_t rank) const;

  barker_request& request;
  const barker_response& response;
  std::vector<barker_ad> ads;
  std::span<const barker_result_ad> results;  // of the last call

 private:
  std::string query_, id_;
  std::vector<std::string> texts_, points_texts_, titles_;
  std::vector<barker_string> user_;
  std::vector<barker_selling_point> points_;
};

}  // namespace barker
