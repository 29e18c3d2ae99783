#include "plugin/answer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <exception>

#include "plugin/query.h"
#include "plugin/rewrite.h"
#include "plugin/workspace.h"

namespace barker {
namespace {

// First-pass order, original titles (cleaned and escaped as all output is).
void bypass(const CheckedRequest& checked, const Basis& basis, Answer& answer) {
  const Config& config = basis.config;
  // What failed or came too late might have been drawn.
  const bool is_unknown =
      basis.treatment.policy.draws() &&
      (answer.reason == BARKER_REASON_DEADLINE || answer.reason == BARKER_REASON_INTERNAL ||
       answer.reason == BARKER_REASON_NON_FINITE);
  const barker_request& request = checked.request;
  answer.status = BARKER_STATUS_BYPASSED;
  answer.counts = {};
  answer.text.clear();
  answer.ads.resize(request.ad_count);
  for (uint64_t i = 0; i < request.ad_count; ++i) {
    const barker_ad ad = element(request.ads, request.ad_stride, i);
    const bool is_bad = checked.bad_ads > 0 && is_bad_ad(ad);
    barker_result_ad& out = answer.ads[i];
    out = {};
    out.ad = i;
    out.score = ad.first_pass_score;
    out.pctr = NAN;
    out.propensity = is_unknown ? NAN : 1;
    out.flags = is_bad ? BARKER_RESULT_BAD_AD : 0;
    out.title_offset = answer.text.size();
    rewrite_title(is_bad ? title_of_bad_ad(ad) : view(ad.title), {}, config.untouched_title,
                  answer.text, nullptr, &answer.counts.invalid_utf8);
    out.title_size = answer.text.size() - out.title_offset;
  }
}

}  // namespace

void Answer::clear() {
  status = BARKER_STATUS_BYPASSED;
  reason = BARKER_REASON_NONE;
  generation = bad_ads = map_ns = score_ns = choose_ns = rewrite_ns = 0;
  assignment = {};
  is_explored = false;
  counts = {};
  ads.clear();
  text.clear();
}

int32_t reason_not_to_run(const Basis& basis) {
  if (!basis.config.enabled || (basis.rules && basis.rules->off)) return BARKER_REASON_DISABLED;
  if (!basis.weights) return BARKER_REASON_INTERNAL;
  if (!basis.weights->generation) return BARKER_REASON_NO_WEIGHTS;
  return BARKER_REASON_NONE;
}

void answer_query(const CheckedRequest& request, const Basis& basis, Workspace* workspace,
                  Answer& answer, Context context) {
  answer.clear();
  answer.bad_ads = request.bad_ads;
  answer.assignment = basis.treatment.assignment;
  answer.reason = reason_not_to_run(basis);
  if (answer.reason == BARKER_REASON_NONE && request.request.ad_count == 0) {
    answer.reason = BARKER_REASON_NO_ADS;
  }
  if (answer.reason != BARKER_REASON_NONE) return bypass(request, basis, answer);
  answer.generation = basis.weights->id();
  if (!workspace) {
    answer.reason = BARKER_REASON_INTERNAL;
    return bypass(request, basis, answer);
  }
  bool is_answered = false;
  try {
    Query query(request, basis, *workspace, answer);
    is_answered = (context == Context::kSet || query.set_context()) && query.answer_ads();
  } catch (const std::exception&) {  // out of memory: the page must not be empty for it
    answer.reason = BARKER_REASON_INTERNAL;
  }
  if (is_answered) return;
  answer.is_explored = false;
  bypass(request, basis, answer);
}

bool deliver(const Answer& answer, uint32_t host_minor, barker_response& response) {
  response.text_size = answer.text.size();
  if (answer.text.size() > response.text_capacity) return false;
  std::copy(answer.text.begin(), answer.text.end(), response.text);
  const uint64_t room = std::min<uint64_t>(response.ad_stride, sizeof(barker_result_ad));
  for (size_t rank = 0; rank < answer.ads.size(); ++rank) {
    // Before 1.2 the host said for each result how large it is, and may keep something behind it.
    const uint64_t size =
        host_minor >= kMinorOfWholeStrides
            ? room
            : std::min(room, struct_size_at(response.ads, response.ad_stride, rank));
    auto* const to = reinterpret_cast<unsigned char*>(response.ads) + response.ad_stride * rank;
    if (size == sizeof(barker_result_ad)) {
      std::memcpy(to, &answer.ads[rank], sizeof(barker_result_ad));  // of a constant size: no call
    } else {
      std::memcpy(to, &answer.ads[rank], size);
    }
    std::memcpy(to, &size, sizeof size);  // struct_size, the first member
  }
  response.ad_count = answer.ads.size();
  response.status = answer.status;
  response.reason = answer.reason;
  response.generation = answer.generation;
  response.map_ns = answer.map_ns;
  response.score_ns = answer.score_ns;
  response.choose_ns = answer.choose_ns;
  response.rewrite_ns = answer.rewrite_ns;
  response.bad_ads = answer.bad_ads;
  response.arm_count = answer.assignment.count;
  response.explored = answer.is_explored;
  for (uint32_t i = 0; i < BARKER_MAX_ARMS; ++i) {
    const Arm* const arm = answer.assignment.arms[i];
    response.arms[i] = arm ? arm->label : barker_arm{};
    response.arm_policies[i] = arm ? arm->policy : 0;
  }
  return true;
}

uint64_t largest_text(const CheckedRequest& checked, const Config& config, uint32_t most_points) {
  const barker_request& request = checked.request;
  // The longest that a byte becomes: a quotation mark is "&quot;" in HTML, an invalid byte U+FFFD,
  // which is three bytes, in all formats.
  const uint64_t growth = config.title.format == TitleFormat::kHtml ? 6 : 3;
  const bool isolates =
      config.title.format == TitleFormat::kHtml && config.title.page != PageDirection::kUnknown;
  const uint64_t isolating = isolates ? kIsolateOpen.size() + kIsolateClose.size() : 0;
  const uint64_t around_point = isolating + config.title.open.size() + config.title.close.size() +
                                growth * config.title.separator.size();
  uint64_t bound = 0;
  for (uint64_t i = 0; i < request.ad_count; ++i) {
    const barker_ad ad = element(request.ads, request.ad_stride, i);
    if (checked.bad_ads > 0 && is_bad_ad(ad)) {
      bound += growth * title_of_bad_ad(ad).size() + isolating;
      continue;
    }
    uint64_t longest = 0;
    for (uint64_t p = 0; p < ad.selling_point_count; ++p) {
      const auto point = element(ad.selling_points, ad.selling_point_stride, p);
      longest = std::max(longest, point.text.size);
    }
    const uint64_t points = std::min<uint64_t>(most_points, ad.selling_point_count);
    bound += growth * (ad.title.size + config.title.ellipsis.size()) + isolating +
             points * (growth * longest + around_point);
  }
  return bound;
}

}  // namespace barker
