// The extension barker.explain/1: the same mathematics as a query, told instead of used.

#include <cmath>
#include <nlohmann/json.hpp>

#include "models/weights/vocabulary.h"
#include "plugin/plugin.h"
#include "plugin/query.h"
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

}  // namespace

std::string Plugin::explain(const barker_request& request) {
  // A real run fills the workspace; what it left there is what is told.
  std::vector<barker_result_ad> results(std::max<uint64_t>(1, request.ad_count));
  for (barker_result_ad& result : results) result.struct_size = sizeof result;
  barker_response response{};
  response.struct_size = sizeof response;
  response.ads = results.data();
  response.ad_capacity = results.size();
  response.ad_stride = sizeof results[0];

  const WorkspacePool::Lease lease = workspaces_.take(current_);
  Json out;
  const char* reason = !config_.enabled || (lease && lease.serving().rules->off)
                           ? "everything is off"
                       : !lease                              ? "too many queries"
                       : !lease.serving().weights.generation ? "no weights"
                                                             : nullptr;
  if (reason) return Json{{"status", "bypassed"}, {"reason", reason}}.dump();
  const RuledGeneration& weights = lease.serving().weights_for(view(request.user));
  const Generation& g = *weights.generation;
  Workspace& w = lease.workspace_for(weights);
  Counters unused;  // what is explained is not served
  const bool answered =
      Query(request, response, config_, weights, *lease.serving().rules, w, unused, /*exact=*/true)
          .run();
  out["generation"] = g.id;
  out["model"] = g.file->path();
  out["status"] = !answered                                  ? "bypassed"
                  : response.status == BARKER_STATUS_PARTIAL ? "partial"
                                                             : "rescored";
  for (const Keyword& keyword : g.splitter.split(view(request.query))) {
    out["query_keywords"].push_back(
        {{"text", keyword.text},
         {"known", g.file->vocabulary().find(keyword.fingerprint) != kUnknownRow}});
  }
  for (size_t i = 0; i < g.network().groups.size() && answered; ++i) {
    out["groups"].push_back(
        {{"name", g.network().groups[i].name}, {"known_tokens", w.groups[i].count}});
  }
  for (uint64_t rank = 0; rank < request.ad_count && answered; ++rank) {
    const barker_result_ad& result = results[rank];
    if (!result.rescored) break;
    const barker_ad ad = element(request.ads, request.ad_stride, result.ad);
    Json entry = {
        {"id", view(ad.id)},
        {"score", result.score},
        {"factors",
         {{"bid", ad.bid}, {"pctr", number(result.pctr)}, {"first_pass", ad.first_pass_score}}},
        {"opt_out", (ad.flags & BARKER_AD_OPT_OUT) != 0},
        {"merchant_off", lease.serving().rules->is_merchant_off(view(ad.merchant))}};
    const size_t begin = w.candidate_begin[result.ad];
    const size_t count = w.candidate_begin[result.ad + 1] - begin;
    std::vector<Verdict> verdicts(count);
    uint32_t chosen[BARKER_MAX_SELLING_POINTS];
    choose_selling_points({w.candidates.data() + begin, count}, config_.choose,
                          {g.packed.kernels(), g.network().embedding}, chosen, verdicts.data());
    for (size_t i = 0; i < count; ++i) {
      const Candidate& c = w.candidates[begin + i];
      entry["selling_points"].push_back(
          {{"text", view(element(ad.selling_points, ad.selling_point_stride, i).text)},
           {"score",
            c.row == kUnknownRow ? Json(nullptr) : number(1 / (1 + std::exp(-double{c.logit})))},
           {"verdict", verdict_name(verdicts[i])}});
    }
    if (g.network().has_auxiliary) {
      const Bag& title = w.titles[result.ad];
      std::vector<float> attention(title.count);
      float logit;
      w.forward.score_titles({&title, 1}, &logit, attention.data(), Exactness::kExact);
      for (size_t t = 0; t < title.count; ++t) {
        entry["attention"].push_back(
            {{"keyword", g.file->vocabulary().text(title.rows[t])}, {"weight", attention[t]}});
      }
    }
    out["ads"].push_back(std::move(entry));
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace barker
