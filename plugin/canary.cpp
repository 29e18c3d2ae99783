// The control calls of a canary, which is a second generation beside the one that serves, and the
// comparison of both.

#include <utility>

#include "models/base/number_text.h"
#include "plugin/plugin.h"

namespace barker {
namespace {

Status no_canary() { return {Code::kFailedPrecondition, "there is no canary"}; }

}  // namespace

Result<uint64_t> Plugin::start_canary(const std::string& path) {
  if (!serving_->weights.generation) {
    return Status(Code::kFailedPrecondition, "there are no weights beside which a canary could be");
  }
  Result<RuledGeneration> loaded = prepare(path);
  if (!loaded.ok()) return loaded.status();
  Serving next = *serving_;
  next.canary = std::move(*loaded);
  serve(std::move(next));
  return count_load(serving_->canary, "is the canary");
}

Result<uint64_t> Plugin::promote_canary() {
  if (!serving_->canary.generation) return no_canary();
  previous_ = serve_canary();
  return tell_promotion();
}

Result<uint64_t> Plugin::replace_by_canary() {
  if (!serving_->canary.generation) return no_canary();
  serve_canary();
  return tell_promotion();
}

// Serves other weights and returns those that served before.
RuledGeneration Plugin::serve_canary() {
  Serving next = *serving_;
  RuledGeneration before = std::exchange(next.weights, std::exchange(next.canary, no_weights()));
  serve(std::move(next));
  return before;
}

uint64_t Plugin::tell_promotion() const {
  const uint64_t id = serving_->weights.generation->id;
  log(BARKER_LOG_INFO, {"canary promoted: generation ", std::to_string(id), " serves"});
  return id;
}

Status Plugin::stop_canary() {
  if (!serving_->canary.generation) return no_canary();
  const uint64_t id = serving_->canary.generation->id;
  Serving next = *serving_;
  next.canary = no_weights();
  serve(std::move(next));
  log(BARKER_LOG_INFO, {"canary stopped: generation ", std::to_string(id)});
  return {};
}

Status Plugin::set_canary_shares(double served, double compared) {
  for (const double share : {served, compared}) {
    if (!(share >= 0 && share <= 1)) {
      return invalid_argument("share: expected 0 to 1, found " + number_text(share));
    }
  }
  Serving next = *serving_;
  next.shares.served = served;
  next.shares.compared = compared;
  serve(std::move(next));
  return {};
}

uint64_t Plugin::compare(uint64_t at_most) {
  uint64_t compared = 0;
  const auto ask_both = [&](const barker_request& request) {
    const Pins::Pin pin = pins_.take(current_);
    if (!pin || !pin->canary.generation) return recordings_.drop();
    comparison_.add(request, *pin, workspaces_.take(), config_);
    ++compared;
  };
  for (uint64_t i = 0; i < at_most && recordings_.take(ask_both); ++i) {
  }
  return compared;
}

void Plugin::read_agreement(barker_agreement& agreement) const {
  comparison_.read_agreement(serving_id_, canary_id_, agreement);
  agreement.sampled = recordings_.offered();
  agreement.dropped = recordings_.dropped();
}

}  // namespace barker
