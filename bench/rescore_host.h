// A host of the plugin for benchmarks: random weights of a shape, and queries of that shape which
// ask the plugin through the host library. An error ends the process with a message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/weights/writer.h"
#include "plugin/barker.h"
#include "plugin/host/session.h"

namespace barker {

struct RescoreShape {
  uint32_t rows = 200'000, dim = 64, selling_points = 20'000;
  size_t ads = 50, selling_points_per_ad = 10, title_keywords = 12, user_keywords = 64;
  TableElement tables = TableElement::kF16;
  ComputeSpec compute = ComputeSpec::kF32;
  unsigned seed = 1;
  bool chinese = false;  // Chinese titles and selling points that the plugin itself must split
  // Of Chinese ads: kPromotedPoints selling points that the model knows stand in the title.
  bool promoted = false;
  bool click_rates = false;  // of each keyword, for no query of its own
  static constexpr size_t kPromotedPoints = 2;
};

// Writes random weights of the shape. Their compute_bound is twice the largest difference that
// random queries show between fast and exact numbers.
void write_weights(const RescoreShape& shape, const std::string& path);

// A file of such weights, which is written once a process; remove_weights() removes all of them.
const std::string& weights_of(const RescoreShape& shape);
void remove_weights();

double resident_mib();

const barker_api& plugin_api();                            // of this build
const barker_api& plugin_api(const std::string& library);  // of another build

class RescoreHost {
 public:
  RescoreHost(const std::string& weights, const std::string& config,
              const barker_api& api = plugin_api());
  ~RescoreHost();
  RescoreHost(const RescoreHost&) = delete;
  RescoreHost& operator=(const RescoreHost&) = delete;

  void load(const std::string& weights);
  barker_stats stats() const;
  barker_plugin* plugin() const { return plugin_; }
  const barker_api& api() const { return api_; }

 private:
  const barker_api& api_;
  barker_plugin* plugin_ = nullptr;
};

// A query with its own texts, as a search engine would have them in its ad store, and with its own
// session. One thread.
class RescoreQuery {
 public:
  RescoreQuery(const RescoreShape& shape, unsigned seed, const barker_api& api = plugin_api());
  bool answer(const RescoreHost& host);   // returns whether the code was BARKER_OK
  bool rescore(const RescoreHost& host);  // returns whether, besides, all of it was rescored
  void set_deadline(uint64_t ns) { session_.request().deadline_ns = ns; }
  void set_shown(uint64_t shown) { session_.request().shown = shown; }
  // Names the ads by number from now on: they are those from `first` on, counted from 1, of a
  // catalogue.
  void use_catalogue(uint64_t handle, uint64_t first);
  std::span<const barker_ad> ads() const { return ads_; }
  const barker_response& response() const { return session_.response(); }

 private:
  void make_ads(const RescoreShape& shape);

  std::vector<barker_ad> ads_;
  std::vector<barker_selling_point> points_;
  std::vector<std::string> point_texts_, titles_, user_texts_;
  std::vector<uint64_t> keywords_;
  std::vector<barker_string> user_;
  std::string query_, user_id_;
  Session session_;
};

std::vector<std::unique_ptr<RescoreQuery>> make_queries(const RescoreShape& shape, size_t count,
                                                        const barker_api& api = plugin_api());

// Registers the ads of all these queries as one catalogue, by whose numbers they name them then.
void register_ads(const RescoreHost& host, std::span<const std::unique_ptr<RescoreQuery>> queries);

// Whether the first ads of two responses have the same order, numbers and titles, to the last bit.
bool are_equal(const barker_response& a, const barker_response& b, size_t first);

}  // namespace barker
