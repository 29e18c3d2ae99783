// The answers of a LifeCycle to its administrator.
#include <charconv>
#include <optional>
#include <sstream>
#include <utility>

#include "plugin/host/life_cycle.h"
#include "plugin/host/life_cycle_parts.h"

namespace barker {
namespace {

std::string error_line(const std::string& message) { return line_of({{"error", message}}); }

Json shares_as_json(const std::optional<Control::Shares>& shares) {
  return shares ? Json{{"served", shares->served}, {"compared", shares->compared}} : Json(nullptr);
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

std::string status_line(const Control& control, const WeightsCycle& weights,
                        const CanaryCycle& canary, const FollowedText& rules,
                        const FollowedText& experiments) {
  const barker_stats all = control.stats();
  return line_of({{"serving", describe(control.stats_of(BARKER_ROLE_SERVING))},
                  {"canary", describe(control.stats_of(BARKER_ROLE_CANARY))},
                  {"shares", shares_as_json(canary.shares())},
                  {"agreement", describe(control.agreement())},
                  {"queries", all.queries},
                  {"rescored", all.rescored},
                  {"partial", all.partial},
                  {"bypassed", all.bypassed},
                  {"errors", all.errors},
                  {"titles_rewritten", all.titles_rewritten},
                  {"loads", all.loads},
                  {"loads_refused", all.loads_refused + weights.unreadable() + canary.unreadable()},
                  {"screen_violations", all.screen_violations},
                  {"weights_refused", weights.are_refused()},
                  {"weights_rolled_back", weights.were_rolled_back()},
                  {"rules_refused", rules.is_refused()},
                  {"experiments_refused", experiments.is_refused()},
                  {"weights_fault", text_or_null(weights.fault())},
                  {"canary_fault", text_or_null(canary.fault())},
                  {"rules_fault", text_or_null(rules.fault())},
                  {"experiments_fault", text_or_null(experiments.fault())}});
}

// A number with a decimal point, whatever the locale of the process says.
std::optional<double> parse_number(const std::string& text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const std::from_chars_result parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

std::string set_shares(CanaryCycle& canary, const LifeCycleLog& log, const std::string& served,
                       const std::string& compared) {
  Control::Shares shares;
  for (const auto& [text, share] :
       {std::pair(&served, &shares.served), {&compared, &shares.compared}}) {
    const std::optional<double> number = parse_number(*text);
    if (!number) return error_line("shares: expected a number, found \"" + *text + "\"");
    *share = *number;
  }
  if (const Status s = canary.set_shares(shares); !s.ok()) return error_line(s.message());
  return log.tell({{"event", "shares"}, {"served", shares.served}, {"compared", shares.compared}});
}

}  // namespace

std::string LifeCycle::answer(const std::string& command) {
  std::istringstream words(command);
  std::string name, first, second, more;
  words >> name >> first >> second;
  const bool too_many = static_cast<bool>(words >> more);
  if (name == "shares" && !second.empty() && !too_many) {
    return set_shares(parts_->canary, parts_->log, first, second);
  }
  if (name == "rollback" && first.empty()) {
    const Result<std::string> event = parts_->weights.roll_back();
    return event.ok() ? *event : error_line(event.status().message());
  }
  const bool is_alone = first.empty();
  if (name == "reload" && first == "rules" && second.empty()) {
    if (!parts_->rules.is_followed()) return error_line("there is no file of rules");
    parts_->rules.try_again();
    (void)parts_->rules.look();  // the status says how it went
    return answer("status");
  }
  if (name == "reload" && first == "weights" && second.empty()) {
    return parts_->weights.has_path() ? answer("reload") : error_line("there are no weights");
  }
  if (name == "reload" && is_alone) retry();
  if (name == "look" && is_alone) parts_->is_asked = true;
  if ((name == "reload" || name == "look") && is_alone) look();
  if ((name == "reload" || name == "look" || name == "status") && is_alone) {
    return status_line(parts_->control, parts_->weights, parts_->canary, parts_->rules,
                       parts_->experiments);
  }
  return error_line("expected status, look, reload, rollback or shares SERVED COMPARED, found \"" +
                    command + "\"");
}

}  // namespace barker
