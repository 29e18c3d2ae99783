#include "plugin/explain.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "models/text/text.h"
#include "models/weights/vocabulary.h"
#include "plugin/request.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kChosen:
      return "chosen";
    case Verdict::kPromoted:
      return "promoted";
    case Verdict::kUnknown:
      return "unknown to the model";
    case Verdict::kForbidden:
      return "forbidden by a rule";
    case Verdict::kBelowMinimum:
      return "below the minimum score";
    case Verdict::kInTitle:
      return "stands in the title";
    case Verdict::kNearDuplicate:
      return "near-duplicate of a chosen one";
    case Verdict::kRepeated:
      return "repeated";
    case Verdict::kNotAmongBest:
      return "not among the best";
  }
  return "?";
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

const char* status_name(int32_t status) {
  switch (status) {
    case BARKER_STATUS_RESCORED:
      return "rescored";
    case BARKER_STATUS_PARTIAL:
      return "partial";
    default:
      return "bypassed";
  }
}

// In the words of the hosts (plugin/host/names.h), which may show both for one answer.
const char* reason_name(int32_t reason) {
  switch (reason) {
    case BARKER_REASON_DEADLINE:
      return "deadline";
    case BARKER_REASON_NO_WEIGHTS:
      return "no weights";
    case BARKER_REASON_DISABLED:
      return "disabled";
    case BARKER_REASON_NON_FINITE:
      return "non-finite score";
    case BARKER_REASON_NO_ADS:
      return "no ads";
    default:
      return "internal";
  }
}

// The parts of one explanation.
class Explanation {
 public:
  Explanation(const CheckedRequest& request, const Basis& basis, Workspace& workspace)
      : request_(request.request),
        config_(basis.config),
        rules_(*basis.rules),
        g_(*basis.weights->generation),
        w_(workspace) {}

  Json query_keywords() const {
    Json out = Json::array();
    for (const Keyword& keyword : g_.splitter.split(view(request_.query))) {
      const bool is_known = g_.file->vocabulary().find(keyword.fingerprint) != kUnknownRow;
      out.push_back({{"text", keyword.text}, {"known", is_known}});
    }
    return out;
  }

  Json groups() const {
    Json out = Json::array();
    for (size_t i = 0; i < g_.network().groups.size(); ++i) {
      out.push_back({{"name", g_.network().groups[i].name}, {"known_tokens", w_.groups[i].count}});
    }
    return out;
  }

  // The ad at a rank of the window.
  Json ad(const barker_result_ad& result, uint64_t rank) const {
    const barker_ad ad = element(request_.ads, request_.ad_stride, result.ad);
    if ((result.flags & BARKER_RESULT_BAD_AD) != 0) {  // its texts cannot be trusted
      return {{"ad", result.ad}, {"bad_ad", true}};
    }
    Json out = {
        {"id", view(ad.id)},
        {"score", result.score},
        {"factors",
         {{"bid", ad.bid}, {"pctr", number(result.pctr)}, {"first_pass", ad.first_pass_score}}},
        {"opt_out", (ad.flags & BARKER_AD_OPT_OUT) != 0},
        {"merchant_off", rules_.is_merchant_off(view(ad.merchant))}};
    const Range& range = w_.candidate_ranges[result.ad];
    if (range.size() > 0) out["selling_points"] = selling_points(ad, result, rank);
    if (g_.network().has_auxiliary && w_.titles[result.ad].count > 0) {
      out["attention"] = attention(w_.titles[result.ad]);
    }
    return out;
  }

 private:
  Json selling_points(const barker_ad& ad, const barker_result_ad& result, uint64_t rank) const {
    Json out = Json::array();
    const Range& range = w_.candidate_ranges[result.ad];
    const bool is_late = rank >= w_.titles_in_time;
    std::vector<Verdict> verdicts(range.size());
    uint32_t chosen[BARKER_MAX_SELLING_POINTS];
    choose_selling_points({w_.candidates.data() + range.begin, range.size()}, config_.choose,
                          {g_.packed.kernels(), g_.network().embedding}, chosen, verdicts.data());
    for (size_t i = 0; i < range.size(); ++i) {
      const Candidate& c = w_.candidates[range.begin + i];
      const std::string_view text =
          view(element(ad.selling_points, ad.selling_point_stride, i).text);
      const char* verdict = verdict_in_title(result, i);
      if (!verdict && is_late) verdict = verdict_past_deadline(c, verdicts[i]);
      if (!verdict) verdict = verdict_out_of_title(text, verdicts[i]);
      out.push_back({{"text", text},
                     {"score", c.row == kUnknownRow ? Json(nullptr)
                                                    : number(1 / (1 + std::exp(-double{c.logit})))},
                     {"verdict", verdict}});
    }
    return out;
  }

