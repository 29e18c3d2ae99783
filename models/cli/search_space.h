// The space of training options in which `barker-train tune` searches, as a TOML file declares it:
//
//     [train]
//     learning_rate = { log = [5e-4, 5e-3] }      # uniform in the logarithm
//     dropout       = { linear = [0.0, 0.3] }     # uniform
//     [model]
//     dim           = { choices = [16, 32, 64] }  # each as likely as the others
//
// A range whose ends are integers gives integers, both ends included. Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/random.h"
#include "models/base/result.h"

namespace barker {

struct SearchedOption {
  enum class Kind : uint8_t { kLinear, kLog, kChoices };

  std::string name;  // "section.key"
  Kind kind = Kind::kChoices;
  bool is_integer = false;
  double low = 0, high = 0;
  std::vector<std::string> choices;  // as TOML
};

class SearchSpace {
 public:
  // Bad_configuration names line and key. That the options exist is for the caller to check, with
  // extremes().
  static Result<SearchSpace> parse(std::string_view toml);

  // A point of the space: one setting "section.key=value" for each option, in order of their names.
  std::vector<std::string> draw(Random& random) const;

  // The settings at both ends of each range, and every choice. Where training takes these, it takes
  // what lies between them.
  std::vector<std::string> extremes() const;

 private:
  std::vector<SearchedOption> options_;
};

}  // namespace barker
