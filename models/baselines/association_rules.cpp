#include "models/baselines/association_rules.h"

#include <algorithm>
#include <cmath>

namespace barker {
namespace {

constexpr uint32_t kSupport = 8;  // users that a rule must hold for
constexpr double kLift = 1.3;     // how much likelier v must be than for any user

// An antecedent as a number. The second word is stored plus one, so that 0 means that there is
// none.
uint64_t one(uint32_t a) { return a; }
uint64_t two(uint32_t a, uint32_t b) { return (uint64_t{b} + 1) << 32 | a; }
bool has(uint64_t antecedent, uint32_t v) {
  return static_cast<uint32_t>(antecedent) == v || antecedent >> 32 == uint64_t{v} + 1;
}

// An antecedent and a consequent as one number. Keywords are below 2^21.
uint64_t mixed(uint64_t a, uint32_t v) {
  return (a & 0x1FFFFF) | (a >> 32 & 0x1FFFFF) << 21 | uint64_t{v & 0x1FFFFF} << 42;
}

// Calls visit(antecedent, sfs) for every antecedent that some clicks hold; sfs are the clicked SFs.
template <typename Visit>
void for_each_antecedent(const std::vector<UserClick>& clicks, Visit visit) {
  const std::vector<uint32_t> words = basket_of(clicks, false), sfs = basket_of(clicks, true);
  for (const uint32_t a : words) visit(one(a), sfs);
  for (size_t i = 0; i < sfs.size(); ++i) {
    for (size_t j = i + 1; j < sfs.size(); ++j) visit(two(sfs[i], sfs[j]), sfs);
  }
}

}  // namespace

double AssociationRules::Score::value() const { return log_lift / std::sqrt(fired + 5.0); }

AssociationRules::AssociationRules(const UserClicks& users) {
  const auto all = static_cast<double>(users.clicks.size());
  std::unordered_map<uint64_t, uint32_t> antecedent_count, together;
  std::unordered_map<uint32_t, uint32_t> consequent_count;
  std::unordered_map<uint64_t, std::vector<uint32_t>> consequents;
  for (const std::vector<UserClick>& clicks : users.clicks) {
    for (const uint32_t v : basket_of(clicks, true)) ++consequent_count[v];
    for_each_antecedent(clicks, [&](uint64_t a, const auto&) { ++antecedent_count[a]; });
  }
  for (const std::vector<UserClick>& clicks : users.clicks) {
    for_each_antecedent(clicks, [&](uint64_t a, const std::vector<uint32_t>& sfs) {
      if (antecedent_count[a] < kSupport) return;  // too rare for any rule
      for (const uint32_t v : sfs) {
        if (!has(a, v) && ++together[mixed(a, v)] == 1) consequents[a].push_back(v);
      }
    });
  }
  for (const auto& [a, vs] : consequents) {
    for (const uint32_t v : vs) {
      const double count = together[mixed(a, v)], from = antecedent_count[a];
      const double lift = count * all / (from * consequent_count[v]);
      if (count >= kSupport && lift > kLift) {
        rules_[a].push_back({v, std::log(lift), count / from});
      }
    }
  }
}

std::unordered_map<uint32_t, AssociationRules::Score> AssociationRules::fire(
    const std::vector<UserClick>& clicks) const {
  std::unordered_map<uint32_t, Score> scores;
  for_each_antecedent(clicks, [&](uint64_t a, const auto&) {
    const auto at = rules_.find(a);
    if (at == rules_.end()) return;
    for (const Rule& rule : at->second) {
      Score& s = scores[rule.consequent];
      s.log_lift += rule.log_lift;
      s.confidence = std::max(s.confidence, rule.confidence);
      ++s.fired;
    }
  });
  return scores;
}

}  // namespace barker