  // Of a selling point that stands in the result's title; null: it does not.
  static const char* verdict_in_title(const barker_result_ad& result, size_t index) {
    const auto* const end = result.chosen + result.chosen_count;
    const auto* const found =
        std::find_if(result.chosen, end, [&](const auto& c) { return c.index == index; });
    if (found == end) return nullptr;
    return verdict_name(found->promoted ? Verdict::kPromoted : Verdict::kChosen);
  }

  // Of an ad that the deadline left with its own title: what depends on scores that were missing or
  // on a choice that was not made is put down to the deadline. Null: `verdict` stands all the same.
  static const char* verdict_past_deadline(const Candidate& candidate, Verdict verdict) {
    const bool is_scored = !std::isnan(candidate.logit) && !candidate.screened;
    const bool stands = verdict == Verdict::kUnknown || verdict == Verdict::kForbidden ||
                        verdict == Verdict::kInTitle ||
                        (verdict == Verdict::kBelowMinimum && is_scored);
    return stands ? nullptr : "past the deadline";
  }

  // Of a selling point that was chosen or not, and does not stand in the title.
  static const char* verdict_out_of_title(std::string_view text, Verdict verdict) {
    if (verdict != Verdict::kChosen && verdict != Verdict::kPromoted) return verdict_name(verdict);
    const bool is_blank = visible(text).find_first_not_of(' ') == std::string::npos;
    return is_blank ? "nothing of it can be seen" : "did not fit";
  }

  Json attention(const Bag& title) const {
    Json out = Json::array();
    std::vector<float> weights(title.count);
    float logit;
    w_.forward.score_titles({&title, 1}, &logit, weights.data(), Exactness::kExact);
    for (size_t t = 0; t < title.count; ++t) {
      out.push_back(
          {{"keyword", g_.file->vocabulary().text(title.rows[t])}, {"weight", weights[t]}});
    }
    return out;
  }

  const barker_request& request_;
  const Config& config_;
  const Rules& rules_;
  const Generation& g_;
  Workspace& w_;
};

}  // namespace

std::string explain_answer(const CheckedRequest& request, const Basis& basis, Workspace* workspace,
                           const Answer& answer) {
  // Made an object, and its lists arrays, before anything is put in: a value of null that becomes one
  // of them where there is no memory for it crashes when it is destroyed (nlohmann 3.11).
  Json out = Json::object();
  if (answer.generation != 0) {
    out["generation"] = answer.generation;
    out["model"] = basis.weights->generation->file->path();
  }
  out["status"] = status_name(answer.status);
  if (answer.is_bypass()) out["reason"] = reason_name(answer.reason);
  if (answer.generation != 0 && workspace) {
    const Explanation explanation(request, basis, *workspace);
    if (Json keywords = explanation.query_keywords(); !keywords.empty()) {
      out["query_keywords"] = std::move(keywords);
    }
    if (!answer.is_bypass()) {
      if (Json groups = explanation.groups(); !groups.empty()) out["groups"] = std::move(groups);
      Json ads = Json::array();
      for (uint64_t rank = 0; rank < answer.ads.size(); ++rank) {
        const barker_result_ad& result = answer.ads[rank];
        const bool is_bad = (result.flags & BARKER_RESULT_BAD_AD) != 0;
        if (result.rescored || (is_bad && result.ad < workspace->candidate_ranges.size())) {
          ads.push_back(explanation.ad(result, rank));
        }
      }
      if (!ads.empty()) out["ads"] = std::move(ads);
    }
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace barker
