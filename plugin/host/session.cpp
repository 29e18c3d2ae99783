#include "plugin/host/session.h"

#include <algorithm>
#include <cmath>

#include "plugin/host/extension.h"
#include "plugin/host/names.h"
#include "plugin/host/plugin_error.h"

namespace barker {
namespace {

constexpr size_t kFirstTextBytes = 1 << 16;  // a page of 50 ads takes about a tenth of it
constexpr int kMostAttempts = 4;

template <typename Struct>
const Struct& element(const Struct* first, uint64_t stride, uint64_t index) {
  const char* bytes = reinterpret_cast<const char*>(first);
  return *reinterpret_cast<const Struct*>(bytes + index * stride);
}

}  // namespace

std::string_view AnsweredAd::text_of(const barker_chosen& selling_point) const {
  return as_view(element(ad.selling_points, ad.selling_point_stride, selling_point.index).text);
}

Session::Session(const barker_api& api, barker_plugin* plugin)
    : api_(api),
      explain_(find_extension<barker_explain>(api, BARKER_EXT_EXPLAIN)),
      learn_(find_extension<barker_learn>(api, BARKER_EXT_LEARN)),
      canary_(find_extension<barker_canary>(api, BARKER_EXT_CANARY)),
      plugin_(plugin) {
  start({});
}

void Session::reserve(size_t ads, size_t text_bytes) {
  results_.reserve(ads);
  if (text_.size() < text_bytes) text_.resize(text_bytes);
}

// ---- the request

void Session::start(std::string_view query, std::string_view user) {
  keywords_.clear();
  tokens_.clear();
  groups_.clear();
  tokens_of_.clear();
  ads_.clear();
  points_.clear();
  points_of_.clear();
  answered_ = 0;
  response_ = {};
  request_ = {};
  request_.struct_size = sizeof request_;
  request_.query = as_string(query);
  request_.user = as_string(user);
  request_.group_stride = sizeof(barker_group);
  request_.ad_stride = sizeof(barker_ad);
}

void Session::set_user_keywords(std::span<const barker_string> keywords) {
  keywords_.clear();
  request_.user_keywords = keywords.data();
  request_.user_keyword_count = keywords.size();
}

void Session::add_group(std::string_view name) {
  groups_.push_back({sizeof(barker_group), as_string(name), nullptr, 0, nullptr});
  tokens_of_.push_back({tokens_.size(), 0});
}

void Session::add_token(std::string_view token) {
  tokens_.push_back(as_string(token));
  ++tokens_of_.back().count;
}

void Session::set_groups(std::span<const barker_group> groups) {
  groups_.clear();
  tokens_of_.clear();
  request_.groups = groups.data();
  request_.group_count = groups.size();
  request_.group_stride = sizeof(barker_group);
}

barker_ad& Session::add_ad() {
  points_of_.push_back({points_.size(), 0});
  barker_ad& ad = ads_.emplace_back();
  ad.struct_size = sizeof ad;
  return ad;
}

void Session::add_selling_point(std::string_view text, uint64_t fingerprint) {
  points_.push_back({sizeof(barker_selling_point), as_string(text), fingerprint});
  ++points_of_.back().count;
}

void Session::set_ads(std::span<const barker_ad> ads) {
  ads_.clear();
  points_of_.clear();
  request_.ads = ads.data();
  request_.ad_count = ads.size();
  request_.ad_stride = sizeof(barker_ad);
}

// The vectors move while they grow, so that pointers into them are set only when all is added.
void Session::point_request_to_parts() {
  for (size_t i = 0; i < groups_.size(); ++i) {
    groups_[i].tokens = tokens_.data() + tokens_of_[i].first;
    groups_[i].token_count = tokens_of_[i].count;
  }
  for (size_t i = 0; i < ads_.size(); ++i) {
    if (points_of_[i].count == 0) continue;  // it has none, or they are the caller's
    ads_[i].selling_points = points_.data() + points_of_[i].first;
    ads_[i].selling_point_count = points_of_[i].count;
    ads_[i].selling_point_stride = sizeof(barker_selling_point);
  }
  if (!keywords_.empty()) {
    request_.user_keywords = keywords_.data();
    request_.user_keyword_count = keywords_.size();
  }
  if (!groups_.empty()) {
    request_.groups = groups_.data();
    request_.group_count = groups_.size();
    request_.group_stride = sizeof(barker_group);
  }
  if (!ads_.empty()) {
    request_.ads = ads_.data();
    request_.ad_count = ads_.size();
    request_.ad_stride = sizeof(barker_ad);
  }
}

// ---- the answer

// Plugins before 1.2 read the struct_size of each result; later ones write it. A plugin of this
// minor version or a later one writes whole results, so that nothing of them need be empty before.
void Session::clear_response() {
  if (api_.abi_minor >= BARKER_ABI_MINOR) {
    results_.resize(request_.ad_count);
  } else {
    barker_result_ad empty{};
    empty.struct_size = sizeof empty;
    results_.assign(request_.ad_count, empty);
  }
  if (text_.empty()) text_.resize(kFirstTextBytes);
  response_ = {};
  response_.struct_size = sizeof response_;
  response_.ads = results_.data();
  response_.ad_capacity = results_.size();
  response_.ad_stride = sizeof(barker_result_ad);
  response_.text = text_.data();
  response_.text_capacity = text_.size();
}

// Plugins before 1.2 say so by the code of an argument that cannot be.
bool Session::needs_more_text(int32_t code) const {
  return (code == BARKER_E_TOO_SMALL || code == BARKER_E_INVALID_ARGUMENT) &&
         response_.text_size > text_.size();
}

// Asks until the titles fit. One growth is enough, unless other weights, which choose longer
// selling points, came into force between two attempts: the buffer at least doubles, so that a few
// attempts outgrow every page.
int32_t Session::ask(barker_string* json, char* error) {
  answered_ = 0;
  point_request_to_parts();
  for (int attempt = 1;; ++attempt) {
    clear_response();
    const int32_t code = json ? explain_->rescore(plugin_, &request_, &response_, json, error)
                              : api_.rescore(plugin_, &request_, &response_, error);
    if (code == BARKER_OK) {
      answered_ = response_.ad_count;
      return code;
    }
    if (!needs_more_text(code) || attempt == kMostAttempts) {
      response_.text_size = 0;  // there is no text to be read
      return code;
    }
    const size_t needed = std::max<size_t>(response_.text_size, 2 * text_.size());
    text_.clear();  // so that growing copies nothing
    text_.resize(needed);
  }
}

int32_t Session::rescore(char* error) { return ask(nullptr, error); }

Status Session::rescore() {
  char error[BARKER_ERROR_SIZE] = "";
  const int32_t code = ask(nullptr, error);
  return code == BARKER_OK ? Status() : plugin_error(code, error);
}

Status Session::check_can_explain() const {
  if (can_explain()) return {};
  return invalid_argument("this plugin cannot explain: it lacks " BARKER_EXT_EXPLAIN);
}

Status Session::rescore_and_explain(std::string& json) {
  json.clear();
  if (Status s = check_can_explain(); !s.ok()) return s;
  char error[BARKER_ERROR_SIZE] = "";
  barker_string text{};
  int32_t code = BARKER_OK;
  if (explain_->rescore) {
    code = ask(&text, error);
  } else {
    code = ask(nullptr, error);
    if (code == BARKER_OK) {
      code = explain_->explain(plugin_, &request_, &text, error);
      if (code != BARKER_OK) {  // the answer goes as well: after an error there is none to be read
        answered_ = 0;
        response_.text_size = 0;
      }
    }
  }
  if (code != BARKER_OK) return plugin_error(code, error);
  struct Released {
    const barker_explain& explain;
    const barker_string& text;
    ~Released() { explain.release(text); }
  } const released{*explain_, text};
  if (text.size > 0) json.assign(text.data, text.size);  // NULL where there was no memory for it
  return {};
}

Status Session::learn(std::span<const barker_shown> shown, std::string& state) {
  if (!can_learn()) {
    return invalid_argument("this plugin keeps no users' states: it lacks " BARKER_EXT_LEARN);
  }
  point_request_to_parts();
  barker_request request = request_;
  request.ads = nullptr;
  request.ad_count = request.catalogue = 0;
  char error[BARKER_ERROR_SIZE] = "";
  std::string after(state.size(), '\0');
  for (int attempt = 1;; ++attempt) {
    uint64_t size = 0;
    const int32_t code =
        learn_->update(plugin_, &request, shown.data(), shown.size(), sizeof(barker_shown),
                       after.data(), after.size(), &size, error);
    const bool is_too_small = code == BARKER_E_TOO_SMALL && attempt < kMostAttempts;
    if (code != BARKER_OK && !is_too_small) return plugin_error(code, error);
    after.resize(size);
    if (code == BARKER_OK) break;
  }
  const bool is_of_request = request_.user_state == state.data();
  state = std::move(after);
  if (is_of_request) set_user_state(state);
  return {};
}

AnsweredAd Session::answer(size_t rank) const {
  const barker_result_ad& result = results_[rank];
  return {.index = result.ad,
          .ad = element(request_.ads, request_.ad_stride, result.ad),
          .title = {text_.data() + result.title_offset, result.title_size},
          .score = result.score,
          .pctr = result.pctr,
          .rescored = result.rescored != 0,
          .bad = (result.flags & BARKER_RESULT_BAD_AD) != 0,
          .chosen = {result.chosen, result.chosen_count},
          // Plugins before 1.5 do not say it.
          .propensity = result.struct_size >= sizeof result ? result.propensity : NAN};
}

const char* Session::status() const { return status_name(response_.status); }
const char* Session::reason() const { return reason_name(response_.reason); }

std::string_view Session::weights_digest() const {
  if (response_.generation == 0 || !canary_) return {};
  const auto known = [this]() -> const KnownWeights* {
    for (const KnownWeights& weights : known_weights_) {
      if (weights.generation == response_.generation) return &weights;
    }
    return nullptr;
  };
  if (!known()) {
    for (const int32_t role : {BARKER_ROLE_SERVING, BARKER_ROLE_CANARY}) {
      barker_generation_stats stats{};
      stats.struct_size = sizeof stats;
      const bool is_there = canary_->read_generation(plugin_, role, &stats) == BARKER_OK;
      known_weights_[static_cast<size_t>(role)] = {is_there ? stats.generation : 0, stats.digest};
    }
  }
  const KnownWeights* const weights = known();
  return weights ? std::string_view(weights->digest) : std::string_view();
}

}  // namespace barker
