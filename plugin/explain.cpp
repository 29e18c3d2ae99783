#include "plugin/explain.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "models/base/logistic.h"
#include "models/text/text.h"
#include "models/weights/vocabulary.h"
#include "plugin/json_writer.h"
#include "plugin/request.h"
#include "plugin/title_text.h"

namespace barker {
namespace {

constexpr const char* kStaysInTitle = "stands in the title and cannot leave it";

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

// Writes the parts of one explanation.
class Explanation {
 public:
  Explanation(const CheckedRequest& request, const Basis& basis, Workspace& workspace,
              const Answer& answer, JsonWriter& out)
      : request_(request.request),
        choice_(basis.treatment.policy.choice(answer.is_explored)),
        profile_(basis.config.profile(view(request_.surface))),
        rules_(*basis.rules),
        g_(*basis.weights->generation),
        w_(workspace),
        out_(out) {}

  void write_query_keywords() const {
    const std::vector<Keyword> keywords = g_.splitter.split(view(request_.query));
    if (keywords.empty()) return;
    out_.key("query_keywords");
    out_.begin_array();
    for (const Keyword& keyword : keywords) {
      out_.begin_object();
      out_.member("text", std::string_view(keyword.text));
      out_.member("known", g_.file->vocabulary().find(keyword.fingerprint) != kUnknownRow);
      out_.end_object();
    }
    out_.end_array();
  }

  void write_groups() const {
    const auto& groups = g_.network().groups;
    if (groups.size() == 0) return;
    out_.key("groups");
    out_.begin_array();
    for (size_t i = 0; i < groups.size(); ++i) {
      out_.begin_object();
      out_.member("name", std::string_view(groups[i].name));
      out_.member("known_tokens", uint64_t{w_.groups[i].count});
      out_.end_object();
    }
    out_.end_array();
  }

  void write_surface() const {
    if (request_.surface.size == 0) return;
    out_.key("surface");
    out_.begin_object();
    out_.member("name", view(request_.surface));
    out_.member("known", profile_ != nullptr);
    out_.end_object();
  }

  void write_user_state(const QueryCounts& counts) const {
    if (request_.user_state_size == 0) return;
    out_.member("user_state", std::string_view(counts.user_states > 0           ? "used"
                                               : counts.user_states_damaged > 0 ? "damaged"
                                                                                : "other tower"));
  }

  void write_ads(const Answer& answer) const {
    bool is_open = false;
    for (uint64_t rank = 0; rank < answer.ads.size(); ++rank) {
      const barker_result_ad& result = answer.ads[rank];
      const bool is_bad = (result.flags & BARKER_RESULT_BAD_AD) != 0;
      if (!result.rescored && !(is_bad && result.ad < w_.candidate_ranges.size())) continue;
      if (!is_open) {
        out_.key("ads");
        out_.begin_array();
        is_open = true;
      }
      out_.begin_object();
      if (is_bad) {
        write_bad_ad(result);
      } else {
        write_ad(result, rank);
      }
      out_.end_object();
    }
    if (is_open) out_.end_array();
  }

 private:
  // Such an ad's texts cannot be trusted.
  void write_bad_ad(const barker_result_ad& result) const {
    out_.member("ad", uint64_t{result.ad});
    out_.member("bad_ad", true);
  }

  // The ad at a rank of the window.
  void write_ad(const barker_result_ad& result, uint64_t rank) const {
    const barker_ad ad = element(request_.ads, request_.ad_stride, result.ad);
    out_.member("id", view(ad.id));
    out_.member("score", result.score);
    out_.key("factors");
    out_.begin_object();
    out_.member("bid", ad.bid);
    out_.member("pctr", result.pctr);
    out_.member("first_pass", ad.first_pass_score);
    out_.end_object();
    out_.member("opt_out", (ad.flags & BARKER_AD_OPT_OUT) != 0);
    out_.member("merchant_off", rules_.is_merchant_off(view(ad.merchant)));
    if (w_.candidate_ranges[result.ad].size() > 0) write_selling_points(ad, result, rank);
    if (g_.network().has_auxiliary && w_.titles[result.ad].count > 0) {
      write_attention(w_.titles[result.ad]);
    }
  }

