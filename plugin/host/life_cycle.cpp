#include "plugin/host/life_cycle.h"

#include "plugin/host/life_cycle_parts.h"

namespace barker {

LifeCycle::LifeCycle(const barker_api& api, barker_plugin* plugin, Watched watched)
    : parts_(std::make_unique<Parts>(api, plugin, watched)) {}

LifeCycle::~LifeCycle() = default;

Status LifeCycle::start() {
  if (Status s = parts_->rules.look(); !s.ok()) return s;
  if (Status s = parts_->weights.start(); !s.ok()) return s;
  // After the weights, which must have what the experiments need.
  if (Status s = parts_->experiments.look(); !s.ok()) return s;
  parts_->canary.look();
  return {};
}

// What is on probation is judged first, so that weights which fail are taken back before others
// replace them. The results are dropped: each failure was reported as an event, and what served
// before it goes on serving.
void LifeCycle::look() {
  const bool is_due = parts_->follows_weights || parts_->is_asked;
  parts_->weights.look_at_probation();
  parts_->canary.look_at_probation();
  (void)parts_->rules.look();
  if (is_due || parts_->weights.are_waiting()) (void)parts_->weights.look();
  (void)parts_->experiments.look();
  if (is_due) parts_->canary.look();
  parts_->is_asked = false;  // after what may have run out of memory, which is then looked at again
  parts_->canary.compare();
}

void LifeCycle::retry() {
  parts_->is_asked = true;
  parts_->rules.try_again();
  parts_->experiments.try_again();
  parts_->weights.try_again();
  parts_->canary.try_again();
}

bool LifeCycle::has_canary() const { return parts_->canary.is_running(); }

bool LifeCycle::are_rules_refused() const { return parts_->rules.is_refused(); }

bool LifeCycle::are_experiments_refused() const { return parts_->experiments.is_refused(); }

uint64_t LifeCycle::unreadable() const {
  return parts_->weights.unreadable() + parts_->canary.unreadable();
}

}  // namespace barker
