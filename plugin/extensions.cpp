// The optional powers: a table of functions for each extension, and get_extension, which finds them.

#include "plugin/boundary.h"
#include "plugin/verify.h"

namespace barker {
namespace {

int32_t verify_signed(barker_string path, barker_string isa, const barker_string* trusted_keys,
                      uint64_t trusted_key_count, barker_check_callback callback, void* context,
                      char* error) {
  return guard(error, [&] {
    if (!path.data || (isa.size > 0 && !isa.data) || (trusted_key_count > 0 && !trusted_keys)) {
      return fail(error, BARKER_E_INVALID_ARGUMENT, "path, isa and trusted_keys: found NULL");
    }
    std::vector<PublicKey> keys;
    for (uint64_t i = 0; i < trusted_key_count; ++i) {
      if (trusted_keys[i].size > 0 && !trusted_keys[i].data) {
        return fail(error, BARKER_E_INVALID_ARGUMENT, "trusted_keys: found NULL");
      }
      const Result<PublicKey> key = parse_public_key(view(trusted_keys[i]));
      if (!key.ok()) return fail(error, BARKER_E_INVALID_ARGUMENT, key.status().message());
      keys.push_back(*key);
    }
    const Status s =
        verify(std::string(view(path)), std::string(view(isa)), keys, callback, context);
    return s.ok() ? BARKER_OK : fail(error, weights_code(s), s.message());
  });
}

int32_t verify_file(barker_string path, barker_string isa, barker_check_callback callback,
                    void* context, char* error) {
  return verify_signed(path, isa, nullptr, 0, callback, context, error);
}

int32_t load_rules(barker_plugin* plugin, barker_string toml, char* error) {
  return guard(error, [&]() -> int32_t {
    if (!plugin || (toml.size > 0 && !toml.data)) {
      return fail(error, BARKER_E_INVALID_ARGUMENT, "plugin and toml: expected, found NULL");
    }
    const Status s = plugin->plugin.load_rules(view(toml));
    return s.ok() ? BARKER_OK : fail(error, BARKER_E_CONFIG, "rules: " + s.message());
  });
}

int32_t stop_canary(barker_plugin* plugin, char* error) {
  return guard(error, [&] {
    if (!plugin) return no_plugin(error);
    const Status s = plugin->plugin.stop_canary();
    return s.ok() ? BARKER_OK : fail(error, weights_code(s), s.message());
  });
}

int32_t set_canary_shares(barker_plugin* plugin, double served, double compared, char* error) {
  return guard(error, [&] {
    if (!plugin) return no_plugin(error);
    const Status s = plugin->plugin.set_canary_shares(served, compared);
    return s.ok() ? BARKER_OK : fail(error, BARKER_E_INVALID_ARGUMENT, s.message());
  });
}

int32_t compare(barker_plugin* plugin, uint64_t at_most, uint64_t* compared, char* error) {
  return guard(error, [&] {
    if (!plugin) return no_plugin(error);
    const uint64_t done = plugin->plugin.compare(at_most);
    if (compared) *compared = done;
    return BARKER_OK;
  });
}

int32_t read_agreement(barker_plugin* plugin, barker_agreement* out) {
  return guard(nullptr, [&]() -> int32_t {
    if (!plugin || !out || out->struct_size < sizeof(uint64_t)) return BARKER_E_INVALID_ARGUMENT;
    barker_agreement filled{};
    plugin->plugin.read_agreement(filled);
    give(filled, out);
    return BARKER_OK;
  });
}

int32_t read_generation(barker_plugin* plugin, int32_t role, barker_generation_stats* out) {
  return guard(nullptr, [&]() -> int32_t {
    if (!plugin || !out || out->struct_size < sizeof(uint64_t) ||
        (role != BARKER_ROLE_SERVING && role != BARKER_ROLE_CANARY)) {
      return BARKER_E_INVALID_ARGUMENT;
    }
    barker_generation_stats filled{};
    if (!plugin->plugin.read_generation(role, filled)) return BARKER_E_INTERNAL;
    give(filled, out);
    return BARKER_OK;
  });
}

const barker_verify kVerify = {sizeof(barker_verify), verify_file, verify_signed};
const barker_rules kRules = {sizeof(barker_rules), load_rules};
const barker_canary kCanary = {sizeof(barker_canary),
                               load_from<&Plugin::start_canary>,
                               switch_to<&Plugin::promote_canary>,
                               stop_canary,
                               set_canary_shares,
                               compare,
                               read_agreement,
                               read_generation};

}  // namespace

const void* get_extension(const char* id) {
  if (!id) return nullptr;
  if (std::strcmp(id, BARKER_EXT_VERIFY) == 0) return &kVerify;
  if (std::strcmp(id, BARKER_EXT_RULES) == 0) return &kRules;
  if (std::strcmp(id, BARKER_EXT_CANARY) == 0) return &kCanary;
  if (std::strcmp(id, BARKER_EXT_EXPLAIN) == 0) return &kExplain;
  if (std::strcmp(id, BARKER_EXT_PREPARED) == 0) return &kPrepared;
  return nullptr;
}

}  // namespace barker
