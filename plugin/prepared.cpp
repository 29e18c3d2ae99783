#include "plugin/prepared.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <utility>

#include "models/text/keywords.h"
#include "models/weights/vocabulary.h"
#include "plugin/plugin.h"
#include "plugin/query.h"

namespace barker {
namespace {

Workspace& workspace_of(const WorkspacePool::Lease& lease, const Serving& serving,
                        const RuledGeneration& weights) {
  Workspace* const workspace = lease.workspace_for(serving, weights);
  if (!workspace) throw std::bad_alloc();
  return *workspace;
}

}  // namespace

PreparedQuery::PreparedQuery(Plugin& plugin, const Serving& serving, WorkspacePool::Lease lease,
                             const CheckedRequest& request)
    : plugin_(plugin),
      serving_(serving),
      treatment_(plugin.treatment_of(request.request, *serving_.experiments)),
      weights_(serving_.weights_for(view(request.request.user), treatment_.policy.weights)),
      lease_(std::move(lease)),
      workspace_(workspace_of(lease_, serving_, weights_)),
      request_(request),
      basis_{plugin.config(), &weights_, serving_.rules.get(), treatment_} {
  if (reason_not_to_run(basis_) == BARKER_REASON_NONE) {
    // Where this ends at the deadline, each ad is bypassed, for the deadline is as past for it.
    (void)Query(request_, basis_, workspace_, total_).set_context();
  }
  // What the caller's texts say is in the workspace now; they may go. The name of the surface is
  // the configuration's own from here on, and an unknown one was counted.
  const WidthProfile* const profile = plugin.config().profile(view(request.request.surface));
  const uint64_t deadline_ns = request.request.deadline_ns, catalogue = request.request.catalogue;
  request_ = {};
  request_.request.struct_size = sizeof request_.request;
  request_.request.deadline_ns = deadline_ns;
  request_.request.window = 1;
  request_.request.catalogue = catalogue;
  if (profile) request_.request.surface = {profile->name.data(), profile->name.size()};
}

PreparedQuery::~PreparedQuery() {
  const uint64_t ads = answered_ + bypassed_;
  if (ads == 0 && read_keywords_) return;
  if (ads == 0) total_.reason = BARKER_REASON_NO_ADS;
  if (answered_ == 0) {
    total_.status = BARKER_STATUS_BYPASSED;
  } else if (bypassed_ > 0) {
    total_.status = BARKER_STATUS_PARTIAL;
  }
  plugin_.count_query(total_, &weights_);
}

bool PreparedQuery::score(barker_response& response) {
  Answer& answer = workspace_.answer;
  CheckedRequest request = request_;
  if (request.request.catalogue != 0) {
    workspace_.completed.complete(request, *serving_.catalogues, weights_.catalogues.get(), 1);
  }
  // The ad is the caller's, and may be gone when the query is asked again.
  request_.request.ads = nullptr;
  request_.request.ad_count = 0;
  answer_query(request, basis_, &workspace_, answer, Context::kSet);
  if (!deliver(answer, plugin_.host_minor(), response)) return false;
  add_to_total(answer);
  return true;
}

void PreparedQuery::attraction(std::span<const std::string_view> keywords, double* probabilities) {
  read_keywords_ = true;
  std::fill_n(probabilities, keywords.size(), NAN);
  if (reason_not_to_run(basis_) != BARKER_REASON_NONE) return;
  Answer uncounted;
  Query(request_, basis_, workspace_, uncounted).score_keywords(keywords, probabilities);
}

void PreparedQuery::judge(std::span<const std::string_view> keywords,
                          std::span<const std::string_view> categories, uint8_t* verdicts) {
  read_keywords_ = true;
  const Rules& rules = *serving_.rules;
  std::fill_n(verdicts, keywords.size(), rules.off ? 1 : 0);
  if (rules.off || !rules.forbid_names()) return;
  RuleMask applying = 0;
  for (size_t i = 0; i < keywords.size(); ++i) {
    // The features of an ad come one after the other.
    const bool is_same = i > 0 && categories[i].data() == categories[i - 1].data() &&
                         categories[i].size() == categories[i - 1].size();
    if (!is_same) applying = rules.of_category(categories[i]);
    if (is_forbidden(keywords[i], applying)) verdicts[i] = 1;
  }
}

bool PreparedQuery::is_forbidden(std::string_view keyword, RuleMask applying) const {
  const Fingerprint name = keyword_fingerprint(keyword);
  const Generation* const g = weights_.generation.get();
  const uint32_t row = g ? g->file->vocabulary().find(name) : kUnknownRow;
  const bool is_known = g && row < g->network().keyword_rows;
  return is_known ? weights_.forbids(row, applying)
                  : serving_.rules->forbids_unseen(name, applying);
}

void PreparedQuery::add_to_total(const Answer& answer) {
  ++(answer.is_bypass() ? bypassed_ : answered_);
  if (!answer.is_bypass() && total_.status != BARKER_STATUS_PARTIAL) total_.status = answer.status;
  if (answer.reason != BARKER_REASON_NONE) total_.reason = answer.reason;
  total_.generation = answer.generation;
  total_.bad_ads += answer.bad_ads;
  total_.map_ns += answer.map_ns;
  total_.score_ns += answer.score_ns;
  total_.choose_ns += answer.choose_ns;
  total_.rewrite_ns += answer.rewrite_ns;
  total_.counts.add(answer.counts);
}

}  // namespace barker
