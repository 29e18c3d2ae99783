// The optional powers: a table of functions for each extension, and get_extension, which finds
// them.

#include <algorithm>
#include <array>
#include <optional>

#include "plugin/boundary.h"
#include "plugin/extension_tables.h"
#include "plugin/model.h"
#include "plugin/request.h"
#include "plugin/rules.h"
#include "plugin/verify.h"

namespace barker {
namespace {

int32_t verify_signed(barker_string path, barker_string isa, const barker_string* trusted_keys,
                      uint64_t trusted_key_count, barker_check_callback callback, void* context,
                      char* error) {
  return guard<WholeEnvironment>(error, [&]() -> int32_t {
    if ((isa.size > 0 && !isa.data) || (trusted_key_count > 0 && !trusted_keys)) {
      return fail(error, BARKER_E_INVALID_ARGUMENT,
                  "isa and trusted_keys: expected a pointer, found NULL");
    }
    const Result<std::string> checked_path = read_path(path);
    if (!checked_path.ok()) return finish(checked_path.status(), error);
    std::vector<PublicKey> keys;
    for (uint64_t i = 0; i < trusted_key_count; ++i) {
      if (trusted_keys[i].size > 0 && !trusted_keys[i].data) {
        return fail(error, BARKER_E_INVALID_ARGUMENT,
                    "trusted_keys: expected a pointer, found NULL");
      }
      const Result<PublicKey> key = parse_public_key(view(trusted_keys[i]));
      if (!key.ok()) return finish(invalid_argument(key.status().message()), error);
      keys.push_back(*key);
    }
    return finish(verify(*checked_path, std::string(view(isa)), keys, callback, context), error);
  });
}

int32_t verify_file(barker_string path, barker_string isa, barker_check_callback callback,
                    void* context, char* error) {
  return verify_signed(path, isa, nullptr, 0, callback, context, error);
}

int32_t fail_rules(const Status& status, char* error) {
  return fail(error, BARKER_E_CONFIG, "rules: " + status.message());
}

int32_t load_rules(barker_plugin* plugin, barker_string toml, char* error) {
  return control(plugin, error, [&](Plugin& p) -> int32_t {
    if (toml.size > 0 && !toml.data) {
      return fail(error, BARKER_E_INVALID_ARGUMENT, "toml.data: expected a pointer, found NULL");
    }
    const Status s = p.load_rules(view(toml));
    return s.ok() ? BARKER_OK : fail_rules(s, error);
  });
}

int32_t check_rules(barker_string toml, const barker_ad* ads, uint64_t ad_count, uint64_t ad_stride,
                    barker_rule_callback callback, void* context, char* error) {
  return guard<WholeEnvironment>(error, [&]() -> int32_t {
    if ((toml.size > 0 && !toml.data) || !callback) {
      return fail(error, BARKER_E_INVALID_ARGUMENT,
                  "toml.data and callback: expected a pointer, found NULL");
    }
    const Result<std::vector<barker_ad>> ours = read_ads(ads, ad_count, ad_stride);
    if (!ours.ok()) return finish(ours.status(), error);
    const Result<Rules> rules = Rules::parse(view(toml));
    if (!rules.ok()) return fail_rules(rules.status(), error);
    Result<RulesCheck> check = RulesCheck::create(*rules);
    if (!check.ok()) return fail_rules(check.status(), error);
    std::vector<std::string_view> points;
    for (const barker_ad& ad : *ours) {
      points.clear();
      for (uint64_t k = 0; k < ad.selling_point_count; ++k) {
        points.push_back(view(element(ad.selling_points, ad.selling_point_stride, k).text));
      }
      if (Status s = check->add(view(ad.id), view(ad.merchant), view(ad.category), points);
          !s.ok()) {
        return fail_rules(s, error);
      }
    }
    for (const RulesCheck::Hits& hits : check->hits()) {
      callback(context, {hits.rule.data(), hits.rule.size()}, hits.ads, hits.selling_points);
    }
    return BARKER_OK;
  });
}

int32_t load_experiments(barker_plugin* plugin, barker_string toml, char* error) {
  return control(plugin, error, [&](Plugin& p) -> int32_t {
    if (toml.size > 0 && !toml.data) {
      return fail(error, BARKER_E_INVALID_ARGUMENT, "toml.data: expected a pointer, found NULL");
    }
    const Status s = p.load_experiments(view(toml));
    return s.ok() ? BARKER_OK : fail(error, BARKER_E_CONFIG, "experiments: " + s.message());
  });
}

int32_t stop_canary(barker_plugin* plugin, char* error) {
  return control(plugin, error, [&](Plugin& p) { return finish(p.stop_canary(), error); });
}

int32_t set_canary_shares(barker_plugin* plugin, double served, double compared, char* error) {
  return control(plugin, error,
                 [&](Plugin& p) { return finish(p.set_canary_shares(served, compared), error); });
}

constexpr std::string_view kCompareCalls = "compare and read_agreement";

int32_t compare(barker_plugin* plugin, uint64_t at_most, uint64_t* compared, char* error) {
  return guard(error, [&]() -> int32_t {
    if (!plugin) return no_plugin(error);
    return one_at_a_time(plugin->plugin.compare_lock(), kCompareCalls, error, [&] {
      const uint64_t done = plugin->plugin.compare(at_most);
      if (compared) *compared = done;
      return BARKER_OK;
    });
  });
}

int32_t read_agreement(barker_plugin* plugin, barker_agreement* out) {
  return guard(nullptr, [&]() -> int32_t {
    if (!plugin || !out || out->struct_size < sizeof(uint64_t)) return BARKER_E_INVALID_ARGUMENT;
    return one_at_a_time(plugin->plugin.compare_lock(), kCompareCalls, nullptr, [&] {
      barker_agreement filled{};
      plugin->plugin.read_agreement(filled);
      give(filled, out);
      return BARKER_OK;
    });
  });
}

int32_t read_generation(barker_plugin* plugin, int32_t role, barker_generation_stats* out) {
  return guard(nullptr, [&]() -> int32_t {
    if (!plugin || !out || out->struct_size < sizeof(uint64_t) || !is_role(role)) {
      return BARKER_E_INVALID_ARGUMENT;
    }
    barker_generation_stats filled{};
    if (!plugin->plugin.read_generation(role, filled)) return BARKER_E_INTERNAL;
    give(filled, out);
    return BARKER_OK;
  });
}

static_assert(LatencyHistogram::kBuckets <= BARKER_MAX_LATENCIES);

int32_t read_latencies(barker_plugin* plugin, int32_t role, uint64_t* generation,
                       barker_latencies* latencies, uint64_t capacity, uint64_t* count) {
  if (count) *count = 0;
  return guard(nullptr, [&]() -> int32_t {
    if (!plugin || !count || (!latencies && capacity > 0) || !is_role(role)) {
      return BARKER_E_INVALID_ARGUMENT;
    }
    uint64_t of = 0;
    std::array<barker_latencies, LatencyHistogram::kBuckets> read;
    const std::optional<size_t> found = plugin->plugin.read_latencies(role, of, read);
    if (!found) return BARKER_E_INTERNAL;
    *count = *found;
    if (*found > capacity) return BARKER_E_TOO_SMALL;
    std::copy_n(read.begin(), *found, latencies);
    if (generation) *generation = of;
    return BARKER_OK;
  });
}

int32_t read_shares(barker_plugin* plugin, double* served, double* compared) {
  return guard(nullptr, [&]() -> int32_t {
    if (!plugin || !served || !compared) return BARKER_E_INVALID_ARGUMENT;
    const std::optional<CanaryShares> shares = plugin->plugin.canary_shares();
    if (!shares) return BARKER_E_INTERNAL;
    *served = shares->served;
    *compared = shares->compared;
    return BARKER_OK;
  });
}

int32_t read_model(barker_plugin* plugin, int32_t role, barker_model* out,
                   barker_model_group_callback callback, void* context) {
  return guard(nullptr, [&]() -> int32_t {
    if (!plugin || !out || out->struct_size < sizeof(uint64_t) || !is_role(role)) {
      return BARKER_E_INVALID_ARGUMENT;
    }
    barker_model filled{};
    // Owned and not pinned, so that the callback may load weights.
    const std::shared_ptr<const Generation> generation = plugin->plugin.generation(role);
    if (generation) describe_model(*generation, filled, callback, context);
    give(filled, out);
    return BARKER_OK;
  });
}

const barker_verify kVerify = {sizeof(barker_verify), verify_file, verify_signed};
const barker_rules kRules = {sizeof(barker_rules), load_rules, check_rules};
const barker_canary kCanary = {sizeof(barker_canary),
                               load_from<&Plugin::start_canary>,
                               switch_to<&Plugin::promote_canary>,
                               stop_canary,
                               set_canary_shares,
                               compare,
                               read_agreement,
                               read_generation,
                               read_latencies,
                               read_shares};
const barker_swap kSwap = {sizeof(barker_swap), load_from<&Plugin::replace>,
                           switch_to<&Plugin::replace_by_canary>};
const barker_experiments kExperiments = {sizeof(barker_experiments), load_experiments};
const barker_model_extension kModel = {sizeof(barker_model_extension), read_model};

}  // namespace

const void* get_extension(const char* id) {
  if (!id) return nullptr;
  if (std::strcmp(id, BARKER_EXT_VERIFY) == 0) return &kVerify;
  if (std::strcmp(id, BARKER_EXT_RULES) == 0) return &kRules;
  if (std::strcmp(id, BARKER_EXT_CANARY) == 0) return &kCanary;
  if (std::strcmp(id, BARKER_EXT_EXPLAIN) == 0) return &kExplain;
  if (std::strcmp(id, BARKER_EXT_PREPARED) == 0) return &kPrepared;
  if (std::strcmp(id, BARKER_EXT_SWAP) == 0) return &kSwap;
  if (std::strcmp(id, BARKER_EXT_MODEL) == 0) return &kModel;
  if (std::strcmp(id, BARKER_EXT_EXPERIMENTS) == 0) return &kExperiments;
  if (std::strcmp(id, BARKER_EXT_CATALOGUE) == 0) return &kCatalogue;
  if (std::strcmp(id, BARKER_EXT_KEYWORDS) == 0) return &kKeywords;
  if (std::strcmp(id, BARKER_EXT_LEARN) == 0) return &kLearn;
  return nullptr;
}

}  // namespace barker
