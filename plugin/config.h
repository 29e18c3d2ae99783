// The plugin's configuration: a TOML text whose keys are all optional. plugin/README.md lists them
// with their defaults and meanings. A wrong key or value is an error that names its line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/weights/weight_file.h"
#include "plugin/policy.h"
#include "plugin/rewrite.h"
#include "scoring/user_state.h"

namespace barker {

// What a weight file must be to be loaded, and where its bytes then live.
struct LoadPolicy {
  Storage storage = Storage::kAuto;
  bool shared_directory = false;
  std::vector<PublicKey> trusted_keys;
};

enum class Numbers { kByFile, kExact, kFast, kScreened };

// How titles are shown on one surface of the host, such as "mobile": [title.profile.mobile].
struct WidthProfile {
  std::string name;
  TitlePolicy title;                 // that of [title] but for its width
  uint32_t most_selling_points = 0;  // whatever [selling_points] count or an experiment says
};

struct Config {
  bool enabled = true;
  std::string isa;
  uint64_t window = 50;
  Policy policy;  // outside of experiments
  TitlePolicy title;
  TitlePolicy untouched_title;  // the same format, no limit: of titles that are not rewritten
  std::vector<WidthProfile> profiles;
  Numbers numbers = Numbers::kByFile;
  LoadPolicy load;
  double latency_gate = 0;
  double canary_served = 0, canary_compared = 0;
  std::string canary_salt;
  double state_prior_variance = kDefaultPriorVariance;  // of users' states

  // The profile of that name; null: there is none.
  const WidthProfile* profile(std::string_view name) const noexcept;
  // Takes from a policy the selling points for which a surface has no room.
  void fit_to_surface(std::string_view surface, Policy& changed) const noexcept;
  const TitlePolicy& title_for(const WidthProfile* profile) const noexcept {
    return profile ? profile->title : title;
  }
};

Result<Config> parse_config(std::string_view toml);

}  // namespace barker