  void write_selling_points(const barker_ad& ad, const barker_result_ad& result,
                            uint64_t rank) const {
    const Range& range = w_.candidate_ranges[result.ad];
    const bool is_late = rank >= w_.titles_in_time;
    std::vector<Verdict> verdicts(range.size());
    uint32_t chosen[BARKER_MAX_SELLING_POINTS];
    choose_selling_points({w_.candidates.data() + range.begin, range.size()}, choice_,
                          {g_.packed.kernels(), g_.network().embedding}, chosen, verdicts.data());
    out_.key("selling_points");
    out_.begin_array();
    for (size_t i = 0; i < range.size(); ++i) {
      const Candidate& c = w_.candidates[range.begin + i];
      const std::string_view text =
          view(element(ad.selling_points, ad.selling_point_stride, i).text);
      const char* verdict = verdict_in_title(result, i);
      if (!verdict && is_late) verdict = verdict_past_deadline(c, verdicts[i]);
      if (!verdict && verdicts[i] == Verdict::kInTitle) verdict = verdict_of_title(ad, text);
      if (!verdict) verdict = verdict_not_placed(text, verdicts[i], range.begin + i);
      out_.begin_object();
      out_.member("text", text);
      out_.key("score");
      if (c.row == kUnknownRow && std::isnan(c.logit)) {
        out_.null();
      } else {
        out_.value(sigmoid(c.logit));
      }
      if (g_.network().matches_history() && c.row != kUnknownRow) {
        const HistoryMatch::Entry match = w_.forward.match_of(c.row);
        out_.member("history_share", double{match.share});
        out_.member("history_last", double{match.last});
      }
      if (c.deviation > 0) out_.member("deviation", double{c.deviation});
      out_.member("verdict", verdict);
      out_.end_object();
    }
    out_.end_array();
  }

  // Of a selling point that was put before the result's title; null: it was not.
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

  // Of a selling point that is not shown because of the merchant's title. Where it was found there
  // as a keyword, its words were not looked at yet.
  const char* verdict_of_title(const barker_ad& ad, std::string_view point) const {
    ComparisonText title, words;
    title.assign(view(ad.title), NormalForm::Origins::kForgotten);
    words.assign(point, NormalForm::Origins::kForgotten);
    if (place_in_title(title, words).kind == TitlePlace::kNegated) return "denied by the title";
    const bool promotes = choice_.duplicates == Duplicates::kPromote;
    return promotes ? kStaysInTitle : verdict_name(Verdict::kInTitle);
  }

  // Of a selling point that was chosen or not, and was not put before the title.
  const char* verdict_not_placed(std::string_view text, Verdict verdict, size_t candidate) const {
    if (verdict != Verdict::kChosen && verdict != Verdict::kPromoted) return verdict_name(verdict);
    // It could leave the title, but not together with those that were promoted before it.
    if (verdict == Verdict::kPromoted && w_.candidate_cuts[candidate].is_empty()) {
      return kStaysInTitle;
    }
    const bool is_blank = visible(text).find_first_not_of(' ') == std::string::npos;
    return is_blank ? "nothing of it can be seen" : "did not fit";
  }

  void write_attention(const Bag& title) const {
    std::vector<float> weights(title.count);
    float logit;
    w_.forward.score_titles({&title, 1}, &logit, weights.data(), Exactness::kExact);
    out_.key("attention");
    out_.begin_array();
    for (size_t t = 0; t < title.count; ++t) {
      out_.begin_object();
      out_.member("keyword", g_.file->vocabulary().text(title.rows[t]));
      out_.member("weight", double{weights[t]});
      out_.end_object();
    }
    out_.end_array();
  }

  const barker_request& request_;
  const ChoosePolicy choice_;
  const WidthProfile* const profile_;  // that the request names; null: none that is known
  const Rules& rules_;
  const Generation& g_;
  Workspace& w_;
  JsonWriter& out_;
};

}  // namespace

std::string explain_answer(const CheckedRequest& request, const Basis& basis, Workspace* workspace,
                           const Answer& answer) {
  JsonWriter out;
  out.begin_object();
  if (answer.generation != 0) {
    out.member("generation", uint64_t{answer.generation});
    out.member("model", std::string_view(basis.weights->generation->file->path()));
  }
  out.member("status", status_name(answer.status));
  if (answer.is_bypass()) out.member("reason", reason_name(answer.reason));
  if (answer.generation != 0 && workspace) {
    const Explanation explanation(request, basis, *workspace, answer, out);
    explanation.write_query_keywords();
    if (!answer.is_bypass()) {
      explanation.write_groups();
      explanation.write_surface();
      explanation.write_user_state(answer.counts);
      explanation.write_ads(answer);
    }
  }
  out.end_object();
  return out.text();
}

}  // namespace barker
